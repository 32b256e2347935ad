"""Which faults happen when: a plan's fault events."""

# kind -> (weight, shortest and longest duration in seconds, parties)
PROGRAMS = ["provider", "routing", "steward", "consumer:ap000002", "consumer:ap000003",
            "consumer:ap000004", "consumer:ap000005", "consumer:ap000006"]
SHORT_KINDS = {
    "kill": (6, 0.0, 2.0, PROGRAMS),
}


def fault_events(dice, profile, kinds=None):
    table = {k: v for k, v in SHORT_KINDS.items() if not kinds or k in kinds}
    events = []
    for _ in range(dice.randint(1, profile.faults)):
        kind = dice.choices(list(table), [v[0] for v in table.values()])[0]
        _, shortest, longest, parties = table[kind]
        events.append({"do": "fault", "at": round(dice.uniform(0.2, profile.seconds), 3),
                       "kind": kind, "party": dice.choice(parties),
                       "seconds": round(dice.uniform(shortest, longest), 3)})
    return events
