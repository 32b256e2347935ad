"""Rounds: the sides of a stage in turn, several times, so that what else the machine does falls on
all of them alike; medians, and how far the rounds lie apart."""

import json
import os
import statistics
import subprocess

TICK = os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    """A program failed, or what it made is wrong."""


def program(*arguments, check=True):
    """Runs a bench program; gives its one line of JSON."""
    done = subprocess.run([str(a) for a in arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL, check=False)
    if check and done.returncode:
        raise BenchError("%s: exit %d\n%s" % (" ".join(map(str, arguments)), done.returncode,
                                              done.stderr))
    return json.loads(done.stdout)


def stat_fields(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as file:
        return file.read().rpartition(")")[2].split()


def cpu_of(pid):
    """CPU seconds of one process with the children it has waited for."""
    return sum(int(n) for n in stat_fields(pid)[11:15]) / TICK


def rss_peak_kib(pid):
    with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))


def cpu_of_tree(root):
    """CPU seconds of a process, its living children, and those it has waited for."""
    total = cpu_of(root)
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            fields = stat_fields(int(name))
            if int(fields[1]) == root:
                total += sum(int(n) for n in fields[11:13]) / TICK
        except (FileNotFoundError, ProcessLookupError):
            pass
    return total


class Side:
    """One of the things compared: a name, what runs it (gives the program's JSON), and the servers
    whose CPU belongs to it: name -> function that tells their CPU seconds so far.  Rates are by wall
    time, or by the program's CPU time where it waits for nobody (basis "cpu")."""

    def __init__(self, name, run, servers=None, basis="seconds"):
        self.name, self.run, self.servers, self.basis = name, run, servers or {}, basis
        self.runs = []

    def measure(self):
        before = {name: tell() for name, tell in self.servers.items()}
        result = self.run()
        for name, tell in self.servers.items():
            result["cpu_" + name] = tell() - before[name]
        return result

    def rate(self, run):
        return run["rows"] / run[self.basis]

    def median(self, value):
        return statistics.median(value(run) for run in self.runs)

    def median_rate(self):
        return self.median(self.rate)

    def cpu_of_all(self, run):
        """CPU seconds of the program and of every server that it used."""
        return sum(value for name, value in run.items() if name.startswith("cpu"))

    def cpu_us_per_row(self, who="cpu"):
        return self.median(lambda run: run.get(who, 0.0) / run["rows"] * 1e6)

    def rss_mib(self):
        return max(run.get("rss_kib", 0) for run in self.runs) / 1024


def alternate(sides, rounds, in_order=False):
    """One round unmeasured, then `rounds` rounds of all sides in turn; the order turns round each
    time, so that nobody always comes first, unless the sides build on each other."""
    for number in range(rounds + 1):
        for side in sides if in_order or number % 2 else sides[::-1]:
            result = side.measure()
            if number > 0:
                side.runs.append(result)


def cpu_ratio(ours, limit):
    """The limit's CPU by ours, of everything, for the same rows; the median of the rounds."""
    return statistics.median((limit.cpu_of_all(b) / b["rows"]) / (ours.cpu_of_all(a) / a["rows"])
                             for a, b in zip(ours.runs, limit.runs))


def ratios(ours, limit):
    """Our rate by the limit's, round by round: median, lowest, highest."""
    pairs = [ours.rate(a) / limit.rate(b) for a, b in zip(ours.runs, limit.runs)]
    return statistics.median(pairs), min(pairs), max(pairs)
