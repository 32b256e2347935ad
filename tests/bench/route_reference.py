"""What routing must give out, computed a second time and slowly: a dumped feed of public.bench in,
the chain of each stream out.  Written from schemas/README.md, for the filters of core_lane.c."""

import hashlib

from reference import Chain, frame

VALUE_SCHEMA, PROJECTED_SCHEMA = 1002, 1102
AGREEMENT, SCOPE_VERSION = 12, 1
KEEP = {"id", "district", "amount", "changed", "name", "active"}
# name, nullable, kind
FIELDS = [("id", False, "long"), ("district", False, "long"), ("amount", True, "bytes"),
          ("changed", False, "long"), ("name", False, "bytes"), ("address", True, "bytes"),
          ("active", False, "boolean"), ("total", True, "long")]


def read_part(file):
    size = file.read(4)
    if not size:
        raise EOFError
    size = int.from_bytes(size, "big")
    return None if size == 0xFFFFFFFF else file.read(size)


def read_long(raw, at):
    number = shift = 0
    while True:
        byte = raw[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), at


def skip(raw, at, kind):
    if kind == "boolean":
        return at + 1
    number, at = read_long(raw, at)
    return at + number if kind == "bytes" else at


def fields(raw):
    """name -> bytes of the field with its union branch."""
    assert raw[:5] == frame(VALUE_SCHEMA)
    found, at = {}, 5
    for name, nullable, kind in FIELDS:
        start, branch = at, 1
        if nullable:
            branch, at = read_long(raw, at)
        if branch:
            at = skip(raw, at, kind)
        found[name] = raw[start:at]
    assert at == len(raw)
    return found


def scope_district(raw):
    branch, at = read_long(raw, 5)
    return read_long(raw, at)[0] if branch else None


def effect(op, before, after):
    if not before and not after:
        return None
    if before and not after:
        return "delete"
    return op if op == "update" and before else "insert"


def concerned(districts, streams, match):
    """Numbers of the streams whose filter names one of the districts."""
    return [c for district in sorted(d for d in set(districts) if d is not None)
            for c in range(district * match, min((district + 1) * match, streams))]


def route(record, streams, match, chains, keep):
    key, value, lt, scope = record
    op, seq, time, pos, _ = lt.decode("ascii").split(" ")
    row = fields(value) if value else None
    new = read_long(row["district"], 0)[0] if row else None
    old = scope_district(scope) if scope else (new if op != "insert" else None)
    for c in concerned((old, new), streams, match):
        wanted = c // match
        given = effect(op, old == wanted and op != "insert", new == wanted)
        if not given:
            continue
        stream = chains["cn%06d.1" % (c + 1)]
        stream[0] += 1
        out = None
        if given != "delete":
            out = frame(PROJECTED_SCHEMA) + b"".join(row[n] for n, _, _ in FIELDS if n in keep)
        header = "%s %d %s %s/%s %d.%d" % (given, stream[0], time, pos.split("/")[0], seq,
                                           AGREEMENT, SCOPE_VERSION)
        stream[1].add(key, out, header.encode("ascii"))


def chains(path, streams, match, keep=KEEP):
    """stream -> (seq, chain) after the whole feed."""
    found = {}
    for c in range(streams):
        name = "cn%06d.1" % (c + 1)
        found[name] = [0, Chain(hashlib.sha256(b"lt1stream." + name.encode("ascii")).digest())]
    with open(path, "rb") as file:
        while True:
            try:
                route([read_part(file) for _ in range(4)], streams, match, found, keep)
            except EOFError:
                break
    return {name: (seq, chain.hex()) for name, (seq, chain) in found.items()}


def digest(path, streams, match, keep=KEEP):
    """The digest over (stream, chain, seq) of all streams."""
    total = Chain()
    for name, (seq, chain) in chains(path, streams, match, keep).items():
        total.add(name.encode("ascii"), bytes.fromhex(chain), str(seq).encode("ascii"))
    return total.hex()
