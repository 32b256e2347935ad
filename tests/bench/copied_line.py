"""The limit of the whole line: the same provider, and in place of routing and consumer two programs
that only copy (bench_copy.c), into a table of their own."""

import json
import subprocess
import time

import stage_line
from bench_line import FEED, spent
from line import wait_until
from measure import BenchError
import sample

DATABASE, TABLE = "copied", "lienthong.cn000001_g1_c1"
COLUMNS = "id, district, amount, changed, name, address, active, total"
ROUTE_BATCH, APPLY_BATCH = 20000, 10000  # the defaults of lt-routing and lt-consumer-postgres


def make_table(places, cluster, third):
    """With the rows that are there before the change."""
    cluster.query("postgres", "DROP DATABASE IF EXISTS %s WITH (FORCE)" % DATABASE)
    cluster.query("postgres", "CREATE DATABASE " + DATABASE)
    cluster.query(DATABASE, "CREATE SCHEMA lienthong; CREATE SCHEMA lienthong_data")
    subprocess.run([places.program("bench_copy"), "make", cluster.dsn(DATABASE)], check=True,
                   stdin=subprocess.DEVNULL)
    cluster.query(DATABASE, "INSERT INTO %s (%s) %s" % (TABLE, COLUMNS,
                                                        sample.rows(1, 2 * third)))


def start(places, line, mode, topic, offset, rows, batch, to):
    return subprocess.Popen(
        [places.program("bench_copy"), mode] + line.raw_arguments()
        + [topic, str(offset), str(rows), str(batch), to],
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)


def told(process):
    """The program's one line of JSON."""
    text, _ = process.communicate(timeout=60)
    if process.returncode:
        raise BenchError("bench_copy: exit %d" % process.returncode)
    return json.loads(text)


def worked_off(places, line, third):
    """As stage_line.worked_off(); the programs stand ready before the clock, as the line's do."""
    cluster, rows = line.clusters["target"], 3 * third
    stage_line.prepare(line, third)
    make_table(places, cluster, third)
    topic = "bench.copied.%d" % time.monotonic_ns()
    line.make_topic(topic)
    with line.standing("routing", "consumer"):
        with line.standing("provider"):
            copies = [
                start(places, line, "route", FEED, line.end_of(FEED), rows, ROUTE_BATCH, topic),
                start(places, line, "apply", topic, 0, rows, APPLY_BATCH, cluster.dsn(DATABASE))]
            stage_line.generate(line, third)
            before, began = line.cpu(), time.monotonic()
        wait_until("the last row is copied", lambda: cluster.query(
            DATABASE, "SELECT 1 FROM %s WHERE id = %d" % (TABLE, rows)), 600, 0.02)
        seconds, (route, apply) = time.monotonic() - began, map(told, copies)
        result = dict(spent(before, line.cpu(), "provider", "broker", "source", "target"),
                      rows=rows, seconds=seconds, cpu_routing=route["cpu"],
                      cpu_consumer=apply["cpu"])
    if line.sql(stage_line.digest("public.bench")) != cluster.query(
            DATABASE, stage_line.digest("(SELECT %s FROM %s)" % (COLUMNS, TABLE))):
        raise BenchError("copy only: the copy is not its source")
    wait_until("the line has followed", lambda: line.sql(stage_line.digest("public.bench"))
               == line.target(stage_line.digest(stage_line.VIEW)), 120)
    return result
