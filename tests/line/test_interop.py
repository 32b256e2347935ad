"""Another language reads the wire: the reader of tests/interop, written from schemas/README.md alone,
rebuilds what our own consumer shows, with stamp, seq and chain."""

import json
import os
import subprocess

from world import ROOT, wait_until

COLUMNS = [("id", "bigint", True), ("name", "text", True), ("region", "varchar(10)", False),
           ("amount", "numeric(18,4)", False)]
ROWS = [(1, "Nguyễn Văn An", "north", "12.5000"), (2, "Trần Thị Bình", "south", None),
        (3, "Đỗ Thu Hà", "north", "-0.0001")]


def read(world, copy):
    section = world.kafka.section(copy.application + ".k1",
                                  world.path("certificates", copy.application))
    done = subprocess.run(
        ["/usr/bin/python3", os.path.join(ROOT, "tests", "interop", "reader.py"),
         copy.application, "bootstrap.servers=" + section["brokers"], "security.protocol=ssl",
         "ssl.ca.location=" + section["ca_file"], "ssl.certificate.location=" + section["cert_file"],
         "ssl.key.location=" + section["key_file"]],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)[copy.connection + ".1"]


def test_a_reader_in_another_language_rebuilds_the_copy(world):
    """D8.4, DX-4: rows, seq and chain as our consumer has them; a stamp, and no fault."""
    service = world.service(COLUMNS, scope=["region"], rows=ROWS)
    copy = world.connect(service, "ap000004", row_filter="region = 'north'")
    world.sql("UPDATE public.%s SET region = 'south' WHERE id = 3" % service)
    world.sql("UPDATE public.%s SET region = 'north' WHERE id = 2" % service)
    copy.wait_equal("region = 'north'")
    position = "SELECT seq, encode(chain, 'hex') FROM lienthong.position p JOIN lienthong.copy c" \
               " USING (copy) WHERE c.connection = %s AND c.shown"
    seen = wait_until("the reader sees what the consumer has",
                      lambda: at_same_seq(world, copy, position), 30)
    assert seen["faults"] == [] and seen["stamp"], seen
    names = [column[0] for column in COLUMNS]
    shown = copy.query("SELECT %s FROM %s" % (", ".join(n + "::text" for n in names), copy.view))
    assert sorted([row[n] for n in names] for row in seen["rows"]) == sorted(map(list, shown))


def at_same_seq(world, copy, position):
    seen = read(world, copy)
    seq, chain = copy.query(position, (copy.connection,))[0]
    return seen if (seen["seq"], seen["chain"]) == (seq, chain) else None
