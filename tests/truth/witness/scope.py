"""What a connection may have: fields and a row filter.  A filter is a list: ["all"],
["=", column, text], ["in", column, [texts]], ["null", column], ["between", column, low, high],
["and", filter, filter], ["or", filter, filter].  What is unknown is out of scope."""

from decimal import Decimal

from .values import digest_of, token


def as_text(kind):
    """The filter in the product's language (schemas/README.md, section 7)."""
    op = kind[0]
    if op == "all":
        return ""
    if op == "null":
        return "%s IS NULL" % kind[1]
    if op == "=":
        return "%s = '%s'" % (kind[1], kind[2])
    if op == "in":
        return "%s IN (%s)" % (kind[1], ", ".join("'%s'" % v for v in kind[2]))
    if op == "between":
        return "%s BETWEEN %s AND %s" % tuple(kind[1:4])
    return "(%s) %s (%s)" % (as_text(kind[1]), op.upper(), as_text(kind[2]))


def holds(kind, row):
    op = kind[0]
    if op == "all":
        return True
    if op == "and":
        return holds(kind[1], row) and holds(kind[2], row)
    if op == "or":
        return holds(kind[1], row) or holds(kind[2], row)
    value = row.get(kind[1])
    if op == "null":
        return value is None
    if value is None:
        return False
    if op == "between":
        return Decimal(kind[2]) <= Decimal(value) <= Decimal(kind[3])
    return value == kind[2] if op == "=" else value in kind[2]


def columns(kind):
    if kind[0] in ("and", "or"):
        return columns(kind[1]) | columns(kind[2])
    return set(kind[1:2])


class Scope:
    """One version of a connection's scope over one data service."""

    def __init__(self, fields, row_filter, key, numerics=()):
        self.fields, self.filter, self.key, self.numerics = fields, row_filter, key, numerics

    def names(self, row):
        """May the connection know of this row's key?"""
        return row is not None and holds(self.filter, row)

    def shows(self, row):
        """Is the row part of the copy?  One that holds a value outside its declared type is
        withheld from everybody."""
        return self.names(row) and not any(row.get(n) in ("NaN", "Infinity", "-Infinity")
                                           for n in self.numerics)

    def key_of(self, row):
        return tuple(token(row[k]) for k in self.key)

    def digest(self, row):
        return digest_of(row, tuple(self.fields))


def while_loading(old, new):
    """What a copy of the old scope may show until its successor is loaded: no lost fields."""
    return Scope([f for f in old.fields if f in new.fields], old.filter, old.key, old.numerics)
