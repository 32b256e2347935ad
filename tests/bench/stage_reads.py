"""Reads through the view of a copy, beside the copy's table without the view."""

from measure import BenchError, Side, alternate, program, ratios

DATABASE, GOAL = "reads", 0.92
TABLE, VIEW = "lienthong.cn000001_g1_c1", "lienthong_data.bench"


def run(places, report, options):
    cluster = places.cluster()
    rows = options.rows // 2
    dsn = cluster.fresh_database(DATABASE)
    cluster.query(DATABASE, "CREATE SCHEMA lienthong; CREATE SCHEMA lienthong_data")
    program(places.program("bench_apply"), "ours", dsn, "new", rows, 10000)
    cluster.query(DATABASE, "UPDATE lienthong.copy SET usable_until = 'infinity'")
    cluster.query(DATABASE, "VACUUM ANALYZE " + TABLE)
    for what, times in (("point", 30000), ("scan", 30)):
        def read(relation, what=what, times=times):
            return program(places.program("bench_reads"), what, dsn, relation, rows, times)

        limit = Side("the table", lambda: read(TABLE))
        ours = Side("the view", lambda: read(VIEW))
        alternate([limit, ours], options.rounds)
        expected = times if what == "point" else times * rows
        if {r["rows"] for r in ours.runs + limit.runs} != {expected}:
            raise BenchError("reads: rows are missing")
        report.add("reads through the view: " + what, ours, limit, ratios(ours, limit), GOAL)
