"""Control records that no declaration leads to: signed with the steward's own key while the
steward stands still, so that one clause of DX-1 can be made to fail alone.  The form is
schemas/README.md, section 9."""

import contextlib
import hashlib
import io
import json
import os
import subprocess
import tempfile
import time

import avro.io
import avro.schema
from confluent_kafka import Producer

import readers
from world import ROOT

TOPIC, DOMAIN = "platform.control", b"lienthong-control-v1\0"
PKCS8 = bytes.fromhex("302e020100300506032b657004220420")  # an Ed25519 key follows


def plain(node):
    """The schema without logical types: Python's own hold less."""
    if isinstance(node, dict):
        return {k: plain(v) for k, v in node.items() if k != "logicalType"}
    return [plain(v) for v in node] if isinstance(node, list) else node


class Control:
    """What stands in platform.control, and more of it."""

    def __init__(self, world):
        self.world, self.section = world, world.kafka.section("steward")
        with open(os.path.join(ROOT, "schemas", "control.avsc"), encoding="utf-8") as file:
            self.schema = avro.schema.parse(json.dumps(json.load(file, object_hook=plain)))
        with open(world.path("state", "steward.key"), encoding="ascii") as file:
            self.key = PKCS8 + bytes.fromhex(file.read().strip())
        self.payloads = {}
        for message in readers.read_all(self.section, "forge", TOPIC):
            self.payloads[message.key().decode()] = message.value()[65:]

    def read(self, key):
        return avro.io.DatumReader(self.schema).read(
            avro.io.BinaryDecoder(io.BytesIO(self.payloads[key])))

    def write(self, key, record):
        out = io.BytesIO()
        avro.io.DatumWriter(self.schema).write(record, avro.io.BinaryEncoder(out))
        self.payloads[key] = out.getvalue()
        self.send(key)

    def send(self, key):
        producer = Producer({
            "bootstrap.servers": self.section["brokers"], "security.protocol": "ssl",
            "ssl.ca.location": self.section["ca_file"], "acks": "all",
            "ssl.certificate.location": self.section["cert_file"],
            "ssl.key.location": self.section["key_file"]})
        payload = self.payloads[key]
        producer.produce(TOPIC, key=key, value=b"\1" + self.sign(DOMAIN + payload) + payload,
                         partition=0)
        if producer.flush(10):
            raise AssertionError("%s was not sent" % key)

    def sign(self, text):
        with tempfile.NamedTemporaryFile() as key, tempfile.NamedTemporaryFile() as data:
            key.write(self.key)
            key.flush()
            data.write(text)
            data.flush()
            return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-keyform", "DER",
                                   "-inkey", key.name, "-in", data.name],
                                  stdout=subprocess.PIPE, check=True).stdout

    def digest(self):
        digest = hashlib.sha256()
        for key in sorted(k for k in self.payloads if not k.startswith("heartbeat/")):
            digest.update(len(key).to_bytes(4, "big") + key.encode())
            digest.update(self.read(key)["number"].to_bytes(8, "big"))
            digest.update(hashlib.sha256(self.payloads[key]).digest())
        return digest.digest()

    def put(self, key, /, **changes):
        """The object's newest statement with some members changed, and a heartbeat."""
        beat = self.read("heartbeat/steward")
        record = self.read(key)
        before = dict(record["body"])
        number, now = beat["body"]["highest"] + 1, int(time.time() * 1000000)
        record.update(number=number, at=now, epoch=beat["epoch"])
        record["body"] = dict(record["body"], **changes)
        self.write(key, record)
        beat.update(number=number, at=now)
        beat["body"] = {"highest": number, "digest": self.digest()}
        self.write("heartbeat/steward", beat)
        return before


@contextlib.contextmanager
def forged(world, key, /, **changes):
    """Inside the block control says of the object what it never would; the steward is away for so
    long, which must be shorter than the grace."""
    steward = world.programs["steward"]
    steward.stop()
    try:
        control = Control(world)
        before = control.put(key, **changes)
        try:
            yield
        finally:
            control.put(key, **before)
    finally:
        steward.start()
