# SPDX-License-Identifier: GPL-2.0-or-later
"""Each way in which a step of the ladder fails, at each place of the ladder,
with and without a caller who gives up: what has to be true is in lib.settle."""
import time

import pytest

from lib import (Plan, Step, counters, e911_proxy, free_port, has_location,
                 settle, state, until)

CALL = "sip:911@example.test"
RING = 500
SITE = 'modparam("e911", "site", "name=hq;set=1;last=9")'
ALONE = 'modparam("e911", "site", "name=hq;set=1")'

# What stands for a step that fails: how a server behaves, …
BEHAVIOURS = {
    "silent": "silent",
    "dies after 100": "die",
    "dies after 180": lambda invite: Plan([Step(100), Step(180)], None),
    "rings on": "ring-forever",
    "302": "refuse:302", "415": "refuse:415", "424": "refuse:424",
    "503": "refuse:503", "600": "refuse:600", "603": "refuse:603",
    "606": "refuse:606",
}
# … where nothing can be sent to, …
NOWHERE = {
    "refused": lambda: "sip:127.0.0.1:%d;transport=tcp" % free_port(),
    "no socket": lambda: "sip:[::1]:5060",
    "unresolvable": lambda: "sip:no.such.host.invalid:5060",
}
# … or how TLS fails.
TLS = ["tls untrusted", "tls hanging", "tls closing"]
BLACK_HOLE = "black hole"
KINDS = [*BEHAVIOURS, *NOWHERE, *TLS, BLACK_HOLE]
# those in which a caller may give up before the next one is tried
LASTING = ["silent", "dies after 100", "dies after 180", "rings on", *TLS, BLACK_HOLE]


class Ladder:
    """Destinations by kind (set 1; last: set 9), the proxy, the agent and his
    call."""

    def __init__(self, fixtures, *steps, last=None, site=SITE):
        kamailio, self.uas, ua, self.tls_port, certificates = fixtures
        self.servers, self.ports = [], {}
        self.steps = [self.step(s) for s in steps]
        destinations = [(1, uri, 100 - i) for i, uri in enumerate(self.steps)]
        if last:
            destinations.append((9, self.step(last), 1))
        self.proxy = e911_proxy(
            kamailio, *destinations, LOAD=certificates.load(),
            PARAMS=site + '\nmodparam("e911", "ring", %d)' % RING)
        self.agent = ua(self.proxy)
        state(self.proxy, self.agent)
        self.call = self.agent.invite(CALL)

    def step(self, kind):
        """URI of a destination of that kind, or of behaviours in a tuple."""
        if kind in NOWHERE:
            return NOWHERE[kind]()
        if kind == BLACK_HOLE:
            return self.uas(black_hole=True).uri("tcp")
        words = kind if isinstance(kind, tuple) else (BEHAVIOURS.get(kind, "take"),)
        server = self.uas(*words)
        self.servers.append(server)
        if str(kind).startswith("tls "):
            self.ports[kind] = self.tls_port(kind[4:], server)
            return self.ports[kind].uri
        return server.uri()

    def reached(self, kind):
        """The step of that kind, the first, is at the point to be tested."""
        if kind in TLS:
            assert self.ports[kind].connected.wait(5)
        elif kind in ("dies after 180", "rings on"):
            self.call.wait(180)
        elif kind == "dies after 100":
            until(lambda: self.received("core.rcv_replies_1xx"), 5, "100")
        elif kind == "silent":
            self.servers[0].wait_invites(1)
        self.call.wait(100)

    def received(self, name):
        return int(self.proxy.jsonrpc("stats.fetch", [name])["result"][name])

    def settle(self, status):
        assert settle(self.call, *self.servers).status == status

    def give_up(self):
        self.call.cancel()
        self.settle(487)
        until(lambda: counters(self.proxy)["cancelled"] == 1, 3)


@pytest.fixture
def ladder(kamailio, uas, ua, tls_port, certificates):
    return lambda *steps, **how: Ladder(
        (kamailio, uas, ua, tls_port, certificates), *steps, **how)


# ----- every call reaches somebody -----

@pytest.mark.parametrize("kind", KINDS)
def test_at_first(ladder, kind):
    on = ladder(kind, "take")
    on.settle(200)
    assert len(on.servers[-1].invites) == 1
    assert has_location(on.servers[-1].invites[0].message)


@pytest.mark.parametrize("kind", KINDS)
def test_later_and_then_the_last_resort(ladder, kind):
    on = ladder("503", kind, last="take")
    on.settle(200)
    assert len(on.servers[-1].invites) == 1
    assert has_location(on.servers[-1].invites[0].message)
    assert counters(on.proxy)["last_resort"] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_alone(ladder, kind):
    on = ladder(kind, site=ALONE)
    on.settle(503)
    on.proxy.wait_log("EVENT failed")
    assert counters(on.proxy)["exhausted"] == 1


def test_tls_that_works(ladder):
    """Else the ways in which it fails would prove nothing."""
    on = ladder("tls trusted", "take")
    on.settle(200)
    assert has_location(on.servers[0].invites[0].message)
    assert on.servers[1].invites == []


# ----- the caller gives up -----

@pytest.mark.parametrize("kind", LASTING)
def test_cancel_in_the_step(ladder, kind):
    on = ladder(kind, "take", last="take")
    on.reached(kind)
    on.give_up()
    assert [s.invites for s in on.servers[-2:]] == [[], []]


@pytest.mark.parametrize("kind", KINDS)
def test_cancel_while_the_next_one_is_tried(ladder, kind):
    on = ladder(kind, "dies after 100", "take", last="take")
    on.servers[-3].wait_invites(1)
    on.give_up()
    assert [s.invites for s in on.servers[-2:]] == [[], []]
    assert len(on.servers[-3].invites) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_cancel_while_the_last_resort_rings(ladder, kind):
    on = ladder(kind, last="rings on")
    on.servers[-1].wait_invites(1)
    until(lambda: on.call.statuses.count(180) > (kind in (
        "dies after 180", "rings on")), 5, "the last resort rings")
    on.give_up()
    assert len(on.servers[-1].invites) == 1


def test_cancel_in_the_form_without_location(ladder):
    on = ladder(("refuse:424", "ring-forever"), "take", last="take")
    picky = on.servers[0]
    picky.wait_invites(2)
    on.give_up()
    assert [has_location(a.message) for a in picky.invites] == [True, False]
    assert [s.invites for s in on.servers[1:]] == [[], []]


@pytest.mark.parametrize("before", ["", "503", "dies after 180"])
def test_answer_that_crosses_the_callers_cancel(ladder, before):
    """The answer wins, RFC 3261 section 9.1: the caller hangs up by a BYE."""
    on = ladder(*filter(None, [before]), ("take-on-cancel",), "take")
    late = on.servers[-2]
    late.wait_invites(1)
    until(lambda: on.call.statuses.count(180) > (before == "dies after 180"), 5)
    on.call.cancel()
    on.settle(200)
    late.wait_for("BYE")
    assert on.servers[-1].invites == []


def test_cancel_sent_again(ladder):
    on = ladder("rings on", "take")
    on.reached("rings on")
    cancel = on.call.cancel()
    cancel.send_again()
    on.settle(487)
    assert on.servers[1].invites == []
    assert counters(on.proxy)["cancelled"] == 1


# ----- what a 424 says, RFC 6442 section 8.6 -----

ERRORS = {
    "100": '100;code="Cannot Process Location"',
    "200": '200;code="Permission To Use Location Information"',
    "201": '201;code="Permission To Retransmit Location Information to a '
           'Third Party"',
    "202": '202;code="Permission to Route based on Location Information"',
    "300": '300;code="Dereference Failure"',
    "unknown": '301;code="Unknown"',
    "malformed": 'x;;"',
    "none": None,
}


@pytest.mark.parametrize("error", ERRORS)
def test_424_of_every_kind_is_repaired(kamailio, uas, ua, error):
    headers = [("Geolocation-Error", ERRORS[error])] if ERRORS[error] else []

    def picky(invite):
        return Plan([Step(424, headers=headers)]) if has_location(invite) else "take"
    ersp, other = uas(picky), uas("take")
    proxy = e911_proxy(kamailio, ersp, other)
    agent = ua(proxy)
    state(proxy, agent)
    call = agent.invite(CALL)
    assert settle(call, ersp, other).status == 200
    assert 424 not in call.statuses
    assert [has_location(a.message) for a in ersp.invites] == [True, False]
    assert other.invites == []
    assert all(m.all("Geolocation-Error") == [] for m in agent.messages)


# ----- a 200 that crosses our own CANCEL -----

# before the next one is given up as well
LATE = {
    "ring timer": [Step(100), Step(180), Step(200, delay=RING / 1000 + 0.25)],
    "short timer": [Step(100), Step(200, delay=0.85)],
}


def crossing(kamailio, ua, late, other):
    proxy = e911_proxy(kamailio, late, other,
                       PARAMS='modparam("e911", "ring", %d)' % RING)
    agent = ua(proxy)
    state(proxy, agent)
    return proxy, agent.invite(CALL)


@pytest.mark.parametrize("timer", LATE)
@pytest.mark.parametrize("other", ["silent", "die", "ring-forever"])
def test_late_200_while_the_next_one_is_tried(kamailio, uas, ua, timer, other):
    late, other = uas(lambda invite: Plan(LATE[timer], None)), uas(other)
    proxy, call = crossing(kamailio, ua, late, other)
    other.wait_invites(1)
    assert settle(call, late, other).status == 200
    late.wait_for("BYE")
    assert counters(proxy)["rescued"] == 1
    proxy.wait_log("answered by a destination already given up")


def test_late_200_behind_the_next_ones(kamailio, uas, ua):
    """The caller gets both, and lets one of them go: RFC 3261 16.7 step 5."""
    late = uas(lambda invite: Plan(LATE["ring timer"], None))
    other = uas("take")
    proxy, call = crossing(kamailio, ua, late, other)
    call.final()
    until(lambda: len(call.finals) == 2, 5, "both answers")
    assert [a.status for a in call.finals] == [200, 200]
    for answer, server in zip(call.finals, (other, late)):
        call.ack(answer)
        server.wait_for("ACK")
        assert call.bye(answer).final().status == 200
        server.wait_for("BYE")
    assert counters(proxy)["rescued"] == 0
    proxy.wait_log("answered by a destination already given up, and the caller"
                   " had a 200 before")


def test_late_200_when_nothing_was_left(kamailio, uas, ua):
    """Who was told that nobody took his call may yet be connected."""
    late = uas(lambda invite: Plan(LATE["ring timer"], None))
    proxy = e911_proxy(kamailio, late, PARAMS=ALONE
                       + '\nmodparam("e911", "ring", %d)' % RING)
    call = ua(proxy).invite(CALL)
    assert call.final().status == 503
    answer = call.wait(200)
    until(lambda: call.statuses.count(200) == 2, 3, "the 200 is sent again")
    call.ack(answer)
    late.wait_for("ACK")
    proxy.wait_log("and the caller had a 503 before")
    assert proxy.log().count("answered by a destination already given up") == 1
    assert call.bye(answer).final().status == 200


def test_time_of_a_step_is_not_the_sum(ladder):
    """A step that cannot be sent takes no time of the next ones."""
    began = time.monotonic()
    on = ladder(*NOWHERE, "take")
    on.settle(200)
    assert time.monotonic() - began < 3
