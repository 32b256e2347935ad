"""One text for a row, whether it comes from the source's log, from a view or from the wire: the text
that PostgreSQL gives of jsonb_strip_nulls(to_jsonb(row)).  Rows are dicts of column to JSON token."""

import datetime
import hashlib
import json

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
    return json.dumps(value, ensure_ascii=False)


def text_of(row):
    """jsonb sorts its keys by length, then by bytes."""
    names = sorted((n for n in row if row[n] is not None), key=lambda n: (len(n.encode()), n.encode()))
    return "{%s}" % ", ".join("%s: %s" % (token(n), token(row[n])) for n in names)


def digest(row):
    """A set of rows is the XOR of its rows' digests, here as in SQL."""
    return int.from_bytes(hashlib.md5(text_of(row).encode()).digest(), "big")


def key_of(row, key):
    return tuple(token(row[k]) for k in key)


def project(row, fields):
    return {f: row.get(f) for f in fields}


def from_wire(record, fields):
    """A decoded Avro record as a row; `fields` is the schema's JSON."""
    return {f["lt.column"]: wire_value(record[f["name"]], f["type"]) for f in fields}


def wire_value(value, kind):
    if isinstance(kind, list):
        kind = next(k for k in kind if k != "null")
    if value is None or isinstance(value, bool):
        return value
    logical = kind.get("logicalType") if isinstance(kind, dict) else None
    if logical == "decimal":
        return Number(decimal(int.from_bytes(value, "big", signed=True), kind["scale"]))
    if logical == "timestamp-micros":
        return moment(value) + "+00:00"
    if logical == "local-timestamp-micros":
        return moment(value)
    if logical == "date":
        return (EPOCH + datetime.timedelta(days=value)).date().isoformat()
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
