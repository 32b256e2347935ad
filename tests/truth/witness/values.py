"""One text for a row, whether it comes from the source's log, from a view or from the wire: the text
that PostgreSQL gives of jsonb_strip_nulls(to_jsonb(row)).  Rows are dicts of column to JSON token."""

import datetime
import functools
import hashlib
import json
from json.encoder import encode_basestring as quoted

EPOCH = datetime.datetime(1970, 1, 1)


class Number(str):
    """A JSON number as it was written: 12.50 is not 12.5."""


class Row(dict):
    """Of the source's log; several judges ask for the digest of the same part of it."""

    def __init__(self, values):
        super().__init__(values)
        self.digests = {}


def parse(text):
    """A row from jsonb's text."""
    return None if text is None else Row(json.loads(text, parse_int=Number, parse_float=Number))


def digest_of(row, fields):
    """Of a row's part; fields: a tuple."""
    if fields not in row.digests:
        row.digests[fields] = digest(project(row, fields))
    return row.digests[fields]


def token(value):
    if isinstance(value, Number):
        return str(value)
    return quoted(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@functools.lru_cache(maxsize=1000)
def in_order(names):
    """(name, as a JSON token); jsonb sorts its keys by length, then by bytes."""
    return [(n, quoted(n) + ": ") for n in sorted(names, key=lambda n: (len(n.encode()), n.encode()))]


def text_of(row):
    return "{%s}" % ", ".join([label + token(row[name]) for name, label in in_order(tuple(row))
                               if row[name] is not None])


def digest(row):
    """A set of rows is the XOR of its rows' digests, here as in SQL."""
    return int.from_bytes(hashlib.md5(text_of(row).encode()).digest(), "big")


def key_of(row, key):
    return tuple(token(row[k]) for k in key)


def project(row, fields):
    return {f: row.get(f) for f in fields}


class Wire:
    """From decoded Avro records of one schema to rows; `fields` is the schema's JSON."""

    def __init__(self, fields):
        self.columns = [(f["lt.column"], f["name"], reader_of(f["type"])) for f in fields]

    def row(self, record):
        return {column: None if record[name] is None else read(record[name])
                for column, name, read in self.columns}


def reader_of(kind):
    """What makes a column's value of one that is not null."""
    if isinstance(kind, list):
        kind = next(k for k in kind if k != "null")
    logical = kind.get("logicalType") if isinstance(kind, dict) else None
    if logical == "decimal":
        scale = kind["scale"]
        return lambda value: Number(decimal(int.from_bytes(value, "big", signed=True), scale))
    return LOGICAL.get(logical, plain)


def plain(value):
    if isinstance(value, str) or isinstance(value, bool):
        return value
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    return Number(value) if isinstance(value, int) else value


def decimal(unscaled, scale):
    digits = str(abs(unscaled)).rjust(scale + 1, "0")
    if scale:
        digits = digits[:-scale] + "." + digits[-scale:]
    return ("-" if unscaled < 0 else "") + digits


def moment(micros):
    at = EPOCH + datetime.timedelta(microseconds=micros)
    fraction = (".%06d" % at.microsecond).rstrip("0") if at.microsecond else ""
    return at.strftime("%Y-%m-%dT%H:%M:%S") + fraction


LOGICAL = {
    "timestamp-micros": lambda value: moment(value) + "+00:00",
    "local-timestamp-micros": moment,
    "date": lambda value: (EPOCH + datetime.timedelta(days=value)).date().isoformat(),
}
