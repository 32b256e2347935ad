"""The clock of one server or program is an hour wrong for a while.  libfaketime goes into that one part
and only for that time: it is started again under it with the right time, the clock then jumps while
it runs, jumps back while it runs, and the part is started again without it."""

import os
import signal
import subprocess
import time

import psycopg2
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import NewTopic, AdminClient

from faults import Fault
from faults_parts import admin_settings, pg
from stage import LineError, wait_until
from witness.clocks import now_us

LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime%s.so.1"
WAITS = os.path.join(os.path.dirname(os.path.realpath(__file__)), "faked_waits.c")
PROBE = "witness.clock"  # a topic: the broker's clock is the append time of what is sent there
NEAR = 5  # seconds within which a clock is right
PATIENCE = 30
WARM_S = 20  # longest wait until the part does its work again, before its clock jumps
AFTERWARDS_S = 2  # with the right time, before it is started again


class Clock(Fault):
    def __init__(self, history, event):
        super().__init__(history, event)
        self.part = PARTS.get(self.party, ProgramClock)(self.stage, self.party)

    def inflict(self):
        self.part.set(0)
        self.part.start(self.part.environment())
        self.goes_on(now_us())
        self.part.set(self.event["offset"])
        self.proof = self.reaches(self.event["offset"])

    def goes_on(self, since_us):
        """A clock that jumps while nothing runs shows little; but perhaps nothing can run now."""
        beats = self.stage.diary.control_us.setdefault("heartbeat/steward", [])
        concerned = [c.name for c in self.history.alive()
                     if c.application in self.concerns or "*" in self.concerns]
        try:
            wait_until("%s goes on" % self.party, lambda: beats[-1:] > [since_us] and any(
                self.history.stamped(name, since_us) for name in concerned), WARM_S)
        except LineError:
            pass

    def reaches(self, offset):
        """What its clock says, once it is that far from ours."""
        return wait_until("the clock of %s is %+d s off" % (self.party, offset),
                          lambda: self.part.told(offset), PATIENCE)

    def heal(self):
        self.part.set(0)
        try:
            told = self.reaches(0)
            time.sleep(AFTERWARDS_S)
            self.proof = self.proof and "%s, then %s" % (self.proof, told)
        finally:
            self.part.start(None)


class ServerClock:
    """Of a part that can be asked for its time."""

    def __init__(self, stage, party):
        self.stage, self.party = stage, party
        self.file = stage.path("state", "clock-" + party.replace(":", "-"))

    def set(self, offset):
        with open(self.file + ".new", "w", encoding="ascii") as file:
            file.write("%+d\n" % offset)
        os.rename(self.file + ".new", self.file)

    def variables(self, *libraries):
        """One look a second at the file."""
        return {"LD_PRELOAD": ":".join(libraries), "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_TIMESTAMP_FILE": self.file, "FAKETIME_CACHE_DURATION": "1"}

    def with_threads(self):
        """For what waits in threads (faked_waits.c)."""
        library = self.stage.path("state", "faked_waits.so")
        if not os.path.exists(library):
            subprocess.run(["cc", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", library, WAITS], check=True)
        return dict(os.environ, **self.variables(library, LIBRARY % "MT"))

    def told(self, offset):
        off = self.seconds() - time.time()
        return "its clock is %+.1f s off" % off if abs(off - offset) < NEAR else ""


class ClusterClock(ServerClock):
    def environment(self):
        return self.variables(LIBRARY % "")

    def start(self, environment):
        """Only the server itself runs under it."""
        self.stop()
        if environment is None:
            pg(self.stage, "start", self.party)
            return
        data = self.stage.path(self.party, "data")
        command = ["env", "-C", "/"] + ["%s=%s" % pair for pair in environment.items()] + [
            os.path.join(self.stage.clusters[self.party].env["LT_PG_BIN"], "pg_ctl"), "-D", data,
            "-l", os.path.join(data, "server.log"), "-w", "start"]
        if os.getuid() == 0:
            command = ["runuser", "-u", "postgres", "--"] + command
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=True)

    def stop(self):
        try:
            pg(self.stage, "stop", self.party)
        except subprocess.CalledProcessError:  # too slow, on a machine that is overloaded
            pg(self.stage, "stop", self.party, "--immediate")

    def seconds(self):
        try:
            return float(self.stage.clusters[self.party].query(
                "postgres", "SELECT extract(epoch FROM clock_timestamp())")[0][0])
        except psycopg2.Error:
            return 0.0


class BrokerClock(ServerClock):
    def environment(self):
        return self.with_threads()

    def start(self, environment):
        kafka = self.stage.kafka
        subprocess.run([kafka.tool, "restart", kafka.directory, "1"], env=environment,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                       check=True)

    def seconds(self):
        """The append time of a record of our own; 0: none was taken."""
        taken = []
        settings = admin_settings(self.stage)
        admin = AdminClient(settings)
        try:
            if PROBE not in admin.list_topics(timeout=10).topics:
                admin.create_topics([NewTopic(PROBE, 1, 1)])[PROBE].result(15)
        except KafkaException:
            return 0.0
        producer = Producer(dict(settings, **{"message.timeout.ms": 5000}))
        producer.produce(PROBE, b"?", on_delivery=lambda error, message: taken.append(
            0.0 if error else message.timestamp()[1] / 1000))
        producer.flush(6)
        return taken[0] if taken else 0.0


class ProgramClock(ServerClock):
    """A program answers nobody: libfaketime is in its memory, and the file says what it adds."""

    def environment(self):
        return self.with_threads()

    def program(self):
        return self.stage.party(self.party)

    def start(self, environment):
        program = self.program()
        self.stage.keep_down(program)
        program.signal(signal.SIGKILL)
        program.process.wait()
        program.environment = environment
        self.stage.bring_up(program)

    def told(self, offset):
        """One that ends by itself as soon as it sees the time (its certificate is not good yet) has
        had it too."""
        time.sleep(1.2)  # it looks once a second
        with open(self.file, encoding="ascii") as file:
            written = file.read().strip()
        process = self.program().process
        ended = process.poll() is not None
        if int(written) != offset or not (ended or self.is_loaded()):
            return ""
        return "%s adds %s s in pid %d%s" % (os.path.basename(LIBRARY % "MT"), written, process.pid,
                                             ", which ends" if ended else "")

    def is_loaded(self):
        try:
            with open("/proc/%d/maps" % self.program().process.pid, encoding="utf-8") as file:
                return "faketime" in file.read()
        except OSError:
            return False  # it is being started again


PARTS = {"source": ClusterClock, "target": ClusterClock, "broker": BrokerClock}
