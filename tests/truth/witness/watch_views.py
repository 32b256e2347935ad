"""A user who never stops looking: rows of every view of one target database with stamp and use, each
in one snapshot."""

import threading
import time

import psycopg2

from .observations import Look

LOOK = """
SELECT (SELECT (extract(epoch FROM stamp) * 1000000)::bigint FROM lienthong.copy
         WHERE connection = '{0}' AND shown),
       coalesce((SELECT clock_timestamp() BETWEEN usable_from AND usable_until
                   FROM lienthong.copy WHERE connection = '{0}' AND shown), false),
       count(*), coalesce(bit_xor(('x' || md5(jsonb_strip_nulls(to_jsonb(v))::text))::bit(128)),
                          0::bit(128))::text
  FROM {1} v
"""
LOCKED_OUT = "2s"  # longest wait behind the switch of a view
PATIENCE = "60s"  # longest look at a large copy


class Views(threading.Thread):
    """Looks at `views` (connection -> view) of one database until stopped."""

    def __init__(self, connect, pause=0.1):
        super().__init__(daemon=True)
        self.connect, self.pause = connect, pause
        self.views, self.looks = {}, {}
        self.prepared = set()  # connections, at the server looked at
        self.ended = threading.Event()

    def watch(self, connection, view):
        self.looks[connection] = []
        self.views = dict(self.views, **{connection: view})

    def forget(self, connections):
        self.views = {c: v for c, v in self.views.items() if c not in connections}

    def run(self):
        target = None
        took = before = 0
        # A fifth of the time is spent looking; one round behind a server that stood still is no measure.
        while not self.ended.wait(max(self.pause, 4 * min(took, before))):
            began = time.monotonic()
            for connection, view in self.views.items():
                try:
                    target = target or self.open()
                    self.look(target, connection, view)
                except psycopg2.Error as error:
                    self.note(connection, Look(now_us(), None, False, 0, 0, error_name(error)))
                    if target is None or target.closed:
                        target = None
                        self.ended.wait(0.2)
            before, took = took, time.monotonic() - began
        if target:
            target.close()

    def open(self):
        connection = self.connect()
        self.prepared.clear()
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '%s'; SET statement_timeout = '%s'" % (
                LOCKED_OUT, PATIENCE))
        return connection

    def look(self, target, connection, view):
        """Prepared, for planning takes longer than a look at some hundred rows."""
        with target.cursor() as cursor:
            if connection not in self.prepared:
                cursor.execute("PREPARE %s AS %s" % (connection, LOOK.format(connection, view)))
                self.prepared.add(connection)
            cursor.execute("EXECUTE " + connection)
            stamp, usable, count, bits = cursor.fetchone()
        self.note(connection, Look(now_us(), stamp, usable, count, int(bits, 2)))

    def note(self, connection, look):
        """A refusal that goes on is noted once."""
        looks = self.looks[connection]
        if look.error and looks and looks[-1].error == look.error:
            return
        looks.append(look)

    def stop(self):
        self.ended.set()
        self.join(30)


def error_name(error):
    return error.pgcode or type(error).__name__


def now_us():
    return int(time.time() * 1e6)
