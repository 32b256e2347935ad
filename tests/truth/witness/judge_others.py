"""What happens to one user changes nothing for the others: their stamps stay young (DX-13)."""

from .observations import slowness
from .states import untold
from .verdict import Verdict, clock

YOUNG_US = 15_000_000  # oldest stamp of a copy that nothing concerned


def judge(case):
    seen, young = case.seen, YOUNG_US * slowness(case.seen)
    for name, connection in seen.connections.items():
        spans = concerning(seen, connection)
        for look in seen.looks.get(name, []):
            if look.error or look.source_stamp_us is None or not begun(seen, name, look):
                continue
            age = look.at_us - look.source_stamp_us
            if age > young and not any(b <= look.at_us and e >= look.source_stamp_us - young
                                       for b, e in spans):
                yield Verdict("disturbed", name, "at %s its stamp is %.1f s old, though nothing "
                              "concerned it" % (clock(look.at_us), age / 1e6))
                break


def over_us(seen, connection, fault):
    """Where all of Kafka was lost every copy is loaded anew: that is over with its first young stamp."""
    end = fault.end_us or seen.end_us
    if not fault.kind.startswith("kafka lost"):
        return end
    return next((look.at_us for look in seen.looks.get(connection.name, [])
                 if (look.source_stamp_us or 0) > end and
                 look.at_us - look.source_stamp_us < YOUNG_US / 3), seen.end_us)


def begun(seen, name, look):
    first = next((x for x in seen.looks[name] if x.source_stamp_us is not None), None)
    return first is not None and look.at_us > first.at_us + YOUNG_US


def concerning(seen, connection):
    """Times at which something happened to the connection itself or to everybody."""
    spans = [(f.begin_us, over_us(seen, connection, f)) for f in seen.faults
             if "*" in f.concerns or connection.application in f.concerns]
    for control in seen.controls:
        if control.target in (connection.name, connection.service, connection.application,
                              "ar%06d" % connection.agreement):
            spans.append((control.given_us, seen.end_us))
    spans += [(epoch.transactions[i].commit_us, seen.end_us) for epoch in seen.epochs
              for i in untold(epoch, connection.table)]
    return spans
