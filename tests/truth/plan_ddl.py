"""Changes of shape that a plan's shared tables go through: parts that join and leave with their rows,
declared columns that go and come back, types that become wider."""

PARTED = 1  # the service whose table has parts
PARTS = 4  # that may join it
DROPPED = {0: ["changed", "document", "region"], 1: ["grade", "region"], 2: ["amount"]}
WIDER = [(0, "region", "varchar(40)"), (0, "amount", "numeric(22,4)"), (1, "region", "varchar(40)"),
         (1, "grade", "bigint"), (2, "amount", "numeric(14,2)")]


def ddl_events(dice, profile, rows):
    """`rows` makes the values of a row."""
    events = []
    for _ in range(dice.randint(0, profile.shapes)):
        kind = dice.choices(list(MAKERS), [6, 2, 2, 2, 3, 3])[0]
        events += MAKERS[kind](dice, profile, rows)
    return events


def moment(dice, profile):
    return dice.uniform(0.2, profile.seconds * 0.7)


def event(dice, at, op):
    return {"do": "rows", "at": round(at, 3), "session": dice.randrange(3), "end": "commit", "ops": [op]}


def attach(dice, profile, rows):
    """With its rows, and away again with what they are by then."""
    at, number = moment(dice, profile), dice.randrange(1, PARTS + 1)
    events = [event(dice, at, ["attach", PARTED, number, rows.of_part(number)])]
    if dice.random() < 0.7:
        events.append(event(dice, at + dice.uniform(0.05, 4), ["detach", PARTED, number]))
    return events


def visit(dice, profile, rows):
    number = dice.randrange(1, PARTS + 1)
    return [event(dice, moment(dice, profile), ["visit", PARTED, number, rows.of_part(number)])]


def outing(dice, profile, rows):
    """Of one that has joined for good."""
    at, number = moment(dice, profile), dice.randrange(1, PARTS + 1)
    return [event(dice, at, ["attach", PARTED, number, rows.of_part(number)]),
            event(dice, at + dice.uniform(0.5, 4), ["outing", PARTED, number])]


def truncate_part(dice, profile, rows):
    at, number = moment(dice, profile), dice.randrange(1, PARTS + 1)
    return [event(dice, at, ["attach", PARTED, number, rows.of_part(number)]),
            event(dice, at + dice.uniform(0.5, 4), ["truncate part", PARTED, number])]


def drop_declared(dice, profile, _rows):
    at, service = moment(dice, profile), dice.randrange(3)
    column = dice.choice(DROPPED[service])
    return [event(dice, at, ["drop declared", service, column]),
            event(dice, at + dice.uniform(0.3, 5), ["add declared", service, column])]


def retype(dice, profile, _rows):
    """Declared before or after the table has it."""
    at = moment(dice, profile)
    service, column, kind = dice.choice(WIDER)
    return [event(dice, at, ["retype", service, column, kind]),
            {"do": "declare type", "at": round(max(0.1, at + dice.uniform(-1, 3)), 3),
             "target": service, "column": column, "type": kind}]


MAKERS = {"attach": attach, "visit": visit, "outing": outing, "truncate part": truncate_part,
          "drop declared": drop_declared, "retype": retype}
