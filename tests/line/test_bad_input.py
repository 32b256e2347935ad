"""Bad input on the real line: one service, connection or program meets it and ends in a state that
names what and where; a second connection shows that the rest goes on; after mending nothing is
lost.  tests/README.md has the whole table."""

import os
import subprocess
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource

from world import SOURCE_DB, configured, paused, wait_until

PROVIDER_PROGRAM = "provider-" + SOURCE_DB
COLUMNS = [("id", "bigint", True), ("name", "text", True), ("region", "varchar(10)", False),
           ("amount", "numeric(18,4)", False)]
ROWS = [(1, "Nguyễn Văn An", "north", "12.5000"), (2, "Trần Thị Bình", "south", None)]
TOO_LARGE = 1200000  # characters; a framed value holds 1,048,576 bytes
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


# ---- what several tests need ----

class Witness:
    """A service and a connection of their own, that must not notice anything."""

    def __init__(self, world, application="ap000003"):
        self.world = world
        self.service = world.service(COLUMNS, rows=ROWS)
        self.copy = world.connect(self.service, application)
        self.next = 100

    def goes_on(self):
        """A change arrives, and a stamp that is younger than the change."""
        self.next += 1
        self.world.sql("INSERT INTO public.%s VALUES (%%s, 'đi tiếp', 'north', 1)" % self.service,
                       (self.next,))
        self.copy.wait_equal()
        stamped_after(self.copy)


def stamped_after(copy, patience=60):
    """Waits for a stamp that is younger than now."""
    now = copy.query("SELECT clock_timestamp()")[0][0]
    wait_until("%s is stamped after %s" % (copy.connection, now),
               lambda: copy.query("SELECT stamp > %s FROM lienthong.copy WHERE connection = %s"
                                  " AND shown", (now, copy.connection)) == [(True,)], patience)


def logged(world, program, *parts, since=0):
    """Waits until one line of the program's log, from its character `since` on, holds all the parts."""
    def found():
        return any(all(p in line for p in parts)
                   for line in world.programs[program].log_text()[since:].splitlines())
    return wait_until("%s logs %s" % (program, parts), found)


def count_logged(world, program, text):
    return world.programs[program].log_text().count(text)


def check(world, program):
    """Exit code and text of a program's `check`."""
    program = world.programs[program]
    done = subprocess.run([program.binary, "check", "--config", program.config],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, timeout=60, check=False)
    return done.returncode, done.stdout


def wait_feed(copy, state, *reasons):
    """Waits for the feed's state and one of the reasons in `status --json`; gives its incarnation."""
    def reached():
        feed = copy.line()["feed"]
        fits = feed and feed["state"] == state and (not reasons or feed["reason"] in reasons)
        return (feed["incarnation"],) if fits else None  # 0 is one, too
    return wait_until("feed of %s is %s %s" % (copy.connection, state, reasons), reached)[0]


def incarnation(copy):
    return copy.line()["feed"]["incarnation"]


def set_aside(copy):
    """The rows that the target keeps back, as (op, reason)."""
    return copy.query("SELECT reason FROM lienthong.set_aside s JOIN lienthong.copy c USING (copy)"
                      " WHERE c.connection = %s AND c.shown ORDER BY 1", (copy.connection,))


def wait_ids(copy, ids):
    wait_until("%s shows %s" % (copy.connection, ids),
               lambda: sorted(r["id"] for r in copy.rows()) == ids)


def client(world, principal, directory=None):
    """librdkafka properties of a principal."""
    section = world.kafka.section(principal, directory)
    return {"bootstrap.servers": section["brokers"], "security.protocol": "ssl",
            "ssl.ca.location": section["ca_file"],
            "ssl.certificate.location": section["cert_file"],
            "ssl.key.location": section["key_file"]}


def as_application(world, application):
    return client(world, application + ".k1", world.path("certificates", application))


def produce(properties, topic, *records):
    producer = Producer(properties)
    failures = []
    for key, value in records:
        producer.produce(topic, key=key, value=value,
                         on_delivery=lambda err, _: err and failures.append(err))
    assert producer.flush(30) == 0, "not all was written to " + topic
    assert not failures, failures


def read_topic(world, topic):
    """All records of a topic as (key, value), by the one who may read everything here."""
    consumer = Consumer(dict(client(world, "bootstrap"), **{
        "group.id": "test", "enable.auto.commit": False, "enable.partition.eof": True,
        "isolation.level": "read_committed"}))
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    records = []
    while True:
        message = consumer.poll(30)
        assert message is not None, "no answer from " + topic
        if message.error():
            break
        records.append((message.key(), message.value()))
    consumer.close()
    return records


def stream_of(copy):
    return copy.line()["stream"]["stream"]


# ---- the source: publication, identity, shape ----

def test_a_publication_missing_a_table_stops_one_service(world):
    """D3.3: named by log and check with the SQL that mends it; begins by itself when mended."""
    witness = Witness(world)
    service = world.service(COLUMNS, rows=ROWS, publish=False)
    text = "publication 'lienthong' lacks table public." + service
    logged(world, PROVIDER_PROGRAM, "event=feed_judged service=" + service, text)
    code, found = check(world, PROVIDER_PROGRAM)
    assert code == 1 and "STOP  " + text in found, found
    assert 'ALTER PUBLICATION "lienthong" ADD TABLE public.%s;' % service in found, found
    copy = world.connect(service, wait=False)
    wait_feed(copy, "ended", text)
    assert copy.line()["why"] == "feed_unfit" and incarnation(copy) == 0, copy.line()
    for lang, words in (("en", "the feed cannot begin"), ("vi", "dòng nguồn chưa thể bắt đầu")):
        told = world.lienthong("--lang", lang, "status").stdout
        assert words in told and text in told, told
    witness.goes_on()
    world.publish(service)
    copy.wait_stamped()
    assert incarnation(copy) == 1
    copy.wait_equal()


def test_a_table_taken_out_of_the_publication_ends_its_feed(world):
    """D41.2b-1: what changed meanwhile is not in the stream, so nothing is vouched for."""
    witness = Witness(world)
    service = world.service(COLUMNS, rows=ROWS)
    copy = world.connect(service)
    world.sql("ALTER PUBLICATION lienthong DROP TABLE public." + service)
    world.sql("INSERT INTO public.%s VALUES (3, 'ngoài công bố', 'north', 1)" % service)
    wait_feed(copy, "ended", "publication 'lienthong' lacks table public." + service)
    witness.goes_on()
    world.sql("ALTER PUBLICATION lienthong ADD TABLE public." + service)
    copy.wait_equal()
    assert incarnation(copy) == 2


def test_a_moment_out_of_the_publication_is_noticed(world):
    """D41.2b-1: shorter than the distance of two sync points, and still no stamp over the hole."""
    service = world.service(COLUMNS, rows=ROWS)
    copy = world.connect(service)
    world.sql("ALTER PUBLICATION lienthong DROP TABLE public.%s" % service +
              "; INSERT INTO public.%s VALUES (3, 'ngoài công bố', 'north', 1)" % service +
              "; ALTER PUBLICATION lienthong ADD TABLE public.%s" % service)
    logged(world, PROVIDER_PROGRAM, "event=sync_points_held service=" + service,
           "set [provider] on_shape_change=renew to load it anew")
    time.sleep(1)
    before = copy.stamp()
    time.sleep(2)
    assert copy.stamp() == before, "stamped over a hole"


def test_a_table_without_identity_ends_its_feed(world):
    """D3.3: REPLICA IDENTITY NOTHING on a table that is shared."""
    identity_is_lost(world, "NOTHING", "id")


def test_a_nullable_scope_column_without_full_ends_its_feed(world):
    """D3.3: with the key alone the old value of a scope column is not known."""
    identity_is_lost(world, "DEFAULT", "region")


def identity_is_lost(world, identity, column):
    witness = Witness(world)
    columns = [c for c in COLUMNS if c[1] != "text"] + [("note", "varchar(20)", False)]
    service = world.service(columns, scope=["region"], rows=[(1, "north", 1, "a")])
    copy = world.connect(service, row_filter="region = 'north'")
    world.sql("ALTER TABLE public.%s REPLICA IDENTITY %s" % (service, identity))
    world.sql("INSERT INTO public.%s VALUES (2, 'north', 2, 'b')" % service)
    lacks = "the replica identity of '%s' (public.%s) lacks the key or a scope column" % (
        service, service)
    # Whichever sees it first: the row that came, or the look at the catalogue.
    wait_feed(copy, "ended", "table public.%s: column '%s' is not part of the replica identity" % (
        service, column), lacks)
    code, found = check(world, PROVIDER_PROGRAM)
    assert code == 1, found
    assert "STOP  " + lacks in found, found
    assert "ALTER TABLE public.%s REPLICA IDENTITY FULL;" % service in found, found
    witness.goes_on()
    world.sql("ALTER TABLE public.%s REPLICA IDENTITY FULL" % service)
    world.sql("UPDATE public.%s SET region = 'south' WHERE id = 1" % service)
    copy.wait_equal("region = 'north'")
    wait_ids(copy, [2])


def test_a_dropped_column_ends_its_feed_alone(world):
    """D3.3: the declared column is named; back again, the table is loaded anew."""
    witness = Witness(world)
    service = world.service(COLUMNS, rows=ROWS)
    copy = world.connect(service)
    world.sql("ALTER TABLE public.%s DROP COLUMN amount" % service)
    world.sql("INSERT INTO public.%s VALUES (3, 'sau', 'north')" % service)
    wait_feed(copy, "ended")
    reason = copy.line()["feed"]["reason"]
    assert "declared column 'amount'" in reason and "is gone" in reason, reason
    assert service in reason, reason
    assert copy.line()["why"] == "feed_ended", copy.line()
    witness.goes_on()
    world.sql("ALTER TABLE public.%s ADD COLUMN amount numeric(18,4)" % service)
    copy.wait_equal()
    wait_ids(copy, [1, 2, 3])


def test_an_added_column_changes_nothing(world):
    """D3.3: what is not declared is not seen: same incarnation, same stream, stamps go on."""
    service = world.service(COLUMNS, rows=ROWS)
    copy = world.connect(service)
    stream = stream_of(copy)
    world.sql("ALTER TABLE public.%s ADD COLUMN extra text DEFAULT 'mới'" % service)
    world.sql("INSERT INTO public.%s VALUES (3, 'sau', 'north', 1, 'thêm')" % service)
    copy.wait_equal()
    stamped_after(copy)
    assert incarnation(copy) == 1 and stream_of(copy) == stream
    assert set(copy.rows()[0]) == {"id", "name", "region", "amount"}
    assert count_logged(world, PROVIDER_PROGRAM, "event=sync_points_held service=" + service) == 0


# ---- values ----

def withheld_until_mended(world, columns, good, bads, reason):
    """Each bad value gets into a row of its own, which is not shown; the others are, and the bad
    ones again when they are good again."""
    bad_ids = range(2, 2 + len(bads))
    service = world.service(columns, rows=[(i,) + good for i in range(1, 2 + len(bads))])
    copy = world.connect(service)
    names = [c[0] for c in columns[1:]]
    change = "UPDATE public.%s SET (%s) = ROW(%s) WHERE id = %%s" % (
        service, ", ".join(names), ", ".join(["%s"] * len(names)))
    for ident, bad in zip(bad_ids, bads):
        world.sql(change, bad + (ident,))
    world.sql("INSERT INTO public.%s VALUES (%s)" % (
        service, ", ".join(["%s"] * len(columns))), (100,) + good)
    wait_ids(copy, [1, 100])
    stamped_after(copy)
    assert len(set_aside(copy)) == len(bads), set_aside(copy)
    logged(world, PROVIDER_PROGRAM, "event=rows_withheld service=" + service, "reason=" + reason)
    late = world.connect(service, "ap000003")  # a first load meets them too
    wait_ids(late, [1, 100])
    for ident in bad_ids:
        world.sql(change, good + (ident,))
    copy.wait_equal()
    late.wait_equal()
    assert set_aside(copy) == []


def test_a_row_over_the_limit_is_withheld(world):
    """D41.2b-8: a framed value above 1 MiB."""
    withheld_until_mended(world, [("id", "bigint", True), ("name", "text", True)], ("vừa",),
                          [("x" * TOO_LARGE,)], "size")


def test_numeric_nan_is_withheld(world):
    """D41.2b-8: NaN is no decimal."""
    withheld_until_mended(world, [("id", "bigint", True), ("amount", "numeric(18,4)", False)],
                          ("1.5",), [("NaN",)], "value")


def test_infinite_dates_are_withheld(world):
    """D41.2b-8: infinity is no date and no instant."""
    columns = [("id", "bigint", True), ("born", "date", False), ("at", "timestamptz", False)]
    born, at = good = ("2000-02-29", "2026-01-01 00:00:00+07")
    withheld_until_mended(world, columns, good, [("infinity", at), ("-infinity", at),
                                                 (born, "infinity"), (born, "-infinity")], "value")


def test_the_year_20000_arrives(world):
    """DX-4: far dates are values like any other."""
    service = world.service([("id", "bigint", True), ("born", "date", False),
                             ("at", "timestamptz", False), ("seen", "timestamp", False)],
                            rows=[(1, "20000-12-31", "20000-12-31 23:59:59.999999+00",
                                   "20000-01-01 00:00:00"),
                                  (2, "4714-11-24 BC", "4714-11-24 00:00:00+00 BC", None)])
    copy = world.connect(service)
    copy.wait_equal()
    assert [r["id"] for r in copy.rows()] == [1, 2]
    assert "20000-12-31" in copy.rows()[0]["born"]


def test_a_column_named_in_vietnamese_comes_back_by_its_name(world):
    """D3.3: an ASCII alias on the wire, `họ tên` at the source and at the target."""
    service = world.service([("id", "bigint", True), ("họ tên", "text", True),
                             ("Mã số", "varchar(10)", False)],
                            scope=["Mã số"], rows=[(1, "Đỗ Thu Hà", "a"), (2, "Lê", "b")])
    copy = world.connect(service, row_filter="M__s__x = 'a'")
    wait_until("one row", lambda: len(copy.rows()) == 1)
    assert copy.rows()[0]["họ tên"] == "Đỗ Thu Hà", copy.rows()
    world.sql("UPDATE public.%s SET \"họ tên\" = 'Hà' WHERE id = 1" % service)
    wait_until("the change", lambda: copy.rows()[0]["họ tên"] == "Hà")


def test_diacritics_keep_their_bytes(world):
    """DX-4: composed and decomposed texts are two texts; as keys only the composed one counts."""
    composed, decomposed = "Huế", "Hue\u0302\u0301"
    service = world.service([("id", "bigint", True), ("name", "text", True)],
                            rows=[(1, composed), (2, decomposed)])
    copy = world.connect(service)
    copy.wait_equal()
    assert [r["name"] for r in copy.rows()] == [composed, decomposed]


def test_a_decomposed_key_is_left_out_and_told(world):
    """D41.2b-8: a key has one byte form (NFC); the row is not guessed, and its feed goes on."""
    composed, decomposed = "Huế", "Hue\u0302\u0301"
    service = world.service([("name", "varchar(20)", True), ("n", "integer", False)],
                            key=["name"], rows=[(composed, 1), (decomposed, 2)])
    copy = world.connect(service)
    wait_until("the good row", lambda: [r["n"] for r in copy.rows()] == [1])
    world.sql("INSERT INTO public.%s VALUES ('Đà Nẵng', 3)" % service)
    world.sql("INSERT INTO public.%s VALUES (%%s, 4)" % service, (decomposed + " 2",))
    wait_until("the next", lambda: sorted(r["n"] for r in copy.rows()) == [1, 3])
    logged(world, PROVIDER_PROGRAM, "event=rows_withheld service=" + service, "key")
    world.sql("UPDATE public.%s SET name = normalize(name, NFC) || ' cổ' WHERE n = 2" % service)
    wait_until("mended", lambda: sorted(r["n"] for r in copy.rows()) == [1, 2, 3])


def test_an_empty_text_is_not_null(world):
    """DX-4: '' stays '', NULL stays NULL, also after each became the other."""
    service = world.service([("id", "bigint", True), ("note", "text", False)],
                            rows=[(1, ""), (2, None)])
    copy = world.connect(service)
    copy.wait_equal()
    assert [r["note"] for r in copy.rows()] == ["", None]
    world.sql("UPDATE public.%s SET note = CASE WHEN note IS NULL THEN '' END" % service)
    wait_until("both changed", lambda: [r["note"] for r in copy.rows()] == [None, ""])


def test_null_and_value_in_a_scope_column(world):
    """DX-5: value to NULL leaves the scope of the value, NULL to value leaves that of NULL."""
    service = world.service(COLUMNS, scope=["region"],
                            rows=[(1, "a", "north", 1), (2, "b", None, 2)])
    north = world.connect(service, row_filter="region = 'north'")
    none = world.connect(service, "ap000003", row_filter="region IS NULL")
    wait_ids(north, [1])
    wait_ids(none, [2])
    world.sql("UPDATE public.%s SET region = CASE WHEN region IS NULL THEN 'north' END" % service)
    wait_ids(north, [2])
    wait_ids(none, [1])
    world.sql("UPDATE public.%s SET region = NULL" % service)
    wait_ids(north, [])
    wait_ids(none, [1, 2])


def test_two_unique_values_change_places(world):
    """DX-6: in one transaction at the source, under a unique index at the target too."""
    service = world.service([("id", "bigint", True), ("seat", "integer", False)],
                            rows=[(1, 10), (2, 20)])
    world.sql("ALTER TABLE public.%s ADD UNIQUE (seat) DEFERRABLE" % service)
    copy = world.connect(service)
    table = copy.meta()["table_name"]
    copy.query("CREATE UNIQUE INDEX ON lienthong.%s (seat)" % table)
    world.sql("UPDATE public.%s SET seat = 30 - seat" % service)
    wait_until("the swap", lambda: [r["seat"] for r in copy.rows()] == [20, 10])
    world.sql("UPDATE public.%s SET id = -id; UPDATE public.%s SET id = 3 + id" % (
        service, service))
    copy.wait_equal()
    assert set_aside(copy) == []


# ---- the platform ----

def test_a_deleted_stream_topic_is_replaced(world):
    """DX-11: the stream ends as damaged, its successor is loaded, the copy is whole again."""
    witness = Witness(world)
    service = world.service(COLUMNS, rows=ROWS)
    copy = world.connect(service)
    stream = stream_of(copy)
    admin = AdminClient(client(world, "bootstrap"))
    admin.delete_topics(["stream." + stream])["stream." + stream].result()
    world.sql("INSERT INTO public.%s VALUES (3, 'sau', 'north', 1)" % service)
    witness.goes_on()
    copy.wait_equal(patience=120)
    stamped_after(copy, 60)
    assert stream_of(copy) != stream
    logged(world, "routing", "event=stream_state stream=" + stream, "to=ENDED")


def test_an_inbox_that_cannot_be_written_stops_its_application_alone(world):
    """DX-11: an inbox refuses what routing writes: its streams wait, the others go on."""
    witness = Witness(world, "ap000003")
    service = world.service(COLUMNS, rows=ROWS)
    copy = world.connect(service, "ap000004")
    stamped_after(copy)
    # Without its steward, which would set the topic right, and with time enough for all of it.
    with configured(world.programs["routing"], "routing", grace="300s"), \
            paused(world.programs["steward"]):
        was = limit_messages(world, "inbox.ap000004", "100")
        try:
            world.sql("INSERT INTO public.%s VALUES (3, 'sau', 'north', 1)" % service)
            logged(world, "routing", "event=topic_ejected", "inbox.ap000004")
            witness.goes_on()
            copy.wait_state("HELD")
            assert copy.line()["stream"]["reason"] == "technical"
            witness.goes_on()
        finally:
            limit_messages(world, "inbox.ap000004", was)
    copy.wait_equal(patience=120)
    stamped_after(copy, 60)


def limit_messages(world, topic, most):
    """Sets the topic's greatest message; gives what it was."""
    admin = AdminClient(client(world, "bootstrap"))
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    now = admin.describe_configs([resource])[resource].result()
    wanted = ConfigResource(ConfigResource.Type.TOPIC, topic)
    for name, entry in now.items():
        if not entry.is_default and name != "max.message.bytes":
            wanted.set_config(name, entry.value)
    wanted.set_config("max.message.bytes", most)
    admin.alter_configs([wanted])[wanted].result()
    return now["max.message.bytes"].value


def test_forged_and_replayed_control_records_change_nothing(world):
    """D43, architecture 5: written with the steward's own certificate, but not with its key."""
    witness = Witness(world)
    records = read_topic(world, "platform.control")
    agreements = [(k, v) for k, v in records if k.startswith(b"agreement/")]
    key, value = agreements[0]
    forged = value[:-1] + bytes([value[-1] ^ 1])
    refused = count_logged(world, "routing", "event=control_refused")
    produce(client(world, "steward"), "platform.control", (key, forged), (b"hold/ho000999", value),
            (b"agreement/ar999999", b"\x01" + b"\x00" * 80))
    wait_until("each lane refuses three records", lambda: count_logged(
        world, "routing", "event=control_refused") >= refused + 6)
    for text in ("signature does not verify", "stands under another key"):
        logged(world, "routing", "event=control_refused", text)
    witness.goes_on()
    produce(client(world, "steward"), "platform.control", (key, value))  # as compaction leaves it
    assert world.status()["control"]["fresh"]
    witness.goes_on()


def test_without_heartbeat_delivery_stops_and_goes_on(world):
    """Architecture 5: no heartbeat within the grace, no delivery; nothing is lost."""
    service = world.service(COLUMNS, rows=ROWS)
    copy = world.connect(service)
    before = len(world.programs["routing"].log_text())
    world.programs["steward"].stop()
    try:
        logged(world, "routing", "event=control_stale", "lane=live", since=before)
        head = world.status()
        assert head["control"]["fresh"] is False, head["control"]
        assert head["control"]["why"], head["control"]
        explained = world.lienthong("explain", copy.connection, check=False)
        assert explained.returncode != 0, explained.stdout
        before = copy.rows()
        world.sql("INSERT INTO public.%s VALUES (3, 'sau', 'north', 1)" % service)
        time.sleep(3)
        assert copy.rows() == before, "delivered without control"
    finally:
        world.programs["steward"].start()
    copy.wait_equal()
    stamped_after(copy)


def test_garbage_in_an_outbox_is_ignored_and_counted(world):
    """Architecture 3: bytes, a forged gap report of another's stream, an unknown key."""
    witness = Witness(world, "ap000003")
    service = world.service(COLUMNS, rows=ROWS)
    copy = world.connect(service)
    stream = stream_of(witness.copy)
    before = world.status()["ignored"]
    produce(as_application(world, "ap000002"), "outbox.ap000002",
            (b"rubbish", b"\xff" * 40), (b"receipt/" + stream.encode(), b"\x00\x00\x00\x00\x1e"),
            (b"gap/" + stream.encode(), b"\x00\x00\x00\x00\x1f\x02"))
    wait_until("status counts it", lambda: world.status()["ignored"] > before)
    witness.goes_on()
    world.sql("INSERT INTO public.%s VALUES (3, 'sau', 'north', 1)" % service)
    copy.wait_equal()
    stamped_after(copy)
    assert stream_of(witness.copy) == stream, "another's report ended the stream"


def with_clock(program, offset):
    """Starts the program with a clock of its own; None: the true one."""
    program.stop()
    program.environment = offset and dict(os.environ, LD_PRELOAD=FAKETIME, FAKETIME=offset,
                                          FAKETIME_DONT_FAKE_MONOTONIC="1")
    program.start()


def test_a_consumer_an_hour_ahead_does_not_stamp(world):
    """D41.2b-3: rows go on, no stamp, the alarm names the difference; others are not touched."""
    witness = Witness(world, "ap000003")
    service = world.service(COLUMNS, rows=ROWS, use_period="6h")
    copy = world.connect(service, "ap000004")
    program = world.programs["consumer-users_c"]
    try:
        with_clock(program, "+3600")
        logged(world, "consumer-users_c", "event=clock_skew", "stamping=stopped")
        stamp = copy.stamp()
        world.sql("UPDATE public.%s SET name = name || '.'" % service)
        copy.wait_equal()
        witness.goes_on()
        assert copy.stamp() == stamp, "stamped by a wrong clock"
    finally:
        with_clock(program, None)
    stamped_after(copy)


def test_a_consumer_an_hour_behind_its_certificates_ends(world):
    """D41.2b-3: certificates that are not valid yet by this clock end the program, which names the
    clock; the copy ages, the others are not touched."""
    witness = Witness(world, "ap000003")
    service = world.service(COLUMNS, rows=ROWS, use_period="6h")
    copy = world.connect(service, "ap000004")
    program = world.programs["consumer-users_c"]
    try:
        with_clock(program, "-3600")
        logged(world, "consumer-users_c", "is good only from", "check this host's clock")
        wait_until("the program ends", lambda: not program.running())
        world.sql("UPDATE public.%s SET name = name || '.'" % service)
        witness.goes_on()
    finally:
        with_clock(program, None)
    copy.wait_equal()
    stamped_after(copy)
