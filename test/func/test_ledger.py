# SPDX-License-Identifier: GPL-2.0-or-later
"""The ledger of emergency calls, and its life in the database: a restart, a
power failure, a table that is not there, or does not take a call."""
import contextlib
import re
import time

import pytest

from lib import (AUSTIN, DEFAULT_SITE, Postgres, counters, e911_proxy, state,
                 until)
from lib.database import PostgresTables, SqliteTables, store_proxy
from lib.ua import Call

CALL = "sip:911@example.test"
FIRST, SECOND = "+15125550190", "+15125550191"
ELINS = ('modparam("e911", "profile", "name=carrier; pai=elin")\n'
         'modparam("e911", "elin", "name=all; number=%s,%s")\n'
         % (FIRST, SECOND))
DAY = 86400
NO_CALLS = "database: no table e911_call"


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
def make(kamailio, uas):
    """make(database) -> a started proxy, whose ERSP takes all calls."""
    def start(database, params="", **how):
        ersp = uas("take")
        proxy = store_proxy(kamailio, database,
                            (1, ersp.uri(), 0, "profile=carrier"),
                            params=ELINS + params, **how)
        proxy.ersp = ersp
        return proxy
    return start


def ask(proxy, command, *args):
    reply = proxy.jsonrpc("e911." + command, list(args))
    assert "result" in reply, reply
    return reply["result"]


def calls(proxy):
    """{AoR: row} of e911.calls."""
    return {row["aor"]: row for row in ask(proxy, "calls")}


def call(agent):
    made = agent.invite(CALL)
    assert made.final().status == 200
    made.ack()
    return made


def rows(database, what="callid"):
    return database.query("SELECT %s FROM e911_call" % what)


def whole_rows(database):
    """{AoR: what does not change of its newest row}"""
    return {row[0]: row for row in rows(
        database, "aor, callid, tag, caller, device, contact, source, site,"
        " trunk, proven,"
        " test, callback, elin, reference, started, location")}


def until_rows(database, n, where="1 = 1", timeout=15):
    def there():
        return database.query("SELECT count(*) FROM e911_call WHERE "
                              + where)[0][0]
    until(lambda: there() == n, timeout, "%d rows, %s" % (n, where))


def elin_of(proxy, n=-1):
    return re.search(r"\+\d+", proxy.ersp.invites[n].message.h(
        "P-Asserted-Identity")).group()


# ----- what is seen of it -----

def test_a_call_is_seen_from_its_beginning_to_its_end(make, database, ua):
    proxy = make(database)
    alice = ua(proxy)
    made = call(alice)
    row = calls(proxy)["alice@example.test"]
    assert re.fullmatch("[0-9a-f]{16}", row["call"])
    assert row["elin"] == FIRST
    assert row["started"] and row["ended"] == ""
    assert (row["site"], row["trunk"], row["proven"], row["test"]) == (
        "default", "yes", "yes", "no")
    assert counters(proxy)["remembered"] == 1
    states = {r["number"]: (r["state"], r["calls"], r["most"], r["pool"])
              for r in ask(proxy, "elins")}
    assert states == {FIRST: ("in use", 1, 1, "all"),
                      SECOND: ("free", 0, 1, "all")}
    assert made.bye().final().status == 200
    until(lambda: calls(proxy)["alice@example.test"]["ended"], 5, "it ends")
    assert [r["state"] for r in ask(proxy, "elins", "all")] == ["kept", "free"]
    assert "not found" in proxy.jsonrpc("e911.elins", ["none"])[
        "error"]["message"]


def test_the_end_of_a_call_with_a_long_tag(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp)
    agent = ua(proxy)
    agent.tag = 100 * "t"
    made = call(agent)
    assert made.bye().final().status == 200
    until(lambda: calls(proxy)["alice@example.test"]["ended"], 5, "it ends")


def test_pages(kamailio, uas, ua):
    ersp = uas("take")
    numbers = ",".join("5%03d" % i for i in range(60))
    more = ",".join("6%03d" % i for i in range(60))
    proxy = e911_proxy(kamailio, ersp, PARAMS="".join(
        'modparam("e911", "elin", "name=%s; number=%s")\n' % pool
        for pool in (("a", numbers), ("b", more))))
    for i in range(7):
        call(ua(proxy, user="agent%d" % i))
    for command, first, size, count in (("calls", [], 3, 7),
                                        ("elins", ["*"], 50, 120),
                                        ("elins", ["b"], 50, 60)):
        cursor, found, pages = "0", [], 0
        while cursor is not None:
            page = ask(proxy, command, *first, cursor, size)
            cursor = next((r["next"] for r in page if "next" in r), None)
            found += [str(r) for r in page if "next" not in r]
            pages += 1
        assert (len(found), len(set(found))) == (count, count)
        assert pages == count // size + 1
    assert "ROWS" in proxy.jsonrpc("e911.calls", ["0", 101])["error"]["message"]


# ----- restarts -----

@pytest.mark.parametrize("end", ["stop", "kill"])
def test_calls_survive(make, database, ua, end):
    proxy = make(database, DEFAULT_SITE)
    alice, bob = ua(proxy), ua(proxy, user="bob")
    state(proxy, alice, dict(AUSTIN, NAM='The "Bar" \\ Bürö'))
    up, ended = call(alice), call(bob)
    assert ended.bye().final().status == 200
    if end == "kill":
        until_rows(database, 1, "ended > 0 AND elin <> ''")
        until_rows(database, 1, "ended = 0 AND elin <> ''")
    before = calls(proxy)
    getattr(proxy, end)()
    kept = whole_rows(database)
    proxy.start()
    proxy.wait_log("database: 2 calls read")
    after = calls(proxy)
    # the hash of a Call-ID has another key
    for row in *before.values(), *after.values():
        row.pop("call")
        # the record in memory is the one since the start
        for name in "outcome", "destination", "code":
            row.pop(name)
    assert after == before
    assert after["bob@example.test"]["ended"]
    assert not after["alice@example.test"]["ended"]
    # his number is his: the other one is of a call that is up
    call(bob)
    assert elin_of(proxy) == SECOND
    # the end of a call that was up before is seen
    assert up.bye().final().status == 200
    until_rows(database, 1, "ended > 0 AND aor = 'alice@example.test'")
    # written out of memory, it is what was read
    assert whole_rows(database)["alice@example.test"] == kept[
        "alice@example.test"]
    assert "Bürö" in kept["alice@example.test"][-1]


def test_the_last_word_is_written_at_the_end(make, database, ua):
    proxy = make(database)
    for i in range(20):
        made = call(ua(proxy, user="agent%d" % i))
    assert made.bye().final().status == 200
    proxy.stop()
    assert len(re.findall("calls read", proxy.log())) == 1
    until_rows(database, 20, timeout=0)
    until_rows(database, 1, "ended > 0", timeout=0)
    until_rows(database, 2, "elin <> ''", timeout=0)


def test_many_are_read_page_by_page(make, database, ua):
    now = int(time.time())
    database.script("BEGIN;\n" + "".join(
        "INSERT INTO e911_call (callid, aor, started, ended, location) VALUES"
        " ('c%d', 'a%d@example.test', %d, %d, '');\n"
        % (i, i, now - 100, now - 50) for i in range(333)) + "COMMIT;\n")
    proxy = make(database, 'modparam("e911", "ledger_size", 300)\n')
    # the newest are what there is room for
    proxy.wait_log("database: 300 calls read")
    proxy.wait_log("database: 33 calls are not read")
    assert counters(proxy)["remembered"] == 300
    call(ua(proxy))
    assert counters(proxy)["remembered"] == 300


def test_what_is_past_its_window_does_not_come_back(make, database, ua):
    now = int(time.time())
    for name, started, ended in (
            ("past", now - 9000, now - 1900), ("kept", now - 9000, now - 1500),
            ("up", now - 9000, 0), ("lost", now - 30000, 0),
            ("found", now - 23000, 0)):
        database.query(
            "INSERT INTO e911_call (callid, aor, started, ended, location)"
            " VALUES ('%s', '%s@x', %d, %d, '')" % (name, name, started, ended))
    proxy = make(database)
    proxy.wait_log("database: 3 calls read")
    until_rows(database, 3)
    assert calls(proxy).keys() == {"kept@x", "up@x", "found@x"}
    # the end of one that nobody saw, six hours after its beginning
    until(lambda: calls(proxy)["found@x"]["ended"], 5, "it counts as ended")
    until_rows(database, 1, "callid = 'found' AND ended = %d" % (now - 1400))


def test_no_row_is_left_past_the_window(make, database, ua):
    proxy = make(database, clock=True)
    made = call(ua(proxy))
    call(ua(proxy, user="bob"))
    assert made.bye().final().status == 200
    until_rows(database, 1, "ended > 0")
    until_rows(database, 1, "ended = 0")
    proxy.set_clock(1900)
    until_rows(database, 1)
    proxy.set_clock(DAY)
    until_rows(database, 0)
    # a clock that jumps drops nothing in memory
    assert len(calls(proxy)) == 2


def test_rows_that_are_none(make, database):
    now = int(time.time())
    insert = ("INSERT INTO e911_call (callid, aor, started, ended, reference,"
              " location) VALUES (%s)")
    for row in ("'good', 'good@x', %d, 0, '', ''" % now,
                "'', 'empty@x', %d, 0, '', ''" % now,
                "'place', 'place@x', %d, 0, '', '{nonsense'" % now):
        database.query(insert % row)
    proxy = make(database)
    # of the last one only the location is lost
    proxy.wait_log("database: 2 calls read")
    assert calls(proxy).keys() == {"good@x", "place@x"}
    assert re.search("row [0-9]+ of e911_call: value not allowed", proxy.log())


# ----- trouble -----

def test_a_database_without_the_table(make, database, ua):
    database.script("DROP TABLE e911_call;"
                    "DELETE FROM version WHERE table_name = 'e911_call';")
    proxy = make(database)
    proxy.wait_log(NO_CALLS)
    agent = ua(proxy)
    assert "store: stored" in proxy.rpc(
        "e911.loc_set", agent.aor, '{"RD":"x"}', "*", "durable")
    call(agent)
    assert "store: stored" in proxy.rpc(
        "e911.loc_set", agent.aor, '{"RD":"y"}', "*", "durable")
    assert database.locations()["alice@example.test", ""]["places"][0][
        "location"]["RD"] == "y"
    assert len(re.findall(NO_CALLS, proxy.log())) == 1
    assert len(calls(proxy)) == 1


def test_a_table_that_goes_and_comes(make, database, ua):
    proxy = make(database)
    agent = ua(proxy)
    call(agent)
    until_rows(database, 1)
    database.script("ALTER TABLE e911_call RENAME TO hidden;")
    call(ua(proxy, user="bob"))
    proxy.wait_log("database: table e911_call: not reachable")
    assert "store: stored" in proxy.rpc(
        "e911.loc_set", agent.aor, '{"RD":"x"}', "*", "durable")
    assert ("alice@example.test", "") in database.locations()
    database.script("ALTER TABLE hidden RENAME TO e911_call;")
    proxy.wait_log("database: table e911_call: there again", timeout=15)
    until_rows(database, 2)


def test_the_end_waits_for_no_pause(make, database, ua):
    proxy = make(database)
    database.script("ALTER TABLE e911_call RENAME TO hidden;")
    call(ua(proxy))
    proxy.wait_log("database: table e911_call: not reachable")
    database.script("ALTER TABLE hidden RENAME TO e911_call;")
    proxy.stop()
    until_rows(database, 1, timeout=0)


def test_locations_in_trouble_hold_up_no_call(make, database, ua):
    proxy = make(database)
    agent = ua(proxy)
    database.script("ALTER TABLE e911_location RENAME TO hidden;")
    proxy.rpc("e911.loc_set", agent.aor, '{"RD":"x"}')
    proxy.wait_log("database: not reachable")
    call(agent)
    until_rows(database, 1)
    database.script("ALTER TABLE hidden RENAME TO e911_location;")
    until(lambda: ("alice@example.test", "") in database.locations(), 15,
          "the location is stored")


def test_a_call_that_is_refused_is_in_nobodys_way(make, database, ua):
    proxy = make(database)
    agent = ua(proxy)
    where = "" if isinstance(database, SqliteTables) else " ON e911_call"
    database.script(database.trigger.replace("e911_location", "e911_call")
                    % "(NEW.aor = 'alice@example.test')")
    call(agent)
    proxy.wait_log("database: does not take the call [0-9a-f]{16}")
    call(ua(proxy, user="bob"))
    until_rows(database, 1)
    assert rows(database, "aor") == [("bob@example.test",)]
    assert "e911_call: not reachable" not in proxy.log()
    database.script("DROP TRIGGER refuse%s;" % where)


def test_names_that_are_no_text(make, database, ua):
    """Call-ID, tag and Contact as they come: PostgreSQL takes UTF-8 only."""
    proxy = make(database)
    agent = ua(proxy)
    raw = agent.message("INVITE", CALL).replace(
        b"Call-ID: ", b"Call-ID: \xff\xfe'\\\"--;")
    assert agent.start(Call(agent, raw)).final().status == 200
    call(ua(proxy, user="bob"))
    until_rows(database, 1, "aor = 'bob@example.test'")
    proxy.restart()
    proxy.wait_log("database: [12] calls read")
    assert "bob@example.test" in calls(proxy)


def test_a_call_id_longer_than_any(make, database, ua):
    proxy = make(database)
    agent = ua(proxy)
    raw = agent.message("INVITE", CALL).replace(
        b"Call-ID: ", b"Call-ID: " + 300 * b"x")
    made = agent.start(Call(agent, raw))
    assert made.final().status == 200
    made.ack()
    until_rows(database, 1, "callid LIKE '#%%'")
    assert made.bye().final().status == 200
    until_rows(database, 1, "ended > 0")


def test_a_table_of_another_version(make, database, ua):
    database.query("UPDATE version SET table_version = 2 WHERE table_name ="
                   " 'e911_call'")
    proxy = make(database)
    proxy.wait_log(NO_CALLS)
    agent = ua(proxy)
    call(agent)
    assert "store: stored" in proxy.rpc(
        "e911.loc_set", agent.aor, '{"RD":"x"}', "*", "durable")
    assert rows(database) == []
