# SPDX-License-Identifier: GPL-2.0-or-later
"""No address is trusted before it is validated, and a wrong one comes back
with the right one beside it."""
import json
import time

import pytest

from lib import (AUSTIN, RpcError, StartError, civic, counters, e911_proxy,
                 state, until)
from lib.database import SqliteTables, store_proxy
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
    sent = civic(ersp.invites[0])
    assert (sent["HNO"], sent["A3"], sent["RD"], sent["STS"], sent["LOC"]) == (
        "1100", "AUSTIN", "CONGRESS", "AVE", "Desk 4")
    assert "validat" not in ersp.invites[0].raw.decode()


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
    assert civic(ersp.invites[0])["HNO"] == "1100"


@pytest.mark.parametrize("policy, goes", [("store", True), ("refuse", False)])
def test_what_sip_states_is_validated_later(guided, ua, policy, goes):
    """A worker's verdict; found wrong then, it goes with a call or not."""
    proxy, ersp = guided("validate=msag;invalid=" + policy, ORDINARY="""
        if(is_method("PUBLISH")) { e911_learn(); sl_send_reply("200", "OK"); exit; }""")
    agent = ua(proxy)
    agent.publish_location({**WRONG, "HNO": "1100", "RD": "Congres", "STS": "AVE"})
    until(lambda: loc_get(proxy, agent.aor)["verdict"] == "invalid", 5)
    assert agent.invite(CALL).final().status == 200
    assert ("pidf" in ersp.invites[0].raw.decode()) == goes


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
                              body=json.dumps(body)).final()
        assert reply.reason == "Said %d" % said


def test_the_gate(guided, ua):
    proxy, _ = guided("validate=msag;gate=require;invalid_gate=closed", ORDINARY="""
        if(!e911_gate()) { sl_send_reply("403", "State"); exit; }""")
    agent = ua(proxy)
    loc_set(proxy, WRONG, agent.aor)
    reply = agent.invite("sip:bob@example.test").final()
    assert reply.status == 403
    assert "location-invalid" in reply.get("Warning")
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
    assert civic(ersp.invites[0])["RD"] == "Congress"


@pytest.mark.parametrize("row", ["", "file=/x;file=/y", "path=/x"])
def test_a_bad_row_of_the_guide_stops_the_start(kamailio, uas, row):
    with pytest.raises(StartError, match="msag"):
        e911_proxy(kamailio, uas("take"),
                   PARAMS='modparam("e911", "msag", "%s")\n' % row)
