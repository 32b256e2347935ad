"""Unmodified third-party clients of the demo: librdkafka's Python binding and Debian's avro."""

import io
import json
import threading
import time

import avro.io
import avro.schema
from confluent_kafka import Consumer, TopicPartition


def client(section, group, **more):
    return Consumer(dict({
        "bootstrap.servers": section["brokers"],
        "security.protocol": "ssl",
        "ssl.ca.location": section["ca_file"],
        "ssl.certificate.location": section["cert_file"],
        "ssl.key.location": section["key_file"],
        "group.id": group,
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
        "auto.offset.reset": "error",
    }, **more))


def read_all(section, group, topic):
    """Every readable record of a topic (partition 0) up to its end now."""
    consumer = client(section, group)
    try:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)
        consumer.assign([TopicPartition(topic, 0, low)])
        records = []
        while True:
            position = consumer.position([TopicPartition(topic, 0)])[0].offset
            if position >= high or low >= high:
                return records
            message = consumer.poll(1.0)
            if message is not None and not message.error():
                records.append(message)
            elif message is None and position == -1001 and high - low <= 1:
                return records
    finally:
        consumer.close()


def header(message):
    """The lt header, split: op, seq, time, pos, terms."""
    return dict(message.headers())["lt"].decode("ascii").split(" ")


def decode(schemas, framed):
    """Framed Avro (00, schema id, record) with the schemas found in the inbox."""
    schema = schemas[int.from_bytes(framed[1:5], "big")]
    return avro.io.DatumReader(schema).read(avro.io.BinaryDecoder(io.BytesIO(framed[5:])))


def rebuild(section, group, topic, schemas):
    """The table that a stream stands for: key -> row."""
    rows = {}
    for message in read_all(section, group, topic):
        key = json.dumps(decode(schemas, message.key()), ensure_ascii=False, sort_keys=True)
        if message.value() is None:
            rows.pop(key, None)
        else:
            rows[key] = decode(schemas, message.value())
    return rows


class Greedy(threading.Thread):
    """Reads a stream as fast as it can and notes when each record came (DX-14)."""

    def __init__(self, section, group, topic):
        super().__init__(daemon=True)
        self.consumer = client(section, group, **{"fetch.wait.max.ms": 500})
        _, high = self.consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)
        self.consumer.assign([TopicPartition(topic, 0, high)])
        self.received = []
        self.ended = threading.Event()

    def run(self):
        while not self.ended.is_set():
            message = self.consumer.poll(0.05)
            if message is not None and not message.error():
                self.received.append((time.time(), message.timestamp()[1] / 1000.0))
        self.consumer.close()

    def stop(self):
        self.ended.set()
        self.join(10)
