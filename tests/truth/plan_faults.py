"""Which faults happen when: a plan's fault events."""

CONSUMERS = ["consumer:ap000002", "consumer:ap000003", "consumer:ap000004", "consumer:ap000005",
             "consumer:ap000006"]
PROGRAMS = ["provider", "routing", "steward"] + CONSUMERS[:4]
SERVERS = ["broker", "source", "target"]
WITH_DATABASE = ["provider"] + CONSUMERS[:4]
USERS = ["stream:" + c.split(":")[1] for c in CONSUMERS[:4]]

# kind -> (weight, shortest and longest duration in seconds, parties)
SHORT_KINDS = {
    "kill": (8, 0.0, 2.0, PROGRAMS),
    "stop": (4, 1.0, 8.0, PROGRAMS),
    "zombie": (2, 1.0, 4.0, ["provider", "routing"] + CONSUMERS[:4]),
    "cut": (3, 0.1, 4.0, PROGRAMS),
    "delay": (2, 1.0, 6.0, PROGRAMS),
    "half-open": (2, 1.0, 5.0, PROGRAMS),
    "descriptors": (1, 1.0, 4.0, PROGRAMS),
    "certificate": (1, 1.0, 4.0, PROGRAMS),
    "broker": (2, 0.0, 2.0, ["broker"]),
    "crash": (3, 0.0, 2.0, ["source", "target"]),
    "freeze": (3, 1.0, 6.0, SERVERS),
    "disk full": (2, 1.0, 4.0, SERVERS),
    "slot dropped": (1, 0.0, 1.0, ["provider"]),
    "slot advanced": (1, 0.0, 1.0, ["provider"]),
    "slot recreated": (1, 0.0, 1.0, ["provider"]),
    "topic deleted": (2, 0.0, 0.1, USERS),
    "restore target": (2, 1.0, 6.0, USERS),
    "restore source": (1, 1.0, 5.0, ["source"]),
    "key renewed": (1, 0.5, 3.0, ["provider"] + CONSUMERS[:4]),
    "clock": (3, 3.0, 8.0, SERVERS + PROGRAMS[:5]),
}
LONG_KINDS = {kind: (weight, low, high * 8 if kind in ("stop", "cut", "half-open", "clock") else high, parties)
              for kind, (weight, low, high, parties) in SHORT_KINDS.items()}
# Of the platform's whole Kafka: in long histories, and by name.
WHOLE_KINDS = {"kafka lost": (1, 0.5, 3.0, ["broker"])}
LONG_KINDS.update(WHOLE_KINDS)
# On a stage of three brokers.
BROKER_KINDS = {
    "broker lost": (4, 0.5, 6.0, ["broker"]),
    "all brokers lost": (3, 0.0, 3.0, ["broker"]),
}
LONG_KINDS["failover"] = (1.5, 1.0, 8.0, ["source"])
SETTING_UP = {"clock": 6.0}  # seconds that a fault takes besides its own
# Faults that use the same thing wait for one another.
SHARED = {"source": "source", "provider": "source", "target": "target", "broker": "broker"}


def fault_events(dice, profile, kinds=None, brokers=1):
    table = dict(profile.kinds, **(BROKER_KINDS if brokers > 1 else {}))
    if kinds:
        table = {k: v for k, v in dict(table, **WHOLE_KINDS).items() if k in kinds}
    events = []
    for _ in range(dice.randint(1, profile.faults)):
        kind = dice.choices(list(table), [v[0] for v in table.values()])[0]
        _, shortest, longest, parties = table[kind]
        share, party = dice.random(), dice.choice(parties)
        seconds = round(dice.uniform(shortest, longest), 3)
        event = {"do": "fault", "at": begin(share, kind, seconds, profile), "kind": kind,
                 "party": party, "seconds": seconds}
        if kind in ("cut", "delay", "half-open") and event["party"] in WITH_DATABASE:
            event["database"] = dice.random() < 0.4
        if kind == "broker lost":
            event["node"], event["wipe"] = dice.randint(1, brokers), dice.random() < 0.5
        if kind == "clock":
            event["offset"] = dice.choice([-3600, 3600])
        events.append(event)
    return events


def begin(share, kind, seconds, profile):
    """So that it is over, if nothing keeps it waiting, when the last rows come."""
    latest = max(1.0, profile.seconds - seconds - SETTING_UP.get(kind, 0.0))
    return round(0.2 + share * (latest - 0.2), 3)


def alone(event):
    """What must not have two faults at once."""
    parties = {SHARED.get(event["party"]) or event["party"].split(":")[-1]}
    more = {"restore target": {"target"}, "clock": {"clock"}, "kafka lost": {"steward"}}
    return sorted(parties | more.get(event["kind"], set()))
