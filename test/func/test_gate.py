# SPDX-License-Identifier: GPL-2.0-or-later
"""The gate, and locations out of SIP requests."""
import os

import pytest

from lib import (AUSTIN, ROOT, civic, counters, digest, e911_proxy, multipart,
                 state, until)
from lib.edge import edge_proxy
from lib.ua import SDP

CALL = "sip:911@example.test"
ORDINARY = "sip:5551234@example.test"
CAFE = "127.0.0.2"
DEVICE = "urn:uuid:00000000-0000-1000-8000-00000000000a"
PAGE = "https://911.example.test/me"
PIDF = "application/pidf+xml"


def site(row):
    return 'modparam("e911", "site", "name=hq;set=1;%s")\n' % row


REQUIRE = site("gate=require;page=" + PAGE)


def registered(agent, expires=60, **how):
    assert agent.register(expires, **how).final().status == 200


def get(proxy, *key):
    return proxy.jsonrpc("e911.loc_get", list(key))["result"]


def gone(proxy, *key):
    return "error" in proxy.jsonrpc("e911.loc_get", list(key))


@pytest.fixture
def gated(kamailio, uas, ua):
    """(proxy, ersp, a registered agent) under gate=require."""
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, params=REQUIRE)
    agent = ua(proxy, instance=DEVICE)
    registered(agent)
    return proxy, ersp, agent


def refusal(agent):
    """(Warning, Error-Info) of the 403 to an ordinary call."""
    final = agent.invite(ORDINARY).final()
    assert final.status == 403
    return final.h("Warning"), final.h("Error-Info")


def passes(agent, **how):
    status = agent.invite(ORDINARY, **how).final().status
    assert status in (403, 404)  # 404: there is no carrier in this test
    return status == 404


# ----- the gate -----

def test_no_call_before_a_location_is_stated(gated):
    proxy, _, agent = gated
    warning, info = refusal(agent)
    assert warning == ('399 e911 "location-missing: state your location first"')
    assert info == "<%s>;reason=location-missing" % PAGE
    assert counters(proxy)["gate_refused"] == 1
    state(proxy, agent, contact=DEVICE)
    assert passes(agent)
    assert counters(proxy)["gate_refused"] == 1


@pytest.mark.parametrize("dialled", [
    "sip:911@example.test", "sip:933@example.test", "urn:service:sos",
    "sip:9911@example.test"])
def test_emergency_and_test_calls_are_never_gated(gated, dialled):
    _, ersp, agent = gated
    assert agent.invite(dialled).final().status == 200
    assert len(ersp.invites) == 1


def test_gate_asked_of_an_emergency_call_is_open(kamailio, uas, ua):
    """A script that asks in the wrong place."""
    ersp = uas("take")
    proxy = edge_proxy(
        kamailio, ersp, params=REQUIRE, BEFORE=
        'if(!e911_gate()) { sl_send_reply("403", "Gated"); exit; }')
    assert ua(proxy).invite(CALL).final().status == 200


def test_what_moved_waits_for_a_confirmation(gated, ua):
    proxy, ersp, agent = gated
    state(proxy, agent, contact=DEVICE)
    cafe = ua(proxy, host=CAFE, instance=DEVICE)
    registered(cafe)
    warning, info = refusal(cafe)
    assert "location-moved" in warning and "location-moved" in info
    assert cafe.invite(CALL).final().status == 200
    proxy.rpc("e911.loc_confirm", cafe.aor, DEVICE)
    assert passes(cafe)


def test_what_is_too_old_waits_for_a_confirmation(kamailio, uas, ua):
    proxy = edge_proxy(kamailio, uas("take"),
                       params=site("gate=require;max_age=1"))
    agent = ua(proxy, instance=DEVICE)
    registered(agent)
    state(proxy, agent, contact=DEVICE)
    assert passes(agent)
    until(lambda: not passes(agent), 5, "too old")
    warning, info = refusal(agent)
    assert "location-old" in warning
    assert info is None  # the site names no page


def test_expired_contact(gated):
    proxy, _, agent = gated
    state(proxy, agent, contact=DEVICE)
    registered(agent, 0)
    assert "location-expired" in refusal(agent)[0]


def test_location_of_the_other_device_does_not_open(kamailio, uas, ua):
    proxy = edge_proxy(kamailio, uas("take"), params=REQUIRE)
    desk, laptop = ua(proxy, instance=DEVICE), ua(
        proxy, host=CAFE, instance=DEVICE[:-1] + "b")
    registered(desk)
    registered(laptop)
    state(proxy, desk, contact=DEVICE)
    assert passes(desk)
    assert "location-moved" in refusal(laptop)[0]


@pytest.mark.parametrize("gate", ["off", "warn"])
def test_gate_off_and_warn(kamailio, uas, ua, gate):
    proxy = edge_proxy(kamailio, uas("take"), params=site("gate=" + gate))
    agent = ua(proxy)
    assert passes(agent)
    assert counters(proxy)["gate_warned"] == (gate == "warn")
    proxy.wait_log("PASSED reason=%s" % (
        "location-missing" if gate == "warn" else "<null>"))


@pytest.mark.parametrize("method", ["MESSAGE", "OPTIONS", "SUBSCRIBE"])
def test_only_an_invite_is_gated(kamailio, uas, ua, method):
    proxy = e911_proxy(
        kamailio, uas("take"), PARAMS=REQUIRE, ORDINARY=
        'if(!e911_gate()) { sl_send_reply("403", "Gated"); exit; }')
    agent = ua(proxy)
    assert agent.request(method, ORDINARY).final().status == 404
    assert agent.invite(ORDINARY).final().status == 403


def test_a_call_that_is_up_is_not_gated(kamailio, uas, ua):
    """The location is taken away in mid-call: the re-INVITE passes."""
    carrier = uas("take")
    proxy = e911_proxy(
        kamailio, uas("take"), PARAMS=REQUIRE, ORDINARY="""
        if(!e911_gate()) { sl_send_reply("403", "Gated"); exit; }
        $du = "sip:127.0.0.1:%d"; record_route(); t_relay(); exit;"""
        % carrier.port)
    agent = ua(proxy)
    state(proxy, agent)
    call = agent.invite(ORDINARY)
    assert call.final().status == 200
    call.ack()
    proxy.rpc("e911.loc_del", agent.aor)
    again = agent.start(type(call)(agent, call.in_dialog(
        "INVITE", headers=[("Content-Type", "application/sdp")], body=SDP)))
    assert again.final().status == 200
    assert agent.invite(ORDINARY).final().status == 403


def test_psap_that_calls_back_is_not_gated(gated, ua):
    proxy, _, agent = gated
    mark = [("Priority", "psap-callback")]
    psap = ua(proxy, host=CAFE, user="psap")
    assert passes(psap, headers=mark)
    assert not passes(psap)
    # the mark of one who is known to be an agent is none
    assert not passes(agent, headers=mark)


def test_member_by_script_attribute_and_domain(kamailio, uas, ua):
    proxy = edge_proxy(
        kamailio, uas("take"), TRUST="",
        params=site("gate=off") + """
        modparam("e911", "site_var", "$hdr(X-Site)")
        modparam("e911", "attribute_var", "$hdr(X-Dept)")
        modparam("e911", "site", "name=strict;script=yes;gate=require")
        modparam("e911", "site", "name=sales;attribute=sales,marketing;gate=require")
        modparam("e911", "site", "name=uk;domain=uk.test;prefix=44;gate=require")""")
    agent = ua(proxy)
    assert passes(agent)
    assert not passes(agent, headers=[("X-Site", "strict")])
    assert passes(agent, headers=[("X-Site", "nowhere")])
    assert not passes(agent, headers=[("X-Dept", "Sales")])
    assert passes(agent, headers=[("X-Dept", "other")])
    assert passes(ua(proxy, domain="uk.test"))
    assert not passes(ua(proxy, domain="uk.test", user="4420"))


def test_gate_by_kemi(kamailio, uas, ua):
    from test_doors import kemi
    lua = """
    function ksr_request_route()
        if KSR.e911.match() > 0 then KSR.e911.relay() return end
        if KSR.e911.gate() < 0 then
            KSR.sl.sl_send_reply(403, "Gated")
            return
        end
        KSR.e911.vouch()
        KSR.e911.learn()
        KSR.e911.challenge()
        KSR.sl.sl_send_reply(404, "ordinary " .. tostring(KSR.pv.get("$e911(reason)")))
    end"""
    proxy = kemi(kamailio, lua, uas("take"))
    assert passes(ua(proxy))


# ----- locations out of SIP requests -----

def document(name="pidf-civic-device", expires="2056-"):
    path = os.path.join(ROOT, "test/data/pidf/good", name + ".xml")
    with open(path, "rb") as file:
        return file.read().replace(b"2026-", expires.encode())


def with_location(body=None, extra=()):
    return {"body": body or document(), "ct": PIDF, "headers": [
        ("Content-ID", "<loc@phone>"), ("Geolocation", "<cid:loc@phone>"),
        *extra]}


LEARN = 'if(e911_learn()) { xlog("L_NOTICE", "LEARNED\\n"); } ' \
        'else { xlog("L_NOTICE", "NOT LEARNED $rc\\n"); }'


@pytest.fixture
def teachable(kamailio, uas, ua):
    """(proxy, ersp, agent): REGISTER, PUBLISH and ordinary INVITEs are read."""
    def make(row="gate=off"):
        ersp = uas("take")
        proxy = edge_proxy(kamailio, ersp, params=site(row), after=LEARN,
                           gate=False)
        return proxy, ersp, ua(proxy, instance=DEVICE)
    return make


def publish(kamailio, uas, ua, row="gate=off"):
    ersp = uas("take")
    proxy = e911_proxy(
        kamailio, ersp, PARAMS=site(row), ORDINARY="""
        if(e911_learn()) { sl_send_reply("200", "Learned"); exit; }
        xlog("L_NOTICE", "NOT LEARNED $rc\\n");
        sl_send_reply("499", "Not Learned"); exit;""")
    return proxy, ersp, ua(proxy, instance=DEVICE)


def test_location_in_a_register(teachable):
    proxy, ersp, agent = teachable()
    how = with_location()
    headers = how.pop("headers")
    registered(agent, headers=headers, **how)
    proxy.wait_log("LEARNED")
    row = get(proxy, agent.aor)
    assert row["contact"] == DEVICE
    assert (row["origin"], row["freshness"]) == ("sip", "fresh")
    assert row["location"]["HNO"] == "1200"
    assert row["expires"].startswith("2056-")  # its retention
    assert counters(proxy)["learned"] == 1
    assert agent.invite(CALL).final().status == 200
    sent = ersp.invites[0].message.location()[0].body
    assert civic(sent)["HNO"] == "1200"
    assert b"<gbp:retention-expiry>" in sent


@pytest.mark.parametrize("method", ["PUBLISH", "INVITE"])
def test_location_in_publish_and_invite(kamailio, uas, ua, method):
    proxy, _, agent = publish(kamailio, uas, ua)
    body, ct = multipart(document(), "loc@phone")
    how = {"body": body, "ct": ct, "headers": [
        ("Geolocation", "<cid:loc@phone>"), ("Geolocation-Routing", "yes")]}
    status = (agent.invite(ORDINARY, **how) if method == "INVITE"
              else agent.request(method, "sip:alice@example.test", **how))
    assert status.final().status == 200
    assert get(proxy, agent.aor, DEVICE)["location"]["HNO"] == "1200"


@pytest.mark.parametrize("method, routing, taken", [
    ("PUBLISH", None, True), ("PUBLISH", "yes", True), ("PUBLISH", "no", False),
    ("PUBLISH", "maybe", False), ("INVITE", None, False), ("INVITE", "YES", True),
    ("INVITE", "no", False), ("MESSAGE", "yes", False)])
def test_routing_no_is_honoured(kamailio, uas, ua, method, routing, taken):
    proxy, _, agent = publish(kamailio, uas, ua)
    how = with_location(extra=[("Geolocation-Routing", routing)]
                        if routing else [])
    transaction = (agent.invite(ORDINARY, **how) if method == "INVITE"
                   else agent.request(method, "sip:alice@example.test", **how))
    assert (transaction.final().status == 200) == taken
    assert gone(proxy, agent.aor) != taken
    if not taken:
        proxy.wait_log("NOT LEARNED -1")


@pytest.mark.parametrize("body", [
    document(expires="2016-"), b"<presence", b"", document()[:-30],
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e "x">]><x>&e;</x>'])
def test_documents_that_are_refused(kamailio, uas, ua, body):
    proxy, _, agent = publish(kamailio, uas, ua)
    state(proxy, agent, contact=DEVICE)
    how = with_location()
    how["body"] = body
    assert agent.request("PUBLISH", "sip:alice@example.test",
                         **how).final().status == 499
    assert get(proxy, agent.aor, DEVICE)["location"] == dict(
        AUSTIN, method="Manual")
    if body:
        proxy.wait_log("NOT LEARNED -2")
        assert counters(proxy)["refused"] == 1


def test_learned_only_from_who_is_proven(kamailio, uas, ua):
    proxy = edge_proxy(kamailio, uas("take"), gate=False, before=LEARN,
                       params=site("gate=off"))
    agent = ua(proxy, host=CAFE)
    how = with_location()
    headers = how.pop("headers")
    # read before save(): not registered yet
    registered(agent, headers=headers, **how)
    proxy.wait_log("NOT LEARNED -2")
    assert gone(proxy, agent.aor)
    registered(agent, headers=headers, **how)
    proxy.wait_log("^.*: LEARNED")
    assert not gone(proxy, agent.aor)


def test_retention_ends_it(kamailio, uas, ua):
    import datetime
    proxy, _, agent = publish(kamailio, uas, ua)
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(
        seconds=2)
    text = document(expires="2056-").replace(
        b"2056-08-22T14:00:00Z", end.strftime("%Y-%m-%dT%H:%M:%SZ").encode())
    how = with_location(text)
    assert agent.request("PUBLISH", "sip:alice@example.test",
                         **how).final().status == 200
    until(lambda: gone(proxy, agent.aor, DEVICE), 12, "past its retention")


# ----- phone's against stored -----

def emergency(agent, ersp, text):
    body, ct = multipart(text, "own@phone")
    n = len(ersp.invites)
    assert agent.invite(CALL, body=body, ct=ct,
                        headers=[("Geolocation", "<cid:own@phone>")]
                        ).final().status == 200
    return ersp.wait_invites(n + 1)[n]


@pytest.mark.parametrize("policy, year, phones_first", [
    ("prefer-phone", "2026-", True), ("prefer-stored", "2026-", False),
    ("newest", "2016-", False), ("newest", "2055-", True)])
def test_both_are_conveyed_in_the_sites_order(
        kamailio, uas, ua, policy, year, phones_first):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, params=site("phone=" + policy))
    agent = ua(proxy)
    registered(agent)
    state(proxy, agent)
    # the timestamp says when, the retention how long
    text = document(expires=year).replace(
        year.encode() + b"08-22T14", b"2056-08-22T14")
    invite = emergency(agent, ersp, text)
    values = [v.strip() for h in invite.all("Geolocation") for v in h.split(",")]
    assert len(values) == 2
    assert (values[0] == "<cid:own@phone>") == phones_first
    assert len(invite.parts) == 3


def test_a_document_past_its_retention_is_not_pointed_at(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, params=site("gate=off"))
    agent = ua(proxy)
    registered(agent)
    state(proxy, agent)
    invite = emergency(agent, ersp, document(expires="2016-"))
    assert len(invite.all("Geolocation")) == 1
    assert civic(invite.location()[0].body) == AUSTIN
    assert invite.sdp == SDP


def test_phones_own_keeps_the_default_out(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, params=site(
        "unproven=default;A1=TX;A3=Austin;RD=Corporate;STS=DR;HNO=1"))
    agent = ua(proxy)
    registered(agent)
    invite = emergency(agent, ersp, document())
    assert invite.all("Geolocation") == ["<cid:own@phone>"]
    assert b"Corporate" not in invite.body
    invite = emergency(agent, ersp, document(expires="2016-"))
    assert b"Corporate" in invite.body


# ----- attacks -----

def test_neighbour_states_no_location(kamailio, uas, ua):
    """From the same address, with the agent's own instance."""
    proxy = edge_proxy(
        kamailio, uas("take"), params=site("gate=off"), gate=False,
        before='if($hdr(X-Foreign) != $null) { e911_learn(); exit; }',
        after=LEARN)
    agent, neighbour = ua(proxy, instance=DEVICE), ua(proxy, instance=DEVICE)
    registered(agent)
    state(proxy, agent, contact=DEVICE)
    how = with_location()
    headers = how.pop("headers")
    neighbour.register(60, headers=[*headers, ("X-Foreign", "1")], **how)
    # who registers another one states nothing for himself either
    mallory = ua(proxy, user="mallory")
    assert mallory.request("REGISTER", "sip:example.test", to="<sip:mallory@"
                           "example.test>", from_="<sip:alice@example.test>",
                           headers=headers, **how).final().status == 200
    proxy.wait_log("NOT LEARNED -2")
    assert get(proxy, agent.aor, DEVICE)["location"]["LOC"] == "APT 4B"
    assert get(proxy, agent.aor, DEVICE)["origin"] == "rpc"


def test_two_words_on_routing_are_a_no(kamailio, uas, ua):
    proxy, _, agent = publish(kamailio, uas, ua)
    how = with_location(extra=[("Geolocation-Routing", "yes"),
                               ("Geolocation-Routing", "no")])
    assert agent.request("PUBLISH", "sip:alice@example.test",
                         **how).final().status == 499
    assert gone(proxy, agent.aor)


def test_call_matched_by_its_header_is_not_gated(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(
        kamailio, ersp, PARAMS=REQUIRE, ORDINARY="""
        e911_match("$hdr(X-Dialled)");
        if(!e911_gate()) { sl_send_reply("403", "Gated"); exit; }
        e911_relay(); exit;""")
    agent = ua(proxy)
    assert agent.invite(ORDINARY, headers=[("X-Dialled", "911")]
                        ).final().status == 200
    assert agent.invite(ORDINARY).final().status == 403


@pytest.mark.parametrize("mark", ["psap-callback", " psap-callback \t",
                                  "PSAP-Callback"])
def test_psap_through_a_trunk_is_not_gated(kamailio, uas, ua, mark):
    proxy = e911_proxy(
        kamailio, uas("take"), PARAMS=REQUIRE, ORDINARY="""
        if(!e911_gate()) { sl_send_reply("403", "Gated"); exit; }""")
    psap = ua(proxy, user="psap")
    assert passes(psap, headers=[("Priority", "urgent"), ("Priority", mark)])
    assert not passes(psap)


def test_gate_is_open_where_there_is_no_room(kamailio, uas, ua):
    proxy = edge_proxy(kamailio, uas("take"), params=REQUIRE +
                       'modparam("e911", "cache_size", 1)')
    agent = ua(proxy)
    assert not passes(agent)
    state(proxy, "bob@example.test")
    assert passes(agent)
    assert passes(ua(proxy, user="u" * 200))
    assert counters(proxy)["gate_open"] == 2


def test_another_users_password_opens_no_gate(kamailio, uas, ua):
    proxy = edge_proxy(kamailio, uas("take"), params=REQUIRE,
                       password="secret")
    state(proxy, "carol@example.test")

    def call(user, **how):
        agent = ua(proxy, user="carol", host=CAFE)
        return digest.answered(
            lambda h: agent.invite(ORDINARY, headers=[*h, *how.get("more", [])]),
            ORDINARY, user, "secret").final().status
    assert call("mallory") == 403
    assert call("mallory", more=[("Priority", "psap-callback")]) == 403
    assert call("carol") == 404
