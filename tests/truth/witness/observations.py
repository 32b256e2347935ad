"""What the witness saw in one history: plain data, nothing else is judged.  Times are microseconds
of the witness's clock since 1970, but for those named source_* and append_* (the broker's, less the
whole hours that its clock was wrong: clocks.py)."""

import dataclasses
import pickle
from dataclasses import dataclass, field
from typing import Any, Optional


BUSY = 2.0  # load average per processor of a history that has a machine for itself


@dataclass
class Change:
    """One row of the source's own trigger log: old and new row, or op truncate.  Not told: the table
    changed its shape, and no replication tells what that did to its rows; final: nor may any later
    change reach a feed that began before."""
    op: str
    old: Optional[dict]
    new: Optional[dict]
    told: bool = True
    final: bool = False


@dataclass
class Transaction:
    """Committed at the source; in commit order."""
    xid: int
    commit_us: int
    changes: dict  # table -> [Change]
    seen_us: Optional[int] = None  # when a snapshot surely showed it


@dataclass
class Epoch:
    """An unbroken life of the source: a restored source begins another one."""
    transactions: list
    until_us: Optional[int] = None  # when it was lost


@dataclass
class Version:
    """One version of a connection's scope and the time it was asked for and confirmed."""
    scope: Any
    given_us: int
    answered_us: Optional[int] = None


@dataclass
class Connection:
    name: str
    application: str
    service: str
    table: str
    agreement: int
    use_period_us: int
    versions: list
    until_us: Optional[int] = None  # the agreement runs out
    terminated_us: Optional[int] = None  # given
    secret: bytes = b""  # a canary that its scope does not hold


@dataclass
class Look:
    """What a user's query showed, in one snapshot of the target."""
    at_us: int
    source_stamp_us: Optional[int]
    usable: bool
    count: int
    digest: int
    error: Optional[str] = None


@dataclass
class Record:
    offset: int
    append_us: int
    received_us: int
    key: bytes
    value: Optional[bytes]
    lt: str


@dataclass
class Stream:
    """All that a greedy reader got of one stream, in the order in which it came."""
    name: str
    connection: str
    records: list = field(default_factory=list)
    read_to_end: bool = False
    refused: Optional[str] = None  # why it could not be read at the end
    lives: int = 1  # the topic was seen to be another one
    lost_us: Optional[int] = None  # its topic was lost with all of Kafka's data


@dataclass
class Notice:
    received_us: int
    append_us: int
    body: dict


@dataclass
class Control:
    """A command as it was given: hold, lift, revoke, amend, expire ...; answered_us when the
    command said that it is done."""
    kind: str
    target: str
    given_us: int
    answered_us: Optional[int] = None
    ident: str = ""
    append_us: Optional[int] = None  # of its control record at the broker
    readable: list = field(default_factory=list)  # of a lift: streams that could be read just before


@dataclass
class Fault:
    kind: str
    concerns: list  # applications; ["*"] = everybody
    begin_us: int
    end_us: int = 0
    proof: str = ""  # empty: it was not shown that it happened
    error: str = ""


@dataclass
class OldKey:
    """A key that another one replaced, and when records were received with it since."""
    name: str
    replaced_us: int
    received_us: list = field(default_factory=list)


@dataclass
class Observations:
    seed: int
    epochs: list = field(default_factory=list)
    connections: dict = field(default_factory=dict)
    looks: dict = field(default_factory=dict)  # connection -> [Look]
    streams: dict = field(default_factory=dict)  # stream -> Stream
    notices: dict = field(default_factory=dict)  # stream -> [Notice]
    schemas: dict = field(default_factory=dict)  # id -> text
    notes: list = field(default_factory=list)  # of the diary
    controls: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    old_keys: list = field(default_factory=list)
    load: float = 0.0  # highest load average per processor
    quiet_us: int = 0  # load ended, all faults healed, all holds lifted or final
    end_us: int = 0
    blind: list = field(default_factory=list)  # what could not be seen

    def save(self, path):
        with open(path, "wb") as file:
            pickle.dump(self, file)


def slowness(seen):
    """What a bound of seconds is to be multiplied with: on a machine that is overloaded whatever is
    measured takes longer, and nobody disturbed anybody."""
    return min(6.0, max(1.0, seen.load / BUSY))


def load(path):
    with open(path, "rb") as file:
        return pickle.load(file)


def plain(value):
    """For people: JSON of a part."""
    return dataclasses.asdict(value)
