# SPDX-License-Identifier: GPL-2.0-or-later
"""Each way in which a step of the ladder fails, at each place of the ladder,
with and without a caller who gives up: what has to be true is in lib.settle.
And the profiles: each destination gets its own and nothing of the one before."""
import re
import time

import pytest

from lib import (AUSTIN, SDP, Plan, Step, counters, e911_proxy, free_port, has_location,
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
    call. A step may be a list: profile, kind."""

    def __init__(self, fixtures, *steps, last=None, site=SITE, fields=None,
                 headers=(), load="", **parts):
        kamailio, self.uas, ua, self.tls_port, certificates = fixtures
        self.servers, self.ports = [], {}
        destinations = [(1, self.step(s), 100 - i, self.profile_of(s))
                        for i, s in enumerate(steps)]
        if last:
            destinations.append((9, self.step(last), 1, self.profile_of(last)))
        self.proxy = e911_proxy(
            kamailio, *destinations, LOAD=certificates.load() + load,
            PARAMS=site + '\nmodparam("e911", "ring", %d)' % RING, **parts)
        self.agent = ua(self.proxy)
        state(self.proxy, self.agent, fields)
        self.call = self.agent.invite(CALL, headers=headers)

    @staticmethod
    def profile_of(step):
        return "profile=" + step[0] if isinstance(step, list) else ""

    def step(self, kind):
        """URI of a destination of that kind, or of behaviours in a tuple."""
        if isinstance(kind, list):
            kind = kind[1]
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
    assert counters(proxy)["answered_twice"] == 0
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
    assert counters(proxy)["answered_twice"] == 1
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
    assert counters(proxy)["answered_twice"] == 1
    assert call.bye(answer).final().status == 200


def test_time_of_a_step_is_not_the_sum(ladder):
    """A step that cannot be sent takes no time of the next ones."""
    began = time.monotonic()
    on = ladder(*NOWHERE, "take")
    on.settle(200)
    assert time.monotonic() - began < 3


# ----- each destination is dressed for itself -----

PROFILED = {
    "site": SITE.replace("name=hq", "name=hq;callback=+15125550100"),
    "load": 'loadmodule "uac.so"\nloadmodule "xhttp.so"\n',
    "ROUTES": "event_route[xhttp:request] { e911_http(); }",
    "fields": {**AUSTIN, "callback": "+15125550177",
               "tokens": "telnyx=tx-31,telnyx-location=tl-8"},
    # what the phone itself says: some profiles take it out, some leave it
    "headers": [("P-Asserted-Identity", "<sip:phone@example.test>"),
                ("Priority", "normal"), ("Supported", "replaces"),
                ("Call-Info", "<http://example.test/a.png>;purpose=icon")],
}
SETTINGS = """
modparam("e911", "reference_url", "https://e911.example.test/r/")
modparam("e911", "reference_from", "192.0.2.0/24")
modparam("e911", "elin", "name=pool;number=+15125550190,+15125550191")
modparam("e911", "provider", "name=Example;id=example.test;contact=tel:+15125550199")
modparam("e911", "profile", "name=pure;like=reference;data=provider,subscriber")
"""
PROFILED["site"] += SETTINGS
PIDF = "application/pidf+xml"
DATA = "application/emergencycalldata.%s+xml"
ICON = "http icon"
PLAIN = {"ruri": "sip:911@", "from": "sip:alice@example.test", "to": CALL,
         "asserted": ["sip:phone@example.test"], "priority": ["normal"],
         "supported": ["replaces"], "geolocation": [], "routing": [],
         "info": [ICON], "parts": ["application/sdp"], "restored": False}
ELIN = "sip:+15125550190@example.test;user=phone"
DRESS = {
    "i3": {**PLAIN, "ruri": "urn:service:sos", "to": "urn:service:sos",
           "asserted": ["sip:+15125550177@example.test"],
           "priority": ["emergency"], "geolocation": ["cid"], "routing": ["yes"],
           "info": [ICON, "cid ProviderInfo", "cid ServiceInfo",
                    "cid SubscriberInfo"],
           "parts": ["application/sdp", PIDF, DATA % "providerinfo",
                     DATA % "serviceinfo", DATA % "subscriberinfo"],
           "restored": True},
    "telnyx": {**PLAIN, "from": "sip:tx-31@example.test", "asserted": [],
               "geolocation": ["tl-8"], "routing": ["yes"], "restored": True},
    "elin": {**PLAIN, "ruri": "sip:911@;user=phone", "from": ELIN,
             "asserted": [ELIN], "restored": True},
    "pure": {**PLAIN, "supported": ["replaces", "geolocation-http"],
             "geolocation": ["https"], "routing": ["yes"],
             "info": [ICON, "https ProviderInfo", "https SubscriberInfo"]},
    "value": {**PLAIN, "geolocation": ["cid"], "routing": ["yes"],
              "parts": ["application/sdp", PIDF]},
}
# the lesser forms of i3
I3_REFERENCE = {**DRESS["i3"], "geolocation": ["https"],
                "supported": ["replaces", "geolocation-http"],
                "info": [v.replace("cid", "https") for v in DRESS["i3"]["info"]],
                "parts": ["application/sdp"]}
I3_NONE = {**DRESS["i3"], "geolocation": [], "routing": [], "info": [ICON],
           "parts": ["application/sdp"]}
PROFILES = ["i3", "telnyx", "elin", "pure"]
FAILING = ["503", "silent", "tls closing"]


def uri_of(value):
    return re.search("<(.*?)>", value).group(1)


def dress_of(message):
    """What a profile has a say in, as it arrived."""
    def scheme(value):
        return re.sub(r"<(\w+):.*>", r"\1", value)
    assert int(message.h("Content-Length")) == len(message.body)
    parts = [p.content_type for p in message.parts] or [message.content_type]
    sdp = message.parts[0].body if len(parts) > 1 else message.body
    assert sdp == SDP
    # what the cid URIs name is there, and nothing else is
    ids = re.findall("<cid:(.*?)>", str(message.all("Geolocation")
                                        + message.all("Call-Info")))
    assert sorted(ids) == sorted(p.content_id for p in message.parts[1:])
    return {
        "ruri": re.sub(r"@[\d.:]+", "@", message.ruri),
        "from": uri_of(message.h("From")), "to": uri_of(message.h("To")),
        "asserted": [uri_of(v) for v in message.all("P-Asserted-Identity")],
        "priority": message.all("Priority"),
        "supported": message.all("Supported"),
        "geolocation": [scheme(v) for v in message.all("Geolocation")],
        "routing": message.all("Geolocation-Routing"),
        "info": sorted((re.sub(r";purpose=(EmergencyCallData\.)?", " ", scheme(v))
                        for v in message.all("Call-Info")), key=lambda v: v != ICON),
        "parts": parts,
        # From or To is put back by the route, RFC 3261 section 12.2.1.1
        "restored": "vsf=" in str(message.all("Record-Route"))
                    or "vst=" in str(message.all("Record-Route"))}


def assert_dressed(on, *arrived):
    """arrived: (server, dress of its INVITEs...); and the caller saw nothing."""
    for server, *dresses in arrived:
        assert [dress_of(a.message) for a in server.invites] == dresses
    for message in on.agent.messages:
        if message.status:
            assert uri_of(message.h("From")) == on.agent.aor
            assert uri_of(message.h("To")) == CALL


def after(profile):
    return PROFILES[(PROFILES.index(profile) + 1) % len(PROFILES)]


@pytest.mark.parametrize("kind", FAILING)
@pytest.mark.parametrize("profile", PROFILES)
def test_profile_at_first(ladder, profile, kind):
    other = after(profile)
    on = ladder([profile, kind], [other, "take"], **PROFILED)
    on.settle(200)
    first, second = on.servers
    # TLS ends before there is a message
    assert_dressed(on, (first, *[DRESS[profile]] * (kind in BEHAVIOURS)),
                   (second, DRESS[other]))


@pytest.mark.parametrize("profile, kind", zip(PROFILES, FAILING + FAILING))
def test_profile_later_and_then_the_last_resort(ladder, profile, kind):
    other = after(after(profile))
    on = ladder([other, "503"], [profile, kind], last=["value", "take"],
                **PROFILED)
    on.settle(200)
    first, second, last = on.servers
    assert_dressed(on, (first, DRESS[other]),
                   (second, *[DRESS[profile]] * (kind in BEHAVIOURS)),
                   (last, DRESS["value"]))
    assert counters(on.proxy)["last_resort"] == 1


@pytest.mark.parametrize("profile, kind", zip(PROFILES, FAILING[::-1] + FAILING))
def test_profile_alone(ladder, profile, kind):
    on = ladder([profile, kind], **{**PROFILED, "site": ALONE + SETTINGS})
    on.settle(503)
    assert_dressed(on, (*on.servers, *[DRESS[profile]] * (kind in BEHAVIOURS)))
    assert counters(on.proxy)["exhausted"] == 1


@pytest.mark.parametrize("profile", PROFILES)
def test_profile_whose_forms_are_refused(ladder, profile):
    """Each lesser form is dressed for itself, and so is the next destination."""
    other, own = after(profile), DRESS[profile]
    less = {**own, "geolocation": [], "routing": [], "info": [ICON],
            "supported": ["replaces"]}
    forms = {"i3": [own, I3_REFERENCE, I3_NONE], "pure": [own, less],
             "telnyx": [own, {**own, "geolocation": ["cid"],
                              "parts": DRESS["value"]["parts"]}, less],
             "elin": [own]}[profile]
    on = ladder([profile, "424"], [other, "take"], **PROFILED)
    on.settle(200)
    assert_dressed(on, (on.servers[0], *forms), (on.servers[1], DRESS[other]))
