"""Every part is killed under load, half of the times between a commit's begin and its answer; then
what every target shows must be its scope of the source, nothing lost, nothing twice, and no stamp
may ever have promised more than the rows held (DX-4, DX-5, DX-6, DX-11)."""

import os
import random
import threading
import time
from typing import Callable, NamedTuple

import canary
import kills
import truth
import workload
from world import SOURCE_DB, USERS

SEED = int(os.environ.get("LT_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)
KILLS = 4   # of each part, half of them inside a commit
MISSES = 4  # further tries at commits that were quicker than the kill
COLUMNS = [("id", "bigint", True), ("name", "text", True), ("region", "varchar(10)", False),
           ("amount", "numeric(18,4)", False), ("changed", "timestamptz", False),
           ("secret", "text", False)]
OPEN = [c[0] for c in COLUMNS if c[0] != "secret"]


class Watcher(threading.Thread):
    """Looks at one copy all the time, as its user would: rows and stamp in one snapshot."""

    def __init__(self, copy, in_scope):
        super().__init__(daemon=True)
        self.copy, self.in_scope = copy, in_scope
        self.ended = threading.Event()
        self.seen = []

    def run(self):
        while not self.ended.is_set():
            try:
                self.look()
            except Exception:  # the target is killed by the test: nothing was seen
                time.sleep(0.2)
            time.sleep(0.1)

    def look(self):
        row = self.copy.query(
            "SELECT (SELECT (extract(epoch FROM stamp) * 1000000)::bigint FROM lienthong.copy"
            " WHERE connection = %%s AND shown AND clock_timestamp() <= usable_until),"
            " (SELECT coalesce(jsonb_agg(to_jsonb(v)), '[]') FROM %s v)" % self.copy.view,
            (self.copy.connection,))[0]
        if row[0] is not None:
            self.seen.append((row[0], truth.rows_hash(row[1]), len(row[1])))

    def stop(self):
        self.ended.set()
        self.join(30)


class Part(NamedTuple):
    """What is killed and started again, and whose commit at which server it is killed in."""
    name: str
    killed: object
    start: Callable
    committer: object
    server: object


def parts(world):
    consumers = [world.programs["consumer-" + d] for d in USERS.values()]
    provider, routing, steward = (world.programs[name] for name in (
        "provider-" + SOURCE_DB, "routing", "steward"))
    source, target, broker = world.clusters["source"], world.clusters["target"], world.kafka
    return [Part(p.name, p, p.start, p, broker) for p in (provider, routing, steward)] + [
        Part(p.name, p, p.start, p, target) for p in consumers] + [
        Part("source", source, source.restart, None, source),
        Part("target", target, target.restart, consumers[0], target),
        Part("broker", broker, broker.restart, routing, broker)]


def kill_inside(part, load, held):
    """Kills it inside a commit; True when that is proved."""
    if part.committer is None:
        return kills.in_commit_of_workload(load, part.killed.kill9)
    if held:
        return kills.in_held_commit_of(part.committer, part.server, part.killed.kill9)
    return kills.in_commit_of(part.committer, part.killed.kill9)


def kill_parts(world, load, dice):
    """KILLS of each part, half of them proved inside a commit: one that the commit has outrun counts
    as a kill at any moment, and is tried again."""
    counter = kills.Counter()
    for attempt in range(KILLS + MISSES):
        for part in parts(world):
            enough = counter.proved(part.name, KILLS // 2)
            if enough and attempt >= KILLS:
                continue
            time.sleep(dice.uniform(0.1, 0.8))
            if enough:
                part.killed.kill9()
            counter.count(part.name, not enough and kill_inside(part, load, attempt >= KILLS // 2))
            part.start()
    counter.print()
    for name in counter.killed:
        assert counter.proved(name, KILLS // 2), "%s: too few kills inside a commit" % name


def set_debug(world):
    """Programs say when they commit."""
    for program in world.programs.values():
        program.environment = dict(os.environ, LT_LOG_LEVEL="debug")
        program.stop()
        program.start()


def start_copies(world):
    service = world.service(COLUMNS, scope=["region"], use_period="1h")
    world.table = service
    copies = [
        (world.connect(service, fields=OPEN), lambda row: True, "true"),
        (world.connect(service, "ap000003", OPEN, "region = 'north'"),
         lambda row: row["region"] == "north", "region = 'north'"),
        (world.connect(service, "ap000004", ["id", "region"], "region IS NULL"),
         lambda row: row["region"] is None, "region IS NULL"),
    ]
    return service, copies


def check_history(world, service, watchers):
    history = truth.History(world.clusters["source"], SOURCE_DB, service)
    judged = wrong = 0
    for watcher in watchers:
        for stamp, seen, count in sorted(set(watcher.seen)):
            judged += 1
            if not history.matches(seen, stamp, watcher.copy.fields, watcher.in_scope):
                wrong += 1
                print("  unsound: %s at stamp %d with %d rows" % (
                    watcher.copy.connection, stamp, count))
    print("  %d pairs of stamp and rows judged against %d changes" % (
        judged, len(history.changes)))
    assert judged > 20, "the watchers saw too little to judge"
    assert wrong == 0, "%d stamps were unsound" % wrong


def check_streams(world, copies):
    """DX-4, DX-11 on the wire: seq of every stream is gapless; the same seq, the same bytes."""
    import readers
    for copy, _, _ in copies:
        section = world.kafka.section(copy.application + ".k1",
                                      world.path("certificates", copy.application))
        stream = world_stream(copy)
        seen, twice = {}, 0
        for message in readers.read_all(section, copy.application + ".check", "stream." + stream):
            seq = int(readers.header(message)[1])
            content = (message.key(), message.value(), dict(message.headers())["lt"])
            twice += seq in seen
            assert seen.setdefault(seq, content) == content, "%s: seq %d has two contents" % (
                stream, seq)
        assert sorted(seen) == list(range(1, len(seen) + 1)), "%s has a gap" % stream
        print("  %s: %d records, %d seen twice, 0 gaps" % (stream, len(seen), twice))


def world_stream(copy):
    return copy.line()["stream"]["stream"]


def test_kills_lose_nothing(world):
    """DX-4, DX-5, DX-6, DX-8, DX-11, D41.2b-1: provider, routing, consumer, steward, broker, source
    and target, each killed with -9 under load."""
    dice = random.Random(SEED)
    print("  seed %d (LT_TEST_SEED)" % SEED)
    service, copies = start_copies(world)
    set_debug(world)
    load = workload.Workload(lambda: world.clusters["source"].connect(SOURCE_DB), SEED, service,
                             canary.VALUE)
    watchers = [Watcher(copy, in_scope) for copy, in_scope, _ in copies]
    for thread in [load] + watchers:
        thread.start()
    kill_parts(world, load, dice)
    time.sleep(2)
    load.stop()
    for copy, _, condition in copies:
        copy.wait_equal(condition, patience=150)
    for watcher in watchers:
        watcher.stop()
    print("  %d transactions, %d row changes" % (load.transactions, load.rows))
    check_history(world, service, watchers)
    check_streams(world, copies)


def test_no_canary_outside_the_feed(world):
    """DX-8, D52.2b: the value of an out-of-scope field is nowhere but in the source and its feed."""
    found = canary.search(world)
    assert not found, "\n".join(found)
    planted = world.path("log", "planted.log")
    with open(planted, "w", encoding="utf-8") as file:
        file.write("x" + canary.VALUE)
    assert canary.search(world), "the search does not find a planted canary"
    os.remove(planted)
