"""DX-1 on the real line, clause by clause: each test makes exactly one clause fail, by the means
people have or, where those are refused beforehand, by a statement forged with the steward's key;
it shows that nothing is delivered meanwhile, that `explain` and the diary name the clause, and
that nothing is lost when it holds again."""

import contextlib
import datetime
import time

from confluent_kafka.admin import AdminClient, ConfigResource

import readers
from forge import forged
from world import configured, hold, paused, wait_until

COLUMNS = [("id", "bigint", True), ("name", "text", True)]
ROWS = [(1, "một"), (2, "hai")]
GONE_ON = 1.5  # seconds in which a delivery would have arrived


def utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def moment(text):
    """Seconds since 1970 of a time as the diary prints it."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def change(world, copy):
    world.sql("UPDATE public.%s SET name = name || '.'" % copy.service)


def check_explained(copy, english, vietnamese):
    for lang, words in (("en", english), ("vi", vietnamese)):
        answer = copy.world.lienthong("--lang", lang, "explain", copy.connection, check=False)
        assert answer.returncode == 1, "explain says yes: " + answer.stdout
        verdict = answer.stdout.split("\n")[1]
        assert words in verdict, "not named in the decree's words: " + answer.stdout


def wait_decided(copy, clause):
    wait_until("the diary names %s" % clause,
               lambda: [d["clause"] for d in copy.decisions()][-1:] == [clause])


def check_kept_back(world, copy):
    """A change made now does not arrive."""
    before = copy.rows()
    change(world, copy)
    time.sleep(GONE_ON)
    assert copy.rows() == before, "delivered without right"


def check_denied(world, copy, clause, english, vietnamese):
    """The stream is held by exactly this clause."""
    wait_decided(copy, clause)
    check_kept_back(world, copy)
    check_explained(copy, english, vietnamese)


def check_denied_until(world, copy, clause, english, vietnamese, undo):
    """Denied until undo() brings the right back; then what was kept back comes."""
    try:
        check_denied(world, copy, clause, english, vietnamese)
    finally:
        undo()
    copy.wait_equal()


def check_forged(world, copy, statement, changes, *named):
    """Denied while control says of the object what it never would."""
    with forged(world, statement, **changes):
        check_denied(world, copy, *named)
    copy.wait_equal()


def new_copy(world, scope=(), **more):
    copy = world.connect(world.service(COLUMNS, rows=ROWS, scope=scope), **more)
    copy.wait_equal()
    return copy


def test_an_unpublished_service_is_not_delivered(world):
    """DX-1, D24: published."""
    copy = new_copy(world)
    before = world.redeclare("service", copy.service, published=False)
    check_denied_until(world, copy, "published", "article 24", "Điều 24",
                       lambda: world.declare(before))


def test_a_service_without_policy_is_not_delivered(world):
    """DX-1, D22: policy in force.  The steward publishes no such service, so this is forged."""
    copy = new_copy(world)
    check_forged(world, copy, "service/" + copy.service, {"policy": None},
                 "policy", "articles 22 and 41", "Điều 22 và Điều 41")


def test_a_held_service_is_not_delivered(world):
    """DX-1, D43.1: no service-wide hold."""
    copy = new_copy(world)
    number = hold(world, copy.service, "43.1a")
    check_denied_until(world, copy, "service_hold", "article 43, clause 1", "khoản 1 Điều 43",
                       lambda: world.lienthong("lift", number))


def test_a_held_pair_is_not_delivered(world):
    """DX-1, D43.2: no hold on the pair."""
    copy = new_copy(world)
    number = copy.hold("43.2b")
    check_denied_until(world, copy, "pair_hold", "article 43, clause 2", "khoản 2 Điều 43",
                       lambda: world.lienthong("lift", number))


def test_an_agreement_is_delivered_from_its_first_instant(world):
    """DX-1, D37: in force; it begins by itself."""
    begin = time.time() + 15
    copy = world.connect(world.service(COLUMNS, rows=ROWS), wait=False,
                         agreement={"valid_from": utc(15)})
    wait_decided(copy, "agreement")
    check_explained(copy, "articles 37 and 38", "Điều 37 và Điều 38")
    copy.wait_stamped()
    assert time.time() >= int(begin), "delivered before the agreement was in force"
    copy.wait_equal()


def test_an_unsigned_agreement_delivers_nothing(world):
    """DX-1, D37: no record flows before every party has signed, whatever its date says."""
    copy = world.connect(world.service(COLUMNS, rows=ROWS), wait=False,
                         agreement={"valid_from": utc(6), "signed": False})
    time.sleep(8)
    wait_decided(copy, "agreement")
    check_explained(copy, "signed by all parties", "các bên ký")
    assert copy.stamp() is None, "an unsigned agreement was delivered"
    world.redeclare("agreement", copy.agreement, signed=True)
    copy.wait_stamped()
    copy.wait_equal()


def test_a_locked_account_gets_nothing(world):
    """DX-1, D40: account active."""
    copy = new_copy(world, application="ap000003")
    before = world.redeclare("application", copy.application, active=False)
    check_denied_until(world, copy, "account", "article 40", "Điều 40",
                       lambda: world.declare(before))


def test_an_expired_certificate_gets_nothing(world):
    """DX-1, D40: with a valid certificate.  The shortest one lasts a day, so this is forged."""
    copy = new_copy(world, application="ap000003")
    over = int(time.time() * 1000000)
    check_forged(world, copy, "application/" + copy.application, {"certificate_until": over},
                 "account", "valid certificate", "chứng thư số còn hiệu lực")


def test_an_unknown_scope_is_not_delivered(world):
    """DX-1, D52.2b: fields and row filter known.  The steward signs no filter over a schema that
    is not there, so this is forged."""
    copy = new_copy(world, scope=("name",), row_filter="name LIKE 'm%' OR name LIKE 'h%'")
    check_forged(world, copy, "service/" + copy.service, {"scope_schema": 999999},
                 "scope", "article 52, clause 2, point b", "điểm b khoản 2 Điều 52")


def test_more_than_the_declared_frequency_is_not_delivered(world):
    """DX-1, D35.2e: rate limits; a higher limit brings what was kept back."""
    copy = new_copy(world, max_per_day=5)
    change(world, copy)
    copy.wait_equal()
    change(world, copy)
    grants = [dict(world.declarations["agreement", copy.agreement]["grants"][0],
                   max_per_day=None)]
    check_denied_until(world, copy, "rate", "article 35, clause 2, point e",
                       "điểm e khoản 2 Điều 35",
                       lambda: world.redeclare("agreement", copy.agreement, grants=grants))


@contextlib.contextmanager
def diary_refuses(world):
    """Inside the block the broker takes no record into the diary."""
    section = world.kafka.section("steward")
    admin = AdminClient({"bootstrap.servers": section["brokers"], "security.protocol": "ssl",
                         "ssl.ca.location": section["ca_file"],
                         "ssl.certificate.location": section["cert_file"],
                         "ssl.key.location": section["key_file"]})
    topic = ConfigResource(ConfigResource.Type.TOPIC, "platform.diary")
    stands = {e.name: e.value for e in admin.describe_configs([topic])[topic].result().values()
              if e.source == 1}  # set on the topic itself

    def alter(**more):
        wanted = ConfigResource(ConfigResource.Type.TOPIC, "platform.diary",
                                set_config=dict(stands, **more))
        admin.alter_configs([wanted])[wanted].result()

    with paused(world.programs["steward"]):  # it would set the topic right
        alter(**{"max.message.bytes": "100"})  # markers pass, notes do not
        try:
            yield
        finally:
            alter()


def test_nothing_is_delivered_without_a_diary(world):
    """DX-1, D45-avail, DX-7: no evidence, no delivery; afterwards the diary says since when."""
    copy = new_copy(world)
    begun = time.time()
    with diary_refuses(world):
        wait_until("explain names the diary", lambda: "article 45" in world.lienthong(
            "--lang", "en", "explain", copy.connection, check=False).stdout)
        known = time.time()
        check_kept_back(world, copy)
        check_explained(copy, "article 45", "Điều 45")
    copy.wait_equal()
    told = [d for d in copy.decisions() if d["clause"] == "diary"]
    assert len(told) == 1, "not told once: %s" % told
    assert begun <= moment(told[0]["at"]) <= known, "not since it stood: %s" % told
    assert "event=diary_unwritable" in world.programs["routing"].log_text()


def test_nothing_is_delivered_on_stale_rights(world):
    """DX-1, D43: without a heartbeat of control for longer than the grace, nothing leaves."""
    public = world.path("state", "steward.pub")
    world.write_cli_config("operator", public, grace="12s")
    with configured(world.programs["routing"], "routing", grace="12s"):
        copy = new_copy(world)
        with paused(world.programs["steward"]):
            stopped = time.time()
            time.sleep(13)
            check_kept_back(world, copy)
            check_explained(copy, "not known for certain", "không xác định chắc chắn")
        copy.wait_equal()
        told = [d for d in copy.decisions() if d["clause"] == "control"]
        # DX-7: once, with the time from which nothing was delivered.
        assert len(told) == 1, "not told once: %s" % told
        assert stopped + 5 <= moment(told[0]["at"]) <= stopped + 13, "since when: %s" % told
    world.write_cli_config("operator", public)
    assert "event=control_stale" in world.programs["routing"].log_text()


def may_read(world, copy):
    """Does the broker still tell the application of its stream?"""
    section = world.kafka.section(copy.application + ".k1",
                                  world.path("certificates", copy.application))
    client = readers.client(section, copy.application + ".check")
    try:
        topic = "stream.%s.1" % copy.connection
        return client.list_topics(topic, timeout=10).topics[topic].error is None
    finally:
        client.close()


def ended(copy):
    wait_until("%s ends" % copy.connection,
               lambda: [(d["to_state"], d["clause"]) for d in copy.decisions()][-1:]
               == [("ENDED", "connection")])


def check_over(world, copy):
    """D44-final: closed for reading, no right to the topic, nothing arrives, nothing resumes it."""
    wait_until("the view closes", lambda: copy.rows() == [], 10, 0.05)
    ended(copy)
    wait_until("the right to read is gone", lambda: not may_read(world, copy), 20)
    change(world, copy)
    time.sleep(GONE_ON)
    assert copy.rows() == []
    check_explained(copy, "article 44", "Điều 44")
    copy.consumer.stop()
    copy.consumer.start()
    time.sleep(GONE_ON)
    assert copy.rows() == [], "a restart made it readable"


def refuse_again(world, copy, what):
    answer = None
    try:
        world.redeclare("agreement", copy.agreement)
    except Exception as error:
        answer = str(error)
    assert answer and what in answer, "declared again: %s" % answer


def test_a_revoked_connection_is_over_for_good(world):
    """D44.1c, D44-final, DX-13: the view closes at once, the right to read goes, the other user
    goes on."""
    copy = new_copy(world)
    other = world.connect(copy.service, application="ap000003")
    world.lienthong("revoke", copy.connection, "--ground", "44.1c")
    check_over(world, copy)
    refuse_again(world, copy, "never comes back")
    other.wait_equal()


def test_a_revoked_agreement_is_over_for_good(world):
    """D44.1d-1, D44-final, DX-13."""
    copy = new_copy(world)
    other = world.connect(copy.service, application="ap000003")
    world.lienthong("revoke", copy.agreement, "--ground", "44.1d-1")
    check_over(world, copy)
    refuse_again(world, copy, "has ended")
    other.wait_equal()


def test_an_agreement_ends_by_itself_without_the_steward(world):
    """D44.1d-2: at its last instant, also while the control service stands still."""
    copy = new_copy(world)
    world.redeclare("agreement", copy.agreement, connection_until=utc(5))
    with paused(world.programs["steward"]):
        wait_until("it ends", lambda: [d["to_state"] for d in copy.decisions()][-1:] == ["ENDED"],
                   20)
        wait_until("the view closes", lambda: copy.rows() == [], 10)
    check_over(world, copy)
