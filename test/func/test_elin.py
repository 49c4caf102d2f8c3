# SPDX-License-Identifier: GPL-2.0-or-later
"""ELINs: a number that stands for the place, in From and P-Asserted-Identity;
whose it is while the call is up and after it (NENA 02-010)."""
import itertools
import re

import pytest

from lib import (AUSTIN, SDP, UA, UAS, Kamailio, Message, build, counters,
                 e911_proxy, response, rows, state, until)
from lib.profiles import AT_ONCE, UAC
from lib.ua import uri_in

CALL = "sip:911@example.test"
HQ = "+15125550100"
FAR = "+13035550100"
POOLS = [
    "name=all;number=+15125550110,+15125550111;site=hq",
    "name=north;number=+15125550120;site=hq;BLD=North",
    "name=north-3;number=+15125550130;site=hq;BLD=North;FLR=3",
    "name=far;number=+13035550140;site=far",
    "name=shared;number=+15125550150;site=hq;BLD=South;most=2",
]
PARAMS = (
    'modparam("e911", "site", "name=far;set=1;domain=far.test;callback=%s")\n'
    'modparam("e911", "site", "name=hq;set=1;callback=%s;last=9")\n' % (FAR, HQ)
    + "".join('modparam("e911", "elin", "%s")\n' % p for p in POOLS))


class Floor:
    """A proxy whose destination takes ELINs, and as many agents as are
    wanted: each is somebody else."""

    def __init__(self, stack, folder, **parts):
        def start(cfg, **how):
            proxy = Kamailio(cfg, folder, **how)
            stack.callback(proxy.close)
            return proxy.start()
        self.stack = stack
        self.names = ("a%d" % i for i in itertools.count())
        self.ersp = self.uas("take")
        self.proxy = e911_proxy(
            start, (1, self.ersp.uri(), 0, "profile=elin"),
            PARAMS=PARAMS + AT_ONCE, **{"LOAD": UAC, **parts})

    def uas(self, *behaviours):
        server = UAS(*behaviours)
        self.stack.callback(server.close)
        return server

    def aim(self, *destinations):
        self.proxy.write("dispatcher.list", rows(*destinations))
        self.proxy.rpc("dispatcher.reload")

    def agent(self, domain="example.test", **place):
        agent = UA(self.proxy.address, user=next(self.names), domain=domain)
        self.stack.callback(agent.close)
        state(self.proxy, agent, {**AUSTIN, **place})
        return agent

    def call(self, agent):
        """(the call, which is up; the number it has)"""
        before = len(self.ersp.invites)
        call = agent.invite(CALL)
        assert call.final().status == 200
        call.ack()
        return call, number_of(self.ersp.invites[before].message)

    def elins(self, pool="*"):
        """{number: (state, calls)}"""
        return {r["number"]: (r["state"], r["calls"]) for r in
                self.proxy.jsonrpc("e911.elins", [pool])["result"]}

    def hang_up(self, *calls):
        for call in calls:
            assert call.bye().final().status == 200


def number_of(message):
    """The number that both From and P-Asserted-Identity carry."""
    identity, = message.all("P-Asserted-Identity")
    sender = re.fullmatch(r"sip:([^@]*)@.*", uri_in(message.h("From"))).group(1)
    assert uri_in(identity) == uri_in(message.h("From"))
    return sender


@pytest.fixture
def floor(tmp_path, cleanup):
    return Floor(cleanup, tmp_path)


def test_the_number_is_of_the_place(floor):
    for place, pool in ((dict(BLD="north", FLR="3"), "+15125550130"),
                        (dict(BLD="North", FLR="4"), "+15125550120"),
                        (dict(BLD="East", FLR="3"), "+15125550110"),
                        (dict(BLD="South"), "+15125550150"),
                        (dict(domain="far.test", BLD="North"), "+13035550140")):
        call, number = floor.call(floor.agent(**place))
        assert number == pool, place
        floor.hang_up(call)


def test_it_is_all_that_is_told(floor):
    """Such a carrier takes no PIDF-LO, and looks the number up."""
    floor.call(floor.agent())
    came = floor.ersp.invites[0].message
    assert came.h("From").startswith("<sip:+15125550110@example.test;user=phone>")
    assert came.ruri == "sip:911@127.0.0.1:%d;user=phone" % floor.ersp.port
    assert came.body == SDP
    assert came.all("Geolocation") == []


def test_two_callers_two_numbers(floor):
    first, number = floor.call(floor.agent())
    second, other = floor.call(floor.agent())
    assert {number, other} == {"+15125550110", "+15125550111"}
    assert floor.elins("all") == {"+15125550110": ("in use", 1),
                                  "+15125550111": ("in use", 1)}
    floor.hang_up(first, second)
    assert floor.elins("all") == {"+15125550110": ("kept", 0),
                                  "+15125550111": ("kept", 0)}


def test_the_same_caller_has_the_same_number(floor):
    ana, bo = floor.agent(), floor.agent()
    for _ in range(2):
        (first, his), (second, hers) = floor.call(ana), floor.call(bo)
        assert (his, hers) == ("+15125550110", "+15125550111")
        floor.hang_up(first, second)
    for _ in range(2):
        (second, hers), (first, his) = floor.call(bo), floor.call(ana)
        assert (his, hers) == ("+15125550110", "+15125550111")
        floor.hang_up(first, second)


def test_a_kept_number_goes_to_another_when_none_is_free(floor):
    ana, bo, cy = floor.agent(), floor.agent(), floor.agent()
    calls = [floor.call(agent)[0] for agent in (ana, bo)]
    floor.hang_up(calls[1])
    call, number = floor.call(cy)
    assert number == "+15125550111"
    # and he whose it was gets what there is: no number is two callers'
    floor.hang_up(calls[0])
    assert floor.call(bo)[1] == "+15125550110"


def test_empty_pool_the_sites_number_goes(floor):
    north = dict(BLD="North", FLR="3")
    call, number = floor.call(floor.agent(**north))
    assert number == "+15125550130"
    assert floor.call(floor.agent(**north))[1] == HQ
    assert floor.call(floor.agent(**north))[1] == HQ
    assert counters(floor.proxy)["elin_empty"] == 2
    floor.proxy.wait_log("no ELIN is free in pool north-3, the site's number goes")
    floor.hang_up(call)
    assert floor.call(floor.agent(**north))[1] == "+15125550130"
    assert counters(floor.proxy)["elin_empty"] == 2


def test_far_site_has_its_own_number(floor):
    floor.call(floor.agent(domain="far.test"))
    assert floor.call(floor.agent(domain="far.test"))[1] == FAR


def test_one_number_for_two_calls_where_the_pool_says_so(floor):
    south = dict(BLD="South")
    numbers = [floor.call(floor.agent(**south))[1] for _ in range(3)]
    assert numbers == ["+15125550150", "+15125550150", HQ]
    assert floor.elins("shared") == {"+15125550150": ("in use", 2)}


@pytest.mark.parametrize("end", ["refused", "cancelled", "callee hangs up"])
def test_the_number_is_free_after_other_ends(floor, cleanup, end):
    agent = floor.agent()
    if end == "refused":
        floor.aim((1, floor.uas("refuse:486").uri(), 0, "profile=elin"))
        assert agent.invite(CALL).final().status >= 400
    elif end == "cancelled":
        ersp = floor.uas("ring-forever")
        floor.aim((1, ersp.uri(), 0, "profile=elin"))
        call = agent.invite(CALL)
        call.wait(180)
        assert floor.elins("all")["+15125550110"] == ("in use", 1)
        call.cancel()
        assert call.final().status == 487
    else:
        ersp = UA(floor.proxy.address)
        cleanup.callback(ersp.close)
        floor.aim((1, "sip:127.0.0.1:%d" % ersp.port, 0, "profile=elin"))
        call = agent.invite(CALL)
        assert call.final().status == 200
        call.ack()
        invite = ersp.wait_request("INVITE")
        assert number_of(invite) == "+15125550110"
        ersp.send(bye_of_callee(ersp, invite))
        assert ersp.wait(lambda m: m.status and m.method == "BYE").status == 200
    assert until(lambda: floor.elins("all")["+15125550110"][0] == "kept", 5)


def bye_of_callee(ersp, invite):
    own = Message.parse(response(invite, 200, ersp.tag))
    return build("BYE %s SIP/2.0" % uri_in(invite.h("Contact")), [
        ("Via", ersp.via("z9hG4bK-bye")), ("Max-Forwards", "70"),
        *[("Route", v) for v in invite.all("Record-Route")],
        ("From", own.h("To")), ("To", invite.h("From")),
        ("Call-ID", invite.call_id), ("CSeq", "7 BYE")])


def test_two_destinations_of_one_call_see_one_number(floor):
    bad = floor.uas("refuse:503")
    floor.aim((1, bad.uri(), 9, "profile=elin"),
              (1, floor.ersp.uri(), 1, "profile=elin"))
    _, number = floor.call(floor.agent())
    assert number_of(bad.invites[0].message) == number
    assert floor.elins("all")[number] == ("in use", 1)


def test_a_destination_that_takes_a_place_uses_up_no_number(floor):
    floor.aim((1, floor.ersp.uri()))
    assert floor.agent().invite(CALL).final().status == 200
    assert {s for s, _ in floor.elins().values()} == {"free"}


def test_the_number_is_leased_when_it_is_needed(floor):
    """First a destination with PIDF-LO, then one with ELINs."""
    bad = floor.uas("refuse:503")
    floor.aim((1, bad.uri(), 9), (1, floor.ersp.uri(), 1, "profile=elin"))
    _, number = floor.call(floor.agent())
    assert number == "+15125550110"
    came = bad.invites[0].message
    assert b"+15125550110" not in came.raw
    assert came.part("application/pidf+xml") is not None


def test_an_unproven_caller_gets_none(tmp_path, cleanup):
    """A number is a place: it goes with whom the place may go."""
    floor = Floor(cleanup, tmp_path, TRUST="")
    assert floor.agent().invite(CALL).final().status == 200
    came = floor.ersp.invites[0].message
    assert b"+1512555011" not in came.raw
    assert {s for s, _ in floor.elins().values()} == {"free"}


def test_without_uac_it_is_in_the_asserted_identity(tmp_path, cleanup):
    floor = Floor(cleanup, tmp_path, LOAD="")
    agent = floor.agent()
    assert agent.invite(CALL).final().status == 200
    came = floor.ersp.invites[0].message
    assert came.all("P-Asserted-Identity") == [
        "<sip:+15125550110@example.test;user=phone>"]
    assert uri_in(came.h("From")) == agent.aor


def test_elins_row_by_row(floor):
    rows_ = floor.proxy.jsonrpc("e911.elins")["result"]
    assert [r["number"] for r in rows_] == [
        "+15125550110", "+15125550111", "+15125550120", "+15125550130",
        "+13035550140", "+15125550150"]
    assert rows_[5] == {"number": "+15125550150", "pool": "shared",
                        "site": "hq", "state": "free", "calls": 0, "most": 2,
                        "idle": -1}
    page = floor.proxy.jsonrpc("e911.elins", ["*", "0", 4])["result"]
    assert len(page) == 5
    rest = floor.proxy.jsonrpc("e911.elins", ["*", page[4]["next"], 4])["result"]
    assert [r["number"] for r in page[:4] + rest] == [r["number"] for r in rows_]
    assert floor.proxy.jsonrpc("e911.elins", ["none"])["error"]["code"] == 404


# ----- the carrier past which no call should go -----

def test_premise_is_tried_when_all_others_have_failed(floor):
    """The last resort first, though its own priority is the highest."""
    premise, other, last = floor.uas("take"), floor.uas("refuse:503"), \
        floor.uas("refuse:503")
    floor.aim((1, premise.uri(), 99, "profile=premise"), (1, other.uri(), 1),
              (9, last.uri(), 1))
    assert floor.agent().invite(CALL).final().status == 200
    order = [s.invites[0].time for s in (other, last, premise)]
    assert order == sorted(order)
    assert premise.invites[0].message.body == SDP


def test_premise_alone_takes_the_call(floor):
    premise = floor.uas("take")
    floor.aim((1, premise.uri(), 0, "profile=premise"))
    assert floor.agent().invite(CALL).final().status == 200
    assert len(premise.invites) == 1


def test_premise_is_not_asked_while_others_take(floor):
    premise, last = floor.uas("take"), floor.uas("take")
    floor.aim((1, premise.uri(), 99, "profile=premise"), (9, last.uri(), 1))
    assert floor.agent().invite(CALL).final().status == 200
    assert len(last.invites) == 1 and premise.invites == []
