"""A history is planned from its seed alone: services, connections and a list of timed events.  A plan
is plain data; the same seed gives the same plan, and a plan without some of its events is a plan
again (shrinking)."""

import json
import random

from plan_control import control_events
from plan_ddl import ddl_events
from plan_faults import LONG_KINDS, SHORT_KINDS, fault_events
from plan_rows import Rows

SERVICES = [
    {"entity": "person", "key": ["id"], "scope": ["region", "amount"], "numerics": ["amount"],
     "columns": [["id", "bigint", True], ["name", "text", True], ["region", "varchar(10)", False],
                 ["amount", "numeric(18,4)", False], ["changed", "timestamptz", False],
                 ["document", "text", False], ["secret", "text", False]]},
    {"entity": "ward", "key": ["code"], "scope": ["region"], "numerics": [],
     "columns": [["code", "text", True], ["name", "text", True], ["region", "varchar(10)", False],
                 ["grade", "integer", False], ["secret", "text", False]],
     "parts": [["MINVALUE", "'w5'"], ["'w5'", "'x'"]]},
    {"entity": "parcel", "key": ["id"], "scope": [], "numerics": ["amount"],
     "columns": [["id", "bigint", True], ["name", "text", True], ["amount", "numeric(10,2)", False],
                 ["secret", "text", False]]},
]
NORTH = ["=", "region", "north"]
PERSON = ["id", "name", "region", "amount", "changed", "document"]
MOVING = ["or", ["in", "region", ["north", "south"]], ["null", "region"]]
# (role, application, service, fields, filter).  An application has one connection to a service.
CONNECTIONS = [
    ("full", "ap000002", 0, PERSON + ["secret"], ["all"]),
    ("poisoned", "ap000002", 2, ["id", "name", "amount"], ["all"]),
    ("projected", "ap000003", 0, ["id", "name"], ["all"]),
    ("moving", "ap000003", 1, ["code", "name", "region", "grade"], MOVING),
    ("filtered", "ap000004", 0, PERSON, NORTH),
    ("same scope", "ap000005", 0, PERSON, NORTH),
    ("slow", "ap000006", 0, PERSON, ["between", "amount", "0", "50000"]),
]
DATABASES = {"ap000002": "users_a", "ap000003": "users_b", "ap000004": "users_c",
             "ap000005": "users_d", "ap000006": "users_slow"}
SLOW = "ap000006"


class Profile:
    """How large a history is."""

    def __init__(self, seconds, transactions, initial, faults, controls, shapes, kinds, bulk=0):
        self.seconds, self.transactions, self.initial = seconds, transactions, initial
        self.faults, self.controls, self.shapes = faults, controls, shapes
        self.kinds, self.bulk = kinds, bulk


SHORT = Profile(seconds=10, transactions=240, initial=(400, 150, 100), faults=3, controls=2,
                shapes=1, kinds=SHORT_KINDS)
LONG = Profile(seconds=48, transactions=1500, initial=(3000, 500, 300), faults=8, controls=6,
               shapes=4, kinds=LONG_KINDS, bulk=500_000)


def make(seed, long=False, kinds=None, brokers=1):
    """kinds: only these faults, for a closer look."""
    profile = LONG if long else SHORT
    dice = random.Random(seed)
    plan = {"seed": seed, "long": long, "seconds": profile.seconds,
            "warm": dice.random() < 0.6, "services": SERVICES,
            "connections": [list(c) for c in CONNECTIONS]}
    rows = Rows(random.Random(dice.random()), SERVICES, "Canary%dS" % seed)
    plan["initial"] = rows.initial(profile.initial)
    events = ddl_events(random.Random(dice.random()), profile, rows)
    events += rows.events(profile)
    events += fault_events(random.Random(dice.random()), profile, kinds, brokers)
    events += control_events(random.Random(dice.random()), profile, CONNECTIONS)
    plan["events"] = sorted(events, key=lambda e: e["at"])
    return plan


def canary(plan):
    return "Canary%dS" % plan["seed"]


def without(plan, dropped):
    """The plan without the events at these places."""
    kept = [e for i, e in enumerate(plan["events"]) if i not in dropped]
    return dict(plan, events=kept)


def save(plan, path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(plan, file, ensure_ascii=False, indent=None, separators=(",", ":"))


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)
