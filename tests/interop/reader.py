#!/usr/bin/python3
"""A reader of streams in another language, written from schemas/README.md alone.

reader.py APPLICATION PROPERTY=VALUE... (of librdkafka) reads the inbox, then the stream of each
connection that counts, and prints what a copy holds, as JSON.  Any fault makes exit code 1.
"""
import datetime
import hashlib
import io
import json
import pathlib
import re
import sys

import avro.io
import avro.schema
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas"
STREAM_NOTICE, SCHEMA_NOTICE = 20, 21
TIMEOUT_S, EOF = 30, KafkaError._PARTITION_EOF
LT = re.compile(r"(insert|update|delete|snapshot|correction|withheld) ([1-9]\d*) (0|[1-9]\d*)"
                r" ([1-9]\d*)/([1-9]\d*) ([1-9]\d*\.[1-9]\d*)", re.ASCII)


class Fault(Exception):
    """What the wire promises does not hold."""


def unframe(framed):
    if len(framed) < 5 or framed[0] != 0:
        raise Fault("not a framed record")
    return int.from_bytes(framed[1:5], "big"), framed[5:]


class Schema:
    """Schema of a flat record.  Logical types are read as plain ones: Python's own hold less."""

    def __init__(self, text):
        plain = json.loads(text, object_hook=lambda n: {k: n[k] for k in n if k != "logicalType"})
        self.fields = json.loads(text)["fields"]
        self.reader = avro.io.DatumReader(avro.schema.parse(json.dumps(plain)))

    def read(self, record):
        data = io.BytesIO(record)
        row = self.reader.read(avro.io.BinaryDecoder(data))
        if data.read(1):
            raise Fault("bytes behind the record")
        return row

    def texts(self, record):
        row = self.read(record)
        return {f["name"]: to_text(row[f["name"]], f["type"]) for f in self.fields}


def to_text(value, kind):
    """Section 4: a value as PostgreSQL writes it, floats as Python does."""
    if value is None:
        return None
    kind = kind[1] if isinstance(kind, list) else kind
    logical = kind.get("logicalType", "") if isinstance(kind, dict) else ""
    if logical == "decimal":
        unscaled, scale = int.from_bytes(value, "big", signed=True), kind["scale"]
        digits = "%0*d" % (scale + 1 + (unscaled < 0), unscaled)
        return digits[:-scale] + "." + digits[-scale:] if scale else digits
    if logical == "date":
        return date_text(value)
    if logical.endswith("timestamp-micros"):
        days, micros = divmod(value, 86400 * 10**6)
        clock = datetime.datetime.min + datetime.timedelta(microseconds=micros)
        text = clock.strftime(" %H:%M:%S.%f").rstrip("0").rstrip(".")
        return date_text(days, text + ("" if logical.startswith("local") else "+00"))
    if isinstance(value, bool):
        return "t" if value else "f"
    return "\\x" + value.hex() if isinstance(value, bytes) else str(value)


def date_text(days, clock=""):
    """Python's calendar ends at the year 9999: count within cycles of 400 years, 146097 days."""
    cycles, rest = divmod(days + datetime.date(1970, 1, 1).toordinal() - 1, 146097)
    day = datetime.date.fromordinal(rest + 1)
    year = day.year + 400 * cycles
    text = "%04d-%02d-%02d%s" % (year if year > 0 else 1 - year, day.month, day.day, clock)
    return text if year > 0 else text + " BC"


class Copy:
    """Sections 5, 6 and 10."""

    def __init__(self, notice, schemas):
        self.notice, self.schemas = notice, schemas
        self.rows, self.set_aside, self.faults, self.applied = {}, set(), [], {}
        self.seq = self.feed_seq = 0
        self.topic = "stream." + notice["stream"]
        self.terms = "%d.%d" % (notice["agreement"], notice["scope_version"])
        self.chain = hashlib.sha256(b"lt1" + self.topic.encode()).digest()

    def read(self, conf):
        try:
            for message in read_topic(conf, self.topic):
                age = (datetime.datetime.now().timestamp() - message.timestamp()[1] / 1000) * 10**6
                lt = dict(message.headers() or []).get("lt", b"").decode("ascii", "replace")
                self.apply(message.key(), message.value(), lt, age > self.notice["window"])
        except (Fault, KafkaException) as fault:
            self.faults.append(str(fault))

    def apply(self, key, value, lt, old=False):
        """One record; old: written longer than the window ago, so records before it may be gone."""
        match = LT.fullmatch(lt)
        if not match:
            raise Fault("bad lt header")
        op, seq, incarnation, feed_seq = match[1], int(match[2]), int(match[4]), int(match[5])
        if seq <= self.seq:
            if self.applied.get(seq) not in (None, (key, value, lt)):
                raise Fault("seq %d with two contents" % seq)
            return
        if seq != self.seq + 1:
            if not old:
                raise Fault("gap: seq %d after %d" % (seq, self.seq))
            self.chain = None
        promised = self.terms, self.notice["incarnation"], op in ("delete", "withheld")
        if (match[6], incarnation, value is None) != promised or feed_seq <= self.feed_seq:
            raise Fault("seq %d: terms, incarnation, order or value are not as promised" % seq)
        self.put(op, tuple(self.texts(key, "key_schema").values()), value)
        self.seq, self.feed_seq, self.applied[seq] = seq, feed_seq, (key, value, lt)
        if self.chain:
            value = b"\xff" * 4 if value is None else len(value).to_bytes(4, "big") + value
            link = self.chain + len(key).to_bytes(4, "big") + key + value + lt.encode()
            self.chain = hashlib.sha256(link).digest()

    def texts(self, framed, which):
        schema, record = unframe(framed)
        if schema != self.notice[which]:
            raise Fault("schema %d is not the %s" % (schema, which))
        return self.schemas[schema].texts(record)

    def put(self, op, key, value):
        if self.rows.pop(key, None) and op == "withheld":
            self.set_aside.add(key)
        elif op != "withheld":
            self.set_aside.discard(key)
        if value is not None:
            self.rows[key] = self.texts(value, "value_schema")

    def result(self):
        promised = max(self.notice["load_seq"] or 0, self.notice["sync_seq"] or 0)
        if self.seq < promised and not self.faults:
            self.faults.append("records up to %d were promised, %d came" % (promised, self.seq))
        shown = self.notice["load_seq"] and self.seq >= promised and not self.notice["terminated"]
        return {"rows": [] if self.notice["terminated"] else list(self.rows.values()),
                "set_aside": sorted(self.set_aside), "seq": self.seq, "faults": self.faults,
                "stamp": self.notice["sync_time"] if shown else None,
                "chain": self.chain.hex() if self.chain else None}


def copies_of(inbox):
    """Section 8: from an inbox's values, a copy of each connection's stream that counts."""
    platform = {STREAM_NOTICE: Schema((SCHEMAS / "stream-notice.avsc").read_text()),
                SCHEMA_NOTICE: Schema((SCHEMAS / "schema-notice.avsc").read_text())}
    streams, schemas = {}, {}
    for at, value in enumerate(inbox):
        schema, record = unframe(value)
        body = platform[schema].read(record)
        if schema == STREAM_NOTICE:
            weight = (0, body["generation"]) if body["ended"] else (1, at)
            streams[body["stream"]] = weight, body
        elif hashlib.sha256(body["text"].encode()).digest() == body["sha256"]:
            schemas[body["id"]] = Schema(body["text"])
    by_weight = sorted(streams.values(), key=lambda stream: stream[0])
    return list({n["connection"]: Copy(n, schemas) for _, n in by_weight}.values())


def read_topic(conf, topic):
    """Section 2: every message that is committed, up to the high watermark at the call."""
    asker = Consumer({**conf, "isolation.level": "read_uncommitted"})
    end = asker.get_watermark_offsets(TopicPartition(topic, 0), timeout=TIMEOUT_S)[1]
    reader = Consumer({**conf, "isolation.level": "read_committed", "enable.partition.eof": True})
    reader.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    at = 0
    while at < end:
        message = reader.poll(TIMEOUT_S)
        if message is None or message.error() and message.error().code() != EOF:
            raise Fault("%s is not readable to its end" % topic)
        at = message.offset() if message.error() else message.offset() + 1
        if not message.error():
            yield message


def main():
    application, *properties = sys.argv[1:]
    conf = {"group.id": application + ".reader", **dict(p.split("=", 1) for p in properties)}
    copies = copies_of(message.value() for message in read_topic(conf, "inbox." + application))
    for copy in copies:
        copy.read(conf)
    print(json.dumps({copy.notice["stream"]: copy.result() for copy in copies}, ensure_ascii=False))
    return 1 if any(copy.faults for copy in copies) else 0


if __name__ == "__main__":
    sys.exit(main())
