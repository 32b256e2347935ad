"""The whole line on this machine: rows committed at the source, read in the view at the target.

  line      a backlog of inserts, updates and deletes in thirds, worked off by everything at once,
            beside the same provider with two programs that only copy (copied_line.py)
  latency   from commit to readable in the view, at 100, 1,000 and 5,000 rows a second
  idle      what the programs cost while nothing happens
"""

import time

from bench_line import SOURCE_DB, TARGET_DB, VIEW, spent
import copied_line
from latency import measure as measure_latency
from line import wait_until
from measure import Side, alternate, ratios
import sample

GOAL_RATE, GOAL_COPY, MOST_ROUNDS = 30000, 0.6, 3
PROGRAMS = ("provider", "routing", "consumer")
PARTS = PROGRAMS + ("broker", "source", "target")
LATENCIES = ((100, None, None), (1000, 50, 80), (5000, 99, 250))  # rate, percentile, goal in ms
LATENCY_SECONDS, IDLE_SECONDS = 10, 20


def empty(line):
    """Both sides empty and quiet."""
    line.load("DELETE FROM public.bench")
    wait_until("the copy is empty",
               lambda: line.target("SELECT count(*) FROM " + VIEW)[0][0] == 0, 120)


def digest(rows):
    return "SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY id)) FROM %s t" % rows


def prepare(line, third):
    """Two thirds of the rows are there, on both sides."""
    empty(line)
    line.load("INSERT INTO public.bench " + sample.rows(1, 2 * third))
    wait_until("rows before the change are there",
               lambda: line.target("SELECT count(*) FROM " + VIEW)[0][0] == 2 * third, 240)


def worked_off(line, third):
    """Generated while the line stands, in transactions of 100 rows; then everything goes on."""
    prepare(line, third)
    with line.standing(*PROGRAMS):
        before = line.cpu()
        generate(line, third)
        generated = line.cpu()["source"] - before["source"]
        before = line.cpu()
        began = time.monotonic()
    last = wait_until("the copy has the last row", lambda: line.target(
        "SELECT 1 FROM %s WHERE id = %d" % (VIEW, 3 * third)), 600, 0.02) and time.monotonic()
    after = line.cpu()
    wait_until("the copy is its source",
               lambda: line.sql(digest("public.bench")) == line.target(digest(VIEW)), 30)
    return dict(spent(before, after, *PARTS), rows=3 * third, seconds=last - began,
                generated=generated)


def thirds(places, line, report, options):
    """The line and the same line when it only copies, in turn."""
    third = options.rows
    limit = Side("copy only", lambda: copied_line.worked_off(places, line, third))
    ours = Side("line", lambda: worked_off(line, third))
    alternate([limit, ours], min(options.rounds, MOST_ROUNDS))
    report.add("whole line, thirds of insert, update, delete", ours, limit, ratios(ours, limit),
               GOAL_COPY, note="load before the clock: source %.2f; MiB: %s" % (
                   ours.median(lambda run: run["generated"] / run["rows"]) * 1e6,
                   ", ".join("%s %.0f" % (n, line.rss_kib(n) / 1024) for n in PROGRAMS)))
    rate = ours.median_rate()
    report.add_value("whole line, rate", rate, "rows/s", GOAL_RATE, rate >= GOAL_RATE)


def generate(line, third):
    """An insert, an update and a delete in turn; the newest insert is the last row of all."""
    line.load("""DO $$ BEGIN FOR k IN 1..%d LOOP
        INSERT INTO public.bench SELECT %s FROM (SELECT k::bigint + %d AS i) n;
        UPDATE public.bench SET total = total + 1, name = name || '!' WHERE id = k;
        DELETE FROM public.bench WHERE id = k + %d;
        IF k %% 33 = 0 THEN COMMIT; END IF;
        END LOOP; END $$""" % (third, sample.ROW % {"districts": 1000}, 2 * third, third))


def latency(line, report):
    target = line.clusters["target"].connect(TARGET_DB)
    for number, (rate, percentile, goal) in enumerate(LATENCIES):
        found, written = measure_latency(line.clusters["source"].dsn(SOURCE_DB), target, VIEW, rate,
                                         LATENCY_SECONDS, 10 ** 9 + number * 10 ** 8)
        value = found[percentile or 50]
        judged = goal is not None and written >= 0.9 * rate
        report.add_value("commit to readable at %d rows/s" % rate, value,
                         "ms p%d" % (percentile or 50), goal and "<%d" % goal,
                         value < goal if judged else None,
                         "p50 %.0f p99 %.0f, written at %.0f rows/s%s" % (
                             found[50], found[99], written,
                             "" if written >= 0.9 * rate else ": the load was not reached"))
    target.close()


def idle(line, report):
    time.sleep(3)
    before, began = line.cpu(), time.monotonic()
    time.sleep(IDLE_SECONDS)
    seconds, after = time.monotonic() - began, line.cpu()
    for name in PROGRAMS + ("steward",):
        share = (after[name] - before[name]) / seconds * 100
        report.add_value("idle line: " + name, share, "% CPU", "<0.5", share < 0.5,
                         "RSS peak %.0f MiB" % (line.rss_kib(name) / 1024))


def run(places, report, options):
    line = places.line()
    idle(line, report)
    thirds(places, line, report, options)
    empty(line)
    latency(line, report)
