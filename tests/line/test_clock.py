"""Clocks that are an hour wrong: nothing is stamped by them, and what they left behind does no harm once
they are right again (DT-4, DX-6)."""

import os
import subprocess
import time

from test_bad_input import COLUMNS, ROWS, Witness, count_logged, logged, stamped_after, with_clock
from world import wait_until

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


def restart_at(cluster, offset):
    """The server alone runs with another clock."""
    cluster.stop()
    command = ["env", "-C", "/", "LD_PRELOAD=" + FAKETIME, "FAKETIME=" + offset,
               "FAKETIME_DONT_FAKE_MONOTONIC=1", os.path.join(cluster.env["LT_PG_BIN"], "pg_ctl"), "-D",
               cluster.env["LT_PG_DATA"], "-l", os.path.join(cluster.env["LT_PG_DATA"], "server.log"),
               "-w", "start"]
    if os.getuid() == 0:
        command = ["runuser", "-u", "postgres", "--"] + command
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=True)


def server_is_off(world):
    return round(float(world.sql("SELECT extract(epoch FROM clock_timestamp())")[0][0]) - time.time())


def test_a_source_an_hour_wrong_vouches_for_nothing(world):
    """DT-4, DX-6: rows go on and the difference is told; no stamp, in both directions, until it is right
    again.  Append times would allow stamps, each as much too young as its voucher was under way."""
    service = world.service(COLUMNS, rows=ROWS)
    copy = world.connect(service, "ap000003")
    source = world.clusters["source"]
    try:
        for number, offset in ((10, "+3600"), (11, "-3600")):
            told = count_logged(world, "provider-registry", "sync_points=stopped")
            restart_at(source, offset)
            assert server_is_off(world) == int(offset)
            wait_until("the difference is told", lambda: count_logged(
                world, "provider-registry", "sync_points=stopped") > told)
            time.sleep(1)  # what was vouched for before arrives
            stamp = copy.stamp()
            world.sql("INSERT INTO public.%s VALUES (%%s, 'sai giờ', 'north', 1)" % service, (number,))
            copy.wait_equal()
            time.sleep(1)
            assert copy.stamp() == stamp, "stamped by a clock %s s off" % offset
            source.restart()
            wait_until("the clock is right", lambda: server_is_off(world) == 0)
            stamped_after(copy)
    finally:
        source.restart()


def test_a_steward_that_was_an_hour_ahead_is_followed_again(world):
    """DT-4: heartbeats from the future confirm nothing; with the right time its next ones are newer
    all the same, and deliveries go on at once."""
    witness, steward = Witness(world), world.programs["steward"]
    number = count_logged(world, "steward", "event=clock_turned_back")
    try:
        with_clock(steward, "+3600")
        logged(world, "routing", "event=control_stale", "from the future")
    finally:
        with_clock(steward, None)
    logged(world, "steward", "event=clock_turned_back")
    witness.goes_on()
    assert count_logged(world, "steward", "event=clock_turned_back") == number + 1, "once is enough"
    with_clock(steward, None)  # and a restart goes on from there
    witness.goes_on()
