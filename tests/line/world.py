"""One real line for many tests: a provider's database, a platform, three users' databases.  Every
test makes data services and connections of its own, so that tests do not disturb each other and
the parts are started once."""

import contextlib
import json
import os
import re
import signal
import sys
import time

import psycopg2

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "tools",
                                "line"))

from line import ROOT, Line, LineError, remove, wait_until, write_config  # noqa: E402,F401

import truth  # noqa: E402

PROVIDER, SOURCE = "ap000001", "so000001"
USERS = {"ap000002": "users_a", "ap000003": "users_b", "ap000004": "users_c"}  # application -> database
AGENCY_OF = {"ap000001": "ag0001", "ap000002": "ag0002", "ap000003": "ag0003",
             "ap000004": "ag0004"}
SOURCE_DB = "registry"


class World(Line):
    """A line with one provider and three users, founded and running."""

    def __init__(self, directory, mode="debug", brokers=1, version=None):
        os.makedirs(directory, exist_ok=True)
        super().__init__(directory, mode, brokers=brokers, version=version)
        self.numbers = {"sv": 0, "cn": 0, "ar": 0}
        self.services = {}

    def found(self):
        self.start_kafka()
        self.start_cluster("source", *truth.SETTINGS)
        self.start_cluster("target")
        self.clusters["source"].query("postgres", "CREATE DATABASE " + SOURCE_DB)
        for database in USERS.values():
            self.clusters["target"].query("postgres", "CREATE DATABASE " + database)
        self.found_platform(technical_pause="5s")
        self.declare(*self.parties())
        self.clusters["source"].query(SOURCE_DB, truth.INSTALL)
        self.provider(PROVIDER, SOURCE, "source", SOURCE_DB, sync_interval="200ms").start()
        for application, database in USERS.items():
            self.consumer(application, "target", database, receipt_interval="300ms").start()
        return self

    @staticmethod
    def parties():
        agencies = [{"kind": "agency", "id": i, "name": "Cơ quan " + i, "class": "ministry",
                     "contact": "đầu mối"} for i in sorted(set(AGENCY_OF.values()))]
        applications = [{"kind": "application", "id": ap, "agency": ag, "name": "Ứng dụng " + ap,
                         "role": "provider" if ap == PROVIDER else "user"}
                        for ap, ag in AGENCY_OF.items()]
        return agencies + applications

    def next_id(self, kind):
        self.numbers[kind] += 1
        return "%s%06d" % (kind, self.numbers[kind])

    # ---- at the source ----

    def sql(self, statement, parameters=None):
        return self.clusters["source"].query(SOURCE_DB, statement, parameters)

    def service(self, columns, key=("id",), scope=(), use_period="1h", on_expiry="hide",
                rows=(), publish=True, table_options="", **more):
        """A new table with its trigger log, published, and its declared data service.
        columns: (name, type, required).  Gives the service's id; its table is public.<id>."""
        ident = self.next_id("sv")
        definition = ", ".join('"%s" %s%s' % (n, t, " NOT NULL" if r else "")
                               for n, t, r in columns)
        self.sql("CREATE TABLE public.%s (%s, PRIMARY KEY (%s)) %s" % (
            ident, definition, ", ".join('"%s"' % k for k in key), table_options))
        self.sql("ALTER TABLE public.%s REPLICA IDENTITY FULL" % ident)
        self.sql("CREATE TRIGGER truth AFTER INSERT OR UPDATE OR DELETE ON public.%s "
                 "FOR EACH ROW EXECUTE FUNCTION truth.note()" % ident)
        for row in rows:
            self.sql("INSERT INTO public.%s VALUES (%s)" % (ident, ", ".join(["%s"] * len(row))),
                     row)
        declaration = dict({
            "kind": "service", "id": ident, "provider": PROVIDER, "source": SOURCE,
            "name": "Dịch vụ " + ident, "entity": "row", "table": "public." + ident,
            "fields": [{"name": alias(n), "column": n, "type": t, "required": r}
                       for n, t, r in columns],
            "key": [alias(k) for k in key], "scope_columns": [alias(s) for s in scope],
            "window": "1d", "published": True,
            "policy": {"version": 1, "use_period": use_period, "on_expiry": on_expiry}}, **more)
        self.services[ident] = declaration
        if publish:
            self.publish(ident)
        self.declare(declaration)
        return ident

    def publish(self, ident):
        """The owner's part for one table, as `plan` prints it."""
        self.sql("GRANT SELECT ON public.%s TO lienthong_provider" % ident)
        self.sql("ALTER PUBLICATION lienthong ADD TABLE public.%s" % ident)

    # ---- connections ----

    def connect(self, service, application="ap000002", fields=None, row_filter="",
                use_period=None, on_expiry=None, wait=True, agreement=None, **more):
        """A new agreement with one connection; waits for its first stamp.  Gives a Copy."""
        declared = self.services[service]
        names = fields or [f["name"] for f in declared["fields"]]
        grant = dict({
            "connection": self.next_id("cn"), "application": application, "service": service,
            "fields": names, "filter": row_filter,
            "use_period": use_period or declared["policy"]["use_period"],
            "on_expiry": on_expiry or declared["policy"]["on_expiry"], "max_per_day": None}, **more)
        number = self.next_id("ar")
        self.declare(dict({
            "kind": "agreement", "id": number, "provider": "ag0001",
            "user": AGENCY_OF[application], "purpose": "kiểm thử", "basis": "case",
            "signed": True, "valid_from": "2025-01-01T00:00:00Z", "connection_until": None,
            "use_until": None, "grants": [grant]}, **(agreement or {})))
        copy = Copy(self, grant["connection"], number, service, application, names)
        if wait:
            copy.wait_stamped()
        return copy


def alias(name):
    """The Avro name of a column: itself, or an ASCII stand-in."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name)
    return plain if plain == name else plain + "_x"


class Copy:
    """One connection's copy at its target, seen as its user sees it."""

    def __init__(self, world, connection, agreement, service, application, fields):
        self.world, self.connection, self.agreement = world, connection, agreement
        self.service, self.application, self.fields = service, application, fields
        self.database = USERS[application]
        self.view = "lienthong_data.row_" + connection

    def query(self, statement, parameters=None):
        return self.world.clusters["target"].query(self.database, statement, parameters)

    def rows(self):
        """The rows the view shows now, as dicts, in order of their text."""
        return [r[0] for r in self.query(
            "SELECT to_jsonb(v) FROM %s v ORDER BY to_jsonb(v)::text" % self.view)]

    def meta(self):
        """What the target keeps of the shown copy: a dict, or None before there is one."""
        found = self.query("SELECT to_jsonb(c) FROM lienthong.copy c"
                           " WHERE connection = %s AND shown", (self.connection,))
        return found[0][0] if found else None

    def stamp(self):
        meta = self.meta()
        return meta and meta["stamp"]

    def wait_stamped(self, patience=60):
        return wait_until("%s has a stamp" % self.connection, self.stamp, patience)

    def source_rows(self, condition="true"):
        declared = {f["name"]: f["column"] for f in self.world.services[self.service]["fields"]}
        columns = ", ".join('"%s"' % declared[f] for f in self.fields)
        return [r[0] for r in self.world.sql(
            "SELECT to_jsonb(s) FROM (SELECT %s FROM public.%s WHERE %s) s"
            " ORDER BY to_jsonb(s)::text" % (columns, self.service, condition))]

    def wait_equal(self, condition="true", patience=60):
        """Waits until the view shows scope(source)."""
        wait_until("%s equals its source" % self.connection,
                   lambda: self.rows() == self.source_rows(condition), patience)

    def line(self):
        """This connection in `lienthong status --json`."""
        for line in self.world.status()["connections"]:
            if line["connection"] == self.connection:
                return line
        return None

    def wait_state(self, state, patience=60):
        def reached():
            line = self.line()
            return line and line["stream"] and line["stream"]["state"] == state
        wait_until("%s is %s" % (self.connection, state), reached, patience)

    def hold(self, ground="43.2b", **more):
        """Gives the hold's id, after it is EFFECTIVE."""
        return self.world.hold(self.connection, ground, **more)


def hold(world, target, ground="43.2b", *options):
    """Holds a connection or a data service and waits until it is EFFECTIVE; gives its id."""
    arguments = ["hold", target, "--ground", ground, "--reason", "kiểm thử"]
    if ground == "43.1a":
        arguments += ["--expected-end", time.strftime("%Y-%m-%dT%H:%M:%SZ",
                                                      time.gmtime(time.time() + 86400))]
    else:
        arguments += ["--restore", "hết kiểm thử"]
    answer = world.lienthong(*arguments, *options)
    return re.search(r"\bho\d{6}\b", answer.stdout).group()


World.hold = hold


# ---- what tests of use periods and of rights share ----

def refused(copy):
    """How many reads the view of this copy refused."""
    last, called = copy.query("SELECT last_value, is_called FROM lienthong.refused_%s"
                              % copy.connection)[0]
    return last if called else 0


def read_fails(copy):
    """The SQLSTATE with which a read of the view fails, or None."""
    try:
        copy.rows()
    except psycopg2.Error as error:
        return error.pgcode
    return None


def stamp_time(copy):
    """The stamp of the shown copy in seconds since 1970, or None."""
    found = copy.query("SELECT extract(epoch FROM stamp)::float8 FROM lienthong.copy"
                       " WHERE connection = %s AND shown", (copy.connection,))
    return found[0][0] if found else None


def wait_stamp_after(copy, moment, patience=60):
    return wait_until("%s is stamped after %.3f" % (copy.connection, moment),
                      lambda: (stamp_time(copy) or 0) > moment, patience, 0.1)


def wait_expired(copy, patience=60):
    """Waits until the target's clock is past the last instant of use; asks no view."""
    return wait_until("%s expires" % copy.connection, lambda: copy.query(
        "SELECT clock_timestamp() > usable_until FROM lienthong.copy"
        " WHERE connection = %s AND shown", (copy.connection,))[0][0], patience, 0.1)


@contextlib.contextmanager
def paused(program):
    """The program stands still (SIGSTOP) inside the block."""
    program.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        program.signal(signal.SIGCONT)


@contextlib.contextmanager
def configured(program, section, **values):
    """The program runs with other settings inside the block."""
    changed = dict(program.sections)
    changed[section] = dict(changed.get(section, {}), **values)
    restart(program, changed)
    try:
        yield
    finally:
        restart(program, program.sections)


def restart(program, sections):
    program.stop()
    write_config(program.config, sections)
    program.start()


def redeclare(world, kind, ident, **changes):
    """Declares an object again with some members changed; gives back what stood before."""
    before = world.declarations[kind, ident]
    world.declare(dict(before, **changes))
    return before


def decisions(copy):
    """The diary's decisions on this connection, oldest first."""
    entries = [json.loads(line) for line in
               copy.world.lienthong("diary", copy.connection, "--json").stdout.splitlines()]
    return [e for e in entries if "clause" in e]


World.provider_program = property(lambda world: world.programs["provider-" + SOURCE_DB])
World.redeclare = redeclare
Copy.consumer = property(lambda copy: copy.world.programs["consumer-" + copy.database])
Copy.refused, Copy.read_fails, Copy.stamp_time = refused, read_fails, stamp_time
Copy.wait_stamp_after, Copy.wait_expired, Copy.decisions = wait_stamp_after, wait_expired, decisions
