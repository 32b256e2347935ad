"""Frames, schemas and values of the wire (schemas/README.md, sections 3 and 4), as PostgreSQL's texts."""
import io
import json
import re
import struct

import avro.io
import avro.schema


class Fault(Exception):
    """What the wire promises does not hold."""


def unframe(framed):
    if len(framed) < 5 or framed[0] != 0:
        raise Fault("not a framed record")
    return struct.unpack(">i", framed[1:5])[0], framed[5:]


class Schema:
    """A flat record's schema.  Logical types are read as plain ones: Python's own hold less."""

    def __init__(self, text):
        self.fields = json.loads(text)["fields"]
        self.reader = avro.io.DatumReader(avro.schema.parse(json.dumps(plain(json.loads(text)))))

    def read(self, record):
        data = io.BytesIO(record)
        row = self.reader.read(avro.io.BinaryDecoder(data))
        if data.read(1):
            raise Fault("bytes behind the record")
        return row

    def texts(self, record):
        row = self.read(record)
        return {f["name"]: None if row[f["name"]] is None else to_text(row[f["name"]], f["type"])
                for f in self.fields}


def plain(node):
    if isinstance(node, dict):
        return {k: plain(v) for k, v in node.items() if k not in ("logicalType", "precision", "scale")}
    return [plain(v) for v in node] if isinstance(node, list) else node


def to_text(value, kind):
    """A value as PostgreSQL writes it."""
    if isinstance(kind, list):
        kind = next(k for k in kind if k != "null")
    logical = kind.get("logicalType") if isinstance(kind, dict) else None
    if logical == "decimal":
        return decimal_text(int.from_bytes(value, "big", signed=True), kind["scale"])
    if logical == "date":
        return date_text(value, "")
    if logical in ("timestamp-micros", "local-timestamp-micros"):
        days, micros = divmod(value, 86400 * 10**6)
        seconds, fraction = divmod(micros, 10**6)
        clock = " %02d:%02d:%02d" % (seconds // 3600, seconds // 60 % 60, seconds % 60)
        clock += (".%06d" % fraction).rstrip("0") if fraction else ""
        return date_text(days, clock + ("+00" if logical == "timestamp-micros" else ""))
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    return float_text(value, kind) if kind in ("float", "double") else str(value)


def decimal_text(unscaled, scale):
    digits = str(abs(unscaled)).rjust(scale + 1, "0")
    text = digits[:len(digits) - scale] + ("." + digits[len(digits) - scale:] if scale else "")
    return ("-" if unscaled < 0 else "") + text


def date_text(days, tail):
    z = days + 719468
    era, doe = divmod(z, 146097)
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    month = (5 * doy + 2) // 153
    day = doy - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    year = yoe + era * 400 + (month <= 2)
    return "%04d-%02d-%02d%s%s" % (year if year > 0 else 1 - year, month, day, tail,
                                   "" if year > 0 else " BC")


def float_text(value, kind):
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    code, plain_below = ("<d", 15) if kind == "double" else ("<f", 6)
    for count in range(17):
        text = "%.*e" % (count, value)
        if same_float(code, float(text), value):
            break
    sign, mantissa, exponent = re.fullmatch(r"(-?)([\d.]+)e(.*)", text).groups()
    digits, exponent = mantissa.replace(".", ""), int(exponent)
    if not -4 <= exponent < plain_below:
        return "%s%s%se%+03d" % (sign, digits[0], "." + digits[1:] if digits[1:] else "", exponent)
    digits = digits.rjust(len(digits) - min(0, exponent), "0").ljust(exponent + 1, "0")
    whole = max(0, exponent) + 1
    return sign + digits[:whole] + ("." + digits[whole:] if digits[whole:] else "")


def same_float(code, a, b):
    try:
        return struct.pack(code, a) == struct.pack(code, b)
    except OverflowError:
        return False
