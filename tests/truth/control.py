"""Carries out the control events of a plan through the command line, as officials would, and notes
when each command was given and answered."""

import os
import re
import subprocess
import threading
import time

import ddl
from stage import LineError, wait_until
from witness import scope
from witness.clocks import now_us
from witness.observations import Control, Version

PROBED = 2  # streams of a hold of which it is tried whether they may be read
PATIENCE = 60  # seconds for the answer of a command


class Office:
    def __init__(self, history):
        self.history, self.stage, self.seen = history, history.stage, history.seen
        self.controls, self.numbers = [], {}
        self.refused = []
        self.unanswered_ends = []  # connections whose agreement may run out, or has run out late
        self.ends = []  # of agreements: (connection, key of its record, when asked, when answered)
        self.helpers = []

    def carry_out(self, event):
        getattr(self, event["do"].replace(" ", "_"))(event)

    def connection(self, event):
        return self.seen.connections[self.history.names[event["target"]]]

    def target(self, event):
        if event["on"] == "service":
            return self.history.services[event["target"]]
        connection = self.connection(event)
        return connection.application if event["on"] == "application" else connection.name

    def command(self, kind, target, *arguments, ident=""):
        """Gives the Control that it leaves behind, and what the command printed."""
        control = Control(kind, target, now_us(), ident=ident)
        self.controls.append(control)
        try:
            done = self.stage.lienthong(*arguments, check=False, timeout=PATIENCE)
        except subprocess.TimeoutExpired as error:
            self.refused.append("%s: no answer" % " ".join(arguments))
            return control, error.stdout.decode() if isinstance(error.stdout, bytes) else ""
        if done.returncode == 0:
            control.answered_us = now_us()
        else:
            self.refused.append("%s: exit %d: %s" % (" ".join(arguments), done.returncode,
                                                     done.stderr.strip()))
        return control, done.stdout

    # ---- holds ----

    def hold(self, event):
        arguments = ["hold", self.target(event), "--ground", event["ground"], "--reason", "kiểm thử"]
        if event["ground"] == "43.1a":
            arguments += ["--expected-end", utc(time.time() + 86400)]
        else:
            arguments += ["--restore", "hết kiểm thử"]
        control, printed = self.command("hold", self.target(event), *arguments)
        found = re.search(r"\bho\d{6,}\b", printed)
        if found:
            control.ident = self.numbers[event["number"]] = found.group()

    def lift(self, event):
        """A hold whose command is still under way is lifted at the end."""
        ident = self.numbers.pop(event["number"], None)
        if ident is None:
            return
        if not ident.startswith("ho"):
            self.undo(event["number"], ident)
            return
        held = next(c for c in self.controls if c.kind == "hold" and c.ident == ident)
        readable = self.readable(held)
        control, _ = self.command("lift", held.target, "lift", ident, ident=ident)
        control.readable = readable
        if control.answered_us is None and "is lifted already" not in self.refused[-1]:
            self.numbers[event["number"]] = ident

    def readable(self, hold):
        """Streams of which a client of their user still gets a record, although the hold took effect
        some time ago."""
        if hold.answered_us is None or hold.answered_us > now_us() - 10**6:
            return []
        if any(c.kind == "lift" and c.ident == hold.ident for c in self.controls):
            return []  # without an answer, but it may have been carried out
        held = [(user, name) for user in self.stage.users.values()
                for name, stream in list(user.streams.items())
                if stream.connection in self.seen.connections and stream.records
                and hold.target in self.names_of(stream.connection)]
        return [name for user, name in held[-PROBED:] if user.gets_a_record_of(name)]

    def names_of(self, connection):
        """Under which a hold may stop it."""
        it = self.seen.connections[connection]
        return it.name, it.service, it.application

    def lift_all(self):
        """So that the history can come to its end."""
        for helper in self.helpers:
            helper.join()
        self.find_unanswered()
        for _ in range(3):
            for number in list(self.numbers):
                self.lift({"number": number})
        if self.numbers:
            raise LineError("holds that cannot be lifted: %s; %s" % (
                sorted(self.numbers.values()), self.refused[-1:]))

    def find_unanswered(self):
        """A hold whose answer did not come waits in the spool and stands when the steward is back."""
        lost = [c for c in self.controls if c.kind == "hold" and not c.ident]
        if not lost:
            return
        spool = self.stage.path("spool", "in")
        wait_until("the spool is empty", lambda: not os.listdir(spool), PATIENCE)
        time.sleep(1)  # until the witness has read platform.control
        known = {c.ident for c in self.controls}
        found = sorted(key[len("hold/"):] for key, times in list(self.stage.diary.control_us.items())
                       if key.startswith("hold/") and times[0] >= self.controls[0].given_us - 1_000_000)
        found = [ident for ident in found if ident not in known]
        for number, (control, ident) in enumerate(zip(lost, found)):
            control.ident = self.numbers["unanswered %d" % number] = ident

    # ---- what is declared otherwise for a while: a locked account, a service taken back ----

    def lock(self, event):
        self.declare_otherwise(event, "application", active=False)

    def unpublish(self, event):
        self.declare_otherwise(event, "service", published=False)

    def declare_otherwise(self, event, kind, **changes):
        """Its answer means that it is signed, not that routing has carried it out."""
        target = self.target(event)
        control = Control("hold", target, now_us(), ident="%s/%s" % (kind, target))
        self.controls.append(control)
        self.numbers[event["number"]] = control.ident
        self.declare(dict(self.stage.declarations[kind, target], **changes))

    def undo(self, number, ident):
        kind, target = ident.split("/")
        control = Control("lift", target, now_us(), ident=ident)
        declared = self.stage.declarations[kind, target]
        undone = {"application": {"active": True}, "service": {"published": True}}[kind]
        self.controls.append(control)
        if self.declare(dict(declared, **undone)):
            control.answered_us = now_us()
        else:
            self.numbers[number] = ident

    def declare(self, declaration):
        try:
            self.stage.declare(declaration)
            return True
        except (LineError, subprocess.TimeoutExpired) as error:
            self.refused.append("declare %s: %s" % (declaration["id"], error))
            return False

    # ---- a table that has another shape ----

    def declare_type(self, event):
        """A field of another type is another scope of every connection that has it."""
        ident = self.history.services[event["target"]]
        declared = self.stage.declarations["service", ident]
        fields = [dict(f, type=event["type"]) if f["column"] == event["column"] else f
                  for f in declared["fields"]]
        if fields == declared["fields"]:
            return
        touched = [c for c in self.seen.connections.values() if c.service == ident
                   and c.terminated_us is None and event["column"] in c.versions[-1].scope.fields]
        for connection in touched:
            connection.versions.append(Version(connection.versions[-1].scope, now_us()))
        if self.declare(dict(declared, fields=fields)):
            for connection in touched:
                connection.versions[-1].answered_us = now_us()

    def mend_tables(self):
        """Every table is as it is declared, so that its feed can go on."""
        for (table, _), ident in zip(self.history.tables, self.history.services):
            declared = self.stage.declarations["service", ident]["fields"]
            wait_until("%s is as declared" % table,
                       lambda t=table, d=declared: ddl.mend(self.stage, t, d), PATIENCE)

    # ---- amendment and end ----

    def amend(self, event):
        """A version that was asked for and not confirmed may or may not have come about."""
        connection = self.connection(event)
        arguments = ["amend", connection.name]
        before = connection.versions[-1].scope
        wish = self.history.scope(self.history.service_of(event["target"]),
                                  event.get("fields", before.fields),
                                  event.get("filter", before.filter))
        if (wish.fields, wish.filter) == (before.fields, before.filter) or over(connection):
            return
        connection.versions.append(Version(wish, now_us()))
        arguments += ["--fields", ",".join(wish.fields), "--filter", scope.as_text(wish.filter)]
        control, _ = self.command("amend", connection.name, *arguments)
        connection.versions[-1].answered_us = control.answered_us

    def revoke(self, event):
        connection = self.connection(event)
        connection.terminated_us = now_us()
        self.command("revoke", connection.name, "revoke", connection.name, "--ground",
                     event["ground"])

    def run_out(self, event):
        """The agreement ends by itself, while the steward is down."""
        connection = self.connection(event)
        if over(connection):
            return
        given, until = now_us(), int(time.time()) + event["in"]
        ident = "ar%06d" % connection.agreement
        if not self.declare(dict(self.stage.declarations["agreement", ident],
                                 connection_until=utc(until))):
            self.unanswered_ends.append(connection)
        connection.until_us = until * 10**6
        self.ends.append((connection, "agreement/" + ident, given, now_us()))
        self.controls.append(Control("run out", connection.name, now_us()))
        helper = threading.Thread(target=self.steward_is_down, args=(until,), daemon=True)
        self.helpers.append(helper)
        helper.start()

    def steward_is_down(self, until):
        steward = self.stage.party("steward")
        with self.history.busy_with("steward"):  # a fault of what is down would show nothing
            self.stage.keep_down(steward)
            steward.kill9()
            time.sleep(max(0, until + 1 - time.time()))
            self.stage.bring_up(steward)

    def settle(self):
        """What had no answer counts when, and from when, the inbox has told of it.  An end that was
        signed less than a second before its instant, or behind it, counts from its answer."""
        for connection, record, given_us, answered_us in self.ends:
            signed_us = self.stage.diary.appended(record, given_us)
            if signed_us is None or signed_us > connection.until_us - 1_000_000:
                connection.until_us = max(connection.until_us, answered_us)
        for connection in self.unanswered_ends:
            told = [n.append_us for name, notices in self.seen.notices.items() for n in notices
                    if name.startswith(connection.name + ".") and n.body["terminated"]]
            if told:
                connection.until_us = max(connection.until_us, min(told))
            else:
                self.seen.blind.append("it is not known whether %s ends" % connection.name)
        for connection in self.seen.connections.values():
            told = max((n.body["scope_version"] for s, notices in self.seen.notices.items()
                        for n in notices[-1:] if s.startswith(connection.name + ".")), default=1)
            while len(connection.versions) > told and connection.versions[-1].answered_us is None:
                connection.versions.pop()


def over(connection):
    return connection.terminated_us is not None or connection.until_us is not None


def utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
