"""Faults.  Each is a class with inflict and heal; `proof` says how it is known to have happened, and
`concerns` whose copies it may touch."""

import os

import plan as plans

EVERYBODY = ["*"]


def concerns_of(party):
    return [party.split(":")[1]] if ":" in party else EVERYBODY


class Fault:
    def __init__(self, stage, event):
        self.stage, self.party, self.proof = stage, event["party"], ""
        self.concerns = concerns_of(self.party)

    def inflict(self):
        raise NotImplementedError

    def heal(self):
        raise NotImplementedError


class Kill(Fault):
    """kill -9 of a program; it is started again when healed."""

    def inflict(self):
        program = self.stage.party(self.party)
        self.stage.keep_down(program)
        pid = program.process.pid
        program.kill9()
        self.proof = "" if os.path.exists("/proc/%d" % pid) else "pid %d is gone" % pid

    def heal(self):
        self.stage.bring_up(self.stage.party(self.party))


KINDS = {"kill": Kill}
