"""What was true at the source at every moment, recorded by the source itself: triggers write each
change into a log, PostgreSQL knows when each transaction committed.  From that log alone the
checker says whether rows seen at a target are scope(source at some moment not before the stamp)
(D41.2b-1, DX-4, DX-5, DX-6)."""

import hashlib
import json

INSTALL = """
CREATE SCHEMA truth;
CREATE TABLE truth.log (
    id bigserial PRIMARY KEY, tab text NOT NULL, old jsonb, new jsonb);
CREATE FUNCTION truth.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO truth.log (tab, old, new) VALUES (TG_TABLE_NAME,
        CASE WHEN TG_OP IN ('UPDATE', 'DELETE') THEN to_jsonb(OLD) END,
        CASE WHEN TG_OP IN ('UPDATE', 'INSERT') THEN to_jsonb(NEW) END);
    RETURN NULL;
END $$;
"""
# The source must know when each transaction committed.
SETTINGS = ["--set", "track_commit_timestamp=on"]


def install(cluster, database, *tables):
    """Before the first row is written."""
    cluster.query(database, INSTALL)
    for table in tables:
        cluster.query(database, "CREATE TRIGGER truth AFTER INSERT OR UPDATE OR DELETE ON %s "
                      "FOR EACH ROW EXECUTE FUNCTION truth.note()" % table)


def row_hash(row):
    text = json.dumps(row, ensure_ascii=False, sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")


def rows_hash(rows):
    """Of a set of rows (dicts), in any order."""
    total = 0
    for row in rows:
        total ^= row_hash(row)
    return total


class History:
    """The log of one table in commit order, up to the moment it was read."""

    def __init__(self, cluster, database, table):
        self.changes = cluster.query(
            database,
            "SELECT (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000)::bigint AS at,"
            " old, new FROM truth.log WHERE tab = %s ORDER BY 1, id", (table,))

    def matches(self, seen, stamp_us, fields, in_scope, key="id"):
        """Is `seen` (a hash of rows) the scope's state after some record of the feed, and does that
        state hold everything that committed up to the stamp?  States inside a transaction count
        too: a large one arrives in parts, and a changed key as delete and insert."""
        state = 0
        for at, old, new in self.changes:
            if at > stamp_us and state == seen:
                return True
            if old is not None and in_scope(old):
                state ^= row_hash({f: old[f] for f in fields})
            if old and new and old[key] != new[key] and at > stamp_us and state == seen:
                return True
            if new is not None and in_scope(new):
                state ^= row_hash({f: new[f] for f in fields})
        return state == seen
