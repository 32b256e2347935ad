#!/usr/bin/python3
"""Checks the pure functions of the reader against schemas/vectors.  Prints `N passed, N failed`."""
import json
import os
import sys

from reader import LT, Copy, Inbox, framed_len
from values import Fault, Schema, unframe

VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../schemas/vectors")


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


def check_types():
    seen = 0
    for case in cases("types.txt"):
        if "avro-hex" in case:
            field = {"name": "x", "type": avro_of(case["type"])}
            schema = Schema(json.dumps({"type": "record", "name": "R", "fields": [field]}))
            got = schema.texts(data(case, "avro-hex"))["x"]
            assert got == case["text"], (case["type"], case["text"], got)
            seen += 1
    assert seen > 50


def check_stream():
    inbox, copy = Inbox(), None
    records, notices = [], []
    for case in cases("stream.txt"):
        if case.get("topic", "").startswith("inbox."):
            inbox.take(case["key"], data(case, "value-hex"))
            notices.append(case)
        elif "topic" in case:
            records.append((data(case, "key-hex"), data(case, "value-hex"), case["lt"]))
        else:
            expected = case
    copy = inbox.copies()[0]
    for record in records:
        copy.apply(*record)
    result = copy.result()
    assert result["faults"] == [] and result["loaded"] and result["seq"] == int(expected["seq"])
    assert result["chain"] == expected["chain-hex"] and result["stamp"] == int(expected["stamp"])
    assert result["rows"] == json.loads(expected["rows"]), result["rows"]
    assert result["set_aside"] == json.loads(expected["set-aside"])
    return inbox, records


def fresh(count):
    inbox, records = check_stream()
    copy = inbox.copies()[0]
    for record in records[:count]:
        copy.apply(*record)
    return copy, records


def check_duplicates_are_dropped():
    copy, records = fresh(6)
    chain = copy.chain
    copy.apply(*records[3])
    assert copy.duplicates == 1 and copy.seq == 6 and copy.chain == chain


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


def check_chain_tells_null_from_empty():
    assert framed_len(None) != framed_len(b"") and framed_len(b"ab") == b"\0\0\0\2ab"


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
