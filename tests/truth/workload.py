"""Carries out the transactions of a plan, several sessions side by side."""

import threading
import time

import psycopg2

import ddl
from witness.clocks import at_the_source, now_us

XID = "SELECT pg_current_xact_id_if_assigned()::text::bigint"
CLOCK = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
PAUSE = 0.0005  # between the rows of a transaction, so that transactions interleave


class Session(threading.Thread):
    """One session's transactions, each at its time after `begin` (monotonic)."""

    def __init__(self, stage, tables, events, begin):
        super().__init__(daemon=True)
        self.stage, self.tables, self.events, self.begin = stage, tables, events, begin
        self.connection = None
        self.committed = self.failed = 0
        self.error = None  # why it could not do its part

    def run(self):
        try:
            for event in self.events:
                time.sleep(max(0, self.begin + event["at"] - time.monotonic()))
                self.attempt(event)
        except Exception as error:  # told as "not judged"
            self.error = error
        if self.connection:
            self.connection.close()

    def attempt(self, event):
        """What does not commit is not true; the source may be down."""
        self.stage.gate.wait()
        try:
            if self.connection is None or self.connection.closed:
                self.connection = self.stage.registry()
            self.connection.autocommit = False
            self.carry_out(event)
            self.committed += event["end"] == "commit"
        except psycopg2.Error:
            self.failed += 1
            self.recover()

    def recover(self):
        try:
            self.connection.rollback()
        except (psycopg2.Error, AttributeError):
            self.connection = None
            time.sleep(0.1)

    def carry_out(self, event):
        with self.connection.cursor() as cursor:
            for op in event["ops"]:
                OPS[op[0]](cursor, self.tables, *op[1:])
                time.sleep(PAUSE)
            if event["end"] == "commit":
                self.commit(cursor)
            else:
                self.connection.rollback()

    def commit(self, cursor):
        """Who has the answer of a commit knows that everybody can see it."""
        cursor.execute(XID)
        xid = cursor.fetchone()[0]
        self.connection.commit()
        self.connection.autocommit = True
        asked_us = now_us()
        cursor.execute(CLOCK)
        self.stage.source.surely_visible(
            xid, at_the_source(cursor.fetchone()[0], asked_us, now_us()))
        self.connection.autocommit = False


def insert(cursor, tables, service, key, values):
    table, kind = tables[service]
    names = kind["key"] + list(values)
    cursor.execute("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT DO NOTHING" % (
        table, ", ".join(names), ", ".join(["%s"] * len(names))), [key] + list(values.values()))


def update(cursor, tables, service, key, values):
    table, kind = tables[service]
    cursor.execute("UPDATE %s SET %s WHERE %s = %%s" % (
        table, ", ".join("%s = %%s" % n for n in values), kind["key"][0]),
        list(values.values()) + [key])


def delete(cursor, tables, service, key):
    table, kind = tables[service]
    cursor.execute("DELETE FROM %s WHERE %s = %%s" % (table, kind["key"][0]), (key,))


def rekey(cursor, tables, service, old, new):
    """Does nothing where the new key is taken."""
    table, kind = tables[service]
    cursor.execute("UPDATE {0} SET {1} = %s WHERE {1} = %s AND NOT EXISTS"
                   " (SELECT FROM {0} WHERE {1} = %s)".format(table, kind["key"][0]),
                   (new, old, new))


def truncate(cursor, tables, service):
    cursor.execute("TRUNCATE " + tables[service][0])


def add_column(cursor, tables, service, name):
    cursor.execute("ALTER TABLE %s ADD COLUMN IF NOT EXISTS %s text" % (tables[service][0], name))
    cursor.execute("UPDATE %s SET %s = 'undeclared'" % (tables[service][0], name))


def drop_column(cursor, tables, service, name):
    cursor.execute("ALTER TABLE %s DROP COLUMN IF EXISTS %s" % (tables[service][0], name))


BULK = {  # columns, and their values by i
    "person": ("id, name, region, amount", "i, 'hàng ' || i,"
               " (ARRAY['north', 'south', NULL])[mod(i, 30) + 1], 49000 + mod(i, 10000)"),
    "ward": ("code, name, region, grade", "'w' || i, 'phường ' || i,"
             " (ARRAY['north', NULL])[mod(i, 10) + 1], mod(i, 3)"),
    "parcel": ("id, name, amount", "i, 'thửa ' || i, mod(i, 10000)"),
}


def bulk(cursor, tables, service, first, count):
    """Most of it outside the row filters of persons."""
    table, kind = tables[service]
    cursor.execute("INSERT INTO {0} ({1}) SELECT {2} FROM generate_series(%s, %s) i".format(
        table, *BULK[kind["entity"]]), (first, first + count - 1))


OPS = {
    "insert": insert, "update": update, "delete": delete, "rekey": rekey, "truncate": truncate,
    **ddl.OPS, "bulk": bulk, "add column": add_column, "drop column": drop_column,
    "savepoint": lambda cursor, tables: cursor.execute("SAVEPOINT s"),
    "rollback to savepoint": lambda cursor, tables: cursor.execute("ROLLBACK TO s"),
}


def start(stage, tables, events, begin):
    """One thread a session."""
    numbers = sorted({e["session"] for e in events})
    sessions = [Session(stage, tables, [e for e in events if e["session"] == n], begin)
                for n in numbers]
    for session in sessions:
        session.start()
    return sessions
