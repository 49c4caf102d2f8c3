# SPDX-License-Identifier: GPL-2.0-or-later
"""What e911.dryrun and e911.report expect of a call: each of their checks,
page by page, and under the operator's hand."""
import contextlib

import pytest

from lib import AUSTIN, state, until
from lib.profiles import PLACE, UAC, Bench

ROWS = [
    "name=quiet",
    "name=civic;needs=civic",
    "name=valid;needs=valid",
    "name=methods;direct=LIS,ASSIST;method=DHCP:LIS",
    "name=token;convey=token,value;token=telnyx;token_in=geolocation",
    "name=cut;limit=RD:3,NAM:50;drop=PC,A2",
    "name=names;from=callback",
    "name=data;data=provider",
    "name=guess;assumed=yes",
    "name=all;convey=token,value;token=nobody;needs=civic,valid;direct=LIS;"
    "limit=RD:3;data=provider;assumed=yes;from=callback",
]
SITE = ('modparam("e911", "site", "name=hq;set=1;callback=+15125550100;'
        'country=US;A1=TX;A3=Austin;RD=Corporate;STS=DR;HNO=1;PC=78701")\n'
        'modparam("e911", "site", "name=bare;set=1;domain=bare.test")\n')
BARE = "sip:nobody@bare.test"
DEFAULTED = "sip:nobody@example.test"
SHAPE = {k: PLACE[k] for k in ("shape", "pos")}


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Bench(stack, tmp_path_factory.mktemp("review"), *ROWS, site=SITE,
                    provider="")


def review(bench, name, place=None, aor=None, attributes=";large=tcp"):
    """(goes, warnings) of the agent's call, by TCP so that no size is told."""
    aor = aor or bench.uri
    if place:
        state(bench.proxy, aor, place)
    bench.aim((1, bench.ersp.uri(), 0, "profile=%s%s" % (name, attributes)))
    row, = bench.proxy.jsonrpc("e911.dryrun", [aor, "911"])["result"]
    return row["goes"], row["warnings"]


CHECKED = [
    ("quiet", AUSTIN, None, "direct", ""),
    ("plain", AUSTIN, None, "screened", "no location goes"),
    ("quiet", None, BARE, "screened", "no location goes"),
    ("quiet", None, DEFAULTED, "screened",
     "only the site's default location is known"),
    ("civic", SHAPE, None, "screened",
     "no civic address, and the provider takes no other"),
    ("civic", AUSTIN, None, "direct", ""),
    ("valid", AUSTIN, None, "screened", "the address is not validated"),
    ("methods", AUSTIN, None, "screened",
     "the provider screens this method (Manual)"),
    ("methods", {**AUSTIN, "method": "DHCP"}, None, "direct", ""),
    ("elin", AUSTIN, BARE, "screened", "no ELIN and no number of the site"),
    ("token", PLACE, None, "direct", ""),
    ("token", AUSTIN, None, "direct",
     "not by the form the profile has first (token)"),
    ("cut", AUSTIN, None, "direct", "fields cut or left out (A2,RD,PC)"),
    ("data", AUSTIN, None, "direct",
     "no additional data: no parameter provider"),
    ("guess", AUSTIN, None, "direct", "an assumption: ask the provider"),
    ("all", SHAPE, None, "screened",
     "no civic address, and the provider takes no other; "
     "the address is not validated; the provider screens this method (Manual); "
     "not by the form the profile has first (token); "
     "no additional data: no parameter provider; "
     "an assumption: ask the provider"),
]


@pytest.mark.parametrize("name, place, aor, goes, warnings", CHECKED)
def test_each_check(bench, name, place, aor, goes, warnings):
    try:
        assert review(bench, name, place, aor) == (goes, warnings)
    finally:
        bench.proxy.jsonrpc("e911.loc_del", [BARE])


def test_size(bench):
    """Told of UDP alone, and only of what is too large for a datagram."""
    goes, warnings = review(bench, "quiet", AUSTIN, attributes="")
    shown, = bench.dryrun()
    assert goes == "direct"
    assert warnings == "larger than is safe in a UDP datagram (%s)" % shown["size"]
    assert len(shown["invite"].encode()) == int(shown["size"]) > 1300
    bench.aim((1, bench.ersp.uri("tcp"), 0, "profile=quiet"))
    assert bench.dryrun()[0]["warnings"] == ""
    assert "UDP" not in review(bench, "plain", attributes="")[1]


def test_module_uac(tmp_path, cleanup):
    bench = Bench(cleanup, tmp_path, ROWS[6], load="", references="")
    assert review(bench, "names", AUSTIN) == (
        "direct", "From and To stay: module uac is not loaded")


def test_dryrun_counts_nothing_and_leases_nothing(bench):
    def numbers():
        return {r["name"]: r["value"]
                for r in bench.proxy.jsonrpc("e911.stats")["result"]}
    state(bench.proxy, bench.uri, AUSTIN)
    bench.take_profile("elin")
    before = numbers()
    bench.dryrun()
    assert numbers() == before
    assert bench.proxy.jsonrpc("e911.calls")["result"] == []


# ----- the report -----

def report(bench, *args):
    """(rows, cursor of the next page or None)"""
    rows = bench.proxy.jsonrpc("e911.report", ["911", *args])["result"]
    last = rows.pop() if rows and "next" in rows[-1] else {}
    return rows, last.get("next")


@pytest.fixture(scope="module")
def agents(bench):
    """AoRs with a location: each third is one that a provider screens."""
    aors = ["sip:r%d@example.test" % i for i in range(9)]
    bench.proxy.jsonrpc("e911.loc_del", [bench.uri])
    for i, aor in enumerate(aors):
        state(bench.proxy, aor,
              {**AUSTIN, "method": "DHCP" if i % 3 else "Manual"})
    return aors


def test_report_is_dryrun_in_short(bench, agents):
    bench.aim((1, bench.ersp.uri(), 9, "profile=methods"),
              (1, "sip:127.0.0.1:9", 1, "profile=plain"))
    rows, more = report(bench)
    assert more is None and len(rows) == 18
    assert {r["aor"] for r in rows} == {a[4:] for a in agents}
    for aor in agents:
        own = [r for r in rows if r["aor"] == aor[4:]]
        shown = bench.proxy.jsonrpc("e911.dryrun", [aor, "911"])["result"]
        for one, other in zip(own, shown):
            for key in "destination", "profile", "conveyance", "goes":
                assert one[key] == other[key]
            # the size is not known without the message
            assert one["warnings"] == "; ".join(
                w for w in other["warnings"].split("; ") if "UDP" not in w)


def test_report_page_by_page(bench, agents):
    bench.take_profile("methods")
    whole, _ = report(bench)
    found, cursor, pages = [], "0", 0
    while cursor:
        rows, cursor = report(bench, cursor, 2)
        assert len(rows) <= 2
        found += rows
        pages += 1
        assert pages < 20
    assert found == whole
    assert pages >= 5


def test_report_of_those_who_are_screened(bench, agents):
    bench.take_profile("methods")
    rows, _ = report(bench, "0", 50, "screened")
    assert sorted(r["aor"] for r in rows) == [a[4:] for a in agents[::3]]
    assert {r["goes"] for r in rows} == {"screened"}
    rows, _ = report(bench, "0", 50, "all")
    assert len(rows) == 9


def test_report_of_a_number_of_one_country(bench, agents):
    bench.take_profile("methods")
    london = "sip:london@example.test"
    state(bench.proxy, london, {"country": "GB", "A3": "London", "RD": "Strand"})
    try:
        rows = bench.proxy.jsonrpc("e911.report", ["999"])["result"]
    finally:
        bench.proxy.jsonrpc("e911.loc_del", [london])
    assert [r["aor"] for r in rows] == [london[4:]]


@pytest.mark.parametrize("args, words", [
    ([], "usage"), (["911", "x"], "CURSOR"), (["911", "0", 51], "ROWS"),
    (["911", "0", 0], "ROWS"), (["911", "0", 5, "some"], "WHAT"),
    (["5551"], "NUMBER")])
def test_report_asked_wrongly(bench, agents, args, words):
    reply = bench.proxy.jsonrpc("e911.report", args)
    assert words in reply["error"]["message"]


# ----- the operator's hand -----

@pytest.fixture
def hand(bench):
    """hand(command, args...); taken back at the end."""
    back = []

    def command(name, what, *args):
        reply = bench.proxy.jsonrpc("e911." + name, [what, *args])
        assert "result" in reply, reply
        back.append(("e911.un" + name, [what]))
    yield command
    for name, args in back:
        bench.proxy.jsonrpc(name, args)


def order(bench):
    """Destinations of the agent's ladder."""
    return [r["destination"] for r in bench.dryrun()]


@pytest.mark.parametrize("what", ["uri", "host", "profile"])
def test_dryrun_shows_what_is_drained_behind_all_others(bench, hand, what):
    first, premise, last = ("sip:127.0.0.2:5090", "sip:127.0.0.3:5090",
                            "sip:127.0.0.4:5090")
    bench.aim((1, first, 9, "profile=methods"),
              (1, premise, 8, "profile=premise"), (1, last, 1, "profile=quiet"))
    assert order(bench) == [first, last, premise]
    hand("drain", {"uri": first, "host": "127.0.0.2", "profile": "methods"}[what])
    assert order(bench) == [last, premise, first]


def test_drained_takes_the_call_when_nobody_else_does(bench, hand):
    bad = bench.uas("refuse:503")
    bench.line((bench.ersp, "profile=quiet"), (bad, "profile=methods"))
    hand("drain", "quiet")
    assert bench.arrive() is not None
    assert len(bad.invites) == 1


def test_dryrun_follows_a_forced_set(bench, hand):
    bench.aim((1, "sip:127.0.0.2:5090", 9, ""), (7, "sip:127.0.0.3:5090", 9, ""))
    assert order(bench) == ["sip:127.0.0.2:5090"]
    hand("force", "hq", "7")
    assert order(bench) == ["sip:127.0.0.3:5090"]
    assert bench.dryrun()[0]["set"] == 7


def test_an_unusable_location_takes_its_names_with_it(bench):
    """Nor do the provider's ids and numbers that came with it go."""
    state(bench.proxy, bench.uri, PLACE)
    assert b"tx-31" in bench.arrive("telnyx").raw
    assert "result" in bench.proxy.jsonrpc("e911.loc_unusable", [bench.uri])
    for name in "telnyx", "bandwidth", "intrado-erl", "i3", "redsky":
        raw = bench.arrive(name).raw
        for secret in b"tx-31", b"tl-8", b"aeui-99", b"loc-7", b"ERL-4711", \
                b"1200", b"30.2672":
            assert secret not in raw, (name, secret)
        assert b"Corporate" in raw or b"/held/" in raw
