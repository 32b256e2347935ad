"""The line as a whole: what a source commits is what a user sees, within its scope."""

import os
import re
import subprocess
import time

from world import wait_until

COLUMNS = [("id", "bigint", True), ("name", "text", True), ("region", "varchar(10)", False),
           ("amount", "numeric(18,4)", False), ("secret", "text", False)]
ROWS = [(1, "Nguyễn Văn An", "north", "12.5000", "s1"), (2, "Trần Thị Bình", "south", None, "s2"),
        (3, "Đỗ Thu Hà", None, "-0.0001", "s3")]


def test_a_provider_without_services_waits_for_its_first(world):
    """It was started before any data service was declared, and nobody starts it again."""
    provider = world.provider_program
    pid = provider.process.pid
    wait_until("the provider waits", lambda: "waiting_for_services" in provider.log_text())
    world.connect(world.service(COLUMNS, rows=ROWS)).wait_equal()
    assert provider.running() and provider.process.pid == pid


def super_users(world):
    path = os.path.join(world.kafka.directory, "node1", "server.properties")
    with open(path, encoding="utf-8") as file:
        return re.search("^super.users=(.*)$", file.read(), re.M).group(1).split(";")


def principal(program):
    """Of the certificate that the program shows."""
    subject = subprocess.run(
        ["openssl", "x509", "-noout", "-subject", "-nameopt", "RFC2253", "-in",
         program.sections["kafka"]["cert_file"]], stdout=subprocess.PIPE, check=True, text=True)
    return "User:" + re.search("CN=([^,\n]+)", subject.stdout).group(1)


def test_no_running_program_is_a_super_user(world):
    """D24.1, architecture 7: each lives on what init and the steward granted it."""
    running = {name: principal(program) for name, program in world.programs.items()
               if program.running()}
    assert {"steward", "routing"} < set(running), running
    assert len(set(running.values())) == len(running), "one principal twice: %s" % running
    assert super_users(world) == ["User:broker", "User:bootstrap"]
    assert not set(super_users(world)) & set(running.values()), running


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


def test_a_broker_that_comes_back_is_used_at_once(world):
    """DX-13: seconds after a broker's restart a change is readable; nobody waits out a long pause."""
    service = world.service(COLUMNS, rows=ROWS)
    copy = world.connect(service)
    copy.wait_equal()
    world.kafka.kill9()
    time.sleep(5)
    world.sql("UPDATE public.%s SET name = name || ' 2'" % service)
    world.kafka.restart()
    back = time.monotonic()
    copy.wait_equal(patience=120)
    print("  readable %.1f s after the broker was back" % (time.monotonic() - back))
    assert time.monotonic() - back < 25
