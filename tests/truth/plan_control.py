"""What agencies decide meanwhile: a plan's control events.  Every hold has its lift, but a lift that
was left out is made up for when the history ends."""

GROUNDS = {"connection": ["43.2a", "43.2b"], "service": ["43.1a", "43.1b"]}
ENDS = ["44.1a", "44.1b", "44.1c", "44.1d-1"]
PERSON = ["id", "name", "region", "amount", "changed", "document"]
FILTERS = {
    0: [["all"], ["=", "region", "north"], ["in", "region", ["north", "centre"]],
        ["null", "region"], ["between", "amount", "0", "20000"],
        ["or", ["=", "region", "south"], ["between", "amount", "50000", "90000"]]],
    1: [["all"], ["=", "region", "south"], ["or", ["=", "region", "north"], ["null", "region"]]],
    2: [["all"]],
}
FIELDS = {0: [PERSON, ["id", "region"], ["id", "name", "amount"]],
          1: [["code", "name"], ["code", "name", "region", "grade"]],
          2: [["id", "name"], ["id", "amount"]]}


def control_events(dice, profile, connections):
    events, number = [], 0
    for _ in range(dice.randint(0, profile.controls)):
        kind = dice.choices(["hold", "amend", "lock", "unpublish", "revoke", "run out"],
                            [6, 3, 1, 1, 1, 1])[0]
        number += 1
        events += MAKERS[kind](dice, profile, connections, number)
    return events


def moment(dice, profile):
    return round(dice.uniform(0.2, profile.seconds - 3), 3)


def with_lift(dice, event, number):
    return [dict(event, number=number),
            {"do": "lift", "at": round(event["at"] + dice.uniform(1, 5), 3), "number": number}]


def hold(dice, profile, connections, number):
    kind = dice.choice(["connection", "connection", "service"])
    target = dice.randrange(len(connections) if kind == "connection" else 3)
    return with_lift(dice, {"do": "hold", "at": moment(dice, profile), "on": kind, "target": target,
                            "ground": dice.choice(GROUNDS[kind])}, number)


def lock(dice, profile, connections, number):
    return with_lift(dice, {"do": "lock", "at": moment(dice, profile), "on": "application",
                            "target": dice.randrange(len(connections))}, number)


def unpublish(dice, profile, _connections, number):
    return with_lift(dice, {"do": "unpublish", "at": moment(dice, profile), "on": "service",
                            "target": dice.randrange(3)}, number)


def amend(dice, profile, connections, _number):
    """Narrower, wider or moved."""
    target = dice.randrange(len(connections))
    service = connections[target][2]
    event = {"do": "amend", "at": moment(dice, profile), "target": target}
    if dice.random() < 0.6:
        event["filter"] = dice.choice(FILTERS[service])
    if "filter" not in event or dice.random() < 0.3:
        event["fields"] = dice.choice(FIELDS[service])
    return [event]


def revoke(dice, profile, connections, _number):
    return [{"do": "revoke", "at": moment(dice, profile), "target": dice.randrange(len(connections)),
             "ground": dice.choice(ENDS)}]


def run_out(dice, profile, connections, _number):
    return [{"do": "run out", "at": moment(dice, profile), "in": dice.randint(2, 6),
             "target": dice.randrange(len(connections))}]


MAKERS = {"hold": hold, "lock": lock, "unpublish": unpublish, "amend": amend, "revoke": revoke,
          "run out": run_out}
