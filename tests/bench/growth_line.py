"""The time of a batch: lt-routing works off a backlog through Kafka with another batch_ms each
time."""

import signal
import statistics

from bench_line import FEED, STREAM, VIEW
from line import wait_until, write_config
from measure import BenchError, Side, alternate, rss_peak_kib
import sample
from stage_line import empty

TIMES_MS = (2, 10, 50, 200, 1000)
ROWS = 40000


def with_batch_time(line, milliseconds):
    """Routing again, under this setting; batches end by nothing else."""
    routing = line.of("routing")
    routing.stop()
    write_config(routing.config, dict(routing.sections, routing={
        "batch_ms": "%dms" % milliseconds, "batch_rows": 1000000}))
    at = line.end_of(STREAM)
    routing.start()
    line.rows["next"] += 1
    line.load("INSERT INTO public.bench " + sample.rows(line.rows["next"] - 1,
                                                        line.rows["next"] - 1))
    line.rows_of(STREAM, at, 1)


def work_off(line, milliseconds):
    """A backlog lies in the feed before routing goes on."""
    with_batch_time(line, milliseconds)
    routing, first = line.of("routing"), line.rows["next"]
    with line.standing("routing"):
        feed, at = line.end_of(FEED), line.end_of(STREAM)
        line.load("INSERT INTO public.bench " + sample.rows(first, first + ROWS - 1))
        line.rows["next"] += ROWS
        line.rows_of(FEED, feed, ROWS)
        before = line.cpu()
    seconds = line.rows_of(STREAM, at, ROWS)
    after = line.cpu()
    routing.signal(signal.SIGCONT)
    return {"rows": ROWS, "seconds": seconds, "cpu": after["routing"] - before["routing"],
            "cpu_broker": after["broker"] - before["broker"],
            "rss_kib": rss_peak_kib(routing.process.pid)}


def points(sides, who):
    """x, CPU us a row, lowest, highest, rows a second of wall time."""
    found = []
    for milliseconds, side in zip(TIMES_MS, sides):
        costs = [run[who] / run["rows"] * 1e6 for run in side.runs]
        found.append((milliseconds, statistics.median(costs), min(costs), max(costs),
                      side.median_rate()))
    return found


def batches(places, options):
    """The curves of routing and of the broker; the copy is its source afterwards."""
    line = places.line()
    empty(line)
    line.rows = {"next": 1}
    sides = [Side(str(t), lambda t=t: work_off(line, t)) for t in TIMES_MS]
    alternate(sides, options.rounds)
    count = line.rows["next"] - 1
    wait_until("the copy has all rows", lambda: line.target(
        "SELECT count(*) FROM " + VIEW)[0][0] == count, 120)
    if line.sql("SELECT sum(total) FROM public.bench") != line.target(
            "SELECT sum(total) FROM " + VIEW):
        raise BenchError("growth: the copy is not its source")
    return {"routing": points(sides, "cpu"), "broker": points(sides, "cpu_broker")}
