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


CURVE = """set terminal svg size 900,420 font 'sans-serif,12' background 'white'
set output '%s'
set logscale x
set xtics (%s)
set xrange [%f:%f]
set yrange [0:*]
set y2range [0:*]
set y2tics
set ytics nomirror
set grid x y
set xlabel '%s'
set ylabel 'CPU, microseconds a row'
set y2label '%s'
set key outside below
plot %s
"""


def curve(series, directory, name, xlabel, rate):
    """Curves over one cause: series: name -> points (x, CPU us a row, lowest, highest, rate); CPU
    with its rounds' spread on the left, the rate on the right.  Gives the picture's path."""
    plots, colours = [], ("#3b75af", "#c03030", "#3a8a3a", "#8a5a2a")
    for number, (title, points) in enumerate(series.items()):
        data = os.path.join(directory, "%s-%d.dat" % (name, number))
        with open(data, "w", encoding="utf-8") as file:
            file.writelines("%f %f %f %f %f\n" % point for point in points)
        colour = colours[number]
        plots += ["'%s' using 1:2:3:4 with yerrorlines lc rgb '%s' pt 7 ps 0.5 title '%s: CPU'"
                  % (data, colour, title),
                  "'%s' using 1:5 axes x1y2 with linespoints lc rgb '%s' dashtype 2 pt 6 ps 0.5"
                  " title '%s: rate'" % (data, colour, title)]
    places = sorted({point[0] for points in series.values() for point in points})
    path = os.path.join(directory, name + ".svg")
    script = CURVE % (path, ", ".join("'%g' %g" % (x, x) for x in places), places[0] / 1.2,
                      places[-1] * 1.2, xlabel, rate, ", ".join(plots))
    subprocess.run(["gnuplot"], input=script, text=True, check=True, stderr=subprocess.DEVNULL)
    return path


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
