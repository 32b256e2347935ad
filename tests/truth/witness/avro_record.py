"""Avro binary records, read by their schema text (schemas/README.md, section 3).  Logical types stay
plain: a decimal is its bytes, a timestamp its microseconds."""

import json
import struct


class Malformed(Exception):
    """Bytes that are not one whole record of the schema."""


class Schema:
    """A record's schema; `fields` is the JSON of its fields."""

    def __init__(self, text):
        tree = json.loads(text)
        self.name, self.fields, self.named = tree["name"], tree["fields"], {}
        self.read_record = self.compile(tree)

    def read(self, data):
        value, end = self.read_record(data, 0)
        if end != len(data):
            raise Malformed("%d bytes behind the record" % (len(data) - end))
        return value

    def compile(self, node):
        if isinstance(node, list):
            return union([self.compile(branch) for branch in node])
        if isinstance(node, str):
            return PRIMITIVES.get(node) or self.named[node]
        if node["type"] == "record":
            fields = [(f["name"], self.compile(f["type"])) for f in node["fields"]]
            self.named[node["name"]] = record(fields)
            return self.named[node["name"]]
        if node["type"] == "array":
            return array(self.compile(node["items"]))
        return self.compile(node["type"])


def read_long(data, at):
    if at < len(data) and data[at] < 0x80:
        return (data[at] >> 1) ^ -(data[at] & 1), at + 1
    shift = value = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Malformed("number at byte %d" % at)
        byte = data[at]
        value |= (byte & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), at


def read_bytes(data, at):
    length, at = read_long(data, at)
    if length < 0 or at + length > len(data):
        raise Malformed("length at byte %d" % at)
    return data[at:at + length], at + length


def read_string(data, at):
    value, at = read_bytes(data, at)
    return value.decode("utf-8"), at


def read_boolean(data, at):
    if data[at:at + 1] not in (b"\0", b"\1"):
        raise Malformed("boolean at byte %d" % at)
    return data[at] == 1, at + 1


def fixed(code, size):
    def read(data, at):
        if at + size > len(data):
            raise Malformed("float at byte %d" % at)
        return struct.unpack(code, data[at:at + size])[0], at + size
    return read


def union(branches):
    def read(data, at):
        which, at = read_long(data, at)
        if not 0 <= which < len(branches):
            raise Malformed("branch at byte %d" % at)
        return branches[which](data, at)
    return read


def record(fields):
    def read(data, at):
        value = {}
        for name, read_field in fields:
            value[name], at = read_field(data, at)
        return value, at
    return read


def array(read_item):
    def read(data, at):
        items = []
        while True:
            count, at = read_long(data, at)
            if count == 0:
                return items, at
            if count < 0:
                count, (_, at) = -count, read_long(data, at)
            for _ in range(count):
                item, at = read_item(data, at)
                items.append(item)
    return read


PRIMITIVES = {
    "null": lambda data, at: (None, at), "boolean": read_boolean, "int": read_long,
    "long": read_long, "float": fixed("<f", 4), "double": fixed("<d", 8), "bytes": read_bytes,
    "string": read_string,
}
