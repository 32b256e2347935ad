"""Pictures of a report: bars of each stage's ratio with its rounds' spread, by gnuplot as SVG."""

import os
import subprocess

SCRIPT = """set terminal svg size 1100,%d font 'sans-serif,12' background 'white'
set output '%s'
set yrange [%s:-0.7] noextend
set xrange [0:*]
set grid x
set xlabel 'our rate by the limit of the same run (bar: median; line: lowest to highest; |: goal)'
set ytics nomirror
set key off
set arrow from 1,graph 0 to 1,graph 1 nohead dashtype 2
plot '%s' using (0):0:(0):2:($0-0.35):($0+0.35):ytic(1) with boxxyerror fs solid 0.4 lc rgb '#3b75af', \\
     '' using 2:0:3:4 with xerrorbars pt 7 ps 0.4 lc rgb '#222222', \\
     '' using 5:0 with points pt 2 ps 1 lc rgb '#c03030'
"""


def draw(lines, directory, name):
    """The ratios of all lines that have one; gives the picture's path, or None."""
    lines = [line for line in lines if line.get("ratio") is not None]
    if not lines:
        return None
    data = os.path.join(directory, name + ".dat")
    with open(data, "w", encoding="utf-8") as file:
        for line in lines:
            file.write('"%s" %f %f %f %s\n' % (
                line["stage"], line["ratio"], line["ratio_low"], line["ratio_high"],
                "?" if line["goal"] is None else line["goal"]))
    path = os.path.join(directory, name + ".svg")
    script = SCRIPT % (120 + 34 * len(lines), path, len(lines) - 0.3, data)
    subprocess.run(["gnuplot"], input="set datafile missing '?'\n" + script, text=True, check=True,
                   stderr=subprocess.DEVNULL)
    return path
