-- The consumer's own tables and functions, in schema lienthong of the target database.
-- Run at every start, in one transaction; changes nothing where it ran before.
-- Everything that says how far a copy is and what it is worth lives here, in the database that
-- holds the rows, so that a restore brings rows, position and stamp back together (D41.2b-11).

SELECT pg_advisory_xact_lock(5068137042871043);

CREATE TABLE IF NOT EXISTS lienthong.meta (
    sole        boolean PRIMARY KEY DEFAULT true CHECK (sole),
    version     int NOT NULL,
    application text NOT NULL
);

-- One row a copy: a stream (or a second reading of one) in a table of its own.
CREATE TABLE IF NOT EXISTS lienthong.copy (
    copy         int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection   text NOT NULL,
    stream       text NOT NULL,
    generation   bigint NOT NULL,
    -- loading: filled beside what is shown; active: shown; damaged: a gap was reported, nothing
    -- more is applied and the stamp ages; stale: cleaned records are missing, a second reading is
    -- under way beside it (protocol 9.2).
    state        text NOT NULL DEFAULT 'loading' 
                 CHECK (state IN ('loading', 'active', 'stale', 'damaged')),
    shown        boolean NOT NULL DEFAULT false, -- the view reads this table
    table_name   text NOT NULL,
    view_name    text NOT NULL,
    key_schema   int NOT NULL,
    value_schema int NOT NULL,
    -- The terms of use that usable_until was computed from.
    use_period   bigint NOT NULL, -- microseconds from the stamp
    end_of_use   timestamptz,
    on_expiry    text NOT NULL CHECK (on_expiry IN ('hide', 'fail')),
    closed       text NOT NULL DEFAULT '', -- why it can never be usable again; '' = it can
    -- What was reported when it became damaged (protocol 9.2); repeated until a successor comes.
    gap_expected bigint,
    gap_seen     bigint,
    gap_reason   text,
    stamp        timestamptz, -- synchronised as of this source time
    usable_from  timestamptz NOT NULL DEFAULT '-infinity',
    usable_until timestamptz NOT NULL DEFAULT '-infinity',
    made_at      timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 20);
CREATE UNIQUE INDEX IF NOT EXISTS copy_shown ON lienthong.copy (connection) WHERE shown;

-- Whose fields the view of a copy shows at most: the connection's value schema when it was last
-- compared with the copy's own (D41.2b, architecture 5: lost fields read as NULL at once).
CREATE TABLE IF NOT EXISTS lienthong.narrowed (
    copy         int PRIMARY KEY REFERENCES lienthong.copy ON DELETE CASCADE,
    value_schema int NOT NULL
);

-- The scope version of a copy's records.  What an amendment took away is judged by it also when the
-- inbox says nothing any more of the stream that the copy was read from.
CREATE TABLE IF NOT EXISTS lienthong.scope (
    copy    int PRIMARY KEY REFERENCES lienthong.copy ON DELETE CASCADE,
    version bigint NOT NULL
);

-- How far a copy is; moved by compare-and-set in the transaction of the rows.
CREATE TABLE IF NOT EXISTS lienthong.position (
    copy        int PRIMARY KEY REFERENCES lienthong.copy ON DELETE CASCADE,
    next_offset bigint NOT NULL, -- of the topic stream.<stream>
    seq         bigint NOT NULL,
    e0          bigint NOT NULL, -- end of the topic when this reading began (protocol 9.3)
    chain       bytea,           -- hash chain at seq; null when compaction left holes before it
    append_time timestamptz,     -- newest append time read
    row_count   bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20);

-- Rows that are not synchronised: moved out of their table until a good record comes (D41.2b-5).
CREATE TABLE IF NOT EXISTS lienthong.set_aside (
    copy   int NOT NULL REFERENCES lienthong.copy ON DELETE CASCADE,
    key    bytea NOT NULL, -- framed Avro key
    seq    bigint NOT NULL,
    code   text NOT NULL,  -- SQLSTATE or a reason word
    reason text NOT NULL,
    held   jsonb,          -- the row as it was; null when there was none
    at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- By hash: a key may be too long for an index, and be set aside for that very reason.
CREATE UNIQUE INDEX IF NOT EXISTS set_aside_key ON lienthong.set_aside (copy, sha256(key));

-- When a copy was usable, one row per unbroken interval (D41.2b-13).
CREATE TABLE IF NOT EXISTS lienthong.stamp_history (
    copy         int NOT NULL,
    connection   text NOT NULL,
    stream       text NOT NULL,
    opened_at    timestamptz NOT NULL,
    first_stamp  timestamptz NOT NULL,
    last_stamp   timestamptz NOT NULL,
    usable_until timestamptz NOT NULL,
    PRIMARY KEY (copy, opened_at)
) WITH (fillfactor = 20);

-- Records for the outbox that must not be lost: written with the data, deleted when delivered.
CREATE TABLE IF NOT EXISTS lienthong.report (
    report bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key    text NOT NULL,
    body   bytea NOT NULL
);

-- The highest position receipted: durable before the receipt is sent.
CREATE TABLE IF NOT EXISTS lienthong.receipt (
    stream text PRIMARY KEY,
    copy   int NOT NULL,
    seq    bigint NOT NULL,
    at     timestamptz NOT NULL
);

-- Microseconds since 1970 and back; null stands for none and for infinity.
CREATE OR REPLACE FUNCTION lienthong.us(t timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN isfinite(t) THEN (extract(epoch FROM t) * 1000000)::bigint END $$;

-- Called by a view when its copy is not usable: counts the refused read, then returns false or
-- raises, as the policy says (D41.2b-7).  A sequence counts, because a count in a table would be
-- rolled back with the error.  A read-only transaction cannot count: it leaves a line in the
-- server's log.
-- shown: whether the reader's snapshot knows that the view reads this copy.  If not, it is older
-- than the view (REPEATABLE READ, EXECUTE of a prepared statement): rows that came since would be
-- missing in silence, and the stamp would be that of the copy before.
CREATE OR REPLACE FUNCTION lienthong.refuse(which int, shown boolean) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lienthong.copy%ROWTYPE;
BEGIN
    IF NOT shown THEN
        RAISE EXCEPTION 'copy % took the place of another after this snapshot was taken', which
            USING ERRCODE = 'serialization_failure', HINT = 'Run the transaction again.';
    END IF;
    SELECT * INTO c FROM lienthong.copy WHERE copy = which;
    IF current_setting('transaction_read_only') = 'on' THEN
        RAISE LOG 'lienthong: read of copy % (%) refused in a read-only transaction',
            which, c.stream;
    ELSE
        PERFORM nextval(format('lienthong.refused_%s', c.connection)::regclass);
    END IF;
    IF c.on_expiry = 'fail' THEN
        RAISE EXCEPTION 'the synchronised copy of % has no use value now', c.connection
            USING ERRCODE = 'LT410',
                  DETAIL = CASE
                      WHEN c.closed <> '' THEN 'It is closed: ' || c.closed || '.'
                      WHEN c.stamp IS NULL THEN 'Its first load is not complete.'
                      ELSE format('Last synchronised %s, usable until %s.', c.stamp, c.usable_until)
                  END,
                  HINT = 'It becomes usable again when it is synchronised again.';
    END IF;
    RETURN false;
END $$;

-- The compare-and-set.  Whoever moved the position meanwhile has won; the whole transaction of
-- the loser fails with LT409 (protocol 9.1).
CREATE OR REPLACE FUNCTION lienthong.advance(which int, old_offset bigint, old_seq bigint,
    new_offset bigint, new_seq bigint, new_chain bytea, appended timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE lienthong.position
       SET next_offset = new_offset, seq = new_seq, chain = new_chain,
           append_time = greatest(append_time, appended)
     WHERE copy = which AND next_offset = old_offset AND seq = old_seq;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the position of copy % was moved by another process', which
            USING ERRCODE = 'LT409';
    END IF;
END $$;

-- The stream called these rows known; when one is not there, the transaction fails with LT404.
CREATE OR REPLACE FUNCTION lienthong.all_there(there bigint, wanted int) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF there <> wanted THEN
        RAISE EXCEPTION '% of % rows are not there', wanted - there, wanted
            USING ERRCODE = 'LT404';
    END IF;
END $$;

-- Sets a stamp and keeps the interval of use going, or opens one.  The stored terms have the last
-- word: a process that has not heard yet of a closing or of an end cannot undo them (D41.2b-10).
CREATE OR REPLACE FUNCTION lienthong.stamp(which int, new_stamp timestamptz,
    new_from timestamptz, new_until timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    bound timestamptz;
BEGIN
    UPDATE lienthong.copy
       SET stamp = new_stamp, usable_from = new_from,
           usable_until = CASE closed WHEN '' THEN least(new_until, end_of_use)
                          ELSE '-infinity' END
     WHERE copy = which RETURNING usable_until INTO bound;
    UPDATE lienthong.stamp_history
       SET last_stamp = new_stamp, usable_until = bound
     WHERE copy = which AND usable_until >= clock_timestamp() AND bound >= clock_timestamp()
       AND opened_at = (SELECT max(opened_at) FROM lienthong.stamp_history WHERE copy = which);
    IF NOT FOUND AND bound > clock_timestamp() THEN
        INSERT INTO lienthong.stamp_history
        SELECT copy, connection, stream, clock_timestamp(), new_stamp, new_stamp, bound
          FROM lienthong.copy WHERE copy = which;
    END IF;
END $$;

-- New terms, computed from the stored stamp (D41.2b-10).  An interval that is cut short ended
-- when it was cut, not in the past.
CREATE OR REPLACE FUNCTION lienthong.terms(which int, period bigint, use_end timestamptz,
    expiry text, why_closed text, new_until timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE lienthong.copy
       SET use_period = period, end_of_use = use_end, on_expiry = expiry, closed = why_closed,
           usable_until = new_until
     WHERE copy = which;
    UPDATE lienthong.stamp_history
       SET usable_until = greatest(new_until, clock_timestamp())
     WHERE copy = which AND usable_until >= clock_timestamp()
       AND opened_at = (SELECT max(opened_at) FROM lienthong.stamp_history WHERE copy = which);
END $$;

REVOKE ALL ON ALL TABLES IN SCHEMA lienthong FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA lienthong FROM PUBLIC;
