"""Frames, the `lt` header and the hash chain, from schemas/README.md sections 3, 5, 6 and 9."""

import hashlib
import re
import struct
from collections import namedtuple

Header = namedtuple("Header", "op seq time incarnation feed_seq agreement version")
HEADER = re.compile(r"(insert|update|delete|snapshot|correction|withheld) ([1-9]\d*) (0|[1-9]\d*)"
                    r" ([1-9]\d*)/([1-9]\d*) ([1-9]\d*)\.([1-9]\d*)", re.ASCII)


class Damage(Exception):
    """Bytes that the wire does not allow."""


def unframe(framed):
    """Schema id and record."""
    if framed is None or len(framed) < 5 or framed[0] != 0:
        raise Damage("not a framed record")
    return struct.unpack(">i", framed[1:5])[0], framed[5:]


def header(text):
    match = HEADER.fullmatch(text)
    if not match:
        raise Damage("bad lt header '%s'" % text)
    return Header(match[1], *(int(part) for part in match.groups()[1:]))


def chain_start(topic):
    return hashlib.sha256(b"lt1" + topic.encode()).digest()


def chain_next(chain, key, value, lt):
    return hashlib.sha256(chain + counted(key) + counted(value) + lt.encode()).digest()


def counted(data):
    return b"\xff\xff\xff\xff" if data is None else struct.pack(">I", len(data)) + data


def signed_payload(value):
    """The payload of a control record; the signature is the product's own affair."""
    if value is None or len(value) < 65 or value[0] != 1:
        raise Damage("not a signed record")
    return value[65:]
