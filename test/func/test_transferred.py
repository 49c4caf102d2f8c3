# SPDX-License-Identifier: GPL-2.0-or-later
"""An outside caller whom an agent has passed on: help does not go to the
agent's door (Diversion, RFC 5806; Referred-By, RFC 3892)."""
import contextlib

import pytest

from lib import SDP, assert_pidf_valid, civic, counters, state
from lib.edge import edge_proxy
from lib.profiles import AGENT, Bench

CALL = "sip:911@cc.example.com"
PIDF = "application/pidf+xml"
# all that a profile may tell of a caller
ALL = ('token_in=geolocation;token=telnyx-location;id=bandwidth;'
       'from=id,elin,callback;pai=elin,callback;'
       'data=provider,service,subscriber;nena=yes;'
       'header="X-A: {callback}|X-B: {elin}|X-C: {id}|X-D: {token}|'
       'X-E: {latitude}|X-F: {longitude}|X-G: {site}"')
PROFILES = ["name=%s-%s;convey=%s;transferred=%s;%s" % (
                form.replace(",", "+"), who, form, who, ALL)
            for form in ("value", "reference", "both", "token", "elin",
                         "token,value")
            for who in ("none", "default", "own")]
SITE = ('modparam("e911", "site", "name=hq;set=1;callback=+15125550100;'
        'country=US;A1=TX;A3=Austin;RD=Corporate;STS=DR;HNO=1;PC=78701")\n')
DEFAULT = {"country": "US", "A1": "TX", "A3": "Austin", "RD": "Corporate",
           "STS": "DR", "HNO": "1", "PC": "78701"}
ELIN = 'modparam("e911", "elin", "name=all;number=+15125550155;most=20")\n'
# the agent's: his place, ids of it, and the numbers that stand for him
SECRETS = [b">1200<", b"Example ST", b"<ca:RD>Example", b"30.2672", b"-97.7431",
           b"+15125550177", b"+15125550155", b"+15125550100", b"aeui-99",
           b"tl-8", b"/held/"]
SIGNS = [("Diversion", "<%s>;reason=unconditional" % AGENT),
         ("Referred-By", "<%s>" % AGENT), ("b", "<%s>" % AGENT)]


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Bench(stack, tmp_path_factory.mktemp("transferred"), *PROFILES,
                    site=SITE, params=ELIN)


def secrets_in(message):
    return [s for s in SECRETS if s in message.raw]


@pytest.mark.parametrize("form", ["value", "reference", "both", "token", "elin"])
@pytest.mark.parametrize("sign", SIGNS, ids=lambda s: s[0])
def test_nothing_of_the_agents_goes(bench, form, sign):
    came = bench.arrive(form + "-none", headers=[sign])
    assert secrets_in(came) == []
    assert came.body == SDP
    assert came.all("Geolocation") == came.all("Geolocation-Routing") == []
    assert came.all("P-Asserted-Identity") == []
    assert [n for n, _ in came.headers if n.startswith("X-")] == ["X-G"]


@pytest.mark.parametrize("form", ["value", "both", "token+value"])
def test_the_sites_default_goes_where_the_profile_says_so(bench, form):
    came = bench.arrive(form + "-default", headers=[SIGNS[0]])
    assert secrets_in(came) == []
    document = came.part(PIDF).body
    assert_pidf_valid(document)
    assert civic(document) == DEFAULT
    # nor is it the agent who is there, or who subscribes
    assert b'entity="pres:anonymous@anonymous.invalid"' in document
    assert b"+15125550101" not in came.body
    assert b"timestamp>1970-" not in document
    assert [p.content_type for p in came.parts[2:]] == [
        "application/emergencycalldata.%sinfo+xml" % n
        for n in ("provider", "service")]


@pytest.mark.parametrize("form", ["reference", "token", "elin"])
def test_what_is_not_by_value_goes_not_at_all(bench, form):
    came = bench.arrive(form + "-default", headers=[SIGNS[0]])
    assert secrets_in(came) == []
    assert came.body == SDP


def test_the_agents_own_place_where_the_profile_says_so(bench):
    for form, secret in (("value", b">1200<"), ("reference", b"/held/"),
                         ("token", b"tl-8"), ("elin", b"+15125550155")):
        came = bench.arrive(form + "-own", headers=[SIGNS[0]])
        assert secret in secrets_in(came)
        assert came.h("X-A") == "+15125550177"


def test_two_destinations_that_think_otherwise(bench):
    first, second = bench.uas("refuse:503"), bench.uas("take")
    bench.line((first, "profile=value-own"), (second, "profile=value-none"))
    assert bench.agent.invite(CALL, headers=[SIGNS[0]]).final().status == 200
    assert b">1200<" in secrets_in(first.wait_invites(1)[0])
    assert secrets_in(second.wait_invites(1)[0]) == []


def test_calls_that_nobody_passed_on_are_not_counted(bench):
    before = counters(bench.proxy)["transferred"]
    came = bench.arrive("value-none", headers=[
        ("X-Diversion", "x"), ("Referred-By-Not", "x"), ("Refer-To", "<sip:x@y>")])
    assert b">1200<" in secrets_in(came)
    assert counters(bench.proxy)["transferred"] == before
    bench.arrive("value-none", headers=[SIGNS[1]])
    assert counters(bench.proxy)["transferred"] == before + 1


def test_he_is_not_in_the_ledger_under_the_agents_number(bench):
    def known():
        return {r["call"]: r["callback"] for r in bench.proxy.jsonrpc(
            "e911.calls")["result"] if "call" in r}
    before = known()
    bench.arrive("value-none", headers=[SIGNS[0]])
    bench.arrive("value-none")
    new = {call: n for call, n in known().items() if call not in before}
    assert sorted(new.values()) == ["", "+15125550177"]


# ----- a device that has proven itself -----

@pytest.fixture
def registered(kamailio, uas, ua):
    """(proxy, ERSP, an agent proven by his registration)"""
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp)
    agent = ua(proxy)
    assert agent.register().final().status == 200
    state(proxy, agent)
    return proxy, ersp, agent


@pytest.mark.parametrize("sign", SIGNS[1:], ids=lambda s: s[0])
def test_who_was_referred_and_is_proven_keeps_his_own(registered, sign):
    """A phone that a REFER has sent to 911 calls from where it is."""
    proxy, ersp, agent = registered
    assert agent.invite(CALL, headers=[sign]).final().status == 200
    assert b">1200<" in ersp.invites[0].message.part(PIDF).body
    assert counters(proxy)["transferred"] == 0


def test_diverted_is_transferred_even_from_a_proven_device(registered):
    proxy, ersp, agent = registered
    assert agent.invite(CALL, headers=[SIGNS[0]]).final().status == 200
    assert ersp.invites[0].message.body == SDP
    assert counters(proxy)["transferred"] == 1
