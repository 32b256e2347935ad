"""Changes of a shared table's shape, each in one transaction.  No row event tells of them, so each of
them writes what it did to the rows into the witness's log itself: "untold", or "final" where the feed
must stop with it.  All begin with the lock that they end with."""

import psycopg2

LOG = "INSERT INTO witness.log (tab, op, old, new) SELECT %s, %s, {0}, {1} FROM {2} r"


def lock(cursor, table):
    cursor.execute("LOCK TABLE %s IN ACCESS EXCLUSIVE MODE" % table)


def log(cursor, table, op, relation, old="NULL", new="NULL"):
    cursor.execute(LOG.format(old, new, relation), (table, op))


# ---- parts of a partitioned table: number k holds the keys from xk to x(k+1) ----

def part(table, number):
    return "%s_x%d" % (table, number)


def join(cursor, table, number):
    cursor.execute("ALTER TABLE {0} ATTACH PARTITION {1} FOR VALUES FROM ('x{2}') TO ('x{3}')".format(
        table, part(table, number), number, number + 1))
    log(cursor, table, "untold insert", part(table, number), new="to_jsonb(r)")


def leave(cursor, table, number):
    log(cursor, table, "untold delete", part(table, number), old="to_jsonb(r)")
    cursor.execute("ALTER TABLE %s DETACH PARTITION %s" % (table, part(table, number)))


def prepare(cursor, tables, service, number, rows):
    """A table of its own with rows, from another table's past or made now."""
    table, kind = tables[service]
    name = part(table, number)
    cursor.execute("CREATE TABLE IF NOT EXISTS {0} (LIKE {1} INCLUDING ALL);"
                   "ALTER TABLE {0} REPLICA IDENTITY FULL".format(name, table))
    for key, values in rows:
        names = kind["key"] + list(values)
        cursor.execute("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT DO NOTHING" % (
            name, ", ".join(names), ", ".join(["%s"] * len(names))), [key] + list(values.values()))


def attach(cursor, tables, service, number, rows):
    lock(cursor, tables[service][0])
    prepare(cursor, tables, service, number, rows)
    join(cursor, tables[service][0], number)


def detach(cursor, tables, service, number):
    lock(cursor, tables[service][0])
    leave(cursor, tables[service][0], number)


def visit(cursor, tables, service, number, rows):
    """Joins, is changed, and leaves: afterwards the table looks as before."""
    table = tables[service][0]
    attach(cursor, tables, service, number, rows)
    cursor.execute("UPDATE %s SET name = name || '!'" % table)
    leave(cursor, table, number)


def outing(cursor, tables, service, number):
    """Leaves, is changed, and joins again."""
    table = tables[service][0]
    lock(cursor, table)
    leave(cursor, table, number)
    cursor.execute("UPDATE %s SET name = name || '?'" % part(table, number))
    join(cursor, table, number)


def truncate_part(cursor, tables, service, number):
    """Published by its root, the emptying of a part is not told."""
    table = tables[service][0]
    lock(cursor, table)
    log(cursor, table, "untold delete", part(table, number), old="to_jsonb(r)")
    cursor.execute("TRUNCATE " + part(table, number))


# ---- declared columns ----

def drop_declared(cursor, tables, service, column):
    table = tables[service][0]
    lock(cursor, table)
    log(cursor, table, "final update", table, "to_jsonb(r)", "to_jsonb(r) - '%s'" % column)
    cursor.execute("ALTER TABLE %s DROP COLUMN %s" % (table, column))


def add_declared(cursor, tables, service, column):
    table, kind = tables[service]
    cursor.execute("ALTER TABLE %s ADD COLUMN IF NOT EXISTS %s %s" % (
        table, column, dict(c[:2] for c in kind["columns"])[column]))


def retype(cursor, tables, service, column, kind):
    """Wider: no value changes, but the feed's schema is no longer its table's; that is, once."""
    table = tables[service][0]
    lock(cursor, table)
    cursor.execute(SHAPE % table)
    if dict(cursor.fetchall()).get(column) == kind:
        return
    cursor.execute("INSERT INTO witness.log (tab, op) VALUES (%s, 'final')", (table,))
    cursor.execute("ALTER TABLE %s ALTER COLUMN %s TYPE %s" % (table, column, kind))


# ---- afterwards ----

SHAPE = """
SELECT attname, replace(replace(format_type(atttypid, atttypmod), 'character varying', 'varchar'),
                        'timestamp with time zone', 'timestamptz')
  FROM pg_attribute WHERE attrelid = '%s'::regclass AND attnum > 0 AND NOT attisdropped
"""


def mend(stage, table, declared):
    """True: the table is as it is declared."""
    try:
        connection = stage.registry()
    except psycopg2.Error:
        return False
    try:
        connection.autocommit = False
        with connection, connection.cursor() as cursor:
            cursor.execute(SHAPE % table)
            there = dict(cursor.fetchall())
            for field in declared:
                name, kind = field["column"], field["type"]
                if name not in there:
                    cursor.execute("ALTER TABLE %s ADD COLUMN %s %s" % (table, name, kind))
                elif there[name] != kind:
                    retype(cursor, [(table, None)], 0, name, kind)
        return True
    except psycopg2.Error:
        return False
    finally:
        connection.close()


OPS = {
    "attach": attach, "detach": detach, "visit": visit, "outing": outing,
    "truncate part": truncate_part, "drop declared": drop_declared, "add declared": add_declared,
    "retype": retype,
}
