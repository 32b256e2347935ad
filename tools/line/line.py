"""A whole Lienthong line on this machine, privately: Kafka, PostgreSQL clusters and our programs
under one directory, on free loopback ports.  Used by the demo and by the tests that need the
real line.  Everything started here is remembered by pid and stopped by that pid only."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time

import psycopg2

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))


class LineError(Exception):
    """Something did not come up, or a command failed; the text says what to look at."""


def run(*args, **kwargs):
    """Runs a command; its output is the error text when it fails."""
    done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, **kwargs)
    if done.returncode:
        raise LineError("%s: exit %d\n%s" % (" ".join(args), done.returncode, done.stdout))
    return done.stdout


def shell_environment(text):
    """NAME=VALUE lines (with or without export and quotes) as a dict."""
    pairs = [line.replace("export ", "", 1).split("=", 1)
             for line in text.splitlines() if "=" in line]
    return {name.strip(): value.strip().strip("'\"") for name, value in pairs}


def signal_all(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def kill_all(pids, patience=10):
    """SIGKILL to every process; returns when none of them is left."""
    signal_all(pids, signal.SIGKILL)
    wait_until("killed processes end", lambda: not any(os.path.exists("/proc/%d" % pid)
                                                      for pid in pids), patience, 0.005)


class Cluster:
    """One private PostgreSQL cluster."""

    def __init__(self, directory):
        self.directory = directory
        self.tool = os.path.join(ROOT, "tools", "pg", "pg")

    def start(self, *settings):
        run(self.tool, "start", self.directory, *settings)
        self.env = shell_environment(run(self.tool, "env", self.directory))

    def stop(self):
        run(self.tool, "stop", self.directory)

    def pause(self):
        """The server and all its processes stand still; gives their pids."""
        with open(os.path.join(self.directory, "data", "postmaster.pid"), encoding="ascii") as file:
            server = int(file.readline())
        os.kill(server, signal.SIGSTOP)  # first: no new children, no restart of lost ones
        with open("/proc/%d/task/%d/children" % (server, server), encoding="ascii") as file:
            pids = [int(pid) for pid in file.read().split()] + [server]
        signal_all(pids, signal.SIGSTOP)
        return pids

    def kill9(self):
        kill_all(self.pause())

    def restart(self):
        run(self.tool, "restart", self.directory)

    def dsn(self, database, user="postgres"):
        return "host=%s port=%s dbname=%s user=%s" % (
            self.env["PGHOST"], self.env["PGPORT"], database, user)

    def connect(self, database, user="postgres"):
        connection = psycopg2.connect(self.dsn(database, user))
        connection.autocommit = True
        return connection

    def query(self, database, sql, parameters=None, user="postgres"):
        connection = self.connect(database, user)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


class Kafka:
    """One private Kafka cluster and its certification authority."""

    def __init__(self, directory, brokers=1, version=None, proxied=False, lasting=False):
        self.directory, self.count = directory, brokers
        self.tool = os.path.join(ROOT, "tools", "kafka", "kafka")
        self.options = ["--brokers", str(brokers)] + (["--version", version] if version else []) \
            + (["--proxied"] if proxied else []) + (["--lasting"] if lasting else [])

    def start(self):
        run(self.tool, "start", self.directory, *self.options)
        self.env = shell_environment(run(self.tool, "env", self.directory))
        self.brokers, self.ca = self.env["BROKERS"], self.env["CA"]
        self.certs = self.env["CERTS"]

    def stop(self):
        run(self.tool, "stop", self.directory)

    def pid(self, node=1):
        with open(os.path.join(self.directory, "node%d" % node, "pid"), encoding="ascii") as file:
            return int(file.read())

    def pause(self, node=1):
        """One broker stands still; gives its pid in a list."""
        pids = [self.pid(node)]
        signal_all(pids, signal.SIGSTOP)
        return pids

    def kill9(self, node=1):
        kill_all(self.pause(node))

    def kill9_all(self):
        """All brokers at once, as when the power goes; gives their pids."""
        pids = [self.pid(node) for node in range(1, self.count + 1)]
        kill_all(pids)
        return pids

    def cluster_id(self):
        with open(os.path.join(self.directory, "cluster"), encoding="utf-8") as file:
            return shell_environment(file.read())["cluster_id"]

    def restart(self, node=1):
        run(self.tool, "restart", self.directory, str(node))

    def replicas(self):
        return str(min(self.count, 3))

    def lose(self, node=None):
        """kill -9, and the disks are gone: of one broker, or of all.  start() or restart() makes them
        anew, all together as another cluster."""
        run(self.tool, "lose", self.directory, *([str(node)] if node else []))

    def issue(self, name, *options):
        run(os.path.join(ROOT, "tools", "pki", "pki"), "issue", self.certs, name, *options)

    def section(self, name, directory=None):
        """The [kafka] section of a program that acts as `name`."""
        directory = directory or self.certs
        return {"brokers": self.brokers, "ca_file": self.ca,
                "cert_file": os.path.join(directory, name + ".pem"),
                "key_file": os.path.join(directory, name + ".key")}


class Program:
    """One of our daemons: its configuration, its process, its log."""

    def __init__(self, line, name, binary, arguments, sections):
        self.line, self.name = line, name
        self.binary = os.path.join(line.bin, binary)
        self.arguments = arguments
        self.config = line.path("etc", name + ".conf")
        self.log = line.path("log", name + ".log")
        self.pid_file = line.path("pid", name)
        self.process = None
        self.environment = None
        self.sections = sections
        write_config(self.config, sections)

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary] + self.arguments + ["--config", self.config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=self.environment)
        with open(self.pid_file, "w", encoding="ascii") as file:
            file.write(str(self.process.pid))

    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        if self.running():
            self.process.send_signal(number)

    def kill9(self):
        self.signal(signal.SIGKILL)
        return self.process.wait()

    def stop(self, patience=15):
        """Asks to stop; returns the exit code.  One that does not go is killed and reported."""
        if self.process is None:
            return None
        self.signal(signal.SIGTERM)
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise LineError("%s did not stop within %d s, see %s"
                            % (self.name, patience, self.log)) from None

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()


def write_config(path, sections):
    with open(path, "w", encoding="utf-8") as file:
        for section, values in sections.items():
            file.write("[%s]\n" % section)
            for key, value in values.items():
                file.write("%s = %s\n" % (key, value))
            file.write("\n")


class Line:
    """The whole: parts, programs, declarations."""

    def __init__(self, directory, mode="debug", **kafka):
        self.directory = os.path.realpath(directory)
        self.bin = os.path.join(ROOT, "build", mode, "bin")
        self.kafka = Kafka(self.path("kafka"), **kafka)
        self.clusters = {}
        self.programs = {}
        self.declared = 0
        self.declarations = {}  # (kind, id) -> as it was last declared
        for name in ("etc", "log", "pid", "spool", "metrics", "certificates", "state",
                     "declarations"):
            os.makedirs(self.path(name), exist_ok=True)
        # PostgreSQL runs as user postgres when we are root: it must reach its directory.
        os.chmod(self.directory, 0o755)

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    # ---- real parts ----

    def start_cluster(self, name, *settings):
        cluster = self.clusters.setdefault(name, Cluster(self.path(name)))
        cluster.start(*settings)
        return cluster

    def start_kafka(self):
        self.kafka.start()
        for name in ("steward", "routing", "operator"):
            if not os.path.exists(os.path.join(self.kafka.certs, name + ".pem")):
                self.kafka.issue(name)

    # ---- programs ----

    def common(self, name):
        return {"log": {"level": "info"},
                "metrics": {"file": self.path("metrics", name + ".prom")}}

    def program(self, name, binary, arguments, sections):
        program = Program(self, name, binary, arguments, dict(sections, **self.common(name)))
        self.programs[name] = program
        return program

    def stop_programs(self):
        for program in list(self.programs.values())[::-1]:
            program.stop()

    def stop(self):
        """Stops everything; nothing is deleted."""
        try:
            self.stop_programs()
        finally:
            for cluster in self.clusters.values():
                cluster.stop()
            self.kafka.stop()

    def clear(self):
        """Stops whatever a run left behind, by the pids it noted, and deletes its directory."""
        for name in os.listdir(self.path("pid")):
            self.end_process(self.path("pid", name))
        for name in os.listdir(self.directory):
            if os.path.exists(self.path(name, "data", "PG_VERSION")):
                run(os.path.join(ROOT, "tools", "pg", "pg"), "stop", self.path(name), "--immediate")
        if os.path.exists(self.path("kafka")):
            self.kafka.stop()
        remove(self.directory)

    def end_process(self, pid_file):
        """Ends a daemon of ours, but nobody who got its pid after it."""
        with open(pid_file, encoding="ascii") as file:
            pid = int(file.read())
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as file:
                ours = self.directory.encode() in file.read()
            if ours:
                os.kill(pid, signal.SIGTERM)
                wait_until("%d ends" % pid, lambda: not os.path.exists("/proc/%d" % pid), 15)
        except (FileNotFoundError, ProcessLookupError):
            pass

    # ---- the platform ----

    def found_platform(self, **routing):
        """`init` with the bootstrap certificate, then the steward and routing."""
        public = self.path("state", "steward.pub")
        self.empower()
        self.program("steward", "lt-steward", [], {
            "kafka": self.kafka.section("steward"),
            "steward": {"key_file": self.path("state", "steward.key"),
                        "state_file": self.path("state", "steward.state"),
                        "ca_cert_file": self.kafka.ca,
                        "ca_key_file": os.path.join(self.kafka.certs, "ca.key"),
                        "spool": self.path("spool"), "replicas": self.kafka.replicas()},
        }).start()
        wait_until("the steward takes commands",
                   lambda: os.path.isdir(self.path("spool", "in")))
        self.program("routing", "lt-routing", [], {
            "kafka": self.kafka.section("routing"), "routing": routing,
            "control": {"public_key_file": public},
        }).start()

    def empower(self):
        """`init` with the bootstrap certificate: also on a cluster made anew."""
        public = self.path("state", "steward.pub")
        self.write_cli_config("bootstrap", public)
        self.lienthong("init", "--key-file", self.path("state", "steward.key"),
                       "--replicas", self.kafka.replicas())
        self.write_cli_config("operator", public)

    def restore_control(self):
        """What the archive holds goes into an empty cluster; gives what the command printed."""
        steward = self.programs["steward"]
        return run(steward.binary, "restore-control", "--config", steward.config)

    def write_cli_config(self, principal, public, **control):
        write_config(self.path("etc", "lienthong.conf"), {
            "kafka": self.kafka.section(principal),
            "control": dict({"public_key_file": public}, **control),
            "steward": {"spool": self.path("spool")},
            "cli": {"lang": "en", "author": "operator"},
        })

    def issue(self, application):
        """The steward issues the application's key and certificate; gives its [kafka] section."""
        directory = self.path("certificates", application)
        os.makedirs(directory, exist_ok=True)
        self.lienthong("issue", application, "--directory", directory)
        return self.kafka.section(application + ".k1", directory)

    def provider(self, application, source, cluster, database, **settings):
        """A provider adapter whose plan was carried out in its database."""
        program = self.program("provider-" + database, "lt-provider-postgres", ["run"], {
            "postgres": {"dsn": self.clusters[cluster].dsn(database, "lienthong_provider")},
            "provider": dict(settings, application=application, source=source),
            "kafka": self.issue(application),
            "control": {"public_key_file": self.path("state", "steward.pub")},
        })
        self.apply_plan(program, cluster, database)
        return program

    def consumer(self, application, cluster, database, **settings):
        """A consumer adapter whose plan was carried out in its database."""
        program = self.program("consumer-" + database, "lt-consumer-postgres", ["run"], {
            "postgres": {"dsn": self.clusters[cluster].dsn(database, "lienthong_" + database)},
            "consumer": dict(settings, application=application,
                             state_file=self.path("state", "consumer-" + database)),
            "kafka": self.issue(application),
        })
        self.apply_plan(program, cluster, database)
        return program

    def apply_plan(self, program, cluster, database):
        """What a DBA does: reads the SQL that `plan` prints, and runs it."""
        plan = subprocess.run([program.binary, "plan", "--config", program.config],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              stdin=subprocess.DEVNULL, check=False)
        if plan.returncode:
            raise LineError("%s plan: %s" % (program.name, plan.stderr))
        path = self.path("state", program.name + "-plan.sql")
        with open(path, "w", encoding="utf-8") as file:
            file.write(plan.stdout)
        run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", path,
            self.clusters[cluster].dsn(database))

    # ---- the command line and declarations ----

    def lienthong(self, *arguments, check=True, timeout=60):
        command = [os.path.join(self.bin, "lienthong"), "--config",
                   self.path("etc", "lienthong.conf")] + list(arguments)
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              stdin=subprocess.DEVNULL, timeout=timeout)
        if check and done.returncode:
            raise LineError("%s: exit %d\n%s%s" % (" ".join(command), done.returncode,
                                                   done.stdout, done.stderr))
        return done

    def declare(self, *objects):
        """Writes each object into a file of its own and applies them together."""
        files = []
        for declaration in objects:
            self.declared += 1
            path = self.path("declarations", "%03d-%s-%s.json" % (
                self.declared, declaration["kind"], declaration["id"]))
            with open(path, "w", encoding="utf-8") as file:
                json.dump(declaration, file, ensure_ascii=False, indent=1)
            files.append(path)
        answer = self.lienthong("apply", *files)
        self.declarations.update({(d["kind"], d["id"]): d for d in objects})
        return answer

    def status(self):
        return json.loads(self.lienthong("status", "--json").stdout)


def wait_until(what, condition, patience=60, step=0.2):
    """Waits until condition() is true; says what did not happen otherwise."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise LineError("not within %d s: %s" % (patience, what))
        time.sleep(step)


def remove(directory):
    """Deletes a line's directory after its parts were stopped."""
    shutil.rmtree(directory, ignore_errors=True)
