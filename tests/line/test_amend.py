"""Amendments as the user of a copy sees them (architecture 5, DX-3): what is lost is gone at once,
what stays can be read all the while, what is new comes with the new stream."""

import threading
import time

from world import wait_until

COLUMNS = [("id", "bigint", True), ("province", "text", True), ("name", "text", True)]
FIELDS = ["id", "province", "name"]
ROWS = 20000  # a load that takes long enough to be looked at


class Looks(threading.Thread):
    """Looks at a copy again and again: which table is shown, and what a reader finds."""

    def __init__(self, copy, columns):
        super().__init__(daemon=True)
        self.copy, self.found, self.ended = copy, [], threading.Event()
        self.statement = (
            "SELECT (SELECT table_name FROM lienthong.copy WHERE connection = %%s AND shown), %s"
            " FROM %s" % (", ".join(columns), copy.view))

    def run(self):
        while not self.ended.is_set():
            self.found += self.copy.query(self.statement, (self.copy.connection,))
            time.sleep(0.01)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()

    def of(self, table):
        return [look[1:] for look in self.found if look[0] == table]


def service_with_rows(world):
    service = world.service(COLUMNS, scope=("province",))
    world.sql("ALTER TABLE public.%s DISABLE TRIGGER truth" % service)
    world.sql("INSERT INTO public.%s SELECT i, CASE i %% 2 WHEN 0 THEN '48' ELSE '49' END, 'x'"
              " FROM generate_series(1, %d) i" % (service, ROWS))
    return service


def amended(world, copy, columns, *options):
    """Amends and waits for the successor; gives the looks and the name of the old table."""
    old = copy.meta()["table_name"]
    with Looks(copy, columns) as looks:
        world.lienthong("amend", copy.connection, *options)
        wait_until("the successor is shown", lambda: copy.meta()["table_name"] != old)
        copy.wait_stamped()
    return looks, old


def test_an_amendment_that_only_adds_never_empties_the_view(world):
    """A field more, then rows more: the old copy is readable until the new one is there."""
    copy = world.connect(service_with_rows(world), fields=["id", "province"],
                         row_filter="province = '48'")
    looks, _ = amended(world, copy, ["count(*)"], "--fields", ",".join(FIELDS))
    assert {look[1] for look in looks.found} == {ROWS // 2}, "not readable throughout"
    assert copy.query("SELECT count(name) FROM " + copy.view) == [(ROWS // 2,)]
    looks, _ = amended(world, copy, ["count(*)"], "--filter", "province IN ('48', '49')")
    assert {look[1] for look in looks.found} == {ROWS // 2, ROWS}, "not readable throughout"


def test_a_lost_field_is_null_before_the_successor_is_loaded(world):
    copy = world.connect(service_with_rows(world))
    looks, old = amended(world, copy, ["count(*)", "count(name)"], "--fields", "id,province")
    names = [look[1] for look in looks.of(old)]
    assert names[-1] == 0, "lost fields readable until the successor was loaded"
    assert not any(names[names.index(0):]), "a lost field came back"
    assert {look[0] for look in looks.of(old)} == {ROWS}, "not readable throughout"
    assert copy.query("SELECT count(*), count(name) FROM " + copy.view) == [(ROWS, 0)]


def test_a_narrowed_filter_closes_the_old_copy(world):
    copy = world.connect(service_with_rows(world))
    looks, old = amended(world, copy, ["count(*)"], "--filter", "province = '48'")
    assert looks.of(old)[-1] == (0,), "rows out of scope readable until the successor was loaded"
    assert copy.query("SELECT count(*) FROM " + copy.view) == [(ROWS // 2,)]


def test_what_is_lost_stays_gone_while_the_successor_may_not_load(world):
    """A hold keeps the successor from loading for as long as we look: fields first, then rows."""
    copy = world.connect(service_with_rows(world))
    number = copy.hold("43.2a")
    with Looks(copy, ["count(*)", "count(name)"]) as looks:
        world.lienthong("amend", copy.connection, "--fields", "id,province")
        wait_until("the lost field is gone", lambda: looks.found[-1][2] == 0, 5)
        gone = len(looks.found)
        time.sleep(1)
    assert len(looks.found) > gone + 10, "not looked at"
    assert {look[1:] for look in looks.found[gone:]} == {(ROWS, 0)}
    assert {look[1] for look in looks.found} == {ROWS}, "not readable throughout"
    world.lienthong("amend", copy.connection, "--filter", "province = '48'")
    count = "SELECT count(*) FROM " + copy.view
    wait_until("the lost rows are gone", lambda: copy.query(count) == [(0,)], 5)
    time.sleep(1)
    assert copy.query(count) == [(0,)], "rows out of scope came back"
    world.lienthong("lift", number)
    wait_until("the successor is shown", lambda: copy.query(count) == [(ROWS // 2,)])
