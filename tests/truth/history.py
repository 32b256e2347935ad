"""Plays one planned history on a stage and gives the observations to be judged."""

import concurrent.futures
import contextlib
import threading
import time

import control as controls
import plan as plans
from fault_kinds import KINDS
from plan_faults import alone
import workload
from stage import connection_of
from witness import scope
from witness.clocks import now_us
from witness.judge import ENOUGH_LOOKS
from witness.observations import Fault, Observations, Version

PATIENCE = 120  # seconds in which a copy that has not converged must come nearer to it, if by one step
LONGEST = 900  # even if it does
SESSIONS_PATIENCE = 180  # seconds behind the last fault
LOOKS_PATIENCE = 10  # seconds until each living copy must have been looked at often enough
READERS_PATIENCE = 30  # then until the witness must have read the streams to their ends
NOTES_PATIENCE = 15  # and until the diary must hold their notes


class History:
    def __init__(self, stage, plan):
        self.stage, self.plan = stage, plan
        self.seen = Observations(plan["seed"])
        self.lock = threading.Lock()
        self.busy = {}  # what has a fault -> lock: one at a time
        self.died_before = len(stage.died)
        self.converged_s = None
        self.services, self.tables = [], []
        self.phases = []  # (name, seconds)

    def play(self):
        for phase in (self.set_up, self.warm_up, self.run_events, self.quieten, self.observe):
            started = time.monotonic()
            phase()
            self.phases.append((phase.__name__.replace("_", " "), time.monotonic() - started))
        return self.seen

    # ---- before ----

    def set_up(self):
        self.stage.source.forget()
        self.stage.source.start()
        made = []
        for kind in self.plan["services"]:
            ident, table = self.stage.add_service(kind)
            made.append((ident, table, kind))
        self.services = [m[0] for m in made]
        self.tables = [(table, kind) for _, table, kind in made]
        self.initial_rows()
        self.stage.declare_services(made)
        self.connect()

    def initial_rows(self):
        session = workload.Session(self.stage, self.tables, [], 0)
        for event in self.plan["initial"]:
            session.attempt(event)
        session.connection.close()

    def connect(self):
        declarations, names = [], []
        for _, application, service, fields, row_filter in self.plan["connections"]:
            declaration, name = self.stage.agreement(application, self.services[service], fields,
                                                     row_filter)
            declarations.append(declaration)
            names.append(name)
        self.names = names
        given = now_us()
        self.stage.declare(*declarations)
        for declaration, name, wish in zip(declarations, names, self.plan["connections"]):
            self.watch(declaration, name, wish, given)

    def watch(self, declaration, name, wish, given):
        _, application, service, fields, row_filter = wish
        table, kind = self.tables[service]
        connection = connection_of(declaration, name, table, kind, given, now_us(),
                                   plans.canary(self.plan))
        connection.versions[0] = Version(self.scope(service, fields, row_filter), given, now_us())
        self.seen.connections[name] = connection
        self.stage.watch(name, application, kind["entity"])

    def warm_up(self):
        """Or events begin while everything is loaded for the first time."""
        if self.plan.get("warm"):
            self.wait_stamps(0)
        self.stage.clear()

    def service_of(self, number):
        return self.plan["connections"][number][2]

    def scope(self, service, fields, row_filter):
        kind = self.plan["services"][service]
        return scope.Scope(fields, row_filter, kind["key"], kind["numerics"])

    # ---- during ----

    def run_events(self):
        begin = time.monotonic()
        of = {}
        for event in self.plan["events"]:
            of.setdefault(event["do"], []).append(event)
        self.sessions = workload.start(self.stage, self.tables, of.pop("rows", []), begin)
        threads = [threading.Thread(target=self.fault, args=(begin, e), daemon=True)
                   for e in of.pop("fault", [])]
        self.office = controls.Office(self)
        decided = sorted((e for events in of.values() for e in events), key=lambda e: e["at"])
        threads.append(threading.Thread(target=self.decide, args=(begin, decided), daemon=True))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.wait_sessions()

    def wait_sessions(self):
        """The source's own users, whom nobody may keep waiting."""
        end = time.monotonic() + SESSIONS_PATIENCE
        for session in self.sessions:
            session.join(max(0, end - time.monotonic()))
            if session.is_alive():
                self.seen.blind.append("a session of the source still waits for its answer")
                self.stage.broken = True
        self.seen.blind += ["a session ended: %r" % s.error for s in self.sessions if s.error]

    def source_is_lost(self, connect=None, until_us=None):
        """The source goes back: what was true until now is an epoch of its own."""
        self.seen.epochs.append(self.stage.source.collect([t for t, _ in self.tables], True, connect,
                                                          until_us))

    def decide(self, begin, events):
        for event in events:
            time.sleep(max(0, begin + event["at"] - time.monotonic()))
            self.office.carry_out(event)

    def fault(self, begin, event):
        time.sleep(max(0, begin + event["at"] - time.monotonic()))
        with contextlib.ExitStack() as stack:
            for thing in alone(event):
                stack.enter_context(self.busy_with(thing))
            self.inflict(event)

    def busy_with(self, thing):
        with self.lock:
            return self.busy.setdefault(thing, threading.Lock())

    def inflict(self, event):
        fault = KINDS[event["kind"]](self, event)
        noted = Fault(event["kind"] + " " + event["party"], fault.concerns, now_us())
        self.seen.faults.append(noted)
        try:
            fault.inflict()
            time.sleep(event["seconds"])
        except Exception as error:  # told as "not judged"
            noted.error = str(error)
        try:
            fault.heal()
        except Exception as error:
            noted.error = "not healed: %s" % error
            self.seen.blind.append("%s: %s" % (noted.kind, noted.error))
        noted.proof, noted.end_us = fault.proof, now_us()

    # ---- after ----

    def quieten(self):
        self.office.lift_all()
        self.office.mend_tables()
        self.seen.controls = self.office.controls
        self.seen.quiet_us = now_us()
        started = time.monotonic()
        if self.wait_stamps(self.seen.quiet_us):
            self.converged_s = time.monotonic() - started

    def alive(self):
        return [c for c in self.seen.connections.values()
                if c.terminated_us is None and c.until_us is None]

    def stamped(self, name, after_us):
        looks = self.stage.views[self.seen.connections[name].application].looks[name]
        return bool(looks) and not looks[-1].error and looks[-1].usable and \
            (looks[-1].source_stamp_us or 0) > after_us

    def wait_stamps(self, after_us):
        """Every living copy is stamped after a moment of the source; False: nothing moves any more.
        How long it takes is the machine's affair."""
        steps, moved = None, time.monotonic()
        end = moved + LONGEST
        while True:
            waiting = [c for c in self.alive() if not self.stamped(c.name, after_us)]
            if not waiting:
                return True
            if steps != (steps := [self.step_of(c) for c in waiting]):
                moved = time.monotonic()
            if time.monotonic() > min(moved + PATIENCE, end):
                return False
            time.sleep(0.1)

    def step_of(self, connection):
        """What was seen of a connection last: it changes while it gets on."""
        user, name = self.stage.users[connection.application], connection.name
        looks = self.stage.views[connection.application].looks[name]
        return (name, looks[-1].source_stamp_us if looks else None,
                [(n, len(s.records), len(user.notices[n]))
                 for n, s in list(user.streams.items()) if s.connection == name])

    def observe(self):
        seen, stage = self.seen, self.stage
        self.wait_looks()
        self.wait_readers()
        for user in stage.users.values():
            user.finish()
            seen.schemas.update(user.schemas)
            for name, stream in user.streams.items():
                if stream.connection in seen.connections:
                    seen.streams[name], seen.notices[name] = stream, user.notices[name]
        self.office.settle()
        self.wait_notes()
        seen.notes = [n for n in stage.diary.notes if n["connection"] in seen.connections]
        for control in seen.controls:
            control.append_us = stage.diary.appended(record_of(control), control.given_us)
        for name, connection in seen.connections.items():
            seen.looks[name] = list(stage.views[connection.application].looks[name])
        stage.source.stop()
        seen.epochs.append(stage.source.collect([t for t, _ in self.tables]))
        seen.load = stage.source.load
        seen.end_us = now_us()

    def wait_looks(self):
        """Where all was loaded for the first time beside the events, the copies are young."""
        end = time.monotonic() + LOOKS_PATIENCE
        while time.monotonic() < end and any(
                len(self.stage.views[c.application].looks[c.name]) < ENOUGH_LOOKS
                for c in self.alive()):
            time.sleep(0.1)

    def wait_readers(self):
        """The inboxes, then the streams of which they tell: read to the end, or not judged.  One that
        has ended may be gone, or never have been there."""
        users = self.stage.users.values()
        self.wait_end([user.inbox for user in users], lambda reader: True)
        mine = {reader: user.streams[name].connection for user in users
                for name, reader in list(user.readers.items())
                if user.streams[name].connection in self.seen.connections}
        self.wait_end(mine, lambda r: not r.over and (not r.refused or mine[r] in self.living()))

    @staticmethod
    def wait_end(readers, counts):
        for reader in readers:
            reader.ask_end()
        end = time.monotonic() + READERS_PATIENCE
        while any(counts(r) and not r.has_all() for r in readers) and time.monotonic() < end:
            time.sleep(0.1)

    def living(self):
        return {c.name for c in self.alive()}

    def wait_notes(self):
        """Pages close after 2 s."""
        end = time.monotonic() + NOTES_PATIENCE
        while time.monotonic() < end:
            noted = {}
            for note in list(self.stage.diary.notes):
                noted[note["stream"]] = max(noted.get(note["stream"], 0), note["last"])
            if all(noted.get(n, 0) >= len({r.lt.split(" ")[1] for r in s.records})
                   for n, s in self.seen.streams.items() if s.lost_us is None):
                return
            time.sleep(0.3)

    def clear(self):
        """Ends the history's connections; the next one has the line for itself before its events."""
        for views in self.stage.views.values():
            views.forget(self.seen.connections)
        self.stage.clearing = threading.Thread(target=self.end_connections, daemon=True)
        self.stage.clearing.start()

    def end_connections(self):
        users = list(self.stage.users.values())
        with concurrent.futures.ThreadPoolExecutor(len(users)) as clerks:
            list(clerks.map(lambda user: user.forget(self.seen.connections), users))
        agreements = sorted({"ar%06d" % c.agreement for c in self.seen.connections.values()})
        with concurrent.futures.ThreadPoolExecutor(len(agreements) or 1) as clerks:
            list(clerks.map(lambda agreement: self.stage.lienthong(
                "revoke", agreement, "--ground", "44.1d-1", "--wait", "0s", check=False), agreements))
        if self.services:
            self.stage.declare(*[dict(self.stage.declarations["service", ident], published=False)
                                 for ident in self.services])


def record_of(control):
    """Key of the control record that a command brings about."""
    if control.kind == "hold":
        return control.ident if "/" in control.ident else "hold/" + control.ident
    return "connection/" + control.target if control.kind == "revoke" else ""


def recovery(seen):
    """(fault, seconds) of each fault: from its healing until every copy that it concerns, and that
    still lives, was stamped after it."""
    for fault in seen.faults:
        times = []
        for name, connection in seen.connections.items():
            if connection.terminated_us is not None or connection.until_us is not None:
                continue
            if "*" in fault.concerns or connection.application in fault.concerns:
                times.append(next((look.at_us for look in seen.looks.get(name, [])
                                   if look.usable and (look.source_stamp_us or 0) > fault.end_us),
                                  None))
        if times and all(t is not None for t in times):
            yield fault, (max(times) - fault.end_us) / 1e6
