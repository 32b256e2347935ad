"""Judges a history in a process of its own, while the line plays the next one."""

import dataclasses
import gc
import multiprocessing
import os
import time

from history import recovery
from witness.judge import judge
from witness.judge_right import cut_offs

NICE = 5  # the line comes first


@dataclasses.dataclass
class Judged:
    verdicts: list
    blind: list  # reasons why it could not be judged
    recovery: list = dataclasses.field(default_factory=list)
    cut_offs: list = dataclasses.field(default_factory=list)
    seconds: float = 0.0


class Judging:
    def __init__(self, seen):
        # A fork: what was seen may be gigabytes, and nobody changes it any more.
        fork = multiprocessing.get_context("fork")
        self.answer, there = fork.Pipe(False)
        self.process = fork.Process(target=work, args=(seen, there), daemon=True)
        self.process.start()
        there.close()

    def wait(self):
        try:
            return self.answer.recv()
        except EOFError:
            return Judged([], ["the judge ended without a word"])
        finally:
            self.process.join()


def work(seen, there):
    gc.freeze()  # the parent's clients are not ours to close
    gc.disable()  # a judge makes no cycles, and ends soon
    os.nice(NICE)
    started = time.monotonic()
    verdicts, blind = judge(seen)
    judged = Judged(verdicts, blind, list(recovery(seen)), list(cut_offs(seen)))
    judged.seconds = time.monotonic() - started
    there.send(judged)
