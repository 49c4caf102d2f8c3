# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens inside the dialogs of an emergency call: none of it is ours to
touch, and none of it gets a second location."""
import pytest

from lib import (SDP, Step, counters, e911_proxy, has_location, response, settle, state, until)

CALL = "sip:911@example.test"
HOLD = SDP.replace(b"PCMU/8000\r\n", b"PCMU/8000\r\na=sendonly\r\n")
SDP_TYPE = [("Content-Type", "application/sdp")]
RELIABLE = [("Require", "100rel"), ("RSeq", "1")]


@pytest.fixture
def place(kamailio, uas, ua):
    """place(*servers, ...) -> (proxy, agent, call whose agent has a location)"""
    def make(*servers, headers=(), transport="udp", **parts):
        proxy = e911_proxy(kamailio, *servers, **parts)
        agent = ua(proxy, transport)
        state(proxy, agent)
        return proxy, agent, agent.invite(CALL, headers=headers)
    return make


def taken(call, server):
    """The answered INVITE at the server, acknowledged."""
    assert call.final().status == 200
    call.ack()
    server.wait_for("ACK")
    return server.invites[-1]


def untouched(message, body=HOLD):
    assert message.body == body
    assert message.all("Content-Type") == ["application/sdp"]
    assert not has_location(message)
    assert message.all("Geolocation") + message.all("Geolocation-Routing") == []
    return True


def send(agent, call, method, answer=None, headers=(), body=b""):
    """A request of the agent's inside the dialog; its transaction."""
    raw = call.in_dialog(method, answer, headers=[*headers, *(SDP_TYPE if body else ())],
                         body=body)
    return agent.start(type(call)(agent, raw))


# ----- re-INVITE and UPDATE -----

@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_from_the_agent(place, uas, method, transport):
    ersp, other = uas("take"), uas("take")
    proxy, agent, call = place(ersp, other, transport=transport)
    taken(call, ersp)
    again = send(agent, call, method, body=HOLD)
    answer = again.final()
    assert answer.status == 200 and answer.sdp.startswith(b"v=0\r\n")
    arrived = ersp.wait_for(method, 1 + (method == "INVITE"))[-1].message
    assert untouched(arrived)
    assert arrived.ruri.startswith("sip:psap@")
    if method == "INVITE":
        again.ack(call.final())
        ersp.wait_for("ACK", 2)
    assert settle(call, ersp, other).status == 200
    assert other.requests == []
    assert counters(proxy)["calls"] == 1


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_from_the_psap(place, uas, method):
    ersp = uas("take")
    proxy, agent, call = place(ersp)
    invite = taken(call, ersp)
    agent.answer = answer_with_sdp(agent)
    cseq = ersp.request(invite, method, body=HOLD)
    answer = ersp.wait_response(cseq)
    assert answer.status == 200 and answer.body == SDP
    assert untouched(agent.wait_request(method))
    if method == "INVITE":
        ersp.request(invite, "ACK", cseq=cseq)
        agent.wait_request("ACK")
    assert settle(call, ersp).status == 200
    assert counters(proxy)["calls"] == 1


def answer_with_sdp(agent):
    """Answers also an UPDATE with SDP, as its offer wants."""
    def answer(request):
        body = SDP if request.body else b""
        return [response(request, 200, agent.tag, [("Contact", agent.contact),
                                                   *(SDP_TYPE if body else ())], body)]
    return answer


def test_bye_of_the_psap(place, uas):
    ersp = uas("take")
    _, agent, call = place(ersp)
    invite = taken(call, ersp)
    assert ersp.wait_response(ersp.request(invite, "BYE")).status == 200
    agent.wait_request("BYE")


def test_psap_whose_contact_is_the_number(place, uas, kamailio):
    """The URI of what follows is then one of the plan's: it is no new call."""
    ersp, other = uas([]), uas("take")
    proxy, agent, call = place(ersp, other)
    ersp.wait_invites(1)
    invite = ersp.invites[0]
    ersp.answer(invite, 180, "one", user="911")
    ersp.answer(invite, 200, "one", user="911")
    call.final()
    call.ack()
    assert ersp.wait_for("ACK")[0].message.ruri.startswith("sip:911@")
    send(agent, call, "INVITE", body=HOLD)
    arrived = ersp.wait_for("INVITE", 2)[1].message
    assert arrived.ruri.startswith("sip:911@") and untouched(arrived)
    call.bye()
    assert ersp.wait_for("BYE")[0].message.ruri.startswith("sip:911@")
    assert other.requests == []
    assert counters(proxy)["calls"] == 1


def test_reinvite_that_is_refused_moves_nothing(place, uas):
    """A failure inside the dialog is not one of the ladder."""
    ersp, other = uas([]), uas("take")
    _, agent, call = place(ersp, other)
    ersp.wait_invites(1)
    ersp.answer(ersp.invites[0], 200, "one")
    taken(call, ersp)
    ersp.engine.dialogs.clear()
    again = send(agent, call, "INVITE", body=HOLD)
    ersp.wait_for("INVITE", 2)
    assert again.final().status == 481
    assert other.requests == []


# ----- early media -----

EARLY = [Step(100), Step(183), Step(503, delay=0.1)]


def test_early_media_then_the_next_one(place, uas):
    first, second = uas(EARLY), uas([Step(100), Step(183), Step(200, delay=0.1)])
    _, _, call = place(first, second)
    assert settle(call, first, second).status == 200
    early = [r for r in call.responses if r.status == 183]
    assert len(early) == 2
    assert [b"c=IN IP4 127.0.0.1" in r.sdp for r in early] == [True, True]
    assert early[0].tag("To") != early[1].tag("To") == call.final().tag("To")


def test_early_media_then_silence(place, uas):
    """A queue's announcement is not cut short, unless ring says so."""
    first, second = uas([Step(100), Step(183), Step(200, delay=1.2)]), uas("take")
    _, _, call = place(first, second)
    assert settle(call, first, second).status == 200
    assert second.invites == []


@pytest.mark.parametrize("failover", [False, True])
def test_reliable_provisional_answers(place, uas, failover):
    """PRACK, RFC 3262: also to the one that is tried after another."""
    ersp = uas([Step(100), Step(183, headers=RELIABLE), Step(200, delay=0.5)])
    servers = [uas("refuse:503"), ersp] if failover else [ersp]
    proxy, agent, call = place(*servers, headers=[("Supported", "100rel")])
    early = call.wait(183)
    assert early.h("RSeq") == "1" and early.h("Require") == "100rel"
    rack = [("RAck", "1 %d INVITE" % call.request.cseq)]
    prack = send(agent, call, "PRACK", early, rack, HOLD)
    assert prack.final().status == 200
    arrived = ersp.wait_for("PRACK")[0].message
    assert arrived.h("RAck") == rack[0][1] and untouched(arrived)
    assert ersp.invites[0].message.h("Supported") == "100rel"
    update = send(agent, call, "UPDATE", early, body=HOLD)
    assert update.final().status == 200
    assert untouched(ersp.wait_for("UPDATE")[0].message)
    assert settle(call, *servers).status == 200
    assert counters(proxy)["calls"] == 1


def test_reliable_early_media_then_the_next_one(place, uas):
    """What belongs to the one that was left must not reach the next one."""
    first = uas([Step(100), Step(183, headers=RELIABLE), Step(503, delay=0.4)])
    second = uas("ring:0.5")
    _, agent, call = place(first, second, headers=[("Supported", "100rel")])
    early = call.wait(183)
    rack = [("RAck", "1 %d INVITE" % call.request.cseq)]
    assert send(agent, call, "PRACK", early, rack).final().status == 200
    call.wait(180)
    assert settle(call, first, second).status == 200
    assert len(first.of("PRACK")) == 1 and second.of("PRACK") == []


# ----- a destination that forks -----

def test_two_early_dialogs(place, uas):
    ersp, other = uas([]), uas("take")
    proxy, agent, call = place(ersp, other)
    ersp.wait_invites(1)
    for tag in "one", "two":
        ersp.answer(ersp.invites[0], 180, tag)
    until(lambda: call.statuses.count(180) == 2, 3, "both ring")
    ersp.answer(ersp.invites[0], 200, "two")
    assert settle(call, ersp, other).status == 200
    assert {r.tag("To") for r in call.responses if r.status == 180} == {"one", "two"}
    assert [f.tag("To") for f in call.finals] == ["two"]
    assert other.invites == []


def test_two_answers_of_one_destination(place, uas):
    """Every 2xx goes to the caller (RFC 3261 16.7 step 5), and what he says to
    each finds its way."""
    ersp, other = uas([]), uas("take")
    proxy, agent, call = place(ersp, other)
    ersp.wait_invites(1)
    for status, tag in (180, "one"), (180, "two"), (200, "one"), (200, "two"):
        ersp.answer(ersp.invites[0], status, tag)
    until(lambda: len(call.finals) == 2, 3, "both answers")
    for answer in call.finals:
        assert answer.status == 200
        call.ack(answer)
        call.bye(answer)
    for method in "ACK", "BYE":
        tags = [a.message.tag("To") for a in ersp.wait_for(method, 2)]
        assert sorted(tags) == ["one", "two"], method
    assert other.invites == []
    # both of one destination, that was not given up
    assert counters(proxy)["rescued"] == counters(proxy)["answered_twice"] == 0


def test_forked_ringing_then_refused(place, uas):
    ersp, other = uas([]), uas("take")
    _, _, call = place(ersp, other)
    ersp.wait_invites(1)
    for status, tag in (180, "one"), (183, "two"), (486, "two"):
        ersp.answer(ersp.invites[0], status, tag)
    assert settle(call, ersp, other).status == 200
    assert len(other.invites) == 1
    assert has_location(other.invites[0].message)
