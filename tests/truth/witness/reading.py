"""One stream as it was read: records by seq, decoded, with the chain after each of them."""

import functools
from collections import namedtuple

from . import values
from .avro_record import Malformed, Schema
from .verdict import Verdict
from .wire import Damage, chain_next, chain_start, header, unframe

FIXED = ("agreement", "scope_version", "key_schema", "value_schema")
Delivered = namedtuple("Delivered", "seq header key digest record")


@functools.lru_cache(maxsize=256)
def compiled(text):
    """A line that stays up has hundreds of schemas, a stream uses two."""
    schema = Schema(text)
    return schema, values.Wire(schema.fields)


class Reading:
    """`delivered` is 1, 2, 3 ... as far as it goes; what does not hold is in `verdicts`."""

    def __init__(self, stream, notices, schemas):
        self.stream, self.verdicts, self.delivered = stream, [], []
        self.notice = notices[-1].body if notices else None
        self.terms = notices[0].body if notices else None  # fixed for the life of a stream
        self.check_terms(notices)
        self.schemas = schemas
        self.chains = [chain_start("stream." + stream.name)]
        self.contents = {}
        self.twice = 0
        for record in stream.records:
            try:
                self.take(record)
            except (Damage, Malformed, KeyError, ValueError) as error:
                self.verdicts.append(Verdict("wrong record", stream.name, "offset %d: %s" % (
                    record.offset, error)))
                break

    def check_terms(self, notices):
        for notice in notices:
            for name in FIXED:
                if notice.body[name] != self.terms[name]:
                    self.verdicts.append(Verdict("terms", self.stream.name, "its notice says %s %s, then"
                                                 " %s" % (name, self.terms[name], notice.body[name])))
                    return

    def take(self, record):
        head = header(record.lt)
        content = (record.key, record.value, record.lt)
        if head.seq in self.contents:
            self.twice += 1
            if self.contents[head.seq] != content:
                self.verdicts.append(Verdict("two contents", self.stream.name, "seq %d" % head.seq))
            return
        if head.seq != len(self.delivered) + 1:
            raise_gap(self, head.seq)
        self.contents[head.seq] = content
        if (record.value is None) != (head.op in ("delete", "withheld")):
            raise Damage("op %s and value do not agree" % head.op)
        self.check_order(head)
        self.chains.append(chain_next(self.chains[-1], *content))
        self.delivered.append(Delivered(head.seq, head, self.key_of(record),
                                        self.digest_of(record), record))

    def check_order(self, head):
        if self.delivered and head.feed_seq <= self.delivered[-1].header.feed_seq:
            raise Damage("seq %d is not in the order of the feed" % head.seq)
        if self.terms and (head.agreement, head.version) != (self.terms["agreement"],
                                                             self.terms["scope_version"]):
            raise Damage("seq %d has other terms than its stream" % head.seq)

    @property
    def damaged(self):
        """What follows from its records would not hold."""
        return any(v.kind != "terms" for v in self.verdicts)

    def columns(self):
        """Of the records' schema."""
        schema, _ = compiled(self.schemas[self.terms["value_schema"]])
        return sorted(f["lt.column"] for f in schema.fields)

    def row(self, framed, member):
        ident, data = unframe(framed)
        if self.terms and ident != self.terms[member]:
            raise Damage("schema %d, not the stream's" % ident)
        if ident not in self.schemas:
            raise Damage("schema %d was never given" % ident)
        schema, wire = compiled(self.schemas[ident])
        return wire.row(schema.read(data))

    def key_of(self, record):
        return tuple([values.token(v) for v in self.row(record.key, "key_schema").values()])

    def digest_of(self, record):
        if record.value is None:
            return None
        return values.digest(self.row(record.value, "value_schema"))


def raise_gap(reading, seq):
    reading.verdicts.append(Verdict("gap", reading.stream.name, "seq %d after %d" % (
        seq, len(reading.delivered))))
    raise Damage("nothing behind the gap was judged")


def effective(delivered, rows=None):
    """The steps that change a copy: (key, digest, delivered)."""
    rows, steps = {} if rows is None else rows, []
    for one in delivered:
        if rows.get(one.key) != one.digest:
            steps.append((one.key, one.digest, one))
        if one.digest is None:
            rows.pop(one.key, None)
        else:
            rows[one.key] = one.digest
    return steps, rows
