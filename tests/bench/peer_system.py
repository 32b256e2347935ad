"""What all compared systems are to the bench: a source table, its copy, processes in between that
can be held still, and what they cost."""

import contextlib
import os
import signal
import time

from line import signal_all, wait_until
from measure import BenchError, cpu_of, cpu_of_tree, rss_peak_kib
import sample

DIGEST = "SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY id)) FROM %s t WHERE id >= %d"


class System:
    """One system between two databases of the same two clusters."""

    copy = "public.bench"

    def __init__(self, line, name, database):
        self.line, self.name = line, name
        self.databases = {"source": database, "target": database}
        self.connections = {}
        self.rss_kib = 0

    # ---- for each system to say ----

    def found(self):
        """Makes it, both tables empty."""

    def programs(self):
        """Pids of the processes that are the system itself."""
        raise NotImplementedError

    def others(self):
        """Further processes that belong to its costs: name -> pid."""
        return {}

    def size(self):
        """Bytes to install, and what was counted."""
        raise NotImplementedError

    def wake(self):
        """It works again."""
        signal_all(self.readers(), signal.SIGCONT)

    def park(self):
        """It costs nothing while others are measured."""
        signal_all(self.readers(), signal.SIGSTOP)

    # ---- databases ----

    def make_databases(self):
        for side, database in self.databases.items():
            self.line.clusters[side].query("postgres", "CREATE DATABASE " + database)
            self.sql(side, sample.TABLE)

    def dsn(self, side):
        return self.line.clusters[side].dsn(self.databases[side])

    def connection(self, side):
        if side not in self.connections:
            self.connections[side] = self.line.clusters[side].connect(self.databases[side])
        return self.connections[side]

    def sql(self, side, statement):
        with self.connection(side).cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def load(self, statement):
        """Runs a change whose commits wait for no disk: only what comes behind them is measured."""
        self.sql("source", "SET synchronous_commit = off")
        self.sql("source", statement)
        self.sql("source", "RESET synchronous_commit")

    def same(self, first=-1):
        """From this row on the copy is its source, to the last letter."""
        return (self.sql("source", DIGEST % ("public.bench", first))
                == self.sql("target", DIGEST % (self.copy, first)))

    def settle(self, patience=600):
        """A row that comes, changes and goes has gone through, so all before it has."""
        self.sql("source", "INSERT INTO public.bench " + sample.rows(-1, 0))
        self.until("the first rows are there", "id = 0", patience)
        self.sql("source", "UPDATE public.bench SET name = 'x' WHERE id = 0")
        self.sql("source", "DELETE FROM public.bench WHERE id = -1")
        self.until("a change is there", "id = 0 AND name = 'x'", patience)
        self.sql("source", "DELETE FROM public.bench WHERE id = 0")
        wait_until("%s: the copy is its source" % self.name, self.same, patience, 0.5)

    def until(self, what, condition, patience=600):
        """Waits for such a row in the copy; gives the time."""
        query = "SELECT 1 FROM %s WHERE %s" % (self.copy, condition)
        wait_until("%s: %s" % (self.name, what), lambda: self.sql("target", query), patience, 0.01)
        return time.monotonic()

    # ---- processes ----

    def walsenders(self):
        found = self.sql("source", "SELECT active_pid FROM pg_replication_slots"
                         " WHERE database = current_database() AND active_pid IS NOT NULL")
        return [row[0] for row in found]

    def readers(self):
        return self.programs() + self.walsenders()

    @contextlib.contextmanager
    def standing(self):
        """Its programs, and the walsenders that feed them, stand still inside the block."""
        readers = self.readers()
        signal_all(readers, signal.SIGSTOP)
        try:
            yield
        finally:
            signal_all(readers, signal.SIGCONT)

    def cpu(self):
        """CPU seconds so far: "cpu" of the programs, "cpu_..." of the rest."""
        costs = {"cpu": sum(cpu_of(pid) for pid in self.programs())}
        costs.update({"cpu_" + name: cpu_of(pid) for name, pid in self.others().items()})
        for side, cluster in self.line.clusters.items():
            with open(os.path.join(cluster.directory, "data", "postmaster.pid"),
                      encoding="ascii") as file:
                costs["cpu_" + side] = cpu_of_tree(int(file.readline()))
        return costs

    def note_memory(self):
        self.rss_kib = max(self.rss_kib, sum(rss_peak_kib(pid) for pid in self.programs()))

    def end(self):
        for connection in self.connections.values():
            connection.close()


def work_off(system, work, first, rows):
    """A backlog made while the readers stand, then worked off; gives what it took."""
    with system.standing():
        system.load(work.statement(first, rows))
        before, began = system.cpu(), time.monotonic()
    seconds = system.until("the end of " + work.name, work.end(first, rows)) - began
    after = system.cpu()
    system.note_memory()
    try:
        wait_until("the same", lambda: system.same(first), 60, 0.5)
    except Exception as error:
        raise BenchError("%s, %s: the copy is not its source" % (system.name, work.name)) from error
    result = {name: after[name] - before[name] for name in after}
    result.update(rows=rows, seconds=seconds, rss_kib=system.rss_kib)
    return result
