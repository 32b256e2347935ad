"""Asked to stop, every program ends within its time whatever brokers and databases do, and nothing is
lost by it: it goes on from what is stored (SIGNALS in the manual pages; DX-4, DX-11)."""

import os
import random
import signal
import time

from world import SOURCE_DB

SEED = int(os.environ.get("LT_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)
ROUNDS = int(os.environ.get("LT_TEST_STOPS", "0"))  # of each thing that hangs; 0: two of them, once
LIMIT_S = 10  # of the manual pages
SLACK_S = 1.5  # a machine under load


def frozen(part):
    pids = part.pause()

    def thaw():
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    return thaw


def killed(part):
    part.kill9()
    return part.restart


def stop_all(programs, dice):
    """SIGTERM to each in some order; gives the seconds that each took and its exit code."""
    asked, took = {}, {}
    for program in dice.sample(programs, len(programs)):
        time.sleep(dice.uniform(0, 0.2))
        program.signal(signal.SIGTERM)
        asked[program] = time.monotonic()
    while len(took) < len(programs) and time.monotonic() < min(asked.values()) + 3 * LIMIT_S:
        for program in programs:
            if program not in took and not program.running():
                took[program] = time.monotonic() - asked[program]
        time.sleep(0.02)
    for program in programs:
        if program not in took:
            program.kill9()
            took[program] = float("inf")
    return {p.name: (round(took[p], 1), p.process.returncode) for p in programs}


def test_every_program_ends_in_time_whatever_hangs(world):
    """SIGTERM at random moments while the broker is frozen or gone, or a database stands still."""
    print("    seed %d" % SEED)
    dice, programs = random.Random(SEED), list(world.programs.values())
    service = world.service([("id", "bigint", True), ("name", "text", True)], rows=[(0, "đầu")])
    copies = [world.connect(service, application) for application in ("ap000002", "ap000004")]
    source, target = world.clusters["source"], world.clusters["target"]
    hangs = [("broker frozen", frozen, [world.kafka]), ("broker gone", killed, [world.kafka]),
             ("databases frozen", frozen, [source, target]),
             ("all frozen", frozen, [world.kafka, source, target])]
    late, number = [], 0
    for name, how, parts in hangs * ROUNDS or dice.sample(hangs, 2):
        for _ in range(dice.randrange(20)):
            number += 1
            world.clusters["source"].query(SOURCE_DB, "INSERT INTO public.%s VALUES (%d, 'hàng')" % (
                service, number))
        healers = [how(part) for part in parts]
        time.sleep(dice.choice([0, dice.uniform(0, 8)]))
        ended = stop_all(programs, dice)
        print("    %s: %s" % (name, ", ".join("%s %s" % (n, s) for n, (s, _) in ended.items())),
              flush=True)
        late += ["%s while %s: %s s, exit %s" % (n, name, s, code) for n, (s, code) in ended.items()
                 if s > LIMIT_S + SLACK_S or code != 0]
        for heal in healers:
            heal()
        for program in programs:
            program.start()
        for copy in copies:
            copy.wait_equal()
    assert not late, "\n".join(late)
