"""A slow second way to the same bytes, written from schemas/README.md alone: rows as text to framed
Avro, and the digest over records.  What a fast stage makes must have the same digest."""

import hashlib
import re
from datetime import datetime, timedelta, timezone

KEY_SCHEMA, VALUE_SCHEMA, SCOPE_SCHEMA = 1001, 1002, 1003
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def frame(schema):
    return b"\0" + schema.to_bytes(4, "big")


def long(number):
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def text(value):
    return data(value.encode("utf-8"))


def data(value):
    return long(len(value)) + value


def decimal(value, scale):
    whole, _, fraction = value.partition(".")
    number = int(whole + fraction.ljust(scale, "0"))
    size = 1
    while not -(1 << (8 * size - 1)) <= number < 1 << (8 * size - 1):
        size += 1
    return data(number.to_bytes(size, "big", signed=True))


def timestamp(value):
    """'2026-01-01 00:00:00.5+00' in UTC."""
    moment, fraction = re.fullmatch(r"([^.+]*)(?:\.(\d+))?\+00", value).groups()
    at = datetime.fromisoformat(moment).replace(tzinfo=timezone.utc)
    micros = int((fraction or "0").ljust(6, "0"))
    return long((at - EPOCH) // timedelta(microseconds=1) + micros)


def nullable(value, encode):
    return long(0) if value is None else long(1) + encode(value)


def key_of(row):
    return frame(KEY_SCHEMA) + long(int(row[0]))


def value_of(row):
    """A row of texts as sample.SELECT gives it."""
    ident, district, amount, changed, name, address, active, total = row
    return b"".join((
        frame(VALUE_SCHEMA), long(int(ident)), long(int(district)),
        nullable(amount, lambda v: decimal(v, 4)), timestamp(changed), text(name),
        nullable(address, text), b"\1" if active == "true" else b"\0",
        nullable(total, lambda v: long(int(v)))))


def scope_of(row):
    return frame(SCOPE_SCHEMA) + long(1) + long(int(row[1]))


class Chain:
    """The hash chain over (key, value, note); value None: null."""

    def __init__(self, start=bytes(32)):
        self.value = start

    @staticmethod
    def part(value):
        return b"\xff\xff\xff\xff" if value is None else len(value).to_bytes(4, "big") + value

    def add(self, key, value, note):
        self.value = hashlib.sha256(
            self.value + self.part(key) + self.part(value) + note).digest()

    def hex(self):
        return self.value.hex()
