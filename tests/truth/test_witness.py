#!/usr/bin/python3
"""The witness is tested itself: a small history in which all is well passes, and with one defect
planted in what was observed it names exactly that defect.  No servers; closes with
"N passed, N failed"."""

import copy
import os
import struct
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
sys.dont_write_bytecode = True

import closing  # noqa: E402
import figures  # noqa: E402
from witness import clocks, scope, values, watch_source  # noqa: E402
from witness.avro_record import Malformed, Schema  # noqa: E402
from witness.judge import judge  # noqa: E402
from witness.judge_right import cut_offs  # noqa: E402
from witness.observations import (Change, Connection, Control, Epoch, Fault, Look, Notice,  # noqa: E402
                                  Observations, OldKey, Record, Stream, Transaction, Version)
from witness.wire import Damage, chain_next, chain_start, header  # noqa: E402

S = 1_000_000
BEGIN = 1_795_000_000 * S
CN, STREAM, TABLE = "cn000001", "cn000001.1", "public.t"
NEXT = "cn000001.1000001"  # after a loss of all of Kafka
KEY_SCHEMA = '{"type":"record","name":"K","fields":[{"name":"id","type":"long","lt.column":"id"}]}'
VALUE_SCHEMA = ('{"type":"record","name":"R","fields":[{"name":"id","type":"long","lt.column":"id"},'
                '{"name":"region","type":["null","string"],"lt.column":"region"}]}')


def zigzag(number):
    number = number * 2 if number >= 0 else -number * 2 - 1
    out = bytearray()
    while True:
        out.append(number & 0x7f | (0x80 if number > 0x7f else 0))
        number >>= 7
        if not number:
            return bytes(out)


def key_bytes(ident):
    return b"\0" + struct.pack(">i", 1000) + zigzag(ident)


def value_bytes(ident, region):
    text = zigzag(0) if region is None else zigzag(1) + zigzag(len(region)) + region.encode()
    return b"\0" + struct.pack(">i", 1001) + zigzag(ident) + text


def row(ident, region, secret="CANARY"):
    return values.parse('{"id": %d, "region": %s, "secret": "%s"}' % (
        ident, "null" if region is None else '"%s"' % region, secret))


def state(*rows):
    total = 0
    for ident, region in rows:
        total ^= values.digest({"id": values.Number(ident), "region": region})
    return total


class Story:
    """Rows 1 and 2 are loaded; then 3 enters, 1 leaves, 4 stays outside, 2 changes and is deleted.
    The filter is region in (north, south)."""

    def __init__(self):
        self.seen = Observations(7)
        self.feed_seq = 0
        self.transactions = [
            self.transaction(1, 1, [("insert", None, row(1, "north")), ("insert", None, row(2, "south"))]),
            self.transaction(2, 10, [("insert", None, row(3, "north"))]),
            self.transaction(3, 12, [("update", row(1, "north"), row(1, "west"))]),
            self.transaction(4, 14, [("insert", None, row(4, "west"))]),
            self.transaction(5, 16, [("update", row(2, "south"), row(2, "north"))]),
            self.transaction(6, 18, [("delete", row(2, "north"), None)]),
        ]
        self.seen.epochs = [Epoch(self.transactions)]
        self.seen.connections[CN] = self.connection()
        self.stream()
        self.seen.schemas = {1000: KEY_SCHEMA, 1001: VALUE_SCHEMA}
        self.seen.notices[STREAM] = [Notice(BEGIN, BEGIN, {
            "stream": STREAM, "agreement": 5, "scope_version": 1, "key_schema": 1000,
            "value_schema": 1001, "load_seq": 2})]
        self.seen.looks[CN] = self.looks()
        self.seen.quiet_us, self.seen.end_us = BEGIN + 20 * S, BEGIN + 45 * S
        self.note()

    @staticmethod
    def transaction(xid, second, changes):
        at = BEGIN + second * S
        return Transaction(xid, at, {TABLE: [Change(*c) for c in changes]}, at + 50_000)

    @staticmethod
    def connection():
        wish = scope.Scope(["id", "region"], ["in", "region", ["north", "south"]], ["id"])
        return Connection(CN, "ap000002", "sv000001", TABLE, 5, 60 * S,
                          [Version(wish, BEGIN, BEGIN + S)], secret=b"CANARY")

    def stream(self):
        self.records = []
        for second, op, ident, region in [
                (5, "snapshot", 1, "north"), (5, "snapshot", 2, "south"), (10, "insert", 3, "north"),
                (12, "delete", 1, None), (16, "update", 2, "north"), (18, "delete", 2, None)]:
            self.add(second, op, ident, region)
        self.seen.streams[STREAM] = Stream(STREAM, CN, self.records, read_to_end=True)

    def add(self, second, op, ident, region, seq=None):
        self.feed_seq += 1
        at = BEGIN + second * S
        self.records.append(Record(
            len(self.records), at + 200_000, at + 300_000, key_bytes(ident),
            None if op in ("delete", "withheld") else value_bytes(ident, region),
            "%s %d %d 1/%d 5.1" % (op, seq or len(self.records) + 1, at, self.feed_seq)))

    def looks(self):
        states = [(6, [(1, "north"), (2, "south")]), (11, [(1, "north"), (2, "south"), (3, "north")]),
                  (13, [(2, "south"), (3, "north")]), (17, [(2, "north"), (3, "north")]),
                  (19, [(3, "north")])]
        found = []
        for tenth in range(60, 300, 5):
            second, rows = [s for s in states if s[0] <= tenth / 10][-1]
            stamp = BEGIN + (tenth - 10) * S // 10 if tenth > 200 else BEGIN + second * S - S // 2
            found.append(Look(BEGIN + tenth * S // 10, stamp, True, len(rows), state(*rows)))
        return found

    def note(self):
        chain = chain_start("stream." + STREAM)
        for record in self.records:
            chain = chain_next(chain, record.key, record.value, record.lt)
        self.seen.notes = [{"stream": STREAM, "connection": CN, "agreement": 5, "scope_version": 1,
                            "first": 1, "last": len(self.records), "count": len(self.records),
                            "deletes": 2, "chain": chain}]

    def hold(self, given, answered, lifted=None):
        self.seen.controls.append(Control("hold", CN, BEGIN + int(given * S), BEGIN + int(answered * S),
                                          "ho000001", BEGIN + int(given * S) + 1000))
        if lifted:
            self.seen.controls.append(Control("lift", CN, BEGIN + lifted * S, BEGIN + (lifted + 1) * S,
                                              "ho000001"))


class Judging(unittest.TestCase):
    def setUp(self):
        self.story = Story()
        self.seen = self.story.seen

    def kinds(self):
        verdicts, blind = judge(self.seen)
        self.blind = blind
        return sorted({v.kind for v in verdicts})

    def found(self, *kinds):
        self.assertEqual(self.kinds(), sorted(kinds))

    def disturb(self):
        first = self.seen.looks[CN][-1]
        for second in range(31, 41):
            self.seen.looks[CN].append(Look(BEGIN + second * S, BEGIN + 20 * S + 100_000, True, 1,
                                            first.digest))
        for look in self.seen.looks[CN]:
            if look.at_us > BEGIN + 20 * S:
                look.source_stamp_us = BEGIN + 20 * S + 100_000


class Judged(Judging):
    def test_a_history_in_which_all_is_well_passes(self):
        self.found()
        self.assertEqual(self.blind, [])

    # ---- copies ----

    def last_looks(self, **changes):
        for look in self.seen.looks[CN][-12:]:
            for name, value in changes.items():
                setattr(look, name, value)

    def test_finds_rows_missing_under_a_fresh_stamp(self):
        """DX-4: they are lost, and every look since is unsound (DX-6)."""
        self.last_looks(digest=state(), count=0)
        self.found("lost", "unsound stamp")

    def test_finds_a_copy_that_stays_behind(self):
        """DX-4, DX-5: an old state under an old, honest stamp."""
        self.last_looks(digest=state((1, "north"), (2, "south")), count=2,
                        source_stamp_us=BEGIN + 9 * S)
        self.assertIn("not converged", self.kinds())

    def test_finds_a_ghost_row(self):
        """DX-5"""
        self.last_looks(digest=state((2, "north"), (3, "north")), count=2)
        self.found("lost", "unsound stamp")

    def test_finds_one_moment_of_an_unsound_stamp(self):
        """DX-6: stamped after a commit that the rows do not hold, between looks that are sound."""
        look = next(x for x in self.seen.looks[CN] if x.source_stamp_us == BEGIN + 10_500_000)
        look.source_stamp_us = BEGIN + 12 * S + 60_000
        self.assertIn("unsound stamp", self.kinds())

    def test_a_commit_that_was_not_yet_visible_need_not_be_there(self):
        """D41.2b-1: all that was visible at T, not all that has an earlier commit time."""
        self.seen.looks[CN][9].source_stamp_us = BEGIN + 10 * S + 40_000
        self.seen.looks[CN][9].digest = state((1, "north"), (2, "south"))
        self.assertNotIn("unsound stamp", self.kinds())

    def test_finds_rows_that_no_moment_had(self):
        """DX-6: a mixture of two states."""
        self.seen.looks[CN][5].digest = state((2, "north"), (1, "north"))
        self.found("unsound stamp")

    def amend(self, fields, row_filter):
        self.seen.connections[CN].versions.append(
            Version(scope.Scope(fields, row_filter, ["id"]), BEGIN + 7 * S, BEGIN + 8 * S))

    def test_an_older_copy_may_be_shown_without_lost_fields_while_the_new_one_loads(self):
        """Architecture 5: rows of the old filter, of its fields those that the new scope has too."""
        self.amend(["id"], ["all"])
        look = self.seen.looks[CN][28]  # one row is left; the new filter has two more
        look.digest = values.digest({"id": values.Number(3)})
        self.assertNotIn("unsound stamp", self.kinds())
        look.at_us = BEGIN + 6 * S + S // 2
        self.assertIn("unsound stamp", self.kinds())

    def test_finds_rows_readable_after_their_use(self):
        """DX-6, D41.2b"""
        self.seen.connections[CN].use_period_us = S // 2
        self.found("unsound stamp")

    def opens_without_rows(self, looks):
        """Closed for a while, then open with no row for so many looks, under a fresh stamp."""
        last = self.seen.looks[CN][-12:]
        for look in last[:4]:
            look.usable, look.count, look.digest = False, 0, state()
        for look in last[4:4 + looks]:
            look.count, look.digest = 0, state()

    def test_a_clock_may_open_a_view_while_it_is_looked_at(self):
        self.opens_without_rows(1)
        self.found()

    def test_finds_an_open_view_without_its_rows(self):
        """DX-6"""
        self.opens_without_rows(2)
        self.found("unsound stamp")

    def test_finds_rows_without_a_stamp(self):
        """D41.2b-1"""
        self.seen.looks[CN][3].source_stamp_us = None
        self.assertIn("unsound stamp", self.kinds())

    def test_finds_a_stamp_that_goes_back(self):
        """DX-11: a batch applied twice takes its stamp along."""
        self.seen.looks[CN][-5].source_stamp_us = BEGIN + 18 * S + 500_000
        self.found("not idempotent")

    def test_a_restored_target_may_go_back(self):
        self.seen.faults.append(Fault("restore target", ["*"], BEGIN, BEGIN + 30 * S, "files"))
        self.seen.looks[CN][-5].source_stamp_us = BEGIN + 18 * S + 500_000
        self.found()

    def test_a_target_that_died_may_lack_what_it_showed_last(self):
        """Rows, position and stamp of a commit are flushed together, a little later."""
        self.seen.looks[CN][-5].source_stamp_us = BEGIN + 25 * S
        self.assertIn("not idempotent", self.kinds())
        self.seen.faults.append(Fault("crash target", ["*"], BEGIN + 27 * S + S // 10,
                                      BEGIN + 27 * S + S // 4, "no server"))
        self.found()
        self.seen.looks[CN][-5].source_stamp_us = BEGIN + 20 * S
        self.found("not idempotent")

    # ---- clocks that are an hour wrong ----

    def date_again(self, wrong_us):
        """The source's clock is wrong while it commits its third transaction and what follows."""
        polls = []
        for transaction in self.story.transactions:
            at = transaction.seen_us
            told = at + (wrong_us if transaction.xid >= 3 else 0)
            polls.append(("%d:%d:" % (transaction.xid + 1, transaction.xid + 1),
                          clocks.at_the_source(told, at - 2000, at + 2000)))
        watch_source.date_visible(self.story.transactions, polls)

    def test_a_history_with_a_wrong_source_clock_in_which_all_is_well_passes(self):
        for wrong in (-clocks.HOUR_US, clocks.HOUR_US):
            self.date_again(wrong)
            self.found()

    def test_finds_rows_missing_that_were_committed_under_a_wrong_source_clock(self):
        """DX-6, DT-4: what was committed at a wrong hour was true at the right one."""
        for wrong in (-clocks.HOUR_US, clocks.HOUR_US):
            self.date_again(wrong)
            look = self.seen.looks[CN][12]  # at 12 s, without the third transaction
            look.source_stamp_us = BEGIN + 12 * S + 400_000
            look.at_us = BEGIN + 12 * S + 500_000
            self.assertIn("unsound stamp", self.kinds())

    def test_finds_a_stamp_that_is_still_to_come(self):
        """DX-6, DT-4: an hour ahead, it would lengthen the use."""
        self.seen.looks[CN][-1].source_stamp_us += clocks.HOUR_US
        self.found("unsound stamp")

    def test_finds_rows_readable_after_their_use_by_a_clock_turned_back(self):
        """DT-4: the target says that they are usable, by its own clock."""
        for look in self.seen.looks[CN][-6:]:
            look.source_stamp_us -= clocks.HOUR_US
        self.assertIn("unsound stamp", self.kinds())

    def test_finds_a_record_after_a_hold_appended_by_a_wrong_broker_clock(self):
        """DX-3: the broker's hour is wrong, the witness's is not."""
        for wrong in (-clocks.HOUR_US, clocks.HOUR_US):
            for record in self.story.records:
                record.append_us = clocks.appended(record.append_us + wrong, record.received_us)
            self.story.hold(15, 15.5)
            self.assertIn("without right", self.kinds())
            del self.seen.controls[:]
            self.story.hold(18, 19)
            self.found()
            del self.seen.controls[:]

    def test_finds_a_terminated_copy_that_is_still_readable(self):
        """D44-final"""
        self.seen.connections[CN].terminated_us = BEGIN + 19 * S
        self.found("without right")

    # ---- the wire ----

    def test_finds_a_gap(self):
        """DX-4"""
        del self.story.records[3]
        self.assertIn("gap", self.kinds())

    def test_finds_one_seq_with_two_contents(self):
        """DX-11"""
        twice = copy.copy(self.story.records[2])
        twice.value = value_bytes(3, "south")
        self.story.records.insert(3, twice)
        self.found("two contents")

    def test_the_same_record_twice_is_harmless(self):
        self.story.records.insert(3, copy.copy(self.story.records[2]))
        self.found()

    def redo(self, *records):
        """Another stream, gapless in itself."""
        del self.story.records[2:]
        for record in records:
            self.story.add(*record)
        self.story.note()
        self.seen.notes[0]["deletes"] = sum(r[1] == "delete" for r in records)

    def test_finds_a_change_left_out(self):
        """DX-4: the stream is gapless, but the source had one more."""
        self.redo((12, "delete", 1, None), (16, "update", 2, "north"), (18, "delete", 2, None))
        self.found("lost")

    def test_finds_a_change_given_twice_under_two_numbers(self):
        """DX-11, DX-4"""
        self.redo((10, "insert", 3, "north"), (12, "delete", 1, None), (16, "update", 2, "north"),
                  (17, "update", 2, "south"), (17, "update", 2, "north"), (18, "delete", 2, None))
        self.found("lost", "not idempotent")

    def test_finds_a_change_given_twice_with_one_content(self):
        """DX-11: nobody's copy shows it, and still it went out twice."""
        self.redo((10, "insert", 3, "north"), (12, "delete", 1, None), (16, "update", 2, "north"),
                  (16, "update", 2, "north"), (18, "delete", 2, None))
        self.found("not idempotent")

    def test_finds_the_last_changes_missing(self):
        """DX-4"""
        self.redo((10, "insert", 3, "north"), (12, "delete", 1, None), (16, "update", 2, "north"))
        self.found("lost")

    def test_finds_a_leave_that_was_not_told(self):
        """DX-5: the row that left the scope stays."""
        self.redo((10, "insert", 3, "north"), (16, "update", 2, "north"), (18, "delete", 2, None))
        self.found("lost")

    def test_finds_the_order_changed(self):
        """DX-4: delete before insert of a changed key, for one."""
        self.redo((10, "insert", 3, "north"), (16, "update", 2, "north"), (12, "delete", 1, None),
                  (18, "delete", 2, None))
        self.found("lost")

    def test_finds_a_load_that_is_no_state_of_the_source(self):
        """A leave-event that was lost while it loaded."""
        self.story.records[1].value = value_bytes(2, "north")
        self.story.note()
        self.assertIn("lost", self.kinds())

    def test_finds_a_row_outside_the_scope(self):
        """D52.2b, DX-8"""
        self.story.add(19, "insert", 4, "west")
        self.story.note()
        self.found("lost", "not idempotent", "wrong record")

    def test_finds_the_key_of_a_row_outside_the_scope(self):
        """DX-8: a delete tells that there was one."""
        self.story.add(19, "delete", 4, None)
        self.story.note()
        self.seen.notes[0]["deletes"] = 3
        self.found("leak", "not idempotent")

    def test_finds_a_canary(self):
        """DX-8: in any byte of the record."""
        self.story.records[1].value += b"CANARY"
        self.assertIn("leak", self.kinds())

    def test_finds_a_row_that_the_source_never_had(self):
        """D8.4"""
        self.redo((10, "insert", 3, "north"), (12, "delete", 1, None), (16, "update", 2, "south"),
                  (18, "delete", 2, None))
        self.story.records[2].value = value_bytes(3, "south")
        self.story.note()
        self.seen.notes[0]["deletes"] = 2
        self.assertIn("wrong record", self.kinds())

    def test_finds_other_terms(self):
        """D45.2: a record under an agreement that is not the stream's."""
        self.story.records[-1].lt = self.story.records[-1].lt.replace("5.1", "6.1")
        self.assertIn("wrong record", self.kinds())

    def test_finds_a_notice_that_changes_what_its_stream_means(self):
        """D45.2dd: terms and schemas are fixed for the life of a stream."""
        told = self.seen.notices[STREAM]
        told.append(Notice(BEGIN, BEGIN, dict(told[0].body, value_schema=1002)))
        self.found("terms")

    # ---- right ----

    def test_finds_a_record_after_a_hold_is_effective(self):
        """DX-3"""
        self.story.hold(15, 15.5)
        self.assertIn("without right", self.kinds())

    def test_a_record_between_request_and_effect_is_no_fault(self):
        self.story.hold(15, 16.5, 17)
        self.found()

    def test_a_record_after_the_lift_is_no_fault(self):
        self.story.hold(13, 13.5, 14)
        self.found()

    def test_a_second_hold_still_stands_when_the_first_is_lifted(self):
        """DX-2"""
        self.story.hold(13, 13.5, 14)
        self.seen.controls.append(Control("hold", "sv000001", BEGIN + 13 * S, BEGIN + 13 * S,
                                          "ho000002"))
        self.assertIn("without right", self.kinds())

    def test_finds_a_record_after_the_bound_of_a_hold_never_confirmed(self):
        """DX-14: the guaranteed bound counts from the signed record."""
        self.story.hold(13, 13.5)
        hold = self.seen.controls[0]
        hold.answered_us, hold.append_us = None, BEGIN - 80 * S
        self.assertIn("without right", self.kinds())
        self.assertIn("cut-off", self.kinds())

    def test_finds_a_record_received_after_the_right_to_read_went(self):
        """DX-14: appended in time, but a greedy reader still got it."""
        self.story.hold(17, 18.25)
        self.story.records[-1].received_us = BEGIN + 25 * S
        self.found("without right")

    def test_finds_a_stream_that_may_be_read_under_a_hold(self):
        """DX-3: nothing comes any more, but the right to read is still there."""
        self.story.hold(19, 19.5, 25)
        self.found()
        self.seen.controls[1].readable = [STREAM]
        self.found("without right")

    def test_a_slow_witness_receives_late(self):
        self.story.hold(17, 18.25)
        self.story.records[-1].received_us = BEGIN + 21 * S
        self.seen.load = 8.0
        self.found()

    def test_finds_a_record_after_the_last_instant_of_the_agreement(self):
        """D44.1d-2"""
        self.seen.connections[CN].until_us = BEGIN + 17 * S
        self.assertIn("without right", self.kinds())

    def test_finds_a_replaced_key_that_still_reads(self):
        """D40: with the answer of the command that issued its successor it has no right any more."""
        key = OldKey("ap000002.k1", BEGIN + 10 * S, [BEGIN + 10 * S + S // 2])
        self.seen.old_keys.append(key)
        self.found()
        key.received_us.append(BEGIN + 12 * S)
        self.found("without right")

    def test_measures_both_cut_off_times(self):
        """DX-14"""
        self.story.hold(17, 18.5)
        cut = list(cut_offs(self.seen))[0]
        self.assertEqual((cut.appended_us, cut.received_us), (1_199_000, 1_299_000))

    # ---- diary ----

    def test_finds_a_delivery_without_a_note(self):
        """DX-7"""
        self.seen.notes = []
        self.found("diary")

    def test_finds_a_note_of_another_content(self):
        """DX-7: the chain tells."""
        self.seen.notes[0]["chain"] = bytes(32)
        self.found("diary")

    def test_finds_notes_that_overlap(self):
        """DX-7: exactly one record a delivery."""
        self.seen.notes.append(dict(self.seen.notes[0], first=6, count=1))
        self.assertIn("diary", self.kinds())

    def test_finds_a_wrong_count_of_deletes(self):
        self.seen.notes[0]["deletes"] = 1
        self.found("diary")

    def test_finds_a_note_of_what_was_never_delivered(self):
        self.seen.notes[0].update(last=7, count=7)
        self.found("diary")

    # ---- others ----

    def test_finds_a_copy_disturbed_by_another_users_fault(self):
        """DX-13"""
        self.disturb()
        self.seen.faults.append(Fault("kill", ["ap000009"], BEGIN, BEGIN + 60 * S, "gone"))
        self.found("disturbed")

    def test_a_machine_that_is_slow_disturbs_nobody(self):
        """Seconds are judged by the load of the machine."""
        self.disturb()
        self.seen.faults.append(Fault("kill", ["ap000009"], BEGIN, BEGIN + 60 * S, "gone"))
        self.seen.load = 8.0
        self.found()

    def rows_on_their_way(self, second):
        self.disturb()
        self.seen.faults.append(Fault("kill", ["ap000009"], BEGIN, BEGIN + 60 * S, "gone"))
        large = self.story.transaction(7, second, [])
        large.changes = {"public.other": [Change("insert", None, {"id": 1})] * 10}
        self.story.transactions.append(large)
        self.found("disturbed")
        large.changes["public.other"] *= 200_000
        self.assertNotIn("disturbed", self.kinds())

    def test_rows_on_their_way_disturb_nobody(self):
        """A large transaction is before whatever was committed behind it."""
        self.rows_on_their_way(21)

    def test_rows_in_the_way_of_a_stamp_disturb_nobody(self):
        """A large transaction is before the stamp that was made while it was under way."""
        self.rows_on_their_way(17)

    def test_ones_own_fault_is_no_disturbance(self):
        self.disturb()
        self.seen.faults.append(Fault("kill", ["ap000002"], BEGIN, BEGIN + 60 * S, "gone"))
        self.found()

    def test_a_table_of_another_shape_disturbs_its_own_copies_alone(self):
        self.disturb()
        shape = self.story.transaction(7, 21, [("final", None, None, False, True)])
        self.story.transactions.append(shape)
        self.assertNotIn("disturbed", self.kinds())
        shape.changes = {"public.other": shape.changes[TABLE]}
        self.found("disturbed")

    # ---- what it cannot see ----

    def blind_for(self, text):
        self.kinds()
        self.assertTrue(any(text in reason for reason in self.blind), self.blind)

    def test_a_fault_without_proof_is_not_judged(self):
        self.seen.faults.append(Fault("kill routing", ["*"], BEGIN, BEGIN + S))
        self.blind_for("was not shown to have happened")

    def test_too_few_looks_are_not_judged(self):
        del self.seen.looks[CN][:-10]
        self.blind_for("looked at 10 times only")

    def test_a_stream_not_read_to_its_end_is_not_judged(self):
        self.redo((10, "insert", 3, "north"))
        self.seen.streams[STREAM].read_to_end = False
        self.blind_for("not read to its end")

    def test_no_log_is_not_judged(self):
        self.seen.epochs = [Epoch([])]
        self.blind_for("holds no transaction")

    def test_no_look_after_the_quiet_is_not_judged(self):
        self.seen.looks[CN] = [x for x in self.seen.looks[CN] if x.at_us < BEGIN + 20 * S]
        self.blind_for("no look at cn000001 after the quiet")


class Lost(unittest.TestCase):
    """All of Kafka is lost after the fifth record; the new cluster's first stream loads what is there,
    and the delete of row 2 comes on it."""

    def setUp(self):
        self.story = Story()
        self.seen = self.story.seen
        old, self.story.records = self.story.records[:5], []
        self.seen.streams[STREAM] = Stream(STREAM, CN, old, lost_us=BEGIN + 17 * S)
        self.seen.notes[0].update(last=2, count=2, deletes=0, chain=self.chain(STREAM, old[:2]))
        for second, op, ident, region in [(17, "snapshot", 2, "north"), (17, "snapshot", 3, "north"),
                                          (18, "delete", 2, None)]:
            self.story.add(second, op, ident, region)
        self.seen.streams[NEXT] = Stream(NEXT, CN, self.story.records, read_to_end=True)
        self.seen.notices[NEXT] = [Notice(BEGIN + 17 * S, BEGIN + 17 * S, dict(
            self.seen.notices[STREAM][0].body, stream=NEXT))]
        self.seen.faults.append(Fault("kafka lost broker", ["*"], BEGIN + 17 * S, BEGIN + 18 * S,
                                      "cluster a became b"))
        self.note()

    @staticmethod
    def chain(stream, records):
        value = chain_start("stream." + stream)
        for record in records:
            value = chain_next(value, record.key, record.value, record.lt)
        return value

    def note(self):
        count = len(self.story.records)
        self.seen.notes[1:] = [dict(self.seen.notes[0], stream=NEXT, first=1, last=count, count=count,
                                    deletes=1, chain=self.chain(NEXT, self.story.records))]

    def kinds(self):
        verdicts, blind = judge(self.seen)
        self.assertEqual(blind, [])
        return sorted({v.kind for v in verdicts})

    def test_a_loss_of_which_all_comes_back_passes(self):
        self.assertEqual(self.kinds(), [])

    def test_finds_a_generation_that_is_used_again(self):
        """DX-11: the old name, other contents, read from the start of the new topic."""
        again = copy.copy(self.story.records[0])
        again.lt = again.lt.replace(" 2/", " 1/")
        self.seen.streams[STREAM].records.append(again)
        self.assertIn("two contents", self.kinds())

    def test_finds_a_change_lost_after_it(self):
        """DX-4"""
        del self.story.records[2]
        self.note()
        self.seen.notes[1]["deletes"] = 0
        self.assertEqual(self.kinds(), ["lost"])

    def test_finds_a_hold_that_did_not_come_back(self):
        """DX-3, D43"""
        self.story.hold(16.5, 16.9)
        self.assertEqual(self.kinds(), ["without right"])

    def test_finds_an_end_that_did_not_come_back(self):
        """D44"""
        self.seen.connections[CN].terminated_us = BEGIN + 16 * S
        self.seen.controls.append(Control("revoke", CN, BEGIN + 16 * S, BEGIN + 16_500_000))
        self.assertEqual(self.kinds(), ["without right"])

    def test_finds_an_old_delivery_that_was_never_noted(self):
        """DX-7: only the open page is lost with Kafka."""
        del self.seen.notes[0]
        self.assertEqual(self.kinds(), ["diary"])

    def test_a_page_that_could_not_be_written_before_the_loss_is_lost_too(self):
        """The broker was away before all of it was lost, and full before that."""
        del self.seen.notes[0]
        self.seen.faults += [Fault("broker broker", ["*"], BEGIN + 12 * S, BEGIN + 17 * S, "pid gone"),
                             Fault("disk full broker", ["*"], BEGIN - 5 * S, BEGIN + 5 * S, "full")]
        self.assertEqual(self.kinds(), [])

    def test_another_s_fault_before_the_loss_excuses_no_page(self):
        del self.seen.notes[0]
        self.seen.faults.append(Fault("crash target", ["*"], BEGIN - 5 * S, BEGIN + 17 * S, "pid gone"))
        self.assertEqual(self.kinds(), ["diary"])

    def loaded_anew(self, second, old):
        """Looks under the stamp from before the loss; from this second on under new ones, the first
        of them old already, for so many looks."""
        looks, last = self.seen.looks[CN], self.seen.looks[CN][-1]
        before = next(x for x in looks if x.at_us > BEGIN + 17 * S).source_stamp_us
        looks += [Look(BEGIN + at * S, 0, True, last.count, last.digest) for at in range(30, 100)]
        for look in looks:
            if look.at_us > BEGIN + 17 * S:
                look.source_stamp_us = before if look.at_us < BEGIN + second * S else look.at_us - S
        first = next(i for i, x in enumerate(looks) if x.at_us >= BEGIN + second * S)
        for look in looks[first:first + old]:
            look.source_stamp_us = BEGIN + (second - 14) * S
        self.seen.end_us = BEGIN + 100 * S

    def test_a_load_anew_may_take_its_time(self):
        self.loaded_anew(60, 4)
        self.assertEqual(self.kinds(), [])

    def test_finds_a_copy_that_is_disturbed_when_it_is_over(self):
        """DX-13"""
        self.loaded_anew(35, 0)
        for look in self.seen.looks[CN][-20:-1]:
            look.source_stamp_us = self.seen.looks[CN][-21].source_stamp_us
        self.assertEqual(self.kinds(), ["disturbed"])

    def test_finds_a_new_delivery_that_was_never_noted(self):
        del self.seen.notes[1]
        self.assertEqual(self.kinds(), ["diary"])


class Shapes(Judging):
    """At second 19 a part joins with row 9; the feed begins anew, and the second stream carries it."""

    def setUp(self):
        super().setUp()
        self.join = self.story.transaction(7, 19, [("insert", None, row(9, "south"))])
        self.join.changes[TABLE][0].told = False
        self.story.transactions.append(self.join)
        self.later(22, 10)
        self.story.transactions.append(self.story.transaction(8, 24, [
            ("insert", None, row(10, "north"))]))
        self.second_stream([3, 9], [10])
        for look in self.seen.looks[CN]:
            after = look.at_us - BEGIN
            if after >= 25 * S:
                look.digest, look.count = state((3, "north"), (9, "south"), (10, "north")), 3
                look.source_stamp_us = look.at_us - S // 2
            elif after >= 19 * S:
                look.source_stamp_us = BEGIN + 18 * S + 500_000

    def later(self, quiet, more):
        self.seen.quiet_us, self.seen.end_us = BEGIN + quiet * S, BEGIN + (35 + more) * S

    def second_stream(self, loaded, then):
        name = CN + ".2"
        self.story.records = records = []
        self.story.feed_seq = 0
        for ident in loaded:
            self.story.add(23, "snapshot", ident, {9: "south"}.get(ident, "north"))
        for ident in then:
            self.story.add(24, "insert", ident, "north")
        self.seen.streams[name] = Stream(name, CN, records, read_to_end=True)
        self.seen.notices[name] = [Notice(BEGIN + 22 * S, BEGIN + 22 * S, dict(
            self.seen.notices[STREAM][0].body, stream=name, load_seq=len(loaded)))]
        chain = chain_start("stream." + name)
        for record in records:
            chain = chain_next(chain, record.key, record.value, record.lt)
        self.seen.notes = self.seen.notes[:1] + [dict(
            self.seen.notes[0], stream=name, last=len(records), count=len(records), deletes=0,
            chain=chain)]

    def look_at(self, second):
        return next(x for x in self.seen.looks[CN] if x.at_us == BEGIN + second * S)

    def test_rows_that_came_without_a_word_are_loaded_anew(self):
        """architecture 4.2: a changed fingerprint = no voucher."""
        self.found()
        self.assertEqual(self.blind, [])

    def test_an_old_copy_may_go_on_under_its_old_stamp(self):
        """Changes that are told reach it, what joined without a word does not."""
        self.story.transactions.insert(7, self.story.transaction(9, 20, [
            ("insert", None, row(11, "north"))]))
        self.second_stream([3, 9, 11], [10])
        self.look_at(21).digest = state((3, "north"), (11, "north"))
        for look in self.seen.looks[CN]:
            if look.at_us >= BEGIN + 25 * S:
                look.digest = state((3, "north"), (9, "south"), (11, "north"), (10, "north"))
        self.story.records = self.seen.streams[STREAM].records
        self.story.feed_seq = 6
        self.story.add(20, "insert", 11, "north")
        self.found("diary")  # of the record just added there is no note

    def test_finds_a_stamp_over_rows_that_came_without_a_word(self):
        """D41.2b-1"""
        for look in self.seen.looks[CN]:
            if BEGIN + 21 * S <= look.at_us < BEGIN + 25 * S:
                look.source_stamp_us = BEGIN + 19 * S + 100_000
        self.found("unsound stamp")

    def test_finds_a_stamp_over_rows_of_nobody(self):
        """Joined, changed and gone again: the change is told, the rows are not."""
        self.join.changes[TABLE].append(Change("update", row(9, "south"), row(9, "north")))
        gone = Change("delete", row(9, "north"), None, told=False)
        self.join.changes[TABLE].append(gone)
        for look in self.seen.looks[CN]:
            if look.at_us >= BEGIN + 25 * S:
                look.digest = state((3, "north"), (9, "north"), (10, "north"))
        self.assertIn("unsound stamp", self.kinds())

    def came_and_went(self):
        """The row that joined is gone a moment later, and the old stream goes on."""
        gone = self.story.transaction(9, 20, [("delete", row(9, "south"), None)])
        gone.changes[TABLE][0].told = False
        self.story.transactions.insert(7, gone)
        self.story.records = self.seen.streams[STREAM].records
        self.story.feed_seq = 6
        self.story.add(24, "insert", 10, "north")
        del self.seen.streams[CN + ".2"], self.seen.notices[CN + ".2"]
        for look in self.seen.looks[CN]:
            if look.at_us >= BEGIN + 25 * S:
                look.digest, look.count = state((3, "north"), (10, "north")), 2

    def lost(self):
        return [v for v in judge(self.seen)[0] if v.kind == "lost"]

    def test_what_came_and_went_without_a_word_needs_no_new_load(self):
        """architecture 4.2: no voucher between the two; what is there at the end is true."""
        self.came_and_went()
        self.assertEqual(self.lost(), [])

    def test_finds_an_old_stream_that_holds_rows_of_nobody(self):
        """DX-5: between coming and going a row was changed; that is told."""
        self.came_and_went()
        self.story.transactions.insert(7, self.story.transaction(10, 19, [
            ("update", row(9, "south"), row(9, "north"))]))
        self.assertIn(STREAM, [v.where for v in self.lost()])

    def test_finds_a_load_without_the_rows_that_came(self):
        """DX-5"""
        self.second_stream([3], [10])
        self.found("lost")

    def test_finds_records_after_a_declared_column_was_dropped(self):
        """architecture 3: a declared column that disappears stops the feed."""
        self.join.changes[TABLE] = [Change("final", None, None, told=False, final=True)]
        self.story.records = self.seen.streams[STREAM].records
        self.story.feed_seq = 6
        self.story.add(24, "insert", 10, "north")
        self.second_stream([3], [10])
        for look in self.seen.looks[CN]:
            if look.at_us >= BEGIN + 25 * S:
                look.digest = state((3, "north"), (10, "north"))
        verdicts = [v for v in judge(self.seen)[0] if v.where == STREAM and v.kind == "lost"]
        self.assertEqual(len(verdicts), 1, judge(self.seen)[0])


class Parts(unittest.TestCase):
    def test_a_row_has_postgresql_s_own_text(self):
        text = '{"a": 12.50, "bb": "Đỗ \\"x\\"", "null": null}'
        self.assertEqual(values.text_of(values.parse(text)), '{"a": 12.50, "bb": "Đỗ \\"x\\""}')

    def test_wire_values_have_the_text_of_their_column(self):
        def wire(value, kind):
            return values.reader_of(kind)(value)
        self.assertEqual(wire(b"\xff", {"type": "bytes", "logicalType": "decimal", "scale": 4}), "-0.0001")
        self.assertEqual(wire(0, ["null", {"type": "long", "logicalType": "timestamp-micros"}]),
                         "1970-01-01T00:00:00+00:00")
        self.assertEqual(values.token(wire(7, "long")), "7")
        self.assertEqual(values.token(wire("7", "string")), '"7"')

    def test_the_header_is_read_strictly(self):
        self.assertEqual(header("update 4711 5 2/90412 12.3").feed_seq, 90412)
        for text in ("update 04 5 2/9 1.1", "update 4 5 2/9", "sync 4 5 2/9 1.1", "update 4 5 2/9 1.1 "):
            with self.assertRaises(Damage):
                header(text)

    def test_a_record_is_read_whole(self):
        schema = Schema(VALUE_SCHEMA)
        self.assertEqual(schema.read(value_bytes(-3, None)[5:]), {"id": -3, "region": None})
        with self.assertRaises(Malformed):
            schema.read(value_bytes(3, "north")[5:] + b"x")
        with self.assertRaises(Malformed):
            schema.read(value_bytes(3, "north")[5:-1])

    def test_unknown_is_out_of_scope(self):
        self.assertFalse(scope.holds(["between", "a", "0", "5"], {"a": None}))
        self.assertTrue(scope.holds(["or", ["null", "a"], ["=", "a", "x"]], {"a": None}))
        self.assertEqual(scope.as_text(["in", "a", ["x", "y"]]), "a IN ('x', 'y')")

    def test_a_value_outside_its_type_keeps_the_row_from_everybody(self):
        wish = scope.Scope(["id"], ["all"], ["id"], ["amount"])
        self.assertFalse(wish.shows({"id": "1", "amount": "NaN"}))
        self.assertTrue(wish.names({"id": "1", "amount": "NaN"}))

    def test_figures_tell_faults_apart_by_what_they_hit(self):
        """DX-14: a restored source is not a restored target, a killed steward not a killed consumer."""
        self.assertEqual([figures.kind_of(*name.rsplit(" ", 1)) for name in (
            "restore source source", "restore target stream:ap000002", "crash target",
            "kill consumer:ap000003", "kill consumer:ap000004", "disk full broker", "broker broker")],
            ["restore source", "restore target", "crash target", "kill consumer", "kill consumer",
             "disk full broker", "broker"])

    def test_a_server_s_clock_is_believed_where_it_agrees_with_ours(self):
        self.assertEqual(clocks.at_the_source(BEGIN + 7, BEGIN, BEGIN + 9), BEGIN + 7)
        self.assertEqual(clocks.at_the_source(BEGIN + clocks.HOUR_US, BEGIN, BEGIN + 9), BEGIN + 9)
        self.assertEqual(clocks.at_the_source(BEGIN - clocks.HOUR_US, BEGIN, BEGIN + 9), BEGIN + 9)

    def test_an_append_time_is_right_but_for_whole_hours(self):
        received = BEGIN + 200 * S  # behind a hold, say
        for wrong in (-clocks.HOUR_US, 0, clocks.HOUR_US):
            self.assertEqual(clocks.appended(BEGIN + wrong, received), BEGIN)
    def test_a_transaction_is_visible_when_its_commit_is_answered(self):
        """Or with the first snapshot that holds it, where no answer came."""
        source = watch_source.Source(None)
        source.order = {10: (1, 0), 12: (2, 0)}
        source.polls = [("13:13:", 900)]
        source.surely_visible(10, 700)
        told = source.transactions([(x, "public.t", "untold insert", None, '{"id": 1}')
                                    for x in (10, 12)])
        self.assertEqual([t.seen_us for t in told], [700, 900])
        self.assertEqual([c.told for c in told[0].changes["public.t"]], [False])

    def test_a_server_that_is_being_exchanged_tells_nothing_of_the_next(self):
        """The same transaction ids come again in it."""
        source = watch_source.Source(None)
        source.gone = "started at noon"
        source.saw("13:13:", 900, "started at noon")
        source.saw("13:13:", 950, "started at one")
        self.assertEqual(source.polls, [("13:13:", 950)])

    def test_a_transaction_is_visible_with_the_first_snapshot_that_holds_it(self):
        one, other = Transaction(10, 0, {}), Transaction(12, 0, {})
        watch_source.date_visible([one, other], [("9:10:", 1), ("10:13:10,11", 2), ("13:13:", 3)])
        self.assertEqual((one.seen_us, other.seen_us), (3, 2))


if __name__ == "__main__":
    sys.exit(closing.main(sys.modules[__name__]))
