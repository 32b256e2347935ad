"""Use periods of synchronised copies (article 41.2b) as an application meets them: every test is
one point of D41.2b and fails for the error that point warns of."""

import os
import signal
import subprocess
import time

import avro.schema
import psycopg2

import readers
from world import ROOT, configured, hold, paused, wait_until

COLUMNS = [("id", "bigint", True), ("name", "text", True), ("amount", "integer", False)]
ROWS = [(1, "một", 10), (2, "hai", 20), (3, "ba", None)]
PG_BIN = "/usr/lib/postgresql/15/bin"


def test_the_stamp_is_the_time_the_source_vouched_for(world):
    """D41.2b-1: what is applied later is stamped with the sync point's T, not with the time of
    receipt or of the commit at the target."""
    copy = world.connect(world.service(COLUMNS, rows=ROWS, use_period="40s"))
    before = copy.stamp_time()
    with paused(copy.consumer):
        time.sleep(5)  # users are told a sync point every twentieth of the use period
        with paused(world.provider_program):
            last_vouched = time.time()
            time.sleep(2)
            copy.consumer.signal(signal.SIGCONT)
            copy.wait_stamp_after(before)
            time.sleep(1)
            assert copy.stamp_time() <= last_vouched, "a stamp newer than the source's last word"


def test_unchanged_data_stays_usable(world):
    """D41.2b-2: age counts from the last sync point, not from a row's last change."""
    copy = world.connect(world.service(COLUMNS, rows=ROWS, use_period="8s"))
    copy.wait_equal()
    end = time.monotonic() + 12
    while time.monotonic() < end:
        assert len(copy.rows()) == 3, "unchanged rows lapsed"
        time.sleep(0.3)


def test_a_backlog_keeps_the_old_stamp(world):
    """D41.2b-3: connected is not synchronised; whatever is seen under a stamp holds every change
    that committed up to it."""
    service = world.service(COLUMNS, rows=ROWS)
    copy = world.connect(service, use_period="60s")
    with paused(copy.consumer):
        old = copy.stamp_time()
        for i in range(10, 40):
            world.sql("INSERT INTO public.%s VALUES (%s, 'x', 1)" % (service, i))
        time.sleep(1)
        assert copy.stamp_time() == old, "stamped without applying"
    commits = world.sql(
        "SELECT (new->>'id')::bigint, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8"
        " FROM truth.log WHERE tab = %s AND new IS NOT NULL", (service,))

    def all_there():
        stamp, ids = copy.query(
            "SELECT (SELECT extract(epoch FROM stamp)::float8 FROM lienthong.copy"
            " WHERE connection = %%s AND shown), (SELECT array_agg(id) FROM %s)" % copy.view,
            (copy.connection,))[0]
        missing = [i for i, at in commits if at <= stamp and i not in (ids or [])]
        assert not missing, "stamp %.3f without rows %s" % (stamp, missing)
        return stamp > commits[-1][1]
    wait_until("the backlog is applied", all_there, step=0.02)


def test_a_standing_feed_ages_its_own_copy_only(world):
    """D41.2b-4: a scope is as old as its oldest part; progress beside it makes nothing fresher."""
    standing, moving = (world.connect(world.service(COLUMNS, rows=ROWS, use_period="6s"))
                        for _ in range(2))
    number = hold(world, standing.service, "43.1a")
    standing.wait_expired()
    old = standing.stamp_time()
    assert standing.rows() == []
    assert len(moving.rows()) == 3, "the neighbour lapsed too"
    moving.wait_stamp_after(old + 6)
    assert standing.stamp_time() == old, "made fresh by its neighbour's progress"
    world.lienthong("lift", number)
    standing.wait_equal()


def test_a_record_that_cannot_be_applied_sets_its_row_aside(world):
    """D41.2b-5: its row is not shown any more, others go on, and a good record brings it back."""
    service = world.service(COLUMNS, rows=ROWS)
    copy = world.connect(service)
    copy.wait_equal()
    copy.query("ALTER TABLE lienthong.%s ADD CHECK (amount < 1000)" % copy.meta()["table_name"])
    world.sql("UPDATE public.%s SET amount = 5000 WHERE id = 1" % service)
    world.sql("UPDATE public.%s SET amount = 21 WHERE id = 2" % service)
    copy.wait_equal("id <> 1")
    changed = time.time()
    copy.wait_stamp_after(changed)
    assert [r["id"] for r in copy.rows()] == [2, 3], "a row that is not synchronised is shown"
    wait_until("the set-aside row is reported",
               lambda: copy.line()["target"]["set_aside"] == 1)
    world.sql("UPDATE public.%s SET amount = 11 WHERE id = 1" % service)
    copy.wait_equal()
    assert copy.query("SELECT count(*) FROM lienthong.set_aside WHERE copy = %s",
                      (copy.meta()["copy"],)) == [(0,)]


def test_no_stamp_before_the_first_load_is_complete(world):
    """D41.2b-6: a half-load is never usable."""
    service = world.service(COLUMNS)
    world.sql("ALTER TABLE public.%s DISABLE TRIGGER truth" % service)
    world.sql("INSERT INTO public.%s SELECT i, 'x', i FROM generate_series(1, 60000) i" % service)
    # Small batches: with large ones the whole load may pass between two looks.
    with configured(world.programs["routing"], "routing", batch_rows="500"):
        caught_half_way(world, world.connect(service, wait=False))


def caught_half_way(world, copy):
    def look():
        return copy.query("SELECT c.stamp, p.seq FROM lienthong.copy c JOIN lienthong.position p"
                          " USING (copy) WHERE connection = %s", (copy.connection,))
    wait_until("the load begins", lambda: look() and look()[0][1] > 0, step=0.02)
    with paused(world.programs["routing"]):
        wait_until("what was sent is applied", lambda: look() == (time.sleep(1), look())[1])
        (stamp, seq), = look()
        assert 0 < seq < 60000, "the load was not caught half-way: seq %d" % seq
        assert stamp is None, "a half-load is stamped"
        assert copy.rows() == [], "a half-load is usable"
    copy.wait_stamped()
    assert copy.query("SELECT count(*) FROM " + copy.view) == [(60000,)]


def test_an_expired_copy_is_refused_and_counted(world):
    """D41.2b-7: at the view, by either setting; the attempts are counted and reported."""
    hidden, failing = (world.connect(world.service(COLUMNS, rows=ROWS, use_period="5s",
                                                   on_expiry=setting))
                       for setting in ("hide", "fail"))
    with paused(world.provider_program):
        hidden.wait_expired()
        failing.wait_expired()
        counts = hidden.refused(), failing.refused()
        assert hidden.rows() == []
        assert failing.read_fails() == "LT410"
        assert as_user(world, hidden) == []
        assert as_user(world, failing) == "LT410"
        assert hidden.refused() > counts[0], "the hidden read was not counted"
        assert failing.refused() > counts[1], "the failed read was not counted"
        for copy in (hidden, failing):
            wait_until("refused reads of %s are reported" % copy.connection,
                       lambda c=copy: c.line()["target"]["refused_reads"] == c.refused())


def as_user(world, copy):
    """What a member of the readers' role gets from the view: rows, or the SQLSTATE."""
    target = world.clusters["target"]
    copy.query("DO $$ BEGIN CREATE ROLE civil_servant LOGIN IN ROLE lienthong_reader;"
               " EXCEPTION WHEN duplicate_object THEN END $$")
    try:
        target.query(copy.database, "SELECT * FROM lienthong.copy", user="civil_servant")
        raise AssertionError("a reader sees the tables behind the view")
    except psycopg2.Error as error:
        assert error.pgcode == "42501"
    try:
        return target.query(copy.database, "SELECT id FROM %s ORDER BY id" % copy.view,
                            user="civil_servant")
    except psycopg2.Error as error:
        return error.pgcode


def test_expiry_deletes_nothing_and_needs_no_reload(world):
    """D41.2b-8: rows stay stored; synchronised again, the same copy is usable again."""
    service = world.service(COLUMNS, rows=ROWS, use_period="5s")
    copy = world.connect(service)
    copy.wait_equal()
    before = copy.meta()
    with paused(world.provider_program):
        copy.wait_expired()
        assert copy.rows() == []
        stored = copy.query("SELECT count(*) FROM lienthong.%s" % before["table_name"])
        assert stored == [(3,)], "expiry deleted rows"
        world.sql("DELETE FROM public.%s WHERE id = 2" % service)
    copy.wait_equal()
    after = copy.meta()
    assert (after["copy"], after["stream"]) == (before["copy"], before["stream"]), "reloaded"


def test_a_hold_ages_the_copy_with_warnings(world):
    """D41.2b-9: stamps stop during a suspension; user and provider are warned at 50, 80, 95 %."""
    copy = world.connect(world.service(COLUMNS, rows=ROWS, use_period="16s"))
    number = copy.hold("43.2a")
    stamp, stream = copy.stamp_time(), copy.meta()["stream"]
    seen = set()

    def over():
        seen.add(copy.line()["age"])
        return "expired" in seen
    wait_until("the copy lapses", over, 40)
    assert seen & {"50", "80", "95"}, "status did not warn: %s" % sorted(seen)
    assert copy.stamp_time() == stamp, "the stamp moved during a suspension"

    def warned():
        lines = [l for l in copy.consumer.log_text().splitlines()
                 if "event=use_period_passes" in l and "stream=" + stream in l]
        return all(any("percent=%d" % p in l for l in lines) for p in (50, 80, 95))
    wait_until("the consumer warned at 50, 80 and 95 %", warned, 5)
    wait_until("metrics say so", lambda: metric(
        world, copy, "lienthong_consumer_copies_past_95_percent") >= 1, 10)
    world.lienthong("lift", number)
    copy.wait_equal()


def metric(world, copy, name):
    path = world.path("metrics", "consumer-%s.prom" % copy.database)
    with open(path, encoding="utf-8") as file:
        values = [l.split()[-1] for l in file if l.startswith(name + " ")]
    return float(values[0]) if values else -1


def test_a_shortened_period_counts_for_what_is_there(world):
    """D41.2b-10: by connection and by policy, from the existing stamp, while nothing arrives."""
    for shorten in (by_amendment, by_policy):
        copy = world.connect(world.service(COLUMNS, rows=ROWS))
        copy.wait_equal()
        with paused(world.provider_program):
            time.sleep(1)
            stamp, copy_id = copy.stamp_time(), copy.meta()["copy"]
            shorten(world, copy)
            wait_until("the new period arrives", lambda c=copy: c.query(
                "SELECT usable_until = stamp + interval '3 s' FROM lienthong.copy"
                " WHERE connection = %s AND shown", (c.connection,)) == [(True,)], 20)
            copy.wait_expired(5)
            assert copy.rows() == []
            assert copy.stamp_time() == stamp
        assert copy.meta()["copy"] == copy_id, "a shorter period needs no new copy"


def by_amendment(world, copy):
    world.lienthong("amend", copy.connection, "--use-period", "3s")


def by_policy(world, copy):
    world.redeclare("service", copy.service,
                    policy={"version": 2, "use_period": "3s", "on_expiry": "hide"})


def test_a_restored_target_shows_its_old_stamp_and_rewinds(world):
    """D41.2b-11: stamp, rows and position come back together, and the platform hears of it."""
    service = world.service(COLUMNS, rows=ROWS)
    copy = world.connect(service)
    copy.wait_equal()
    dump = world.path("state", "backup.sql")
    copy.consumer.stop()
    kept = copy.meta()["stamp"]
    backup(world, copy.database, dump)
    copy.consumer.start()
    world.sql("UPDATE public.%s SET amount = 99" % service)
    copy.wait_equal()
    seq = copy.query("SELECT seq FROM lienthong.position WHERE copy = %s",
                     (copy.meta()["copy"],))[0][0]
    wait_until("the change is receipted", lambda: copy.line()["target"]["seq"] >= seq)
    time.sleep(1)
    copy.consumer.stop()
    restore(world, copy.database, dump)
    assert copy.meta()["stamp"] == kept, "the stamp did not come back with its rows"
    assert copy.query("SELECT count(*) FROM %s WHERE amount = 99" % copy.view) == [(0,)]
    told = copy.consumer.log_text().count("position_went_back")
    copy.consumer.start()
    copy.wait_equal()
    wait_until("the rewind is found",
               lambda: copy.consumer.log_text().count("position_went_back") > told)
    wait_until("a receipt says so", lambda: any(
        r["rewound"] and r["seq"] < seq for r in receipts(world, copy)))
    rewound = [r["rewound"] for r in receipts(world, copy)]
    assert rewound.count(True) == 1, "said once, of the receipts of this stream: %s" % rewound


def receipts(world, copy):
    """The receipts of this copy's stream in the outbox, oldest first, as the steward reads them."""
    with open(os.path.join(ROOT, "schemas", "receipt.avsc"), encoding="utf-8") as file:
        schema = avro.schema.parse(file.read())
    key = ("receipt/" + copy.meta()["stream"]).encode()
    messages = readers.read_all(world.kafka.section("steward"), "receipts",
                                "outbox." + copy.application)
    return [readers.decode({int.from_bytes(m.value()[1:5], "big"): schema}, m.value())
            for m in messages if m.key() == key]


def backup(world, database, path):
    with open(path, "wb") as file:
        subprocess.run([os.path.join(PG_BIN, "pg_dump"), "-d",
                        world.clusters["target"].dsn(database)], stdout=file, check=True)


def restore(world, database, path):
    target = world.clusters["target"]
    target.query("postgres", "DROP DATABASE %s WITH (FORCE)" % database)
    target.query("postgres", "CREATE DATABASE " + database)
    subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", path,
                    target.dsn(database)], stdout=subprocess.DEVNULL, check=True)


def test_without_the_platform_a_copy_ages_and_never_extends(world):
    """D41.2b-12: while Kafka is away the target's own clock closes the copy."""
    copy = world.connect(world.service(COLUMNS, rows=ROWS, use_period="6s"))
    copy.wait_equal()
    world.kafka.kill9()
    try:
        time.sleep(1)
        worth = copy.query("SELECT stamp, usable_until FROM lienthong.copy"
                           " WHERE connection = %s AND shown", (copy.connection,))
        copy.wait_expired()
        assert copy.rows() == []
        assert copy.query("SELECT stamp, usable_until FROM lienthong.copy WHERE connection = %s"
                          " AND shown", (copy.connection,)) == worth, "extended without a source"
    finally:
        world.kafka.restart()
    copy.wait_equal(patience=120)


def test_without_the_steward_a_copy_ages_and_never_extends(world):
    """D41.2b-12: no heartbeat within the grace, no delivery; the target's own clock closes the
    copy, and it opens again by itself when the steward is back."""
    with configured(world.programs["routing"], "routing", grace="10s"):
        copy = world.connect(world.service(COLUMNS, rows=ROWS, use_period="8s"))
        copy.wait_equal()
        with paused(world.programs["steward"]):
            copy.wait_expired(40)
            stamp = copy.stamp_time()
            time.sleep(3)
            assert copy.rows() == []
            assert copy.stamp_time() == stamp, "extended without the steward"
        copy.wait_equal()
        copy.wait_stamp_after(stamp)


def test_history_answers_whether_a_copy_was_usable(world):
    """D41.2b-13: one interval per unbroken use; the lapse between two is in no interval."""
    copy = world.connect(world.service(COLUMNS, rows=ROWS, use_period="4s"))
    copy.wait_equal()
    with paused(world.provider_program):
        copy.wait_expired()
        lapsed = copy.query("SELECT clock_timestamp()")[0][0]
        time.sleep(0.5)
    copy.wait_equal()
    intervals = copy.query(
        "SELECT opened_at, usable_until, first_stamp, last_stamp FROM lienthong.stamp_history"
        " WHERE connection = %s ORDER BY opened_at", (copy.connection,))
    assert len(intervals) >= 2, "the lapse does not show"
    assert not any(a <= lapsed <= b for a, b, _, _ in intervals), "a lapse is called usable"
    assert all(first <= last < until for _, until, first, last in intervals)
    assert intervals[-1][1] > lapsed
