# SPDX-License-Identifier: GPL-2.0-or-later
"""Somebody on site is told of an emergency call, at the time of the call and
without delaying it, whoever of those to be told is there or not."""
import json
import os
import re
import statistics
import time

import pytest

from lib import (AUSTIN, ROOT, StartError, counters, e911_proxy, state, until)
from lib.database import PostgresTables, SqliteTables, store_proxy
from lib.receivers import OK, MailBox, Silence, SipDesk, Webhook, sealed

CALL, TEST = "sip:911@example.test", "sip:933@example.test"
NUMBER = "+15125550100"
MANY = 1000 if os.environ.get("SOAK") else 200
HOUR = 3600
SCRIPT = """
event_route[e911:notify] {
    xlog("L_NOTICE", "SCRIPT $e911_notice(event) $e911_notice(callback) $e911_notice(address)\\n");
}
event_route[e911:notify-failed] {
    xlog("L_NOTICE", "GAVEUP $e911_notice(event) $e911_notice(recipient) $e911_notice(id)\\n");
}
"""


def site(names):
    return ('modparam("e911", "site", "name=hq;set=1;callback=%s;notify=%s")\n'
            % (NUMBER, names))


def notify(name, row):
    return 'modparam("e911", "notify", "name=%s;%s")\n' % (name, row)


def hook(desk, name="desk", more=""):
    return notify(name, "kind=webhook;to=%s;%s" % (desk.url(), more))


def mail(box, name="box", more=""):
    return notify(name, "kind=mail;server=%s;to=a@example.test,b@example.test;"
                  "from=e911@example.test;%s" % (box.url, more))


def sip(phone, name="phone", more=""):
    return notify(name, "kind=sip;to=%s;from=sip:e911@example.test;%s" % (
        phone.uri, more))


@pytest.fixture
def receiver(cleanup):
    """receiver(Webhook, ...) -> one that ends with the test"""
    def make(kind, *args, **how):
        made = kind(*args, **how)
        cleanup.callback(made.close)
        return made
    return make


@pytest.fixture
def told(kamailio):
    """told(ersps, names, rows of notify) -> a started proxy"""
    def make(ersps, names, params, **how):
        return e911_proxy(kamailio, *ersps, PARAMS=site(names) + params,
                          ROUTES=SCRIPT, **how)
    return make


def ask(proxy, command, *args):
    reply = proxy.jsonrpc("e911." + command, list(args))
    assert "result" in reply, reply
    return reply["result"]


def queue(proxy, name="desk"):
    return next(r for r in ask(proxy, "notices") if r["recipient"] == name)


def call(agent, status=200, uri=CALL, **how):
    made = agent.invite(uri, **how)
    assert made.final(10).status == status, made.statuses
    if status == 200:
        made.ack()
    return made


def utf8(name):
    """As it is to be given to the harness, which writes Latin-1."""
    return name.encode().decode("latin-1")


# ----- what is said -----

def test_a_call_from_its_beginning_to_its_end(told, uas, ua, receiver):
    desk, ersp = receiver(Webhook), uas("take")
    proxy = told([ersp], "desk", hook(desk))
    alice = ua(proxy)
    state(proxy, alice)
    made = call(alice, from_='"Agent Smith" <%s>' % alice.aor)
    first = desk.wait()[0]
    assert first["event"] == "placed" and first["test"] is False
    assert (first["callback"], first["number"]) == (NUMBER, "911")
    assert first["site"] == "hq" and first["recipient"] == "desk"
    assert first["caller"] == "Agent Smith"
    assert first["aor"] == "alice@example.test"
    assert first["freshness"] == "fresh"
    assert {k: first["location"][k] for k in AUSTIN} == AUSTIN
    assert first["address"] == ("1200 W Example ST, APT 4B, Austin, TX 78701,"
                                " US")
    assert first["subject"] == ("Emergency call: Agent Smith "
                                "(alice@example.test)")
    at = time.mktime(time.strptime(first["at"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    assert abs(at - time.time()) < 10
    # each by itself, but where it has to wait
    second = desk.wait(2)[1]
    assert (second["event"], second["ersp"], second["code"]) == (
        "answered", ersp.uri(), "200")
    assert made.bye().final().status == 200
    desk.wait_events("placed", "answered", "ended")
    assert len({n["id"] for n in desk.seen}) == 3
    assert {n["call"] for n in desk.seen} == {made.request.call_id}
    until(lambda: counters(proxy)["notices_sent"] == 3, 5, "all arrived")
    count = counters(proxy)
    assert count["notices_failed"] == 0
    assert count["notices_first"] == 1
    assert 0 <= count["notices_first_ms"] < 5000
    assert queue(proxy)["sent"] == 3


def test_a_webhook_is_signed(told, uas, ua, receiver, tmp_path):
    key = tmp_path / "key"
    key.write_text("a key of thirty-two bytes or more\n")
    desk = receiver(Webhook)
    proxy = told([uas("take")], "desk", hook(desk, more="secret=file:%s" % key))
    call(ua(proxy))
    path, headers, body = until(lambda: desk.requests, 5, "it is told")[0]
    assert path == "/notices" and headers["Content-Type"] == "application/json"
    assert headers["X-E911-Notice"] == json.loads(body)["id"]
    assert headers["X-E911-Event"] == "placed"
    assert sealed(headers, body, b"a key of thirty-two bytes or more")
    assert not sealed(headers, body + " ", b"a key of thirty-two bytes or more")
    assert not sealed(headers, body, b"another")


def test_without_its_key_nothing_goes_unsigned(told, uas, ua, receiver, tmp_path):
    desk = receiver(Webhook)
    proxy = told([uas("take")], "desk", hook(
        desk, more="events=placed;secret=file:%s/key" % tmp_path))
    call(ua(proxy))
    until(lambda: queue(proxy)["failures"], 5, "it fails")
    assert desk.requests == []
    (tmp_path / "key").write_text("late")
    assert sealed(*until(lambda: desk.requests, 5, "it is told")[0][1:], b"late")


def test_a_template_of_ones_own(told, uas, ua, receiver):
    desk = receiver(Webhook)
    proxy = told([uas("take")], "desk", hook(
        desk, more="events=placed;template={'text':'{who}: {address}','loc':{location}}"
        .replace("'", '\\"')))
    alice = ua(proxy)
    state(proxy, alice)
    call(alice, from_='"A \\"B\\"" <%s>' % alice.aor)
    found = until(lambda: desk.requests, 5, "it is told")[0]
    said = json.loads(found[2])
    assert said["text"].startswith('A "B" (alice@example.test): 1200')
    assert said["loc"]["HNO"] == "1200"


def test_by_mail(told, uas, ua, receiver):
    box = receiver(MailBox)
    proxy = told([uas("take")], "box", mail(box, more="events=placed"))
    alice = ua(proxy)
    state(proxy, alice)
    call(alice, from_='"%s" <%s>' % (utf8("Büro Süd"), alice.aor))
    got = box.wait()[0]
    assert got["Subject"] == "Emergency call: Büro Süd (alice@example.test)"
    assert got["From"] == "e911@example.test"
    assert got["To"] == "a@example.test, b@example.test"
    assert got["Message-ID"].endswith("@example.test>")
    text = got.get_content()
    assert "Call back: " + NUMBER in text
    assert "Location: 1200 W Example ST, APT 4B, Austin" in text
    envelope = box.mails[0]
    assert envelope.rcpt_tos == ["a@example.test", "b@example.test"]
    assert envelope.mail_from == "e911@example.test"


def test_by_sip(told, uas, ua, receiver):
    phone = receiver(SipDesk)
    proxy = told([uas("take")], "phone", sip(phone))
    alice = ua(proxy)
    state(proxy, alice)
    made = call(alice)
    got = phone.wait()[0]
    assert got.method == "MESSAGE" and got.h("Priority") == "urgent"
    assert got.h("Content-Type").startswith("text/plain")
    text = got.body.decode()
    assert "alice@example.test is calling 911." in text
    assert "Location: 1200 W Example ST" in text
    assert len(got.body) <= 1200
    assert "has answered the call" in phone.wait(2)[1].body.decode()
    made.bye()
    assert "has ended" in phone.wait(3)[2].body.decode()
    until(lambda: queue(proxy, "phone")["sent"] == 3, 5, "all arrived")
    assert len({m.h("X-E911-Notice") for m in phone.messages}) == 3


def test_by_the_script(told, uas, ua):
    proxy = told([uas("take")], "script", notify("script", "kind=event"))
    alice = ua(proxy)
    state(proxy, alice)
    made = call(alice)
    proxy.wait_log(r"SCRIPT placed \%s 1200 W Example ST" % NUMBER)
    proxy.wait_log("SCRIPT answered")
    made.bye()
    proxy.wait_log("SCRIPT ended")
    until(lambda: queue(proxy, "script")["sent"] == 3, 5, "all arrived")


def test_nobody_took_the_call(told, uas, ua, receiver):
    desk, box, phone = receiver(Webhook), receiver(MailBox), receiver(SipDesk)
    proxy = told([uas("refuse:503"), uas("refuse:500")], "desk,box,phone",
                 hook(desk) + mail(box) + sip(phone))
    alice = ua(proxy)
    call(alice, 503)
    worst = desk.wait(want=lambda n: n["event"] == "nobody")[0]
    assert worst["subject"] == ("NO HELP REACHED: emergency call of "
                                "alice@example.test")
    assert "NO EMERGENCY SERVICE TOOK THE CALL" in worst["text"]
    until(lambda: any("NO HELP REACHED" in m["Subject"]
                      for m in box.messages()), 5, "a mail says so")
    until(lambda: any(b"NO EMERGENCY SERVICE" in m.body
                      for m in phone.messages), 5, "a message says so")


def test_a_call_that_fails_over(told, uas, ua, receiver):
    desk, bad, good = receiver(Webhook), uas("refuse:503"), uas("take")
    proxy = told([bad, good], "desk", hook(desk))
    call(ua(proxy))
    told_of = desk.wait_events("placed", "failed", "answered")
    assert [(e["event"], e.get("code"), e.get("ersp")) for e in told_of] == [("placed", None, None), ("failed", "503", bad.uri()),
                       ("answered", "200", good.uri())]


def test_a_test_call_is_told_apart_or_not_at_all(told, uas, ua, receiver):
    real, both = receiver(Webhook), receiver(Webhook)
    proxy = told([uas("take")], "real,both", hook(real, "real")
                 + hook(both, "both", "test=yes"))
    alice = ua(proxy)
    call(alice, uri=TEST)
    first = both.wait()[0]
    assert first["test"] is True
    assert first["subject"] == "Test call: alice@example.test"
    assert first["text"].startswith("This is a test. Nobody needs help.")
    call(alice)
    assert not real.wait()[0]["test"]
    assert not [n for n in real.seen if n["test"]]


# ----- whoever is there -----

KINDS = {"webhook": (Webhook, hook, "desk"), "mail": (MailBox, mail, "box"),
         "sip": (SipDesk, sip, "phone")}


def count_of(who):
    return len(who.mails if isinstance(who, MailBox) else
               who.messages if isinstance(who, SipDesk) else who.requests)


@pytest.mark.parametrize("kind", KINDS)
def test_down_and_back(told, uas, ua, receiver, kind):
    make, row, name = KINDS[kind]
    who = receiver(make, up=False)
    proxy = told([uas("take")], name, row(who, more="events=placed;timeout_ms=300"))
    call(ua(proxy))
    until(lambda: queue(proxy, name)["failures"] >= 2, 8, "it fails")
    assert queue(proxy, name)["waiting"] == 1
    who.up()
    until(lambda: queue(proxy, name)["sent"], 10, "it arrives")
    assert counters(proxy)["notices_waiting"] == 0
    if kind == "sip":  # what was sent before may arrive as well
        assert len({m.h("X-E911-Notice") for m in who.messages}) == 1
    else:
        assert count_of(who) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_refusing_at_first(told, uas, ua, receiver, kind):
    make, row, name = KINDS[kind]
    no, yes = {"webhook": ((500, "text/plain", ""), OK),
               "mail": ("451 later", "250 taken"), "sip": (480, 200)}[kind]
    who = receiver(make, no)
    proxy = told([uas("take")], name, row(who, more="events=placed"))
    call(ua(proxy))
    until(lambda: queue(proxy, name)["failures"], 5, "it fails")
    who.set(yes) if kind == "webhook" else setattr(who, "answer", yes)
    until(lambda: queue(proxy, name)["sent"], 8, "it arrives")


@pytest.mark.parametrize("kind", KINDS)
def test_hanging_at_first(told, uas, ua, receiver, kind):
    """It may have been seen: what comes again has the same id."""
    make, row, name = KINDS[kind]
    who = receiver(make, "hang" if kind == "webhook" else
                   0 if kind == "sip" else "250 taken",
                   **({"delay": 3} if kind == "mail" else {}))
    proxy = told([uas("take")], name, row(who, more="events=placed;timeout_ms=500"))
    call(ua(proxy))
    until(lambda: queue(proxy, name)["failures"], 5, "it fails")
    if kind == "webhook":
        who.set(OK)
    elif kind == "sip":
        who.answer = 200
    else:
        who.delay = 0
    until(lambda: queue(proxy, name)["sent"] == 1, 8, "it arrives")
    if kind == "webhook":
        assert len({n["id"] for n in who.seen}) == 1
    elif kind == "sip":
        assert len({m.h("X-E911-Notice") for m in who.messages}) == 1
    else:
        assert len({m["Message-ID"] for m in who.messages()}) == 1


def test_who_is_slow_delays_nobody_else(told, uas, ua, receiver):
    names = ["hang%d" % i for i in range(8)]
    desk, box, phone = receiver(Webhook), receiver(MailBox), receiver(SipDesk)
    silence, deaf = receiver(Silence), receiver(SipDesk, 0)
    dead = "".join(notify(n, "kind=webhook;to=http://127.0.0.1:%d/"
                          % silence.port) for n in names)
    dead += sip(deaf, "deaf")
    proxy = told([uas("take")], ",".join(names + ["deaf", "desk", "box", "phone"]),
                 dead + hook(desk) + mail(box) + sip(phone))
    alice = ua(proxy)
    calls = [call(alice) for _ in range(10)]
    start = time.monotonic()
    for made in calls:
        made.bye()
    until(lambda: len(desk.events()) == 30, 10, "all is told")
    for name in "desk", "box", "phone":
        until(lambda: not queue(proxy, name)["waiting"]
              + queue(proxy, name)["flying"], 10, "all is told to " + name)
    assert time.monotonic() - start < 4
    assert len(box.mails) >= 10 and len(phone.messages) >= 10
    assert queue(proxy, "hang0")["sent"] == 0


def test_given_up_after_the_last_try(told, uas, ua, receiver):
    desk = receiver(Webhook, (404, "text/plain", ""))
    proxy = told([uas("take")], "desk", hook(desk, more="events=placed;tries=2"))
    call(ua(proxy))
    found = proxy.wait_log(r"GAVEUP placed desk (\S+)")
    assert found.group(1) == desk.seen[0]["id"]
    assert len(desk.seen) == 2
    assert counters(proxy)["notices_failed"] == 1
    row = queue(proxy)
    assert (row["failed"], row["waiting"], row["flying"]) == (1, 0, 0)


def test_given_up_when_it_is_too_old(told, uas, ua, receiver):
    phone = receiver(SipDesk, 0)
    proxy = told([uas("take")], "phone", sip(
        phone, more="events=placed;most_age=2;timeout_ms=300"))
    call(ua(proxy))
    proxy.wait_log(r"GAVEUP placed phone", 8)
    assert counters(proxy)["notices_failed"] == 1


def test_the_rate_holds_up_later_notices_only(told, uas, ua, receiver):
    desk = receiver(Webhook)
    proxy = told([uas("take")], "desk", hook(desk, more="rate=1"))
    alice = ua(proxy)
    calls = [call(alice) for _ in range(5)]
    desk.wait(5, want=lambda n: n["event"] == "placed")
    for made in calls:
        made.bye()
    until(lambda: counters(proxy)["notices_merged"] >= 4, 5, "they are merged")
    assert len([n for n in desk.seen if n["event"] != "placed"]) <= 1


# ----- the database -----

@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path):
    if request.param == "sqlite":
        made = SqliteTables(tmp_path)
    else:
        made = PostgresTables(request.getfixturevalue("postgres"))
    made.create()
    return made


def notices_in(database, n, timeout=8):
    until(lambda: database.query("SELECT count(*) FROM e911_notice")[0][0] == n,
          timeout, "%d notices in the database" % n)


def stored(kamailio, database, ersp, names, params, **how):
    return store_proxy(kamailio, database, ersp,
                       params=site(names) + params, ROUTES=SCRIPT, **how)


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_what_was_not_sent_goes_after_a_restart(kamailio, uas, ua, receiver,
                                                database, end):
    desk = receiver(Webhook, up=False)
    proxy = stored(kamailio, database, uas("take"), "desk",
                   hook(desk, more="events=placed,nobody"))
    alice = ua(proxy)
    state(proxy, alice, dict(AUSTIN, NAM='The "Bar" \\ Bürö'))
    made = call(alice)
    notices_in(database, 1)
    getattr(proxy, end)()
    notices_in(database, 1, 0)
    desk.up()
    proxy.start()
    first = desk.wait(timeout=10)[0]
    assert first["call"] == made.request.call_id
    assert first["location"]["NAM"] == 'The "Bar" \\ Bürö'
    assert first["events"] == [{"event": "placed", "at": first["at"]}]
    notices_in(database, 0)
    proxy.restart()
    proxy.wait_log("database: .* locations read")
    assert len(desk.requests) == 1


def test_what_was_sent_and_not_acknowledged_comes_again_as_the_same(
        kamailio, uas, ua, receiver, database):
    desk = receiver(Webhook, "hang")
    proxy = stored(kamailio, database, uas("take"), "desk",
                   hook(desk, more="events=placed"))
    call(ua(proxy))
    desk.wait()
    notices_in(database, 1)
    proxy.kill()
    desk.set(OK)
    proxy.start()
    seen = desk.wait(2, 10)
    assert seen[0] == seen[1]
    notices_in(database, 0)


def test_killed_at_any_moment_none_is_sent_twice(kamailio, uas, ua, receiver,
                                                 tmp_path):
    database = SqliteTables(tmp_path)
    database.create()
    desk = receiver(Webhook)
    proxy = stored(kamailio, database, uas("take"), "desk", hook(desk))
    calls = []
    for _ in range(10 if os.environ.get("SOAK") else 3):
        agent = ua(proxy)
        calls += [call(agent).request.call_id for _ in range(5)]
        proxy.kill()
        proxy.start()
    notices_in(database, 0)
    for one in calls:
        ids = {n["id"] for n in desk.seen
               if n["call"] == one and n["event"] == "placed"}
        assert len(ids) <= 1


@pytest.mark.parametrize("most_age,arrives", [("6h", True), ("30m", False)])
def test_down_for_an_hour(kamailio, uas, ua, receiver, tmp_path, most_age, arrives):
    database = SqliteTables(tmp_path)
    database.create()
    desk = receiver(Webhook, up=False)
    proxy = stored(kamailio, database, uas("take"), "desk", hook(
        desk, more="events=placed;most_age=" + most_age), clock=True)
    call(ua(proxy))
    notices_in(database, 1)
    proxy.kill()
    desk.up()
    proxy.set_clock(HOUR)
    proxy.start()
    if arrives:
        first = desk.wait(timeout=10)[0]
        assert first["event"] == "placed"
        assert counters(proxy)["notices_first_ms"] > (HOUR - 60) * 1000
    else:
        proxy.wait_log("GAVEUP placed desk", 10)
        assert desk.requests == []
    notices_in(database, 0)


def test_the_clock_jumps_and_nothing_is_dropped(kamailio, uas, ua, receiver):
    desk = receiver(Webhook, up=False)
    proxy = e911_proxy(kamailio, uas("take"), PARAMS=site("desk") + hook(
        desk, more="events=placed;most_age=30m"), ROUTES=SCRIPT, clock=True)
    call(ua(proxy))
    until(lambda: queue(proxy)["failures"], 5, "it fails")
    proxy.set_clock(HOUR)
    desk.up()
    desk.wait(timeout=8)
    assert counters(proxy)["notices_failed"] == 0


def test_a_database_of_before_there_were_notices(kamailio, uas, ua, receiver,
                                                 tmp_path):
    database = SqliteTables(tmp_path)
    database.create()
    database.script("DROP TABLE e911_notice;"
                    "DELETE FROM version WHERE table_name = 'e911_notice';")
    desk = receiver(Webhook)
    proxy = stored(kamailio, database, uas("take"), "desk", hook(desk))
    call(ua(proxy))
    desk.wait()
    proxy.wait_log("no table e911_notice of version 1")


def test_a_database_that_is_locked_holds_up_no_notice(kamailio, uas, ua,
                                                      receiver, tmp_path):
    database = SqliteTables(tmp_path)
    database.create()
    desk = receiver(Webhook)
    proxy = stored(kamailio, database, uas("take"), "desk", hook(desk))
    with database.locked():
        call(ua(proxy))
        desk.wait(2)
    notices_in(database, 0)


# ----- many -----

def test_many_calls_at_once(told, uas, ua, receiver):
    """Each is told, none twice."""
    desk, other = receiver(Webhook), receiver(Webhook, up=False)
    proxy = told([uas("take")], "desk,other", hook(desk, more="rate=0")
                 + hook(other, "other", "rate=0"))
    agents = [ua(proxy, user="agent%d" % i) for i in range(20)]
    calls = []
    for i in range(MANY // 20):
        made = [agent.invite(CALL) for agent in agents]
        for one in made:
            assert one.final(10).status == 200
            one.ack()
        calls += made
    ids = {c.request.call_id for c in calls}
    until(lambda: len([n for n in desk.seen if n["event"] == "placed"])
          >= MANY, 30, "each is told")
    placed = [n["call"] for n in desk.seen if n["event"] == "placed"]
    assert len(placed) == MANY and set(placed) == ids
    until(lambda: queue(proxy)["waiting"] + queue(proxy)["flying"] == 0, 30,
          "the answers as well")
    answered = [n["call"] for n in desk.seen for e in n["events"]
                if e["event"] == "answered"]
    assert len(answered) == MANY and set(answered) == ids
    count = counters(proxy)
    print("first notice after %.0f ms, %d at most, of %d calls" % (
        count["notices_first_ms"] / count["notices_first"],
        count["notices_first_max_ms"], MANY))
    # who was down meanwhile
    other.up()
    until(lambda: len({n["call"] for n in other.seen
                       if n["event"] == "placed"}) == MANY, 60, "all, late")
    placed = [n["call"] for n in other.seen if n["event"] == "placed"]
    assert len(placed) == MANY
    assert counters(proxy)["notices_lost"] == 0


def set_up_times(proxy, agent, n):
    found = []
    for _ in range(n):
        start = time.monotonic()
        made = call(agent)
        found.append(time.monotonic() - start)
        made.bye().final()
    return found


def test_the_call_is_not_delayed(told, uas, ua, receiver):
    """Set-up with all of them hanging, against none at all."""
    ersp = uas([100, 180, 200])
    silence, deaf = receiver(Silence), receiver(SipDesk, 0)
    to = "127.0.0.1:%d" % silence.port
    proxy = told([ersp], "a,b,c,d", notify("a", "kind=webhook;to=http://%s/" % to)
                 + notify("b", "kind=webhook;to=http://192.0.2.1/")
                 + notify("c", "kind=mail;server=smtp://%s;to=a@b;from=c@d" % to)
                 + sip(deaf, "d"))
    from_none = set_up_times_of_none(told, ersp, ua)
    hanging = set_up_times(proxy, ua(proxy), 40)
    assert counters(proxy)["notices_sent"] == 0
    ratio = statistics.median(hanging) / statistics.median(from_none)
    print("set-up: %.1f ms with all hanging, %.1f ms with none" % (
        statistics.median(hanging) * 1e3, statistics.median(from_none) * 1e3))
    assert ratio < 2 or statistics.median(hanging) < 0.01


def set_up_times_of_none(told, ersp, ua):
    proxy = told([ersp], "script", notify("script", "kind=event;test=no;"
                                          "events=callback"))
    return set_up_times(proxy, ua(proxy), 40)


# ----- what callers write -----

@pytest.mark.parametrize("name", [
    'x\\" ,\\"event\\":\\"nobody', "{text} {json}", "Bcc: a@example.test",
    "=?UTF-8?B?eA==?=", "</a><b>", "x" * 400, "\u202ereversed"])
def test_a_display_name_stays_in_its_place(told, uas, ua, receiver, name):
    desk, box, phone = receiver(Webhook), receiver(MailBox), receiver(SipDesk)
    proxy = told([uas("take")], "desk,box,phone", hook(
        desk, more="events=placed") + mail(box, more="events=placed")
        + sip(phone, more="events=placed"))
    alice = ua(proxy)
    call(alice, from_='"%s" <%s>' % (utf8(name), alice.aor))
    first = desk.wait()[0]
    assert first["event"] == "placed" and first["test"] is False
    got = box.wait()[0]
    assert set(got.keys()) == {
        "Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted",
        "Importance", "MIME-Version", "Content-Type",
        "Content-Transfer-Encoding"}
    assert str(got["Subject"]).startswith("Emergency call: ")
    assert box.mails[0].rcpt_tos == ["a@example.test", "b@example.test"]
    assert b"is calling 911." in phone.wait()[0].body
    assert first["caller"][:20] in got.get_content()


# ----- settings -----

def test_rows_come_and_go_by_a_reload(kamailio, uas, ua, receiver, tmp_path):
    rows = tmp_path / "rows"
    rows.write_text("site name=hq;set=1\n")
    proxy = e911_proxy(kamailio, uas("take"), ROUTES=SCRIPT, PARAMS=(
        'modparam("e911", "settings_file", "%s")\n' % rows))
    alice = ua(proxy)
    call(alice)
    desk = receiver(Webhook)
    rows.write_text("site name=hq;set=1;notify=desk\n"
                    "notify name=desk;kind=webhook;to=%s\n" % desk.url())
    proxy.rpc("e911.reload")
    made = call(alice)
    desk.wait_events("placed", "answered")
    assert desk.seen[0]["call"] == made.request.call_id
    desk.down()
    made.bye()
    until(lambda: queue(proxy)["failures"], 5, "it fails")
    rows.write_text("site name=hq;set=1\n")
    proxy.rpc("e911.reload")
    proxy.wait_log("GAVEUP ended desk", 10)


@pytest.mark.parametrize("params,said", [
    (site("nobody"), "site hq: notify: \"nobody\""),
    (notify("a", "kind=webhook;to=https://x/;template={colour}"),
     "notify: template or subject: \"a\""),
    (notify("a", "kind=webhook;to=gopher://x/"), "notify: \"to\""),
    ('modparam("e911", "notices_size", 0)\n', "notices_size 0"),
])
def test_bad_rows_stop_the_start(kamailio, uas, params, said):
    with pytest.raises(StartError) as failure:
        e911_proxy(kamailio, uas("take"), PARAMS=params)
    assert said in str(failure.value)


def test_the_manual_names_every_column():
    folder = os.path.join(ROOT, "modules/e911")
    with open(os.path.join(folder, "recipient.c"), encoding="utf-8") as file:
        code = file.read()
    with open(os.path.join(folder, "doc/e911_admin.xml"), encoding="utf-8") as file:
        table = file.read().split("<title>Columns of notify</title>")[1]
    table = table.split("</table>")[0].split("<tbody>")[1]
    named = [n for row in re.findall(r"<row><entry>([^<]+)</entry>", table)
             for n in row.split(", ")]
    assert sorted(named) == sorted(re.findall(r'^\t\{"(\w+)", KIND_', code, re.M))


def test_what_became_of_it_is_on_record(told, uas, ua, receiver, tmp_path):
    key = tmp_path / "record.key"
    key.write_text("0123456789abcdef0123456789abcdef\n")
    desk = receiver(Webhook)
    proxy = told([uas("take")], "desk", hook(desk, more="events=placed")
                 + 'modparam("e911", "record_key_file", "%s")\n' % key)
    call(ua(proxy))
    desk.wait()

    def found():
        return [r for r in ask(proxy, "record") if "acknowledged" in json.dumps(r)]
    row = until(found, 5, "it is on record")[0]
    assert re.search(r'recipient\W+desk', json.dumps(row))
