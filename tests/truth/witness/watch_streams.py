"""A greedy reader in each user's name: its inbox and every stream that the inbox tells of, each
record noted when it comes."""

import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from .avro_record import Malformed, Schema
from .clocks import appended, now_us
from .observations import Notice, Record, Stream
from .wire import Damage, unframe

ASKING = 5  # seconds for which a client that may not read asks again by itself
STREAM_NOTICE, SCHEMA_NOTICE, DELIVERY_NOTE = 20, 21, 40
GONE = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION)


def settings(section, group):
    """Of a client with the longest fetch wait; what it may not read it asks for again.  What looks at
    its topics while it may not see them never ends (librdkafka 2.0: no partitions any more), so that
    it looks seldom; it does when a broker goes."""
    return {
        "bootstrap.servers": section["brokers"], "security.protocol": "ssl",
        "ssl.ca.location": section["ca_file"], "ssl.certificate.location": section["cert_file"],
        "ssl.key.location": section["key_file"], "group.id": group,
        "enable.auto.commit": False, "isolation.level": "read_committed",
        "auto.offset.reset": "earliest", "fetch.wait.max.ms": 500, "fetch.error.backoff.ms": 100,
        "reconnect.backoff.max.ms": 500, "topic.metadata.refresh.interval.ms": 300000,
        "enable.partition.eof": True, "log_level": 2,
    }


def leave(consumer, patience=2):
    """A client that lost the right to its topic may take for ever to close."""
    closing = threading.Thread(target=consumer.close, daemon=True)
    closing.start()
    closing.join(patience)


class Reader(threading.Thread):
    """Reads partition 0 of one topic until stopped, through errors, and starts anew on a topic
    that was made again."""

    def __init__(self, section, group, topic, take):
        super().__init__(daemon=True)
        self.section, self.group, self.topic, self.take = section, group, topic, take
        self.next_offset = 0
        self.asked, self.end = False, 0  # for the topic's end; where it was then
        self.refused, self.over = None, False
        self.refused_since = 0
        self.ended, self.anew = threading.Event(), threading.Event()

    def run(self):
        while not self.ended.is_set() and not (self.over and self.refused):
            try:
                self.read()
            except KafkaException as error:
                self.refused = error.args[0].name()
            self.ended.wait(1)

    def read(self):
        section = self.section  # a new key wants a new client
        consumer = Consumer(settings(section, self.group))
        self.refused_since = time.monotonic()
        try:
            partition = TopicPartition(self.topic, 0, self.next_offset)
            consumer.assign([partition])
            while not self.ended.is_set() and self.section is section and not self.given_up():
                if self.anew.is_set():
                    self.next_offset = self.end = 0
                    self.anew.clear()
                    return
                if self.asked:
                    self.end = consumer.get_watermark_offsets(partition, 5)[1]
                    self.asked = False
                message = consumer.poll(0.2)
                if message is not None and not self.took(message):
                    return
        finally:
            leave(consumer)

    def took(self, message):
        """False: the client must be made again."""
        if not message.error():
            self.refused = None
            self.take(message)
            self.next_offset = message.offset() + 1
        elif message.error().code() == KafkaError._PARTITION_EOF:
            self.refused = None
            self.next_offset = max(self.next_offset, message.offset())
        elif message.error().code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            return self.keeps_asking(message.error().name())
        elif message.error().code() in GONE:
            self.refused = message.error().name()
            return False
        return not (self.over and self.refused)

    def keeps_asking(self, why):
        """The client asks again by itself, for some time."""
        if not self.refused:
            self.refused_since = time.monotonic()
        self.refused = why
        return not self.over

    def given_up(self):
        return bool(self.refused) and time.monotonic() - self.refused_since > ASKING

    def ask_end(self):
        self.asked = True

    def at_end(self):
        """Has everything that was readable when it was asked for its end."""
        return not self.asked and self.next_offset >= self.end

    def has_all(self):
        """A client that was refused for a moment is told its end once more when it is made anew."""
        return self.refused is None and self.at_end()

    def stop(self):
        self.ended.set()


class User:
    """All readers of one application."""

    def __init__(self, application, section, platform_schemas):
        self.application, self.section = application, section
        self.bodies = platform_schemas  # id -> Schema
        self.streams, self.notices, self.schemas, self.readers = {}, {}, {}, {}
        self.forgotten = set()  # connections
        self.garbage = []
        self.lock = threading.Lock()
        self.inbox = Reader(section, application + ".witness", "inbox." + application, self.notice)

    def start(self):
        self.inbox.start()
        return self

    def notice(self, message):
        if message.value() is None:
            return
        try:
            ident, data = unframe(message.value())
            body = self.bodies[ident].read(data) if ident in self.bodies else None
        except (Damage, Malformed) as error:
            self.garbage.append(str(error))
            return
        if ident == SCHEMA_NOTICE:
            self.schemas[body["id"]] = body["text"]
        elif ident == STREAM_NOTICE:
            with self.lock:
                self.notices.setdefault(body["stream"], []).append(
                    Notice(now_us(), append_us(message), body))
                self.follow(body)

    def follow(self, body):
        name = body["stream"]
        if name in self.readers:
            self.readers[name].over = body["ended"]
        if name in self.readers or body["terminated"] or body["connection"] in self.forgotten:
            return
        stream = self.streams.setdefault(name, Stream(name, body["connection"]))
        self.readers[name] = Reader(self.section, self.application + ".witness", "stream." + name,
                                    lambda message: keep(stream, message))
        self.readers[name].start()

    def cluster_is_new(self):
        """All streams are lost.  A name that comes again must not carry other contents under it: what
        comes then is added to what was read."""
        with self.lock:
            for name, reader in self.readers.items():
                reader.stop()
                self.streams[name].refused = "lost with Kafka"
                self.streams[name].lost_us = now_us()
            self.readers.clear()
        self.inbox.anew.set()

    def gets_a_record_of(self, name):
        """Of a stream that has some: a new client, and the first of them."""
        consumer = Consumer(settings(self.section, self.application + ".witness"))
        end = time.monotonic() + 2
        try:
            consumer.assign([TopicPartition("stream." + name, 0, 0)])
            while time.monotonic() < end:
                message = consumer.poll(0.2)
                if message is not None:
                    return not message.error()
            return False
        finally:
            leave(consumer)

    def renew(self, section):
        """Goes on with another key."""
        with self.lock:
            self.section = section
            for reader in [self.inbox] + list(self.readers.values()):
                reader.section = section

    def finish(self):
        """What each reader knew when it was asked to stop."""
        for name, reader in self.readers.items():
            self.streams[name].read_to_end = reader.has_all()
            self.streams[name].refused = reader.refused

    def forget(self, connections):
        """Stops reading what a history is done with, before the right to it goes."""
        with self.lock:
            self.forgotten.update(connections)
            done = [n for n, s in self.streams.items() if s.connection in connections]
            stopped = [self.readers.pop(name) for name in done if name in self.readers]
            for reader in stopped:
                reader.stop()
            for name in done:
                del self.streams[name]
                self.notices.pop(name, None)
        for reader in stopped:
            reader.join(5)

    def stop(self):
        """Asks; they are daemons, and a client whose broker is gone takes long to close."""
        for reader in [self.inbox] + list(self.readers.values()):
            reader.stop()


def append_us(message):
    return appended(message.timestamp()[1] * 1000, now_us())


def keep(stream, message):
    headers = dict(message.headers() or [])
    if stream.records and message.offset() <= stream.records[-1].offset:
        stream.lives += 1
    stream.records.append(Record(message.offset(), append_us(message), now_us(), message.key(),
                                 message.value(),
                                 (headers.get("lt") or b"").decode("ascii", "replace")))


class Diary:
    """Delivery notes and the append times of control records, as an operator may read them."""

    def __init__(self, section, platform_schemas):
        self.bodies, self.notes, self.control_us = platform_schemas, [], {}
        self.readers = [Reader(section, "witness", "platform.diary", self.note),
                        Reader(section, "witness", "platform.control", self.control)]

    def start(self):
        for reader in self.readers:
            reader.start()
        return self

    def note(self, message):
        if message.value() is not None and message.key().startswith(b"note/"):
            ident, data = unframe(message.value())
            if ident == DELIVERY_NOTE:
                self.notes.append(self.bodies[ident].read(data))

    def control(self, message):
        self.control_us.setdefault(message.key().decode(), []).append(append_us(message))

    def cluster_is_new(self):
        for reader in self.readers:
            reader.anew.set()

    def appended(self, key, after_us):
        """When the first record of this key after a moment was appended."""
        times = [t for t in self.control_us.get(key, []) if t >= after_us - 1_000_000]
        return min(times, default=None)

    def stop(self):
        for reader in self.readers:
            reader.stop()


def platform_schemas(directory):
    """The published schemas of the platform's records, by id (schemas/README.md, section 3)."""
    names = {STREAM_NOTICE: "stream-notice", SCHEMA_NOTICE: "schema-notice",
             DELIVERY_NOTE: "delivery-note"}
    found = {}
    for ident, name in names.items():
        with open("%s/%s.avsc" % (directory, name), encoding="utf-8") as file:
            found[ident] = Schema(file.read())
    return found
