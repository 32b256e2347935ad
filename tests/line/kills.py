"""Kills at the worst moment: between the begin of a commit and its answer, proved from a log.

A program says at log level debug when it begins a commit and when it has its answer.  A server is
killed inside the commit of a program that waits for it; the source, at which no program of ours
commits, inside a commit of the workload.

A commit may be quicker than the kill.  Where it matters, the server that must answer is made to
stand still first: then a commit that has begun is open for as long as that takes."""

import os
import re
import signal
import time

from line import signal_all

BEGUN = re.compile(r"event=commit_begun(?: lane=(\w+))?")
ENDED = re.compile(r"event=commit_ended(?: lane=(\w+))?")


class Log:
    """What a program's log says from now on."""

    def __init__(self, path):
        self.file = open(path, encoding="utf-8", errors="replace")
        self.file.seek(0, os.SEEK_END)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def wait_begun(self, patience):
        """Waits for the next begin of a commit; gives its lane ("" in most programs) or None."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            line = self.file.readline()
            found = BEGUN.search(line)
            if found:
                return found.group(1) or ""
            if not line:
                time.sleep(0.0002)
        return None

    def has_ended(self, lane):
        return any((found.group(1) or "") == lane
                   for found in map(ENDED.search, self.file.readlines()) if found)


def in_commit_of(program, kill, patience=20):
    """Calls kill() as soon as the program has begun a commit; True when its log proves that no
    answer had come when kill() returned."""
    with Log(program.log) as log:
        lane = log.wait_begun(patience)
        kill()
        return lane is not None and not log.has_ended(lane)


def in_held_commit_of(program, server, kill, patience=30):
    """The same, with the server standing still, so that the commit cannot outrun the kill."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        with Log(program.log) as log:
            time.sleep(0.02)
            pids = server.pause()
            lane = log.wait_begun(0.3)
            open_still = lane is not None and not log.has_ended(lane)
            if open_still:
                kill()
            signal_all(pids, signal.SIGCONT)
            if open_still:
                return True
        time.sleep(0.05)
    kill()
    return False


def in_commit_of_workload(load, kill, patience=20):
    """The same for a commit of the workload at the source: proved when it ended with an error."""
    end = time.monotonic() + patience
    while not load.committing and time.monotonic() < end:
        time.sleep(0.0002)
    lost = load.unanswered
    kill()
    time.sleep(0.1)
    return load.unanswered > lost


class Counter:
    """How often each part was killed, and how often inside a commit."""

    def __init__(self):
        self.killed, self.inside = {}, {}

    def count(self, name, inside):
        self.killed[name] = self.killed.get(name, 0) + 1
        self.inside[name] = self.inside.get(name, 0) + bool(inside)

    def proved(self, name, wanted):
        return self.inside.get(name, 0) >= wanted

    def print(self):
        for name, killed in self.killed.items():
            print("  %-18s killed %d times, %d of them proved inside a commit" % (
                name, killed, self.inside[name]))
