"""Many connections: the live lane over a feed in memory, at 10, 1,000 and 10,000 connections whose
row filters have nothing in common. Each batch is of exactly ten streams, so that the speed at ten
is the limit: what a batch costs beyond that grows with streams that it does not concern. The chains
of all streams are computed a second time from the records alone."""

import route_reference
from measure import BenchError, Side, alternate, program, ratios

RECORDS = 100000
SIZES = [1000, 10000]
# Records of a batch: some 5,000 rows a second; a backlog; and, without a goal, a quiet line.
BATCHES = [(1000, 0.80), (20000, 0.80), (100, None)]
RSS_MIB, START_SECONDS = 256, 10


def expected(places, streams, batch, touched):
    """The digest that the records must lead to, by the slow way."""
    dump = places.path("feed.bin")
    program(places.program("bench_connections"), "dump:" + dump, RECORDS, streams, batch, touched)
    return route_reference.digest(dump, streams, 1)


def side(places, streams, batch, touched):
    return Side("%d connections" % streams,
                lambda: program(places.program("bench_connections"), "route", RECORDS, streams,
                                batch, touched), basis="cpu")


def check(places, streams, batch, touched, runs):
    digest = expected(places, streams, batch, touched)
    if {run["digest"] for run in runs} != {digest}:
        raise BenchError("%d connections, batches of %d: streams differ from the reference's"
                         % (streams, batch))


def compare(places, report, options, name, shape, goal):
    """One size beside ten connections; both sides checked."""
    streams, batch, touched = shape
    limit, ours = side(places, 10, batch, 10), side(places, streams, batch, touched)
    alternate([limit, ours], options.rounds)
    check(places, 10, batch, 10, limit.runs)
    check(places, streams, batch, touched, ours.runs)
    report.add(name, ours, limit, ratios(ours, limit), goal=goal, unit="records/CPU s")
    return ours


def run(places, report, options):
    for batch, goal in BATCHES:
        for streams in SIZES:
            largest = compare(places, report, options,
                              "%d connections, batches of %d" % (streams, batch),
                              (streams, batch, 10), goal)
    compare(places, report, options, "the same, all streams touched (of 20000)",
            (SIZES[-1], 20000, SIZES[-1]), None)
    rss = largest.rss_mib()
    report.add_value("%d connections: memory" % SIZES[-1], rss, "MiB", RSS_MIB, rss <= RSS_MIB)
    start = largest.median(lambda run: run["start_cpu"])
    report.add_value("%d connections: start" % SIZES[-1], start, "CPU s", START_SECONDS,
                     start < START_SECONDS,
                     "%.1f s of wall time" % largest.median(lambda run: run["start"]))
