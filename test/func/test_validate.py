# SPDX-License-Identifier: GPL-2.0-or-later
"""No address is trusted before it is validated, and a wrong one comes back
with the right one beside it."""
import json
import os
import signal
import time

import pytest

from lib import (AUSTIN, ROOT, RpcError, StartError, civic, counters, e911_proxy, has_location,
                 state, until)
from lib.database import PostgresTables, SqliteTables, literal, store_proxy
from lib.validator import (Validator, lost_error, lost_redirect, lost_says,
                           says)

ALICE = "sip:alice@example.test"
CALL = "sip:911@example.test"
GUIDE = """\
low,high,parity,predir,street,suffix,postdir,community,county,state,esn,psap
1000,1198,E,,CONGRESS,AVE,,AUSTIN,TRAVIS,TX,101,Austin PD
1001,1199,O,,CONGRESS,AVE,,AUSTIN,TRAVIS,TX,101,Austin PD
1200,1298,E,W,EXAMPLE,ST,,AUSTIN,TRAVIS,TX,102,Austin PD
1,99,B,,ORCHARD,LN,,BASTROP,BASTROP,TX,103,Bastrop SO
"""
RIGHT = {"country": "US", "A1": "TX", "A3": "Austin", "RD": "Congress",
         "STS": "Ave", "HNO": "1100"}
WRONG = {"country": "US", "A1": "TX", "A3": "Austin", "RD": "1100 Congres Av"}
ELSEWHERE = {"country": "US", "A1": "NY", "A3": "Troy", "RD": "Main",
             "HNO": "5"}


@pytest.fixture
def guide(tmp_path):
    path = tmp_path / "guide.csv"
    path.write_text(GUIDE)
    return path


def msag(path):
    return 'modparam("e911", "msag", "file=%s")\n' % path


def site(row):
    return 'modparam("e911", "site", "name=hq;set=1;%s")\n' % row


def loaded(proxy):
    """The proxy, once it has its guide of streets."""
    until(lambda: proxy.jsonrpc("e911.msag")["result"]["ranges"], 10,
          "the guide is there")
    return proxy


@pytest.fixture
def guided(kamailio, uas, guide):
    """guided(row of the site) -> (proxy with the guide, ERSP)"""
    def make(row="validate=msag", params="", **how):
        ersp = uas("take")
        return loaded(e911_proxy(kamailio, ersp, PARAMS=msag(guide) + params
                                 + site(row), **how)), ersp
    return make


def ask(proxy, name, *args):
    reply = proxy.jsonrpc("e911." + name, list(args))
    assert "result" in reply, reply
    return reply["result"]


def loc_set(proxy, fields, aor=ALICE, *more):
    return ask(proxy, "loc_set", aor, json.dumps(fields), *more)


def loc_get(proxy, aor=ALICE):
    return ask(proxy, "loc_get", aor)


def arrived(ersp):
    """The address that went with the first call."""
    return civic(ersp.invites[0].message.location()[0].body)


# ----- the guide of streets -----

def test_a_wrong_address_comes_back_with_the_right_one(guided):
    proxy, _ = guided()
    answer = loc_set(proxy, WRONG)
    assert (answer["result"], answer["verdict"], answer["validator"]) == (
        "in force", "invalid", "msag")
    assert "invalid" in answer["elements"].values()
    best = answer["suggestions"][0]
    assert best["HNO"] == "1100" and best["RD"].upper() == "CONGRESS"
    again = loc_set(proxy, best)
    assert (again["result"], again["verdict"]) == ("in force", "valid")
    shown = loc_get(proxy)
    assert shown["verdict"] == "valid" and shown["validator"] == "msag"
    assert shown["validated"].startswith("20")
    assert shown["location"]["HNO"] == "1100"
    assert "validator" not in shown["location"]
    assert counters(proxy)["invalid"] == 1 == counters(proxy)["validated"]
    # what it shows it takes
    assert loc_set(proxy, shown["location"])["verdict"] == "valid"


def test_over_kamcmd_as_well(guided):
    proxy, _ = guided()
    text = proxy.rpc("e911.loc_set", ALICE, json.dumps(WRONG))
    assert "verdict: invalid" in text and "HNO: 1100" in text
    text = proxy.rpc("e911.validate", json.dumps(WRONG))
    assert "verdict: invalid" in text and "HNO: 1100" in text


def test_a_valid_one_goes_as_the_guide_writes_it(guided, ua):
    proxy, ersp = guided()
    agent = ua(proxy)
    assert loc_set(proxy, {**RIGHT, "LOC": "Desk 4", "callback": "+15125550100"},
                   agent.aor)["verdict"] == "valid"
    assert agent.invite(CALL).final().status == 200
    sent = arrived(ersp)
    assert (sent["HNO"], sent["A3"], sent["RD"], sent["STS"], sent["LOC"]) == (
        "1100", "AUSTIN", "CONGRESS", "AVE", "Desk 4")
    assert b"validat" not in ersp.invites[0].message.body


def test_outside_of_the_guide_nothing_is_said(guided):
    proxy, _ = guided()
    answer = loc_set(proxy, ELSEWHERE)
    assert (answer["result"], answer["verdict"]) == ("in force", "unchecked")
    assert answer["suggestions"] == []
    assert counters(proxy)["unchecked"] == 1


def test_what_is_wrong_and_refused_changes_nothing(guided, ua):
    proxy, ersp = guided("validate=msag;invalid=refuse")
    agent = ua(proxy)
    assert loc_set(proxy, RIGHT, agent.aor)["verdict"] == "valid"
    answer = loc_set(proxy, WRONG, agent.aor)
    assert (answer["result"], answer["verdict"], answer["store"]) == (
        "not in force", "invalid", "none")
    assert answer["suggestions"][0]["HNO"] == "1100"
    assert loc_get(proxy, agent.aor)["verdict"] == "valid"
    assert agent.invite(CALL).final().status == 200
    assert arrived(ersp)["HNO"] == "1100"


LEARN = """
    if(is_method("PUBLISH") && e911_learn()) { sl_send_reply("200", "OK"); exit; }"""


def publish(agent, number):
    """A phone states 1200 W Example St, or another number of that street."""
    path = os.path.join(ROOT, "test/data/pidf/good/pidf-civic-device.xml")
    with open(path, "rb") as file:
        body = file.read().replace(b"2026-", b"2056-")
    assert b">1200<" in body
    assert agent.request(
        "PUBLISH", agent.aor, body=body.replace(b">1200<", b">%s<" % number),
        ct="application/pidf+xml", headers=[
            ("Content-ID", "<loc@phone>"), ("Geolocation", "<cid:loc@phone>")]
    ).final().status == 200


@pytest.mark.parametrize("policy, goes", [("store", True), ("refuse", False)])
def test_what_sip_states_is_validated_later(guided, ua, policy, goes):
    """By a worker; found wrong then, it goes with a call, or does not."""
    proxy, ersp = guided("validate=msag;invalid=" + policy, ORDINARY=LEARN)
    agent = ua(proxy)
    publish(agent, b"1204")
    until(lambda: loc_get(proxy, agent.aor)["verdict"] == "valid", 5)
    assert loc_get(proxy, agent.aor)["origin"] == "sip"
    publish(agent, b"1304")
    until(lambda: loc_get(proxy, agent.aor)["verdict"] == "invalid", 5)
    assert agent.invite(CALL).final().status == 200
    assert has_location(ersp.invites[0].message) == goes


def test_what_a_phone_says_again_keeps_its_verdict(proxied, validator, ua):
    shop = validator(says("valid", SUGGESTED))
    proxy, _ = proxied("validate=rest:shop", rest(shop), ORDINARY=LEARN)
    agent = ua(proxy)
    for _ in range(3):
        publish(agent, b"1204")
        until(lambda: loc_get(proxy, agent.aor)["verdict"] == "valid", 5)
        assert loc_get(proxy, agent.aor)["location"]["RD"] == "Congress"
    assert len(shop.requests) == 1
    publish(agent, b"1206")
    until(lambda: len(shop.requests) == 2, 5)


def test_validate_stores_nothing(guided):
    proxy, _ = guided()
    answer = ask(proxy, "validate", json.dumps(RIGHT))
    assert (answer["verdict"], answer["esn"], answer["psap"]) == (
        "valid", "101", "Austin PD")
    assert ask(proxy, "validate", json.dumps(WRONG), "hq", "offline")[
        "verdict"] == "invalid"
    assert "error" in proxy.jsonrpc("e911.loc_get", [ALICE])
    for args in (["{}"], [json.dumps(RIGHT), "nobody"],
                 [json.dumps(RIGHT), "hq", "quickly"],
                 [json.dumps({**RIGHT, "validator": "msag"})]):
        assert proxy.jsonrpc("e911.validate", args)["error"]["code"] in (400, 404)


def test_nobody_says_himself_that_he_is_valid(guided):
    proxy, _ = guided()
    for name in "validator", "validated":
        with pytest.raises(RpcError, match=name):
            state(proxy, ALICE, {**RIGHT, name: "1"})


def test_the_script_asks(guided, ua):
    proxy, _ = guided(ORDINARY="""
        $var(n) = 0;
        e911_validate("$rb", "hq");
        $var(n) = $rc;
        sl_send_reply("200", "Said $var(n)"); exit;""")
    agent = ua(proxy)
    for body, said in ((RIGHT, 1), (WRONG, -1), (ELSEWHERE, -2), ({}, -1)):
        reply = agent.request("MESSAGE", "sip:bob@example.test",
                              body=json.dumps(body).encode()).final()
        assert reply.start.endswith("Said %d" % said)


def test_the_script_asks_by_kemi(kamailio, uas, ua):
    from test_doors import kemi
    lua = """
    function ksr_request_route()
        local body = KSR.pv.get("$rb")
        KSR.sl.sl_send_reply(200, "Said " .. KSR.e911.validate(body)
            .. KSR.e911.validate_site(body, "default")
            .. KSR.e911.validate_site(body, "nowhere"))
    end"""
    proxy = kemi(kamailio, lua, uas("take"))
    agent = ua(proxy)
    for body, said in ((json.dumps(RIGHT), "-2-2-2"), ("{", "-1-1-1")):
        reply = agent.request("MESSAGE", "sip:bob@example.test",
                              body=body.encode()).final()
        assert reply.start.endswith("Said " + said)


def test_the_gate(guided, ua):
    proxy, _ = guided("validate=msag;gate=require;invalid_gate=closed", ORDINARY="""
        if(!e911_gate()) { sl_send_reply("403", "State"); exit; }""")
    agent = ua(proxy)
    loc_set(proxy, WRONG, agent.aor)
    reply = agent.invite("sip:bob@example.test").final()
    assert reply.status == 403
    assert "location-invalid" in reply.h("Warning")
    loc_set(proxy, RIGHT, agent.aor)
    assert agent.invite("sip:bob@example.test").final().status == 404


def test_an_open_gate_lets_a_wrong_address_pass(guided, ua):
    proxy, _ = guided("validate=msag;gate=require", ORDINARY="""
        if(!e911_gate()) { sl_send_reply("403", "State"); exit; }""")
    agent = ua(proxy)
    loc_set(proxy, WRONG, agent.aor)
    assert agent.invite("sip:bob@example.test").final().status == 404


def test_the_guide_is_reloaded_whole_or_not_at_all(guided, guide):
    proxy, _ = guided()
    facts = ask(proxy, "msag")
    assert facts["ranges"] == 4 and facts["files"] == 1 and facts["bytes"] > 0
    guide.write_text(GUIDE + "1,9,B,,NEW,ST,,AUSTIN,TRAVIS,TX,1,X\n"
                             "9,1,B,,BAD,ST,,AUSTIN,TRAVIS,TX,1,X\n")
    error = proxy.jsonrpc("e911.msag_reload")["error"]["message"]
    assert "guide.csv" in error and "line 7" in error
    assert ask(proxy, "msag")["ranges"] == 4
    guide.write_text(GUIDE + "1,9,B,,NEW,ST,,AUSTIN,TRAVIS,TX,1,X\n")
    assert ask(proxy, "msag_reload") == "reloaded"
    assert ask(proxy, "msag")["ranges"] == 5
    new = {**RIGHT, "RD": "New", "STS": "ST", "HNO": "5"}
    assert ask(proxy, "validate", json.dumps(new))["verdict"] == "valid"


def test_a_bad_guide_keeps_no_call_waiting(kamailio, uas, ua, guide):
    guide.write_text("low,high\n1,2\n")
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, PARAMS=msag(guide) + site("validate=msag"))
    proxy.wait_log("guide.csv")
    agent = ua(proxy)
    assert loc_set(proxy, RIGHT, agent.aor)["verdict"] == "unchecked"
    assert agent.invite(CALL).final().status == 200
    assert arrived(ersp)["RD"] == "Congress"


@pytest.mark.parametrize("row", ["", "file=/x;file=/y", "path=/x",
                                 "table=streets", "table=e911_msag;file=/x"])
def test_a_bad_row_of_the_guide_stops_the_start(kamailio, uas, row):
    with pytest.raises(StartError, match="msag"):
        e911_proxy(kamailio, uas("take"),
                   PARAMS='modparam("e911", "msag", "%s")\n' % row)


# ----- the guide of streets out of a table -----

TABLE = 'modparam("e911", "msag", "table=e911_msag")\n'
NAMES, *RANGES = (line.split(",") for line in GUIDE.splitlines())
NEW = ["1", "9", "B", "", "NEW", "ST", "", "AUSTIN", "", "TX", "1", "X"]
AT_NEW = json.dumps({**RIGHT, "RD": "New", "STS": "ST", "HNO": "5"})


def add_range(database, values):
    database.query("INSERT INTO e911_msag (%s) VALUES (%s)" % (
        ", ".join(NAMES), ", ".join(map(literal, values))))


@pytest.fixture(params=["sqlite", "postgres"])
def streets(request, tmp_path):
    """Each kind of database, with the guide in its table."""
    made = (SqliteTables(tmp_path) if request.param == "sqlite"
            else PostgresTables(request.getfixturevalue("postgres")))
    made.create()
    for values in RANGES:
        add_range(made, values)
    return made


@pytest.fixture
def charted(kamailio, uas):
    """charted(database, ...) -> (proxy that reads the table, ERSP)"""
    def make(database, params="", **how):
        ersp = uas("take")
        return store_proxy(kamailio, database, ersp, params=TABLE + params
                           + site("validate=msag"), **how), ersp
    return make


def reload_fails(proxy):
    return proxy.jsonrpc("e911.msag_reload")["error"]["message"]


def ranges(proxy):
    return ask(proxy, "msag")["ranges"]


def test_the_table_is_the_guide(charted, streets, ua):
    proxy, ersp = charted(streets)
    loaded(proxy).wait_log("guide of streets: 4 ranges read")
    facts = ask(proxy, "msag")
    assert (facts["ranges"], facts["files"], facts["tables"]) == (4, 0, 1)
    agent = ua(proxy)
    assert loc_set(proxy, WRONG)["verdict"] == "invalid"
    assert loc_set(proxy, RIGHT, agent.aor)["verdict"] == "valid"
    said = ask(proxy, "validate", json.dumps(RIGHT))
    assert (said["esn"], said["psap"]) == ("101", "Austin PD")
    odd = {**RIGHT, "RD": "Example", "STS": "St", "PRD": "W", "HNO": "1201"}
    assert ask(proxy, "validate", json.dumps(odd))["verdict"] == "invalid"
    assert agent.invite(CALL).final().status == 200
    assert arrived(ersp)["RD"] == "CONGRESS"


def test_the_table_is_read_anew(charted, streets):
    proxy = loaded(charted(streets)[0])
    add_range(streets, NEW)
    assert ask(proxy, "validate", AT_NEW)["verdict"] == "invalid"
    assert ask(proxy, "msag_reload") == "reloaded"
    assert ranges(proxy) == 5
    assert ask(proxy, "validate", AT_NEW)["verdict"] == "valid"
    streets.query("DELETE FROM e911_msag WHERE street = 'NEW'")
    assert "reloaded" in proxy.rpc("e911.msag_reload")
    assert ask(proxy, "validate", AT_NEW)["verdict"] == "invalid"


@pytest.mark.parametrize("column, value", [
    ("low", -1), ("high", 0), ("high", 1000000000), ("parity", ""),
    ("parity", "X"), ("street", " "), ("community", ""), ("state", "XXX")])
def test_a_bad_row_names_itself_and_changes_nothing(
        charted, streets, column, value):
    proxy = loaded(charted(streets)[0])
    row = dict(zip(NAMES, NEW))
    add_range(streets, NEW)
    add_range(streets, {**row, column: value}.values())
    bad = streets.query("SELECT max(id) FROM e911_msag")[0][0]
    error = reload_fails(proxy)
    assert error.startswith("table e911_msag, id %d: " % bad), error
    assert "%s: " % column in error
    proxy.wait_log("guide of streets: not read: table e911_msag, id %d: " % bad)
    assert ranges(proxy) == 4
    assert ask(proxy, "validate", json.dumps(RIGHT))["verdict"] == "valid"
    streets.query("DELETE FROM e911_msag WHERE id = %d" % bad)
    assert ask(proxy, "msag_reload") == "reloaded"
    assert ranges(proxy) == 5


def test_without_the_table_locations_go_on(charted, streets, ua):
    streets.script("DROP TABLE e911_msag;"
                   " DELETE FROM version WHERE table_name = 'e911_msag';")
    proxy, ersp = charted(streets)
    proxy.wait_log("guide of streets: not read: no table e911_msag")
    agent = ua(proxy)
    said = loc_set(proxy, RIGHT, agent.aor, "*", "durable")
    assert (said["verdict"], said["store"]) == ("unchecked", "stored")
    assert agent.invite(CALL).final().status == 200
    assert arrived(ersp)["HNO"] == "1100"
    assert "no table e911_msag" in reload_fails(proxy)
    # made meanwhile: no restart is needed
    streets.create()
    assert "e911_msag" in reload_fails(proxy)
    for values in RANGES:
        add_range(streets, values)
    assert ask(proxy, "msag_reload") == "reloaded"
    assert ask(proxy, "validate", json.dumps(RIGHT))["verdict"] == "valid"


def test_a_table_of_streets_of_another_version(charted, streets):
    streets.query("UPDATE version SET table_version = 2 WHERE table_name ="
                  " 'e911_msag'")
    proxy, _ = charted(streets)
    proxy.wait_log("guide of streets: not read: no table e911_msag")
    assert loc_set(proxy, RIGHT, ALICE, "*", "durable")["store"] == "stored"
    assert proxy.log().count("no table e911_msag") == 1


def test_a_table_that_fails_is_tried_again(charted, streets):
    """The others go on meanwhile."""
    streets.script("ALTER TABLE e911_msag RENAME TO hidden;")
    proxy, _ = charted(streets)
    proxy.wait_log("guide of streets: not read: table e911_msag: not reachable")
    assert loc_set(proxy, RIGHT, ALICE, "*", "durable")["store"] == "stored"
    assert "not reachable" in reload_fails(proxy)
    streets.script("ALTER TABLE hidden RENAME TO e911_msag;")
    assert ranges(loaded(proxy)) == 4
    assert loc_set(proxy, RIGHT)["verdict"] == "valid"


def test_the_guide_comes_with_the_database(charted, postgres):
    """Down at the start."""
    streets = PostgresTables(postgres)
    streets.create()
    add_range(streets, RANGES[0])
    postgres.stop()
    proxy, _ = charted(streets)
    assert loc_set(proxy, RIGHT)["verdict"] == "unchecked"
    assert "not reachable" in reload_fails(proxy)
    postgres.start()
    assert ranges(loaded(proxy)) == 1
    assert loc_set(proxy, RIGHT)["verdict"] == "valid"


def test_a_table_beside_a_file_and_more_than_a_page(charted, streets, guide):
    guide.write_text(GUIDE.replace("CONGRESS", "FILED"))
    streets.script("BEGIN;" + "".join(
        "INSERT INTO e911_msag (low, high, street, community, state) VALUES"
        " (%d, %d, 'LONG', 'AUSTIN', 'TX');\n" % (i, i) for i in range(2500))
        + "COMMIT;")
    proxy = loaded(charted(streets, msag(guide))[0])
    facts = ask(proxy, "msag")
    assert (facts["ranges"], facts["files"], facts["tables"]) == (2508, 1, 1)
    for fields in ({"RD": "Filed"}, {}, {"RD": "Long", "STS": "", "HNO": "2499"}):
        said = ask(proxy, "validate", json.dumps({**RIGHT, **fields}))
        assert said["verdict"] == "valid"
    # a line of the file at fault, and the table does not count either
    guide.write_text(GUIDE + "9,1,B,,BAD,ST,,AUSTIN,TRAVIS,TX,1,X\n")
    assert "guide.csv, line 6" in reload_fails(proxy)
    assert ranges(proxy) == 2508


def test_a_reload_that_takes_longer_is_pending(charted, streets):
    proxy = loaded(charted(streets, 'modparam("e911", "durable_wait", 0)\n')[0])
    add_range(streets, NEW)
    assert ask(proxy, "msag_reload") == "pending"
    until(lambda: ranges(proxy) == 5, 5)


def test_a_table_needs_a_database(kamailio, uas):
    with pytest.raises(StartError, match="msag.*db_url"):
        e911_proxy(kamailio, uas("take"), PARAMS=TABLE)


# ----- validators over the network -----

QUICK = "tries=1;timeout_ms=300;break_after=1000;"
SUGGESTED = {"country": "US", "A1": "TX", "A3": "Austin", "RD": "Congress",
             "STS": "AVE", "HNO": "1100", "PC": "78701"}


@pytest.fixture
def validator(cleanup):
    """validator(answer, delay=, ...) -> started Validator"""
    def make(*args, **how):
        server = Validator(*args, **how)
        cleanup.callback(server.close)
        return server
    return make


def rest(server, name="shop", more=QUICK):
    return ('modparam("e911", "validator", "name=%s;like=generic;url=%s;%s")\n'
            % (name, server.url(), more))


def lost(server, name="lvf", more=QUICK, **how):
    return ('modparam("e911", "validator", "name=%s;kind=lost;url=%s;%s")\n'
            % (name, server.url("/lost", **how), more))


@pytest.fixture
def proxied(kamailio, uas):
    """proxied(row of the site, validators) -> (proxy, ERSP)"""
    def make(row, params, **how):
        ersp = uas("take")
        return e911_proxy(kamailio, ersp, PARAMS=params + site(row), **how), ersp
    return make


def test_a_lost_server_says_so(proxied, validator):
    lvf = validator(lost_says(valid=["country", "A1", "A3", "RD", "STS", "HNO"]))
    shop = validator(says("invalid"))
    proxy, _ = proxied("validate=lost:lvf,rest:shop", lost(lvf) + rest(shop))
    answer = loc_set(proxy, RIGHT)
    assert (answer["verdict"], answer["validator"], answer["result"]) == (
        "valid", "lvf", "in force")
    assert "job" not in answer and answer["elements"]["RD"] == "valid"
    path, headers, body = lvf.requests[0]
    assert path == "/lost" and "lost+xml" in headers["Content-Type"]
    assert "validateLocation=\"true\"" in body and "Congress" in body
    assert shop.requests == []
    lvf.answer = lost_says(valid=["A1", "A3"], invalid=["RD"])
    answer = loc_set(proxy, RIGHT)
    assert (answer["verdict"], answer["elements"]["RD"]) == ("invalid", "invalid")


@pytest.mark.parametrize("answer", [
    "hang", "close", (500, "text/plain", "no"), (200, "text/html", "<html>"),
    (200, "application/lost+xml", "<findServiceResponse"), lost_error("notFound"),
    lost_error("serverTimeout"), lost_says(unchecked=["RD"])],
    ids=["hangs", "closes", "500", "html", "cut", "notFound", "serverTimeout",
         "unchecked"])
def test_the_next_one_is_asked(proxied, validator, answer):
    lvf, shop = validator(answer), validator(says("valid"))
    proxy, _ = proxied("validate=msag,lost:lvf,rest:shop", lost(lvf) + rest(shop))
    said = loc_set(proxy, RIGHT)
    assert (said["verdict"], said["validator"]) == ("valid", "shop")
    assert len(lvf.requests) == len(shop.requests) == 1


def test_the_guide_goes_before_the_network(guided, validator):
    shop = validator(says("valid"))
    proxy, _ = guided("validate=msag,rest:shop", rest(shop))
    assert loc_set(proxy, RIGHT)["validator"] == "msag"
    assert loc_set(proxy, WRONG)["verdict"] == "invalid"
    assert shop.requests == []
    assert loc_set(proxy, ELSEWHERE)["validator"] == "shop"


def test_where_all_are_silent_it_is_unchecked(proxied, validator, ua):
    lvf, shop = validator("hang"), validator("close")
    proxy, ersp = proxied("validate=lost:lvf,rest:shop", lost(lvf) + rest(shop))
    agent = ua(proxy)
    said = loc_set(proxy, RIGHT, agent.aor)
    assert (said["result"], said["verdict"]) == ("in force", "unchecked")
    assert counters(proxy)["validator_failed"] == 2
    assert agent.invite(CALL).final().status == 200
    assert arrived(ersp)["HNO"] == "1100"


def test_a_suggestion_is_taken_as_it_is(proxied, validator):
    shop = validator(says("invalid", SUGGESTED, RD="invalid", A1="valid"))
    proxy, _ = proxied("validate=rest:shop", rest(shop))
    said = loc_set(proxy, {**WRONG, "FLR": "3"})
    assert said["verdict"] == "invalid"
    assert said["elements"] == {**said["elements"], "RD": "invalid", "A1": "valid"}
    best, = said["suggestions"]
    assert best["RD"] == "Congress" and best["FLR"] == "3"
    shop.answer = says("valid")
    assert loc_set(proxy, best)["verdict"] == "valid"
    assert loc_get(proxy)["location"] == best


def test_corrected_goes_as_the_validator_writes_it(proxied, validator, ua):
    shop = validator(says("corrected", SUGGESTED))
    proxy, ersp = proxied("validate=rest:shop", rest(shop))
    agent = ua(proxy)
    assert loc_set(proxy, {**WRONG, "LOC": "Desk 4"},
                   agent.aor)["verdict"] == "corrected"
    shown = loc_get(proxy, agent.aor)
    assert (shown["verdict"], shown["validator"], shown["origin"]) == (
        "corrected", "shop", "rpc")
    assert agent.invite(CALL).final().status == 200
    sent = arrived(ersp)
    assert {k: sent[k] for k in SUGGESTED} == SUGGESTED and sent["LOC"] == "Desk 4"
    assert counters(proxy)["corrected"] == 1


@pytest.mark.parametrize("policy, goes", [("store", True), ("refuse", False)])
def test_found_wrong_later(proxied, validator, ua, policy, goes):
    shop = validator(says("invalid"))
    proxy, ersp = proxied("validate=rest:shop;invalid=" + policy, rest(shop))
    agent = ua(proxy)
    said = loc_set(proxy, RIGHT, agent.aor)
    assert (said["verdict"], said["result"]) == (
        "invalid", "in force" if goes else "not in force")
    assert agent.invite(CALL).final().status == 200
    assert has_location(ersp.invites[0].message) == goes
    reply = proxy.jsonrpc("e911.loc_confirm", [agent.aor])
    assert ("error" in reply) != goes


def test_a_command_waits_only_so_long(proxied, validator):
    shop = validator(says("valid"), delay=0.5)
    proxy, _ = proxied("validate=rest:shop", rest(shop, more="tries=1") +
                       'modparam("e911", "validate_wait", 50)\n')
    said = loc_set(proxy, RIGHT)
    assert (said["verdict"], said["result"]) == ("unchecked", "in force")
    assert ask(proxy, "assessed", said["job"])["result"] == "pending"
    done = until(lambda: [a for a in [ask(proxy, "assessed", said["job"])]
                          if a["result"] == "done"], 5)[0]
    assert (done["verdict"], done["validator"]) == ("valid", "shop")
    assert loc_get(proxy)["verdict"] == "valid"
    said = ask(proxy, "validate", json.dumps(RIGHT))
    assert said["verdict"] == "unchecked" and said["job"]
    assert ask(proxy, "validate", json.dumps(RIGHT), "hq", "offline").get("job") is None
    for job in "0", "x", "-1":
        assert proxy.jsonrpc("e911.assessed", [job])["error"]["code"] == 400
    assert proxy.jsonrpc("e911.assessed", ["999999"])["error"]["code"] == 404


def test_what_was_stated_anew_is_not_overtaken(proxied, validator):
    """A verdict on the address before does not fall on this one."""
    def answer(body):
        if "Old" in body:
            time.sleep(0.6)
            return says("invalid")
        return says("valid")
    shop = validator(answer)
    proxy, _ = proxied("validate=rest:shop", rest(shop, more="tries=1") +
                       'modparam("e911", "validate_wait", 20)\n')
    job = loc_set(proxy, {**RIGHT, "RD": "Old"})["job"]
    until(lambda: shop.requests, 5)
    loc_set(proxy, {**RIGHT, "RD": "New"})
    until(lambda: loc_get(proxy)["verdict"] == "valid", 5)
    until(lambda: shop.now == 0, 5)
    until(lambda: proxy.jsonrpc("e911.assessed", [job]).get(
        "result", {"result": "done"})["result"] == "done", 5)
    shown = loc_get(proxy)
    assert (shown["location"]["RD"], shown["verdict"]) == ("New", "valid")


def test_redirects_are_followed_but_no_circle(proxied, validator):
    first = validator(lost_redirect("127.0.0.2"))
    second = validator(lost_says(valid=["A1", "A3", "RD", "STS", "HNO"]),
                       host="127.0.0.2", port=first.port)
    proxy, _ = proxied("validate=lost:lvf", lost(first))
    assert loc_set(proxy, RIGHT)["verdict"] == "valid"
    assert len(first.requests) == len(second.requests) == 1
    second.answer = lost_redirect("127.0.0.1")
    assert loc_set(proxy, RIGHT)["verdict"] == "unchecked"
    assert len(first.requests) == len(second.requests) == 2


def test_over_tls(proxied, validator, certificates, tmp_path):
    key = str(tmp_path / "key.pem")
    own = certificates.make(tmp_path / "own.pem", "-keyout", key, "-addext",
                            "subjectAltName=IP:127.0.0.1")
    shop = validator(says("valid"), certificate=(own, key))
    other = validator(says("invalid"), certificate=(
        certificates.untrusted, certificates.other_key))
    proxy, _ = proxied(
        "validate=rest:other,rest:shop",
        rest(other, "other", QUICK + "ca=%s;" % own)
        + rest(shop, "shop", QUICK + "ca=%s;" % own))
    said = loc_set(proxy, RIGHT)
    assert (said["verdict"], said["validator"]) == ("valid", "shop")
    assert other.requests == []


def test_a_secret_is_seen_by_nobody_else(proxied, validator, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("open-sesame-42\n")
    shop = validator((500, "text/plain", "no"))
    proxy, _ = proxied("validate=rest:shop", rest(
        shop, more=QUICK + "header1=Authorization: Bearer {secret};"
        "secret=file:%s;" % secret), args=["-dd"])
    loc_set(proxy, RIGHT)
    shop.answer = "close"
    loc_set(proxy, RIGHT)
    assert shop.requests[0][1]["Authorization"] == "Bearer open-sesame-42"
    row, = ask(proxy, "validators")
    assert row == {"name": "shop", "kind": "rest", "breaker": "closed",
                   "host": "127.0.0.1:%d" % shop.port}
    assert "sesame" not in json.dumps(row) + proxy.log()
    # nor is the address
    assert "Congress" not in proxy.log()


def breaker(proxy):
    return ask(proxy, "validators")[0]["breaker"]


def test_who_fails_too_often_rests(proxied, validator):
    shop = validator((503, "text/plain", "busy"))
    proxy, _ = proxied("validate=rest:shop", rest(
        shop, more="tries=1;break_after=3;rest_ms=1000;"))
    for _ in range(5):
        assert loc_set(proxy, RIGHT)["verdict"] == "unchecked"
    assert len(shop.requests) == 3 and breaker(proxy) == "open"
    shop.answer = says("valid")
    until(lambda: loc_set(proxy, RIGHT)["verdict"] == "valid", 5, every=0.2)
    assert breaker(proxy) == "closed"


def test_a_reload_while_jobs_run(proxied, validator, tmp_path):
    shop, other = validator(says("valid"), delay=0.4), validator(says("invalid"))
    rows = tmp_path / "e911.rows"
    row = "validator name=shop;like=generic;url=%s\n" % shop.url()
    rows.write_text(row)
    proxy, _ = proxied("validate=rest:other", rest(other, "other") + (
        'modparam("e911", "settings_file", "%s")\n'
        'modparam("e911", "validate_wait", 0)\n' % rows))
    rows.write_text(row + "site name=x;prefix=b;validate=rest:shop,rest:other\n")
    assert ask(proxy, "reload") == "reloaded"
    for i in range(20):
        state(proxy, "sip:b%d@x" % i, RIGHT)
    until(lambda: shop.now, 5)
    rows.write_text("site name=x;prefix=b;validate=rest:other\n")
    assert ask(proxy, "reload") == "reloaded"
    until(lambda: all(loc_get(proxy, "sip:b%d@x" % i)["verdict"] != "unchecked"
                      for i in range(20)), 10)
    rows.write_text("site name=x;prefix=b;validate=rest:nobody\n")
    error = proxy.jsonrpc("e911.reload")["error"]["message"]
    assert "site x" in error and "nobody" in error
    rows.write_text("site name=x;prefix=b;validate=lost:other\n")
    assert "other" in proxy.jsonrpc("e911.reload")["error"]["message"]
    assert ask(proxy, "sites", "x")[0]["validate"] == "rest:other"


def test_an_unknown_validator_stops_the_start(proxied):
    with pytest.raises(StartError, match="site hq: validate: .nobody"):
        proxied("validate=rest:nobody", "")


def test_no_process_is_started_for_nothing(proxied, validator):
    proxy, _ = proxied("gate=off", "")
    assert "e911 worker" not in proxy.rpc("core.psa")
    shop = validator(says("valid"))
    proxy, _ = proxied("validate=rest:shop", rest(shop) + 'modparam("e911", "workers", 3)\n')
    assert proxy.rpc("core.psa").count("e911 worker") == 3
    proxy, _ = proxied("validate=rest:shop", rest(shop) + 'modparam("e911", "workers", 0)\n')
    assert "e911 worker" not in proxy.rpc("core.psa")
    assert loc_set(proxy, RIGHT)["verdict"] == "unchecked"
    assert shop.requests == []


# ----- in time -----

def stored_proxy(kamailio, uas, tables, params, **how):
    return store_proxy(kamailio, tables, uas("take"), params=params, **how)


@pytest.fixture
def tables(tmp_path):
    made = SqliteTables(tmp_path)
    made.create()
    return made


def test_a_restart_keeps_validator_and_date(kamailio, uas, validator, tables):
    shop = validator(says("valid", SUGGESTED))
    proxy = stored_proxy(kamailio, uas, tables,
                         rest(shop) + site("validate=rest:shop"))
    loc_set(proxy, RIGHT)
    before = until(lambda: [s for s in [loc_get(proxy)] if s["store"] == "stored"], 5)[0]
    shop.answer = "close"
    proxy.restart()
    until(lambda: "result" in proxy.jsonrpc("e911.loc_get", [ALICE]), 5)
    after = loc_get(proxy)
    for name in "verdict", "validator", "validated", "location", "stated":
        assert after[name] == before[name]


def test_what_nobody_checked_is_asked_for_after_a_restart(
        kamailio, uas, validator, tables):
    shop = validator("close")
    proxy = stored_proxy(kamailio, uas, tables,
                         rest(shop) + site("validate=rest:shop"))
    loc_set(proxy, RIGHT)
    until(lambda: loc_get(proxy)["store"] == "stored", 5)
    proxy.stop()
    shop.answer = says("valid")
    proxy.start()
    until(lambda: proxy.jsonrpc("e911.loc_get", [ALICE]).get("result", {}).get(
        "verdict") == "valid", 15)


def test_an_old_verdict_is_asked_for_again(proxied, validator):
    shop = validator(says("valid"))
    proxy, _ = proxied("validate=rest:shop;revalidate=10m", rest(shop), clock=True)
    loc_set(proxy, RIGHT)
    first = loc_get(proxy)["validated"]
    asked = len(shop.requests)
    shop.answer = "close"
    proxy.set_clock(601)
    until(lambda: len(shop.requests) > asked, 15)
    # nobody answers: the old verdict holds
    assert loc_get(proxy)["verdict"] == "valid"
    assert loc_get(proxy)["validated"] == first
    assert counters(proxy)["unchecked"] <= 1


def test_many_at_once(proxied, validator):
    shop = validator(says("valid"), delay=0.05)
    proxy, _ = proxied("validate=rest:shop", rest(shop, more="") +
                       'modparam("e911", "validate_wait", 0)\n')
    begun = time.monotonic()
    for i in range(500):
        proxy.jsonrpc("e911.loc_set", ["sip:a%d@x" % i, json.dumps(RIGHT)])
    until(lambda: counters(proxy)["validated"] == 500, 20)
    # one after the other would take 25 s
    assert time.monotonic() - begun < 12
    assert len(shop.requests) == 500 and counters(proxy)["jobs_lost"] == 0


def p99(agent, n=300):
    times = []
    for _ in range(n):
        begun = time.monotonic()
        assert agent.request("OPTIONS", "sip:bob@example.test").final().status == 404
        times.append(time.monotonic() - begun)
    return sorted(times)[n * 99 // 100]


def test_sip_is_as_fast_as_ever_while_every_validator_hangs(
        proxied, validator, ua):
    lvf, shop = validator("hang"), validator("hang")
    slow = "tries=1;timeout_ms=20000;break_after=1000;"
    proxy, _ = proxied("validate=lost:lvf,rest:shop",
                       lost(lvf, more=slow) + rest(shop, more=slow) +
                       'modparam("e911", "validate_wait", 0)\n')
    agent = ua(proxy)
    before = p99(agent)
    for i in range(300):
        proxy.jsonrpc("e911.loc_set", ["sip:a%d@x" % i, json.dumps(RIGHT)])
    until(lambda: lvf.now > 50, 10)
    assert p99(agent) < 5 * before + 0.02


@pytest.mark.skipif(not os.environ.get("SOAK"), reason="takes half a minute")
def test_another_worker_takes_over(proxied, validator):
    shop = validator(says("valid"), delay=0.5)
    proxy, _ = proxied("validate=rest:shop", rest(shop, more="timeout_ms=60000") +
                       'modparam("e911", "validate_wait", 0)\n')
    workers = [p["PID"] for p in proxy.jsonrpc("core.psx")["result"]
               if "e911 worker" in p["DSC"]]
    assert len(workers) == 2
    for i in range(20):
        state(proxy, "sip:a%d@x" % i, RIGHT)
    until(lambda: shop.now, 5)
    os.kill(workers[0], signal.SIGSTOP)
    try:
        until(lambda: all(loc_get(proxy, "sip:a%d@x" % i)["verdict"] == "valid"
                          for i in range(20)), 60)
    finally:
        os.kill(workers[0], signal.SIGCONT)
