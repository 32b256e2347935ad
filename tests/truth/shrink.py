"""Fewer events that still fail: pieces of the plan are left out, halves first, then quarters, and what
still fails with the same kind of verdict is kept (delta debugging)."""

import plan as plans


def shrink(plan, fails, budget):
    """fails(plan) plays it; at most `budget` plays.  Gives the smallest plan found."""
    parts = 2
    while budget > 0 and len(plan["events"]) > 1:
        size = max(1, len(plan["events"]) // parts)
        smaller = None
        for begin in range(0, len(plan["events"]), size):
            if budget <= 0:
                break
            budget -= 1
            candidate = plans.without(plan, set(range(begin, begin + size)))
            if fails(candidate):
                smaller = candidate
                break
        if smaller:
            plan, parts = smaller, max(2, parts - 1)
        elif size == 1:
            return plan
        else:
            parts = min(len(plan["events"]), parts * 2)
    return plan
