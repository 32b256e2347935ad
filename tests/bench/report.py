"""What was measured, as a table on the terminal and as CSV.  One line is one stage beside one of its
limits; CPU is in seconds a million rows, which is also microseconds a row."""

import csv
import os

from measure import cpu_ratio

COLUMNS = ["stage", "limit", "limit_rate", "rate", "ratio", "ratio_low", "ratio_high", "ratio_cpu", "goal", "unit",
           "rounds", "cpu_own", "cpu_limit", "cpu_servers", "cpu_servers_limit", "rss_mib", "note"]


class Report:
    """Collects lines and prints them as they come."""

    def __init__(self, directory):
        self.directory, self.lines = directory, []
        os.makedirs(directory, exist_ok=True)

    def add(self, stage, ours, limit, ratio, goal=None, unit="rows/s", note=""):
        median, low, high = ratio
        line = {"stage": stage, "limit": limit.name, "limit_rate": limit.median_rate(),
                "rate": ours.median_rate(), "ratio": median, "ratio_low": low, "ratio_high": high,
                "ratio_cpu": cpu_ratio(ours, limit),
                "goal": goal, "unit": unit, "rounds": len(ours.runs),
                "cpu_own": ours.cpu_us_per_row(), "cpu_limit": limit.cpu_us_per_row(),
                "cpu_servers": servers(ours), "cpu_servers_limit": servers(limit),
                "rss_mib": ours.rss_mib(), "note": note}
        self.lines.append(line)
        if len(self.lines) == 1:
            print(HEAD, flush=True)
        print(format_line(line), flush=True)

    def add_value(self, stage, value, unit, goal=None, met=None, note=""):
        """A single figure without a limit beside it."""
        self.lines.append({"stage": stage, "rate": value, "unit": unit, "goal": goal, "note": note,
                           "met": met})
        told = "" if met is None else ("  met" if met else "  MISSED")
        print("%-44s %12s %s%s%s%s" % (stage, short(value), unit,
                                       "" if goal is None else "  (goal %s)" % goal, told,
                                       "  " + note if note else ""), flush=True)

    def write(self, name):
        path = os.path.join(self.directory, name + ".csv")
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(self.lines)
        return path


def servers(side):
    """Each server that a run tells the CPU of."""
    names = sorted(k for k in side.runs[0] if k.startswith("cpu_"))
    return "/".join("%s %.2f" % (name[4:], side.cpu_us_per_row(name)) for name in names)


HEAD = ("%-40s %-17s %8s %8s %6s %-13s %6s %5s %6s  CPU s/M rows: own (limit), servers (limit); MiB"
        % ("stage", "limit", "limit/s", "ours/s", "ratio", "low-high", "by CPU", "goal", ""))


def short(number):
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if abs(number) >= size:
            return "%.3g%s" % (number / size, unit)
    return "%.3g" % number


def format_line(line):
    goal = line["goal"]
    verdict = "" if goal is None else ("met" if line["ratio"] >= goal else "MISSED")
    text = "%-40s %-17s %8s %8s %6.3f %6.3f-%-6.3f %6.3f %5s %6s  %.2f (%.2f)" % (
        line["stage"], line["limit"], short(line["limit_rate"]), short(line["rate"]), line["ratio"],
        line["ratio_low"], line["ratio_high"], line["ratio_cpu"],
        "" if goal is None else "%.2f" % goal, verdict, line["cpu_own"], line["cpu_limit"])
    if line["cpu_servers"]:
        text += ", %s (%s)" % (line["cpu_servers"], line["cpu_servers_limit"])
    text += "; %.0f" % line["rss_mib"]
    return text + ("  " + line["note"] if line["note"] else "")
