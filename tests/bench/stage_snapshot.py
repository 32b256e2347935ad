"""Snapshot until Avro bytes are ready, beside COPY ... TO STDOUT whose rows are thrown away."""

import sample
from measure import BenchError, Side, alternate, program, ratios
from reference import Chain, key_of, value_of

DATABASE, GOAL = "snapshot", 0.6


def run(places, report, options):
    cluster = places.cluster()
    rows = options.rows * 3
    dsn = cluster.fresh_database(DATABASE)
    cluster.query(DATABASE, sample.TABLE)
    cluster.query(DATABASE, "INSERT INTO public.bench " + sample.rows(1, rows))
    cluster.query(DATABASE, "VACUUM (ANALYZE, FREEZE) public.bench")

    def snapshot(mode):
        return program(places.program("bench_snapshot"), mode, dsn)

    chain = Chain()
    for row in cluster.query(DATABASE, sample.SELECT + " ORDER BY ctid"):
        chain.add(key_of(row), value_of(row), b"snapshot")
    if snapshot("digest")["digest"] != chain.hex():
        raise BenchError("snapshot: the bytes differ from the reference's")
    limit = Side("COPY to nowhere", lambda: snapshot("copy"))
    ours = Side("snapshot", lambda: snapshot("avro"))
    alternate([limit, ours], options.rounds)
    if {r["rows"] for r in ours.runs + limit.runs} != {rows}:
        raise BenchError("snapshot: rows are missing")
    report.add("snapshot", ours, limit, ratios(ours, limit), GOAL)
