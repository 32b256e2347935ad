"""A seeded workload against the provider's tables: inserts, updates, deletes, key changes, swaps,
rows that enter and leave scopes, in transactions of 1 to many rows, some rolled back."""

import random
import threading

import psycopg2

REGIONS = ["north", "centre", "south", None]
NAMES = ["Nguyễn Văn An", "Trần Thị Bình", "Lê Hoàng Cường", "Phạm Đức Dũng", "Đỗ Thu Hà", ""]


class Workload(threading.Thread):
    """Runs until stopped; counts what it did.  The same seed does the same, but for timing."""

    def __init__(self, connect, seed, table, canary, pause=0.002):
        super().__init__(daemon=True)
        self.connect, self.random = connect, random.Random(seed)
        self.table, self.canary, self.pause = "public." + table, canary, pause
        self.ended = threading.Event()
        self.ids, self.next_id = [], 1
        self.transactions = self.rows = 0
        self.committing, self.unanswered = False, 0
        self.error = None

    def run(self):
        connection = None
        while not self.ended.is_set():
            try:
                connection = connection or self.open()
                self.transaction(connection)
            except psycopg2.Error as error:
                # The source is restarted by the test: what was not committed is not true.
                self.error = error
                connection = None
                self.ended.wait(0.2)
            self.ended.wait(self.pause)

    def open(self):
        connection = self.connect()
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM %s ORDER BY id" % self.table)
            self.ids = [row[0] for row in cursor.fetchall()]
        connection.autocommit = False
        return connection

    def transaction(self, connection):
        before = list(self.ids)
        with connection.cursor() as cursor:
            for _ in range(self.random.choice([1, 1, 1, 2, 5, 20, 200])):
                self.change(cursor)
        if self.random.random() < 0.1:
            connection.rollback()
            self.ids = before
        else:
            self.commit(connection)

    def commit(self, connection):
        self.committing = True
        try:
            connection.commit()
            self.transactions += 1
        except psycopg2.Error:
            self.unanswered += 1
            raise
        finally:
            self.committing = False

    def values(self):
        return (self.random.choice(NAMES), self.random.choice(REGIONS),
                self.random.randrange(10**9), self.canary)

    def change(self, cursor):
        kind = self.random.random()
        self.rows += 1
        if kind < 0.45 or len(self.ids) < 2:
            ident, self.next_id = self.next_id, self.next_id + 1
            cursor.execute("INSERT INTO " + self.table + " VALUES (%s, %s, %s, %s / 10000.0,"
                           " clock_timestamp(), %s) ON CONFLICT DO NOTHING",
                           (ident,) + self.values())
            if cursor.rowcount:
                self.ids.append(ident)
        elif kind < 0.75:
            cursor.execute("UPDATE " + self.table + " SET name = %s, region = %s, amount = %s / 10000.0,"
                           " secret = %s, changed = clock_timestamp() WHERE id = %s",
                           self.values() + (self.random.choice(self.ids),))
        elif kind < 0.92:
            ident = self.ids.pop(self.random.randrange(len(self.ids)))
            cursor.execute("DELETE FROM " + self.table + " WHERE id = %s", (ident,))
        else:
            old, new = self.random.randrange(len(self.ids)), self.next_id
            self.next_id += 1
            cursor.execute("UPDATE " + self.table + " SET id = %s WHERE id = %s", (new, self.ids[old]))
            self.ids[old] = new

    def stop(self):
        self.ended.set()
        self.join(30)
