# SPDX-License-Identifier: GPL-2.0-or-later
"""What an operator sets aside by command: destinations, a site's set, a
location that is wrong."""
import pytest

from lib import (AUSTIN, DEFAULT_SITE, civic, counters, e911_proxy, state,
                 until)
from lib.database import SqliteTables, store_proxy

CALL = "sip:911@example.test"
GATED = ('modparam("e911", "site", "name=hq;set=1;gate=require;country=US;'
         'A1=TX;A3=Austin;RD=Corporate;STS=DR;HNO=1;PC=78701")')
CORPORATE = {"country": "US", "A1": "TX", "A3": "Austin", "RD": "Corporate",
             "STS": "DR", "HNO": "1", "PC": "78701"}
GATE = """
    if(is_method("INVITE") && !e911_gate()) {
        sl_send_reply("403", "State Your Location First");
        exit;
    }
"""
LOG = 'xlog("L_NOTICE", "CALL $e911(found) $e911(verdict) $e911(reason)\\n");'


def ask(proxy, command, *args):
    reply = proxy.jsonrpc("e911." + command, list(args))
    assert "result" in reply, reply
    return reply["result"]


def refused(proxy, command, *args):
    """The message of the error."""
    return proxy.jsonrpc("e911." + command, list(args))["error"]["message"]


def carried(agent, ersp):
    """The civic address that goes with a 911 call."""
    n = len(ersp.invites)
    assert agent.invite(CALL).final().status == 200
    return civic(ersp.wait_invites(n + 1)[n].location()[0].body)


def taker(agent, *servers):
    """Index of the one that takes a 911 call."""
    before = [len(s.invites) for s in servers]
    assert agent.invite(CALL).final().status == 200
    grown = [i for i, s in enumerate(servers) if len(s.invites) > before[i]]
    assert len(grown) == 1
    return grown[0]


# ----- destinations and sets -----

def test_no_call_goes_to_what_is_drained(kamailio, uas, ua):
    first, second = uas("take"), uas("take")
    proxy = e911_proxy(kamailio, first, second)
    agent = ua(proxy)
    assert taker(agent, first, second) == 0
    assert ask(proxy, "drain", first.uri(), "it burns") == "drained"
    proxy.wait_log("by hand: %s is drained: it burns" % first.uri())
    assert taker(agent, first, second) == 1
    assert ask(proxy, "undrain", first.uri()) == "taken back"
    proxy.wait_log("by hand: drain of %s is taken back" % first.uri())
    assert taker(agent, first, second) == 0
    assert counters(proxy)["hand"] == 2
    assert "not found" in refused(proxy, "undrain", first.uri())


def test_a_drain_ends_by_itself(kamailio, uas, ua):
    first, second = uas("take"), uas("take")
    proxy = e911_proxy(kamailio, first, second)
    agent = ua(proxy)
    where = "%s:%d" % (first.host, first.port)
    ask(proxy, "drain", where, "", "1")
    assert [row["what"] for row in ask(proxy, "hand")] == [where]
    until(lambda: not ask(proxy, "hand"), 5, "the drain is over")
    assert taker(agent, first, second) == 0


def test_a_site_is_sent_to_another_set(kamailio, uas, ua):
    own, other = uas("take"), uas("take")
    proxy = e911_proxy(kamailio, (1, own.uri()), (7, other.uri()),
                       PARAMS=DEFAULT_SITE)
    agent = ua(proxy)
    assert ask(proxy, "force", "hq", 7, "for a test", "1h") == "forced"
    proxy.wait_log("by hand: site hq is sent to set 7: for a test")
    assert taker(agent, own, other) == 1
    assert ask(proxy, "unforce", "hq") == "taken back"
    assert taker(agent, own, other) == 0
    ask(proxy, "force", "*", "7")
    assert taker(agent, own, other) == 1
    row, = ask(proxy, "hand")
    assert (row["command"], row["what"], row["set"], row["until"]) == (
        "force", "*", 7, "")


@pytest.mark.parametrize("last", ["", ";last=9"])
def test_a_set_that_is_empty_loses_no_call(kamailio, uas, ua, last):
    """A slip of the hand, or a number's own set that nobody has filled."""
    own, carrier = uas("take"), uas("take")
    proxy = e911_proxy(
        kamailio, (1, own.uri()), (9, carrier.uri()), PARAMS="""
        modparam("e911", "site", "name=hq;set=1%s")
        modparam("e911", "number", "116; set=5")
        """ % last)
    agent = ua(proxy)
    assert agent.invite("sip:116@example.test").final().status == 200
    ask(proxy, "force", "hq", 8)
    assert taker(agent, own, carrier) == 0
    proxy.wait_log("set 8 has no destination, the site's is taken")


@pytest.mark.parametrize("command, args, message", [
    ("drain", [], "usage"),
    ("drain", ["x" * 128], "WHAT: too long"),
    ("drain", ["x\ny"], "WHAT: control character"),
    ("drain", ["x", "y" * 64], "WHY: too long"),
    ("drain", ["x", "a\nb"], "WHY: control character"),
    ("drain", ["x", "y", "soon"], "TTL: value not allowed"),
    ("force", ["nowhere", 7], "site: not found"),
    ("force", ["hq"], "SET: value not allowed"),
    ("force", ["hq", 0], "SET: value not allowed"),
    ("force", ["hq", "seven"], "SET: value not allowed"),
    ("unforce", ["hq"], "not found"),
])
def test_what_is_wrong_is_said(kamailio, uas, command, args, message):
    proxy = e911_proxy(kamailio, uas("take"), PARAMS=DEFAULT_SITE)
    assert message in refused(proxy, command, *args)
    assert ask(proxy, "hand") == []
    assert counters(proxy)["hand"] == 0


def test_there_is_room_for_64(kamailio, uas):
    proxy = e911_proxy(kamailio, uas("take"))
    for i in range(64):
        ask(proxy, "drain", "h%d" % i)
    assert "table full" in refused(proxy, "drain", "one more")
    assert len(ask(proxy, "hand")) == 64


# ----- a location that is wrong -----

@pytest.fixture
def proxy_of(kamailio, uas, tmp_path):
    def make():
        tables = SqliteTables(tmp_path)
        tables.create()
        ersp = uas("take")
        proxy = store_proxy(kamailio, tables, ersp, params=GATED, BEFORE="",
                            ORDINARY=GATE, BRANCH_BEFORE=LOG)
        return proxy, ersp
    return make


def test_an_unusable_location_does_not_go(proxy_of, ua):
    proxy, ersp = proxy_of()
    agent = ua(proxy)
    state(proxy, agent)
    assert carried(agent, ersp) == AUSTIN
    answer = ask(proxy, "loc_unusable", agent.aor)
    assert answer["verdict"] == "unusable"
    assert carried(agent, ersp) == CORPORATE
    proxy.wait_log("CALL default unchecked unusable")
    proxy.wait_log("emergency call of .*, location the site's default, his own"
                   " is unusable, ")
    assert counters(proxy)["defaulted"] == 1
    assert counters(proxy)["unusable"] == 1
    row, = ask(proxy, "loc_list", "0", 100, "verdict=unusable")
    assert row["aor"] == agent.aor.removeprefix("sip:")
    assert ask(proxy, "loc_list", "0", 100, "verdict=unchecked") == []
    assert "named unusable" in refused(proxy, "loc_confirm", agent.aor)
    # as it is in the database
    until(lambda: ask(proxy, "stored", answer["id"]) == "stored", 5, "stored")
    proxy.restart()
    proxy.wait_log("database: 1 locations read")
    assert carried(agent, ersp) == CORPORATE
    state(proxy, agent)
    assert carried(agent, ersp) == AUSTIN
    assert ask(proxy, "loc_list", "0", 100, "verdict=unusable") == []


def test_the_gate_takes_an_unusable_location_for_none(proxy_of, ua):
    proxy, _ = proxy_of()
    agent = ua(proxy)
    state(proxy, agent)
    until(lambda: agent.invite("sip:5551234@example.test").final().status
          == 404, 5, "the gate lets it pass")
    ask(proxy, "loc_unusable", agent.aor)
    final = agent.invite("sip:5551234@example.test").final()
    assert final.status == 403
    assert final.h("Warning").startswith('399 e911 "location-unusable: ')
    state(proxy, agent)
    assert agent.invite("sip:5551234@example.test").final().status == 404


def test_only_one_that_is_there_is_named_unusable(proxy_of):
    proxy, _ = proxy_of()
    assert "not found" in refused(proxy, "loc_unusable", "sip:bob@example.test")
    assert "usage" in refused(proxy, "loc_unusable")
