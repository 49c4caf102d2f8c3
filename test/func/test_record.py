# SPDX-License-Identifier: GPL-2.0-or-later
"""The record of calls: what is in it, that it cannot be changed unseen, and
its life in the database and without one."""
import contextlib
import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
import time

import pytest

from lib import (AUSTIN, DEFAULT_SITE, ROOT, Postgres, counters, e911_proxy,
                 state, until)
from lib.database import PostgresTables, SqliteTables, store_proxy
from lib.ua import Call

sys.path.insert(0, os.path.join(ROOT, "utils"))
import e911_record  # noqa: E402

TOOL = os.path.join(ROOT, "utils/e911_record.py")
CALL = "sip:911@example.test"
KEY = b"0123456789abcdef0123456789abcdef"
NODE = 'modparam("e911", "record_node", "one")\n'
KEYED = NODE + 'modparam("e911", "record_key_file", "%s")\n'
DAY = 86400
MANY = 10000 if os.environ.get("SOAK") else 300


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "record.key"
    path.write_bytes(KEY + b"\n")
    return str(path)


@pytest.fixture(scope="module")
def one_postgres(tmp_path_factory):
    """The same for all, and whatever they do to it."""
    with contextlib.closing(Postgres(tmp_path_factory.mktemp("pg"))) as made:
        yield made.start()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path):
    """Each kind of database, with the tables."""
    if request.param == "sqlite":
        made = SqliteTables(tmp_path)
    else:
        server = request.getfixturevalue("one_postgres")
        server.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        made = PostgresTables(server)
    made.create()
    return made


@pytest.fixture
def lite(tmp_path):
    made = SqliteTables(tmp_path)
    made.create()
    return made


@pytest.fixture
def make(kamailio, key_file):
    """make(database, *destinations) -> a started proxy that keeps the record
    there."""
    def start(database, *destinations, params="", **how):
        return store_proxy(kamailio, database, *destinations,
                           params=KEYED % key_file + params, **how)
    return start


def source(database):
    return database.url


def rows(database):
    return list(e911_record.rows_of(source(database)))


def kinds(database):
    return [row["kind"] for row in rows(database)]


def until_kinds(database, *wanted, timeout=10):
    """The kinds of all rows but start and stop are these; an answer may be
    told before what it answers."""
    def there():
        return sorted(k for k in kinds(database) if k not in ("start", "stop"))
    try:
        until(lambda: there() == sorted(wanted), timeout, every=0.05)
    except AssertionError:
        assert " ".join(kinds(database)) == " ".join(wanted)


def until_count(database, n, where="1 = 1", timeout=20):
    until(lambda: database.query("SELECT count(*) FROM e911_record WHERE "
                                 + where)[0][0] >= n, timeout, "%d rows" % n)


def faults(database, heads=()):
    return e911_record.verify(KEY, rows(database), heads)


def heads(proxy):
    return e911_record.heads_of(proxy.log())


def whole(agent, **how):
    """A call that is answered, and ends."""
    made = agent.invite(CALL, **how)
    assert made.final(8).status == 200
    made.ack()
    assert made.bye().final().status == 200
    return made


def ask(proxy, command, *args):
    reply = proxy.jsonrpc("e911." + command, list(args))
    assert "result" in reply, reply
    return reply["result"]


# ----- what is on record -----

def test_each_try_is_on_record(make, database, uas, ua):
    refuses, silent, takes = uas("refuse:503"), uas("silent"), uas("take")
    proxy = make(database, refuses, silent, takes, params=DEFAULT_SITE)
    alice = ua(proxy)
    state(proxy, alice, dict(AUSTIN, NAM='The "Bar" \\ Bürö'))
    made = whole(alice)
    until_kinds(database, "placed", "sent", "failed", "sent", "failed", "sent",
                "ringing", "answered", "ended")
    assert faults(database) == []
    call = e911_record.assemble(rows(database))[
        e911_record.call_of(made.request.call_id)]
    assert [t["destination"] for t in call["tries"]] == [
        s.uri() for s in (refuses, silent, takes)]
    first, second, third = call["tries"]
    assert first["failed"]["code"] == 503
    assert second["failed"]["code"] == 408
    assert third["answered"]["code"] == 200
    assert 500 <= second["failed"]["after_ms"] - second["after_ms"] < 2000
    assert third["ringing"]["after_ms"] <= third["answered"]["after_ms"]
    assert call["outcome"] == "answered"
    assert call["caller"]["aor"] == "alice@example.test"
    assert call["caller"]["location"]["NAM"] == 'The "Bar" \\ Bürö'
    assert (call["site"], call["proof"], call["found"], call["steps"]) == (
        "hq", "trunk", "aor", 3)
    assert call["ended"]["note"] == "bye"
    # the document is the one that arrived
    for server, sent in (refuses, first), (takes, third):
        arrived = server.invites[0].message.location()[0].body
        assert hashlib.sha256(arrived).hexdigest() == sent["document_digest"]
        assert sent["document"].encode() == arrived
        assert sent["conveyance"] == "value"


def test_nobody_takes_it(make, lite, uas, ua):
    refuses = uas("refuse:503")
    proxy = make(lite, refuses, params=DEFAULT_SITE)
    made = ua(proxy).invite(CALL)
    assert made.final(8).status == 503
    until_kinds(lite, "placed", "sent", "failed", "nobody")
    call, = e911_record.assemble(rows(lite)).values()
    assert (call["found"], call["tries"][0]["conveyance"]) == (
        "default", "value")
    assert call["outcome"] == "nobody"


def test_the_caller_gives_up(make, lite, uas, ua):
    rings = uas("ring-forever")
    proxy = make(lite, rings)
    made = ua(proxy).invite(CALL)
    made.wait(180)
    made.cancel()
    assert made.final().status == 487
    until_kinds(lite, "placed", "sent", "ringing", "cancelled")


def test_one_that_cannot_be_reached(make, lite, uas, ua):
    gone, takes = uas(port_open=False), uas("take")
    proxy = make(lite, (1, gone.uri("tcp"), 9), (1, takes.uri(), 1))
    whole(ua(proxy))
    until(lambda: "ended" in kinds(lite), 10, "it has ended")
    found = [r for r in rows(lite) if r["kind"] == "failed"]
    assert json.loads(found[0]["summary"])["destination"] == gone.uri("tcp")


def test_sent_by_the_script_itself(make, lite, uas, ua):
    refuses, takes = uas("refuse:500"), uas("take")
    proxy = make(lite, refuses, takes, RELAY="e911_route(); t_relay();",
                 FAILURE="if(e911_route()) t_relay();")
    state(proxy, ua(proxy))
    whole(ua(proxy))
    until_kinds(lite, "placed", "sent", "failed", "sent", "ringing",
                "answered", "ended")
    sent = [r for r in rows(lite) if r["kind"] == "sent"]
    arrived = takes.invites[0].message.location()[0].body.decode()
    assert sent[1]["document"] == arrived


def test_without_a_failure_route(make, lite, uas, ua):
    refuses = uas("refuse:486")
    proxy = make(lite, refuses, FAILURE="return;")
    assert ua(proxy).invite(CALL).final(8).status == 486
    until_kinds(lite, "placed", "sent", "failed", "ended")


def test_a_call_back(make, lite, uas, ua):
    ersp = uas("take")
    proxy = make(lite, (1, ersp.uri(), 0, "profile=carrier"), params=(
        'modparam("e911", "profile", "name=carrier;source=127.0.0.1")\n'),
        ORDINARY='if(e911_callback()) { t_relay(); exit; }')
    agent = ua(proxy, user="+15125550123")
    whole(agent)
    desk = ua(proxy, user="psap")
    desk.invite("sip:+15125550123@example.test", headers=[
        ("Priority", "psap-callback")]).final(8)
    until(lambda: "callback" in kinds(lite), 10, "it is on record")
    found = [r for r in rows(lite) if r["kind"] in ("placed", "callback")]
    assert found[0]["call_id"] == found[1]["call_id"]
    assert json.loads(found[1]["summary"])["note"]


def test_its_end_is_not_seen(make, lite, uas):
    lite.query("INSERT INTO e911_call (callid, aor, started, ended, location)"
               " VALUES ('long', 'a@x', %d, 0, '')" % (time.time() - 23000))
    make(lite, uas("take"))
    until_kinds(lite, "ended")
    found = rows(lite)[-1]
    assert json.loads(found["summary"])["note"] == "not seen"
    assert json.loads(found["detail"])["callid"] == "long"


# ----- nobody changes it unseen -----

@pytest.fixture
def recorded(make, lite, uas, ua):
    """A record of two calls, with its heads; Kamailio has ended."""
    refuses, takes = uas("refuse:503"), uas("take")
    proxy = make(lite, refuses, takes)
    alice = ua(proxy)
    state(proxy, alice)
    whole(alice)
    whole(ua(proxy, user="bob"))
    until(lambda: kinds(lite).count("ended") == 2, 10, "both are on record")
    proxy.stop()
    assert kinds(lite)[0] == "start" and kinds(lite)[-1] == "stop"
    found = heads(proxy)
    assert found and found[-1][1] == rows(lite)[-1]["seq"]
    assert faults(lite, found) == []
    lite.heads = found
    return lite


def other(value):
    """A byte of it is another."""
    if isinstance(value, int):
        return value + 1
    middle = len(value) // 2
    return value[:middle] + ("x" if value[middle] != "x" else "y") + \
        value[middle + 1:]


def test_each_byte_counts(recorded):
    good = rows(recorded)
    tried = 0
    for at, row in enumerate(good):
        for name in e911_record.COLUMNS:
            if row[name] == "":
                changed = dict(row, **{name: "x"})
            else:
                changed = dict(row, **{name: other(row[name])})
            bad = good[:at] + [changed] + good[at + 1:]
            assert e911_record.verify(KEY, bad, recorded.heads), (at, name)
            tried += 1
    assert tried == len(good) * 12


def test_each_row_counts(recorded):
    good = rows(recorded)
    for at in range(len(good)):
        bad = good[:at] + good[at + 1:]
        assert e911_record.verify(KEY, bad, recorded.heads), at
    for n in range(1, len(good)):
        assert e911_record.verify(KEY, good[:n], recorded.heads), n
        assert e911_record.verify(KEY, good[n:], recorded.heads), n
    assert e911_record.verify(KEY, [], recorded.heads)
    # what only the head tells
    assert e911_record.verify(KEY, good[:-1]) == []


def test_the_order_counts(recorded):
    good = rows(recorded)
    for at in range(len(good) - 1):
        bad = list(good)
        bad[at], bad[at + 1] = bad[at + 1], bad[at]
        assert e911_record.verify(KEY, bad, recorded.heads), at
        # with their numbers put right
        first, second = dict(good[at + 1]), dict(good[at])
        first["seq"], second["seq"] = second["seq"], first["seq"]
        bad[at], bad[at + 1] = first, second
        assert e911_record.verify(KEY, bad, recorded.heads), at


def test_another_key_is_another(recorded):
    assert e911_record.verify(b"f" * 32, rows(recorded))
    assert e911_record.verify([b"f" * 32, KEY], rows(recorded)) == []


def test_rows_made_up_behind_the_last(recorded):
    good = rows(recorded)
    last = dict(good[-1], seq=good[-1]["seq"] + 1, summary='{"code":1}')
    assert e911_record.verify(KEY, good + [last], recorded.heads)


# ----- the tool -----

def tool(*args, **how):
    return subprocess.run([sys.executable, TOOL, *args], capture_output=True,
                          text=True, **how)


def test_the_tool(recorded, key_file, tmp_path):
    done = tool("verify", "--key", key_file, recorded.path)
    assert done.returncode == 0 and "one: " in done.stdout, done
    exported = tool("export", recorded.path)
    lines = tmp_path / "record.jsonl"
    lines.write_text(exported.stdout, encoding="utf-8")
    assert len(lines.read_text().splitlines()) == len(rows(recorded))
    assert tool("verify", "--key", key_file, str(lines)).returncode == 0
    table = tool("export", "--csv", recorded.path).stdout
    assert table.startswith("node,seq,call_id")
    listed = tool("calls", recorded.path).stdout.splitlines()
    assert len(listed) == 2 and all("answered" in line for line in listed)
    one = json.loads(tool("call", recorded.path, listed[0].split()[0]).stdout)
    assert len(one["tries"]) == 2
    node, seq, mac = recorded.heads[-1]
    recorded.query("DELETE FROM e911_record WHERE seq = %d" % seq)
    done = tool("verify", "--key", key_file, recorded.path, "--head",
                "%s:%d:%s" % (node, seq, mac))
    assert done.returncode == 1 and "are gone" in done.stdout
    for bad in (["verify", "--key", "/none", recorded.path],
                ["verify", "--key", key_file, "/none"],
                ["verify", "--key", key_file, key_file]):
        assert tool(*bad).returncode == 2, bad
    (tmp_path / "short").write_text("short\n")
    assert tool("verify", "--key", str(tmp_path / "short"),
                recorded.path).returncode == 2


def test_a_password_is_not_shown_to_all():
    for url, uri, word in (
            ("postgres://u:p%3A1@h:5/d", "postgresql://u@h:5/d", "p%3A1"),
            ("postgres://u@h/d", "postgresql://u@h/d", ""),
            ("postgresql://h/d", "postgresql://h/d", "")):
        assert e911_record.postgres_uri(url) == (uri, word)


def test_somebody_is_taken_out(make, database, uas, ua, key_file):
    proxy = make(database, uas("take"))
    state(proxy, ua(proxy))
    whole(ua(proxy))
    whole(ua(proxy, user="bob"))
    until(lambda: kinds(database).count("ended") == 2, 10, "on record")
    assert any("alice" in r["detail"] for r in rows(database))
    done = tool("redact", "--key", key_file, source(database),
                "alice@example.test")
    assert done.returncode == 0 and re.match("[1-9]", done.stdout), done
    for row in rows(database):
        assert "alice" not in json.dumps(row)
        assert "Example" not in row["document"]
    assert any("bob" in r["detail"] for r in rows(database))
    assert faults(database) == []


# ----- its life in the database -----

def test_the_chain_goes_on(make, database, uas, ua):
    proxy = make(database, uas("take"))
    for i in range(3):
        whole(ua(proxy))
        if i == 1:
            proxy.kill()
            proxy.start()
        else:
            proxy.restart()
    until(lambda: kinds(database).count("start") == 4, 10, "four starts")
    found = kinds(database)
    assert found.count("placed") == 3 or found.count("placed") == 2
    assert found.count("stop") == 2
    proxy.stop()
    assert faults(database, heads(proxy)) == []


def test_killed_in_the_midst_of_it(make, database, uas, ua):
    proxy = make(database, uas("take"))
    agent = ua(proxy)
    for i in range(8):
        before = kinds(database).count("placed")
        calls = [agent.invite(CALL) for _ in range(10)]
        for made in calls[:5]:
            made.final(8)
        # as it begins to write, or in the midst of it
        if i % 2:
            until(lambda: kinds(database).count("placed") > before, 10,
                  "it writes", every=0.001)
        proxy.kill()
        assert faults(database, heads(proxy)) == []
        proxy.start()
    proxy.stop()
    assert faults(database, heads(proxy)) == []
    assert kinds(database).count("placed") > 0


def test_a_database_that_is_down(make, database, uas, ua):
    proxy = make(database, uas("take"))
    agent = ua(proxy)
    database.script("ALTER TABLE e911_record RENAME TO hidden;")
    began = time.monotonic()
    for _ in range(5):
        whole(agent)
    assert time.monotonic() - began < 5
    proxy.wait_log("database: table e911_record: not reachable|no table")
    assert int(ask(proxy, "record_head")["waiting"]) > 20
    database.script("ALTER TABLE hidden RENAME TO e911_record;")
    until_count(database, 5, "kind = 'ended'")
    assert faults(database) == []
    assert "lost" not in kinds(database)
    assert counters(proxy)["record_lost"] == 0


def test_what_is_lost_is_on_record(make, lite, uas, ua):
    proxy = make(lite, uas("take"), params=(
        'modparam("e911", "record_size", 64)\n'))
    state(proxy, ua(proxy))
    lite.script("ALTER TABLE e911_record RENAME TO hidden;")
    agent = ua(proxy)
    for _ in range(40):
        whole(agent)
    lost = counters(proxy)["record_lost"]
    assert lost > 20
    lite.script("ALTER TABLE hidden RENAME TO e911_record;")
    until(lambda: int(ask(proxy, "record_head")["waiting"]) == 0, 70, "written")
    ended = kinds(lite).count("ended")
    whole(agent)
    until(lambda: kinds(lite).count("ended") > ended, 10, "written")
    assert faults(lite) == []
    assert sum(json.loads(r["summary"])["code"] for r in rows(lite)
               if r["kind"] == "lost") == lost
    # the first events of calls had the room that was left
    found = kinds(lite)
    assert found.count("placed") > found.count("ringing")


def test_a_row_that_is_refused(make, database, uas, ua):
    proxy = make(database, uas("take"))
    state(proxy, ua(proxy))
    condition = ("(NEW.detail LIKE '%alice%' AND NEW.kind = 'placed')")
    database.script(database.trigger.replace("e911_location", "e911_record")
                    .replace("%s", condition))
    whole(ua(proxy))
    proxy.wait_log("does not take an event of a call whole", timeout=30)
    until(lambda: "ended" in kinds(database), 20, "the others are there")
    row = [r for r in rows(database) if r["kind"] == "placed"][0]
    assert row["detail"] == "" and row["digest"]
    assert faults(database) == []


def test_two_on_one_table(kamailio, lite, uas, ua, key_file):
    ersp = uas("take")
    proxies = [store_proxy(kamailio, lite, ersp, params=(
        KEYED % key_file).replace('"one"', '"%s"' % node))
        for node in ("one", "two", "two")]
    for proxy in proxies:
        for i in range(3):
            whole(ua(proxy, user="agent%d" % i))
    until(lambda: kinds(lite).count("ended") == 9, 20, "all are on record")
    for proxy in proxies:
        proxy.stop()
    chains = e911_record.examine([KEY], rows(lite))
    assert chains[0] == []
    assert set(chains[1]) == {"one", "two"}


def test_no_table(make, lite, uas, ua):
    lite.script("DROP TABLE e911_record;"
                "DELETE FROM version WHERE table_name = 'e911_record';")
    proxy = make(lite, uas("take"))
    proxy.wait_log("database: no table e911_record")
    whole(ua(proxy))
    assert "ended" in [r["event"] for r in ask(proxy, "record")]
    assert int(ask(proxy, "record_head")["waiting"]) == 0


# ----- how long it is kept -----

def test_it_is_kept_as_long_as_is_said(make, database, uas, ua):
    proxy = make(database, uas("take"), clock=True, params=(
        'modparam("e911", "record_retention", 10)\n'
        'modparam("e911", "record_document", 2)\n'
        'modparam("e911", "record_detail", 5)\n'))
    state(proxy, ua(proxy))
    whole(ua(proxy))
    until(lambda: kinds(database).count("ended") == 1, 10, "on record")
    first = rows(database)

    def after(days):
        proxy.stop()
        proxy.set_clock(days * DAY)
        proxy.start()
        state(proxy, ua(proxy))
        last = rows(database)[-1]["seq"]
        whole(ua(proxy))
        until(lambda: any(r["kind"] == "ended" for r in rows(database)
                          if r["seq"] > last), 10, "on record")
    after(3)
    until(lambda: not any(r["document"] for r in rows(database)[:len(first)]),
          10, "no document")
    old = rows(database)[:len(first)]
    assert [r["document"] for r in old] == [""] * len(old)
    assert [r["detail"] for r in old] == [r["detail"] for r in first]
    assert any(r["document"] for r in rows(database)[len(first):])
    assert faults(database) == []
    after(6)
    until(lambda: not any(r["detail"] for r in rows(database)[:len(first)]),
          10, "no detail")
    assert faults(database) == []
    after(11)
    until(lambda: rows(database)[0]["kind"] == "cut", 10, "a cut")
    found = rows(database)
    assert found[0]["seq"] >= len(first)
    assert found[1]["seq"] == found[0]["seq"] + 1
    proxy.stop()
    assert faults(database, heads(proxy)) == []
    # nor is a cut forged, or put elsewhere
    found = rows(database)
    for bad in (found[1:], [dict(found[0], seq=found[0]["seq"] + 1)]
                + found[2:], found[:1] + found[2:],
                [dict(found[0], digest=found[1]["mac"], seq=found[1]["seq"])]
                + found[2:]):
        assert e911_record.verify(KEY, bad)


# ----- without a database -----

def test_in_memory_alone(kamailio, uas, ua):
    refuses, takes = uas("refuse:503"), uas("take")
    proxy = e911_proxy(kamailio, refuses, takes)
    whole(ua(proxy))
    found = ask(proxy, "record")
    assert sorted(r["event"] for r in found) == [
        "answered", "ended", "failed", "placed", "ringing", "sent", "sent",
        "start"]
    assert found[-1]["event"] == "start"
    failed, = [r for r in found if r["event"] == "failed"]
    assert (failed["code"], failed["destination"]) == (503, refuses.uri())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
                        found[0]["at"])
    row = ask(proxy, "calls")[0]
    assert row["call"] == found[0]["call"]
    assert (row["outcome"], row["destination"], row["code"]) == (
        "answered", takes.uri(), 200)
    head = ask(proxy, "record_head")
    assert (int(head["seq"]), head["mac"]) == (0, "")
    page = ask(proxy, "record", "0", 100, row["call"])
    assert len(page) == len(found) - 1
    assert {r["call"] for r in page} == {row["call"]}
    assert ask(proxy, "record", "0", 100, "none") == []
    # page by page
    pages, cursor = [], "0"
    while cursor:
        page = ask(proxy, "record", cursor, 3)
        cursor = next((r["next"] for r in page if "next" in r), None)
        pages += [r["event"] for r in page if "event" in r]
    assert pages == [r["event"] for r in found]


def test_nothing_is_kept_where_nobody_wants_it(kamailio, uas, ua):
    proxy = e911_proxy(kamailio, uas("take"),
                       PARAMS='modparam("e911", "record_size", 0)')
    whole(ua(proxy))
    assert ask(proxy, "record") == []


def test_memory_is_bounded(kamailio, uas, ua):
    proxy = e911_proxy(kamailio, uas("refuse:503"), uas("take"), PARAMS=(
        'modparam("e911", "record_size", 256)\n'
        'modparam("e911", "ledger_size", 20)\n'
        'modparam("tm", "wt_timer", 500)\n'))
    agent = ua(proxy)
    state(proxy, agent)

    def used():
        return int(proxy.jsonrpc("core.shmmem")["result"]["used"])
    for _ in range(30):
        whole(agent)
    before = used()
    for _ in range(MANY // 30):
        calls = [agent.invite(CALL) for _ in range(30)]
        for made in calls:
            assert made.final(8).status == 200
            made.ack()
            made.bye().final()
    assert int(ask(proxy, "record_head")["in_memory"]) < 1100
    assert counters(proxy)["record_lost"] == 0
    # once tm has forgotten them
    until(lambda: used() <= before, 20, "memory is back")


@pytest.mark.parametrize("params, said", [
    ('modparam("e911", "record_size", 1)', "record_size"),
    ('modparam("e911", "record_node", "it\'s")', "record_node"),
    ('modparam("e911", "record_key_file", "/none")', "record_key_file"),
])
def test_wrong_parameters_are_told(kamailio, uas, params, said):
    from lib import StartError
    with pytest.raises(StartError, match="parameter " + said):
        e911_proxy(kamailio, uas("take"), PARAMS=params)


# ----- names that are no text -----

def test_names_that_are_no_text(make, database, uas, ua):
    proxy = make(database, uas("take"))
    agent = ua(proxy)
    raw = agent.message("INVITE", CALL).replace(
        b"Call-ID: ", b"Call-ID: \xff\xfe'\\\"--;")
    assert agent.start(Call(agent, raw)).final().status == 200
    until(lambda: "answered" in kinds(database), 10, "it is on record")
    assert faults(database) == []
