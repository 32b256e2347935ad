"""What agencies decide meanwhile: a plan's control events.  Every hold has its lift, but a lift that
was left out is made up for when the history ends."""

GROUNDS = {"connection": ["43.2a", "43.2b"], "service": ["43.1a", "43.1b"]}


def control_events(dice, profile, connections):
    events = []
    for number in range(dice.randint(0, profile.controls)):
        events += hold(dice, profile, connections, number)
    return events


def hold(dice, profile, connections, number):
    begin = round(dice.uniform(0.2, profile.seconds - 3), 3)
    end = round(begin + dice.uniform(1, 5), 3)
    kind = dice.choice(["connection", "connection", "service"])
    target = dice.randrange(len(connections)) if kind == "connection" else dice.randrange(3)
    return [{"do": "hold", "at": begin, "on": kind, "target": target, "number": number,
             "ground": dice.choice(GROUNDS[kind])},
            {"do": "lift", "at": end, "number": number}]
