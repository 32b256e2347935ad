"""The comparison as a picture: rows per second and rows per CPU-second, by gnuplot as SVG."""

import os
import subprocess

SCRIPT = """set terminal svg size 1200,%(height)d font 'sans-serif,12' background 'white'
set output '%(path)s'
set multiplot layout 1,2
set yrange [%(bottom)s:-0.7] noextend
set xrange [0:*]
set format x '%%.0s%%c'
set grid x
set key off
set ytics nomirror
set xtics rotate by -40
set bmargin 5
set lmargin at screen 0.27
set rmargin at screen 0.61
set xlabel 'rows a second (line: lowest to highest)'
plot '%(data)s' using (0):0:(0):2:($0-0.35):($0+0.35):5:ytic(1) with boxxyerror fs solid 0.5 \\
     lc variable, '' using 2:0:3:4 with xerrorbars pt 7 ps 0.4 lc rgb '#222222'
set lmargin at screen 0.645
set rmargin at screen 0.97
set format y ''
set xlabel 'rows a CPU-second of programs (x: of all)'
plot '%(data)s' using (0):0:(0):6:($0-0.35):($0+0.35):5 with boxxyerror fs solid 0.5 \\
     lc variable, '' using 7:0 with points pt 2 ps 0.8 lc rgb '#222222'
unset multiplot
"""


def draw(told, directory):
    """Draws lines of peer_report; gives the picture's path, or None."""
    if not told:
        return None
    data, path = (os.path.join(directory, "peers." + ending) for ending in ("dat", "svg"))
    backlogs = list(dict.fromkeys(item["backlog"] for item in told))
    with open(data, "w", encoding="utf-8") as file:
        for item in told:
            file.write('"%s: %s" %f %f %f %d %f %f\n' % (
                item["backlog"].partition(",")[0], item["system"], item["rows_per_second"],
                item["rows_per_second_low"], item["rows_per_second_high"],
                backlogs.index(item["backlog"]) + 1, item["rows_per_cpu_second"],
                item["rows_per_cpu_second_of_all"]))
    script = SCRIPT % {"height": 120 + 22 * len(told), "path": path, "data": data,
                       "bottom": len(told) - 0.3}
    subprocess.run(["gnuplot"], input=script, text=True, check=True, stderr=subprocess.DEVNULL)
    return path
