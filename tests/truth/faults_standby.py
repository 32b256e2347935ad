"""The source fails over: it dies, and its streaming standby takes its place at the same address without
what had not reached it and without its slots (PostgreSQL 15 does not copy them)."""

import os
import shutil
import signal
import subprocess
import time

import psycopg2

from faults import Fault
from faults_parts import pg
from stage import REGISTRY, Cluster, wait_until
from witness import watch_source
from witness.clocks import now_us

PORT = "1"  # of the standby, and of the dead primary when it is looked at: a name in the socket directory
LAG_S = 1.0  # the standby receives nothing for so long before the primary dies
TIMELINE = "SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int"


class Failover(Fault):
    def __init__(self, history, event):
        super().__init__(history, event)
        self.primary = self.stage.clusters["source"]
        self.standby = Cluster(self.stage.path("source", "standby"))

    def inflict(self):
        """A standby that streams."""
        shutil.rmtree(self.standby.directory, ignore_errors=True)
        os.makedirs(self.standby.directory)
        shutil.chown(self.standby.directory, owner_of(self.primary))
        server_command(self.primary, "pg_basebackup", "-D", data(self.standby), "-R", "-X", "stream",
                       "-c", "fast", "-d", self.primary.dsn("postgres"))
        self.start_aside(self.standby)
        self.standby.env = dict(self.primary.env, PGPORT=PORT)
        wait_until("the standby streams", lambda: self.primary.query(
            "postgres", "SELECT pid FROM pg_stat_replication WHERE state = 'streaming'"), 30)

    def start_aside(self, cluster):
        """At an address of its own, without a network."""
        server_command(self.primary, "pg_ctl", "-D", data(cluster), "-w", "-t", "60", "-l",
                       os.path.join(data(cluster), "server.log"),
                       "-o", "-c port=%s -c listen_addresses=''" % PORT, "start")

    def heal(self):
        receiver = self.standby.query("postgres", "SELECT pid FROM pg_stat_wal_receiver")
        is_standby = self.standby.query("postgres", "SELECT pg_is_in_recovery()")[0][0]
        timeline = self.primary.query(REGISTRY, TIMELINE)[0][0]
        if receiver:
            os.kill(receiver[0][0], signal.SIGSTOP)
        time.sleep(LAG_S)
        self.primary.kill9()
        died_us = now_us()
        self.stage.gate.clear()
        try:
            self.standby.kill9()
            lost = self.look_at_the_dead(died_us)
            kept = self.promote()
        finally:
            self.stage.gate.set()
        now = self.primary.query(REGISTRY, "SELECT pg_is_in_recovery(), (%s)" % TIMELINE)[0]
        if is_standby and now == (False, timeline + 1):
            self.proof = "timeline %d became %d, the log went back from row %d to %d" % (
                timeline, now[1], lost, kept)

    def look_at_the_dead(self, died_us):
        """What had committed there was true until then."""
        os.unlink(os.path.join(data(self.primary), "postmaster.pid"))
        self.start_aside(self.primary)
        dead = dict(self.primary.env, PGPORT=PORT)

        def connect():
            connection = psycopg2.connect("host=%s port=%s dbname=%s user=postgres" % (
                dead["PGHOST"], dead["PGPORT"], REGISTRY))
            connection.autocommit = True
            return connection
        self.history.source_is_lost(connect, died_us)
        last = last_row(connect())
        server_command(self.primary, "pg_ctl", "-D", data(self.primary), "-m", "immediate", "stop")
        return last

    def promote(self):
        """The witness's slot stays behind too; it needs one before anybody commits."""
        shutil.rmtree(data(self.primary))
        os.rename(data(self.standby), data(self.primary))
        os.unlink(os.path.join(data(self.primary), "postmaster.pid"))
        pg(self.stage, "start", "source")
        server_command(self.primary, "pg_ctl", "-D", data(self.primary), "-w", "promote")
        connection = self.primary.connect(REGISTRY)
        watch_source.make_slot(connection)
        return last_row(connection)


def last_row(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM witness.log")
        return cursor.fetchone()[0]


def data(cluster):
    return os.path.join(cluster.directory, "data")


def owner_of(cluster):
    return os.stat(data(cluster)).st_uid


def server_command(cluster, name, *arguments):
    """A program of PostgreSQL's, as the server's user."""
    command = ["env", "-C", "/", os.path.join(cluster.env["LT_PG_BIN"], name)] + list(arguments)
    if os.getuid() == 0:
        command = ["runuser", "-u", "postgres", "--"] + command
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise RuntimeError("%s: exit %d" % (name, done.returncode))
