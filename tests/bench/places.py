"""Where stages run: private clusters and brokers under build/bench/run/, started when a stage first
asks for them and stopped at the end, whatever happens."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "tools",
                                "line"))

from line import ROOT, Cluster, remove  # noqa: E402

from measure import cpu_of_tree  # noqa: E402

# fsync stays on.  Checkpoints and vacuum are kept out of the rounds: they would fall on one side.
SETTINGS = ("shared_buffers=512MB", "max_wal_size=8GB", "checkpoint_timeout=60min", "autovacuum=off",
            "wal_sender_timeout=0", "max_slot_wal_keep_size=-1", "jit=off")


class Places:
    """Everything that stages start."""

    def __init__(self, directory, mode):
        self.directory, self.mode = directory, mode
        self.programs = os.path.join(ROOT, "build", mode, "tests", "bench")
        self.clusters = {}
        self.whole = None
        remove(directory)
        os.makedirs(directory)
        os.chmod(directory, 0o755)

    def program(self, name):
        return os.path.join(self.programs, name)

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def cluster(self, name="pg"):
        if name not in self.clusters:
            cluster = BenchCluster(self.path(name))
            self.clusters[name] = cluster
            settings = [word for s in SETTINGS for word in ("--set", s)]
            cluster.start(*settings)
        return self.clusters[name]

    def line(self):
        """A whole line, founded when a stage first asks for it."""
        if self.whole is None:
            from bench_line import BenchLine  # only stages with Kafka need its client
            os.makedirs(self.path("line"))
            self.whole = BenchLine(self.path("line"), self.mode, lasting=True)
            self.whole.found()
        return self.whole

    def stop(self):
        if self.whole is not None:
            self.whole.end()
        for cluster in self.clusters.values():
            cluster.stop()
        remove(self.directory)


class BenchCluster(Cluster):
    """A cluster whose CPU is counted."""

    def fresh_database(self, name):
        """An empty database; what stood under the name is gone."""
        self.query("postgres", "DROP DATABASE IF EXISTS %s WITH (FORCE)" % name)
        self.query("postgres", "CREATE DATABASE " + name)
        return self.dsn(name)

    def cpu(self):
        """CPU seconds of all its processes so far."""
        with open(os.path.join(self.directory, "data", "postmaster.pid"), encoding="ascii") as file:
            return cpu_of_tree(int(file.readline()))
