"""The diary says what was delivered: its notes of a stream follow one another without a gap, and
count, deletes and chain are those of the records that users could read (DX-7, D45).  What was on an
open page when all of Kafka was lost is proved by nothing; a page stays open while it cannot be written."""

from .verdict import Verdict

PAGE_US = 10_000_000  # a page of the stage closes after 2 s; this long after, its note must stand
WRITERS = ("routing", "broker")


def judge(case):
    for name, stream in case.seen.streams.items():
        reading = case.reading(name)
        if reading.damaged:
            continue
        notes = sorted((n for n in case.seen.notes if n["stream"] == name), key=lambda n: n["first"])
        yield from one_stream(case, name, reading, notes)


def one_stream(case, name, reading, notes):
    next_seq = 1
    for note in notes:
        if note["first"] != next_seq:
            yield Verdict("diary", name, "a note begins at seq %d, the one before ended at %d" % (
                note["first"], next_seq - 1))
            return
        next_seq = note["last"] + 1
        yield from one_note(name, reading, note)
    lost_us = reading.stream.lost_us
    end_us = writable_until(case.seen.faults, lost_us) if lost_us else case.seen.end_us
    due = [d for d in reading.delivered if d.record.append_us < end_us - PAGE_US]
    if due and due[-1].seq >= next_seq:
        yield Verdict("diary", name, "delivered up to seq %d, noted up to %d" % (
            due[-1].seq, next_seq - 1))


def writable_until(faults, lost_us):
    """Since then, faults of those who write a page followed one another until all was lost."""
    for fault in sorted(faults, key=lambda f: -f.end_us):
        if fault.kind.split()[-1] in WRITERS and fault.begin_us < lost_us <= fault.end_us + PAGE_US:
            lost_us = fault.begin_us
    return lost_us


def one_note(name, reading, note):
    first, last = note["first"], note["last"]
    if note["count"] != last - first + 1:
        yield Verdict("diary", name, "seq %d to %d, but count %d" % (first, last, note["count"]))
    if last > len(reading.delivered):
        if reading.stream.read_to_end:
            yield Verdict("diary", name, "a note up to seq %d, readable up to %d" % (
                last, len(reading.delivered)))
        return
    if note["chain"] != reading.chains[last]:
        yield Verdict("diary", name, "the chain at seq %d is another one" % last)
    deletes = [d.header.op for d in reading.delivered[first - 1:last]]
    if note["deletes"] not in (deletes.count("delete"),
                               deletes.count("delete") + deletes.count("withheld")):
        yield Verdict("diary", name, "seq %d to %d: %d deletes noted, %d read" % (
            first, last, note["deletes"], deletes.count("delete")))
    head = reading.delivered[first - 1].header
    if (note["agreement"], note["scope_version"]) != (head.agreement, head.version):
        yield Verdict("diary", name, "seq %d noted under other terms" % first)
