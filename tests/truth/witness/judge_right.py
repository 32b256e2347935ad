"""Delivery and right: nothing leaves while a hold stands, after a termination or the agreement's last
instant (DX-1, DX-3), and how fast a hold cuts off (DX-14)."""

from dataclasses import dataclass
from typing import Optional

from .observations import slowness
from .verdict import Verdict, clock

GRACE_US = 30_000_000  # the product's promise: no fresh control for so long, no delivery
BATCH_US = 60_000_000  # and the longest transaction on top of it
FETCH_US = 1_000_000  # a greedy reader's longest fetch wait, and our own thread


@dataclass
class CutOff:
    """Microseconds from the hold's control record to the last record appended and received."""
    hold: str
    stream: str
    appended_us: Optional[int]
    received_us: Optional[int]


def judge(case):
    for name, stream in case.seen.streams.items():
        connection = case.seen.connections.get(stream.connection)
        if connection is None:
            continue
        for begin, end, why in closed_spans(case.seen, connection):
            yield from delivered_inside(name, stream, begin, end, why,
                                        FETCH_US * slowness(case.seen))
    for control in case.seen.controls:
        for name in control.readable:
            yield Verdict("without right", name, "could be read under %s, until it was lifted at %s" % (
                control.ident, clock(control.given_us)))
    yield from old_keys(case.seen)
    for cut in cut_offs(case.seen):
        bound = GRACE_US + BATCH_US
        if max(cut.appended_us or 0, cut.received_us or 0) > bound:
            yield Verdict("cut-off", cut.stream, "%s took %.3f s, the bound is %.0f s" % (
                cut.hold, max(cut.appended_us or 0, cut.received_us or 0) / 1e6, bound / 1e6))


def old_keys(seen):
    """A key has no right any more once the command that issued its successor was answered."""
    for key in seen.old_keys:
        late = [t for t in key.received_us if t > key.replaced_us + FETCH_US]
        if late:
            yield Verdict("without right", key.name, "%d records received with it, the first at %s; it was "
                          "replaced at %s" % (len(late), clock(late[0]), clock(key.replaced_us)))


def closed_spans(seen, connection):
    """(from, until, why): times at which the connection surely has no right."""
    for hold in holds_of(seen, connection):
        begin = surely_closed(hold)
        if begin is not None:
            yield begin, lifted_us(seen, hold), hold.kind + " " + hold.ident
    for control in seen.controls:
        if control.kind == "revoke" and control.target in (connection.name, agreement(connection)):
            begin = surely_closed(control)
            if begin is not None:
                yield begin, None, "revocation"
    if connection.until_us is not None:
        yield connection.until_us, None, "the agreement's last instant"


def agreement(connection):
    return "ar%06d" % connection.agreement


def holds_of(seen, connection):
    return [c for c in seen.controls
            if c.kind == "hold" and c.target in (connection.name, connection.service,
                                                 connection.application)]


def surely_closed(control):
    """The answer says EFFECTIVE; without one the guaranteed bound counts from the record."""
    bound = control.append_us + GRACE_US + BATCH_US if control.append_us is not None else None
    return min((t for t in (control.answered_us, bound) if t is not None), default=None)


def lifted_us(seen, hold):
    """Until it was asked to be lifted; before that nobody may deliver."""
    return min((c.given_us for c in seen.controls if c.kind == "lift" and c.ident == hold.ident),
               default=None)


def inside(at, begin, end):
    return at > begin and (end is None or at < end)


def delivered_inside(name, stream, begin, end, why, fetch_us):
    for record in stream.records:
        if inside(record.append_us, begin, end):
            yield Verdict("without right", name, "offset %d appended at %s, no right since %s (%s)" % (
                record.offset, clock(record.append_us), clock(begin), why))
            return
        if inside(record.received_us, begin + fetch_us, end):
            yield Verdict("without right", name, "offset %d received at %s, no right since %s (%s)" % (
                record.offset, clock(record.received_us), clock(begin), why))
            return


def cut_offs(seen):
    """Of every hold and revocation whose control record was seen."""
    for control in seen.controls:
        if control.kind not in ("hold", "revoke") or control.append_us is None:
            continue
        until = lifted_us(seen, control) if control.kind == "hold" else None
        for name, stream in seen.streams.items():
            connection = seen.connections.get(stream.connection)
            if connection is None or control.target not in (
                    connection.name, connection.service, connection.application,
                    agreement(connection)):
                continue
            records = [r for r in stream.records if until is None or r.append_us < until]
            if records:
                yield CutOff(control.ident or control.kind, name,
                             max(0, records[-1].append_us - control.append_us),
                             max(0, max(r.received_us for r in records if until is None
                                        or r.received_us < until or r is records[0])
                                 - control.append_us))
