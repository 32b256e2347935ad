"""DX-1 on the real line, clause by clause: each test makes one clause fail by the means people
have, shows that nothing is delivered meanwhile, that `explain` and the diary name the clause, and
that nothing is lost when it holds again.  Not here: scope and diary, which no declaration or
command can make fail."""

import time

import readers
from world import configured, hold, paused, wait_until

COLUMNS = [("id", "bigint", True), ("name", "text", True)]
ROWS = [(1, "một"), (2, "hai")]
GONE_ON = 1.5  # seconds in which a delivery would have arrived


def utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def change(world, copy):
    world.sql("UPDATE public.%s SET name = name || '.'" % copy.service)


def check_explained(copy, english, vietnamese):
    for lang, words in (("en", english), ("vi", vietnamese)):
        answer = copy.world.lienthong("--lang", lang, "explain", copy.connection, check=False)
        assert answer.returncode == 1, "explain says yes: " + answer.stdout
        verdict = answer.stdout.split("\n")[1]
        assert words in verdict, "not named in the decree's words: " + answer.stdout


def check_denied(world, copy, clause, english, vietnamese):
    """The stream is held by exactly this clause and a change made now does not arrive."""
    wait_until("the diary names %s" % clause,
               lambda: [d["clause"] for d in copy.decisions()][-1:] == [clause])
    before = copy.rows()
    change(world, copy)
    time.sleep(GONE_ON)
    assert copy.rows() == before, "delivered without right"
    check_explained(copy, english, vietnamese)


def new_copy(world, **more):
    copy = world.connect(world.service(COLUMNS, rows=ROWS), **more)
    copy.wait_equal()
    return copy


def test_an_unpublished_service_is_not_delivered(world):
    """DX-1, D24: published."""
    copy = new_copy(world)
    before = world.redeclare("service", copy.service, published=False)
    check_denied(world, copy, "published", "article 24", "Điều 24")
    world.declare(before)
    copy.wait_equal()


def test_a_service_without_policy_is_not_delivered(world):
    """DX-1, D22: policy in force."""
    copy = new_copy(world)
    before = world.redeclare("service", copy.service, published=False, policy=None)
    # A service without policy cannot be published, so both fail; the first is named.
    check_denied(world, copy, "published", "article 24", "Điều 24")
    world.declare(before)
    copy.wait_equal()


def test_a_held_service_is_not_delivered(world):
    """DX-1, D43.1: no service-wide hold."""
    copy = new_copy(world)
    number = hold(world, copy.service, "43.1a")
    check_denied(world, copy, "service_hold", "article 43, clause 1", "khoản 1 Điều 43")
    world.lienthong("lift", number)
    copy.wait_equal()


def test_a_held_pair_is_not_delivered(world):
    """DX-1, D43.2: no hold on the pair."""
    copy = new_copy(world)
    number = copy.hold("43.2b")
    check_denied(world, copy, "pair_hold", "article 43, clause 2", "khoản 2 Điều 43")
    world.lienthong("lift", number)
    copy.wait_equal()


def test_an_agreement_is_delivered_from_its_first_instant(world):
    """DX-1, D37: in force; it begins by itself."""
    begin = time.time() + 15
    copy = world.connect(world.service(COLUMNS, rows=ROWS), wait=False,
                         agreement={"valid_from": utc(15)})
    wait_until("the diary names agreement",
               lambda: [d["clause"] for d in copy.decisions()][-1:] == ["agreement"])
    check_explained(copy, "articles 37 and 38", "Điều 37 và Điều 38")
    copy.wait_stamped()
    assert time.time() >= int(begin), "delivered before the agreement was in force"
    copy.wait_equal()


def test_an_unsigned_agreement_delivers_nothing(world):
    """DX-1, D37: no record flows before every party has signed, whatever its date says."""
    copy = world.connect(world.service(COLUMNS, rows=ROWS), wait=False,
                         agreement={"valid_from": utc(6), "signed": False})
    time.sleep(8)
    wait_until("the diary names agreement",
               lambda: [d["clause"] for d in copy.decisions()][-1:] == ["agreement"])
    check_explained(copy, "signed by all parties", "các bên ký")
    assert copy.stamp() is None, "an unsigned agreement was delivered"
    world.redeclare("agreement", copy.agreement, signed=True)
    copy.wait_stamped()
    copy.wait_equal()


def test_a_locked_account_gets_nothing(world):
    """DX-1, D40: account active."""
    copy = new_copy(world, application="ap000003")
    before = world.redeclare("application", copy.application, active=False)
    try:
        check_denied(world, copy, "account", "article 40", "Điều 40")
    finally:
        world.declare(before)
    copy.wait_equal()


def test_more_than_the_declared_frequency_is_not_delivered(world):
    """DX-1, D35.2e: rate limits; a higher limit brings what was kept back."""
    copy = new_copy(world, max_per_day=5)
    change(world, copy)
    copy.wait_equal()
    change(world, copy)
    check_denied(world, copy, "rate", "article 35, clause 2, point e", "điểm e khoản 2 Điều 35")
    grants = [dict(world.declarations["agreement", copy.agreement]["grants"][0],
                   max_per_day=None)]
    world.redeclare("agreement", copy.agreement, grants=grants)
    copy.wait_equal()


def test_nothing_is_delivered_on_stale_rights(world):
    """DX-1, D43: without a heartbeat of control for longer than the grace, nothing leaves."""
    with configured(world.programs["routing"], "routing", grace="12s"):
        copy = new_copy(world)
        with paused(world.programs["steward"]):
            time.sleep(13)
            before = copy.rows()
            change(world, copy)
            time.sleep(GONE_ON)
            assert copy.rows() == before, "delivered on rights not known for certain"
        copy.wait_equal()
    # Routing that does not know its rights writes nothing at all, so its log says why.
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
               lambda: [d["to_state"] for d in copy.decisions()][-1:] == ["ENDED"])


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
