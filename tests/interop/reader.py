#!/usr/bin/python3
"""A reader of streams in another language, written from schemas/README.md alone.

Reads an application's inbox and the newest stream of each of its connections from the start, and
prints what a copy would hold: rows, stamp, seq and chain, as canonical JSON.  Faults (gaps, one
seq with two contents, order, unreadable topics) are listed by stream; any fault makes exit 1.
"""
import argparse
import hashlib
import json
import os
import re
import struct
import sys
import time

from values import Fault, Schema, unframe

HERE = os.path.dirname(os.path.abspath(__file__))
STREAM_NOTICE, SCHEMA_NOTICE = 20, 21
LT = re.compile(r"(insert|update|delete|snapshot|correction|withheld) ([1-9]\d*) (0|[1-9]\d*)"
                r" ([1-9]\d*)/([1-9]\d*) ([1-9]\d*\.[1-9]\d*)", re.ASCII)


# ---- sections 5, 6 and 10: a copy ----

class Copy:
    def __init__(self, notice, key_schema, value_schema):
        self.notice, self.key_schema, self.value_schema = notice, key_schema, value_schema
        self.rows, self.set_aside, self.faults, self.seen = {}, set(), [], {}
        self.seq = self.feed_seq = self.duplicates = 0
        self.chain = hashlib.sha256(b"lt1" + ("stream." + notice["stream"]).encode()).digest()
        self.terms = "%d.%d" % (notice["agreement"], notice["scope_version"])

    def key_text(self, framed):
        schema, record = unframe(framed)
        if schema != self.notice["key_schema"]:
            raise Fault("key of schema %d" % schema)
        texts = list(self.key_schema.texts(record).values())
        return texts[0] if len(texts) == 1 else json.dumps(texts, ensure_ascii=False)

    def apply(self, key, value, lt, old=False):
        """One record; old: written longer than the window ago, so records before it may be gone."""
        match = LT.fullmatch(lt)
        if not match:
            raise Fault("bad lt header")
        op, seq, incarnation, feed_seq = match[1], int(match[2]), int(match[4]), int(match[5])
        content = hashlib.sha256(repr((key, value, lt)).encode()).digest()
        if seq <= self.seq:
            self.duplicates += 1
            if self.seen.get(seq, content) != content:
                raise Fault("seq %d with two contents" % seq)
            return
        if seq != self.seq + 1:
            if not old:
                raise Fault("gap: seq %d after %d" % (seq, self.seq))
            self.chain = None
        if match[6] != self.terms or incarnation != self.notice["incarnation"]:
            raise Fault("seq %d has other terms or another incarnation" % seq)
        if feed_seq <= self.feed_seq:
            raise Fault("seq %d is not in feed order" % seq)
        if (value is None) != (op in ("delete", "withheld")):
            raise Fault("seq %d: op and value do not agree" % seq)
        self.put(self.key_text(key), value, op)
        self.seq, self.feed_seq, self.seen[seq] = seq, feed_seq, content
        if self.chain:
            self.chain = hashlib.sha256(self.chain + framed_len(key) + framed_len(value)
                                        + lt.encode()).digest()

    def put(self, key, value, op):
        if value is not None:
            schema, record = unframe(value)
            if schema != self.notice["value_schema"]:
                raise Fault("value of schema %d" % schema)
            self.rows[key] = self.value_schema.texts(record)
            self.set_aside.discard(key)
        elif self.rows.pop(key, None) is not None and op == "withheld":
            self.set_aside.add(key)
        elif op == "delete":
            self.set_aside.discard(key)

    def result(self):
        n = self.notice
        promised = max(n["load_seq"] or 0, n["sync_seq"] or 0)
        if self.seq < promised and not self.faults:
            self.faults.append("records up to %d were promised, %d came" % (promised, self.seq))
        loaded = n["load_seq"] is not None and self.seq >= n["load_seq"]
        shown = loaded and not n["terminated"]
        stamp = n["sync_time"] if shown and n["sync_seq"] is not None and self.seq >= n["sync_seq"] else None
        return {"seq": self.seq, "stamp": stamp, "loaded": loaded, "ended": n["ended"],
                "terminated": n["terminated"], "chain": self.chain.hex() if self.chain else None,
                "rows": {} if n["terminated"] else self.rows, "set_aside": sorted(self.set_aside),
                "duplicates": self.duplicates, "faults": self.faults}


def framed_len(data):
    return b"\xff" * 4 if data is None else struct.pack(">I", len(data)) + data


class Inbox:
    """Section 8: newest notices by stream, schemas by id."""

    def __init__(self):
        self.records = {}
        for schema, name in (STREAM_NOTICE, "stream-notice.avsc"), (SCHEMA_NOTICE, "schema-notice.avsc"):
            with open(os.path.join(HERE, "../../schemas", name), encoding="utf-8") as file:
                self.records[schema] = Schema(file.read())
        self.notices, self.schemas = {}, {}

    def take(self, key, value):
        schema, record = unframe(value)
        body = self.records[schema].read(record) if schema in self.records else None
        if schema == STREAM_NOTICE and body["stream"] == key:
            self.notices[key] = body
        elif schema == SCHEMA_NOTICE and key == "schema/%d" % body["id"]:
            if hashlib.sha256(body["text"].encode()).digest() != body["sha256"]:
                raise Fault("schema %d is not what its digest says" % body["id"])
            self.schemas[body["id"]] = Schema(body["text"])

    def copies(self):
        newest = {}
        for notice in self.notices.values():
            held = newest.get(notice["connection"])
            if held is None or notice["generation"] > held["generation"]:
                newest[notice["connection"]] = notice
        return [Copy(n, self.schemas[n["key_schema"]], self.schemas[n["value_schema"]])
                for n in newest.values()]


# ---- Kafka ----

def read_topic(conf, topic, timeout, visit):
    """Everything committed up to the high watermark at the call."""
    from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition
    asker = Consumer(dict(conf, **{"isolation.level": "read_uncommitted"}))
    try:
        end = asker.get_watermark_offsets(TopicPartition(topic, 0), timeout=timeout)[1]
    except KafkaException as error:
        raise Fault("%s: %s" % (topic, error.args[0].str())) from None
    asker.close()
    reader = Consumer(dict(conf, **{"isolation.level": "read_committed", "enable.partition.eof": True}))
    reader.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    deadline, at = time.monotonic() + timeout, 0
    while at < end:
        message = reader.poll(0.2)
        if message is None or message.error():
            if message and message.error().code() != KafkaError._PARTITION_EOF:
                raise Fault(message.error().str())
            at = max(at, message.offset()) if message else at
            if time.monotonic() > deadline:
                raise Fault("%s is not readable to its end" % topic)
            continue
        deadline, at = time.monotonic() + timeout, message.offset() + 1
        visit(message)
    reader.close()


def read_copy(conf, copy, timeout):
    def visit(message):
        if len(copy.faults) == 0:
            old = time.time() * 10**6 - message.timestamp()[1] * 1000 > copy.notice["window"]
            lt = dict(message.headers() or []).get("lt", b"").decode("ascii", "replace")
            copy.apply(message.key(), message.value(), lt, old)
    try:
        read_topic(conf, "stream." + copy.notice["stream"], timeout, visit)
    except Fault as fault:
        copy.faults.append(str(fault))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("brokers", "ca", "cert", "key", "application"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--timeout", type=float, default=30)
    args = parser.parse_args()
    conf = {"bootstrap.servers": args.brokers, "group.id": args.application + ".reader",
            "security.protocol": "ssl", "ssl.ca.location": args.ca, "ssl.key.location": args.key,
            "ssl.certificate.location": args.cert, "enable.auto.commit": False}
    inbox = Inbox()
    read_topic(conf, "inbox." + args.application, args.timeout,
               lambda m: inbox.take(m.key().decode(), m.value()) if m.value() is not None else None)
    copies = inbox.copies()
    for copy in copies:
        read_copy(conf, copy, args.timeout)
    result = {copy.notice["stream"]: copy.result() for copy in copies}
    print(json.dumps(result, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
    return 1 if any(stream["faults"] for stream in result.values()) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Fault as fault:
        sys.exit("reader: %s" % fault)
