"""The demo's stage: the parts and programs of one line with one provider and four users."""

import os

import declared
import lists
from line import ROOT, Line, LineError  # noqa: F401


class Stage(Line):
    """Where the story is played.  Kept under build/run/demo until it is cleared."""

    def __init__(self, directory, mode="release"):
        os.makedirs(directory, exist_ok=True)
        super().__init__(directory, mode)

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

    # ---- provider and users ----

    def start_provider(self):
        self.provider(declared.PROVIDER, declared.SOURCE, "provider-db", "danhmuc",
                      sync_interval="250ms").start()

    def start_consumer(self, application):
        self.consumer(application, "user-db", declared.DATABASES[application]).start()
