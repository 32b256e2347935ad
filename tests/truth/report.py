"""What a run says: one line a history, and at its end what it measured (figures.py)."""

import collections
import os
import shutil

import disks
import figures
import plan as plans
from stage import remove


class Result:
    def __init__(self, seed, judged, seconds):
        self.seed, self.seconds = seed, seconds
        self.verdicts, self.blind = judged.verdicts, judged.blind
        self.recovery, self.cut_offs = judged.recovery, judged.cut_offs
        self.outcome = "FAILED" if self.verdicts else "not judged" if self.blind else "passed"
        self.unprivileged = bool(self.blind) and all(disks.NO_PRIVILEGE in b for b in self.blind)


def tell(result, played, died):
    seen = played.seen
    sessions = getattr(played, "sessions", [])
    print("%-10s seed %d  %.0f s: %d transactions (%d refused), %d records, %d looks, %d faults,"
          " %d commands, quiet after %s" % (
              result.outcome, result.seed, result.seconds, sum(s.committed for s in sessions),
              sum(s.failed for s in sessions), sum(len(s.records) for s in seen.streams.values()),
              sum(len(looks) for looks in seen.looks.values()), len(seen.faults),
              len(seen.controls), "-" if played.converged_s is None else
              "%.1f s" % played.converged_s), flush=True)
    print("    %s; load per processor up to %.1f" % (
        ", ".join("%s %.0f s" % phase for phase in played.phases), seen.load), flush=True)
    for verdict in result.verdicts:
        print("    %s" % verdict)
    for reason in result.blind:
        print("    could not see: %s" % reason)
    for fault in seen.faults:
        print("    %s: %.0f s%s" % (fault.kind, ((fault.end_us or seen.end_us) - fault.begin_us) / 1e6,
                                    ", " + fault.error.replace("\n", " ") if fault.error else ""))
    for (name, code), count in collections.Counter(d[:2] for d in died).items():
        print("    %s ended by itself with %s, %d times" % (name, code, count))
    for text in getattr(getattr(played, "office", None), "refused", []):
        print("    refused: %s" % text.replace("\n", " "))
    print(end="", flush=True)


def keep(root, plan, result, played):
    """Everything that is needed to look at it again."""
    directory = os.path.join(root, "build", "truth", str(result.seed))
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    plans.save(plan, os.path.join(directory, "plan.json"))
    played.seen.save(os.path.join(directory, "seen"))
    shutil.copytree(played.stage.path("log"), os.path.join(directory, "log"))
    with open(os.path.join(directory, "verdicts"), "w", encoding="utf-8") as file:
        file.writelines("%s\n" % v for v in result.verdicts)
    print("    kept in %s; again: make truth SEED=%d" % (directory, result.seed), flush=True)


def close(root, results, directory, keep_stage, strict):
    """strict: what could not be judged has failed, unless a privilege was missing."""
    by = {o: [r for r in results if r.outcome == o] for o in ("passed", "FAILED", "not judged")}
    figures.write(os.path.join(root, "build", "truth"), results)
    unjudged = by["not judged"]
    if unjudged:
        unprivileged = sum(r.unprivileged for r in unjudged)
        print("%d not judged%s" % (len(unjudged), ", %d of them for want of a privilege"
                                   % unprivileged if unprivileged else ""))
    failed = len(by["FAILED"]) + (sum(not r.unprivileged for r in unjudged) if strict else 0)
    failed = failed or (0 if by["passed"] else 1)
    if failed or keep_stage:
        print("logs and data: " + directory)
    else:
        remove(directory)
    print("%d passed, %d failed" % (len(by["passed"]), failed))
    return 1 if failed else 0
