# SPDX-License-Identifier: GPL-2.0-or-later
"""Sites, numbers and trunks from a file and from a table, and their reload:
a whole set, or none."""
import contextlib
import http.client
import json
import time

import pytest

from lib import StartError, counters, e911_proxy, state, until
from lib.database import (PostgresTables, SqliteTables, in_threads,
                          store_proxy)

CALL = "sip:911@example.test"
ALICE = "sip:alice@example.test"
TABLE = 'modparam("e911", "settings_table", 1)\n'
HQ = 'modparam("e911", "site", "name=hq;set=1")\n'
EDGE = "trunk name=edge;source=127.0.0.0/8;key=from\n"
ROWS = """\
# agents of the laboratory

site name=lab; prefix=lab,+1512; gate=warn; set=1
\tnumber\t^77[0-9]{2}$; set=1  \r
number 9933;kind=test
""" + EDGE.rstrip("\n")  # the last line may have no end


@pytest.fixture
def rows(tmp_path):
    """The file of rows."""
    return tmp_path / "e911.rows"


def named(rows):
    """The parameter for it, if it is there."""
    return ('modparam("e911", "settings_file", "%s")\n' % rows
            if rows.exists() else "")


@pytest.fixture
def file_proxy(kamailio, uas, rows):
    """file_proxy(text) -> a started proxy with that file, and its ERSP."""
    def make(text=ROWS, params=HQ, **how):
        ersp = uas("take")
        rows.write_text(text)
        return e911_proxy(kamailio, ersp, TRUST="",
                          PARAMS=params + named(rows), **how), ersp
    return make


@pytest.fixture
def sqlite_tables(tmp_path):
    made = SqliteTables(tmp_path)
    made.create()
    return made


@pytest.fixture
def postgres_tables(postgres):
    made = PostgresTables(postgres)
    made.create()
    return made


@pytest.fixture
def table_proxy(kamailio, uas, rows):
    """table_proxy(database) -> a proxy with the rows of its table, and of the
    file if there is one."""
    def make(database, params=HQ, **how):
        return store_proxy(kamailio, database, uas("take"), trust="",
                           params=params + TABLE + named(rows), **how)
    return make


def sites(proxy):
    return {s["name"]: s for s in proxy.jsonrpc("e911.sites")["result"]}


def match(proxy, number):
    return proxy.jsonrpc("e911.match", [number])["result"]


def reload(proxy):
    """What the command answers: a word, or what is wrong."""
    reply = proxy.jsonrpc("e911.reload")
    return reply.get("result") or "%(code)d %(message)s" % reply["error"]


def trusted(proxy, agent):
    """Is his location sent with his call?"""
    before = counters(proxy)["located"]
    assert agent.invite(CALL).final().status == 200
    return counters(proxy)["located"] > before


# ----- where rows come from -----

def test_rows_of_a_file(file_proxy, ua):
    proxy, _ = file_proxy()
    assert sites(proxy).keys() == {"hq", "lab"}
    assert sites(proxy)["lab"]["prefix"] == "lab,+1512"
    assert match(proxy, "7712")["kind"] == "emergency"
    assert match(proxy, "771")["kind"] == match(proxy, "77123")["kind"] == "none"
    assert match(proxy, "9933")["kind"] == "test"
    assert match(proxy, "911")["kind"] == "emergency"
    agent = ua(proxy)
    state(proxy, agent)
    assert trusted(proxy, agent)


def test_rows_of_a_table(table_proxy, ua, sqlite_tables):
    for row in (("site", "name=lab;prefix=lab;gate=warn"),
                ("number", "^77[0-9]{2}$;set=1"),
                ("trunk", "name=edge;source=127.0.0.0/8;key=from")):
        sqlite_tables.setting(*row)
    proxy = table_proxy(sqlite_tables)
    assert sites(proxy).keys() == {"hq", "lab"}
    agent = ua(proxy)
    state(proxy, agent)
    assert trusted(proxy, agent)
    assert agent.invite("sip:7712@x").final().status == 200
    assert agent.invite("sip:77123@x").final().status == 404


def test_all_three_count_in_their_order(table_proxy, rows, postgres_tables):
    """Of two sites with one prefix the first is the agent's."""
    # the backslash is no one's to take away
    postgres_tables.setting("number", r"^\+?77\d\d$")
    postgres_tables.setting("site", "name=table;prefix=a")
    rows.write_text("site name=file;prefix=a")
    proxy = table_proxy(
        postgres_tables,
        HQ + 'modparam("e911", "site", "name=module;prefix=b")\n')
    assert list(sites(proxy)) == ["hq", "module", "file", "table"]
    for aor, name in ("a@x", "file"), ("b@x", "module"), ("c@x", "hq"):
        state(proxy, "sip:" + aor)
        assert proxy.jsonrpc("e911.loc_get", [aor])["result"]["site"] == name
    assert match(proxy, "+7712")["kind"] == "emergency"
    # a name is given once only, wherever
    postgres_tables.setting("site", "name=file;prefix=c")
    assert "site" in reload(proxy) and "given twice" in reload(proxy)


def test_sites_are_shown_as_they_are(file_proxy):
    proxy, _ = file_proxy(
        "site name=all;domain=a.test,b.test;attribute=x,y;gate=require;"
        "page=https://a.test/where;set=7;last=8;max_age=2h;country=ca;"
        "callback=+15125550100;notify=desk,guard;A1=ON;RD=Main;HNO=1\n"
        "site name=own;script=yes\n"
        "notify name=desk;kind=event\nnotify name=guard;kind=event\n")
    shown = sites(proxy)
    assert shown["all"] == {
        "name": "all", "domain": "a.test,b.test", "prefix": "",
        "attribute": "x,y", "gate": "require", "page": "https://a.test/where",
        "set": 7, "last": 8, "max_age": 7200, "country": "CA",
        "callback": "+15125550100", "notify": "desk,guard", "default": "yes"}
    assert shown["own"]["gate"] == "off" and shown["own"]["default"] == "no"
    assert shown["hq"]["set"] == 1


def test_256_sites(file_proxy, rows):
    proxy, _ = file_proxy("".join(
        "site name=s%d;prefix=s%d;page=https://example.test/%s\n" % (
            i, i, "x" * 200) for i in range(255)))
    assert len(sites(proxy)) == 256
    rows.write_text("".join("site name=s%d;prefix=s%d\n" % (i, i)
                                for i in range(256)))
    assert "line 256: site: " in reload(proxy)
    assert len(sites(proxy)) == 256


# ----- reload -----

def test_reload_swaps_a_whole_set_in(file_proxy, rows, ua):
    proxy, _ = file_proxy()
    agent = ua(proxy)
    state(proxy, agent)
    assert trusted(proxy, agent)
    rows.write_text("site name=field;domain=example.test\n"
                "number 7799\n")
    assert reload(proxy) == "reloaded"
    assert sites(proxy).keys() == {"hq", "field"}
    assert [match(proxy, n)["kind"] for n in ("7799", "7712", "9933")] == [
        "emergency", "none", "none"]
    assert not trusted(proxy, agent)  # the trunk is gone
    assert proxy.jsonrpc("e911.loc_get", [agent.aor])["result"]["site"] == "field"
    assert agent.invite("sip:7799@x").final().status == 200
    assert agent.invite("sip:7712@x").final().status == 404
    rows.write_text("")
    assert reload(proxy) == "reloaded"
    assert sites(proxy).keys() == {"hq"}


def test_reload_of_the_table(table_proxy, rows, ua, sqlite_tables):
    rows.write_text("")
    proxy = table_proxy(sqlite_tables)
    sqlite_tables.setting("number", "^77[0-9]{2}$;set=1")
    sqlite_tables.setting("site", "name=lab;prefix=lab")
    assert sites(proxy).keys() == {"hq"}
    assert reload(proxy) == "reloaded"
    assert sites(proxy).keys() == {"hq", "lab"}
    agent = ua(proxy)
    assert agent.invite("sip:7712@x").final().status == 200
    sqlite_tables.query("DELETE FROM e911_setting")
    rows.write_text("site name=file;prefix=f\n")
    assert reload(proxy) == "reloaded"
    assert sites(proxy).keys() == {"hq", "file"}
    assert agent.invite("sip:7712@x").final().status == 404


def test_site_of_a_location_comes_back_with_the_site(file_proxy, rows):
    proxy, _ = file_proxy()
    proxy.jsonrpc("e911.loc_set", [ALICE, '{"RD":"x"}', "*", "site=lab"])

    def site():
        return proxy.jsonrpc("e911.loc_get", [ALICE])["result"]["site"]
    assert site() == "lab"
    for text, name in ("", "hq"), (ROWS, "lab"):
        rows.write_text(text)
        assert reload(proxy) == "reloaded"
        assert site() == name


def test_gate_is_that_of_the_new_set(file_proxy, rows, ua):
    proxy, _ = file_proxy(EDGE, ORDINARY="""
        if(!e911_gate()) { sl_send_reply("403", "State It"); exit; }""")
    agent = ua(proxy)
    for gate, status in ("require", 403), ("warn", 404), ("require", 403):
        rows.write_text(EDGE + "site name=g;domain=example.test;gate="
                    + gate)
        assert reload(proxy) == "reloaded"
        assert agent.invite("sip:1@x").final().status == status


# ----- rows that are wrong -----

BAD = [
    ("colour red", "colour: colour: unknown name"),
    ("site", "site: a part is missing"),
    ("site name=x;colour=red", "site: colour: unknown name"),
    ("site name=x;gate=maybe", "site: gate: value not allowed"),
    ("site name=x;set=one", "site: set: value not allowed"),
    ("site name=x;name=y", "site: name: given twice"),
    ("site prefix=x", "site: prefix=x: "),
    ("site name=good;prefix=y", "given twice"),
    ("site name=other", "given twice"),
    ("site name=x;network4=33", "site: network4: value not allowed"),
    ("site name=x;pool=192.0.2.0/33", "site: pool: value not allowed"),
    ("site name=x;country=USA", "site: country: "),
    ("site name=x;A1=TX;HNO=1;RD=a;RD=b", "site: RD: given twice"),
    ("site name=x;page=https://a b", "site: page: value not allowed"),
    ("site name=x;max_age=1y", "site: max_age: value not allowed"),
    ('site name="x', "not well-formed"),
    ("site =x", "not well-formed"),
    ("site name=" + "x" * 40, "site: name: too long"),
    ("site name=x;domain=" + "x" * 600, "site: domain: too long"),
    ("site name=x;RD=a\x01b", "site: RD: control character"),
    ("site name=x;RD=a\0b", "site: RD: control character"),
    ("number 911;kind=test", "number: "),
    ("number 77;kind=loud", "number: loud: value not allowed"),
    ("number 77;colour=red", "number: colour: unknown name"),
    ("number ^7(7$", "number: ^7(7$: not well-formed"),
    ("number 77;kind=test;kind=test", "number: kind: given twice"),
    ("number", "number: "),
    ("trunk name=x;source=nowhere", "trunk: source: value not allowed"),
    ("trunk name=x", "trunk: name=x: "),
    ("trunk source=192.0.2.1", "trunk: source=192.0.2.1: "),
    ("trunk name=x;source=192.0.2.1;key=to", "trunk: key: value not allowed"),
    ("trunk name=edge;source=192.0.2.1", "given twice"),
    ("\0", "unknown name"), ("\xff", "unknown name"),
    ("number77", "number77: number77: unknown name")]
GOOD = "site name=good;prefix=x\n" + EDGE


def assert_as_it_was(proxy, agent, before):
    assert sites(proxy) == before
    assert match(proxy, "7777")["kind"] == "none"
    assert trusted(proxy, agent)


def test_bad_line_changes_nothing(file_proxy, rows, ua):
    proxy, _ = file_proxy(GOOD)
    agent = ua(proxy)
    state(proxy, agent)
    before = sites(proxy)
    for line, reason in BAD:
        # what stands before and behind it does not count either
        rows.write_text("number 7777\n\n" + GOOD + line + "\nnumber 88\n")
        answer = reload(proxy)
        assert answer.startswith("400 line 5: "), (line, answer)
        assert reason in answer, (line, answer)
        assert_as_it_was(proxy, agent, before)
    told = "settings stay as they were: %s" % "number77: number77: unknown name"
    assert told in proxy.log()
    rows.write_text(GOOD + "number 7777")
    assert reload(proxy) == "reloaded"


def test_bad_row_of_the_table_changes_nothing(
        table_proxy, rows, ua, sqlite_tables):
    rows.write_text(GOOD)
    proxy = table_proxy(sqlite_tables)
    agent = ua(proxy)
    state(proxy, agent)
    before = sites(proxy)
    for line, reason in BAD:
        if "\0" in line:
            continue
        parameter, _, row = line.partition(" ")
        sqlite_tables.query("DELETE FROM e911_setting")
        for values in ("number", "7777"), (parameter, row), ("number", "88"):
            sqlite_tables.setting(*values)
        answer = reload(proxy)
        assert answer.startswith("400 ") and "line" not in answer, (
            line, answer)
        assert reason in answer, (line, answer)
        assert_as_it_was(proxy, agent, before)
    sqlite_tables.query("DELETE FROM e911_setting")
    assert reload(proxy) == "reloaded"


def test_file_that_cannot_be_read_changes_nothing(file_proxy, rows, ua):
    proxy, _ = file_proxy(GOOD)
    agent = ua(proxy)
    state(proxy, agent)
    before = sites(proxy)
    rows.write_text(GOOD + "#" * (1 << 20))
    assert "rows: too large" in reload(proxy)
    rows.unlink()
    assert "rows: not found" in reload(proxy)
    rows.mkdir()
    assert "rows: not found" in reload(proxy)
    assert_as_it_was(proxy, agent, before)


def test_largest_file(file_proxy, rows):
    proxy, _ = file_proxy("")
    head = "site name=good;prefix=x\n"
    rows.write_text(head + "#" * ((1 << 20) - len(head)))
    assert reload(proxy) == "reloaded"
    rows.write_text("# \n" * 300000 + head)
    assert reload(proxy) == "reloaded"
    assert sites(proxy).keys() == {"hq", "good"}


def test_start_with_a_wrong_row_is_refused(kamailio, uas, file_proxy, rows):
    with pytest.raises(StartError) as caught:
        file_proxy("\nsite name=x;gate=maybe\n")
    assert "rows, line 2:" in str(caught.value)
    assert 'parameter site: "gate": value not allowed' in str(caught.value)
    line = named(rows)
    rows.unlink()
    with pytest.raises(StartError) as caught:
        e911_proxy(kamailio, uas("take"), PARAMS=line)
    assert "rows" in str(caught.value) and "not found" in str(caught.value)


def test_start_with_a_wrong_row_in_the_table(table_proxy, sqlite_tables):
    """Calls go all the same, and the rows are read when they are mended."""
    sqlite_tables.setting("site", "name=good;prefix=x")
    sqlite_tables.setting("trunk", "name=x;source=nowhere")
    proxy = table_proxy(sqlite_tables)
    proxy.wait_log("ALERT.*no rows out of the database: trunk: source: value "
                   "not allowed")
    assert "good" not in sites(proxy)
    sqlite_tables.query("DELETE FROM e911_setting WHERE parameter = 'trunk'")
    until(lambda: "good" in sites(proxy), 15, "read without being asked")


# ----- under load -----

def test_reload_under_calls_loses_none(file_proxy, rows, ua):
    """Each call has the ERSP, and the location of a set that was in force."""
    proxy, ersp = file_proxy()
    sets = [ROWS, "number ^7[7-9][0-9]{2}$\n" + EDGE + "".join(
        "site name=s%d;prefix=s%d;set=1\n" % (i, i) for i in range(200))]
    finals, stop = [], []

    def call(number):
        agent = ua(proxy, user="caller%d" % number)
        state(proxy, agent)
        while not stop:
            began = time.monotonic()
            finals.append(agent.invite("sip:7712@x").final().status)
            assert time.monotonic() - began < 2

    wait = in_threads(3, call)
    answers = []
    for i in range(16):
        rows.write_text(sets[i % 2])
        answers.append(reload(proxy))
        until(lambda: len(finals) >= 4 * i, 10)
    stop.append(1)
    wait()
    assert set(finals) == {200} and len(finals) > 60
    assert answers == ["reloaded"] * 16
    assert counters(proxy)["located"] == counters(proxy)["calls"] == len(finals)
    assert len(ersp.invites) == len(finals)


def test_too_many_reloads(file_proxy, rows, ua):
    """What was replaced may be in use for a while: 16 are kept."""
    proxy, _ = file_proxy("site name=s0;prefix=x\n" + EDGE)
    agent = ua(proxy)
    state(proxy, agent)
    answers = []
    for i in range(1, 21):
        rows.write_text("site name=s%d;prefix=x\n" % i + EDGE)
        answers.append(reload(proxy))
    assert answers[:16] == ["reloaded"] * 16
    assert all("too many reloads" in a for a in answers[16:])
    assert len(answers) == 20
    assert sites(proxy).keys() == {"hq", "s16"}
    assert trusted(proxy, agent)


# ----- a database that does not answer -----

def test_database_down_at_the_start(table_proxy, rows, ua, postgres_tables):
    postgres_tables.setting("site", "name=lab;prefix=lab")
    postgres_tables.setting("number", "7712")
    server = postgres_tables.server
    server.stop()
    rows.write_text(GOOD)
    proxy = table_proxy(postgres_tables)
    assert "ALERT: e911" in proxy.log()
    assert "no rows out of the database" in proxy.log()
    assert sites(proxy).keys() == {"hq", "good"}
    agent = ua(proxy)
    state(proxy, agent)
    assert trusted(proxy, agent)
    # also now: all or nothing
    rows.write_text(GOOD + "site name=more;prefix=m\n")
    assert reload(proxy) == "503 e911_setting: not reachable"
    assert sites(proxy).keys() == {"hq", "good"}
    assert match(proxy, "7712")["kind"] == "none"
    server.start()
    until(lambda: reload(proxy) == "reloaded", 10, every=0.2)
    assert sites(proxy).keys() == {"hq", "good", "more", "lab"}
    assert match(proxy, "7712")["kind"] == "emergency"


def test_table_missing_at_the_start(table_proxy, sqlite_tables):
    sqlite_tables.query("DROP TABLE e911_setting")
    sqlite_tables.query("DELETE FROM version WHERE table_name = 'e911_setting'")
    proxy = table_proxy(sqlite_tables)
    assert "no rows out of the database" in proxy.log()
    assert sites(proxy).keys() == {"hq"}
    sqlite_tables.create()
    sqlite_tables.setting("site", "name=lab;prefix=lab")
    until(lambda: reload(proxy) == "reloaded", 10, every=0.2)
    assert sites(proxy).keys() == {"hq", "lab"}


def test_database_locked(table_proxy, sqlite_tables):
    proxy = table_proxy(sqlite_tables)
    sqlite_tables.setting("site", "name=lab;prefix=lab")
    proxy.wait_log("locations read")
    with sqlite_tables.locked():
        assert reload(proxy) == "503 e911_setting: not reachable"
    assert reload(proxy) == "reloaded"


HTTP = """
loadmodule "xhttp.so"
modparam("jsonrpcs", "transport", 5)
"""
HTTP_ROUTE = """
event_route[xhttp:request] { jsonrpc_dispatch(); }
"""


def post_reload(proxy):
    with contextlib.closing(http.client.HTTPConnection(
            proxy.host, proxy.port, timeout=10)) as client:
        client.request("POST", "/RPC", json.dumps(
            {"jsonrpc": "2.0", "id": 1, "method": "e911.reload"}),
            {"Content-Type": "application/json"})
        return json.load(client.getresponse())


def test_reload_of_a_table_that_hangs(table_proxy, ua, postgres_tables):
    """A command waits for a while; over HTTP a SIP worker would: it does not."""
    proxy = table_proxy(
        postgres_tables, HQ + 'modparam("e911", "durable_wait", 1500)\n',
        load=HTTP, ROUTES=HTTP_ROUTE)
    agent = ua(proxy)
    proxy.wait_log("locations read")
    postgres_tables.setting("site", "name=lab;prefix=lab")
    postgres_tables.server.hang()
    began = time.monotonic()
    assert post_reload(proxy)["result"] == "pending"
    assert agent.invite(CALL).final().status == 200
    assert time.monotonic() - began < 1
    assert reload(proxy) == "pending"
    assert time.monotonic() - began > 1.5
    assert sites(proxy).keys() == {"hq"}
    postgres_tables.server.resume()
    until(lambda: "lab" in sites(proxy), 10)
    assert reload(proxy) == "reloaded"


def test_over_http_a_file_is_read_at_once(file_proxy, rows):
    proxy, _ = file_proxy("", LOAD=HTTP, ROUTES=HTTP_ROUTE)
    rows.write_text(ROWS)
    assert post_reload(proxy)["result"] == "reloaded"
    assert sites(proxy).keys() == {"hq", "lab"}
    rows.write_text("nonsense")
    assert "line 1: nonsense" in post_reload(proxy)["error"]["message"]
