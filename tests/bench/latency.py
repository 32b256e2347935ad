"""From commit to readable: one row a transaction at a steady rate, and when each was seen."""

import threading
import time

import psycopg2

from measure import BenchError
import sample


# In the server: a client's round trips would be the limit.  A sleep lasts whole milliseconds.
WRITE = """CREATE OR REPLACE PROCEDURE public.bench_write(first bigint, count int, rate int,
    INOUT committed float8[]) LANGUAGE plpgsql AS $$
DECLARE began timestamptz := clock_timestamp(); early float8;
BEGIN
    FOR k IN 0..count - 1 LOOP
        early := k::float8 / rate - extract(epoch FROM clock_timestamp() - began);
        IF early > 0 THEN PERFORM pg_sleep(early); END IF;
        INSERT INTO public.bench SELECT %s FROM (SELECT first + k AS i) n;
        COMMIT;
        committed[k + 1] := extract(epoch FROM clock_timestamp());
    END LOOP;
END $$""" % (sample.ROW % {"districts": 1000})


class Writer(threading.Thread):
    """Inserts one row a transaction at a steady rate; notes when each commit was done."""

    def __init__(self, dsn, rate, seconds, first):
        super().__init__(daemon=True)
        self.dsn, self.rate, self.count, self.first = dsn, rate, rate * seconds, first
        self.committed = {}

    def run(self):
        connection = psycopg2.connect(self.dsn)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(WRITE)
            cursor.execute("CALL public.bench_write(%d, %d, %d, '{}')" % (
                self.first, self.count, self.rate))
            self.committed = dict(enumerate(cursor.fetchone()[0], self.first))
        connection.close()

    def written(self):
        """Rows a second that were really written."""
        times = self.committed.values()
        return len(times) / (max(times) - min(times))


def watch(connection, copy, writer, last):
    """When each row was seen in the copy: every few milliseconds those above the highest seen."""
    seen, highest = {}, writer.first - 1
    end = time.monotonic() + 120
    with connection.cursor() as cursor:
        cursor.execute("PREPARE look (bigint) AS SELECT max(id) FROM %s WHERE id > $1" % copy)
        while highest < last:
            if time.monotonic() > end:
                raise BenchError("rows have not become readable")
            cursor.execute("EXECUTE look(%d)" % highest)
            found, now = cursor.fetchone()[0], time.time()
            for ident in range(highest + 1, (found or highest) + 1):
                seen[ident] = now
            highest = found or highest
            time.sleep(0.002)
        cursor.execute("DEALLOCATE look")
    return seen


def measure(source_dsn, target, copy, rate, seconds, first):
    """Writes and watches; gives {percentile: milliseconds} and the rate that was written."""
    writer = Writer(source_dsn, rate, seconds, first)
    writer.start()
    seen = watch(target, copy, writer, first + writer.count - 1)
    writer.join()
    delays = sorted((seen[i] - at) * 1000 for i, at in writer.committed.items())
    return {p: delays[min(len(delays) - 1, len(delays) * p // 100)] for p in (50, 99)}, \
        writer.written()
