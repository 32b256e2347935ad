"""A thousand connections held at once while rows come: for each, from the append time of its hold
record to its last record of a row. Real Kafka; the control plane takes the holds from the spool, as
fast as it signs them. No consumer: what counts is what a stream still gets."""

import json
import os
import re
import threading
import time

from confluent_kafka import Consumer, TopicPartition

import bench_line
import places as bench_places
import sample
from bench_line import SOURCE_DB, BenchLine
from line import wait_until
from measure import BenchError, cpu_of

GOAL_MS = 500
RATE, IN_TRANSACTION = 2000, 20  # rows a second, each of the next stream
QUIET_SECONDS = 3
AT_ONCE = 500  # declarations in one command


def connection_id(number):
    return "cn%06d" % (number + 1)


def user_id(number):
    return "ap%06d" % (number + 2)


def stream_topic(number):
    return "stream.%s.1" % connection_id(number)


class HoldLine(BenchLine):
    """Many users, each with one district, and nobody who reads."""

    def found(self, connections):
        self.connections = connections
        self.start_kafka()
        self.start_cluster("source", *(word for s in bench_places.SETTINGS
                                       for word in ("--set", s)))
        self.clusters["source"].query("postgres", "CREATE DATABASE " + SOURCE_DB)
        self.found_platform()
        every = parties(connections)
        for begin in range(0, len(every), AT_ONCE):
            self.declare(*every[begin:begin + AT_ONCE])
        self.sql(sample.TABLE)
        self.sql("ALTER TABLE public.bench REPLICA IDENTITY FULL")
        self.provider("ap000001", "so000001", "source", SOURCE_DB).start()
        self.issue_all()
        self.sql("GRANT SELECT ON public.bench TO lienthong_provider")
        self.sql("ALTER PUBLICATION lienthong ADD TABLE public.bench")
        self.declare(bench_line.service())
        self.declare(agreement(connections))
        wait_until("all streams are LIVE", lambda: self.count("LIVE") == connections,
                   1500, 1)
        return self

    def issue_all(self):
        """A certificate for each application, of which only the steward needs to know."""
        directory = self.path("certificates", "users")
        os.makedirs(directory)
        names = self.submit({"command": "issue", "application": user_id(n),
                             "directory": directory, "author": "operator"}
                            for n in range(self.connections))
        for name in names:
            self.answer(name)

    def count(self, state):
        """How many streams are in the state, as the live lane tells."""
        try:
            with open(self.path("metrics", "routing.prom"), encoding="utf-8") as file:
                text = file.read()
        except FileNotFoundError:
            return 0
        found = re.search(r'^lt_routing_streams\{[^}]*live[^}]*state="%s"\} (\d+)' % state, text,
                          re.MULTILINE)
        return int(found.group(1)) if found else 0

    def submit(self, commands):
        """All of them in the steward's spool at one instant; gives the names of their answers."""
        names = []
        for number, command in enumerate(commands):
            names.append("%016d-%d" % (time.time_ns() // 1000, number + 100000))
            with open(self.path("spool", "tmp", names[-1] + ".json"), "w",
                      encoding="utf-8") as file:
                json.dump(command, file)
        for name in names:
            os.rename(self.path("spool", "tmp", name + ".json"),
                      self.path("spool", "in", name + ".json"))
        return names

    def answer(self, name):
        path = self.path("spool", "out", name + ".json")
        wait_until("the steward has answered " + name, lambda: os.path.exists(path), 300, 0.1)
        with open(path, encoding="utf-8") as file:
            return json.load(file)


def parties(connections):
    """Those of the line, and a user application for each connection."""
    *first, user = bench_line.parties()
    return first + [dict(user, id=user_id(n)) for n in range(connections)]


def agreement(connections):
    whole = bench_line.agreement()
    grant = whole["grants"][0]
    whole["grants"] = [dict(grant, connection=connection_id(n), application=user_id(n),
                            filter="district = %d" % n)
                       for n in range(connections)]
    return whole


def hold_command(number):
    return {"command": "hold", "target": connection_id(number), "ground": "43.2b",
            "reason": "đo tốc độ", "restore": "hết đo", "expected_end": None, "author": "operator"}


class Load(threading.Thread):
    """Rows at a steady rate, each of the next stream."""

    def __init__(self, line):
        super().__init__(daemon=True)
        self.line, self.running, self.rows = line, True, 0

    def run(self):
        connection = self.line.clusters["source"].connect(SOURCE_DB)
        began = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")
            while self.running:
                cursor.execute("INSERT INTO public.bench " + sample.rows(
                    self.rows, self.rows + IN_TRANSACTION - 1, self.line.connections))
                self.rows += IN_TRANSACTION
                time.sleep(max(0, began + self.rows / RATE - time.monotonic()))
        connection.close()


def read_from(line, topics, back):
    """Every record of the last `back` offsets of the topics: (topic, key, append time in ms)."""
    consumer = Consumer(dict(line.client(), **{
        "group.id": "bench", "enable.auto.commit": False, "auto.offset.reset": "earliest",
        "isolation.level": "read_committed", "enable.partition.eof": True}))
    ends = {topic: consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)
            for topic in topics}
    consumer.assign([TopicPartition(topic, 0, max(low, high - back))
                     for topic, (low, high) in ends.items()])
    waiting = set(topics)
    try:
        while waiting:
            for message in consumer.consume(500, 1.0):
                if message.error():
                    waiting.discard(message.topic())
                else:
                    yield message.topic(), message.key(), message.timestamp()[1]
    finally:
        consumer.close()


def last_rows(line):
    """Append time of each stream's last record."""
    last = {}
    for topic, _, at in read_from(line, [stream_topic(n) for n in range(line.connections)], 200):
        last[topic] = max(at, last.get(topic, 0))
    return last


def hold_times(line):
    """Append time of each hold record, by hold."""
    return {key.decode().partition("/")[2]: at
            for _, key, at in read_from(line, ["platform.control"], 10 ** 9)
            if key and key.startswith(b"hold/")}


def run(places, report, options):
    os.makedirs(places.path("holds"))
    line = HoldLine(places.path("holds"), options.mode, lasting=True)
    try:
        measure(line.found(options.connections), report)
    finally:
        line.end()


def measure(line, report):
    load, count = Load(line), line.connections
    load.start()
    wait_until("every stream has rows", lambda: len(last_rows(line)) == count, 120, 1)
    before, began, rows = cpu_of(line.of("routing").process.pid), time.monotonic(), load.rows
    names = line.submit(hold_command(n) for n in range(count))
    holds = [line.answer(name)["objects"][0] for name in names]
    wait_until("all streams are HELD", lambda: line.count("HELD") == count, 120, 1)
    last = last_rows(line)
    spent = cpu_of(line.of("routing").process.pid) - before
    rate = (load.rows - rows) / (time.monotonic() - began)
    time.sleep(QUIET_SECONDS)
    if last_rows(line) != last:
        raise BenchError("holds: a held stream has got a row")
    load.running = False
    load.join()
    times = hold_times(line)
    delays = sorted(max(0, last[stream_topic(n)] - times[holds[n]]) for n in range(count))
    newest = max(times[hold] for hold in holds)
    p99 = delays[len(delays) * 99 // 100]
    report.add_value("%d holds at once: from hold record to last row" % count, p99, "ms p99",
                     "<%d" % GOAL_MS, p99 < GOAL_MS,
                     "p50 %d, longest %d; last row of all %d ms after the last hold record; holds"
                     " signed in %.1f s; %.0f rows/s; routing %.1f CPU s" % (
                         delays[len(delays) // 2], delays[-1], max(0, max(last.values()) - newest),
                         (newest - min(times[hold] for hold in holds)) / 1000, rate, spent))
