"""Capture from a slot until Avro bytes are ready, beside a libpq reader that parses message headers
only: same publication, same slot position, in turn."""

import time

import sample
from measure import BenchError, Side, alternate, program, ratios
from reference import Chain, key_of, scope_of, value_of

DATABASE, SLOT, PUBLICATION, GOAL = "capture", "bench", "bench", 0.9
PATIENCE = 30
DROP = ("SELECT pg_drop_replication_slot(slot_name)::text FROM pg_replication_slots"
        " WHERE slot_name = %s AND NOT active")


class Variant:
    """A kind of load: what stands in the table before, the change, its rows and their reference."""

    def __init__(self, name, before, change, op):
        self.name, self.before, self.change, self.op = name, before, change, op


def variants(rows):
    whole = "INSERT INTO public.bench " + sample.rows(1, rows)
    return [
        Variant("one-row transactions", None, sample.one_by_one(1, rows), b"insert"),
        Variant("one big transaction", None, whole, b"insert"),
        Variant("updates, identity full", whole,
                "UPDATE public.bench SET total = total + 1, name = name || '!'", b"update"),
        Variant("updates that change the scope", whole,
                "UPDATE public.bench SET district = district + 1", b"update"),
        Variant("deletes, identity full", whole, "DELETE FROM public.bench", b"delete"),
    ]


def prepare(cluster, variant):
    """A fresh database, the slot, then the change: all of it lies behind the slot."""
    dsn = cluster.fresh_database(DATABASE)
    cluster.query(DATABASE, sample.TABLE)
    cluster.query(DATABASE, "ALTER TABLE public.bench REPLICA IDENTITY FULL")
    cluster.query(DATABASE, "CREATE PUBLICATION %s FOR TABLE public.bench" % PUBLICATION)
    if variant.before:
        cluster.query(DATABASE, variant.before)
    old = cluster.query(DATABASE, sample.SELECT + " ORDER BY ctid")
    cluster.query(DATABASE, "SELECT pg_create_logical_replication_slot('%s', 'pgoutput')" % SLOT)
    connection = cluster.connect(DATABASE)
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute(variant.change)
    connection.close()
    return dsn, old


def expected(cluster, variant, old):
    """The digest of what must come out, from the table's rows before and after."""
    chain = Chain()
    new = {row[0]: row for row in cluster.query(DATABASE, sample.SELECT)}
    if variant.op == b"insert":
        for row in sorted(new.values(), key=lambda r: int(r[0])):
            chain.add(key_of(row), value_of(row), variant.op)
    for row in old:
        after = new.get(row[0])
        chain.add(key_of(row), after and value_of(after), variant.op)
        if after is None or after[1] != row[1]:
            chain.add(scope_of(row), None, b"scope")
    return chain.hex()


def drop_slot(cluster):
    """A reader that is gone holds its slot until its walsender has noticed."""
    end = time.monotonic() + PATIENCE
    while not cluster.query(DATABASE, DROP, [SLOT]):
        if time.monotonic() > end:
            raise BenchError("capture: the slot is in use")
        time.sleep(0.05)


def run(places, report, options):
    cluster = places.cluster()
    for variant in variants(options.rows):
        dsn, old = prepare(cluster, variant)
        arguments = [dsn, SLOT, PUBLICATION, options.rows]

        def capture(mode, arguments=arguments):
            return program(places.program("bench_capture"), mode, *arguments)

        digest = capture("digest")["digest"]
        if digest != expected(cluster, variant, old):
            raise BenchError("capture, %s: the bytes differ from the reference's" % variant.name)
        limit = Side("headers only", lambda: capture("headers"))
        ours = Side("capture", lambda: capture("avro"))
        alternate([limit, ours], options.rounds)
        if {r["rows"] for r in ours.runs + limit.runs} != {options.rows}:
            raise BenchError("capture, %s: rows are missing" % variant.name)
        report.add("capture: " + variant.name, ours, limit, ratios(ours, limit), GOAL)
        drop_slot(cluster)
