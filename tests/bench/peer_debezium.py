"""Debezium: its PostgreSQL source and its JDBC sink in one Kafka Connect worker."""

import os
import subprocess

from line import wait_until
from peer_connect import Worker, jars, settings
from peer_system import System
import sample

TOPIC = "%s.public.bench"


class Debezium(System):
    """One worker with both connectors, between two databases of its own."""

    def __init__(self, line, registry, name, variant):
        super().__init__(line, name, "dbz" + "".join(c for c in name if c.isalnum()))
        self.variant, self.registry = variant, registry
        self.worker = Worker(line.path("peers", self.databases["source"]), self.databases["source"],
                             line.kafka, java_flags(variant), variant["exactly_once"])

    def found(self):
        self.make_databases()
        self.worker.start()
        self.worker.connect(self.databases["source"] + "-source", self.source())
        wait_until("%s: the slot is read" % self.name, self.walsenders, 120)
        self.sql("source", "INSERT INTO public.bench " + sample.rows(0, 0))
        self.sql("source", "DELETE FROM public.bench")  # the topic is there now
        self.worker.connect(self.databases["source"] + "-sink", self.sink())  # its group, too

    # ---- configuration ----

    def source(self):
        cluster, name = self.line.clusters["source"], self.databases["source"]
        values = {"connector.class": "io.debezium.connector.postgresql.PostgresConnector",
                  "tasks.max": 1, "topic.prefix": name,
                  "database.hostname": "127.0.0.1", "database.port": cluster.env["PGPORT"],
                  "database.user": "postgres", "database.password": password(cluster),
                  "database.dbname": name, "slot.name": name, "publication.name": name,
                  "publication.autocreate.mode": "filtered",
                  "table.include.list": "public.bench",
                  "topic.creation.default.partitions": 1,
                  "topic.creation.default.replication.factor": 1}
        values.update(settings()["source"], **self.converters())
        if self.variant["exactly_once"]:
            values["exactly.once.support"] = "required"
        return values

    def sink(self):
        cluster, name = self.line.clusters["target"], self.databases["target"]
        options = dict(settings()["url"])
        if not self.variant["synchronous_commit"]:
            options["options"] = "-c%20synchronous_commit=off"
        values = {"connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
                  "tasks.max": 1, "topics": TOPIC % name,
                  "connection.url": "jdbc:postgresql://127.0.0.1:%s/%s?%s" % (
                      cluster.env["PGPORT"], name, "&".join("%s=%s" % o for o in options.items())),
                  "connection.username": "postgres", "connection.password": password(cluster),
                  "collection.name.format": "bench"}
        values.update(settings()["sink"], **self.converters())
        return values

    def converters(self):
        """The format of keys and values alike; what is no converter's stands as it is."""
        values = {}
        for name, value in settings()[self.variant["format"]].items():
            if name.startswith("converter"):
                values.update({"key." + name: value, "value." + name: value})
            else:
                values[name] = value
        if self.variant["format"] == "avro":
            for side in ("key", "value"):
                values[side + ".converter.apicurio.registry.url"] = self.registry.url
        return values

    # ---- the system ----

    def programs(self):
        return [self.worker.pid]

    def others(self):
        return {"broker": self.line.kafka.pid()}

    def size(self):
        own = [os.path.join(jars(), name) for name in os.listdir(jars())]
        runtime = package_files("openjdk-17-jre-headless")
        sizes = [sum(os.path.getsize(path) for path in paths) for paths in (own, runtime)]
        return sum(sizes), "%d jars of %.0f MB, the JRE of %.0f MB" % (
            len(own), sizes[0] / 1e6, sizes[1] / 1e6)

    def end(self):
        if self.worker.process is not None:
            self.wake()
            self.worker.stop()
        super().end()


def java_flags(variant):
    return (["-Xms%dm" % variant["heap"], "-Xmx%dm" % variant["heap"]]
            + settings()[variant["jvm"]]["flags"].split())


def password(cluster):
    with open(cluster.env["PGPASSFILE"], encoding="ascii") as file:
        return file.read().strip().rpartition(":")[2]


def package_files(name):
    told = subprocess.run(["dpkg", "-L", name], stdout=subprocess.PIPE, text=True, check=True)
    return [path for path in told.stdout.splitlines()
            if os.path.isfile(path) and not os.path.islink(path)]
