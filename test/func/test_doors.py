# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands, pseudo-variables, KEMI, parameters that are refused."""
import json
import re

import pytest

from lib import (AUSTIN, BASE, DEFAULT_SITE, TRUST, RpcError, StartError,
                 counters, e911_proxy, rows, state)

CALL = "sip:911@example.test"
ALICE = "sip:alice@example.test"
DEVICE = "urn:uuid:00000000-0000-1000-8000-00000000000a"


@pytest.fixture
def proxy(kamailio, uas):
    return e911_proxy(kamailio, uas("take"), PARAMS=DEFAULT_SITE)


def refused(proxy, command, *args):
    with pytest.raises(RpcError) as caught:
        proxy.rpc(command, *args)
    return str(caught.value)


def set_json(proxy, fields, **how):
    return proxy.jsonrpc("e911.loc_set", [ALICE, json.dumps(fields)], **how)


def get(proxy, *key):
    return proxy.jsonrpc("e911.loc_get", list(key))["result"]


# ----- locations -----

def test_location_is_given_back_as_stated(proxy):
    answer = set_json(proxy, dict(AUSTIN, country="us"))["result"]
    assert answer == {"result": "in force", "verdict": "unchecked",
                      "freshness": "fresh", "store": "none"}
    row = get(proxy, "alice@example.test")
    assert row["aor"] == "alice@example.test"
    assert row["origin"] == "rpc"
    assert row["location"] == dict(AUSTIN, method="Manual")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["stated"])


def test_utf8_and_markup(proxy):
    fields = dict(AUSTIN, RD='Küß "x" <&>', NAM="日本 🚑")
    set_json(proxy, fields)
    assert get(proxy, ALICE)["location"]["RD"] == fields["RD"]
    assert get(proxy, ALICE)["location"]["NAM"] == fields["NAM"]


def test_pidf_lo_is_taken_too(proxy, good_pidf):
    proxy.rpc("e911.loc_set", ALICE, good_pidf)
    assert get(proxy, ALICE)["location"]["HNO"] == "1200"


def test_devices_apart(proxy):
    state(proxy, ALICE, dict(AUSTIN, HNO="1"), DEVICE)
    assert get(proxy, ALICE)["contact"] == DEVICE  # its only one
    state(proxy, ALICE, dict(AUSTIN, HNO="2"), "sip:alice@192.0.2.1:5060")
    assert get(proxy, ALICE, DEVICE.upper())["location"]["HNO"] == "1"
    assert "404" in refused(proxy, "e911.loc_get", ALICE)  # which of two?
    assert "404" in refused(proxy, "e911.loc_get", ALICE, "other")


def test_delete_one_and_all(proxy):
    for contact in (DEVICE, "sip:alice@192.0.2.1", None):
        state(proxy, ALICE, contact=contact)
    assert proxy.jsonrpc("e911.loc_del", [ALICE, DEVICE])["result"] == 1
    assert proxy.jsonrpc("e911.loc_del", [ALICE])["result"] == 2
    assert "404" in refused(proxy, "e911.loc_del", ALICE)
    assert counters(proxy)["deleted"] == 3
    assert counters(proxy)["locations"] == 0


def pages(proxy, *rows):
    """All rows of loc_list, page by page."""
    cursor, seen = "0", []
    while cursor is not None:
        page = proxy.jsonrpc("e911.loc_list", [cursor, *rows])["result"]
        page = page if isinstance(page, list) else [page]
        cursor = next((r["next"] for r in page if "next" in r), None)
        found = [r for r in page if "aor" in r]
        assert len(found) <= (rows[0] if rows else 100)
        seen += found
    return seen


def test_list_in_pages(proxy):
    for i in range(25):
        proxy.jsonrpc("e911.loc_set", ["u%d@x" % i, json.dumps(AUSTIN)])
    assert len(pages(proxy, 10)) == 25
    assert len({r["aor"] for r in pages(proxy, 1)}) == 25
    assert len(pages(proxy)) == 25


def test_page_of_100_fits_into_an_answer(proxy):
    text = json.dumps(dict(AUSTIN, LOC="x" * 100, NAM="y" * 100))
    for i in range(210):
        proxy.jsonrpc("e911.loc_set", ["agent%d@example.test" % i, text])
    assert len(pages(proxy)) == 210


@pytest.mark.parametrize("args", [("x",), ("-1",), ("0", 0), ("0", 101),
                                  ("0", -5), ("1x",)])
def test_list_refuses_bad_pages(proxy, args):
    assert proxy.jsonrpc("e911.loc_list", list(args))["error"]["code"] == 400


def test_list_beyond_the_end_is_empty(proxy):
    assert proxy.rpc("e911.loc_list", "s:18446744073709551615").strip() == ""


# ----- bad input -----

@pytest.mark.parametrize("fields, reason", [
    ({"RDX": "x"}, "RDX: unknown name"),
    ({"HNO": 1200}, "HNO: must be a string"),
    ({"HNO": None}, "HNO: must be a string"),
    ({"HNO": ["1"]}, "HNO: must be a string"),
    ({"country": "USA"}, "country: too long"),
    ({"country": "1A"}, "country: value not allowed"),
    ({"RD": "a\r\nContact: <sip:evil@x>"}, "RD: control character"),
    ({"RD": "a\tb"}, "RD: control character"),
    ({"RD": "\x7f"}, "RD: control character"),
    ({"LOC": "x" * 121}, "LOC: too long"),
    ({"shape": "Blob", "pos": "1 2"}, "shape: value not allowed"),
    ({"shape": "Circle", "pos": "1 2"}, "radius: shape incomplete"),
    ({"shape": "Point", "pos": "91 0"}, "pos: shape incomplete"),
    ({"pos": "1 2"}, "pos: shape incomplete"),
    ({"provided_by": "javascript:x", "RD": "x"}, "provided_by: value"),
    ({"country": "US"}, "country: no address and no shape"),
    ({}, "no address and no shape")])
def test_bad_location_is_refused_by_name_and_reason(proxy, fields, reason):
    state(proxy, ALICE)
    answer = set_json(proxy, fields)["error"]
    assert answer["code"] == 400
    assert reason in answer["message"]
    # nothing is lost or changed
    assert get(proxy, ALICE)["location"]["HNO"] == "1200"
    assert counters(proxy)["refused"] == 1


@pytest.mark.parametrize("text", [
    "{", "[]", '{"RD":"x"} x', '{"RD":"x",}', "x",
    '{"RD":"' + "x" * 20000 + '"}', "{" * 100, "<a", "<a/>"])
def test_bad_document_is_refused(proxy, text):
    assert "location" in refused(proxy, "e911.loc_set", ALICE, text)
    assert "404" in refused(proxy, "e911.loc_get", ALICE)


@pytest.mark.parametrize("aor", ["alice", "sip:example.test", "sip:@x", "a b@x",
                                 "x" * 200 + "@x"])
def test_bad_aor_is_refused(proxy, aor):
    assert "AOR" in refused(proxy, "e911.loc_set", aor, json.dumps(AUSTIN))


@pytest.mark.parametrize("command, args", [
    ("e911.match", ("911",)), ("e911.match", ("+15125550100",)),
    ("e911.match", ("0911",)), ("e911.dryrun", (ALICE, "911")),
    ("e911.loc_get", ("15125550100",)), ("e911.loc_set", (ALICE,)),
    ("e911.loc_set", ()), ("e911.loc_get", ()), ("e911.loc_del", ()),
    ("e911.loc_set", (ALICE, '{"RD":"x"}', "5")),
    ("e911.loc_get", (ALICE, "5")), ("e911.match", ("s:",))])
def test_numbers_and_missing_arguments_are_refused(proxy, command, args):
    assert "s:NUMBER" in refused(proxy, command, *args)


def test_xxe_and_billion_laughs(proxy, bad_pidf):
    for name, document in bad_pidf("xxe", "billion-laughs", "external-dtd",
                                   "parameter-entity"):
        answer = refused(proxy, "e911.loc_set", ALICE, document)
        assert "type declarations are refused" in answer, name


def test_full_table(kamailio, uas):
    proxy = e911_proxy(kamailio, uas("take"),
                       PARAMS='modparam("e911", "cache_size", 2)')
    state(proxy, "a@x")
    state(proxy, "b@x")
    assert "503 - location: table full" in refused(
        proxy, "e911.loc_set", "c@x", json.dumps(AUSTIN))
    state(proxy, "b@x", dict(AUSTIN, HNO="7"))


# ----- match, dry run, counters -----

@pytest.mark.parametrize("number, kind", [
    ("911", "emergency"), ("9911", "emergency"), ("+911", "emergency"),
    ("112", "emergency"), ("933", "test"), ("urn:service:sos", "emergency"),
    ("URN:service:SOS.fire", "emergency"), ("urn:service:test.sos", "test"),
    ("sip:911@x;user=phone", "emergency"), ("tel:9-1-1", "emergency"),
    ("sips:911@x", "emergency"), ("sip:%39%31%31@x", "emergency"),
    ("9112", "none"), ("1911", "none"), ("91155501", "none"), ("411", "none"),
    ("urn:service:counseling", "none"), ("urn:service:sosx", "none"),
    ("sip:alice@911", "none"), ("999", "none")])
def test_match(proxy, number, kind):
    assert proxy.jsonrpc("e911.match", [number])["result"]["kind"] == kind


def test_country_of_the_location_adds_numbers_and_removes_none(proxy):
    state(proxy, "gb@x", {"country": "GB", "RD": "High", "HNO": "1"})
    def kind(number, aor):
        return proxy.jsonrpc("e911.match", [number, aor])["result"]["kind"]
    assert kind("999", "gb@x") == "emergency"
    assert kind("999", "us@x") == "none"
    for number in ("911", "112"):
        assert kind(number, "gb@x") == "emergency"


def test_numbers_of_the_operator(kamailio, uas):
    proxy = e911_proxy(kamailio, uas("take"), PARAMS="""
        modparam("e911", "number", "^0?110$;country=DE;urn=urn:service:sos.police;number=110;set=5")
        modparam("e911", "number", "5555;kind=test")
        modparam("e911", "site", "name=hq; country=US; off=9911")""")
    def match(number, *aor):
        return proxy.jsonrpc("e911.match", [number, *aor])["result"]
    state(proxy, "de@x", {"country": "DE", "RD": "Weg", "HNO": "1"})
    assert match("0110", "de@x")["urn"] == "urn:service:sos.police"
    assert match("0110", "de@x")["number"] == "110"
    assert match("0110", "de@x")["set"] == 5
    assert match("110")["kind"] == "none"
    assert match("5555")["kind"] == "test"
    assert match("9911")["kind"] == "none"


def test_sites_by_domain(kamailio, uas):
    proxy = e911_proxy(kamailio, uas("take"), PARAMS="""
        modparam("e911", "site", "name=hq; set=1")
        modparam("e911", "site", "name=uk; domain=uk.example,gb.example; set=44; country=GB")""")
    def site(aor):
        return proxy.jsonrpc("e911.match", ["112", aor])["result"]
    assert site("a@uk.example")["site"] == "uk"
    assert site("a@GB.example")["set"] == 44
    assert site("a@us.example")["site"] == "hq"


def test_dryrun_shows_each_invite_and_sends_none(kamailio, uas):
    ersp = uas("take")
    proxy = e911_proxy(
        kamailio, (1, ersp.uri(), 5), (1, ersp.uri("tcp"), 3, "profile=plain"))
    state(proxy, ALICE)
    proxy.rpc("dispatcher.set_state", "ip", 1, ersp.uri("tcp"))
    first, second = proxy.jsonrpc("e911.dryrun", [ALICE, "911"])["result"]
    assert first["invite"].startswith("INVITE sip:911@127.0.0.1")
    assert "<ca:HNO>1200</ca:HNO>" in first["invite"]
    assert first["size"] == len(first["invite"])
    assert (first["conveyance"], first["health"]) == ("value", "active")
    assert (second["conveyance"], second["health"]) == ("none", "inactive")
    assert "Geolocation" not in second["invite"]
    assert ersp.requests == []
    assert counters(proxy)["calls"] == 0


def test_dryrun_refuses(proxy):
    assert "no emergency number" in refused(
        proxy, "e911.dryrun", ALICE, "s:5551234")
    assert "AOR" in refused(proxy, "e911.dryrun", "alice", "s:911")


def test_counters_have_descriptions(proxy):
    for row in proxy.jsonrpc("e911.stats")["result"]:
        assert row["counts"]


def test_settings_at_run_time(proxy):
    proxy.rpc("cfg.set_now_int", "e911", "fr", 2500)
    assert "2500" in proxy.rpc("cfg.get", "e911", "fr")
    refused(proxy, "cfg.set_now_int", "e911", "fr", 1)


def test_nothing_of_the_caller_above_debug(kamailio, uas, ua):
    proxy = e911_proxy(kamailio, uas("refuse:503"), uas("take"))
    agent = ua(proxy, user="secretname")
    state(proxy, agent, dict(AUSTIN, RD="Secretroad"))
    assert agent.invite(CALL).final().status == 200
    assert "secretname" not in proxy.log().lower()
    assert "secretroad" not in proxy.log().lower()


# ----- pseudo-variables -----

PVS = ("kind", "urn", "number", "country", "method", "verdict", "freshness",
       "found", "contact", "site", "ersp", "profile", "conveyance")


def test_pseudo_variables_in_request_branch_and_failure(kamailio, uas, ua):
    show = " ".join("%s=$e911(%s)" % (n, n) for n in PVS)
    log = 'xlog("L_NOTICE", "PV %%s %s\\n");' % show
    bad, good = uas("refuse:503"), uas("take")
    proxy = e911_proxy(
        kamailio, bad, (1, good.uri(), 0, "profile=plain"),
        BEFORE=log % "request", BRANCH_BEFORE=log % "branch",
        FAILURE=log % "failure" + "e911_relay();", REPLY=log % "reply")
    agent = ua(proxy, instance=DEVICE)
    state(proxy, agent, contact=DEVICE)
    assert agent.invite(CALL).final().status == 200
    def seen(place, n=0):
        line = re.findall("PV %s (.*)" % place, proxy.log())[n]
        return dict(w.split("=", 1) for w in line.split(" "))
    request = seen("request")
    assert request == dict(
        kind="emergency", urn="urn:service:sos", number="911", country="US",
        method="Manual", verdict="unchecked", freshness="fresh",
        found="device", contact=DEVICE, site="default", ersp="<null>",
        profile="<null>", conveyance="<null>")
    assert seen("branch")["ersp"] == bad.uri()
    assert seen("failure")["ersp"] == bad.uri()
    assert seen("branch", 1)["conveyance"] == "none"
    assert seen("branch", 1)["profile"] == "plain"
    assert seen("reply", -1)["kind"] == "emergency"


def test_pseudo_variables_of_an_ordinary_call_are_null(kamailio, uas, ua):
    proxy = e911_proxy(kamailio, uas("take"), ORDINARY=
                       'xlog("L_NOTICE", "PV [$e911(kind)]\\n");')
    assert ua(proxy).invite("sip:5551234@x").final().status == 404
    proxy.wait_log(r"PV \[<null>\]")


def test_match_of_a_given_number(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, ORDINARY="""
        if(e911_match("$hdr(X-Dialled)")) { e911_relay(); exit; }""")
    agent = ua(proxy)
    assert agent.invite("sip:x@x", headers=[("X-Dialled", "911")]
                        ).final().status == 200
    assert ersp.invites[0].message.ruri.startswith("sip:911@")
    assert agent.invite("sip:x@x", headers=[("X-Dialled", "9112")]
                        ).final().status == 404
    assert agent.invite("sip:x@x").final().status == 404


# ----- start-up -----

@pytest.mark.parametrize("line, reason", [
    ('modparam("e911", "number", "911;colour=red")', "colour"),
    ('modparam("e911", "number", "^9(11$")', "number"),
    ('modparam("e911", "number", "911;kind=loud")', "loud"),
    ('modparam("e911", "site", "set=1")', "site"),
    ('modparam("e911", "site", "name=x;set=one")', "value not allowed"),
    ('modparam("e911", "site", "name=x;HNOX=1")', "HNOX"),
    ('modparam("e911", "site", "name=x;country=USA")', "country"),
    ('modparam("e911", "failed_reply", "200 OK")', "failed_reply"),
    ('modparam("e911", "failed_reply", "nonsense")', "failed_reply"),
    ('modparam("e911", "failed_reply", "route:NOWHERE")', "NOWHERE"),
    ('modparam("e911", "cache_size", 0)', "cache_size"),
    ('modparam("e911", "fr", 5)', "fr"),
    ('modparam("e911", "no_such_parameter", 5)', "no_such_parameter")])
def test_bad_parameter_is_refused_at_start(kamailio, uas, line, reason):
    with pytest.raises(StartError) as caught:
        e911_proxy(kamailio, uas("take"), PARAMS=line)
    assert reason in str(caught.value)


def test_unknown_member_of_the_variable_is_refused(kamailio, uas):
    with pytest.raises(StartError) as caught:
        e911_proxy(kamailio, uas("take"), BEFORE='$var(x) = $e911(colour);')
    assert "no such member" in str(caught.value)


def test_dispatcher_has_to_be_there(kamailio):
    with pytest.raises(StartError) as caught:
        kamailio(BASE + 'loadmodule "@MODULE@"\nrequest_route { exit; }\n')
    assert "dispatcher" in str(caught.value)


# ----- KEMI -----

LUA = """
function ksr_request_route()
    if KSR.e911.match() > 0 then
        KSR.tm.t_on_branch("ksr_branch")
        KSR.tm.t_on_failure("ksr_failure")
        KSR.e911.relay()
        return
    end
    if KSR.e911.match_number("") > 0 or KSR.e911.match_number(nil) > 0 then
        KSR.sl.sl_send_reply(500, "empty is no number")
        return
    end
    if KSR.e911.match_number(KSR.pv.getw("$hdr(X-Dialled)")) > 0 then
        KSR.sl.sl_send_reply(480, "dialled")
        return
    end
    KSR.sl.sl_send_reply(404, "ordinary")
end
function ksr_branch()
    KSR.e911.convey()
end
function ksr_failure()
    if KSR.e911.route() > 0 then
        KSR.tm.t_relay()
    end
end
function ksr_event(name)
    KSR.info("EVENT " .. name .. "\\n")
end
"""


def kemi(kamailio, lua, *servers):
    """A proxy whose script is in Lua."""
    return kamailio(BASE + """
        debug=3
        loadmodule "dispatcher.so"
        modparam("dispatcher", "list_file", "@DIR@/dispatcher.list")
        loadmodule "app_lua.so"
        modparam("app_lua", "load", "@DIR@/route.lua")
        loadmodule "@MODULE@"
        modparam("e911", "event_callback", "ksr_event")
        """ + TRUST + """
        cfgengine "lua"
        """, files={"route.lua": lua, "dispatcher.list": rows(*servers)})


def test_kemi(kamailio, uas, ua):
    bad, good = uas("refuse:503"), uas("take")
    proxy = kemi(kamailio, LUA, bad, good)
    agent = ua(proxy)
    state(proxy, agent)
    assert agent.invite(CALL).final().status == 200
    assert len(good.invites[0].message.parts) == 2
    assert agent.invite("sip:1@x").final().status == 404
    assert agent.invite("sip:1@x", headers=[("X-Dialled", "911")]
                        ).final().status == 480


def test_kemi_event_when_nothing_is_left(kamailio, uas, ua):
    lua = LUA.replace("if KSR.e911.route() > 0",
                      "if KSR.e911.relay() > 0 and false")
    proxy = kemi(kamailio, lua, uas("refuse:503"))
    assert ua(proxy).invite(CALL).final().status == 503
    proxy.wait_log("EVENT e911:failed")
