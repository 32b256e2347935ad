"""The table public.bench (sample.h) in SQL: 8 columns, about 130 bytes a row, and the changes that
stages make to it."""

TABLE = """
CREATE TABLE public.bench (
    id bigint PRIMARY KEY, district integer NOT NULL, amount numeric(18,4),
    changed timestamptz NOT NULL, name text NOT NULL, address text, active boolean NOT NULL,
    total bigint)
"""

# The columns of row i.
ROW = """
    i, (i * 7919 %% %(districts)d)::integer, (i * 7 %% 100000000)::numeric / 10000,
    timestamptz '2026-01-01 00:00:00+07' + i * interval '1.0007 ms',
    'Nguyễn Thị Hồng ' || i %% 100000,
    CASE WHEN i %% 17 > 0 THEN 'Số ' || i %% 1000 || ', đường Lê Lợi, phường Bến Nghé' END,
    i %% 3 = 0, i * 1000003
"""


def rows(first, last, districts=1000):
    """A query of rows first .. last."""
    return "SELECT %s FROM generate_series(%d::bigint, %d) AS i" % (
        ROW % {"districts": districts}, first, last)


def one_by_one(first, last):
    """A block that commits each row alone."""
    return ("DO $$ BEGIN FOR k IN %d..%d LOOP INSERT INTO public.bench SELECT %s FROM"
            " (SELECT k::bigint AS i) n; COMMIT; END LOOP; END $$" % (
                first, last, ROW % {"districts": 1000}))


SELECT = ("SELECT id::text, district::text, amount::text, changed::text, name, address,"
          " active::text, total::text FROM public.bench")
