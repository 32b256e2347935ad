"""The story that the demo tells, step by step, and the report at its end."""

import hashlib
import json
import os
import re
import threading
import time

import board as boards
import declared
import lists
import readers
from line import LineError, wait_until
from stage import Stage

WAIT_S = 90
VIEWS = {  # connection -> (database, view, columns, condition at the source)
    declared.ALL_WARDS: ("quocgia", "ward_cn000001", lists.COLUMNS["wards"], "true", "wards"),
    declared.DA_NANG: ("danang", "ward_cn000002", declared.FOUR, "province_code = '48'", "wards"),
    declared.QUANG_NAM: ("quangnam", "ward_cn000003", declared.FOUR, "province_code = '49'",
                         "wards"),
    declared.SHORT: ("danang", "province_cn000005", lists.COLUMNS["provinces"], "true",
                     "provinces"),
}
NAMES = {
    declared.ALL_WARDS: "all wards, for the national platform",
    declared.DA_NANG: "wards of Da Nang, four fields",
    declared.QUANG_NAM: "wards of Quang Nam, four fields",
    declared.STATISTICS: "provinces, a third-party client",
    declared.SHORT: "provinces, use period of 6 s",
}


class Provider(threading.Thread):
    """The provider's own application: carries the reform out, one province at a time."""

    def __init__(self, connection, steps, pause=0.1):
        super().__init__(daemon=True)
        self.connection, self.steps, self.pause = connection, steps, pause
        self.done, self.error = 0, None

    def run(self):
        old_provinces, _ = lists.before()
        self.connection.autocommit = False
        try:
            for step in self.steps:
                with self.connection, self.connection.cursor() as cursor:
                    step.run(cursor, old_provinces)
                self.done += 1
                time.sleep(self.pause)
        except Exception as error:  # told by the story
            self.error = error
        finally:
            self.connection.close()


class Story:
    def __init__(self, directory):
        self.stage = Stage(directory)
        self.board = boards.Board()
        self.cut_off = None
        self.short_life = []

    # ---- looking ----

    def rows(self, connection):
        database, view, _, _, _ = VIEWS[connection]
        return self.stage.clusters["user-db"].query(
            database, "SELECT count(*) FROM lienthong_data.%s" % view)[0][0]

    def section_of(self, application):
        """The [kafka] settings with which an application's own program would connect."""
        return self.stage.kafka.section(application + ".k1",
                                        self.stage.path("certificates", application))

    def safe_rows(self, connection):
        try:
            return self.rows(connection)
        except Exception:  # the view is not there yet
            return None

    def lines(self):
        return {c["connection"]: c for c in self.stage.status()["connections"]}

    def look(self):
        """Redraws the board from `lienthong status` and the views."""
        lines = self.lines()
        copies = []
        for connection, name in NAMES.items():
            line = lines.get(connection, {})
            stream = line.get("stream") or {}
            rows = self.safe_rows(connection) if connection in VIEWS else None
            age = age_of(line.get("stamp"))
            why = line.get("why", "")
            remark = "" if why in ("moving", "no_receipt") else why
            copies.append((name, stream.get("state", "-"), rows, age, remark))
        self.board.show(copies)
        return lines

    def wait_for(self, what, condition, patience=WAIT_S):
        """Waits while the board shows what goes on."""
        end = time.monotonic() + patience
        while True:
            lines = self.look()
            if condition(lines):
                return lines
            if time.monotonic() > end:
                raise LineError("not within %d s: %s\n%s" % (
                    patience, what, json.dumps(lines, indent=1, ensure_ascii=False)))
            time.sleep(0.3)

    def stamped(self, lines, connections):
        return all((lines.get(c) or {}).get("stamp") for c in connections)

    # ---- the acts ----

    def begin(self):
        self.board.title("Lienthong: the reform of 2025 through one line")
        self.board.say("starting Kafka and two PostgreSQL clusters under build/run/demo")
        self.stage.build_parts()
        self.board.say("the provider's database gets the lists of June 2025: "
                       "63 provinces, 10,035 wards", "article 34.1: common code lists")
        self.stage.load_source()
        self.stage.found_platform()
        self.board.say("the steward signs, routing waits for rights", "article 24.1")

    def declare(self):
        self.stage.declare(*declared.parties())
        self.board.say("five agencies and their applications are declared", "articles 7 and 40")
        self.stage.declare(*declared.services())
        self.board.say("two data services with their use policy are published",
                       "articles 22 to 25")
        self.stage.start_provider()
        for application in declared.DATABASES:
            self.stage.start_consumer(application)
        self.statistics = self.stage.issue("ap000005")
        self.stage.declare(*declared.agreements())
        self.board.say("four agreements, five connections: each its own fields, rows and period",
                       "articles 36 to 38, 41")

    def first_load(self):
        self.wait_for("every copy has its first stamp", lambda lines: self.stamped(lines, VIEWS))
        for connection in VIEWS:
            self.board.say("%s: %d rows" % (NAMES[connection], self.rows(connection)))
        self.board.say("every copy is complete and knows its age: the stamp is the source's own "
                       "voucher", "article 41.2b")

    def reform(self):
        self.board.title("The reform: 34 new provinces, each with its wards in one transaction")
        steps = lists.reform()
        self.greedy = readers.Greedy(self.section_of("ap000002"), "ap000002.greedy",
                                     "stream.cn000001.1")
        self.greedy.start()
        provider = Provider(self.stage.clusters["provider-db"].connect("danhmuc"), steps)
        provider.start()
        wait_until("half of the reform is done", lambda: provider.done >= len(steps) // 2)
        self.hold()
        while provider.is_alive():
            self.look()
        if provider.error:
            raise provider.error
        self.board.say("the provider's database is reformed; one connection is still held")

    def hold(self):
        answer = self.stage.lienthong(
            "hold", declared.ALL_WARDS, "--ground", "43.2b", "--reason",
            "nguy cơ mất an toàn thông tin tại hệ thống nhận", "--restore",
            "khắc phục và báo cáo kết quả kiểm tra")
        self.hold_id = re.search(r"\bho\d{6}\b", answer.stdout).group()
        self.board.say("HOLD on cn000001: its records stop at a boundary, its right to read is "
                       "removed; the others go on", "article 43.2b")

    def lift(self):
        held = self.rows(declared.ALL_WARDS)
        self.greedy.stop()
        self.wait_for("the other copies are at the reform's end",
                      lambda _: self.equal(declared.DA_NANG) and self.equal(declared.QUANG_NAM))
        self.board.say("Da Nang has %d wards, Quang Nam %d; the held copy still shows %d as of its "
                       "stamp" % (self.rows(declared.DA_NANG), self.rows(declared.QUANG_NAM),
                                  held))
        self.stage.lienthong("lift", self.hold_id)
        self.board.say("LIFTED: the backlog follows in order, nothing is missing",
                       "article 43, resumption")
        self.measure_cut_off()
        self.wait_for("the held copy has caught up", lambda _: self.equal(declared.ALL_WARDS))
        self.board.say("the copy of all wards equals its source again: %d rows"
                       % self.rows(declared.ALL_WARDS))

    def measure_cut_off(self):
        """Both figures of DX-14, counted from the moment the broker took the hold's record: the last
        record produced before the lift, and the last one that a greedy reader received."""
        key = ("hold/" + self.hold_id).encode()
        told = [m.timestamp()[1] / 1000.0
                for m in readers.read_all(self.stage.kafka.section("operator"), "operator",
                                          "platform.control") if m.key() == key]
        held_at, lifted_at = min(told), max(told)
        stream = readers.read_all(self.section_of("ap000002"), "ap000002.demo",
                                  "stream.cn000001.1")
        produced = [m.timestamp()[1] / 1000.0 for m in stream
                    if held_at < m.timestamp()[1] / 1000.0 < lifted_at]
        received = [at for at, _ in self.greedy.received if at > held_at]
        self.cut_off = (max(produced) - held_at if produced else 0.0,
                        max(received) - held_at if received else 0.0, len(self.greedy.received))

    def use_period(self):
        self.board.title("A copy with a use period of 6 seconds")
        self.short_life.append(self.rows(declared.SHORT))
        self.board.say("the view shows %d provinces" % self.short_life[-1], "article 41.2b")
        tomorrow = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400))
        self.stage.lienthong("hold", declared.PROVINCES, "--ground", "43.1a", "--reason",
                             "bảo trì hệ thống", "--restore", "hoàn thành bảo trì",
                             "--expected-end", tomorrow)
        self.board.say("HOLD: the stamp stops, the copy ages", "article 43.1a")
        self.wait_for("the view is empty", lambda _: self.rows(declared.SHORT) == 0, 30)
        self.short_life.append(0)
        self.board.say("use period over: the view is empty, the rows are kept for the next "
                       "synchronisation", "articles 41.2b and 42")
        holds = self.lines()[declared.SHORT]["holds"]
        self.stage.lienthong("lift", holds[0]["hold"])
        self.wait_for("the view is full again", lambda _: self.rows(declared.SHORT) > 0, 60)
        self.short_life.append(self.rows(declared.SHORT))
        self.board.say("LIFTED: synchronised again, the view shows %d provinces"
                       % self.short_life[-1], "article 41.2b")

    # ---- equality ----

    def digest(self, cluster, database, sql):
        rows = self.stage.clusters[cluster].query(database, sql)
        return len(rows), hashlib.sha256(
            json.dumps(rows, ensure_ascii=False).encode()).hexdigest()[:16]

    def source_digest(self, connection):
        _, _, columns, condition, table = VIEWS[connection]
        return self.digest("provider-db", "danhmuc",
                           "SELECT %s FROM public.%s WHERE %s ORDER BY code COLLATE \"C\""
                           % (", ".join(columns), table, condition))

    def target_digest(self, connection):
        database, view, columns, _, _ = VIEWS[connection]
        return self.digest("user-db", database,
                           "SELECT %s FROM lienthong_data.%s ORDER BY code COLLATE \"C\""
                           % (", ".join(columns), view))

    def equal(self, connection):
        return self.source_digest(connection) == self.target_digest(connection)

    def third_party(self):
        """Provinces straight from the topic, read by clients that know nothing of us."""
        schemas = {}
        inbox = readers.read_all(self.statistics, "ap000005.demo", "inbox.ap000005")
        for message in inbox:
            if message.key().startswith(b"schema/"):
                notice = readers.decode({21: schema_of_notice()}, message.value())
                schemas[notice["id"]] = readers.avro.schema.parse(notice["text"])
        rows = readers.rebuild(self.statistics, "ap000005.demo", "stream.cn000004.1", schemas)
        seen = sorted(([r[c] for c in lists.COLUMNS["provinces"]] for r in rows.values()),
                      key=lambda row: row[0])
        source = self.stage.clusters["provider-db"].query(
            "danhmuc", "SELECT %s FROM public.provinces ORDER BY code COLLATE \"C\""
            % ", ".join(lists.COLUMNS["provinces"]))
        return len(seen), [list(row) for row in source] == seen

    # ---- the report ----

    def report(self):
        lines = self.wait_for("every copy equals its source",
                              lambda _: all(self.equal(c) for c in VIEWS))
        facts = lists.facts()
        print("\nREPORT")
        print("  wards: %(inserted)d inserted, %(deleted)d deleted, %(updated)d updated, of which "
              "%(moved)d came to another province" % facts)
        moved = facts["quang_nam_to_da_nang"]
        there = dict(self.stage.clusters["user-db"].query(
            "danang", "SELECT code, full_name FROM lienthong_data.ward_cn000002"))
        arrived = [there[w["code"]] for w in moved if w["code"] in there]
        print("  %d wards left Quảng Nam and entered Đà Nẵng:" % len(arrived))
        for start in range(0, len(arrived), 4):
            print("    " + ", ".join(arrived[start:start + 4]))
        good = len(arrived) == len(moved)
        print("  copies against their source:")
        for connection in VIEWS:
            good &= self.report_copy(connection, lines[connection])
        count, same = self.third_party()
        good &= same
        print("    %s %-36s %6d rows  %s" % (declared.STATISTICS, NAMES[declared.STATISTICS], count,
                                            "equal" if same else "DIFFERENT"))
        produced, received, seen = self.cut_off
        print("  hold under load (article 43.2b), counted from its own record: last record produced "
              "after %.0f ms, last of %d records that a greedy reader received after %.0f ms"
              % (produced * 1000, seen, received * 1000))
        print("  copy with a use period of 6 s: %s rows" % " → ".join(map(str, self.short_life)))
        print("  wall time %.0f s" % self.board.elapsed())
        print("  RESULT: %s\n" % ("every copy equals its source" if good else "NOT EQUAL"))
        self.hints()
        return 0 if good else 1

    def report_copy(self, connection, line):
        source, target = self.source_digest(connection), self.target_digest(connection)
        print("    %s %-36s %6d rows  %s  stamp %s" % (
            connection, NAMES[connection], target[0],
            "equal, digest " + target[1] if source == target else "DIFFERENT", line["stamp"]))
        return source == target

    def hints(self):
        stage = self.stage
        config = stage.path("etc", "lienthong.conf")
        section = stage.kafka.section("ap000005.k1", stage.path("certificates", "ap000005"))
        print("Look around until `make demo-stop`:")
        print("  %s/lienthong --config %s status" % (stage.bin, config))
        print("  %s/lienthong --config %s explain cn000002" % (stage.bin, config))
        print("  psql '%s' -c 'SELECT * FROM lienthong_data.ward_cn000002 LIMIT 5'"
              % stage.clusters["user-db"].dsn("danang"))
        print("  psql '%s'" % stage.clusters["provider-db"].dsn("danhmuc"))
        print("  kcat -b %s -X security.protocol=ssl -X ssl.ca.location=%s \\\n"
              "    -X ssl.certificate.location=%s -X ssl.key.location=%s \\\n"
              "    -C -t stream.cn000004.1 -o beginning -e -f '%%o %%h\\n'"
              % (section["brokers"], section["ca_file"], section["cert_file"],
                 section["key_file"]))


def schema_of_notice():
    path = os.path.join(os.path.dirname(__file__), "..", "..", "schemas", "schema-notice.avsc")
    with open(path, encoding="utf-8") as file:
        return readers.avro.schema.parse(file.read())


def age_of(stamp):
    """Seconds since a UTC time such as 2026-11-25T02:04:19.123456Z."""
    if not stamp:
        return None
    import datetime
    at = datetime.datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S.%fZ")
    return (datetime.datetime.utcnow() - at).total_seconds()


def tell(directory):
    Stage(directory).clear()
    story = Story(directory)
    for act in (story.begin, story.declare, story.first_load, story.reform, story.lift,
                story.use_period):
        act()
    return story.report()
