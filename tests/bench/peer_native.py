"""PostgreSQL's own logical replication: a publication and a subscription."""

import os
import subprocess

from line import wait_until
from measure import cpu_of
from peer_system import System


class Native(System):
    """`synchronous_commit` is the subscription's: off is PostgreSQL's default and loses nothing,
    since the worker confirms only what is flushed."""

    def __init__(self, line, name, database, synchronous_commit):
        super().__init__(line, name, database)
        self.synchronous_commit = synchronous_commit

    def found(self):
        self.make_databases()
        target = self.line.clusters["target"]
        target.query("postgres", "ALTER SYSTEM SET wal_receiver_timeout = 0")  # it is held still
        target.query("postgres", "SELECT pg_reload_conf()")
        self.sql("source", "CREATE PUBLICATION peer FOR TABLE public.bench")
        slot = "peer_" + self.databases["source"]
        self.sql("source", "SELECT pg_create_logical_replication_slot('%s', 'pgoutput')" % slot)
        # binary and streaming: what PostgreSQL 15 documents as faster (CREATE SUBSCRIPTION).
        self.sql("target", "CREATE SUBSCRIPTION peer CONNECTION '%s' PUBLICATION peer WITH ("
                 "copy_data = false, create_slot = false, slot_name = '%s', binary = true,"
                 " streaming = true, synchronous_commit = '%s')"
                 % (self.dsn("source"), slot, self.synchronous_commit))
        wait_until("the subscription is there",
                   lambda: self.worker() and self.walsenders(), 60)

    def worker(self):
        return [row[0] for row in self.sql(
            "target", "SELECT pid FROM pg_stat_subscription WHERE pid IS NOT NULL AND subid ="
            " (SELECT s.oid FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid"
            " WHERE d.datname = current_database())")]

    def programs(self):
        return self.worker() + self.walsenders()

    def readers(self):
        return self.programs()

    def cpu(self):
        """The programs are the servers' own processes, which are told once."""
        costs = super().cpu()
        costs["cpu_source"] -= sum(cpu_of(pid) for pid in self.walsenders())
        costs["cpu_target"] -= sum(cpu_of(pid) for pid in self.worker())
        return costs

    def end(self):
        if "target" in self.connections:
            self.wake()
        super().end()

    def size(self):
        library = subprocess.run(["pg_config", "--pkglibdir"], stdout=subprocess.PIPE, text=True,
                                 check=True).stdout.strip()
        parts = [os.path.join(library, name) for name in ("pgoutput.so", "libpqwalreceiver.so")]
        return (sum(os.path.getsize(part) for part in parts),
                "pgoutput.so and libpqwalreceiver.so, which come with the server")
