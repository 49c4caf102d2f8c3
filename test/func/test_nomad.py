# SPDX-License-Identifier: GPL-2.0-or-later
"""The nomad agent: a location turns suspect when its contact moves."""
import json

import pytest

from lib import AUSTIN, civic, counters, digest, state, until
from lib.edge import edge_proxy

CALL = "sip:911@example.test"
HOME, CAFE, TRAIN = "127.0.0.1", "127.0.0.2", "127.0.0.3"
DEVICE = "urn:uuid:00000000-0000-1000-8000-00000000000a"
FIX_CONTACT = "fix_nated_register();"


def site(row):
    return 'modparam("e911", "site", "name=hq;set=1;%s")\n' % row


def registered(agent, expires=60, **how):
    assert agent.register(expires, **how).final().status == 200


def get(proxy, *key):
    return proxy.jsonrpc("e911.loc_get", list(key))["result"]


def freshness(proxy, aor="alice@example.test"):
    row = get(proxy, aor)
    return row["freshness"], row["reason"]


@pytest.fixture
def line(kamailio, uas, ua):
    """line(site row) -> (proxy, ersp, at(host)): the agent at home, who has
    stated a location there; at(host) is the same device elsewhere."""
    def make(row="gate=off", **parts):
        ersp = uas("take")
        proxy = edge_proxy(kamailio, ersp, params=site(row), **parts)

        def at(host, **how):
            agent = ua(proxy, host=host, instance=DEVICE, **how)
            registered(agent)
            return agent
        home = at(HOME)
        state(proxy, home, contact=DEVICE)
        return proxy, ersp, at
    return make


def carried(agent, ersp):
    """(civic address, method) that goes with a 911 call."""
    n = len(ersp.invites)
    assert agent.invite(CALL).final().status == 200
    document = ersp.wait_invites(n + 1)[n].location()[0].body
    return civic(document), document


def test_laptop_in_the_cafe(line):
    proxy, ersp, at = line()
    assert freshness(proxy) == ("fresh", "")
    cafe = at(CAFE)
    assert freshness(proxy) == ("suspect", "moved")
    assert counters(proxy)["moved"] == 1
    proxy.wait_log("EVENT moved aor=alice@example.test contact=%s "
                   "freshness=suspect reason=moved site=hq" % DEVICE)
    proxy.wait_log("location of [0-9a-f]{16}, device [0-9a-f]{16}: moved")
    # the last location goes, its method untouched; the log says what it is
    fields, document = carried(cafe, ersp)
    assert fields == AUSTIN
    assert b"<gp:method>Manual</gp:method>" in document
    proxy.wait_log("emergency call .* location unchecked, suspect")


def test_event_is_told_once_per_move(line):
    proxy, _, at = line()
    for _ in range(3):
        registered(at(CAFE))
    proxy.wait_log("EVENT moved")
    assert counters(proxy)["moved"] == 1
    assert proxy.log().count("EVENT moved") == 1


def test_return_brings_the_location_back(line):
    proxy, ersp, at = line()
    at(CAFE)
    home = at(HOME)
    assert freshness(proxy) == ("fresh", "")
    assert counters(proxy)["returned"] == 1
    assert carried(home, ersp)[0] == AUSTIN


def test_places_are_remembered(line):
    proxy, ersp, at = line()
    cafe = at(CAFE)
    state(proxy, cafe, dict(AUSTIN, HNO="7"), DEVICE)
    assert freshness(proxy) == ("fresh", "")
    assert get(proxy, cafe.aor)["places"] == 2
    home = at(HOME)
    assert freshness(proxy) == ("fresh", "")
    assert carried(home, ersp)[0]["HNO"] == "1200"
    cafe = at(CAFE)
    assert carried(cafe, ersp)[0]["HNO"] == "7"
    at(TRAIN)
    assert freshness(proxy) == ("suspect", "moved")
    assert carried(at(CAFE), ersp)[0]["HNO"] == "7"


def test_confirmation_is_enough(line):
    proxy, ersp, at = line()
    cafe = at(CAFE)
    proxy.rpc("e911.loc_confirm", cafe.aor, DEVICE)
    row = get(proxy, cafe.aor)
    assert (row["freshness"], row["network"], row["places"]) == ("fresh", CAFE, 2)
    assert carried(cafe, ersp)[0] == AUSTIN
    assert carried(at(HOME), ersp)[0] == AUSTIN
    assert freshness(proxy) == ("fresh", "")


def test_places_are_bounded(line):
    proxy, ersp, at = line()
    for i in range(2, 8):
        agent = at("127.0.0.%d" % i)
        state(proxy, agent, dict(AUSTIN, HNO=str(i)), DEVICE)
    assert get(proxy, agent.aor)["places"] == 4
    # the first ones have given way
    at(HOME)
    assert freshness(proxy) == ("suspect", "moved")


def test_confirm_without_a_location(line):
    proxy, _, _ = line()
    answer = proxy.jsonrpc("e911.loc_confirm", ["nobody@x"])
    assert answer["error"]["code"] == 404


# ----- what is no move -----

def test_another_port_is_no_move(line):
    proxy, _, at = line()
    for _ in range(3):
        at(HOME)
    assert freshness(proxy) == ("fresh", "")
    assert counters(proxy)["moved"] == 0


@pytest.mark.parametrize("row, moved", [
    ("network4=32", True), ("network4=24", False), ("network4=0", False),
    ("pool=127.0.0.1,127.0.0.2", True), ("pool=127.0.0.0/30", False),
    ("pool=10.0.0.0/8,127.0.0.0/29", False), ("pool=127.0.0.0/31", True)])
def test_networks_are_compared_as_the_site_says(line, row, moved):
    proxy, _, at = line(row)
    at(CAFE)
    assert freshness(proxy)[0] == ("suspect" if moved else "fresh")


@pytest.mark.parametrize("row, address, fresh", [
    ("network6=64", "2001:db8::1:2:3", "fresh"),
    ("network6=64", "2001:db8:0:1::1", "suspect"),
    ("network6=48", "2001:db8:0:1::1", "fresh"),
    ("network6=128", "2001:db8::1:2:3", "suspect"),
    ("pool=2001:db8::/32", "2001:db8:ffff::1", "fresh"),
    ("network6=64", "198.51.100.7", "suspect")])
def test_ipv6_privacy_addresses(kamailio, uas, ua, row, address, fresh):
    """Through an edge proxy that tells the address by Path."""
    proxy = edge_proxy(kamailio, uas("take"), params=site(row))
    agent = ua(proxy, instance=DEVICE)

    def from_(address):
        host = "[%s]" % address if ":" in address else address
        registered(agent, headers=[
            ("Path", "<sip:%s:%d;lr;received=sip:%s:5060>"
             % (HOME, agent.port, host)), ("Supported", "path")])
    from_("2001:db8::aaaa:1")
    state(proxy, agent, contact=DEVICE)
    from_(address)
    assert freshness(proxy)[0] == fresh


# ----- by INVITE -----

def test_invite_with_a_password_from_elsewhere(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, params=site("gate=require"),
                       password="secret")
    home, cafe = ua(proxy, instance=DEVICE), ua(proxy, instance=DEVICE, host=CAFE)
    digest.answered(lambda h: home.register(headers=h), "sip:example.test",
                    "alice", "secret")
    state(proxy, home, contact=DEVICE)

    def call(agent):
        return digest.answered(
            lambda h: agent.invite("sip:5551234@example.test", headers=h),
            "sip:5551234@example.test", "alice", "secret").final()
    assert call(home).status == 404  # past the gate
    assert call(cafe).status == 403
    assert freshness(proxy) == ("suspect", "moved")
    proxy.wait_log("EVENT moved")


def test_strangers_invite_makes_nothing_suspect(line, ua):
    proxy, ersp, _ = line("gate=require")
    stranger = ua(proxy, host=CAFE)
    assert stranger.invite(CALL).final().status == 200
    assert stranger.invite("sip:5551234@example.test").final().status == 403
    assert freshness(proxy) == ("fresh", "")
    assert counters(proxy)["moved"] == 0


# ----- age -----

def test_age_makes_suspect_and_confirming_fresh(line):
    proxy, ersp, at = line("max_age=1")
    until(lambda: freshness(proxy) == ("suspect", "old"), 5, "old")
    proxy.rpc("e911.loc_confirm", "alice@example.test", DEVICE)
    assert freshness(proxy) == ("fresh", "")
    until(lambda: freshness(proxy) == ("suspect", "old"), 5, "old again")
    assert carried(at(HOME), ersp)[0] == AUSTIN
    proxy.wait_log("location unchecked, suspect")


def test_a_clock_that_jumps_drops_nothing(line):
    proxy, ersp, at = line("max_age=1h", clock=True)
    proxy.jsonrpc("e911.loc_set", ["ttl@x", '{"RD":"x"}', "*", "ttl=3600"])
    proxy.set_clock("+864000")
    assert freshness(proxy) == ("suspect", "old")
    # a registration of usrloc ends by the wall clock, and comes back
    home = at(HOME)
    assert get(proxy, "ttl@x")["location"]["RD"] == "x"
    assert carried(home, ersp)[0] == AUSTIN
    proxy.set_clock("+0")
    assert freshness(proxy) == ("fresh", "")
    assert carried(at(HOME), ersp)[0] == AUSTIN
    assert counters(proxy)["dropped"] == 0


# ----- seen -----

def test_list_by_site_verdict_and_freshness(kamailio, uas, ua):
    proxy = edge_proxy(kamailio, uas("take"), params=site("gate=off") +
                       'modparam("e911", "site", "name=uk;domain=uk.test")')
    agent = ua(proxy, instance=DEVICE)
    registered(agent)
    state(proxy, agent, contact=DEVICE)
    state(proxy, "bob@example.test")
    state(proxy, "carol@uk.test")
    registered(ua(proxy, instance=DEVICE, host=CAFE))

    def listed(text):
        rows = proxy.jsonrpc("e911.loc_list", ["0", 100, text]).get("result", [])
        rows = rows if isinstance(rows, list) else [rows]
        return sorted(r["aor"].split("@")[0] for r in rows if "aor" in r)
    assert listed("freshness=suspect") == ["alice"]
    assert listed("freshness=fresh") == ["bob", "carol"]
    assert listed("site=uk") == ["carol"]
    assert listed("site=hq;freshness=fresh;verdict=unchecked") == ["bob"]
    assert listed("verdict=valid") == []
    for bad in ("site=nowhere", "verdict=x", "freshness=x", "colour=red"):
        answer = proxy.jsonrpc("e911.loc_list", ["0", 100, bad])
        assert answer["error"]["code"] == 400
        assert bad.split("=")[0] in answer["error"]["message"]


def test_baresip_moves(kamailio, uas, baresip):
    """A phone that nobody here wrote."""
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, params=site("gate=off"))
    phone = baresip(proxy)
    phone.wait_registered()
    state(proxy, phone.aor, contact=phone.instance)
    phone.dial("911")
    phone.wait_established()
    assert civic(ersp.invites[0].message.location()[0].body) == AUSTIN
    phone.hangup()
    phone.move(CAFE)
    assert freshness(proxy) == ("suspect", "moved")
    phone.dial("911")
    phone.wait_established()
    assert civic(ersp.wait_invites(2)[1].location()[0].body) == AUSTIN
    proxy.wait_log("location unchecked, suspect")
    phone.hangup()


def test_pseudo_variables(line):
    proxy, ersp, at = line(
        "callback=+15125550100", BEFORE='xlog("L_NOTICE", "PV [$e911(freshness)'
        '] [$e911(reason)] [$e911(proof)] [$e911(callback)] [$e911(aor)]\\n");')
    carried(at(CAFE), ersp)
    proxy.wait_log(r"PV \[suspect\] \[moved\] \[flow\] \[\+15125550100\] "
                   r"\[alice@example.test\]")
