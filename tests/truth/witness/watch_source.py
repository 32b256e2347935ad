"""The truth at the source: triggers log every row in the transaction that changes it, a logical slot
of the witness's own gives the order of commits, and the answer of the commit, or a poll of snapshots
where it did not come, says when a transaction was surely visible."""

import os
import threading
import time

import psycopg2

from .clocks import at_the_source, now_us
from .observations import Change, Epoch, Transaction
from .values import parse

SLOT = "witness"
INSTALL = """
CREATE SCHEMA witness;
CREATE TABLE witness.log (
    id bigserial PRIMARY KEY, xid bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    tab text NOT NULL, op text NOT NULL, old text, new text);
CREATE INDEX ON witness.log (tab);
CREATE FUNCTION witness.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO witness.log (tab, op, old, new) VALUES (TG_ARGV[0], lower(TG_OP),
        CASE WHEN TG_OP IN ('UPDATE', 'DELETE') THEN to_jsonb(OLD)::text END,
        CASE WHEN TG_OP IN ('UPDATE', 'INSERT') THEN to_jsonb(NEW)::text END);
    RETURN NULL;
END $$;
"""
TRIGGERS = """
CREATE TRIGGER witness AFTER INSERT OR UPDATE OR DELETE ON {0}
    FOR EACH ROW EXECUTE FUNCTION witness.note('{0}');
CREATE TRIGGER witness_truncate AFTER TRUNCATE ON {0}
    FOR EACH STATEMENT EXECUTE FUNCTION witness.note('{0}');
"""
COMMITS = """
SELECT xid::text::bigint, (extract(epoch FROM substring(data FROM 'at ([^)]+)')::timestamptz)
       * 1000000)::bigint
  FROM pg_logical_slot_get_changes('%s', NULL, NULL, 'include-timestamp', 'on',
                                   'skip-empty-xacts', 'on') WHERE data LIKE 'COMMIT%%%%'
""" % SLOT
SERVER = "SELECT pg_postmaster_start_time()::text"
NOW = """
SELECT pg_current_snapshot()::text, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
       (%s)
""" % SERVER


def install(connection):
    """Once in a source database, before its first shared table."""
    with connection.cursor() as cursor:
        cursor.execute(INSTALL)
    make_slot(connection)


def make_slot(connection):
    """Where there is none, before anybody commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_create_logical_replication_slot(%s, 'test_decoding')", (SLOT,))


def watch_table(connection, table):
    """Before its first row is written; `table` is its name with schema."""
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS.format(table))


class Source:
    """Records one source database: `connect()` gives an autocommit connection."""

    def __init__(self, connect, pause=0.04):
        self.connect, self.pause = connect, pause
        self.order = {}  # xid -> (place in commit order, commit time)
        self.polls, self.known = [], {}  # known: (xid, commit time) -> when it was seen
        self.answered = {}  # xid -> the source's clock just after its commit was answered
        self.gone = None  # the server whose past was collected before it is exchanged
        self.places, self.load = 0, 0.0  # load: the highest per processor
        self.ended = threading.Event()
        self.thread = None

    def start(self):
        self.ended.clear()
        self.thread = threading.Thread(target=self.poll, daemon=True)
        self.thread.start()
        return self

    def poll(self):
        connection = None
        while not self.ended.wait(self.pause):
            self.load = max(self.load, os.getloadavg()[0] / os.cpu_count())
            try:
                connection = connection or self.connect()
                with connection.cursor() as cursor:
                    asked_us = now_us()
                    cursor.execute(NOW)
                    snapshot, source_us, server = cursor.fetchone()
                    self.saw(snapshot, at_the_source(source_us, asked_us, now_us()), server)
            except psycopg2.Error:
                connection = None  # the source is down: nobody commits
        if connection:
            connection.close()

    def saw(self, snapshot, clock_us, server):
        """What is seen between a collection and the end of that server is none of the next epoch's."""
        if server != self.gone:
            self.polls.append((snapshot, clock_us))

    def stop(self):
        self.ended.set()
        self.thread.join(30)

    def surely_visible(self, xid, clock_us):
        self.answered[xid] = clock_us

    def forget(self):
        """Before another history."""
        self.collect([])
        self.polls, self.known, self.order, self.answered, self.load = [], {}, {}, {}, 0.0

    def collect(self, tables, lost=False, connect=None, until_us=None):
        """Everything that has committed to these tables, as one epoch; lost: the source is going to
        be exchanged for an older state of itself, in which transaction ids come again.  `connect`: to
        where it lies now, after it had ended at until_us."""
        connection = (connect or self.connect)()
        try:
            with connection.cursor() as cursor:
                if lost:
                    cursor.execute(SERVER)
                    self.gone, = cursor.fetchone()
                cursor.execute(COMMITS)
                for xid, commit_us in cursor.fetchall():
                    # After a crash the slot may tell some again, in the same order.
                    self.places += 1
                    self.order[xid] = (self.places, commit_us)
                cursor.execute("SELECT xid, tab, op, old, new FROM witness.log"
                               " WHERE tab = ANY(%s) ORDER BY id", (tables,))
                rows = cursor.fetchall()
        finally:
            connection.close()
        epoch = Epoch(self.transactions(rows), (until_us or now_us()) if lost else None)
        if lost:
            self.known = {(t.xid, t.commit_us): t.seen_us for t in epoch.transactions}
            self.polls, self.answered = [], {}
        return epoch

    def transactions(self, rows):
        found = {}
        for xid, table, op, old, new in rows:
            if xid not in found:
                found[xid] = Transaction(xid, self.order[xid][1], {})
            found[xid].changes.setdefault(table, []).append(change_of(op, parse(old), parse(new)))
        ordered = sorted(found.values(), key=lambda t: self.order[t.xid][0])
        date_visible(ordered, self.polls)
        for transaction in ordered:
            known = self.known.get((transaction.xid, transaction.commit_us))
            transaction.seen_us = known or first(transaction.seen_us,
                                                 self.answered.get(transaction.xid))
        return ordered


def change_of(op, old, new):
    """Triggers write insert, update, delete, truncate; a change of shape writes "untold insert" ... and
    "final update" or just "final"."""
    words = op.split(" ")
    return Change(words[-1], old, new, words[0] not in ("untold", "final"), words[0] == "final")


def date_visible(transactions, polls):
    """The first look at the source's snapshot that surely held each transaction."""
    waiting = sorted(transactions, key=lambda t: t.xid)
    for snapshot, clock_us in polls:
        if not waiting:
            return
        _, upper, running = snapshot.split(":")
        upper, running = int(upper), {int(x) for x in running.split(",") if x}
        still = []
        for place, transaction in enumerate(waiting):
            if transaction.xid >= upper:
                still += waiting[place:]
                break
            if transaction.xid in running:
                still.append(transaction)
            else:
                transaction.seen_us = clock_us
        waiting = still


def first(*times):
    return min((t for t in times if t is not None), default=None)
