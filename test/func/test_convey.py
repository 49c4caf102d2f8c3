# SPDX-License-Identifier: GPL-2.0-or-later
"""What arrives at the ERSP: body, headers, location (RFC 6442, RFC 5621)."""
import json
import os
import re

import pytest

from lib import (AUSTIN, DEFAULT_SITE, ROOT, SDP, assert_pidf_valid, civic,
                 counters, e911_proxy, state, texts)

CALL = "sip:911@example.test"
PIDF = "application/pidf+xml"


@pytest.fixture
def line(kamailio, uas, ua):
    """line(**parts) -> (proxy, ersp, agent who has stated a location)"""
    def make(transport="udp", ersp=None, **parts):
        ersp = ersp or uas("take")
        proxy = e911_proxy(kamailio, ersp, **parts)
        agent = ua(proxy, transport)
        state(proxy, agent)
        return proxy, ersp, agent
    return make


def arrive(ersp, agent, **how):
    """The INVITE at the ERSP, whose length has been checked."""
    call = agent.invite(CALL, **how)
    assert call.final().status == 200
    message = ersp.wait_invites(1)[0]
    assert int(message.h("Content-Length")) == len(message.body)
    assert len(message.all("Content-Type")) == 1
    return message


def own_location(message):
    """The document that our locationValue points at."""
    value = message.all("Geolocation")[-1]
    found = re.fullmatch(r"<cid:(e911-[0-9a-f]{32}@e911\.invalid)>", value)
    assert found, value
    part = [p for p in message.parts if p.content_id == found.group(1)]
    assert len(part) == 1
    assert part[0].content_type == PIDF
    assert part[0].h("Content-Disposition") == "by-reference;handling=optional"
    assert_pidf_valid(part[0].body)
    return part[0].body


def boundary_of(message):
    return re.search(r'boundary="?([^";]+)', message.h("Content-Type")).group(1)


def multipart(*parts, boundary="b-1", closing=True):
    text = b""
    for ct, body in parts:
        text += b"--%s\r\nContent-Type: %s\r\n\r\n%s\r\n" % (
            boundary.encode(), ct.encode(), body)
    return text + (b"--%s--\r\n" % boundary.encode() if closing else b"")


ISUP = ("application/isup;version=itu-t92+", b"\x01\x00\x49\x00\xff\r\n--b-\x00")


# ----- a body of SDP -----

def test_value_beside_untouched_sdp(line):
    _, ersp, agent = line()
    invite = arrive(ersp, agent)
    assert invite.h("Content-Type").startswith("multipart/mixed;boundary=")
    assert [p.content_type for p in invite.parts] == ["application/sdp", PIDF]
    assert invite.parts[0].body == SDP
    document = own_location(invite)
    assert civic(document) == AUSTIN
    assert texts(document, ".//gp:method") == ["Manual"]
    assert invite.all("Geolocation-Routing") == ["yes"]
    assert boundary_of(invite).encode() not in SDP + document


def test_sdp_without_final_line_end_is_kept(line):
    _, ersp, agent = line()
    invite = arrive(ersp, agent, body=SDP[:-2])
    assert invite.parts[0].body == SDP[:-2]


def test_each_call_has_its_own_names(line):
    _, ersp, agent = line()
    for _ in range(2):
        assert agent.invite(CALL).final().status == 200
    first, second = ersp.wait_invites(2)
    assert boundary_of(first) != boundary_of(second)


def test_headers_of_the_body_go_with_it(line):
    _, ersp, agent = line()
    invite = arrive(ersp, agent, headers=[
        ("Content-Disposition", "session;handling=required"),
        ("Content-Language", "en")])
    assert invite.h("Content-Disposition") is None
    part = invite.parts[0]
    assert part.h("Content-Disposition") == "session;handling=required"
    assert part.h("Content-Language") == "en"
    assert part.body == SDP


def test_late_offer_gets_only_the_location(line):
    _, ersp, agent = line()
    invite = arrive(ersp, agent, body=b"")
    assert [p.content_type for p in invite.parts] == [PIDF]
    assert civic(own_location(invite)) == AUSTIN


def test_over_tcp_from_the_agent(line):
    _, ersp, agent = line("tcp")
    assert civic(own_location(arrive(ersp, agent))) == AUSTIN


def test_over_tcp_to_the_ersp(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, (1, ersp.uri("tcp")))
    agent = ua(proxy)
    state(proxy, agent)
    assert civic(own_location(arrive(ersp, agent))) == AUSTIN
    assert ersp.invites[0].transport == "tcp"


def test_no_content_length_over_udp(line):
    _, ersp, agent = line()
    raw = agent.message("INVITE", CALL, SDP)
    agent.send(re.sub(rb"Content-Length: \d+\r\n", b"", raw))
    invite = ersp.wait_invites(1)[0]
    assert invite.parts[0].body == SDP
    assert civic(own_location(invite)) == AUSTIN


def test_what_lies_behind_the_content_length_is_not_body(line):
    _, ersp, agent = line()
    agent.send(agent.message("INVITE", CALL, SDP) + b"a=junk\r\n")
    invite = ersp.wait_invites(1)[0]
    assert invite.parts[0].body == SDP
    assert b"junk" not in invite.raw
    assert int(invite.h("Content-Length")) == len(invite.body)


def test_content_length_beyond_the_datagram(line):
    _, ersp, agent = line()
    raw = agent.message("INVITE", CALL, SDP)
    agent.send(raw.replace(b"Content-Length: %d" % len(SDP),
                           b"Content-Length: 9999"))
    invite = ersp.wait_invites(1)[0]
    assert invite.parts[0].body == SDP
    assert int(invite.h("Content-Length")) == len(invite.body)


# ----- bodies that are multipart already -----

@pytest.mark.parametrize("ct", [
    "multipart/mixed;boundary=b-1", 'multipart/mixed; boundary="b-1"',
    "Multipart/MIXED ; Boundary=b-1", 'multipart/related;boundary="b-1"',
    "multipart/mixed;x=y;boundary=b-1;z=1"])
def test_multipart_keeps_every_part(line, ct):
    _, ersp, agent = line()
    body = multipart(("application/sdp", SDP), ISUP)
    invite = arrive(ersp, agent, body=body, ct=ct)
    assert invite.h("Content-Type") == ct
    assert [p.body for p in invite.parts[:2]] == [SDP, ISUP[1]]
    assert civic(own_location(invite)) == AUSTIN
    assert len(invite.parts) == 3
    assert invite.body.startswith(body[:-len(b"--b-1--\r\n") - 2])


def test_multipart_alternative_is_wrapped_whole(line):
    _, ersp, agent = line()
    body = multipart(("application/sdp", SDP), ("text/plain", b"no"))
    ct = "multipart/alternative;boundary=b-1"
    invite = arrive(ersp, agent, body=body, ct=ct)
    assert body in invite.body
    assert [p.content_type for p in invite.parts] == [
        "application/sdp", "text/plain", PIDF]


def test_multipart_without_closing_delimiter_gets_one(line):
    _, ersp, agent = line()
    body = multipart(("application/sdp", SDP), closing=False)
    invite = arrive(ersp, agent, body=body, ct="multipart/mixed;boundary=b-1")
    assert invite.parts[0].body.rstrip() == SDP.rstrip()
    assert civic(own_location(invite)) == AUSTIN
    assert invite.body.endswith(b"\r\n--b-1--\r\n")


@pytest.mark.parametrize("ct", [
    "multipart/mixed;boundary=elsewhere", "multipart/mixed",
    'multipart/mixed;boundary=""'])
def test_content_type_that_lies_about_sdp(line, ct):
    _, ersp, agent = line()
    invite = arrive(ersp, agent, body=SDP, ct=ct)
    assert invite.part("application/sdp").body == SDP
    assert civic(own_location(invite)) == AUSTIN


def test_body_without_content_type(line):
    _, ersp, agent = line()
    raw = agent.message("INVITE", CALL, SDP)
    agent.send(raw.replace(b"Content-Type: application/sdp\r\n", b""))
    invite = ersp.wait_invites(1)[0]
    assert invite.part("application/sdp").body == SDP
    assert civic(own_location(invite)) == AUSTIN


def test_a_thousand_parts(line):
    _, ersp, agent = line("tcp")
    parts = [("application/sdp", SDP)] + [("text/plain", b"x")] * 1000
    invite = arrive(ersp, agent, body=multipart(*parts),
                    ct="multipart/mixed;boundary=b-1")
    assert len(invite.parts) == 1002
    assert civic(own_location(invite)) == AUSTIN


def test_64_kb_over_tcp(line):
    _, ersp, agent = line("tcp")
    filler = b"x" * 63000
    body = multipart(("application/sdp", SDP), ("text/plain", filler))
    invite = arrive(ersp, agent, body=body, ct="multipart/mixed;boundary=b-1")
    assert invite.parts[1].body == filler
    assert civic(own_location(invite)) == AUSTIN


def test_large_udp_body_goes_on_by_tcp(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, (1, ersp.uri(), 0, "large=tcp"))
    agent = ua(proxy)
    state(proxy, agent)
    filler = b"x" * 60000
    body = multipart(("application/sdp", SDP), ("text/plain", filler))
    invite = arrive(ersp, agent, body=body, ct="multipart/mixed;boundary=b-1")
    assert invite.parts[1].body == filler
    assert ersp.invites[0].transport == "tcp"


# ----- Geolocation headers -----

def test_phones_own_value_stays_before_ours(line):
    _, ersp, agent = line()
    phone = "<https://lis.example.test/abc>;x=y, <sip:a@example.test>"
    invite = arrive(ersp, agent, headers=[("Geolocation", phone)])
    assert invite.all("Geolocation")[0] == phone
    assert len(invite.all("Geolocation")) == 2
    own_location(invite)


def test_ours_first_by_parameter(line):
    proxy, ersp, agent = line(
        PARAMS='modparam("e911", "geolocation_first", 1)')
    phone = "<https://lis.example.test/abc>"
    invite = arrive(ersp, agent, headers=[("Geolocation", phone)])
    values = invite.all("Geolocation")
    assert values[0].startswith("<cid:e911-")
    assert values[1:] == [phone]


@pytest.mark.parametrize("routing", ["no", "yes"])
def test_phones_geolocation_routing_is_not_changed(line, routing):
    _, ersp, agent = line()
    invite = arrive(ersp, agent, headers=[("Geolocation-Routing", routing)])
    assert invite.all("Geolocation-Routing") == [routing]


@pytest.mark.parametrize("spelling", [
    "Geolocation:<cid:x@y>", "Geolocation : <cid:x@y>", "gEOLOCATION: <cid:x@y>",
    "Geolocation:\r\n <cid:x@y>"])
def test_every_spelling_of_a_well_formed_header_is_kept(line, spelling):
    _, ersp, agent = line()
    raw = agent.message("INVITE", CALL, SDP)
    agent.send(raw.replace(b"CSeq:", spelling.encode() + b"\r\nCSeq:"))
    invite = ersp.wait_invites(1)[0]
    assert invite.all("Geolocation")[0] == "<cid:x@y>"
    assert len(invite.all("Geolocation")) == 2


@pytest.mark.parametrize("value", [
    "cid:x@y", "<cid:x@y", "<javascript:x>", "<>", "x<cid:x@y>", "<cid:x@y>,",
    "<geo:30,-97>"])
def test_malformed_values_are_left_out(line, value):
    _, ersp, agent = line()
    invite = arrive(ersp, agent, headers=[("Geolocation", value)])
    assert len(invite.all("Geolocation")) == 1
    own_location(invite)


def test_phones_own_document_stays(line):
    _, ersp, agent = line()
    with open(os.path.join(
            ROOT, "test/data/pidf/good/pidf-civic-device.xml"), "rb") as file:
        document = file.read().replace(b"2026-", b"2056-")
    body = multipart(("application/sdp", SDP),
                     (PIDF + "\r\nContent-ID: <own@x>", document))
    invite = arrive(ersp, agent, body=body, ct="multipart/mixed;boundary=b-1",
                    headers=[("Geolocation", "<cid:own@x>")])
    assert invite.parts[1].body == document
    assert invite.all("Geolocation")[0] == "<cid:own@x>"
    own_location(invite)


# ----- together with other editors of the body -----

def test_after_subst_body(line):
    _, ersp, agent = line(BEFORE="subst_body('/PCMU/XXMU/');")
    invite = arrive(ersp, agent)
    assert invite.parts[0].body == SDP.replace(b"PCMU", b"XXMU")
    own_location(invite)


def test_subst_body_in_the_branch_before_and_after(line):
    _, ersp, agent = line(BRANCH_BEFORE="subst_body('/PCMU/XXMU/');",
                          BRANCH_AFTER="subst_body('/8000/16000/');")
    invite = arrive(ersp, agent)
    assert invite.parts[0].body == SDP.replace(b"PCMU/8000", b"XXMU/16000")
    own_location(invite)


@pytest.mark.parametrize("where", ["BEFORE", "BRANCH_BEFORE"])
def test_set_body_before(line, where):
    _, ersp, agent = line(**{where: 'set_body("v=0 new", "application/sdp");'})
    invite = arrive(ersp, agent)
    assert invite.parts[0].body == b"v=0 new"
    own_location(invite)


@pytest.mark.parametrize("where", ["BEFORE", "BRANCH_BEFORE"])
def test_set_body_of_another_type_before(line, where):
    _, ersp, agent = line(**{where: 'set_body("new", "text/plain");'})
    invite = arrive(ersp, agent)
    assert invite.parts[0].content_type == "text/plain"
    assert invite.parts[0].body == b"new"
    own_location(invite)


@pytest.mark.parametrize("where", ["BEFORE", "BRANCH_BEFORE"])
def test_set_body_multipart_before(line, where):
    _, ersp, agent = line(**{where: "set_body_multipart();"})
    invite = arrive(ersp, agent)
    assert [p.content_type for p in invite.parts] == ["application/sdp", PIDF]
    assert invite.parts[0].body.rstrip() == SDP.rstrip()
    own_location(invite)


RTPENGINE = """
loadmodule "rtpengine.so"
modparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:@NG@")
modparam("rtpengine", "rtpengine_tout_ms", 100)
modparam("rtpengine", "rtpengine_retr", 2)
"""
OFFER = 'rtpengine_offer("replace-origin replace-session-connection");'


@pytest.mark.parametrize("where", ["BEFORE", "BRANCH_BEFORE", "BRANCH_AFTER"])
def test_with_rtpengine(line, rtpengine, where):
    _, ersp, agent = line(
        LOAD=RTPENGINE.replace("@NG@", str(rtpengine)), **{where: OFFER})
    invite = arrive(ersp, agent)
    sdp = invite.parts[0].body
    assert invite.parts[0].content_type == "application/sdp"
    assert b"m=audio 40100" not in sdp and b"m=audio " in sdp
    assert invite.parts[1].content_type == PIDF
    own_location(invite)


@pytest.mark.parametrize("where", ["BEFORE", "BRANCH_BEFORE", "BRANCH_AFTER"])
def test_with_rtpengine_and_a_multipart_body(line, rtpengine, where):
    _, ersp, agent = line(
        LOAD=RTPENGINE.replace("@NG@", str(rtpengine)), **{where: OFFER})
    invite = arrive(ersp, agent, ct="multipart/mixed;boundary=b-1",
                    body=multipart(("application/sdp", SDP), ISUP))
    assert b"m=audio 40100" not in invite.parts[0].body
    assert invite.parts[1].body == ISUP[1]
    own_location(invite)


# ----- whose location -----

def test_two_devices_of_one_agent(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp)
    home = ua(proxy, instance="urn:uuid:00000000-0000-1000-8000-00000000000A")
    office = ua(proxy, instance="urn:uuid:00000000-0000-1000-8000-00000000000B")
    state(proxy, home, dict(AUSTIN, HNO="1"), home.instance)
    state(proxy, office, dict(AUSTIN, HNO="2"), office.instance)
    for agent in (home, office):
        assert agent.invite(CALL).final().status == 200
    numbers = [civic(own_location(m))["HNO"] for m in ersp.wait_invites(2)]
    assert numbers == ["1", "2"]
    # an unknown device is at neither of the two
    stranger = ua(proxy)
    assert stranger.invite(CALL).final().status == 200
    assert ersp.wait_invites(3)[2].all("Geolocation") == []


def test_device_by_contact_and_by_source(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, TRUST="", BEFORE="e911_vouch();")
    agent = ua(proxy)
    state(proxy, agent, dict(AUSTIN, HNO="1"),
          "sip:alice@%s:%d" % (agent.host, agent.port))
    state(proxy, agent, dict(AUSTIN, HNO="3"), "10.0.0.1:5060")
    arrive(ersp, agent)
    proxy.rpc("e911.loc_del", agent.aor,
              "sip:alice@%s:%d" % (agent.host, agent.port))
    state(proxy, agent, dict(AUSTIN, HNO="2"),
          "%s:%d" % (agent.host, agent.port))
    assert agent.invite(CALL).final().status == 200
    numbers = [civic(own_location(m))["HNO"] for m in ersp.wait_invites(2)]
    assert numbers == ["1", "2"]


def test_nothing_stated_goes_with_the_sites_default(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, PARAMS=DEFAULT_SITE)
    document = own_location(arrive(ersp, ua(proxy)))
    assert civic(document)["RD"] == "Corporate"
    assert texts(document, ".//gp:method") == ["Default"]
    assert counters(proxy)["defaulted"] == 1


def test_no_location_at_all_and_the_log_says_so(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp)
    invite = arrive(ersp, ua(proxy))
    assert invite.h("Content-Type") == "application/sdp"
    assert invite.body == SDP
    assert invite.all("Geolocation") == []
    proxy.wait_log("location none")


def test_caller_without_a_name(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, PARAMS=DEFAULT_SITE)
    agent = ua(proxy)
    invite = arrive(ersp, agent, from_="<sip:anonymous.invalid>")
    assert b"pres:anonymous@anonymous.invalid" in own_location(invite)


def test_every_field_and_a_shape(line):
    fields = json.loads(FULL)
    proxy, ersp, agent = line()
    state(proxy, agent, fields)
    document = own_location(arrive(ersp, agent))
    got = civic(document)
    for name, value in fields.items():
        if name[0].isupper() or name == "country":
            assert got[name] == value
    assert texts(document, ".//gml:pos") == ["30.267153 -97.743057"]
    assert texts(document, ".//con:confidence") == ["90"]


FULL = """{"country":"US","A1":"TX","A2":"Travis","A3":"Austin","A4":"x","A5":"y",
"PRM":"Old","PRD":"W","RD":"Example","STS":"ST","POD":"N","POM":"Ext","RDSEC":"1",
"RDBR":"2","RDSUBBR":"3","HNO":"1200","HNS":"1/2","LMK":"Statue","LOC":"APT <4B>",
"FLR":"2","NAM":"A & B","PC":"78701","BLD":"7","UNIT":"4B","ROOM":"417",
"SEAT":"9","PLC":"office","PCN":"Austin","POBOX":"5","ADDCODE":"0",
"PN":"p1","MP":"m1","STP":"Avenue","HNP":"A","STPS":"of the","SITE":"Campus",
"SUBSITE":"West","WING":"B","UNIT_PRETYPE":"Apartment","UNIT_VALUE":"4B",
"SECTION":"2","ROW":"3","shape":"Circle","pos":"30.267153 -97.743057",
"radius":"25","confidence":"90","method":"GPS","lang":"en-US"}"""
