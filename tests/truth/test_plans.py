#!/usr/bin/python3
"""Plans and their shrinking are tested without servers.  Closes with "N passed, N failed"."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
sys.dont_write_bytecode = True

import closing  # noqa: E402
import plan as plans  # noqa: E402
from shrink import shrink  # noqa: E402


class Plans(unittest.TestCase):
    def test_a_seed_gives_one_plan(self):
        self.assertEqual(plans.make(7), plans.make(7))
        self.assertNotEqual(plans.make(7), plans.make(8))

    def test_events_come_in_the_order_of_time(self):
        for long in (False, True):
            times = [e["at"] for e in plans.make(7, long)["events"]]
            self.assertEqual(times, sorted(times))

    def test_a_plan_without_some_events_keeps_the_others(self):
        plan = plans.make(7)
        smaller = plans.without(plan, {0, 2})
        self.assertEqual(smaller["events"], plan["events"][1:2] + plan["events"][3:])
        self.assertEqual(smaller["seed"], plan["seed"])


class Shrinking(unittest.TestCase):
    """Against a product that fails with "lost" when certain events come together."""

    def setUp(self):
        self.plays = 0

    def plan(self, count):
        kinds = ["fault", "hold", "rows", "rows"]
        return {"events": [{"do": kinds[i % 4], "at": i, "number": i} for i in range(count)]}

    def shrunk(self, count, needed, budget, other=()):
        def play(plan):
            self.plays += 1
            there = {e["number"] for e in plan["events"]}
            return {"lost"} if set(needed) <= there else {"diary"} if set(other) & there else set()
        small = shrink(self.plan(count), {"lost"}, play, budget)
        return [e["number"] for e in small["events"]]

    def test_finds_the_few_events_that_are_needed(self):
        self.assertEqual(self.shrunk(256, [18, 19, 202], 200), [18, 19, 202])

    def test_finds_one_event_quickly(self):
        self.assertEqual(self.shrunk(256, [64], 20), [64])

    def test_keeps_a_plan_of_which_all_is_needed(self):
        self.assertEqual(self.shrunk(8, range(8), 1000), list(range(8)))

    def test_spends_no_more_plays_than_allowed(self):
        for budget in (0, 1, 5, 17):
            self.plays = 0
            left = self.shrunk(256, [18, 19, 202], budget)
            self.assertEqual(self.plays, budget)
            self.assertTrue({18, 19, 202} <= set(left))

    def test_takes_no_plan_that_fails_otherwise(self):
        """A smaller plan with another verdict is another bug."""
        self.assertEqual(self.shrunk(64, [20, 40], 200, other=[20]), [20, 40])

    def test_leaves_out_whole_kinds_first(self):
        self.shrunk(256, [2], 3)
        self.assertEqual(self.plays, 3)
        self.assertEqual(len(self.shrunk(256, [2], 3)), 128)


if __name__ == "__main__":
    sys.exit(closing.main(sys.modules[__name__]))
