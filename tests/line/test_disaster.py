"""All of Kafka's data are lost and a new, empty cluster answers under the old address: what was signed
comes back by one command, what had no right has none, and all copies are loaded anew by themselves."""

import signal
import time

from world import wait_until

COLUMNS = [("id", "bigint", True), ("name", "text", False), ("region", "varchar(10)", False)]
NORTH = "region = 'north'"


def rows(first, last):
    return [(i, "r%d" % i, "north" if i % 2 else "south") for i in range(first, last)]


def insert(world, service, first, last):
    for row in rows(first, last):
        world.sql("INSERT INTO public.%s VALUES (%%s, %%s, %%s)" % service, row)


def revoke(world, copy, wait="30s"):
    world.lienthong("revoke", copy.connection, "--ground", "44.1a", "--wait", wait)


def is_closed(copy):
    return copy.rows() == [] and copy.meta()["closed"] == "terminated"


def start_again(world):
    """As an init system does with what has ended."""
    for program in world.programs.values():
        if not program.running():
            program.start()


def test_all_of_kafka_is_lost_and_comes_back(world):
    """DX-1, DX-3, DX-4, DX-5, D43, D44: held stays held, ended stays ended, also where the copy had not
    heard of it; old copies are readable until the new ones are loaded; nothing moves before the
    command."""
    service = world.service(COLUMNS, scope=["region"], rows=rows(0, 50))
    other = world.service(COLUMNS, scope=["region"], rows=rows(0, 20))
    living = world.connect(service)
    filtered = world.connect(service, "ap000003", row_filter=NORTH)
    held = world.connect(service, "ap000004")
    ended = world.connect(other)
    unheard = world.connect(other, "ap000004")
    amended = world.connect(other, "ap000003")
    number = held.hold()
    revoke(world, ended)
    wait_until("the ended copy is closed", lambda: is_closed(ended))
    insert(world, service, 100, 130)
    living.wait_equal()
    unheard.consumer.signal(signal.SIGSTOP)
    time.sleep(1)  # a fetch that waits at the broker would still hear of it
    revoke(world, unheard)
    world.lienthong("amend", amended.connection, "--filter", NORTH)
    old_held = held.rows()

    world.kafka.lose()
    lost = time.time()
    insert(world, service, 200, 230)
    world.sql("DELETE FROM public.%s WHERE id < 10" % service)
    unheard.consumer.signal(signal.SIGCONT)
    world.kafka.start()
    before = living.rows()
    steward = world.programs["steward"]
    wait_until("the steward has no rights", lambda: not steward.running())
    steward.start()
    time.sleep(3)
    assert steward.running(), "rights that were just given reach a broker a little later"
    wait_until("the steward has no rights still", lambda: not steward.running())
    assert "uthorization" in steward.log_text().splitlines()[-1], steward.log_text()[-500:]
    world.empower()
    steward.start()
    wait_until("the steward refuses", lambda: not steward.running())
    assert "restore-control" in steward.log_text().splitlines()[-1], steward.log_text()[-500:]
    time.sleep(2)
    assert living.rows() == before and len(unheard.rows()) == 20
    assert all(c.stamp_time() < lost for c in (living, filtered, held, unheard))

    said = world.restore_control()
    assert "records are back" in said and "epoch 2" in said, said
    start_again(world)
    for copy, condition in ((living, "true"), (filtered, NORTH), (amended, NORTH)):
        copy.wait_stamp_after(lost, 120)
        copy.wait_equal(condition, 120)
    wait_until("what it had not heard of has closed it", lambda: is_closed(unheard))
    assert is_closed(ended)
    held.wait_state("HELD")
    assert held.rows() == old_held and held.stamp_time() < lost
    assert living.line()["stream"]["stream"].split(".")[1] > "1000000"

    world.lienthong("lift", number)
    held.wait_stamp_after(lost)
    insert(world, service, 300, 310)
    for copy, condition in ((living, "true"), (filtered, NORTH), (held, "true")):
        copy.wait_equal(condition)
