#!/usr/bin/python3
"""Checks the pure functions of the reader against schemas/vectors.  Prints `N passed, N failed`."""
import json
import os
import struct
import sys

from reader import LT, Fault, Schema, copies_of, unframe

HERE = os.path.dirname(os.path.abspath(__file__))
VECTORS = os.path.join(HERE, "../../schemas/vectors")
READER_LINES_MAX = 200
FLOATS = ("real", "double precision")


def cases(name):
    with open(os.path.join(VECTORS, name), encoding="utf-8") as file:
        for block in file.read().split("\n\n"):
            lines = [line for line in block.split("\n") if line and not line.startswith("#")]
            if lines:
                yield dict(line.split(": ", 1) for line in lines)


def data(case, name):
    return None if case[name] == "null" else bytes.fromhex(case[name])


def raises(call, *args):
    try:
        call(*args)
    except Fault:
        return True
    return False


def check_headers():
    for case in cases("lt-header.txt"):
        match = LT.fullmatch(case["text"])
        if "bad" in case:
            numbers = match and max(int(match[n]) for n in (2, 3, 4, 5))
            assert not match or numbers >= 2**63, case
        elif "feed-seq" in case:
            parts = match and [match[n] for n in range(1, 7)]
            assert parts == [case["op"], case["seq"], case["time"], case["incarnation"], case["feed-seq"],
                             case["agreement"] + "." + case["version"]], case


def check_frames():
    for case in cases("frame.txt"):
        framed = data(case, "framed-hex")
        if "bad" in case:
            assert raises(unframe, framed), case
        else:
            assert unframe(framed) == (int(case["schema"]), data(case, "record-hex")), case


AVRO = {"smallint": "int", "integer": "int", "bigint": "long", "boolean": "boolean", "real": "float",
        "double precision": "double", "bytea": "bytes", "date": {"type": "int", "logicalType": "date"},
        "timestamp with time zone": {"type": "long", "logicalType": "timestamp-micros"},
        "timestamp without time zone": {"type": "long", "logicalType": "local-timestamp-micros"}}


def avro_of(declared):
    if declared.startswith("numeric(") and declared.endswith(")"):
        precision, scale = map(int, declared[8:-1].split(","))
        if 0 <= scale <= precision:
            return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}
    return AVRO.get(declared, "string")


def float_bytes(declared, text):
    """Floats are compared by value: Python and PostgreSQL write them differently."""
    return struct.pack("<f" if declared == "real" else "<d", float(text))


def check_types():
    seen = 0
    for case in cases("types.txt"):
        if "avro-hex" in case:
            field = {"name": "x", "type": avro_of(case["type"])}
            schema = Schema(json.dumps({"type": "record", "name": "R", "fields": [field]}))
            got = schema.texts(data(case, "avro-hex"))["x"]
            want = case["text"]
            if case["type"] in FLOATS:
                got, want = float_bytes(case["type"], got), float_bytes(case["type"], want)
            assert got == want, (case["type"], case["text"], got)
            seen += 1
    assert seen > 50


def stream_vector():
    """The copy of the vector's inbox, the stream's records, and what the copy must hold at last."""
    inbox, records = [], []
    for case in cases("stream.txt"):
        if case.get("topic", "").startswith("inbox."):
            inbox.append(data(case, "value-hex"))
        elif "topic" in case:
            records.append((data(case, "key-hex"), data(case, "value-hex"), case["lt"]))
        else:
            expected = case
    return copies_of(inbox)[0], records, expected


def check_stream():
    copy, records, expected = stream_vector()
    for record in records:
        copy.apply(*record)
    rows = json.loads(expected["rows"])
    assert copy.rows == {(key,): row for key, row in rows.items()}, copy.rows
    assert copy.set_aside == {(key,) for key in json.loads(expected["set-aside"])}
    result = copy.result()
    assert result["faults"] == [] and result["seq"] == int(expected["seq"])
    assert result["chain"] == expected["chain-hex"] and result["stamp"] == int(expected["stamp"])


def fresh(count):
    copy, records, _ = stream_vector()
    for record in records[:count]:
        copy.apply(*record)
    return copy, records


def check_duplicates_are_dropped():
    copy, records = fresh(6)
    chain = copy.chain
    copy.apply(*records[3])
    assert copy.seq == 6 and copy.chain == chain


def check_two_contents_are_damage():
    copy, records = fresh(6)
    assert raises(copy.apply, records[2][0], records[3][1], records[2][2])


def check_gap_is_never_stepped_over():
    copy, records = fresh(4)
    assert raises(copy.apply, *records[5]) and copy.seq == 4


def check_old_gap_ends_the_chain_only():
    copy, records = fresh(4)
    copy.apply(*records[5], True)
    assert copy.seq == 6 and copy.chain is None and copy.result()["chain"] is None


def check_other_terms_are_damage():
    copy, records = fresh(4)
    key, value, lt = records[4]
    assert raises(copy.apply, key, value, lt.replace(" 12.3", " 12.4"))


def check_short_stream_is_reported_and_has_no_stamp():
    copy, _ = fresh(7)
    result = copy.result()
    assert result["stamp"] is None and result["faults"] == ["records up to 8 were promised, 7 came"]


def check_reader_is_short():
    """One file of 200 lines is enough to read the wire; should it need more, mend the wire."""
    assert {n for n in os.listdir(HERE) if n.endswith(".py")} == {"reader.py", "test_vectors.py"}
    with open(os.path.join(HERE, "reader.py"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    assert len(lines) <= READER_LINES_MAX and max(map(len, lines)) <= 100, len(lines)


def main():
    passed = failed = 0
    for name, check in sorted(globals().items()):
        if name.startswith("check_"):
            try:
                check()
                passed += 1
            except Exception as fault:  # every failure of a check is counted and shown
                failed += 1
                print("FAILED %s: %s %s" % (name, type(fault).__name__, fault))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
