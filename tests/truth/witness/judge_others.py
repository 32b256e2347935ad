"""What happens to one user changes nothing for the others: their stamps stay young (DX-13).  All data
services of a source come over one slot, in the order of its commits: rows that are on their way to
anybody keep everybody behind them waiting.  A stamp of that age was on its way as long: what had been
committed as long before it may have been before it."""

import bisect

from .observations import slowness
from .states import untold
from .verdict import Verdict, clock

YOUNG_US = 15_000_000  # oldest stamp of a copy that nothing concerned
WAY_US = 20  # and for each row, to the feed and to each copy of it, that may have been in its way


def judge(case):
    seen, slow, ways = case.seen, slowness(case.seen), Ways(case.seen)
    for name, connection in seen.connections.items():
        spans = concerning(seen, connection)
        for look in seen.looks.get(name, []):
            if look.error or look.source_stamp_us is None or not begun(seen, name, look):
                continue
            age = look.at_us - look.source_stamp_us
            in_its_way = ways.between(look.source_stamp_us - age, look.at_us)
            young = slow * (YOUNG_US + WAY_US * in_its_way)
            if age > young and not any(b <= look.at_us and e >= look.source_stamp_us - young
                                       for b, e in spans):
                yield Verdict("disturbed", name, "at %s its stamp is %.1f s old, though nothing "
                              "concerned it" % (clock(look.at_us), age / 1e6))
                break


class Ways:
    """How many ways rows had to go that were committed in a time."""

    def __init__(self, seen):
        of = {}
        for connection in seen.connections.values():
            of[connection.table] = of.get(connection.table, 1) + 1
        commits = sorted((t.commit_us, sum(len(rows) * of.get(table, 1)
                                           for table, rows in t.changes.items()))
                         for epoch in seen.epochs for t in epoch.transactions)
        self.times, self.sums = [time for time, _ in commits], [0]
        for _, ways in commits:
            self.sums.append(self.sums[-1] + ways)

    def between(self, begin_us, end_us):
        return self.sums[bisect.bisect(self.times, end_us)] - \
            self.sums[bisect.bisect(self.times, begin_us)]


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
