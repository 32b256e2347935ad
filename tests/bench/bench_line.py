"""A whole line for stages: Kafka, a source and a target cluster, all programs, one data service on
public.bench and one connection that takes all of it."""

import contextlib
import os
import signal
import time

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

import places
import sample
from line import Line, wait_until
from measure import BenchError, cpu_of, cpu_of_tree, rss_peak_kib

SERVICE, CONNECTION = "sv000001", "cn000001"
FEED, STREAM = "feed.sv000001.1", "stream.cn000001.1"
SOURCE_DB, TARGET_DB = "registry", "users_a"
VIEW = "lienthong_data.bench_cn000001"
COLUMNS = (("id", "bigint", True), ("district", "integer", True), ("amount", "numeric(18,4)", False),
           ("changed", "timestamptz", True), ("name", "text", True), ("address", "text", False),
           ("active", "boolean", True), ("total", "bigint", False))


class BenchLine(Line):
    """Founded, declared and stamped, with an empty table."""

    def found(self):
        settings = [word for s in places.SETTINGS for word in ("--set", s)]
        self.start_kafka()
        self.start_cluster("source", *settings)
        self.start_cluster("target", *settings)
        self.clusters["source"].query("postgres", "CREATE DATABASE " + SOURCE_DB)
        self.clusters["target"].query("postgres", "CREATE DATABASE " + TARGET_DB)
        self.found_platform()
        self.declare(*parties())
        self.sql(sample.TABLE)
        self.sql("ALTER TABLE public.bench REPLICA IDENTITY FULL")
        self.provider("ap000001", "so000001", "source", SOURCE_DB).start()
        self.consumer("ap000002", "target", TARGET_DB).start()
        self.sql("GRANT SELECT ON public.bench TO lienthong_provider")
        self.sql("ALTER PUBLICATION lienthong ADD TABLE public.bench")
        self.declare(service())
        self.declare(agreement())
        wait_until("the copy is stamped", self.stamp, 90)
        return self

    def sql(self, statement):
        return self.clusters["source"].query(SOURCE_DB, statement)

    def load(self, statement):
        """Runs a change whose commits wait for no disk: only what comes behind them is measured."""
        connection = self.clusters["source"].connect(SOURCE_DB)
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")
            cursor.execute(statement)
        connection.close()

    def target(self, statement):
        return self.clusters["target"].query(TARGET_DB, statement)

    def stamp(self):
        found = self.target("SELECT stamp FROM lienthong.copy WHERE shown AND stamp IS NOT NULL")
        return bool(found)

    def of(self, name):
        return self.programs[{"provider": "provider-" + SOURCE_DB,
                              "consumer": "consumer-" + TARGET_DB}.get(name, name)]

    @contextlib.contextmanager
    def standing(self, *names):
        """These programs stand still inside the block."""
        for name in names:
            self.of(name).signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for name in names:
                self.of(name).signal(signal.SIGCONT)

    def end(self):
        """Stops everything, also what a failed stage left standing still."""
        for program in self.programs.values():
            program.signal(signal.SIGCONT)
        self.stop()

    # ---- Kafka from outside, as super user ----

    def client(self):
        section = self.kafka.section("bootstrap")
        return {"bootstrap.servers": section["brokers"], "security.protocol": "ssl",
                "ssl.ca.location": section["ca_file"],
                "ssl.certificate.location": section["cert_file"],
                "ssl.key.location": section["key_file"], "log_level": 3}

    def raw_arguments(self):
        section = self.kafka.section("bootstrap")
        return [section[k] for k in ("brokers", "ca_file", "cert_file", "key_file")]

    def make_topic(self, name):
        admin = AdminClient(self.client())
        config = {"message.timestamp.type": "LogAppendTime"}
        for future in admin.create_topics([NewTopic(name, 1, 1, config=config)]).values():
            future.result(30)

    def end_of(self, topic):
        consumer = Consumer(dict(self.client(), **{"group.id": "bench"}))
        try:
            return consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)[1]
        finally:
            consumer.close()

    def rows_of(self, topic, offset, count, patience=120):
        """Reads `count` records of rows from the offset on; seconds from the first's append time to
        the last's."""
        consumer = Consumer(dict(self.client(), **{
            "group.id": "bench", "enable.auto.commit": False, "auto.offset.reset": "error",
            "isolation.level": "read_committed"}))
        end = time.monotonic() + patience
        first = last = None
        consumer.assign([TopicPartition(topic, 0, offset)])
        try:
            while count > 0:
                if time.monotonic() > end:
                    raise BenchError("%s: %d records have not come" % (topic, count))
                for message in consumer.consume(10000, 1.0):
                    if message.error() or dict(message.headers() or ())["lt"][:5] == b"sync ":
                        continue
                    last = message.timestamp()[1]
                    first = first or last
                    count -= 1
            return (last - first) / 1000
        finally:
            consumer.close()

    # ---- costs ----

    def cpu(self):
        """CPU seconds of every part so far."""
        with open(os.path.join(self.kafka.directory, "node1", "pid"), encoding="ascii") as file:
            costs = {"broker": cpu_of(int(file.read()))}
        for name in ("provider", "routing", "consumer", "steward"):
            costs[name] = cpu_of(self.of(name).process.pid)
        for name, cluster in self.clusters.items():
            with open(os.path.join(cluster.directory, "data", "postmaster.pid"),
                      encoding="ascii") as file:
                costs[name] = cpu_of_tree(int(file.readline()))
        return costs

    def rss_kib(self, name):
        return rss_peak_kib(self.of(name).process.pid)


def spent(before, after, *names):
    return {"cpu_" + name: after[name] - before[name] for name in names}


def parties():
    for number, ident in ((1, "ap000001"), (2, "ap000002")):
        yield {"kind": "agency", "id": "ag%04d" % number, "name": "Cơ quan %d" % number,
               "class": "ministry", "contact": "đầu mối"}
        yield {"kind": "application", "id": ident, "agency": "ag%04d" % number,
               "name": "Ứng dụng " + ident, "role": "provider" if number == 1 else "user"}


def service():
    return {"kind": "service", "id": SERVICE, "provider": "ap000001", "source": "so000001",
            "name": "Đo tốc độ", "entity": "bench", "table": "public.bench",
            "fields": [{"name": n, "column": n, "type": t, "required": r} for n, t, r in COLUMNS],
            "key": ["id"], "scope_columns": ["district"], "window": "1d", "published": True,
            "policy": {"version": 1, "use_period": "1h", "on_expiry": "hide"}}


def agreement():
    return {"kind": "agreement", "id": "ar000012", "provider": "ag0001", "user": "ag0002",
            "purpose": "đo tốc độ", "basis": "case", "signed": True,
            "valid_from": "2025-01-01T00:00:00Z", "connection_until": None, "use_until": None,
            "grants": [{"connection": CONNECTION, "application": "ap000002", "service": SERVICE,
                        "fields": [n for n, _, _ in COLUMNS], "filter": "", "use_period": "1h",
                        "on_expiry": "hide", "max_per_day": None}]}
