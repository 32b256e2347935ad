"""Fewer events that still fail: first whole kinds of events are left out, then pieces of the plan,
halves first, then quarters, and what still fails with the same kind of verdict is kept (delta
debugging)."""

import plan as plans


def shrink(plan, kinds, play, budget):
    """play(plan) gives the kinds of its verdicts; at most `budget` plays.  Gives the smallest plan
    found that fails with one of `kinds`."""
    search = Search(plan, kinds, play, budget)
    search.leave_out_kinds()
    search.leave_out_pieces()
    return search.plan


class Search:
    def __init__(self, plan, kinds, play, budget):
        self.plan, self.kinds, self.play, self.budget = plan, kinds, play, budget

    def still_fails_without(self, dropped):
        """Then the plan is the smaller one."""
        if self.budget <= 0:
            return False
        self.budget -= 1
        candidate = plans.without(self.plan, dropped)
        if not self.kinds & self.play(candidate):
            return False
        self.plan = candidate
        return True

    def leave_out_kinds(self):
        for kind in sorted({e["do"] for e in self.plan["events"]}):
            events = self.plan["events"]
            self.still_fails_without({i for i, e in enumerate(events) if e["do"] == kind})

    def leave_out_pieces(self):
        parts = 2
        while self.budget > 0 and len(self.plan["events"]) > 1:
            count = len(self.plan["events"])
            size = max(1, count // parts)
            if any(self.still_fails_without(set(range(begin, begin + size)))
                   for begin in range(0, count, size)):
                parts = max(2, parts - 1)
            elif size == 1:
                return
            else:
                parts = min(count, parts * 2)
