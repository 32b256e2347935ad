"""Applying a stream to a copy, beside the best that SQL does with the same rows and batches."""

from measure import BenchError, Side, alternate, program, ratios

DATABASE, GOAL = "apply", 0.95
METHODS = {"half": ("unnest", "copy-temp"), "new": ("unnest", "insert", "copy-temp", "copy"),
           "update": ("unnest", "update", "copy-temp"), "delete": ("unnest", "copy-temp")}
BATCHES = (1000, 10000)
OURS, RAW = "lienthong.cn000001_g1_c1", "public.target"


def digest(cluster, table):
    return cluster.query(DATABASE, "SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY id))"
                         " FROM %s t" % table)[0]


def run_once(places, cluster, method, kind, rows, batch):
    dsn = cluster.fresh_database(DATABASE)
    cluster.query(DATABASE, "CREATE SCHEMA lienthong; CREATE SCHEMA lienthong_data")
    result = program(places.program("bench_apply"), method, dsn, kind, rows, batch)
    result["table"] = digest(cluster, OURS if method == "ours" else RAW)
    return result


def run(places, report, options):
    cluster = places.cluster()
    rows = options.rows // 2
    for kind, methods in METHODS.items():
        for batch in BATCHES:
            sides = [Side(method, lambda m=method, k=kind, b=batch:
                          run_once(places, cluster, m, k, rows, b))
                     for method in methods + ("ours",)]
            alternate(sides, options.rounds)
            tables = {run["table"] for side in sides for run in side.runs}
            if len(tables) != 1:
                raise BenchError("apply, %s: not the same rows: %s" % (kind, tables))
            ours = sides[-1]
            limit = max(sides[:-1], key=Side.median_rate)
            others = ", ".join("%s %.0fk" % (s.name, s.median_rate() / 1000) for s in sides[:-1])
            report.add("apply: %s, batches of %d" % (kind, batch), ours, limit,
                       ratios(ours, limit), GOAL, note="[" + others + "]")
