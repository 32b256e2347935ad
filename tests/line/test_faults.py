"""Every part is killed under load, half of the times between a commit's begin and its answer; then
what every target shows must be its scope of the source, nothing lost, nothing twice, and no stamp
may ever have promised more than the rows held (DX-4, DX-5, DX-6, DX-11)."""

import os
import random
import signal
import threading
import time

import canary
import truth
import workload
from world import SOURCE_DB, USERS

SEED = int(os.environ.get("LT_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)
KILLS = 4  # of each program: two in the middle of a commit
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


def commits_open(program):
    """How many commits the program's log has begun and not ended."""
    text = program.log_text()
    return text.count("event=commit_begun") - text.count("event=commit_ended")


def kill_in_commit(program, patience=20):
    """kill -9 as soon as its log says that a commit has begun; True when the log proves that no
    answer came."""
    with open(program.log, encoding="utf-8", errors="replace") as log:
        log.seek(0, os.SEEK_END)
        end = time.monotonic() + patience
        while time.monotonic() < end:
            line = log.readline()
            if "event=commit_begun" in line:
                program.signal(signal.SIGKILL)
                program.process.wait()
                return "event=commit_ended" not in log.read()
            if not line:
                time.sleep(0.0005)
    program.kill9()
    return False


def kill_program(program, dice, in_commit):
    time.sleep(dice.uniform(0.2, 1.0))
    proved = kill_in_commit(program) if in_commit else bool(program.kill9()) and False
    program.start()
    return proved


def set_debug(world, names):
    """Programs under test say when they commit."""
    for name in names:
        program = world.programs[name]
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
    consumers = ["consumer-" + d for d in USERS.values()]
    programs = ["provider-" + SOURCE_DB, "routing", "steward"] + consumers
    set_debug(world, programs)
    load = workload.Workload(lambda: world.clusters["source"].connect(SOURCE_DB), SEED, service,
                             canary.VALUE)
    watchers = [Watcher(copy, in_scope) for copy, in_scope, _ in copies]
    for thread in [load] + watchers:
        thread.start()
    counts = {}
    for round_number in range(KILLS):
        for name in programs:
            proved = kill_program(world.programs[name], dice, round_number % 2 == 0)
            killed, inside = counts.get(name, (0, 0))
            counts[name] = (killed + 1, inside + proved)
    for name, kill in [("source", world.clusters["source"]), ("target", world.clusters["target"]),
                       ("broker", world.kafka)]:
        for _ in range(3):
            time.sleep(dice.uniform(0.5, 2.0))
            kill.kill9()
            time.sleep(dice.uniform(0.1, 1.0))
            kill.restart()
            counts[name] = (counts.get(name, (0, 0))[0] + 1, 0)
    time.sleep(2)
    load.stop()
    for program in world.programs.values():
        if not program.running():
            program.start()
    for copy, _, condition in copies:
        copy.wait_equal(condition, patience=150)
    for watcher in watchers:
        watcher.stop()
    print("  %d transactions, %d row changes" % (load.transactions, load.rows))
    for name, (killed, inside) in counts.items():
        print("  %-18s killed %d times, %d of them proved inside a commit" % (
            name, killed, inside))
    for name in ["provider-" + SOURCE_DB, "routing"] + consumers[:1]:
        assert counts[name][1] >= KILLS // 2, "%s: too few kills inside a commit" % name
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
