"""The wire: after its load a stream carries exactly the changes of its scope, in the source's order,
each once, none invented, and names no row outside the scope (DX-4, DX-5, DX-8, DX-11, D52.2b)."""

import collections

from .reading import effective
from .verdict import Verdict, clock


def judge(case):
    for name, stream in case.seen.streams.items():
        connection = case.seen.connections.get(stream.connection)
        reading = case.reading(name)
        yield from reading.verdicts
        yield from leaks(stream, connection)
        if not reading.delivered or connection is None:
            continue
        version = version_of(connection, reading)
        if version is None:
            yield Verdict("wrong record", name, "terms of no version that was asked for")
            continue
        if reading.columns() != sorted(version.scope.fields):
            yield Verdict("leak", name, "its records have other fields than its scope")
            continue
        states = [s for v, _, s in case.states(connection) if v is version]
        yield from in_scope(name, reading, states)
        yield from once(name, reading, states)
        if not reading.damaged:
            yield from sequence(case, connection, reading, states)


def version_of(connection, reading):
    number = reading.delivered[0].header.version
    if reading.delivered[0].header.agreement != connection.agreement:
        return None
    return connection.versions[number - 1] if number <= len(connection.versions) else None


def leaks(stream, connection):
    """A canary in a field that the scope does not hold (DX-8)."""
    canary = connection.secret if connection else b""
    for record in stream.records if canary else ():
        if canary in record.key or canary in (record.value or b"") or canary in record.lt.encode():
            yield Verdict("leak", stream.name, "a field outside the scope at offset %d" % record.offset)
            return


def in_scope(name, reading, states):
    """Every row was true once, every key in scope once."""
    for one in reading.delivered:
        if one.digest is None:
            if not any(one.key in s.named for s in states):
                yield Verdict("leak", name, "seq %d (%s) names a key that was never in scope" % (
                    one.seq, one.header.op))
                return
        elif not any((one.key, one.digest) in s.digests for s in states):
            yield Verdict("wrong record", name, "seq %d (%s) carries a row that was never in the "
                          "scope" % (one.seq, one.header.op))
            return


def once(name, reading, states):
    """After the load no change of a row is given more often than the source made it."""
    load_seq, given = (reading.notice or {}).get("load_seq"), collections.Counter()
    for one in reading.delivered[load_seq:] if load_seq is not None else ():
        change = (one.key, one.header.time)
        given[change] += 1
        made = max(s.told[change] for s in states)
        if given[change] > made:
            yield Verdict("not idempotent", name, "seq %d (%s) gives a change of %s for the %d. time,"
                          " the source made %d" % (one.seq, one.header.op, clock(one.header.time),
                                                   given[change], made))
            return


def sequence(case, connection, reading, states):
    name, load_seq = reading.stream.name, (reading.notice or {}).get("load_seq")
    if load_seq is None or load_seq > len(reading.delivered):
        return  # it was replaced while it loaded
    _, loaded = effective(reading.delivered[:load_seq])
    observed, _ = effective(reading.delivered[load_seq:], dict(loaded))
    digest = 0
    for row in loaded.values():
        digest ^= row
    complete = must_be_complete(case, connection, reading)
    best = max((follow(digest, observed, s) for s in states if s.whole or not complete),
               key=lambda f: f[0])
    matched, position, expected = best
    if matched < 0:
        yield Verdict("lost", name, "what its load gave (%d rows) was never the scope's state"
                      % len(loaded))
    elif matched < len(observed):
        one = observed[matched][2]
        yield Verdict("lost", name, "seq %d (%s) is not the next change of the source, committed at "
                      "%s" % (one.seq, one.header.op,
                              clock(expected[position][3]) if position < len(expected) else "-"))
    elif position < len(expected) and complete:
        yield Verdict("lost", name, "ends at seq %d, %d changes since %s never came" % (
            len(reading.delivered), len(expected) - position, clock(expected[position][3])))


def follow(digest, observed, states):
    """From each state that the load may have been: how many observed steps follow, the place in
    the expected ones then, and these."""
    expected = expected_steps(states)
    best = (-1, 0, expected)
    began = sum(step[4] <= states.began for step in expected)
    starts = [i for i in range(len(expected), began - 1, -1)
              if (expected[i - 1][2] if i else 0) == digest]
    for start in starts:
        count = 0
        while (count < len(observed) and start + count < len(expected)
               and observed[count][:2] == expected[start + count][:2]):
            count += 1
        if count > best[0]:
            best = (count, start + count, expected)
    return best


def expected_steps(states):
    """Steps that change a copy: (key, digest, state, commit time, index of the transaction)."""
    rows, steps = {}, []
    for step in states.steps:
        if rows.get(step.key) != step.digest:
            steps.append((step.key, step.digest, step.state, step.commit_us, step.transaction))
        if step.digest is None:
            rows.pop(step.key, None)
        else:
            rows[step.key] = step.digest
    return steps


def must_be_complete(case, connection, reading):
    """The stream that the connection has at the end, and could be read to its end."""
    if connection.terminated_us is not None or connection.until_us is not None:
        return False
    if reading.stream.name != case.newest_stream(connection):
        return False
    if not reading.stream.read_to_end:
        case.seen.blind.append("%s was not read to its end: %s" % (reading.stream.name,
                                                                   reading.stream.refused))
    return reading.stream.read_to_end
