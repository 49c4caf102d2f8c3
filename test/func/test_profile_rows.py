# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows of profiles: each column, by the message that arrives."""
import contextlib
import re

import pytest

from lib import (AUSTIN, SDP, Message, StartError, assert_pidf_valid, build,
                 civic, counters, e911_proxy, response)
from lib.database import SqliteTables, store_proxy
from lib.profiles import AGENT, PLACE, SITE, UAC, XHTTP, Bench, profile
from lib.ua import Transaction, unique, uri_in

PIDF = "application/pidf+xml"
CALL = "sip:911@cc.example.com"
REFERENCE = r"<https://e911\.cc\.example\.com/held/[0-9a-f]{32}>"
CID = r"<cid:e911-[0-9a-f]{32}@e911\.invalid>"
ROWS = [
    "name=three;convey=token,value,none;token_in=geolocation;token=telnyx-location",
    "name=both;convey=both,reference",
    "name=both-alone;convey=both",
    "name=elsewhere;convey=value",
    "name=elsewhere;country=CA;convey=reference",
    "name=elsewhere;country=GB;convey=none;user_phone=yes",
    "name=spelt;method=Manual:MANUAL,DHCP:LIS;order=civic-first;"
    "limit=RD:3,LOC:60,NAM:5,A2:1;drop=shape,PC",
    "name=destination;ruri=destination",
    "name=prefix;prefix=9-;user_phone=yes",
    "name=prefix-hash;prefix=*31#",
    "name=urn;ruri=urn",
    "name=to;to=ruri",
    "name=to-urn;to=ruri;ruri=urn",
    "name=from-id;from=id,callback;id=bandwidth;host=sbc.example.net",
    "name=from-number;from=callback;user_phone=yes",
    "name=from-nothing;from=token,id;id=nobody",
    "name=both-ends;from=callback;to=ruri;ruri=urn",
    "name=pai-number;pai=callback",
    "name=pai-nothing;pai=token",
    "name=pai-none;pai=token,none;token=nobody",
    "name=urgent;priority=emergency;resource_priority=esnet.1",
    "name=nena;nena=yes;host=esrp.example.net",
    'name=headers;id=bandwidth;token=intrado;header="X-All: {callback}/{id}/'
    '{token}/{site}/{latitude}/{longitude} as {id}{id}|X-Elin: {elin}|'
    'X-None: a|P-Charge-Info: <sip:{callback}@x>"',
    'name=headers-empty;id=nobody;header="X-Id: {id}|X-Half: {callback} {token}|'
    'X-Site: {site}"',
    "name=data;data=provider,service,subscriber",
    "name=data-reference;convey=reference;data=provider",
    "name=last;place=last",
    "name=first;place=first",
    "name=quiet;routing=no",
]


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Bench(stack, tmp_path_factory.mktemp("rows"), *ROWS)


@pytest.fixture
def own_bench(tmp_path_factory, cleanup):
    """own_bench(row..., **how) -> a Bench of this test alone."""
    def make(*profiles, **how):
        return Bench(cleanup, tmp_path_factory.mktemp("own"), *profiles, **how)
    return make


def form(message):
    """How its location is conveyed."""
    value = ", ".join(message.all("Geolocation"))
    has_body = message.part(PIDF) is not None
    for name, pattern, body in (("none", "", False), ("value", CID, True),
                                ("reference", REFERENCE, False),
                                ("both", CID + ", " + REFERENCE, True),
                                ("token", "[a-z0-9-]+", False)):
        if re.fullmatch(pattern, value) and has_body == body:
            return name
    raise AssertionError(value)


def document(message):
    body = message.part(PIDF).body
    assert_pidf_valid(body)
    return body


# ----- forms -----

def test_each_refusal_moves_on_to_the_next_form(bench):
    ersp, other = bench.uas("refuse:424", "refuse:415", "take"), bench.uas()
    bench.line((ersp, "profile=three"), (other, ""))
    before = counters(bench.proxy)
    assert bench.agent.invite(CALL).final().status == 200
    came = ersp.wait_invites(3)
    assert [form(m) for m in came] == ["token", "value", "none"]
    assert [m.all("Geolocation-Routing") for m in came] == [["yes"], ["yes"], []]
    assert [m.sdp for m in came] == [SDP] * 3
    assert came[0].body == came[2].body == SDP
    after = counters(bench.proxy)
    assert after["location_refused"] == before["location_refused"] + 2
    assert after["failovers"] == before["failovers"]
    assert other.invites == []


def test_after_the_last_form_the_next_destination(bench):
    ersp, other = bench.uas("refuse:424"), bench.uas("take")
    bench.line((ersp, "profile=three"), (other, "profile=three"))
    assert bench.agent.invite(CALL).final().status == 200
    assert [form(m) for m in ersp.wait_invites(3)] == ["token", "value", "none"]
    assert [form(m) for m in other.wait_invites(1)] == ["token"]


def test_other_refusals_move_no_form(bench):
    ersp, other = bench.uas("refuse:488"), bench.uas("take")
    bench.line((ersp, "profile=three"), (other, "profile=three"))
    assert bench.agent.invite(CALL).final().status == 200
    assert len(ersp.invites) == len(other.invites) == 1


def test_a_form_that_is_not_possible_is_passed_over(bench):
    with restated(bench, {k: v for k, v in PLACE.items() if k != "tokens"}):
        assert form(bench.arrive("three")) == "value"


@contextlib.contextmanager
def restated(bench, place):
    bench.state(place)
    try:
        yield
    finally:
        bench.state(PLACE)


def test_both(bench):
    came = bench.arrive("both")
    assert form(came) == "both"
    assert came.all("Supported") == ["geolocation-http"]
    assert civic(document(came)) == AUSTIN


def test_both_refused_leaves_the_reference(bench):
    ersp = bench.uas("refuse:424", "take")
    bench.line((ersp, "profile=both"))
    assert bench.agent.invite(CALL).final().status == 200
    assert [form(m) for m in ersp.wait_invites(2)] == ["both", "reference"]


def test_the_reference_is_the_same_for_each_branch(bench):
    ersp, other = bench.uas("refuse:503"), bench.uas("take")
    bench.line((ersp, "profile=reference"), (other, "profile=reference"))
    assert bench.agent.invite(CALL).final().status == 200
    first, second = ersp.wait_invites(1)[0], other.wait_invites(1)[0]
    assert form(first) == form(second) == "reference"
    assert first.h("Geolocation") == second.h("Geolocation")
    assert form(bench.arrive("reference")) == "reference"
    assert first.h("Geolocation") != bench.ersp.invites[-1].message.h("Geolocation")


def test_without_references_the_value_still_goes(own_bench):
    """What is set for references is missing: no reason to lose the place."""
    bench = own_bench(*ROWS[1:3], references="", load=UAC)
    assert form(bench.arrive("both-alone")) == "value"
    assert form(bench.arrive("i3")) == "value"
    assert form(bench.arrive("both")) == "value"
    assert form(bench.arrive("reference")) == "none"


def test_routing_no(bench):
    came = bench.arrive("quiet")
    assert form(came) == "value"
    assert came.all("Geolocation-Routing") == []


# ----- variants -----

@pytest.mark.parametrize("country, wanted", [
    ("US", "value"), ("CA", "reference"), ("GB", "none"), ("FR", "value")])
def test_the_variant_of_the_locations_country(bench, country, wanted):
    with restated(bench, {**PLACE, "country": country}):
        came = bench.arrive("elsewhere")
    assert form(came) == wanted
    # a variant is like its profile in all that it does not say
    assert came.ruri.endswith(";user=phone") == (country == "GB")


@pytest.mark.parametrize("country, goes", [
    ("US", "direct"), ("CA", "screened"), ("GB", "screened"), ("IE", "screened")])
def test_teams_goes_direct_in_the_united_states_only(bench, country, goes):
    bench.take_profile("teams")
    with restated(bench, {**PLACE, "country": country, "method": "DHCP"}):
        assert bench.dryrun()[0]["goes"] == goes


# ----- the document -----

def test_methods_limits_and_drop(bench):
    place = {**PLACE, "RD": "Übergröße", "NAM": "日本語の事務所です"}
    with restated(bench, place):
        came = document(bench.arrive("spelt"))
    assert b"<gp:method>MANUAL</gp:method>" in came
    assert civic(came) == {
        **{k: v for k, v in AUSTIN.items() if k not in ("PC",)},
        "RD": "Übe", "NAM": "日本語の事", "A2": "T"}
    assert b"gml:" not in came.replace(b"xmlns:gml", b"")


def test_methods_that_are_not_mapped_stay(bench):
    for method, sent in ("DHCP", "LIS"), ("Manual", "MANUAL"), ("GPS", "GPS"):
        with restated(bench, {**PLACE, "method": method}):
            came = document(bench.arrive("spelt"))
        assert b"<gp:method>%s</gp:method>" % sent.encode() in came


def test_order_of_address_and_shape(bench):
    came = document(bench.arrive("teams"))
    assert came.index(b"<gml:Point") < came.index(b"<ca:civicAddress")


def test_place_among_two_locations(bench):
    own = '<sip:agent@pres.example.net>'
    for name, index in ("first", 1), ("last", 0):
        came = bench.arrive(name, headers=[("Geolocation", own)])
        assert came.all("Geolocation")[index] == own
        assert len(came.all("Geolocation")) == 2


# ----- Request-URI and To -----

def test_request_uri(bench):
    port = bench.ersp.port
    host = "127.0.0.1:%d" % port
    assert bench.arrive("value").ruri == "sip:911@" + host
    assert bench.arrive("prefix").ruri == "sip:9-911@%s;user=phone" % host
    assert bench.arrive("prefix-hash").ruri == "sip:*31%23911@" + host
    assert bench.arrive("urn").ruri == "urn:service:sos"
    bench.aim((1, "sip:psap@%s;transport=udp;x=y" % host, 0,
               "profile=destination"))
    assert bench.arrive().ruri == "sip:psap@%s;transport=udp;x=y" % host


def test_to_is_as_the_request_uri(bench):
    for name in "to", "to-urn":
        came = bench.arrive(name)
        assert came.h("To") == "<%s>" % came.ruri
    assert came.ruri == "urn:service:sos"
    assert bench.arrive("urn").h("To") == "<%s>" % CALL


# ----- identities -----

ANA = '"Ana Ruiz" <%s>' % AGENT


def test_from(bench):
    def sent(name):
        return re.sub(";tag=.*", "", bench.arrive(name, from_=ANA).h("From"))
    assert sent("from-id") == '"Ana Ruiz" <sip:aeui-99@sbc.example.net>'
    assert sent("from-number") == \
        '"Ana Ruiz" <sip:+15125550177@cc.example.com;user=phone>'
    assert sent("from-nothing") == ANA
    assert sent("value") == ANA


def test_asserted_identity(bench):
    given = [("P-Asserted-Identity", ANA), ("P-Asserted-Identity",
                                            "<tel:+15125550101>")]

    def sent(name, headers):
        return bench.arrive(name, headers=headers).all("P-Asserted-Identity")
    number = ["<sip:+15125550177@cc.example.com>"]
    assert sent("pai-number", given) == number
    assert sent("pai-number", []) == number
    assert sent("pai-none", given) == []
    assert sent("pai-nothing", given) == [v for _, v in given]
    assert sent("pai-nothing", []) == []
    assert sent("value", given) == [v for _, v in given]


UNPROVEN = SITE.rstrip('")\n') + ';unproven=default;A3=Austin;RD=Corporate")\n'


def test_of_an_unproven_caller_nothing_is_asserted(own_bench):
    """RFC 3325 5: his From is his own word; the site's number is ours."""
    bench = own_bench(*ROWS, TRUST="", site=UNPROVEN)
    for name in "pai-number", "i3", "redsky":
        came = bench.arrive(name, from_=ANA)
        identity, = came.all("P-Asserted-Identity")
        assert identity.startswith("<sip:+15125550100@")
        assert uri_in(came.h("From")) == AGENT
    came = bench.arrive("data", from_=ANA)
    assert blocks(came) == DATA[:2]
    assert b"Corporate" in came.part(PIDF).body
    assert form(came) == "value"


def test_of_an_unproven_caller_without_a_number_of_the_site(own_bench):
    bench = own_bench(*ROWS, TRUST="", site='modparam("e911", "site", '
                      '"name=hq;set=1")\n')
    assert bench.arrive("pai-number").all("P-Asserted-Identity") == []


def test_priorities(bench):
    given = [("Priority", "normal"), ("Priority", "urgent"),
             ("Resource-Priority", "dsn.flash"), ("Resource-Priority", "q735.0")]
    came = bench.arrive("urgent", headers=given)
    assert came.all("Priority") == ["emergency"]
    assert came.all("Resource-Priority") == ["esnet.1"]
    came = bench.arrive("value", headers=given)
    assert [came.all(n) for n in ("Priority", "Resource-Priority")] == [
        ["normal", "urgent"], ["dsn.flash", "q735.0"]]


def nena_ids(message):
    """{purpose: URN}"""
    found = [re.fullmatch(r"<(.*)>;purpose=(.*)", v).groups()
             for v in message.all("Call-Info")]
    return {purpose: urn for urn, purpose in found}


def test_nena_ids_are_the_calls(bench):
    ersp, other = bench.uas("refuse:503"), bench.uas("take")
    bench.line((ersp, "profile=nena"), (other, "profile=nena"))
    own = ("Call-Info", "<http://example.net/ana.png>;purpose=icon")
    assert bench.agent.invite(CALL, headers=[own]).final().status == 200
    first, second = (nena_ids(s.wait_invites(1)[0]) for s in (ersp, other))
    assert first == second
    assert first.pop("icon") == "http://example.net/ana.png"
    # NENA-STA-010.3: 10 to 32 letters and digits
    shape = r"urn:emergency:uid:%s:[0-9a-z]{10,32}:esrp\.example\.net"
    assert first.keys() == {"emergency-CallId", "emergency-IncidentId"}
    assert re.fullmatch(shape % "callid", first["emergency-CallId"])
    assert re.fullmatch(shape % "incidentid", first["emergency-IncidentId"])
    third = nena_ids(bench.arrive("nena"))
    assert third["emergency-CallId"] != first["emergency-CallId"]


def test_header_lines(bench):
    came = bench.arrive("headers", headers=[("X-None", "his own")])
    assert came.all("X-All") == [
        "+15125550177/aeui-99/ERL-4711/hq/30.2672/-97.7431 as aeui-99aeui-99"]
    assert came.all("P-Charge-Info") == ["<sip:+15125550177@x>"]
    assert came.all("X-None") == ["his own", "a"]


def test_a_header_line_that_lacks_something_is_left_out(bench):
    came = bench.arrive("headers-empty")
    assert came.all("X-Id") == came.all("X-Half") == []
    assert came.all("X-Site") == ["hq"]
    without = {k: v for k, v in PLACE.items() if k not in ("shape", "pos")}
    with restated(bench, without):
        assert bench.arrive("headers").all("X-All") == []


# ----- additional data -----

DATA = ["application/emergencycalldata.%s+xml" % n
        for n in ("providerinfo", "serviceinfo", "subscriberinfo")]


def blocks(message):
    return [p.content_type for p in message.parts
            if "emergencycalldata" in p.content_type]


def test_data_goes_as_the_location_goes(bench):
    came = bench.arrive("data", from_=ANA)
    assert blocks(came) == DATA
    assert len(came.all("Call-Info")) == 3
    assert b"Ana Ruiz" in came.part(DATA[2]).body
    came = bench.arrive("data-reference")
    assert form(came) == "reference"
    assert blocks(came) == []
    assert came.all("Call-Info") == [
        came.h("Geolocation").replace(">", "/ProviderInfo>")
        + ";purpose=EmergencyCallData.ProviderInfo"]


def test_no_data_after_the_document_was_refused(bench):
    ersp = bench.uas("refuse:424", "take")
    bench.line((ersp, "profile=data"))
    assert bench.agent.invite(CALL).final().status == 200
    first, second = ersp.wait_invites(2)
    assert blocks(first) == DATA
    assert second.body == SDP and second.all("Call-Info") == []


def test_no_data_of_nobody(own_bench):
    bench = own_bench(provider="")
    came = bench.arrive("i3")
    assert blocks(came) == [] == came.all("Call-Info")
    assert form(came) == "value"


# ----- From and To, later in the dialog -----

class Dialog:
    """A call between two real ends of it, the ERSP's one a UA."""

    def __init__(self, bench, ua, name, before=()):
        self.agent, self.ersp = bench.agent, ua(bench.proxy)
        bench.aim(*((1, s.uri(), 50 - i, attributes)
                    for i, (s, attributes) in enumerate(before)),
                  (1, "sip:127.0.0.1:%d" % self.ersp.port, 1,
                   "profile=" + name))
        self.call = self.agent.invite(CALL, from_=ANA)
        self.answer = self.call.final()
        assert self.answer.status == 200
        self.invite = self.ersp.wait_request("INVITE")
        self.call.ack()
        self.ersp.wait_request("ACK")

    def agent_sends(self, method):
        """What arrives at the ERSP, and the answer to it."""
        sent = self.agent.start(Transaction(
            self.agent, self.call.in_dialog(method)))
        came = self.ersp.wait_request(method)
        return came, sent.final()

    def ersp_sends(self, method):
        """The same the other way round."""
        invite = self.invite
        own = Message.parse(response(invite, 200, self.ersp.tag))
        fixed = [("Via", self.ersp.via(unique("z9hG4bK"))),
                 ("Max-Forwards", "70"),
                 *[("Route", v) for v in invite.all("Record-Route")],
                 ("From", own.h("To")), ("To", invite.h("From")),
                 ("Call-ID", invite.call_id), ("CSeq", "7 " + method),
                 ("Contact", self.ersp.contact)]
        sent = self.ersp.start(Transaction(self.ersp, build(
            "%s %s SIP/2.0" % (method, uri_in(invite.h("Contact"))), fixed)))
        came = self.agent.wait(lambda m: m.method == method and not m.status
                               and m.call_id == invite.call_id)
        return came, sent.final()


def uris(message):
    return [uri_in(message.h(n)) for n in ("From", "To")]


NAMED = [("value", AGENT, CALL),
         ("from-id", "sip:aeui-99@sbc.example.net", CALL),
         ("from-number", "sip:+15125550177@cc.example.com;user=phone", CALL),
         ("to-urn", AGENT, "urn:service:sos"),
         ("both-ends", "sip:+15125550177@cc.example.com", "urn:service:sos")]


@pytest.mark.parametrize("name, sender, target", NAMED)
def test_names_are_put_back(bench, ua, name, sender, target):
    """Toward the agent his own, toward the ERSP those it was given."""
    theirs, his = [sender, target], [AGENT, CALL]
    dialog = Dialog(bench, ua, name)
    assert uris(dialog.invite) == theirs
    assert [uris(r) for r in dialog.call.responses] == [his] * len(
        dialog.call.responses)
    came, answer = dialog.agent_sends("INFO")
    assert uris(came) == theirs and uris(answer) == his
    came, answer = dialog.ersp_sends("INFO")
    assert uris(came) == his[::-1] and uris(answer) == theirs[::-1]
    came, answer = dialog.agent_sends("BYE")
    assert answer.status == 200
    assert uris(came) == theirs and uris(answer) == his


@pytest.mark.parametrize("name, sender, target", NAMED)
def test_names_after_a_first_destination_of_others(bench, ua, name, sender, target):
    """Each branch has its own names; those of the one that took it count."""
    bad = bench.uas("refuse:503")
    for other, was, _ in NAMED[0], NAMED[1], NAMED[4]:
        dialog = Dialog(bench, ua, name, [(bad, "profile=" + other)])
        assert uri_in(bad.invites[-1].message.h("From")) == was
        assert uris(dialog.invite) == [sender, target]
        assert uris(dialog.answer) == [AGENT, CALL]
        came, answer = dialog.ersp_sends("BYE")
        assert answer.status == 200
        assert uris(came) == [CALL, AGENT]
        assert uris(answer) == [target, sender]


@pytest.mark.parametrize("name, sender, target", NAMED)
def test_names_where_the_script_says_nothing_of_them(own_bench, ua, name, sender,
                                                     target):
    """Without e911_convey() the branch is dressed all the same."""
    bench = own_bench(*ROWS, CONVEY="return;")
    bad = bench.uas("refuse:503")
    dialog = Dialog(bench, ua, name, [(bad, "profile=both-ends")])
    assert uris(bad.invites[0].message) == list(NAMED[4][1:])
    assert uris(dialog.invite) == [sender, target]
    assert uris(dialog.answer) == [AGENT, CALL]
    came, answer = dialog.ersp_sends("BYE")
    assert answer.status == 200
    assert uris(came) == [CALL, AGENT]


@pytest.mark.parametrize("header, name", [
    ("from", "from-number"), ("to", "to-urn")])
def test_what_the_script_has_replaced_stays(own_bench, ua, header, name):
    """Two edits of one URI would make one that nobody can read."""
    bench = own_bench(
        *ROWS, BEFORE='uac_replace_%s("sip:script@example.org");' % header)
    dialog = Dialog(bench, ua, name)
    own = "sip:script@example.org"
    theirs = [own, CALL] if header == "from" else [AGENT, own]
    assert uris(dialog.invite) == theirs
    assert uris(dialog.answer) == [AGENT, CALL]
    came, answer = dialog.agent_sends("BYE")
    assert uris(came) == theirs and answer.status == 200
    assert counters(bench.proxy)["unnamed"] == 1
    bench.proxy.wait_log("From or To stays as it was: the script has replaced it")


def test_cancel_has_the_names_of_its_invite(bench):
    ersp = bench.uas("ring-forever")
    bench.line((ersp, "profile=both-ends"))
    call = bench.agent.invite(CALL, from_=ANA)
    call.wait(180)
    call.cancel()
    assert uris(call.final()) == [AGENT, CALL]
    cancel = ersp.wait_for("CANCEL")[0].message
    assert uris(cancel) == uris(ersp.invites[0].message)
    # RFC 3261 17.1.1.3
    assert uris(ersp.wait_for("ACK")[0].message) == uris(cancel)


def test_ack_of_a_refusal_has_the_names_of_its_invite(bench):
    bad, good = bench.uas("refuse:486"), bench.uas("take")
    bench.line((bad, "profile=both-ends"), (good, "profile=value"))
    assert bench.agent.invite(CALL, from_=ANA).final().status == 200
    assert uris(bad.wait_for("ACK")[0].message) == uris(bad.invites[0].message)


def test_without_uac_the_call_goes_as_the_agent_wrote_it(own_bench):
    bench = own_bench(*ROWS, load=XHTTP)
    before = counters(bench.proxy)["unnamed"]
    came = bench.arrive("both-ends", from_=ANA)
    assert uris(came) == [AGENT, CALL]
    assert form(came) == "value"
    assert counters(bench.proxy)["unnamed"] == before + 1
    bench.proxy.wait_log("From or To stays as it was: module uac")
    assert "From and To stay: module uac is not loaded" in \
        bench.dryrun()[0]["warnings"]
    bench.arrive("value", from_=ANA)
    assert counters(bench.proxy)["unnamed"] == before + 1


# ----- rows that are wrong -----

BAD = [
    ("", "a part is missing"),
    ("convey=value", "a part is missing"),
    ("name=x;colour=red", "colour"),
    ("name=x;like=nobody", "like"),
    ("name=nobody;country=CA", "name: unknown"),
    ("name=teams;country=USA", "country"),
    ("name=x;convey=value;convey=none", "convey"),
    ("name=x;convey=value,value", "convey"),
    ("name=x;convey=none,value", "convey"),
    ("name=x;convey=pigeon", "convey"),
    ("name=x;convey=value,both,reference,token", "convey"),
    ("name=x;place=middle", "place"),
    ("name=x;routing=maybe", "routing"),
    ("name=x;token_in=body", "token_in"),
    ("name=x;ruri=tel", "ruri"),
    ("name=x;prefix=1 2", "prefix"),
    ("name=x;prefix=123456789", "prefix"),
    ("name=x;user_phone=1", "user_phone"),
    ("name=x;to=from", "to"),
    ("name=x;from=keep,id", "from"),
    ("name=x;from=id,elin,callback,token,keep", "from"),
    ("name=x;pai=who", "pai"),
    ("name=x;host=a b", "host"),
    ("name=x;id=a,b", "id"),
    ("name=x;header=X", "header"),
    ("name=x;header=Via: x", "header"),
    ("name=x;header=content-type: x", "header"),
    ("name=x;header=X: {nothing}", "header"),
    ("name=x;header=X: {id", "header"),
    ("name=x;header=X Y: z", "header"),
    ("name=x;method=Manual", "method"),
    ("name=x;limit=RD:0", "limit"),
    ("name=x;limit=RD:999", "limit"),
    ("name=x;limit=country:1", "limit"),
    ("name=x;drop=method", "drop"),
    ("name=x;element=person", "element"),
    ("name=x;order=any", "order"),
    ("name=x;priority=urgent", "priority"),
    ("name=x;data=all", "data"),
    ("name=x;nena=on", "nena"),
    ("name=x;bypass=true", "bypass"),
    ("name=x;needs=all", "needs"),
    ("name=x;transferred=yes", "transferred"),
    ("name=x;source=192.0.2.0/33", "source"),
    ("name=" + "x" * 33, "name"),
    ("name=mine", "twice"),
]


@pytest.mark.parametrize("row, column", [BAD[2], BAD[6], BAD[24]])
def test_bad_rows_stop_the_start(kamailio, uas, row, column):
    with pytest.raises(StartError) as caught:
        e911_proxy(kamailio, uas("take"), PARAMS=profile(row))
    assert re.search(r"profile.*%s" % column, str(caught.value))


@pytest.fixture
def rows_file(tmp_path):
    return tmp_path / "e911.rows"


def named(rows_file):
    return 'modparam("e911", "settings_file", "%s")\n' % rows_file


def shown(proxy):
    return {p["name"] for p in proxy.jsonrpc("e911.profiles")["result"]}


@pytest.mark.parametrize("at", range(3))
def test_bad_rows_leave_the_old_ones(own_bench, rows_file, at):
    rows_file.write_text("profile name=mine;convey=none\n")
    bench = own_bench(params=named(rows_file))
    for row, column in BAD[at::3]:
        rows_file.write_text("profile name=mine;convey=value\nprofile %s\n" % row)
        answer = bench.proxy.jsonrpc("e911.reload")
        assert "error" in answer, row
        message = answer["error"]["message"]
        assert "line 2: profile" in message and column in message, (row, message)
    assert "mine" in shown(bench.proxy)
    assert form(bench.arrive("mine")) == "none"


def test_rows_of_file_and_table(kamailio, uas, ua, tmp_path, rows_file):
    tables = SqliteTables(tmp_path)
    tables.create()
    tables.setting("profile", "name=of-table;convey=none")
    rows_file.write_text("profile name=of-file;like=teams;convey=none\n")
    proxy = store_proxy(
        kamailio, tables, uas("take"),
        params='modparam("e911", "settings_table", 1)\n' + named(rows_file))
    assert {"of-table", "of-file"} < shown(proxy)
    tables.query("DELETE FROM e911_setting")
    tables.setting("profile", "name=telnyx;like=plain")
    tables.setting("profile", "name=other;like=of-file")
    assert proxy.jsonrpc("e911.reload")["result"] == "reloaded"
    found = shown(proxy)
    assert "of-table" not in found and {"of-file", "other"} < found


def test_a_row_of_ones_own_takes_the_place_of_one_built_in(own_bench):
    bench = own_bench("name=telnyx;like=telnyx;convey=none;pai=keep")
    came = bench.arrive("telnyx", headers=[("P-Asserted-Identity", ANA)])
    assert form(came) == "none"
    assert came.all("P-Asserted-Identity") == [ANA]
    assert uri_in(came.h("From")) == "sip:tx-31@cc.example.com"


# ----- reload while a call is up -----

def reload_without(bench, rows_file):
    rows_file.write_text("")
    assert bench.proxy.jsonrpc("e911.reload")["result"] == "reloaded"


def test_profile_gone_while_the_call_is_on_its_ladder(own_bench, rows_file):
    rows_file.write_text("profile name=mine;convey=none;from=callback\n")
    bench = own_bench(params=named(rows_file))
    first, second = bench.uas("silent"), bench.uas("take")
    bench.line((first, "profile=mine"), (second, "profile=mine"))
    call = bench.agent.invite(CALL, from_=ANA)
    assert form(first.wait_invites(1)[0]) == "none"
    reload_without(bench, rows_file)
    assert call.final().status == 200
    # nobody knows any more how it wants it: as the default profile has it
    came = second.wait_invites(1)[0]
    assert form(came) == "value"
    assert uri_in(came.h("From")) == AGENT


def test_profile_gone_while_the_call_is_up(own_bench, rows_file, ua):
    rows_file.write_text("profile name=mine;from=callback;to=ruri;ruri=urn\n")
    bench = own_bench(params=named(rows_file))
    dialog = Dialog(bench, ua, "mine")
    theirs = ["sip:+15125550177@cc.example.com", "urn:service:sos"]
    assert uris(dialog.invite) == theirs
    reload_without(bench, rows_file)
    came, answer = dialog.agent_sends("BYE")
    assert uris(came) == theirs and uris(answer) == [AGENT, CALL]
    assert answer.status == 200
