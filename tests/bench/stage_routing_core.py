"""Routing without Kafka: the live lane over a feed in memory, beside memcpy and SHA-256 of the same
bytes.  The chains of all streams are computed a second time from the records alone."""

import statistics
import subprocess

from measure import BenchError, Side, alternate, program, ratios
from reference import Chain
import route_reference

RECORDS, CHECKED = 100000, 40000
# (streams, of which so many match each record)
SETS = [(1, 1), (11, 11), (1000, 10)]
FURTHER_NS = 150


def check(places, streams, match):
    """Chains of a smaller feed against the slow way."""
    dump = places.path("feed.bin")
    text = program_text(places, "dump:" + dump, CHECKED // max(streams, 10), streams, match)
    found = dict((name, (int(seq), chain)) for name, seq, chain in
                 (line.split() for line in text.splitlines()))
    if found != route_reference.chains(dump, streams, match):
        raise BenchError("routing core, %d of %d streams: chains differ from the reference's"
                         % (match, streams))


def program_text(places, *arguments):
    done = subprocess.run([places.program("bench_routing_core")] + [str(a) for a in arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True,
                          stdin=subprocess.DEVNULL)
    return done.stdout


def run(places, report, options):
    medians = {}
    for streams, match in SETS:
        check(places, streams, match)

        def core(mode, streams=streams, match=match):
            return program(places.program("bench_routing_core"), mode, RECORDS, streams, match)

        limit = Side("memcpy + SHA-256", lambda: core("limit"), basis="cpu")
        ours = Side("lane", lambda: core("route"), basis="cpu")
        alternate([limit, ours], options.rounds)
        if len({r["bytes"] for r in ours.runs + limit.runs}) != 1:
            raise BenchError("routing core: not the same bytes")
        report.add("routing core: %d of %d streams" % (match, streams), ours, limit,
                   ratios(ours, limit), unit="records/CPU s")
        medians[streams] = [statistics.median(r["cpu"] for r in s.runs) for s in (ours, limit)]
    further = [(medians[11][side] - medians[1][side]) / 10 / RECORDS * 1e9 for side in (0, 1)]
    report.add_value("routing core: a further matching stream", further[0] - further[1],
                     "ns of CPU", FURTHER_NS, further[0] - further[1] <= FURTHER_NS,
                     "beside %.0f ns of memcpy and digest" % further[1])
