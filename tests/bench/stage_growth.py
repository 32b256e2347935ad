"""How cost grows with one cause while all others stand still: streams that a row is of, data
services on one slot, width of a row, fields in scope (the cores alone, by CPU time), and the time
of a batch (the whole line). Each curve is a CSV and a picture; README.md says why it bends."""

import csv
import os
import statistics

import capture_reference
import growth_line
import picture
import route_reference
from measure import BenchError, Side, alternate, program

ROWS = 30000
NAMES = [name for name, _, _ in route_reference.FIELDS]


class Point:
    """One place of a curve: x, what runs there, and what must come out."""

    def __init__(self, x, run, digest):
        self.x, self.digest = x, digest
        self.side = Side(str(x), run, basis="cpu")

    def costs(self):
        return [run["cpu"] / run["rows"] * 1e6 for run in self.side.runs]

    def measured(self):
        """x, CPU us a row, lowest, highest, rows a second of CPU."""
        costs = self.costs()
        middle = statistics.median(costs)
        return (self.x, middle, min(costs), max(costs), 1e6 / middle)


def routed(places, x, match, fields=7, padding=0, rows=ROWS):
    """The live lane; the digest by the slow way over the same feed."""
    arguments = [rows, match, fields, padding]
    dump = places.path("feed.bin")
    program(places.program("bench_growth"), "dump:" + dump, *arguments)
    digest = route_reference.digest(dump, match, match, set(NAMES[:fields + 1]))
    os.unlink(dump)
    return Point(x, lambda: program(places.program("bench_growth"), "route", *arguments), digest)


def captured(places, x, tables=1, padding=0, rows=ROWS):
    """pgoutput to Avro; the bytes are looked at once, before the rounds."""
    binary, arguments = places.program("bench_capture_core"), [rows, tables, padding]
    if program(binary, "digest", *arguments)["digest"] != capture_reference.digest(*arguments):
        raise BenchError("growth: captured bytes differ from the reference's")
    return Point(x, lambda: program(binary, "avro", *arguments), None)


def check(points):
    for point in points:
        for run in point.side.runs:
            if run.get("digest") != point.digest:
                raise BenchError("growth: streams at %s differ from the reference's" % point.x)


def write(directory, name, series, rate):
    path = os.path.join(directory, name + ".csv")
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["series", "x", "cpu_us_a_row", "lowest", "highest", rate])
        for title, points in series.items():
            writer.writerows([title] + list(point) for point in points)
    return path


def finish(report, name, xlabel, series, rate="rows a second of CPU"):
    """Prints the curve's points, and writes its files."""
    for title, points in series.items():
        for x, cost, low, high, _ in points:
            report.add_value("growth: %s: %s, %g" % (xlabel, title, x), cost, "us of CPU a row",
                             note="%.2f-%.2f" % (low, high))
    write(report.directory, "growth_" + name, series, rate)
    picture.curve(series, report.directory, "growth_" + name, xlabel, rate)


def core(report, options, name, xlabel, series):
    """Curves of core programs: all points in turn."""
    points = [point for curve in series.values() for point in curve]
    alternate([point.side for point in points], options.rounds)
    check(points)
    finish(report, name, xlabel,
           {title: [point.measured() for point in curve] for title, curve in series.items()})


def run(places, report, options):
    core(report, options, "streams", "streams that a row is of",
         {"routing": [routed(places, n, n) for n in (1, 2, 5, 10, 50, 100)]})
    core(report, options, "services", "data services on one slot",
         {"capture": [captured(places, n, tables=n) for n in (1, 10, 50)]})
    core(report, options, "width", "bytes of a row",
         {"capture": [captured(places, 130 + p, padding=p, rows=ROWS // (1 + p // 900))
                      for p in (0, 900, 9900)],
          "routing": [routed(places, 130 + p, 1, padding=p, rows=ROWS // (1 + p // 900))
                      for p in (0, 900, 9900)]})
    core(report, options, "fields", "fields in scope of 8, the key among them; ten streams",
         {"routing": [routed(places, fields + 1, 10, fields) for fields in (1, 3, 7)]})
    finish(report, "batch", "milliseconds of a batch at most",
           growth_line.batches(places, options), "rows a second")
