"""All verdicts on one history.  A witness that could not see says so: then the history is "not
judged", never passed."""

from . import judge_copies, judge_diary, judge_others, judge_right, judge_streams
from .reading import Reading
from .scope import while_loading
from .states import States, untold

ENOUGH_LOOKS = 20


class Case:
    """Observations with what several judges derive from them."""

    def __init__(self, seen):
        self.seen, self.known, self.readings = seen, {}, {}

    def states(self, connection):
        """(version, epoch, states), newest first."""
        if connection.name not in self.known:
            self.known[connection.name] = [
                (version, *of) for version in connection.versions[::-1]
                for of in self.of_scope(connection, version.scope)]
        return self.known[connection.name]

    def states_while_loading(self, connection):
        """The same of the copies that are shown between an amendment and the end of its load."""
        name = "loading " + connection.name
        if name not in self.known:
            later = connection.versions[1:]
            self.known[name] = [
                (new, *of) for i, new in enumerate(later) for old in connection.versions[:i + 1]
                for of in self.of_scope(connection, while_loading(old.scope, new.scope))]
        return self.known[name]

    def of_scope(self, connection, scope):
        """(epoch, states) of every feed that there may have been, newest first."""
        for epoch in self.seen.epochs[::-1]:
            whole, silent = States(epoch, connection.table, scope), untold(epoch, connection.table)
            yield epoch, whole
            for known in range(len(silent))[::-1]:
                part = States(epoch, connection.table, scope, known)
                part.meet(whole, silent[-1])
                yield epoch, part

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
