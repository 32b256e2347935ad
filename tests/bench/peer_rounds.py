"""All systems in turn, round by round: each works off the backlogs, is compared, and is parked."""

import statistics

import latency
from line import LineError
from measure import BenchError
from peer_system import work_off
from peer_work import ROWS_A_ROUND, WORKS

LATENCY_RATE, LATENCY_SECONDS = 1000, 10
LATENCY_FIRST, LATENCY_ROUND = 10 ** 9, 10 ** 6
WARMING = 3  # times the rows in the round that is not measured: a Java worker is slow for so long


class Measured:
    """What the rounds of one system told."""

    def __init__(self, system):
        self.system = system
        self.runs = {work.name: [] for work in WORKS}
        self.latencies, self.written = [], []
        self.failure = None

    @property
    def name(self):
        return self.system.name

    def note(self, runs, delays, written):
        for name, run in runs.items():
            self.runs[name].append(run)
        self.latencies.append(delays)
        self.written.append(written)

    def percentile(self, p):
        return statistics.median(delays[p] for delays in self.latencies)


def rows_of(number, rows):
    """The first row of a round, and how many each of its backlogs has."""
    if number == 0:
        return 1, WARMING * rows
    return 1 + (WARMING + number - 1) * ROWS_A_ROUND * rows, rows


def one_round(system, number, rows):
    """One system's turn: its runs by backlog, its percentiles, the rate of their writer."""
    system.wake()
    system.settle()
    first, rows = rows_of(number, rows)
    runs = {work.name: work_off(system, work, first, rows) for work in WORKS}
    delays, written = latency.measure(
        system.dsn("source"), system.connection("target"), system.copy, LATENCY_RATE,
        LATENCY_SECONDS, LATENCY_FIRST + number * LATENCY_ROUND)
    if not system.same():
        raise BenchError("%s: the copy is not its source" % system.name)
    system.park()
    return runs, delays, written


def alternate(all_measured, rounds, rows, tell):
    """One long round unmeasured, then `rounds` of all systems in turn; the order turns round each
    time.  A system that fails is told and left out."""
    for number in range(rounds + 1):
        for measured in all_measured[::-1] if number % 2 else all_measured:
            if measured.failure:
                continue
            try:
                result = one_round(measured.system, number, rows)
            except (BenchError, LineError) as error:
                measured.failure = str(error)
                tell("%s: %s" % (measured.name, error))
                measured.system.park()
                continue
            tell("round %d of %d: %-22s %s" % (number, rounds, measured.name, ", ".join(
                "%.0f rows/s" % (run["rows"] / run["seconds"]) for run in result[0].values())))
            if number > 0:
                measured.note(*result)
