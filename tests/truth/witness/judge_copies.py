"""Copies as their users saw them: every look is a state of the scope not older than its stamp, and
nothing is readable after its use (DX-4, DX-5, DX-6, DX-11)."""

from .clocks import AGREE_US
from .verdict import Verdict, clock

# Between the server's look at the clock and ours.
SLACK_US = 1_000_000
UNFLUSHED_US = 3_000_000  # of a server that answers before its disk does: 0.6 s, more under load


def judge(case):
    seen = case.seen
    for name, connection in seen.connections.items():
        looks = seen.looks.get(name, [])
        states = case.states(connection)
        yield from stamps(case, connection, looks, states)
        yield from ageing(connection, looks)
        yield from went_back(seen, connection, looks)
        if expected_alive(connection):
            yield from converged(seen, connection, looks, states)
        else:
            yield from closed(seen, connection, looks)


def expected_alive(connection):
    return connection.terminated_us is None and connection.until_us is None


def sound(look, version, epoch, states):
    if look.at_us < version.given_us:
        return False
    if epoch.until_us is not None and look.source_stamp_us > epoch.until_us:
        return False
    return (states.may_vouch(look.source_stamp_us) and
            states.latest.get(look.digest, -2) >= states.required(look.source_stamp_us))


def stamps(case, connection, looks, states):
    judged = set()
    for before, look in zip([None] + looks[:-1], looks):
        content = (look.source_stamp_us, look.digest, look.usable, look.error)
        if look.error or content in judged or just_opened(before, look):
            continue
        judged.add(content)
        if look.source_stamp_us is None:
            if look.count:
                yield Verdict("unsound stamp", connection.name,
                              "%d rows readable without a stamp at %s" % (look.count, clock(look.at_us)))
        elif look.source_stamp_us > look.at_us + AGREE_US:
            yield Verdict("unsound stamp", connection.name, "at %s its stamp is %s, still to come" % (
                clock(look.at_us), clock(look.source_stamp_us)))
        elif look.usable and not any(sound(look, *s) for s in states) and not any(
                sound(look, *s) for s in case.states_while_loading(connection)):
            yield Verdict("unsound stamp", connection.name, explain(look, states))


def just_opened(before, look):
    """The view was still closed when its rows were asked for, and open when its use was: a clock that
    jumps back can come between."""
    return look.usable and not look.count and before is not None and not before.usable


def explain(look, states):
    known = [(s.latest[look.digest], s.required(look.source_stamp_us)) for _, _, s in states
             if look.digest in s.latest]
    text = "at %s %d rows under stamp %s " % (clock(look.at_us), look.count,
                                              clock(look.source_stamp_us))
    if not known:
        return text + "are no state of the scope"
    if not any(s.may_vouch(look.source_stamp_us) for _, _, s in states if look.digest in s.latest):
        return text + "lack what its table's change of shape brought"
    index, required = known[0]
    missing = [s for s in states if look.digest in s[2].latest][0][2].steps[index + 1:required + 1]
    return text + "lack %d changes, the first committed at %s" % (
        len(missing), clock(missing[0].commit_us) if missing else "?")


def ageing(connection, looks):
    for look in looks:
        if look.error or not look.count or look.source_stamp_us is None:
            continue
        if look.at_us > look.source_stamp_us + connection.use_period_us + SLACK_US:
            yield Verdict("unsound stamp", connection.name, "%d rows readable at %s, stamp %s" % (
                look.count, clock(look.at_us), clock(look.source_stamp_us)))
            return


def went_back(seen, connection, looks):
    """A stamp goes back only with its target's restore or its source's.  What a target showed just
    before its server died may not have been on its disk yet, rows and stamp alike."""
    if any("restore" in f.kind or "clock" in f.kind or "standby" in f.kind for f in seen.faults):
        return
    deaths = [f for f in seen.faults if f.kind in ("crash target", "disk full target")]
    highest = None
    for look in looks:
        if look.error or look.source_stamp_us is None:
            continue
        if highest is not None and look.source_stamp_us < highest:
            yield Verdict("not idempotent", connection.name, "the stamp went back from %s to %s" % (
                clock(highest), clock(look.source_stamp_us)))
            return
        if not any(f.begin_us - UNFLUSHED_US <= look.at_us <= f.end_us for f in deaths):
            highest = look.source_stamp_us


def converged(seen, connection, looks, states):
    good = [look for look in looks if not look.error]
    if not good or good[-1].at_us < seen.quiet_us:
        seen.blind.append("no look at %s after the quiet" % connection.name)
        return
    last, final = good[-1], states[0][2]
    if last.usable and last.digest == final.digest:
        if last.source_stamp_us is None or final.required(last.source_stamp_us) < len(final.steps) - 1:
            yield Verdict("not converged", connection.name, "its stamp stays at %s"
                          % clock(last.source_stamp_us))
        return
    if last.usable and last.source_stamp_us and final.required(last.source_stamp_us) == len(final.steps) - 1:
        yield Verdict("lost", connection.name, "%d rows shown, %d at the source, stamp %s" % (
            last.count, len(final.rows), clock(last.source_stamp_us)))
    else:
        yield Verdict("not converged", connection.name, "%d rows shown, %d at the source, stamp %s,"
                      " usable %s" % (last.count, len(final.rows), clock(last.source_stamp_us),
                                      last.usable))


def closed(seen, connection, looks):
    last = [look for look in looks if not look.error and look.at_us >= seen.quiet_us]
    if last and last[-1].count:
        yield Verdict("without right", connection.name,
                      "terminated, but %d rows are readable" % last[-1].count)
