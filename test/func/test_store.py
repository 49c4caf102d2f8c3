# SPDX-License-Identifier: GPL-2.0-or-later
"""Locations in a database: real SQLite and PostgreSQL, that are asked for the
rows, and that stop, die, hang, are locked, full or of another version."""
import contextlib
import http.client
import itertools
import json
import os
import random
import re
import resource
import time

import pytest

from lib import AUSTIN, Postgres, RpcError, counters, until
from lib import kamailio as kamailio_module
from lib.database import (PostgresTables, SqliteTables, differences, in_force,
                          in_threads, store_proxy)
from lib.postgres import alive

ALICE = "sip:alice@example.test"
KEY = "alice@example.test", ""
DEVICE = "urn:uuid:00000000-0000-1000-8000-00000000000a"
HERE, THERE = "192.0.2.1", "198.51.100.7"
CALL = "sip:911@example.test"
SWIFT = 1  # s, with patience for a busy machine; a hung database costs 2
GATE = 'modparam("e911", "site", "name=hq;set=1;gate=require")'
# what an operator would have his proxy say
ORDINARY = """
    if(is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
    if(is_method("INVITE") && !e911_gate()) {
        sl_send_reply("403", "State Your Location First");
        exit;
    }
"""
TIMES = 4  # that it fails: more than make it leave a record out
ROUNDS = 50 if os.environ.get("SOAK") == "1" else 5


@pytest.fixture
def sqlite_tables(tmp_path):
    made = SqliteTables(tmp_path)
    made.create()
    return made


@pytest.fixture(scope="module")
def one_postgres(tmp_path_factory):
    """The same for all, and whatever they do to it."""
    with contextlib.closing(Postgres(tmp_path_factory.mktemp("pg"))) as made:
        yield made.start()


@pytest.fixture
def postgres_empty(one_postgres):
    if one_postgres.process is None:
        one_postgres.start()
    one_postgres.resume()
    one_postgres.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return PostgresTables(one_postgres)


@pytest.fixture
def postgres_tables(postgres_empty):
    postgres_empty.create()
    return postgres_empty


@pytest.fixture(params=["sqlite", "postgres"])
def database(request):
    """Each kind of database, with the tables."""
    return request.getfixturevalue(request.param + "_tables")


@pytest.fixture
def make(kamailio, uas):
    """make(database, ...) -> a started proxy; its ERSP takes all calls."""
    def start(database, params=GATE, **how):
        return store_proxy(kamailio, database, uas("take"), params=params,
                           ORDINARY=ORDINARY, **how)
    return start


@pytest.fixture
def proxy(make, database):
    return make(database)


def put(proxy, aor=ALICE, fields=None, contact="*", options="", **more):
    """What loc_set answers. more: fields beside those of AUSTIN."""
    reply = proxy.jsonrpc("e911.loc_set", [
        aor, json.dumps(fields or dict(AUSTIN, **more)), contact,
        *([options] if options else [])])
    assert "result" in reply, reply
    return reply["result"]


def put_durable(proxy, aor=ALICE, options="", **how):
    answer = put(proxy, aor, options="durable;" + options, **how)
    assert answer["store"] == "stored", answer
    return answer


def get(proxy, *key):
    return proxy.jsonrpc("e911.loc_get", list(key or (ALICE,)))["result"]


def stated(proxy, *key):
    """The fields in force, without the one that a command adds."""
    fields = get(proxy, *key)["location"]
    return {name: fields[name] for name in fields if name != "method"}


def is_stored(proxy, answer):
    return proxy.jsonrpc("e911.stored", [answer["id"]])["result"] == "stored"


def until_stored(proxy, answer, timeout=10):
    until(lambda: is_stored(proxy, answer), timeout, "stored: %s" % answer)


def until_equal(proxy, database, timeout=10):
    """Until all is written and the database is as the cache."""
    found = []

    def equal():
        if counters(proxy)["pending"]:
            return False
        found[:] = differences(proxy, database)
        return not found
    try:
        until(equal, timeout, every=0.1)
    except AssertionError:
        raise AssertionError("%d differences after %g s: %s; %s" % (
            len(found), timeout, found[:5], counters(proxy))) from None


def until_loaded(proxy, timeout=20):
    """Since the last start."""
    until(lambda: proxy.log().rfind(" locations read")
          > proxy.log().rfind("Listening on"), timeout, "all is read")


def assert_swift(agent):
    """What has nothing to do with the database is answered at once."""
    assert agent.request("OPTIONS", "sip:example.test").final(
        SWIFT).status == 200
    assert agent.invite(CALL).final(SWIFT).status == 200


def keeper_pid(proxy):
    found = re.search(r"PID: (\d+)\s+DSC: e911 keeper", proxy.rpc("core.psx"))
    return int(found.group(1))


def number_in(database, key=KEY):
    """House number in the row of a location."""
    row = database.locations()[key]
    return row["places"][row["place"]]["location"]["HNO"]


def place(network=HERE, confirmed=1790000000, until=0, location=None, **more):
    """A place as the database keeps it."""
    return {"network": network, "confirmed": confirmed, "stated": confirmed,
            "until": until, "verdict": "valid", "origin": "rpc",
            "location": location or AUSTIN, **more}


# ----- what is in the database -----

def test_durable_is_in_the_database_when_it_is_answered(proxy, database):
    before = int(time.time())
    for i in range(20):
        answer = put_durable(proxy, "sip:a%d@x" % i, HNO=str(i),
                             options="network=%s;ttl=1000" % HERE)
        row = database.locations()["a%d@x" % i, ""]
        assert is_stored(proxy, answer)
        assert row["places"][0]["location"]["HNO"] == str(i)
        assert before + 999 <= row["expires"] <= time.time() + 1000
        assert before <= row["changed"] <= time.time()
        assert row["seen"] == HERE
        assert (row["site"], row["place"], row["moved"], row["bound"],
                row["gone"]) == ("", 0, 0, 0, 0)
    assert get(proxy, "a7@x")["store"] == "stored"
    assert counters(proxy)["store_written"] == 20
    assert counters(proxy)["pending"] == 0


def test_not_durable_is_stored_soon(proxy, database):
    answer = put(proxy)
    assert answer["store"] in ("pending", "stored")
    until_stored(proxy, answer)
    assert KEY in database.locations()
    assert get(proxy)["store"] == "stored"


def test_row_is_the_location_as_stated(proxy, database):
    fields = dict(AUSTIN, RD='Küß \\"x\\" <&> \'; DROP TABLE', LOC="C:\\n\\0",
                  NAM="日本 🚑 \u00a0é", A4="100% _ $1 ?1 /")
    before = int(time.time())
    put_durable(proxy, contact=DEVICE, fields=fields)
    only, = database.locations()[KEY[0], DEVICE]["places"]
    assert only.pop("location") == dict(fields, method="Manual")
    assert before <= only.pop("confirmed") == only.pop("stated") <= time.time()
    assert only == {"network": "", "until": 0, "verdict": "unchecked",
                    "origin": "rpc"}
    proxy.restart()
    until_loaded(proxy)
    assert stated(proxy, ALICE, DEVICE) == fields


def test_replaced_location_replaces_the_row(proxy, database):
    for number in "1", "2":
        put_durable(proxy, HNO=number)
        put_durable(proxy, contact=DEVICE, HNO=number + "0")
    rows = database.locations()
    assert {key: row["places"][0]["location"]["HNO"]
            for key, row in rows.items()} == {KEY: "2", (KEY[0], DEVICE): "20"}


def test_each_network_is_a_place(proxy, database):
    put_durable(proxy, options="network=" + HERE, HNO="1")
    put_durable(proxy, options="network=" + THERE, HNO="2")
    row = database.locations()[KEY]
    assert [(p["network"], p["location"]["HNO"]) for p in row["places"]] == [
        (HERE, "1"), (THERE, "2")]
    assert row["place"] == 1 and row["seen"] == THERE


def test_deleted_location_has_no_row(proxy, database):
    for contact in "*", DEVICE, "sip:alice@192.0.2.9":
        put_durable(proxy, contact=contact)
    put_durable(proxy, "sip:bob@x")
    proxy.jsonrpc("e911.loc_del", [ALICE, DEVICE])
    until(lambda: database.locations().keys() == {
        KEY, (KEY[0], "alice@192.0.2.9"), ("bob@x", "")}, 5)
    proxy.jsonrpc("e911.loc_del", [ALICE])
    until(lambda: database.locations().keys() == {("bob@x", "")}, 5)
    proxy.restart()
    until_loaded(proxy)
    assert in_force(proxy).keys() == {("bob@x", "")}


def test_confirmed_location_is_so_in_the_database(make, database):
    proxy = make(database, clock=True)
    put_durable(proxy)
    before = database.locations()[KEY]["places"][0]
    proxy.set_clock(100)
    answer = proxy.jsonrpc("e911.loc_confirm", [ALICE])["result"]
    until_stored(proxy, answer)
    after = database.locations()[KEY]["places"][0]
    assert 100 <= after["confirmed"] - before["confirmed"] < 110
    assert dict(after, confirmed=0) == dict(before, confirmed=0)


def test_site_of_an_order_is_kept(make, database):
    proxy = make(database, 'modparam("e911", "site", "name=lab;prefix=+1512")')
    put_durable(proxy, options="site=lab")
    assert database.locations()[KEY]["site"] == "lab"
    proxy.restart()
    until_loaded(proxy)
    assert get(proxy)["site"] == "lab"


def test_id_of_no_change_is_not_stored(proxy):
    answer = put_durable(proxy)
    later = str(int(answer["id"]) + 1)
    assert proxy.jsonrpc("e911.stored", [later])["error"]["code"] == 404
    for bad in "0", "-1", "x", "1x", "":
        assert "error" in proxy.jsonrpc("e911.stored", [bad]), bad


# ----- the end and the start -----

def test_all_is_there_after_a_restart(proxy, database):
    put(proxy, options="network=%s;ttl=1000" % HERE)
    put(proxy, contact=DEVICE, HNO="2", options="network=%s" % HERE)
    put(proxy, contact=DEVICE, HNO="3", options="network=%s" % THERE)
    put(proxy, "sip:bob@x", options="site=hq", HNO="4")
    until_equal(proxy, database)
    before = in_force(proxy)
    assert before[KEY[0], DEVICE]["places"] == 2
    for i in range(2):
        proxy.restart()
        until_loaded(proxy)
        after = in_force(proxy)
        for row in (*before.values(), *after.values()):
            row.pop("expires", None)  # by the clock of each start
        assert after == before
        assert counters(proxy)["store_read"] == 3
        assert counters(proxy)["pending"] == 0
    left = database.locations()[KEY]["expires"] - time.time()
    assert 900 < left <= 1000


def test_state_of_a_contact_is_there_after_a_restart(make, database):
    now = int(time.time())
    texts = json.dumps([place(HERE), place(THERE, now, HNO="2")])
    database.insert(aor="moved@x", contact="d", site="hq", place=1, moved=1,
                    bound=1, seen="203.0.113.9", places=texts)
    database.insert(aor="gone@x", bound=1, gone=now + 500, places=texts)
    database.insert(aor="old@x", place=0, places=texts)
    proxy = make(database, GATE[:-2] + ';max_age=1h")')
    until_loaded(proxy)
    for _ in range(2):
        moved, gone, old = (get(proxy, a + "@x") for a in (
            "moved", "gone", "old"))
        assert (moved["freshness"], moved["reason"]) == ("suspect", "moved")
        assert (moved["network"], moved["seen"]) == (THERE, "203.0.113.9")
        assert (moved["site"], moved["places"]) == ("hq", 2)
        assert (gone["freshness"], gone["reason"]) == ("expired", "gone")
        assert gone["dropped"]
        assert (old["freshness"], old["reason"]) == ("suspect", "old")
        assert old["network"] == HERE and old["verdict"] == "valid"
        proxy.restart()
        until_loaded(proxy)


def test_what_is_pending_at_the_end_is_written(make, database):
    """The keeper has some of it in hand, and waits, when it is ended."""
    proxy = make(database)
    until_loaded(proxy)
    with database.locked():
        for i in range(50):
            put(proxy, "sip:a%d@x" % i)
        proxy.wait_log("database: .*kept until it is back", 30)
        for i in range(50, 400):
            put(proxy, "sip:a%d@x" % i)
        proxy.jsonrpc("e911.loc_del", ["sip:a7@x"])
        # on a busy machine one may have changed by itself meanwhile
        assert counters(proxy)["pending"] >= 401
        keeper = keeper_pid(proxy)
        stopped = in_threads(1, lambda _: proxy.stop())
        until(lambda: not alive(keeper), 10, "the keeper has ended")
    stopped()
    assert database.locations().keys() == {
        ("a%d@x" % i, "") for i in range(400) if i != 7}
    proxy.start()
    until_loaded(proxy)
    assert not differences(proxy, database)


def test_rows_past_their_time_are_dropped(make, database):
    now = int(time.time())
    text = json.dumps([place()])
    for aor, expires, gone in (("a@x", now - 1, 0), ("b@x", 0, now - 1),
                               ("c@x", now + 900, now - 9), ("d@x", now, now),
                               ("e@x", now + 900, 0), ("f@x", 0, now + 900),
                               ("g@x", 0, 0), ("h@x", now + (1 << 33), 0)):
        database.insert(aor=aor, bound=1, expires=expires, gone=gone,
                        places=text)
    proxy = make(database)
    until(lambda: database.count() == 4, 10)
    kept = {(aor, "") for aor in ("e@x", "f@x", "g@x", "h@x")}
    assert database.locations().keys() == kept
    assert in_force(proxy).keys() == kept
    assert counters(proxy)["dropped"] == 4
    assert counters(proxy)["store_read"] == 4


def bad_rows():
    """{what: columns of a row that cannot be read}"""
    good = place()
    return {
        "no JSON": {"places": "nonsense"},
        "cut off": {"places": json.dumps([good])[:-5]},
        "two values": {"places": json.dumps([good]) * 2},
        "empty text": {"places": ""},
        "no places": {"places": "[]"},
        "an object": {"places": json.dumps(good)},
        "null": {"places": "[null]"},
        "unknown field": {"places": json.dumps(
            [place(location={"country": "US", "HNOX": "1"})])},
        "number": {"places": json.dumps([place(location={"HNO": 1})])},
        "nothing said": {"places": json.dumps([place(location={"a": "b"})])},
        "no address": {"places": json.dumps(
            [place(location={"country": "US"})])},
        "control character": {"places": json.dumps(
            [place(location=dict(AUSTIN, RD="a\r\nContact: <sip:evil@x>"))])},
        "network": {"places": json.dumps([place(network="192.0.2.256")])},
        "time": {"places": json.dumps([place(confirmed="yesterday")])},
        "verdict": {"places": json.dumps([place(verdict="fine")])},
        "five places": {"places": json.dumps([good] * 5)},
        "second place": {"places": json.dumps([good, {}])},
        "place not there": {"places": json.dumps([good]), "place": 1},
        "place below": {"places": json.dumps([good]), "place": -1},
        "place far off": {"places": json.dumps([good]), "place": 256},
        "deep": {"places": "[" * 1000 + "]" * 1000},
        "no caller": {"places": json.dumps([good]), "aor": ""},
    }


def test_bad_rows_are_passed_over(make, database):
    bad = bad_rows()
    good = {}
    for i, (what, columns) in enumerate(bad.items()):
        database.insert(**{"aor": "bad%d@x" % i, **columns})
        aor = "good%d@x" % i
        good[aor, ""] = dict(AUSTIN, NAM=what)
        database.insert(aor=aor, places=json.dumps(
            [place(location=good[aor, ""])]))
    proxy = make(database)
    until_loaded(proxy)
    assert {k: row["location"] for k, row in in_force(proxy).items()} == good
    assert counters(proxy)["store_refused"] == len(bad)
    assert counters(proxy)["store_read"] == len(good)
    told = re.findall(r"database: row (\d+) of e911_location: ", proxy.log())
    assert list(map(int, told)) == list(range(1, 2 * len(bad), 2))
    # for somebody to repair
    assert database.count() == 2 * len(bad)


def test_bad_row_is_replaced_by_what_is_stated(make, database):
    database.insert(aor=KEY[0], places="nonsense")
    proxy = make(database)
    until_loaded(proxy)
    put_durable(proxy)
    assert not differences(proxy, database)


def test_bytes_that_are_no_text_are_passed_over(make, sqlite_tables):
    text = json.dumps([place()], ensure_ascii=False).encode()
    for aor, places in (("a@x", text.replace(b"Example", b"Ex\xffample")),
                        ("b@x", text.replace(b"Example", b"Ex\0ample")),
                        ("c@x", text)):
        sqlite_tables.query("INSERT INTO e911_location (aor, places) VALUES"
                            " (?, CAST(? AS TEXT))", (aor, places))
    sqlite_tables.query("INSERT INTO e911_location (aor, contact, places)"
                        " VALUES (?, ?, ?)", ("d" * 200 + "@x", "", "[]"))
    proxy = make(sqlite_tables)
    until_loaded(proxy)
    assert in_force(proxy).keys() == {("c@x", "")}
    assert counters(proxy)["store_refused"] == 3


# ----- many rows -----

MANY = 20000


def test_calls_are_answered_while_all_is_read(make, ua, sqlite_tables):
    sqlite_tables.insert_all(
        ("a%d@x" % i, json.dumps([place(location=dict(AUSTIN, HNO=str(i)))]))
        for i in range(MANY))
    with sqlite_tables.locked():
        proxy = make(sqlite_tables)
        agent = ua(proxy, user="a%d" % (MANY - 1), domain="x")
        assert_swift(agent)
        assert counters(proxy)["locations"] == 0
        # nobody knows yet whether he has stated his location
        assert agent.invite("sip:1@x").final().status == 404
        assert counters(proxy)["gate_open"] == 1
        # what is stated meanwhile is newer than its row
        put(proxy, "sip:a5@x", HNO="new")
        put(proxy, "sip:new@x")
    worst = 0
    while counters(proxy)["locations"] <= MANY:
        began = time.monotonic()
        assert_swift(agent)
        worst = max(worst, time.monotonic() - began)
        assert time.monotonic() - began < SWIFT
    until_loaded(proxy)
    assert agent.invite("sip:1@x").final().status == 404  # not refused
    assert ua(proxy, user="stranger", domain="x").invite(
        "sip:1@x").final().status == 403
    assert counters(proxy)["gate_open"] == 1
    assert counters(proxy)["store_read"] + counters(proxy)["store_refused"] \
        == MANY
    assert stated(proxy, "a%d@x" % (MANY - 1))["HNO"] == str(MANY - 1)
    assert stated(proxy, "a5@x")["HNO"] == "new"
    until_equal(proxy, sqlite_tables, 20)


def test_large_rows_are_read_at_8_megabytes(make, database):
    """As large as they get: 500 of them are more than a process has."""
    fields = {"country": "US"}
    for size, names in ((120, "LMK LOC NAM HNC RD"), (100, "BLD SITE SUBSITE"),
                        (60, "A1 A2 A3 A4 A5 A6 RDSEC RDBR RDSUBBR PLC PCN"
                             " ADDCODE WING SECTION PCE"), (40, "PRM POM PN")):
        fields.update((name, "/" * size) for name in names.split())
    text = json.dumps([place("192.0.2.%d" % i, location=fields)
                       for i in range(4)]).replace("/", "\\/")
    database.insert_all(("a%d@x" % i, text) for i in range(1100))
    proxy = make(database)
    until_loaded(proxy)
    assert counters(proxy)["store_read"] == 1100
    assert counters(proxy)["store_failed"] == 0
    assert stated(proxy, "a1099@x") == fields


# ----- a power failure -----

def change_all(proxy, number, said, stop):
    """Changes until the proxy is gone. said: of each AoR what was stored last
    (None: nothing), then what may be there instead, being not answered."""
    for n in itertools.count():
        aor = "t%d-%d@x" % (number, n % 7)
        said.setdefault(aor, [None]).append(str(n))
        try:
            answer = proxy.jsonrpc("e911.loc_set", [
                aor, json.dumps(dict(AUSTIN, HNO=str(n), NAM="🚑" * 20)), "*",
                "durable"], timeout=0.5)["result"]
        except OSError:
            if stop:
                return
            continue
        if answer["store"] == "stored":
            said[aor] = [str(n)]


def assert_kept(said, rows):
    """Each row is one of those that it may be."""
    for aor, numbers in said.items():
        row = rows.get((aor, ""))
        if row:
            assert row["places"][0]["location"]["HNO"] in numbers \
                or numbers[0] is None, (aor, numbers)
        else:
            assert numbers[0] is None, (aor, numbers)


def test_nothing_stored_is_lost_by_a_power_failure(make, database):
    proxy = make(database, load='modparam("jsonrpcs", "dgram_workers", 4)')
    for _ in range(ROUNDS):
        said, stop = {}, []
        until_loaded(proxy)
        wait = in_threads(4, lambda i: change_all(proxy, i, said, stop))
        until(lambda: len(said) == 28 and all(s[0] for s in said.values()), 20,
              "all were stored once")
        time.sleep(random.random() * 0.2)  # any moment will do
        stop.append(1)
        proxy.kill()
        wait()
        database.check()
        assert_kept(said, database.locations())
        os.truncate(proxy.log_path, 0)
        proxy.start()
        until_loaded(proxy)
        assert not differences(proxy, database)
        assert counters(proxy)["store_refused"] == 0


# ----- the database comes and goes -----

def load(proxy, stop, number):
    """Locations stated, replaced and deleted at about 200 a second."""
    for n in itertools.count():
        if stop:
            return
        aor = "l%d-%d@x" % (number, n % 60)
        put(proxy, aor, HNO=str(n), contact=DEVICE if n % 3 else "*")
        if n % 20 == 7:
            proxy.jsonrpc("e911.loc_del", [aor])
        time.sleep(0.01)


@contextlib.contextmanager
def under_load(proxy):
    stop = []
    wait = in_threads(2, lambda i: load(proxy, stop, i))
    try:
        yield
    finally:
        stop.append(1)
        wait()


def until_some_pending(proxy):
    until(lambda: counters(proxy)["pending"] > 20, 10, "changes wait")


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_postgres_ends_and_comes_back(make, ua, postgres_tables, end):
    server = postgres_tables.server
    proxy = make(postgres_tables)
    agent = ua(proxy)
    with under_load(proxy):
        for _ in range(3):
            until(lambda: counters(proxy)["pending"] == 0, 10)
            until(lambda: counters(proxy)["store_written"] > 20, 10)
            getattr(server, end)()
            assert_swift(agent)
            until_some_pending(proxy)
            assert put(proxy)["store"] == "pending"
            assert_swift(agent)
            server.start()
    until_equal(proxy, postgres_tables)
    told = re.findall("database: (not reachable|there again)", proxy.log())
    assert told == ["not reachable", "there again"] * 3
    assert counters(proxy)["store_refused"] == 0
    assert counters(proxy)["store_lost"] == 0


def test_postgres_hangs(make, ua, postgres_tables):
    proxy = make(postgres_tables,
                 GATE + 'modparam("e911", "durable_wait", 200)')
    agent = ua(proxy)
    with under_load(proxy):
        until(lambda: counters(proxy)["store_written"] > 20, 10)
        postgres_tables.server.hang()
        until_some_pending(proxy)
        assert_swift(agent)
        began = time.monotonic()
        answer = put(proxy, options="durable")
        assert answer["store"] == "pending"
        assert 0.15 < time.monotonic() - began < SWIFT
        assert get(proxy)["store"] == "pending"
        assert not is_stored(proxy, answer)
        # also once it is given up, and while it is tried anew
        proxy.wait_log("timeout waiting for postgres", 10)
        assert_swift(agent)
        postgres_tables.server.resume()
    until_stored(proxy, answer)
    until_equal(proxy, postgres_tables)
    assert counters(proxy)["store_refused"] == 0


def test_hung_database_does_not_hold_up_the_end(make, postgres_tables):
    proxy = make(postgres_tables)
    put_durable(proxy)
    postgres_tables.server.hang()
    put(proxy, HNO="2")
    proxy.stop()
    assert re.search("ERROR: .*last changes are not stored: 1", proxy.log())
    postgres_tables.server.resume()
    assert number_in(postgres_tables) == "1200"


def test_database_down_at_the_start(make, ua, postgres_tables):
    server = postgres_tables.server
    postgres_tables.insert(aor=KEY[0], places=json.dumps([place()]))
    server.stop()
    proxy = make(postgres_tables)
    agent = ua(proxy, user="alice", domain="example.test")
    assert_swift(agent)
    put(proxy, "sip:bob@x")
    assert ua(proxy, user="carol").invite("sip:1@x").final().status == 404
    assert counters(proxy)["gate_open"] == 1
    server.start()
    until_loaded(proxy)
    until_equal(proxy, postgres_tables)
    assert in_force(proxy).keys() == {KEY, ("bob@x", "")}
    assert ua(proxy, user="carol").invite("sip:1@x").final().status == 403


def test_changes_are_kept_while_it_is_locked(make, ua, sqlite_tables):
    proxy = make(sqlite_tables)
    put_durable(proxy, "sip:bob@x")
    with sqlite_tables.locked():
        put(proxy)
        proxy.wait_log("kept until it is back")
        assert counters(proxy)["pending"] == 1
        for i in range(30):
            put(proxy, "sip:a%d@x" % i)
        proxy.jsonrpc("e911.loc_del", ["sip:bob@x"])
        assert_swift(ua(proxy))
        assert counters(proxy)["pending"] == 32
    until_equal(proxy, sqlite_tables)
    assert len(in_force(proxy)) == 31
    assert counters(proxy)["store_refused"] == 0


def test_nothing_is_lost_where_it_fails_now_and_then(make, database):
    """Each time in the midst of something, and at once again."""
    proxy = make(database)
    with under_load(proxy):
        end = time.monotonic() + 2
        while time.monotonic() < end or (
                time.monotonic() < end + 20
                and counters(proxy)["store_failed"] == 0):
            database.disturb()
            time.sleep(random.random() * 0.02)
    until_equal(proxy, database)
    assert counters(proxy)["store_failed"] > 0
    assert counters(proxy)["store_refused"] == 0


@pytest.fixture
def plain_root(tmp_path, monkeypatch):
    """Kamailio as a user whom a file's mode and a limit may stop."""
    path = tmp_path / "kamailio"
    how = ("setpriv --bounding-set -dac_override " if os.geteuid() == 0 else "")
    path.write_text("#!/bin/sh\ntrap '' XFSZ\nexec %s%s \"$@\"\n" % (
        how, kamailio_module.KAMAILIO))
    path.chmod(0o755)
    monkeypatch.setattr(kamailio_module, "KAMAILIO", str(path))


def test_changes_are_kept_while_it_is_read_only(
        make, sqlite_tables, plain_root):
    sqlite_tables.insert(aor=KEY[0], places=json.dumps([place()]))
    os.chmod(sqlite_tables.path, 0o444)
    proxy = make(sqlite_tables)
    until_loaded(proxy)
    put(proxy, HNO="2")
    put(proxy, "sip:bob@x")
    until(lambda: counters(proxy)["store_failed"] >= TIMES, 10)
    assert counters(proxy)["pending"] == 2
    assert get(proxy)["store"] == "pending"
    os.chmod(sqlite_tables.path, 0o644)
    until_equal(proxy, sqlite_tables)
    assert counters(proxy)["store_refused"] == 0


def test_changes_are_kept_while_the_disk_is_full(
        make, sqlite_tables, plain_root):
    proxy = make(sqlite_tables)
    put_durable(proxy)
    keeper = keeper_pid(proxy)
    resource.prlimit(keeper, resource.RLIMIT_FSIZE, (
        os.path.getsize(sqlite_tables.path), resource.RLIM_INFINITY))
    for i in range(40):
        put(proxy, "sip:a%d@x" % i)
    put(proxy, HNO="2")
    until(lambda: counters(proxy)["store_failed"] >= TIMES, 10)
    assert counters(proxy)["pending"] > 0
    resource.prlimit(keeper, resource.RLIMIT_FSIZE, (
        resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    until_equal(proxy, sqlite_tables)
    assert counters(proxy)["store_refused"] == 0
    sqlite_tables.check()


def test_changes_are_kept_while_it_takes_no_row(make, database):
    """As where the disk is full, and to delete is possible."""
    proxy = make(database)
    put_durable(proxy)
    put_durable(proxy, "sip:bob@x")
    database.refuse("true")
    put(proxy, HNO="2")
    put(proxy, "sip:carol@x")
    proxy.jsonrpc("e911.loc_del", ["sip:bob@x"])
    until(lambda: counters(proxy)["store_failed"] >= TIMES, 10)
    assert counters(proxy)["pending"] > 0
    # the old one is better than none, after a power failure
    assert number_in(database) == "1200"
    database.accept()
    until_equal(proxy, database)
    assert counters(proxy)["store_refused"] == 0


def test_row_that_is_refused_stands_in_nobodys_way(make, database):
    proxy = make(database, GATE + 'modparam("e911", "durable_wait", 900)')
    put_durable(proxy)
    database.refuse("NEW.aor = 'alice@example.test'")
    with database.locked():  # all in one batch
        put(proxy, "sip:bob@x")
        answer = put(proxy, HNO="2")
        put(proxy, "sip:carol@x")
    until(lambda: database.locations().keys() == {
        ("bob@x", ""), ("carol@x", "")}, 10)
    assert counters(proxy)["store_refused"] == 1
    assert get(proxy)["store"] == "refused"
    answer = put(proxy, HNO="3", options="durable")
    assert answer["store"] == "pending"
    until(lambda: counters(proxy)["store_refused"] == 2, 5)
    assert not is_stored(proxy, answer)
    put_durable(proxy, "sip:dave@x")
    database.accept()
    put_durable(proxy, HNO="4")
    until_equal(proxy, database)


def test_aor_that_is_no_text(make, postgres_tables):
    """PostgreSQL refuses even to look for it."""
    database = postgres_tables
    proxy = make(database)
    aor = os.fsdecode(b"sip:\xff@x")
    with pytest.raises(RpcError) as caught:
        proxy.rpc("e911.loc_set", aor, json.dumps(AUSTIN))
    assert "AOR or CONTACT: value not allowed" in str(caught.value)
    put_durable(proxy, "sip:jos\u00e9@x")
    until_equal(proxy, database)


# ----- tables -----

def test_tables_of_another_version(make, ua, database):
    database.query("UPDATE version SET table_version = 2 WHERE table_name ="
                   " 'e911_location'")
    proxy = make(database)
    assert_swift(ua(proxy))
    put(proxy)
    until(lambda: counters(proxy)["store_failed"] >= 3, 10)
    assert len(re.findall("tables of another version", proxy.log())) == 1
    assert counters(proxy)["pending"] == 1
    assert database.count() == 0
    database.query("UPDATE version SET table_version = 1")
    until_equal(proxy, database)


def test_tables_missing(make, ua, tmp_path, postgres_empty):
    for database in SqliteTables(tmp_path), postgres_empty:
        proxy = make(database)
        assert_swift(ua(proxy))
        put(proxy)
        until(lambda: counters(proxy)["store_failed"] >= 3, 10)
        assert len(re.findall("kept until it is back", proxy.log())) == 1
        database.create()
        until_equal(proxy, database)
        assert KEY in database.locations()


# ----- more changes than are kept -----

def test_queue_that_overflows_is_made_good(make, database):
    proxy = make(database, GATE + 'modparam("e911", "store_queue", 5)')
    for i in range(40):
        put_durable(proxy, "sip:a%d@x" % i)
    with database.locked():
        for i in range(20):
            put(proxy, "sip:a%d@x" % i, HNO="new")
            proxy.jsonrpc("e911.loc_del", ["sip:a%d@x" % (i + 20)])
            last = put(proxy, "sip:b%d@x" % i)
        assert counters(proxy)["store_lost"] >= 50
        assert counters(proxy)["pending"] == 60
        assert not is_stored(proxy, last)
    until_stored(proxy, last)
    until_equal(proxy, database)
    assert len(in_force(proxy)) == 40
    put_durable(proxy)


def test_what_was_lost_is_made_good_at_the_end(make, database):
    proxy = make(database, GATE + 'modparam("e911", "store_queue", 5)')
    for i in range(40):
        put_durable(proxy, "sip:a%d@x" % i)
    with database.locked():
        for i in range(20):
            put(proxy, "sip:a%d@x" % i, HNO="new")
            proxy.jsonrpc("e911.loc_del", ["sip:a%d@x" % (i + 20)])
        keeper = keeper_pid(proxy)
        stopped = in_threads(1, lambda _: proxy.stop())
        until(lambda: not alive(keeper), 10, "the keeper has ended")
    stopped()
    rows = database.locations()
    assert rows.keys() == {("a%d@x" % i, "") for i in range(20)}
    assert {r["places"][0]["location"]["HNO"] for r in rows.values()} == {"new"}


# ----- deleted before it was read -----

def test_deleted_while_all_is_read(make, database):
    """What a command has deleted does not come back with the rows."""
    for aor in "a@x", "b@x", "c@x":
        database.insert(aor=aor, places=json.dumps([place()]))
    with database.locked():
        proxy = make(database)
        put(proxy, "sip:a@x", HNO="new")
        assert proxy.jsonrpc("e911.loc_del", ["sip:a@x"])["result"] == 1
    until_equal(proxy, database)
    assert in_force(proxy).keys() == {("b@x", ""), ("c@x", "")}


# ----- over HTTP -----

HTTP = """
loadmodule "xhttp.so"
modparam("jsonrpcs", "transport", 5)
"""
HTTP_ROUTE = """
event_route[xhttp:request] { jsonrpc_dispatch(); }
"""


def test_durable_over_http_does_not_wait(make, database):
    proxy = make(database, load=HTTP, ROUTES=HTTP_ROUTE)

    def post(aor):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "e911.loc_set",
                           "params": [aor, json.dumps(AUSTIN), "*", "durable"]})
        with contextlib.closing(http.client.HTTPConnection(
                proxy.host, proxy.port, timeout=10)) as client:
            client.request("POST", "/RPC", body,
                           {"Content-Type": "application/json"})
            return json.load(client.getresponse())["result"]

    with database.locked():
        began = time.monotonic()
        answers = [post("sip:a%d@x" % i) for i in range(4)]
        assert time.monotonic() - began < SWIFT
        assert {a["store"] for a in answers} == {"pending"}
        assert not is_stored(proxy, answers[0])
    for answer in answers:
        until_stored(proxy, answer)
    assert database.count() == 4


# ----- the wall clock -----

def jump(make, database, offset):
    """A proxy with locations whose wall clock has jumped, and what it has."""
    now = int(time.time())
    database.insert_all(("a%d@x" % i, json.dumps(
        [place(HERE, now), place(THERE, now, until=now + 2000)]))
        for i in range(50))
    database.query("UPDATE e911_location SET bound = 1, expires = %d,"
                   " gone = id %% 2 * %d" % (now + 1000, now + 1000))
    proxy = make(database, GATE + 'modparam("e911", "cache_size", 1000)',
                 clock=True)
    until_loaded(proxy)
    put(proxy, options="ttl=1000")
    before = set(in_force(proxy))
    assert len(before) == 51
    proxy.set_clock(offset)
    # once these are dropped, all have been looked at
    for i in range(100):
        put(proxy, "sip:short%d@x" % i, options="ttl=1")
    assert counters(proxy)["locations"] > 51
    return proxy, before


def test_wall_clock_that_jumps_drops_nothing(make, tmp_path):
    jumped = []
    for i, offset in enumerate((86400, -86400)):
        (tmp_path / str(i)).mkdir()
        database = SqliteTables(tmp_path / str(i))
        database.create()
        jumped.append((offset, database, *jump(make, database, offset)))
    for offset, database, proxy, before in jumped:
        until(lambda: counters(proxy)["locations"] <= 51, 20)
        assert set(in_force(proxy)) == before
        put_durable(proxy, "sip:bob@x", options="ttl=1000")
        left = database.locations()["bob@x", ""]["expires"] - time.time()
        assert 900 < left - offset <= 1000
