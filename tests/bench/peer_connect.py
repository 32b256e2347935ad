"""A private Kafka Connect worker in distributed mode: its jars, its process, its REST interface."""

import configparser
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request

from line import ROOT, run, wait_until
from measure import BenchError

HERE = os.path.dirname(os.path.realpath(__file__))
JARS = os.path.join(ROOT, "build", "peers-jars")
LOGS = os.path.join(ROOT, "build", "run", "peers")  # they stay when all else is deleted
LOGGING = os.path.join(ROOT, "tools", "kafka", "log4j2.properties")


def settings():
    """The committed settings: section -> name -> value."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read(os.path.join(HERE, "peer_debezium.ini"), encoding="utf-8")
    return {name: dict(parser[name]) for name in parser.sections()}


def jars():
    """The directory of all jars; Maven fetches them once, one process at a time."""
    os.makedirs(JARS, exist_ok=True)
    found = os.path.join(JARS, "all")
    with open(os.path.join(JARS, ".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.isdir(found):
            fetched = os.path.join(JARS, ".new")
            shutil.rmtree(fetched, ignore_errors=True)
            run("mvn", "-q", "-B", "-f", os.path.join(HERE, "peer_pom.xml"),
                "dependency:copy-dependencies", "-DincludeScope=runtime",
                "-DoutputDirectory=" + fetched)
            os.rename(fetched, found)
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Worker:
    """One worker of its own group, alone in it."""

    def __init__(self, directory, name, kafka, flags, exactly_once):
        self.directory, self.name, self.flags = directory, name, flags
        self.log = os.path.join(LOGS, name + ".log")
        self.port, self.process = free_port(), None
        os.makedirs(directory)
        os.makedirs(LOGS, exist_ok=True)
        self.write_properties(kafka, exactly_once)

    # ---- files ----

    def write_properties(self, kafka, exactly_once):
        section = kafka.section("bootstrap")
        keystore = os.path.join(self.directory, "keystore.pem")
        with open(os.open(keystore, os.O_CREAT | os.O_WRONLY, 0o600), "w",
                  encoding="ascii") as file:
            for name in ("key_file", "cert_file"):
                with open(section[name], encoding="ascii") as part:
                    file.write(part.read())
        access = {"security.protocol": "SSL", "ssl.keystore.type": "PEM",
                  "ssl.keystore.location": keystore, "ssl.truststore.type": "PEM",
                  "ssl.truststore.location": section["ca_file"]}
        values = {"bootstrap.servers": section["brokers"], "group.id": self.name,
                  "listeners": "http://127.0.0.1:%d" % self.port,
                  "key.converter": "org.apache.kafka.connect.json.JsonConverter",
                  "value.converter": "org.apache.kafka.connect.json.JsonConverter",
                  "offset.storage.partitions": 1, "status.storage.partitions": 1,
                  "exactly.once.source.support": "enabled" if exactly_once else "disabled"}
        for topic in ("offset", "config", "status"):
            values[topic + ".storage.topic"] = "%s.%s" % (self.name, topic)
            values[topic + ".storage.replication.factor"] = 1
        for prefix in ("", "producer.", "consumer.", "admin."):
            values.update({prefix + key: value for key, value in access.items()})
        values.update(settings()["worker"])
        with open(self.path, "w", encoding="utf-8") as file:
            file.writelines("%s=%s\n" % item for item in values.items())

    @property
    def path(self):
        return os.path.join(self.directory, "worker.properties")

    # ---- the process ----

    def start(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["java"] + self.flags
                + ["-Dlog4j2.configurationFile=" + LOGGING, "-cp", os.path.join(jars(), "*"),
                   "org.apache.kafka.connect.cli.ConnectDistributed", self.path],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        wait_until("the worker of %s answers, see %s" % (self.name, self.log), self.answers, 240)

    def answers(self):
        if self.process.poll() is not None:
            raise BenchError("the worker of %s ended, see %s" % (self.name, self.log))
        try:
            return self.ask("GET", "/connectors") is not None
        except (OSError, urllib.error.URLError):
            return False

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    # ---- REST ----

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            "http://127.0.0.1:%d%s" % (self.port, path), method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=90) as answer:
            return json.loads(answer.read() or b"null")

    def connect(self, name, config):
        """Makes a connector and waits until its task runs."""
        try:
            self.ask("PUT", "/connectors/%s/config" % name,
                     {key: str(value) for key, value in config.items()})
        except urllib.error.HTTPError as error:
            raise BenchError("%s: %s" % (name, error.read().decode("utf-8", "replace"))) from None
        wait_until("%s runs, see %s" % (name, self.log), lambda: self.runs(name), 180)

    def runs(self, name):
        try:
            tasks = self.ask("GET", "/connectors/%s/status" % name)["tasks"]
        except urllib.error.HTTPError:
            return False
        failed = [task["trace"] for task in tasks if task["state"] == "FAILED"]
        if failed:
            raise BenchError("%s failed: %s" % (name, failed[0]))
        return bool(tasks) and all(task["state"] == "RUNNING" for task in tasks)
