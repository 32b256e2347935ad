"""What the rounds told, as a table, as CSV, and against the goals.  Ratios are ours by the peer's,
round by round: median, lowest and highest."""

import csv
import os
import statistics

from report import short

COLUMNS = ["backlog", "system", "rows_per_second", "rows_per_second_low", "rows_per_second_high",
           "rows_per_cpu_second", "rows_per_cpu_second_of_all", "ratio", "ratio_low", "ratio_high",
           "ratio_cpu", "ratio_cpu_of_all", "us_a_row", "goal_cpu", "goal_cpu_of_all", "goal_ratio", "verdict",
           "p50_ms", "p99_ms", "written_per_second", "rss_mib", "size_mb", "size_note"]


def wall(run):
    return run["rows"] / run["seconds"]


def by_programs(run):
    return run["rows"] / run["cpu"]


def by_all(run):
    return run["rows"] / sum(value for name, value in run.items() if name.startswith("cpu"))


def spread(values):
    values = list(values)
    return statistics.median(values), min(values), max(values)


def ratio(ours, peer, value):
    return spread(value(a) / value(b) for a, b in zip(ours, peer))


def parts(runs):
    """CPU of each part in microseconds a row, in words."""
    names = [name for name in runs[0] if name.startswith("cpu")]
    return ", ".join("%s %.1f" % (name[4:] or "programs", statistics.median(
        run[name] / run["rows"] * 1e6 for run in runs)) for name in names)


def lines(all_measured, goals):
    """One line a backlog and system; the first system is ours.  goals(system, backlog) gives the
    least ratios by their names, for example {"ratio_cpu": 10}."""
    ours = all_measured[0]
    for backlog in ours.runs:
        for measured in all_measured:
            if measured.runs[backlog] and ours.runs[backlog]:
                yield line(ours, measured, backlog, goals(measured.name, backlog))


def line(ours, measured, backlog, goals):
    runs = measured.runs[backlog]
    told = dict(zip(("rows_per_second", "rows_per_second_low", "rows_per_second_high"),
                    spread(map(wall, runs))))
    told.update(backlog=backlog, system=measured.name,
                rows_per_cpu_second=spread(map(by_programs, runs))[0],
                rows_per_cpu_second_of_all=spread(map(by_all, runs))[0], us_a_row=parts(runs))
    if measured is not ours:
        told["ratio"], told["ratio_low"], told["ratio_high"] = ratio(ours.runs[backlog], runs, wall)
        told["ratio_cpu"] = ratio(ours.runs[backlog], runs, by_programs)[0]
        told["ratio_cpu_of_all"] = ratio(ours.runs[backlog], runs, by_all)[0]
        told.update({name.replace("ratio_cpu", "goal_cpu").replace("ratio", "goal_ratio"): value
                     for name, value in goals.items()})
        if goals:
            told["verdict"] = "met" if all(told[n] >= v for n, v in goals.items()) else "MISSED"
    return told


def latency_lines(all_measured):
    for measured in all_measured:
        if measured.latencies:
            size, note = measured.system.size()
            yield {"backlog": "latency", "system": measured.name, "p50_ms": measured.percentile(50),
                   "p99_ms": measured.percentile(99), "size_mb": size / 1e6, "size_note": note,
                   "written_per_second": statistics.median(measured.written),
                   "rss_mib": measured.system.rss_kib / 1024}


# ---- told ----

HEAD = "%-24s %8s %15s %9s %9s   %5s %11s %8s %8s  %s" % (
    "", "rows/s", "low-high", "per CPU-s", "of all", "ours", "low-high", "by CPU", "of all", "goal")


def print_lines(told):
    backlog = None
    for item in told:
        if item["backlog"] != backlog:
            backlog = item["backlog"]
            print("\n%s\n%s" % (backlog, HEAD))
        print(format_line(item))
    print("\nCPU in microseconds a row")
    for item in told:
        print("%-28s %-20s %s" % (item["backlog"], item["system"], item["us_a_row"]))


def format_line(item):
    text = "%-24s %8s %15s %9s %9s" % (
        item["system"], short(item["rows_per_second"]),
        "%s-%s" % (short(item["rows_per_second_low"]), short(item["rows_per_second_high"])),
        short(item["rows_per_cpu_second"]), short(item["rows_per_cpu_second_of_all"]))
    if "ratio" in item:
        text += "   %5.2f %11s %8.2f %8.2f" % (
            item["ratio"], "%.2f-%.2f" % (item["ratio_low"], item["ratio_high"]), item["ratio_cpu"],
            item["ratio_cpu_of_all"])
    if "verdict" in item:
        text += "  %s (%s)" % (item["verdict"], ", ".join(
            "%s >= %g" % (words, item[name]) for name, words in GOAL_WORDS if name in item))
    return text


GOAL_WORDS = (("goal_ratio", "rows/s"), ("goal_cpu", "by CPU"), ("goal_cpu_of_all", "of all"))


def print_latency(told):
    print("\nlatency at 1,000 rows/s, memory, what is installed")
    print("%-24s %8s %8s %9s %9s %9s" % ("", "p50 ms", "p99 ms", "written/s", "peak MiB", "MB"))
    for item in told:
        print("%-24s %8.1f %8.1f %9.0f %9.0f %9.1f  %s" % (
            item["system"], item["p50_ms"], item["p99_ms"], item["written_per_second"],
            item["rss_mib"], item["size_mb"], item["size_note"]))


def write(told, directory):
    path = os.path.join(directory, "peers.csv")
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(told)
    return path
