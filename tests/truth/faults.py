"""Faults of programs and of the lines between them.  Each is a class with inflict and heal; `proof`
says how it is known to have happened, `concerns` whose copies it may touch."""

import os
import resource
import signal
import subprocess
import time

EVERYBODY = ["*"]


def concerns_of(party):
    """A user's own program, its target or its stream concern that user alone."""
    return [party.split(":")[1]] if ":" in party else EVERYBODY


class Fault:
    def __init__(self, history, event):
        self.history, self.stage, self.party = history, history.stage, event["party"]
        self.event, self.proof = event, ""
        self.concerns = concerns_of(self.party)

    def program(self):
        return self.stage.party(self.party)

    def inflict(self):
        raise NotImplementedError

    def heal(self):
        raise NotImplementedError


class Kill(Fault):
    """kill -9 of a program; it is started again when healed."""

    def inflict(self):
        program = self.program()
        self.stage.keep_down(program)
        pid = program.process.pid
        program.kill9()
        self.proof = gone(pid)

    def heal(self):
        self.stage.bring_up(self.program())


class Zombie(Fault):
    """SIGSTOP, another process takes its place meanwhile, then CONT: the old one must do no harm."""

    def inflict(self):
        program = self.program()
        self.stage.keep_down(program)
        self.old = program.process
        self.old.send_signal(signal.SIGSTOP)
        self.proof = stopped(self.old.pid)
        time.sleep(self.event["seconds"])
        program.process = None
        self.stage.bring_up(program)

    def heal(self):
        self.old.send_signal(signal.SIGCONT)
        time.sleep(1)
        if self.old.poll() is None:
            self.old.send_signal(signal.SIGTERM)
            try:
                self.old.wait(10)
            except subprocess.TimeoutExpired:
                self.old.kill()
                self.old.wait()


class Stop(Fault):
    """SIGSTOP, then CONT."""

    def inflict(self):
        self.pid = self.program().process.pid
        os.kill(self.pid, signal.SIGSTOP)
        self.proof = stopped(self.pid)

    def heal(self):
        os.kill(self.pid, signal.SIGCONT)


def state(pid):
    """As the kernel names it; Z: gone, but nobody has asked for its exit code; empty: gone."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return ""


def gone(pid):
    return "pid %d is gone" % pid if state(pid) in ("", "Z") else ""


def stopped(pid):
    """Proof that a process stands still, once the kernel says so."""
    for _ in range(50):
        if state(pid) == "T":
            return "pid %d is in state T" % pid
        time.sleep(0.02)
    return ""


class Line(Fault):
    """Something with the connections of one program to the broker or to its database."""

    mode, count, ms = None, None, 0

    def link(self):
        if not self.event.get("database"):
            return "kafka"
        return "source" if self.party == "provider" else "target"

    def set(self, mode, **more):
        return self.stage.proxy.ask(dict({"do": "set", "link": self.link(), "pids": self.pids,
                                          "mode": mode, "ms": self.ms}, **more))[self.count]

    def inflict(self):
        self.pids = [self.program().process.pid]
        self.before = self.set(self.mode)

    def heal(self):
        """Not before something went over the line."""
        for _ in range(80):
            after = self.stage.proxy.ask({"do": "count"})[self.count]
            if after > self.before or not self.program().running():
                break
            time.sleep(0.1)
        after = self.set("pass", was=self.mode)
        self.stage.tune(self.program())
        if after > self.before:
            self.proof = "%s: %d" % (self.count, after - self.before)


class Cut(Line):
    mode, count = "cut", "cut"

    def inflict(self):
        self.pids = [self.program().process.pid]
        self.before = self.stage.proxy.ask({"do": "count"})["cut"]
        self.set("cut")


class Delay(Line):
    mode, count, ms = "delay", "delayed", 300


class HalfOpen(Line):
    mode, count = "half-open", "swallowed"


class Descriptors(Fault):
    """No further file or connection can be opened."""

    def inflict(self):
        self.pid = self.program().process.pid
        used = len(os.listdir("/proc/%d/fd" % self.pid))
        self.limits = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (used // 2, self.limits[1]))
        # With what it has open gone it would have to open anew.
        self.stage.proxy.ask({"do": "set", "link": "kafka", "pids": [self.pid], "mode": "cut"})
        self.stage.proxy.ask({"do": "set", "link": "kafka", "pids": [self.pid], "mode": "pass"})
        if resource.prlimit(self.pid, resource.RLIMIT_NOFILE)[0] == used // 2:
            self.proof = "limit %d below the %d in use" % (used // 2, used)

    def heal(self):
        if os.path.exists("/proc/%d" % self.pid):
            resource.prlimit(self.pid, resource.RLIMIT_NOFILE, self.limits)


class Certificate(Fault):
    """The program's certificate has expired; it is started again with it, and healed by a new one
    (rotation)."""

    def inflict(self):
        program = self.program()
        kafka = program.sections["kafka"]
        self.issue(kafka, "--expired")
        done = subprocess.run(["openssl", "x509", "-checkend", "0", "-noout", "-in",
                               kafka["cert_file"]], stdout=subprocess.DEVNULL, check=False)
        self.proof = "openssl says that it has expired" if done.returncode == 1 else ""
        self.restart()

    def issue(self, kafka, *options):
        name = os.path.basename(kafka["cert_file"])[:-len(".pem")]
        if name not in ("steward", "routing"):
            self.stage.kafka.issue(name, *options)
            for key, suffix in (("cert_file", ".pem"), ("key_file", ".key")):
                write(kafka[key], read(os.path.join(self.stage.kafka.certs, name + suffix)))
        else:
            self.stage.kafka.issue(name, *options)

    def restart(self):
        program = self.program()
        self.stage.keep_down(program)
        if program.running():
            program.kill9()
        self.stage.bring_up(program)

    def heal(self):
        self.issue(self.program().sections["kafka"])
        self.restart()


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)
