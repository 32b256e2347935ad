"""Carries out the control events of a plan through the command line, as officials would, and notes
when each command was given and answered."""

import re
import subprocess
import time

from stage import LineError
from witness.observations import Control
from witness.watch_source import now_us

PATIENCE = 60  # seconds for the answer of a command


class Office:
    def __init__(self, stage, connections, services):
        self.stage, self.connections, self.services = stage, connections, services
        self.controls, self.numbers = [], {}
        self.refused = []

    def target(self, event):
        names = self.connections if event["on"] == "connection" else self.services
        return names[event["target"]]

    def carry_out(self, event):
        getattr(self, event["do"])(event)

    def command(self, kind, target, *arguments, ident=""):
        """Gives the Control that it leaves behind, and what the command printed."""
        control = Control(kind, target, now_us(), ident=ident)
        self.controls.append(control)
        try:
            done = self.stage.lienthong(*arguments, check=False, timeout=PATIENCE)
        except subprocess.TimeoutExpired as error:
            return control, (error.stdout or b"").decode() if isinstance(error.stdout, bytes) else ""
        if done.returncode == 0:
            control.answered_us = now_us()
        else:
            self.refused.append("%s: exit %d: %s" % (" ".join(arguments), done.returncode,
                                                     done.stderr.strip()))
        return control, done.stdout

    def hold(self, event):
        arguments = ["hold", self.target(event), "--ground", event["ground"], "--reason", "kiểm thử"]
        if event["ground"] == "43.1a":
            arguments += ["--expected-end", time.strftime("%Y-%m-%dT%H:%M:%SZ",
                                                          time.gmtime(time.time() + 86400))]
        else:
            arguments += ["--restore", "hết kiểm thử"]
        control, printed = self.command("hold", self.target(event), *arguments)
        found = re.search(r"\bho\d{6,}\b", printed)
        if found:
            control.ident = self.numbers[event["number"]] = found.group()

    def lift(self, event):
        """A hold whose command is still under way is lifted at the end."""
        ident = self.numbers.pop(event["number"], None)
        if ident:
            held = next(c for c in self.controls if c.kind == "hold" and c.ident == ident)
            control, _ = self.command("lift", held.target, "lift", ident, ident=ident)
            if control.answered_us is None:
                self.numbers[event["number"]] = ident

    def lift_all(self):
        for number in list(self.numbers):
            self.lift({"number": number})
        if self.numbers:
            raise LineError("holds that cannot be lifted: %s; %s" % (
                sorted(self.numbers.values()), self.refused[-1:]))
