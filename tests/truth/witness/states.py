"""The states that one scope of one table went through, and the records that a stream of it must
carry, from the source's own log."""

import bisect
import collections
from dataclasses import dataclass
from typing import Optional


@dataclass
class Step:
    """One change of a scope: a row put (digest) or taken away (None)."""
    key: tuple
    digest: Optional[int]
    transaction: int  # its index in the epoch
    commit_us: int
    state: int  # of all rows after this step
    count: int


def untold(epoch, table):
    """Indices of the transactions that changed the table, or its shape, without a word."""
    return [i for i, t in enumerate(epoch.transactions)
            if any(not c.told for c in t.changes.get(table, ()))]


class States:
    """Of one scope over one epoch, as a feed has them that began after `known` of the transactions
    that changed the table without a word; None: after all of them, so as they were.  Whole: it has
    what they did at the end."""

    def __init__(self, epoch, table, scope, known=None):
        self.steps, self.named, self.rows = [], set(), {}
        self.told = collections.Counter()  # (key, commit time) -> changes that name the key
        self.digest = 0
        self.digests = set()
        silent = untold(epoch, table)
        known = len(silent) if known is None else known
        self.whole = known == len(silent)
        self.ended = False  # it may not go on
        self.began = silent[known - 1] if known else -1
        self.unknown = silent[known] if known < len(silent) else len(epoch.transactions)
        for index, transaction in enumerate(epoch.transactions):
            changes = transaction.changes.get(table, ())
            if index >= self.unknown and any(c.final for c in changes):
                self.ended = True
                break
            for change in changes:
                if change.told or index < self.unknown:
                    self.take(change, scope, index, transaction.commit_us)
        self.latest = {0: -1}
        for index, step in enumerate(self.steps):
            self.latest[step.state] = index
        self.ends = [s.transaction for s in self.steps]
        self.seen = seen_before(epoch.transactions)

    def after(self, transaction):
        """The state of all rows after this transaction."""
        index = bisect.bisect_right(self.ends, transaction) - 1
        return self.steps[index].state if index >= 0 else 0

    def meet(self, whole, transaction):
        """What came without a word has gone without a word: from this transaction on both are one."""
        self.whole = not self.ended and self.after(transaction) == whole.after(transaction)

    def take(self, change, scope, index, commit_us):
        keys = {scope.key_of(row) for row in (change.old, change.new) if scope.names(row)}
        self.named |= keys
        self.told.update((key, commit_us) for key in keys if change.told)
        if change.op == "final":
            return
        if change.op == "truncate":
            for key in list(self.rows):
                self.put(key, None, index, commit_us)
            return
        old = scope.key_of(change.old) if change.old is not None else None
        new = scope.key_of(change.new) if scope.shows(change.new) else None
        if old is not None and old != new:
            self.put(old, None, index, commit_us)
        if new is not None:
            self.put(new, scope.digest(change.new), index, commit_us)

    def put(self, key, digest, index, commit_us):
        before = self.rows.pop(key, None)
        if before is None and digest is None:
            return
        self.digest ^= (before or 0) ^ (digest or 0)
        if digest is not None:
            self.rows[key] = digest
            self.digests.add((key, digest))
        self.steps.append(Step(key, digest, index, commit_us, self.digest, len(self.rows)))

    def may_vouch(self, stamp_us):
        """Nobody vouches for a feed whose table had changed without a word by then."""
        return self.seen_until(stamp_us) < self.unknown

    def required(self, stamp_us):
        """Index of the last step that a copy with this stamp must hold; -1: none."""
        transaction = self.seen_until(stamp_us)
        return bisect.bisect_right(self.ends, transaction) - 1

    def seen_until(self, stamp_us):
        """The last transaction that was surely visible at that time of the source's clock."""
        times, highest = self.seen
        found = bisect.bisect_right(times, stamp_us)
        return highest[found - 1] if found else -1


def seen_before(transactions):
    """Times at which transactions became surely visible, and the highest index up to then."""
    pairs = sorted((t.seen_us, i) for i, t in enumerate(transactions) if t.seen_us is not None)
    highest, top = [], -1
    for _, index in pairs:
        top = max(top, index)
        highest.append(top)
    return [p[0] for p in pairs], highest
