"""Faults of the parts that the programs stand on: broker, databases, slot, topics, backups."""

import os
import shutil
import signal
import subprocess
import time

import psycopg2
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

import disks
import plan as plans
from faults import Fault, gone, stopped
from stage import REGISTRY, ROOT, wait_until

SLOT = "lienthong"


class Broker(Fault):
    """kill -9 of the broker."""

    def inflict(self):
        pid_file = self.stage.path("kafka", "node1", "pid")
        with open(pid_file, encoding="ascii") as file:
            pid = int(file.read())
        self.stage.kafka.kill9()
        self.proof = gone(pid)

    def heal(self):
        self.stage.kafka.restart()


class Freeze(Fault):
    """SIGSTOP of a whole server, then CONT."""

    def inflict(self):
        part = self.stage.kafka if self.party == "broker" else self.stage.clusters[self.party]
        self.pids = part.pause()
        self.proof = stopped(self.pids[-1])

    def heal(self):
        for pid in self.pids:
            os.kill(pid, signal.SIGCONT)


class Crash(Fault):
    """Immediate stop of a PostgreSQL cluster, as after a power cut."""

    def inflict(self):
        pg(self.stage, "stop", self.party, "--immediate")
        self.proof = unreachable(self.stage, self.party)

    def heal(self):
        pg(self.stage, "start", self.party)


def pg(stage, command, cluster, *options):
    subprocess.run([os.path.join(ROOT, "tools", "pg", "pg"), command, stage.path(cluster)]
                   + list(options), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)


def unreachable(stage, cluster):
    try:
        stage.clusters[cluster].connect("postgres").close()
        return ""
    except psycopg2.OperationalError as error:
        return str(error).strip().split("\n")[0]


class DiskFull(Fault):
    """Not a block is left on the disk of a part."""

    filler = None

    def inflict(self):
        self.directory = self.stage.path({"broker": "kafka"}.get(self.party, self.party))
        if not os.path.ismount(self.directory):
            raise LookupError(disks.NO_PRIVILEGE)
        self.filler = disks.fill(self.directory)
        if disks.free(self.directory) < 4096:
            self.proof = "%d bytes left" % disks.free(self.directory)

    def heal(self):
        if self.filler is None:
            return
        os.unlink(self.filler)
        if self.party == "broker":
            for node in range(1, self.stage.kafka.count + 1):
                self.stage.kafka.restart(node)
        elif unreachable(self.stage, self.party):
            pg(self.stage, "start", self.party)


class Slot(Fault):
    """Something with the provider's replication slot, by hand."""

    def inflict(self):
        # The one before may have left none; the provider makes it anew.
        wait_until("there is a slot", self.state, 60)
        self.stage.keep_down(self.stage.party("provider"))
        self.stage.party("provider").kill9()
        before = self.state()
        wait_until("the slot is free", self.free, 15)
        self.act()
        after = self.state()
        if before != after:
            self.proof = "slot %s became %s" % (before, after)

    def sql(self, statement):
        return self.stage.clusters["source"].query(REGISTRY, statement)

    def state(self):
        return self.sql("SELECT confirmed_flush_lsn::text, catalog_xmin::text FROM pg_replication_slots"
                        " WHERE slot_name = '%s'" % SLOT)

    def free(self):
        self.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
                 " WHERE slot_name = '%s' AND active" % SLOT)
        return not self.sql("SELECT 1 FROM pg_replication_slots WHERE slot_name = '%s' AND active" % SLOT)

    def heal(self):
        self.stage.bring_up(self.stage.party("provider"))


class SlotDropped(Slot):
    def act(self):
        self.sql("SELECT pg_drop_replication_slot('%s')" % SLOT)


class SlotAdvanced(Slot):
    def act(self):
        time.sleep(0.5)  # changes that it steps over, or a word of ours where the workload is over
        self.sql("SELECT pg_logical_emit_message(true, 'witness', 'stepped over')")
        self.sql("SELECT pg_replication_slot_advance('%s', pg_current_wal_lsn())" % SLOT)


class SlotRecreated(Slot):
    def act(self):
        self.sql("SELECT pg_drop_replication_slot('%s')" % SLOT)
        time.sleep(0.5)
        self.sql("SELECT pg_create_logical_replication_slot('%s', 'pgoutput')" % SLOT)


class TopicDeleted(Fault):
    """The newest stream topic of one user is deleted by a mistaken administrator."""

    def topics(self, admin):
        user = self.stage.users[self.party.split(":")[1]]
        mine = ["stream." + n for n, s in list(user.streams.items())
                if s.connection in self.history.seen.connections]
        return sorted(set(mine) & names_of_topics(admin))

    def inflict(self):
        """A history that begins before the loads are over may have no stream yet."""
        admin = AdminClient(admin_settings(self.stage))
        self.topic = wait_until("there is a stream", lambda: self.topics(admin), 20)[-1]
        admin.delete_topics([self.topic], operation_timeout=10)[self.topic].result(15)
        wait_until("the topic is gone", lambda: self.topic not in names_of_topics(admin), 10)
        self.proof = self.topic + " is gone"

    def heal(self):
        """Nobody can; the platform must."""


def names_of_topics(admin, patience=60):
    """Another fault may have the broker at the moment."""
    end = time.monotonic() + patience
    while True:
        try:
            return set(admin.list_topics(timeout=5).topics)
        except KafkaException:
            if time.monotonic() > end:
                raise


def admin_settings(stage):
    section = stage.kafka.section("bootstrap")
    return {"bootstrap.servers": section["brokers"], "security.protocol": "ssl",
            "ssl.ca.location": section["ca_file"], "ssl.certificate.location": section["cert_file"],
            "ssl.key.location": section["key_file"], "log_level": 2}


class RestoreTarget(Fault):
    """A backup of the target database is taken, and put back later."""

    def inflict(self):
        self.database = plans.DATABASES[self.party.split(":")[1]]
        self.dump = self.stage.path("state", self.database + ".backup")
        dsn = self.stage.clusters["target"].dsn(self.database)
        with open(self.dump, "wb") as file:
            subprocess.run(["pg_dump", "-d", dsn], stdout=file, check=True)

    def heal(self):
        program = self.stage.party("consumer:" + self.party.split(":")[1])
        target = self.stage.clusters["target"]
        self.stage.keep_down(program)
        program.kill9()
        before = target.query(self.database, "SELECT pg_postmaster_start_time(), oid FROM pg_database"
                              " WHERE datname = current_database()")
        target.query("postgres", "DROP DATABASE %s WITH (FORCE)" % self.database)
        target.query("postgres", "CREATE DATABASE " + self.database)
        subprocess.run(["psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", self.dump,
                        target.dsn(self.database)], stdout=subprocess.DEVNULL, check=True)
        after = target.query(self.database, "SELECT pg_postmaster_start_time(), oid FROM pg_database"
                             " WHERE datname = current_database()")
        self.proof = "database %s became %s" % (before[0][1], after[0][1]) if before != after else ""
        self.stage.bring_up(program)


class RestoreSource(Fault):
    """A file snapshot of the source's cluster is taken, and put back later: its newest past is gone."""

    def inflict(self):
        self.data = self.stage.path("source", "data")
        self.snapshot = self.stage.path("source", "snapshot")
        shutil.rmtree(self.snapshot, ignore_errors=True)
        self.exchange(lambda: subprocess.run(["cp", "-a", self.data, self.snapshot], check=True))

    def exchange(self, act):
        """With nobody connected; the workload waits meanwhile."""
        self.stage.gate.clear()
        try:
            pg(self.stage, "stop", "source")
            act()
            pg(self.stage, "start", "source")
        finally:
            self.stage.gate.set()

    def last_commit(self):
        return self.stage.clusters["source"].query(
            REGISTRY, "SELECT coalesce(max(id), 0) FROM witness.log")[0][0]

    def put_back(self):
        shutil.rmtree(self.data)
        os.rename(self.snapshot, self.data)

    def heal(self):
        self.stage.gate.clear()
        try:
            # All that committed is recorded before it is gone.
            pg(self.stage, "stop", "source")
            pg(self.stage, "start", "source")
            lost = self.last_commit()
            self.history.source_is_lost()
            pg(self.stage, "stop", "source")
            self.put_back()
            pg(self.stage, "start", "source")
            self.proof = "the log went back from row %d to %d" % (lost, self.last_commit())
        finally:
            self.stage.gate.set()
