"""What a run measured, as tables and pictures under build/truth/: recovery by kind of fault, and how fast
holds cut off."""

import csv
import os
import shutil
import statistics
import subprocess

from plan_faults import LONG_KINDS
from witness.judge_right import BATCH_US, GRACE_US

BOUND_S = (GRACE_US + BATCH_US) / 1e6
LEAST_S = 0.001  # what is drawn for nothing at all, on a logarithmic axis
FRAME = "set terminal svg size 900,%d background rgb 'white'; set output '%s.svg';" \
        " set datafile separator ','; set logscale x; set grid xtics;"
RECOVERY = FRAME + """
 set title 'Seconds from the healing of a fault until every copy it concerns is stamped after it';
 set yrange [%d.5:-0.5]; set xrange [0.05:*]; set xtics (0.1, 0.3, 1, 3, 10, 30, 100, 300);
 set key outside bottom center horizontal; set bmargin 4;
 plot 'recovery.csv' every ::1 using 3:0:($4-$3):(0):ytic(1) with vectors nohead lc rgb '#999999' notitle,
 '' every ::1 using 3:0 with points pt 7 ps 0.7 lc rgb '#1f5f9f' title 'median',
 '' every ::1 using 4:0 with points pt 9 ps 0.7 lc rgb '#c0392b' title 'worst'
"""
CUT_OFF = FRAME + """
 set title 'Seconds from a hold''s control record to the last data record: share of all cut-offs';
 set xrange [%g:200]; set xtics (0.001, 0.01, 0.1, 1, 10, 90);
 set yrange [0:1.02];
 set key outside bottom center horizontal; set bmargin 4;
 set arrow from %g,0 to %g,1.02 nohead dt 2 lc rgb '#c0392b';
 set label 'guaranteed bound' at %g,0.06 right;
 plot 'cut-off.csv' every ::1 using ($1<%g?%g:$1):(1.0) smooth cnormal with steps lw 2 title 'appended',
 '' every ::1 using ($2<%g?%g:$2):(1.0) smooth cnormal with steps lw 2 title 'received by a greedy reader'
"""


def kind_of(kind, party):
    """A fault's name in the figures: with the kind of party, where it may hit several kinds."""
    parties = {p.split(":")[0] for p in LONG_KINDS[kind][3]} if kind in LONG_KINDS else set()
    return kind if len(parties) == 1 else "%s %s" % (kind, party.split(":")[0])


def write(directory, results):
    os.makedirs(directory, exist_ok=True)
    recovered, cuts = recoveries(results), cut_offs(results)
    write_csv(os.path.join(directory, "recovery.csv"), ["fault", "count", "median_s", "worst_s"],
              [(k, len(v), "%.3f" % statistics.median(v), "%.3f" % max(v))
               for k, v in recovered.items()])
    write_csv(os.path.join(directory, "cut-off.csv"), ["appended_s", "received_s"],
              [("%.3f" % a, "%.3f" % r) for a, r in cuts])
    tell(recovered, cuts)
    if recovered:
        draw(directory, RECOVERY % (170 + 17 * len(recovered), "recovery", len(recovered) - 1))
    if cuts:
        draw(directory, CUT_OFF % ((420, "cut-off", LEAST_S, BOUND_S, BOUND_S, BOUND_S * 0.9)
                                   + (LEAST_S,) * 4))


def recoveries(results):
    """Kind -> seconds, by name."""
    found = {}
    for result in results:
        for fault, seconds in result.recovery:
            found.setdefault(kind_of(*fault.kind.rsplit(" ", 1)), []).append(seconds)
    return dict(sorted(found.items()))


def cut_offs(results):
    return sorted((c.appended_us / 1e6, c.received_us / 1e6) for r in results for c in r.cut_offs)


def tell(recovered, cuts):
    for kind, times in recovered.items():
        print("recovery after %-20s %4d times, median %6.2f s, worst %6.2f s" % (
            kind, len(times), statistics.median(times), max(times)))
    for name, times in (("appended", [c[0] for c in cuts]), ("received", sorted(c[1] for c in cuts))):
        if times:
            print("cut-off, last record %s: %d times, median %.3f s, p99 %.3f s, worst %.3f s"
                  " (bound %.0f s)" % (name, len(times), statistics.median(times),
                                       times[min(len(times) - 1, len(times) * 99 // 100)], times[-1],
                                       BOUND_S))


def write_csv(path, head, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)


def draw(directory, picture):
    """Where gnuplot is installed."""
    if shutil.which("gnuplot"):
        subprocess.run(["gnuplot", "-e", picture.replace("\n", "")], cwd=directory,
                       stderr=subprocess.DEVNULL, check=False)
