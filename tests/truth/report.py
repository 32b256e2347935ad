"""What a run says at its end: one line a history, a table of recovery and cut-off times, CSV files
and their picture under build/truth/."""

import collections
import csv
import os
import shutil
import statistics
import subprocess

import disks
import plan as plans
from history import recovery
from stage import remove
from witness.judge_right import cut_offs


class Result:
    def __init__(self, seed, verdicts, blind, seconds, played):
        self.seed, self.verdicts, self.blind, self.seconds = seed, verdicts, blind, seconds
        self.seen, self.played = played.seen, played
        self.outcome = "FAILED" if verdicts else "not judged" if blind else "passed"
        self.unprivileged = bool(blind) and all(disks.NO_PRIVILEGE in b for b in blind)
        self.recovery = list(recovery(played.seen))
        self.cut_offs = list(cut_offs(played.seen))


def tell(result):
    seen, played = result.seen, result.played
    sessions = getattr(played, "sessions", [])
    print("%-10s seed %d  %.0f s: %d transactions (%d refused), %d records, %d looks, %d faults,"
          " %d commands, quiet after %s" % (
              result.outcome, result.seed, result.seconds, sum(s.committed for s in sessions),
              sum(s.failed for s in sessions), sum(len(s.records) for s in seen.streams.values()),
              sum(len(looks) for looks in seen.looks.values()), len(seen.faults),
              len(seen.controls), "-" if played.converged_s is None else
              "%.1f s" % played.converged_s), flush=True)
    print("    %s; the witness woke up to %.0f ms late" % (
        ", ".join("%s %.0f s" % phase for phase in played.phases), seen.late_us / 1e3), flush=True)
    for verdict in result.verdicts:
        print("    %s" % verdict)
    for reason in result.blind:
        print("    could not see: %s" % reason)
    died = collections.Counter(d[:2] for d in played.stage.died[played.died_before:])
    for (name, code), count in died.items():
        print("    %s ended by itself with %s, %d times" % (name, code, count))
    for text in getattr(getattr(played, "office", None), "refused", []):
        print("    refused: %s" % text.replace("\n", " "))
    print(end="", flush=True)


def keep(root, plan, result):
    """Everything that is needed to look at it again."""
    directory = os.path.join(root, "build", "truth", str(result.seed))
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    plans.save(plan, os.path.join(directory, "plan.json"))
    result.seen.save(os.path.join(directory, "seen"))
    shutil.copytree(result.played.stage.path("log"), os.path.join(directory, "log"))
    with open(os.path.join(directory, "verdicts"), "w", encoding="utf-8") as file:
        file.writelines("%s\n" % v for v in result.verdicts)
    print("    kept in %s; again: make truth SEED=%d" % (directory, result.seed), flush=True)


def close(root, results, directory, keep_stage, strict):
    """strict: what could not be judged has failed, unless a privilege was missing."""
    by = {o: [r for r in results if r.outcome == o] for o in ("passed", "FAILED", "not judged")}
    write_times(root, results)
    unjudged = by["not judged"]
    if unjudged:
        unprivileged = sum(r.unprivileged for r in unjudged)
        print("%d not judged%s" % (len(unjudged), ", %d of them for want of a privilege"
                                   % unprivileged if unprivileged else ""))
    failed = len(by["FAILED"]) + (sum(not r.unprivileged for r in unjudged) if strict else 0)
    failed = failed or (0 if by["passed"] else 1)
    if failed or keep_stage:
        print("logs and data: " + directory)
    else:
        remove(directory)
    print("%d passed, %d failed" % (len(by["passed"]), failed))
    return 1 if failed else 0


def write_times(root, results):
    directory = os.path.join(root, "build", "truth")
    os.makedirs(directory, exist_ok=True)
    recovered = {}
    for result in results:
        for kind, seconds in result.recovery:
            recovered.setdefault(kind.split(" ")[0], []).append(seconds)
    write_csv(os.path.join(directory, "recovery.csv"), ["fault", "count", "median_s", "worst_s"],
              [(k, len(v), "%.3f" % statistics.median(v), "%.3f" % max(v))
               for k, v in sorted(recovered.items())])
    cuts = sorted((c.appended_us / 1e6, c.received_us / 1e6) for r in results for c in r.cut_offs)
    write_csv(os.path.join(directory, "cut-off.csv"), ["appended_s", "received_s"],
              [("%.3f" % a, "%.3f" % r) for a, r in cuts])
    for kind, times in sorted(recovered.items()):
        print("recovery after %-12s %4d times, median %6.2f s, worst %6.2f s" % (
            kind, len(times), statistics.median(times), max(times)))
    for name, times in (("appended", [c[0] for c in cuts]), ("received", sorted(c[1] for c in cuts))):
        if times:
            print("cut-off, last record %s: %d times, median %.3f s, p99 %.3f s, worst %.3f s"
                  " (bound 90 s)" % (name, len(times), statistics.median(times),
                                     times[min(len(times) - 1, len(times) * 99 // 100)], times[-1]))
    draw(directory)


def write_csv(path, head, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)


PICTURE = """
set terminal svg size 900,420; set output 'recovery.svg'; set datafile separator ','
set style fill solid 0.6; set boxwidth 0.4; set ylabel 's'; set yrange [0:*]
set title 'Recovery by kind of fault: median and worst'
plot 'recovery.csv' every ::1 using ($0-0.2):3:xtic(1) with boxes title 'median', \\
     '' every ::1 using ($0+0.2):4 with boxes title 'worst'
"""


def draw(directory):
    """A picture, where gnuplot is installed and there is something to draw."""
    if shutil.which("gnuplot"):
        subprocess.run(["gnuplot", "-e", PICTURE.replace("\n", " ").replace("\\ ", "")],
                       cwd=directory, stderr=subprocess.DEVNULL, check=False)
