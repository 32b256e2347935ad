"""The demo's stage: the parts and programs of one line with one provider and four users."""

import os
import signal
import subprocess

import declared
import lists
from line import ROOT, Line, LineError, remove, run, wait_until  # noqa: F401


class Stage(Line):
    """Where the story is played.  Kept under build/run/demo until it is cleared."""

    def __init__(self, directory, mode="release"):
        os.makedirs(directory, exist_ok=True)
        super().__init__(directory, mode)

    def clear(self):
        """Stops whatever a run left behind, by the pids it noted, and deletes its directory."""
        for name in os.listdir(self.path("pid")):
            self.end_process(self.path("pid", name))
        for name in ("provider-db", "user-db"):
            if os.path.exists(self.path(name)):
                run(os.path.join(ROOT, "tools", "pg", "pg"), "stop", self.path(name), "--immediate")
        if os.path.exists(self.path("kafka")):
            self.kafka.stop()
        remove(self.directory)

    def end_process(self, pid_file):
        """Ends a daemon of ours, but nobody who got its pid after it."""
        with open(pid_file, encoding="ascii") as file:
            pid = int(file.read())
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as file:
                ours = self.directory.encode() in file.read()
            if ours:
                os.kill(pid, signal.SIGTERM)
                wait_until("%d ends" % pid, lambda: not os.path.exists("/proc/%d" % pid), 15)
        except (FileNotFoundError, ProcessLookupError):
            pass

    # ---- parts ----

    def build_parts(self):
        self.start_kafka()
        source = self.start_cluster("provider-db")
        source.query("postgres", "CREATE DATABASE danhmuc")
        users = self.start_cluster("user-db")
        for database in declared.DATABASES.values():
            users.query("postgres", "CREATE DATABASE %s" % database)

    def load_source(self):
        provinces, wards = lists.before()
        connection = self.clusters["provider-db"].connect("danhmuc")
        connection.autocommit = False
        with connection, connection.cursor() as cursor:
            cursor.execute(lists.SCHEMA)
            lists.insert(cursor, "provinces", provinces.values())
            lists.insert(cursor, "wards", wards.values())
        connection.close()

    # ---- the platform ----

    def found_platform(self):
        """`init` with the bootstrap certificate, then the steward and routing."""
        public = self.path("state", "steward.pub")
        self.write_cli_config("bootstrap", public)
        self.lienthong("init", "--key-file", self.path("state", "steward.key"))
        self.write_cli_config("operator", public)
        self.program("steward", "lt-steward", [], {
            "kafka": self.kafka.section("steward"),
            "steward": {"key_file": self.path("state", "steward.key"),
                        "state_file": self.path("state", "steward.state"),
                        "ca_cert_file": self.kafka.ca,
                        "ca_key_file": os.path.join(self.kafka.certs, "ca.key"),
                        "spool": self.path("spool"), "replicas": "1"},
        }).start()
        wait_until("the steward takes commands",
                   lambda: os.path.isdir(self.path("spool", "in")))
        self.program("routing", "lt-routing", [], {
            "kafka": self.kafka.section("routing"),
            "control": {"public_key_file": public},
        }).start()

    def write_cli_config(self, principal, public):
        from line import write_config
        write_config(self.path("etc", "lienthong.conf"), {
            "kafka": self.kafka.section(principal),
            "control": {"public_key_file": public},
            "steward": {"spool": self.path("spool")},
            "cli": {"lang": "en", "author": "demo"},
        })

    def issue(self, application):
        """The steward issues the application's key and certificate; gives its [kafka] section."""
        directory = self.path("certificates", application)
        os.makedirs(directory, exist_ok=True)
        self.lienthong("issue", application, "--directory", directory)
        return self.kafka.section(application + ".k1", directory)

    # ---- provider and users ----

    def start_provider(self):
        program = self.program("provider", "lt-provider-postgres", ["run"], {
            "postgres": {"dsn": self.clusters["provider-db"].dsn("danhmuc", "lienthong_provider")},
            "provider": {"application": declared.PROVIDER, "source": declared.SOURCE,
                         "sync_interval": "250ms"},
            "kafka": self.issue(declared.PROVIDER),
            "control": {"public_key_file": self.path("state", "steward.pub")},
        })
        self.apply_plan(program, "provider-db", "danhmuc")
        program.start()

    def start_consumer(self, application):
        database = declared.DATABASES[application]
        program = self.program("consumer-" + database, "lt-consumer-postgres", ["run"], {
            "postgres": {"dsn": self.clusters["user-db"].dsn(database, "lienthong_" + database)},
            "consumer": {"application": application,
                         "state_file": self.path("state", "consumer-" + database)},
            "kafka": self.issue(application),
        })
        self.apply_plan(program, "user-db", database)
        program.start()

    def apply_plan(self, program, cluster, database):
        """What a DBA does: reads the SQL that `plan` prints, and runs it."""
        plan = subprocess.run([program.binary, "plan", "--config", program.config],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              stdin=subprocess.DEVNULL, check=False)
        if plan.returncode:
            raise LineError("%s plan: %s" % (program.name, plan.stderr))
        path = self.path("state", program.name + "-plan.sql")
        with open(path, "w", encoding="utf-8") as file:
            file.write(plan.stdout)
        run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", path,
            self.clusters[cluster].dsn(database))
