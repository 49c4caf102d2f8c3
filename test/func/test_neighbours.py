# SPDX-License-Identifier: GPL-2.0-or-later
"""Other modules in the way of the call: what arrives is right all the same."""
import re

import pytest

from lib import (SDP, Step, assert_pidf_valid, counters, e911_proxy, settle,
                 sqlite, state)

CALL = "sip:911@example.test"
PIDF = "application/pidf+xml"
HOLD = SDP.replace(b"PCMU/8000\r\n", b"PCMU/8000\r\na=sendonly\r\n")
SDP_TYPE = [("Content-Type", "application/sdp")]
RTPENGINE = """
loadmodule "rtpengine.so"
modparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:%d")
modparam("rtpengine", "rtpengine_tout_ms", 100)
modparam("rtpengine", "rtpengine_retr", 2)
"""
OFFER = 'rtpengine_offer("replace-origin replace-session-connection");'
ANSWER = """if(has_body("application/sdp")) {
    rtpengine_answer("replace-origin replace-session-connection"); }"""
TOPOH = """
loadmodule "topoh.so"
modparam("topoh", "mask_key", "key")
modparam("topoh", "mask_ip", "127.0.0.8")
modparam("topoh", "mask_callid", %d)
"""
TOPOS = """
loadmodule "db_sqlite.so"
loadmodule "topos.so"
modparam("topos", "storage", "db")
modparam("topos", "db_url", "sqlite:///%s")
"""
SCHEMA = "/usr/share/kamailio/db_sqlite/%s-create.sql"
# in the script as well: emergency calls are left alone by it
EXEMPT = """
event_route[topos:msg-sending] {
    if(is_request() && $rU =~ "^(911|112|933)$") drop;
}
"""
HIDING = ["none", "topoh", "topoh with Call-ID", "topos", "topos, exempt"]
MEDIA = ["none", "before", "after", "request"]


@pytest.fixture
def hide(tmp_path):
    """hide(name) -> lines of the configuration."""
    def load(name):
        if name.startswith("topos"):
            path = tmp_path / "topos.sqlite"
            for part in "standard", "topos":
                sqlite.create(str(path), SCHEMA % part)
            return TOPOS % path + (EXEMPT if name.endswith("exempt") else "")
        return TOPOH % name.endswith("ID") if name != "none" else ""
    return load


def media(name):
    """Parts of the configuration: rtpengine's offer at that place."""
    if name == "none":
        return {}
    where = {"before": "BRANCH_BEFORE", "after": "BRANCH_AFTER",
             "request": "BEFORE"}[name]
    return {where: OFFER, "REPLY": ANSWER}


def ports(sdp):
    return re.findall(rb"^m=audio (\d+)", sdp, re.M)


def arrived(message, relayed):
    """The INVITE as it has to be: SDP, then the location that is pointed at."""
    assert int(message.h("Content-Length")) == len(message.body)
    assert len(message.all("Content-Type")) == len(message.all("Content-Length")) == 1
    assert [p.content_type for p in message.parts] == ["application/sdp", PIDF]
    cid, = re.findall("<cid:(.*)>", ",".join(message.all("Geolocation")))
    assert message.parts[1].content_id == cid
    assert_pidf_valid(message.parts[1].body)
    sdp = message.parts[0].body
    assert len(ports(sdp)) == 1 and sdp.count(b"a=rtpmap:0 PCMU/8000") == 1
    assert (ports(sdp) != ports(SDP)) == relayed
    if not relayed:
        assert sdp == SDP
    return message


def inside(agent, call, method, body):
    raw = call.in_dialog(method, headers=SDP_TYPE, body=body)
    return agent.start(type(call)(agent, raw))


@pytest.mark.parametrize("where", MEDIA)
@pytest.mark.parametrize("name", HIDING)
def test_a_whole_call(kamailio, uas, ua, hide, rtpengine, name, where):
    """Failover, answer, hold by both sides, hanging up."""
    bad, ersp = uas("refuse:503"), uas("take")
    proxy = e911_proxy(kamailio, bad, ersp, LOAD=hide(name) + RTPENGINE % rtpengine,
                       **media(where))
    agent = ua(proxy)
    state(proxy, agent)
    call = agent.invite(CALL)
    answer = call.final()
    assert answer.status == 200
    first, second = (arrived(s.wait_invites(1)[0], where != "none") for s in (bad, ersp))
    assert first.h("Content-Type") != second.h("Content-Type")
    assert (ports(answer.sdp) != [b"40000"]) == (where != "none")
    # hidden indeed: else the test would be one of nothing
    hidden = name not in ("none", "topos, exempt")
    assert (b"127.0.0.1:%d" % agent.port in second.raw) != hidden
    assert (b"127.0.0.1:%d" % ersp.port in answer.raw) != hidden
    call.ack()
    ersp.wait_for("ACK")
    hold = inside(agent, call, "INVITE", HOLD)
    assert hold.final().status == 200
    again = ersp.wait_for("INVITE", 2)[1].message
    assert again.body == HOLD and again.all("Geolocation") == []
    hold.ack(answer)
    ersp.wait_for("ACK", 2)
    cseq = ersp.request(ersp.invites[0], "INVITE", body=HOLD)
    assert ersp.wait_response(cseq).status == 200
    assert agent.wait_request("INVITE").body == HOLD
    ersp.request(ersp.invites[0], "ACK", cseq=cseq)
    agent.wait_request("ACK")
    assert call.bye().final().status == 200
    ersp.wait_for("BYE")


@pytest.mark.parametrize("name", HIDING)
def test_cancel(kamailio, uas, ua, hide, name):
    bad, slow, other = uas("die"), uas("ring-forever"), uas("take")
    proxy = e911_proxy(kamailio, bad, slow, other, LOAD=hide(name))
    agent = ua(proxy)
    state(proxy, agent)
    call = agent.invite(CALL)
    call.wait(180)
    call.cancel()
    assert settle(call, bad, slow, other).status == 487
    assert other.invites == []
    assert counters(proxy)["cancelled"] == 1


@pytest.mark.parametrize("name", HIDING)
def test_location_refused(kamailio, uas, ua, hide, name):
    picky, other = uas("refuse-location:424"), uas("take")
    proxy = e911_proxy(kamailio, picky, other, LOAD=hide(name))
    agent = ua(proxy)
    state(proxy, agent)
    call = agent.invite(CALL)
    assert settle(call, picky, other).status == 200
    with_it, without = picky.wait_invites(2)
    arrived(with_it, False)
    assert without.body == SDP and without.all("Geolocation") == []
    assert other.invites == []


@pytest.mark.parametrize("name", ["topoh", "topos"])
def test_loaded_behind_us(kamailio, uas, ua, hide, name):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, PARAMS=hide(name))
    agent = ua(proxy)
    state(proxy, agent)
    call = agent.invite(CALL)
    assert settle(call, ersp).status == 200
    arrived(ersp.invites[0].message, False)


def test_topos_database_fails_and_the_call_goes_on(kamailio, uas, ua, hide, tmp_path):
    """Only because the script exempts it: topos would hand no answer on."""
    ersp = uas([Step(100), Step(180), Step(200, delay=0.3)])
    proxy = e911_proxy(kamailio, ersp, LOAD=hide("topos, exempt"))
    agent = ua(proxy)
    state(proxy, agent)
    call = agent.invite(CALL)
    ersp.wait_invites(1)
    for table in "topos_d", "topos_t":
        sqlite.query(str(tmp_path / "topos.sqlite"), "DROP TABLE " + table)
    assert settle(call, ersp).status == 200
    assert 180 in call.statuses


def test_signed_behind_e911_convey(kamailio, uas, ua):
    """Each branch has one signature, over what that branch says. append_hf()
    stands in for a module that signs."""
    bad, ersp = uas("refuse:503"), uas("take")
    proxy = e911_proxy(kamailio, bad, ersp, BRANCH_AFTER="""
        append_hf("Identity: dest=$rU@$rd:$rp;orig=$fU;branch=$T_branch_idx\\r\\n");""")
    agent = ua(proxy)
    state(proxy, agent)
    assert settle(agent.invite("sip:9911@example.test"), bad, ersp).status == 200
    for server in bad, ersp:
        message = arrived(server.invites[0].message, False)
        identity, = message.all("Identity")
        assert identity.startswith("dest=911@127.0.0.1:%d;orig=alice" % server.port)
