"""A verdict names what is wrong, where, and in which requirement's words."""

from dataclasses import dataclass

KINDS = {
    "lost": "DX-4", "not converged": "DX-4, DX-5", "without right": "DX-3",
    "unsound stamp": "DX-6", "leak": "DX-8", "not idempotent": "DX-11", "disturbed": "DX-13",
    "cut-off": "DX-14", "diary": "DX-7", "gap": "DX-4", "two contents": "DX-11",
    "wrong record": "D52.2b", "terms": "D45.2dd",
}


@dataclass(frozen=True)
class Verdict:
    kind: str
    where: str
    what: str

    def __str__(self):
        return "%s (%s) %s: %s" % (self.kind, KINDS[self.kind], self.where, self.what)


def clock(us):
    """Seconds and fraction are enough to find a moment in a history."""
    return "-" if us is None else "%d.%06d" % divmod(us, 10**6)
