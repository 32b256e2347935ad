"""The line as a whole: what a source commits is what a user sees, within its scope."""

from world import wait_until  # noqa: F401

COLUMNS = [("id", "bigint", True), ("name", "text", True), ("region", "varchar(10)", False),
           ("amount", "numeric(18,4)", False), ("secret", "text", False)]
ROWS = [(1, "Nguyễn Văn An", "north", "12.5000", "s1"), (2, "Trần Thị Bình", "south", None, "s2"),
        (3, "Đỗ Thu Hà", None, "-0.0001", "s3")]


def test_a_copy_equals_its_scope_and_follows(world):
    """D23.1b, D52.2b, DX-4, DX-5: fields and rows of the scope, entering and leaving rows."""
    service = world.service(COLUMNS, scope=["region"], rows=ROWS)
    copy = world.connect(service, fields=["id", "name", "region"], row_filter="region = 'north'")
    copy.wait_equal("region = 'north'")
    assert [r["id"] for r in copy.rows()] == [1]
    world.sql("UPDATE public.%s SET region = 'north' WHERE id IN (2, 3)" % service)
    world.sql("UPDATE public.%s SET region = NULL WHERE id = 1" % service)
    world.sql("INSERT INTO public.%s VALUES (4, 'Lê', 'south', 1, 's4')" % service)
    world.sql("DELETE FROM public.%s WHERE id = 3" % service)
    copy.wait_equal("region = 'north'")
    assert [r["id"] for r in copy.rows()] == [2]
    assert set(copy.rows()[0]) == {"id", "name", "region"}


def test_a_hold_stops_one_user_and_loses_nothing(world):
    """D43.2, D43-resume, DX-13, DX-14: the other user goes on; lifting brings every change."""
    service = world.service(COLUMNS, rows=ROWS)
    held, free = world.connect(service), world.connect(service, application="ap000003")
    hold = held.hold("43.2a")
    before = held.rows()
    world.sql("UPDATE public.%s SET name = name || ' 2'" % service)
    world.sql("DELETE FROM public.%s WHERE id = 1" % service)
    free.wait_equal()
    assert held.rows() == before, "a held copy changed"
    world.lienthong("lift", hold)
    held.wait_equal()
