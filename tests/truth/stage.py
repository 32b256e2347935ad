"""The line on which histories are played: it stays up between them, each history gets new data
services and connections."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import disks
import plan as plans

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools", "line"))

from line import ROOT, Cluster, Line, LineError, remove, wait_until, write_config  # noqa: E402,F401

from witness import scope, watch_source, watch_streams, watch_views  # noqa: E402
from witness.observations import Connection, Version  # noqa: E402

PROVIDER, SOURCE, REGISTRY = "ap000001", "so000001", "registry"
AGENCIES = dict({PROVIDER: "ag0001"}, **{ap: "ag" + ap[-4:] for ap in plans.DATABASES})
USE_PERIOD = "60s"
SMALL = ("--set", "max_wal_size=160MB", "--set", "min_wal_size=32MB")
SLOW_MS = 40  # every piece to and from the slow user's consumer takes so long


class Stage(Line):
    def __init__(self, directory, mode="debug", version=None, lasting=False, brokers=1):
        os.makedirs(directory, exist_ok=True)
        super().__init__(directory, mode, brokers=brokers, version=version, proxied=True,
                         lasting=lasting)
        self.numbers = {"sv": 0, "cn": 0, "ar": 0}
        self.died = []  # programs that ended by themselves
        self.excused = set()  # programs that a fault keeps down
        self.ended = threading.Event()
        self.lock = threading.Lock()
        self.broken = False  # a history could not be played to its end
        self.clearing = None  # the thread that ends what the history before left
        self.gate = threading.Event()  # closed while the source is exchanged
        self.gate.set()
        self.proxy = None
        self.views, self.users, self.watchers = {}, {}, []

    # ---- founding ----

    def found(self):
        for name in ("source", "target", "kafka"):
            disks.mount(self.path(name))
        self.start_cluster("source", "--set", "track_commit_timestamp=on", *SMALL)
        self.start_cluster("target", "--set", "max_connections=100", *SMALL)
        self.start_kafka()
        self.clusters["source"].query("postgres", "CREATE DATABASE " + REGISTRY)
        for database in plans.DATABASES.values():
            self.clusters["target"].query("postgres", "CREATE DATABASE " + database)
        self.found_platform(technical_pause="3s", sync_every="300ms", page_time="2s")
        self.declare(*parties())
        watch_source.install(self.registry())
        self.through(self.provider(PROVIDER, SOURCE, "source", REGISTRY, sync_interval="200ms",
                                   on_shape_change="renew"), "source")
        for application, database in plans.DATABASES.items():
            self.through(self.consumer(application, "target", database, receipt_interval="300ms"),
                         "target")
            self.bring_up(self.party("consumer:" + application))
        self.start_witness()
        threading.Thread(target=self.supervise, daemon=True).start()
        return self

    def start_kafka(self):
        """Between the brokers, the databases and everybody stands the proxy."""
        self.kafka.start()
        pairs = [pair.split(":") for pair in self.kafka.env["PROXIES"].split()]
        links = [{"name": "kafka", "port": int(advertised), "to_port": int(real)}
                 for advertised, real in pairs]
        for name, cluster in self.clusters.items():
            socket = ".s.PGSQL.%s" % cluster.env["PGPORT"]
            os.makedirs(self.path("proxy", name))
            links.append({"name": name, "socket": self.path("proxy", name, socket),
                          "to_socket": os.path.join(cluster.env["PGHOST"], socket)})
        self.proxy = Proxy(links)
        super().start_kafka()

    def through(self, program, cluster):
        """The program reaches its database by the proxy."""
        dsn = program.sections["postgres"]["dsn"].replace(
            "host=" + self.clusters[cluster].env["PGHOST"], "host=" + self.path("proxy", cluster))
        program.sections["postgres"]["dsn"] = dsn
        write_config(program.config, program.sections)

    def start_witness(self):
        bodies = watch_streams.platform_schemas(os.path.join(ROOT, "schemas"))
        self.source = watch_source.Source(self.registry)
        self.views = {ap: watch_views.Views(lambda d=database: self.clusters["target"].connect(d))
                      for ap, database in plans.DATABASES.items()}
        self.users = {ap: watch_streams.User(ap, self.section_of(ap), bodies)
                      for ap in plans.DATABASES}
        self.diary = watch_streams.Diary(self.kafka.section("operator"), bodies)
        self.watchers = list(self.views.values()) + list(self.users.values()) + [self.diary]
        for part in self.watchers:
            part.start()

    def kafka_is_another(self):
        """Nothing that was read has a place in the cluster that answers now."""
        for part in list(self.users.values()) + [self.diary]:
            part.cluster_is_new()

    def section_of(self, application):
        return self.kafka.section(application + ".k1", self.path("certificates", application))

    def registry(self):
        return self.clusters["source"].connect(REGISTRY)

    def party(self, name):
        """A program by its name in plans."""
        if name == "provider":
            return self.programs["provider-" + REGISTRY]
        if name.startswith("consumer:"):
            return self.programs["consumer-" + plans.DATABASES[name.split(":")[1]]]
        return self.programs[name]

    # ---- as an init system would ----

    def supervise(self):
        """Starts again what ended by itself."""
        while not self.ended.wait(0.5):
            with self.lock:
                for program in self.programs.values():
                    if program.process and not program.running() and program not in self.excused:
                        self.died.append((program.name, program.process.returncode, time.time()))
                        self.launch(program)

    def keep_down(self, program):
        with self.lock:
            self.excused.add(program)

    def bring_up(self, program):
        with self.lock:
            self.excused.discard(program)
            if not program.running():
                self.launch(program)

    def launch(self, program):
        program.start()
        self.proxy.ask({"do": "know", "pids": [program.process.pid]})
        self.tune(program)

    def tune(self, program):
        """The slow user's line is slow."""
        if program.name == "consumer-" + plans.DATABASES[plans.SLOW]:
            self.proxy.ask({"do": "set", "link": "kafka", "pids": [program.process.pid],
                            "mode": "delay", "ms": SLOW_MS})

    def clear(self):
        """The history before is over."""
        if self.clearing:
            self.clearing.join()

    def close(self):
        self.clear()
        self.ended.set()
        with self.lock:
            pass
        for part in self.watchers:
            part.stop()
        for program in self.programs.values():
            program.signal(signal.SIGCONT)  # a history may have been broken off in a fault
        try:
            self.stop()
        finally:
            if self.proxy:
                self.proxy.stop()
            for name in ("source", "target", "kafka"):
                disks.unmount(self.path(name))

    def stop_programs(self):
        """One that does not go is killed; the others are stopped all the same."""
        for program in list(self.programs.values())[::-1]:
            try:
                program.stop()
            except LineError as error:
                print("    %s" % error)

    # ---- data services and connections of one history ----

    def next_id(self, kind):
        self.numbers[kind] += 1
        return "%s%06d" % (kind, self.numbers[kind])

    def add_service(self, kind):
        ident = self.next_id("sv")
        table = "public.%s_%s" % (kind["entity"], ident)
        columns = ", ".join("%s %s%s" % (n, t, " NOT NULL" if r else "")
                            for n, t, r in kind["columns"])
        connection = self.registry()
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE %s (%s, PRIMARY KEY (%s))%s" % (
                table, columns, ", ".join(kind["key"]),
                " PARTITION BY RANGE (%s)" % kind["key"][0] if kind.get("parts") else ""))
            cursor.execute("ALTER TABLE %s REPLICA IDENTITY FULL" % table)
            for number, bounds in enumerate(kind.get("parts", [])):
                part = "%s_%d" % (table, number)
                cursor.execute("CREATE TABLE %s PARTITION OF %s FOR VALUES FROM (%s) TO (%s)" % (
                    part, table, *bounds))
                cursor.execute("ALTER TABLE %s REPLICA IDENTITY FULL" % part)
            cursor.execute("GRANT SELECT ON %s TO lienthong_provider" % table)
            cursor.execute("ALTER PUBLICATION lienthong ADD TABLE %s" % table)
        watch_source.watch_table(connection, table)
        connection.close()
        return ident, table

    def declare_services(self, made):
        """made: [(id, table, kind)]."""
        self.declare(*[{
            "kind": "service", "id": ident, "provider": PROVIDER, "source": SOURCE,
            "name": "Dịch vụ " + ident, "entity": kind["entity"], "table": table,
            "fields": [{"name": n, "column": n, "type": t, "required": r}
                       for n, t, r in kind["columns"]],
            "key": kind["key"], "scope_columns": kind["scope"], "window": "1d", "published": True,
            "policy": {"version": 1, "use_period": USE_PERIOD, "on_expiry": "hide"}}
            for ident, table, kind in made])
        self.bring_up(self.party("provider"))

    def agreement(self, application, service, fields, row_filter):
        """A declared agreement with one connection, and the connection's name."""
        number, name = self.next_id("ar"), self.next_id("cn")
        return {"kind": "agreement", "id": number, "provider": "ag0001",
                "user": AGENCIES[application], "purpose": "kiểm thử", "basis": "case",
                "signed": True, "valid_from": "2025-01-01T00:00:00Z", "connection_until": None,
                "use_until": None, "grants": [{
                    "connection": name, "application": application, "service": service,
                    "fields": fields, "filter": scope.as_text(row_filter),
                    "use_period": USE_PERIOD, "on_expiry": "hide", "max_per_day": None}]}, name

    def watch(self, name, application, entity):
        self.views[application].watch(name, "lienthong_data.%s_%s" % (entity, name))


class Proxy:
    """The process of proxy.py and its commands."""

    def __init__(self, links):
        self.lock = threading.Lock()
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "proxy.py"), json.dumps(links)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)

    def ask(self, command):
        with self.lock:
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)


def parties():
    agencies = [{"kind": "agency", "id": i, "name": "Cơ quan " + i, "class": "ministry",
                 "contact": "đầu mối"} for i in sorted(set(AGENCIES.values()))]
    return agencies + [{"kind": "application", "id": ap, "agency": ag, "name": "Ứng dụng " + ap,
                        "role": "provider" if ap == PROVIDER else "user"}
                       for ap, ag in AGENCIES.items()]


def connection_of(declaration, name, table, kind, given_us, answered_us, canary):
    """What the witness is told of a connection: what was asked for, nothing else."""
    grant = declaration["grants"][0]
    return Connection(
        name, grant["application"], grant["service"], table, int(declaration["id"][2:]),
        int(USE_PERIOD[:-1]) * 10**6, [Version(None, given_us, answered_us)],
        secret=b"" if "secret" in grant["fields"] else canary.encode())
