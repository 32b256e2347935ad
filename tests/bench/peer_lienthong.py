"""Lienthong as one of the compared systems: the whole line of bench_line.py."""

import os
import subprocess

from bench_line import SOURCE_DB, TARGET_DB, VIEW
from peer_system import System

PROGRAMS = ("provider", "routing", "consumer")
INSTALLED = ("lienthong", "lt-consumer-postgres", "lt-provider-postgres", "lt-routing",
             "lt-steward")


class Lienthong(System):
    """The line's own programs; they are ended while others are measured, and started again."""

    copy = VIEW

    def __init__(self, line):
        super().__init__(line, "lienthong", SOURCE_DB)
        self.databases["target"] = TARGET_DB

    def found(self):
        """The line was founded with its table."""

    def programs(self):
        return [self.line.of(name).process.pid for name in PROGRAMS]

    def others(self):
        return {"broker": self.line.kafka.pid(), "steward": self.line.of("steward").process.pid}

    def park(self):
        self.line.stop_programs()

    def wake(self):
        for program in self.line.programs.values():
            if not program.running():
                program.start()

    def size(self):
        files = {os.path.join(self.line.bin, name) for name in INSTALLED}
        libraries = set()
        for path in files:
            libraries.update(shared_libraries(path))
        return (sum(os.path.getsize(os.path.realpath(path)) for path in files | libraries),
                "%d programs with debug information, %d shared libraries with libc" % (
                    len(files), len(libraries)))


def shared_libraries(path):
    told = subprocess.run(["ldd", path], stdout=subprocess.PIPE, text=True, check=True).stdout
    words = [word for line in told.splitlines() for word in line.split()]
    return {os.path.realpath(word) for word in words if word.startswith("/")}
