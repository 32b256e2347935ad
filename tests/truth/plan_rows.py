"""The workload's part of a plan: transactions that are explicit SQL, so that each of them means
something without the others."""

REGIONS = ["north", "centre", "south", None]
NAMES = ["Nguyễn Văn An", "Trần Thị Bình", "Lê Hoàng Cường", "Phạm Đức Dũng", "Đỗ Thu Hà", ""]
SESSIONS = 3


class Rows:
    """Knows which keys are likely there; a wrong guess does nothing."""

    def __init__(self, dice, services, canary):
        self.dice, self.services, self.canary = dice, services, canary
        self.keys = [[] for _ in services]
        self.next = 1

    def initial(self, counts):
        """One transaction a service, before anybody is connected."""
        return [{"do": "rows", "at": 0, "session": 0, "end": "commit",
                 "ops": [self.insert(service) for _ in range(count)]}
                for service, count in enumerate(counts)]

    def events(self, profile):
        events = [self.transaction(self.dice.uniform(0, profile.seconds))
                  for _ in range(profile.transactions)]
        events += self.extra_column(profile)
        events.sort(key=lambda e: e["at"])
        return self.with_bulk(events, profile) if profile.bulk else events

    def with_bulk(self, events, profile):
        """One large transaction; a TRUNCATE of its table would make it pointless."""
        at, service = profile.seconds / 2, self.dice.randrange(len(self.services))
        return [e for e in events if e["at"] < at - 8 or ["truncate", service] not in e["ops"]] + [
            {"do": "rows", "at": at, "session": 3, "end": "commit",
             "ops": [["bulk", service, 10**9, profile.bulk]]}]

    def extra_column(self, profile):
        """A column that is not declared comes and goes; nobody may notice."""
        if self.dice.random() < 0.6:
            return []
        service, begin = self.dice.randrange(3), self.dice.uniform(0, profile.seconds * 0.7)
        end = begin + self.dice.uniform(0.5, 4)
        return [{"do": "rows", "at": round(at, 3), "session": 0, "end": "commit",
                 "ops": [[op, service, "extra"]]}
                for at, op in ((begin, "add column"), (end, "drop column"))]

    def of_part(self, number):
        """Rows of a table that may join the partitioned one; their keys are its alone."""
        found = []
        for place in range(self.dice.randint(1, 12)):
            key = "x%da%d" % (number, place)
            if key not in self.keys[1]:
                self.keys[1].append(key)
            found.append([key, self.values(1)])
        return found

    def transaction(self, at):
        service = self.dice.choices(range(len(self.services)), [6, 3, 1])[0]
        ops = []
        for _ in range(self.dice.choice([1, 1, 1, 2, 5, 20, 60])):
            ops += self.change(service)
        if self.dice.random() < 0.1:
            ops = ops + [["savepoint"]] + self.change(service) + [["rollback to savepoint"]]
            ops += self.change(service)
        if self.dice.random() < 0.005:
            ops = [["truncate", service]] + [self.insert(service) for _ in range(20)]
        return {"do": "rows", "at": round(at, 3), "session": self.dice.randrange(SESSIONS),
                "end": "rollback" if self.dice.random() < 0.08 else "commit", "ops": ops}

    def change(self, service):
        kind = self.dice.random()
        keys = self.keys[service]
        if kind < 0.35 or len(keys) < 4:
            return [self.insert(service)]
        if kind < 0.72:
            return [["update", service, self.dice.choice(keys), self.some_values(service)]]
        if kind < 0.84:
            return [["delete", service, keys.pop(self.dice.randrange(len(keys)))]]
        if kind < 0.89:
            return self.reuse(service)
        if kind < 0.95:
            return self.rekey(service)
        return self.swap(service)

    def new_key(self, service):
        self.next += 1
        return "w%d" % self.next if self.services[service]["key"] == ["code"] else self.next

    def insert(self, service):
        key = self.new_key(service)
        self.keys[service].append(key)
        return ["insert", service, key, self.values(service)]

    def reuse(self, service):
        """Deleted and there again, in one transaction."""
        key = self.dice.choice(self.keys[service])
        return [["delete", service, key], ["insert", service, key, self.values(service)]]

    def rekey(self, service):
        place = self.dice.randrange(len(self.keys[service]))
        old, new = self.keys[service][place], self.new_key(service)
        self.keys[service][place] = new
        return [["rekey", service, old, new]]

    def swap(self, service):
        one, other = self.dice.sample(self.keys[service], 2)
        spare = self.new_key(service)
        return [["rekey", service, one, spare], ["rekey", service, other, one],
                ["rekey", service, spare, other]]

    def values(self, service):
        names = [c[0] for c in self.services[service]["columns"]
                 if c[0] not in self.services[service]["key"]]
        return {name: self.value(service, name) for name in names}

    def some_values(self, service):
        """Of an update: what is left out stays, a document untouched outside its row."""
        full = self.values(service)
        return {n: full[n] for n in full if n == "changed" or self.dice.random() < 0.4} or full

    def value(self, service, name):
        if name == "name":
            return "%s %d" % (self.dice.choice(NAMES), self.dice.randrange(1000))
        if name == "region":
            return self.dice.choice(REGIONS)
        if name == "amount" and service == 2 and self.dice.random() < 0.1:
            return "NaN"
        if name == "amount":
            return None if self.dice.random() < 0.1 else "%.2f" % self.dice.uniform(-100, 100000)
        if name == "grade":
            return self.dice.choice([None, 1, 2, 3])
        if name == "document":
            return self.document()
        return self.canary if name == "secret" else None

    def document(self):
        """Now and then so long and so random that PostgreSQL stores it outside its row."""
        if self.dice.random() < 0.85:
            return None
        return "%x" % self.dice.getrandbits(4 * 6000)
