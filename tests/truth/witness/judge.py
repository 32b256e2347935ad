"""All verdicts on one history.  A witness that could not see says so: then the history is "not
judged", never passed."""

from . import judge_copies, judge_diary, judge_others, judge_right, judge_streams
from .reading import Reading
from .states import States

ENOUGH_LOOKS = 20


class Case:
    """Observations with what several judges derive from them."""

    def __init__(self, seen):
        self.seen, self.known, self.readings = seen, {}, {}

    def states(self, connection):
        """(version, epoch, states), newest first."""
        if connection.name not in self.known:
            self.known[connection.name] = [
                (version, epoch, States(epoch, connection.table, version.scope))
                for version in connection.versions[::-1] for epoch in self.seen.epochs[::-1]]
        return self.known[connection.name]

    def reading(self, stream):
        if stream not in self.readings:
            self.readings[stream] = Reading(self.seen.streams[stream],
                                            self.seen.notices.get(stream, []), self.seen.schemas)
        return self.readings[stream]

    def newest_stream(self, connection):
        names = [s for s in self.seen.notices if s.startswith(connection.name + ".")]
        return max(names, key=lambda s: int(s.split(".")[1]), default=None)


def judge(seen):
    """(verdicts, reasons why it could not be judged)."""
    case = Case(seen)
    verdicts = []
    for part in (judge_copies, judge_streams, judge_right, judge_diary, judge_others):
        verdicts += part.judge(case)
    return verdicts, seen.blind + blindness(seen)


def blindness(seen):
    """What the recorders themselves cannot know that they missed."""
    reasons = ["%s was looked at %d times only" % (name, len(seen.looks.get(name, [])))
               for name, connection in seen.connections.items()
               if len(seen.looks.get(name, [])) < ENOUGH_LOOKS
               and judge_copies.expected_alive(connection)]
    if not any(epoch.transactions for epoch in seen.epochs):
        reasons.append("the source's log holds no transaction")
    return reasons + unproved(seen)


def unproved(seen):
    return ["%s was not shown to have happened: %s" % (f.kind, f.error or "no proof")
            for f in seen.faults if not f.proof]
