# SPDX-License-Identifier: GPL-2.0-or-later
"""The harness itself, on a plain relay without e911."""
import os
import random
import re
import signal
import socket
import subprocess
import time

import pytest

from lib import (AUSTIN, BASE, ROOT, Baresip, CrashError, ErspSim, Kamailio,
                 Message, Plan, RpcError, SDP, StartError, Step, Unreadable,
                 assert_pidf_valid, civic, e911_proxy, in_progress,
                 left_ringing, multipart, settle, state, texts, until)

RELAY = BASE + """
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("tm", "fr_timer", 1500)
request_route {
    if (is_method("CANCEL")) { t_relay(); exit; }
    if (has_totag()) { loose_route(); t_relay(); exit; }
    t_check_trans();
    if (is_method("REGISTER")) { save("location"); exit; }
    record_route();
    if ($rU == "911") $du = "@ERSP@";
    else if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
    t_relay();
}
"""
PIDF = os.path.join(ROOT, "test/data/pidf/good/pidf-civic-device.xml")


@pytest.fixture
def document():
    with open(PIDF, "rb") as file:
        return file.read()


@pytest.fixture
def relay(kamailio):
    """relay(uri of 911) -> Kamailio"""
    return lambda ersp="sip:127.0.0.1:9": kamailio(RELAY, ERSP=ersp)


def talk(agent, ruri="sip:911@example.test", **how):
    """A whole call; the statuses of the INVITE."""
    call = agent.invite(ruri, **how)
    assert call.final().status == 200
    call.ack()
    assert call.bye().final().status == 200
    return call.statuses


# ----- Kamailio -----

def test_rpc_both_ways(relay):
    proxy = relay()
    assert "uptime:" in proxy.rpc("core.uptime")
    assert proxy.jsonrpc("core.echo", ["a", "b"])["result"] == ["a", "b"]
    assert proxy.jsonrpc("no.such")["error"]["message"] == "Method Not Found"
    with pytest.raises(RpcError, match="no.such"):
        proxy.rpc("no.such")


def test_restart_keeps_the_port(relay, ua):
    proxy = relay()
    before = proxy.port
    proxy.restart()
    assert proxy.port == before
    assert ua(proxy).register().final().status == 200


def test_broken_configuration_is_told(tmp_path):
    proxy = Kamailio(BASE + 'loadmodule "no-such.so"', tmp_path)
    with pytest.raises(StartError, match="no-such"):
        proxy.start()
    proxy.close()


def test_crash_of_a_child_is_found(tmp_path, unsanitized):
    proxy = Kamailio(RELAY, tmp_path, ERSP="sip:127.0.0.1:9").start()
    worker = re.search(r"(\d+)\nudp receiver", proxy.rpc("core.ps"))
    os.kill(int(worker.group(1)), signal.SIGSEGV)
    proxy.wait_log("exited by a signal 11")
    with pytest.raises(CrashError):
        proxy.close()


CLOCK = RELAY.replace("request_route {", """request_route {
    xlog("L_NOTICE", "AT $TS\\n");""")
DAY = 86400


@pytest.fixture
def clocked(kamailio):
    """clocked(uri of 911) -> Kamailio whose clock may be set"""
    return lambda ersp: kamailio(CLOCK, clock=True, ERSP=ersp)


@pytest.mark.parametrize("offset", [DAY, -DAY, 0.5 * DAY])
def test_clock_jumps_in_all_processes(clocked, ua, uas, offset):
    proxy = clocked(uas("take").uri())
    agent = ua(proxy)
    call = agent.invite("sip:911@example.test")
    call.final()
    before = int(proxy.wait_log(r"AT (\d+)").group(1))
    proxy.set_clock(offset)
    call.ack()
    assert call.bye().final().status == 200
    for _ in range(4):  # whichever of the workers gets it
        assert talk(agent)[-1] == 200
    uptime = int(re.search(r"uptime: (-?\d+)", proxy.rpc("core.uptime")).group(1))
    assert 0 <= uptime - offset < 5
    jumped = [int(t) - before - offset
              for t in re.findall(r"AT (\d+)", proxy.log())[1:]]
    assert len(jumped) == 14 and all(0 <= j < 5 for j in jumped)
    proxy.set_clock(0)
    assert talk(agent)[-1] == 200


def test_timers_go_on_when_the_clock_goes_back(clocked, ua, uas):
    ersp = uas("silent")
    proxy = clocked(ersp.uri())
    call = ua(proxy).invite("sip:911@example.test")
    ersp.wait_invites()
    proxy.set_clock(-DAY)
    assert call.final().status == 408
    assert len(ersp.of("INVITE")) > 1  # sent again at 0.5 s, given up at 1.5 s


def test_clock_ends_a_registration(clocked, ua, uas):
    proxy = clocked(uas("take").uri())
    agent, psap = ua(proxy), ua(proxy, user="psap")
    assert agent.register(expires=60).final().status == 200
    proxy.set_clock(61)
    assert psap.invite("sip:alice@example.test").final().status == 404
    proxy.set_clock(30)
    talk(psap, "sip:alice@example.test")


def test_clock_must_be_asked_for(relay):
    with pytest.raises(AssertionError, match="clock=True"):
        relay().set_clock(1)


def test_killed_one_leaves_no_clock_behind(clocked, uas):
    proxy = clocked(uas("take").uri())
    left = "/dev/shm/faketime_shm_%d" % proxy.process.pid
    assert os.path.exists(left)
    proxy.kill()
    assert not os.path.exists(left)


# ----- agents -----

@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_callback_reaches_a_registered_agent(relay, ua, transport):
    proxy = relay()
    agent = ua(proxy, transport, user="alice",
               instance="urn:uuid:00000000-0000-4000-8000-000000000002")
    answer = agent.register().final()
    assert answer.status == 200 and "+sip.instance" in answer.h("Contact")
    psap = ua(proxy, "udp", user="psap")
    talk(psap, "sip:alice@example.test")
    assert agent.wait_request("INVITE").sdp == SDP
    assert agent.wait_request("ACK") and agent.wait_request("BYE")


@pytest.mark.parametrize("scenario", ["agent-911.xml", "agent-register.xml"])
@pytest.mark.parametrize("mode", ["u1", "t1"])
def test_sipp_agent(relay, uas, sipp, scenario, mode):
    ersp = uas("take")
    proxy = relay(ersp.uri())
    done = sipp(scenario, proxy, "-s", "911", "-d", "100", "-t", mode)
    assert done.status == 0, done.output
    if scenario == "agent-911.xml":
        assert "+sip.instance" in ersp.wait_invites()[0].h("Contact")
        assert ersp.wait_for("BYE")


def test_sipp_failure_is_told(relay, uas, sipp):
    proxy = relay(uas("refuse:503").uri())
    assert sipp("agent-911.xml", proxy, "-s", "911").status != 0


# ----- a phone -----

REGISTRAR = """
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
"""
NO_GRUU = REGISTRAR + """
modparam("registrar", "gruu_enabled", 0)
"""
ORDINARY = """
    if(is_method("REGISTER")) {
        if($td == "secret.test" && !pv_www_authenticate("$td", "1234", "0")) {
            www_challenge("$td", "0");
            exit;
        }
        save("location");
        exit;
    }
    if(lookup("location")) {
        record_route();
        t_relay();
        exit;
    }
"""


@pytest.fixture
def registrar(kamailio, uas):
    """registrar() -> Kamailio that phones register at, and the ERSP behind"""
    def make(load=REGISTRAR):
        ersp = uas("ring:0.1")
        return e911_proxy(kamailio, ersp, LOAD=load, ORDINARY=ORDINARY), ersp
    return make


def contacts(proxy, user="alice"):
    """What the registrar knows of a user."""
    found = proxy.jsonrpc("ul.lookup", ["location", user])["result"]
    return [c["Contact"] for c in found["Contacts"]]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_phone_calls_911_and_is_called_back(registrar, baresip, ua, transport):
    # to a GRUU, what comes in a dialog would need a look-up
    proxy, ersp = registrar(NO_GRUU)
    phone = baresip(proxy, transport=transport)
    phone.wait_registered()
    state(proxy, phone)
    phone.dial("911")
    phone.wait_established()
    invite, = ersp.wait_invites()
    assert civic(invite.location()[0].body) == AUSTIN
    assert b"c=IN IP4 127.0.0.1" in invite.sdp
    assert ersp.wait_for("ACK")
    phone.hangup()
    assert ersp.wait_for("BYE")
    call = ua(proxy, user="psap").invite("sip:alice@example.test")
    assert call.final().status == 200
    call.ack()
    assert phone.wait_established()["direction"] == "incoming"
    assert call.bye().final().status == 200
    phone.wait_closed()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("polite", [True, False])
def test_phone_moves_and_is_the_same_device(registrar, baresip, transport,
                                            polite):
    proxy, ersp = registrar()
    phone = baresip(proxy, transport=transport)
    phone.wait_registered()
    before, = contacts(proxy)
    state(proxy, phone, contact=phone.instance)
    phone.move("127.0.0.2", polite=polite)
    after, = contacts(proxy)
    for contact, host in (before, "127.0.0.1"), (after, "127.0.0.2"):
        assert "@%s:" % host in contact["Address"]
        assert contact["Instance"] == "<%s>" % phone.instance
        assert contact["Reg-Id"] == 1
    phone.dial("911")
    phone.wait_established()
    invite, = ersp.wait_invites()
    assert ";gr=" + phone.instance in invite.h("Contact")
    assert b"c=IN IP4 127.0.0.2" in invite.sdp
    assert civic(invite.location()[0].body) == AUSTIN
    phone.hangup()


def test_phone_that_stops_is_no_longer_registered(registrar, baresip):
    proxy, _ = registrar()
    phone = baresip(proxy)
    phone.wait_registered()
    phone.stop()
    assert proxy.jsonrpc("ul.lookup", ["location", "alice"])["error"]


def test_phone_answers_by_hand(registrar, baresip, ua):
    proxy, _ = registrar(NO_GRUU)
    phone = baresip(proxy, answer="manual")
    phone.wait_registered()
    call = ua(proxy, user="psap").invite("sip:alice@example.test")
    phone.wait_event("CALL_INCOMING")
    call.wait(180)
    phone.accept()
    assert call.final().status == 200
    call.ack()
    phone.wait_established()


def test_phone_is_refused(registrar, baresip):
    proxy, _ = registrar()
    phone = baresip(proxy)
    phone.wait_registered()
    phone.dial("nobody")
    with pytest.raises(AssertionError, match="404 Ordinary Call"):
        phone.wait_established()


def test_phone_that_crashes_is_told(tmp_path, uas):
    phone = Baresip(("127.0.0.1", uas().port), tmp_path).start()
    os.kill(phone.process.pid, signal.SIGKILL)
    phone.process.wait(5)
    with pytest.raises(AssertionError, match="ended with -9"):
        phone.close()


def test_phone_with_a_password(registrar, baresip):
    proxy, _ = registrar()
    baresip(proxy, domain="secret.test", password="1234").wait_registered()
    stranger = baresip(proxy, domain="secret.test", user="bob", password="0")
    assert stranger.wait_event("REGISTER_OK", "REGISTER_FAIL")["type"] == \
        "REGISTER_FAIL"


# ----- ERSPs in the test -----

@pytest.mark.parametrize("inward", ["udp", "tcp"])
@pytest.mark.parametrize("outward", ["udp", "tcp"])
def test_call_to_uas(relay, ua, uas, inward, outward):
    ersp = uas("take")
    agent = ua(relay(ersp.uri(outward)), inward)
    assert talk(agent)[-1] == 200
    invite, = ersp.wait_invites()
    assert invite.sdp == SDP and ersp.requests[0].transport == outward
    assert ersp.wait_for("ACK") and ersp.wait_for("BYE")


def test_cancel(relay, ua, uas):
    ersp = uas("ring-forever")
    call = ua(relay(ersp.uri())).invite("sip:911@example.test")
    call.wait(180)
    assert call.cancel().final().status == 200
    assert call.final().status == 487
    assert ersp.wait_for("CANCEL") and ersp.wait_for("ACK")


def test_behaviours_in_turn(ua, uas):
    def by_number(request):
        return [486] if request.ruri.startswith("sip:911@") else "take"

    ersp = uas("refuse:503", "ring:0.1", 404, [Step(183), Step(200, 0.05)], by_number)
    agent = ua(ersp)
    came = []
    for _ in range(5):
        call = agent.invite("sip:911@example.test")
        if call.final().status == 200:
            call.ack()
        came.append(call.statuses)
    assert came == [[100, 503], [100, 180, 200], [100, 404], [183, 200], [486]]
    assert talk(agent, "sip:933@example.test") == [100, 180, 200]
    assert len(ersp.wait_for("ACK", 6)) == 6


@pytest.mark.parametrize("code, header", [
    (424, ("Geolocation-Error", '100;code="Cannot Process Location"')),
    (415, ("Accept", "application/sdp"))])
def test_refusals_of_a_location(ua, uas, document, code, header):
    agent = ua(uas("refuse-location:%d" % code))
    body, ct = multipart(document)
    answer = agent.invite("sip:911@example.test", body, ct).final()
    assert answer.status == code and answer.h(header[0]) == header[1]
    assert talk(agent)[-1] == 200


@pytest.mark.parametrize("behaviour, before", [("die", [100]), ("silent", [])])
def test_dead_ones_answer_nothing_more(ua, uas, behaviour, before):
    ersp = uas(behaviour)
    agent = ua(ersp)
    call = agent.invite("sip:911@example.test")
    ersp.wait_invites()
    cancel = call.cancel()
    ersp.wait_for("CANCEL")
    # An answer to OPTIONS, sent later, shows that nothing is still to come.
    assert agent.request("OPTIONS", "sip:x@example.test").final().status == 200
    assert call.statuses == before and cancel.statuses == []


def test_answer_that_crosses_a_cancel(ua, uas):
    call = ua(uas("take-on-cancel")).invite("sip:911@example.test")
    call.wait(180)
    call.cancel()
    assert call.final().status == 200


def test_resent_invite_is_no_second_call(ua, uas):
    ersp = uas("refuse:503", "take")
    call = ua(ersp).invite("sip:911@example.test")
    first = call.final()
    call.send_again()
    ersp.wait_for("INVITE", 2)
    assert len(ersp.invites) == 1
    call.ua.request("OPTIONS", "sip:x@example.test").final()
    assert {r.status for r in call.finals} == {first.status}


def test_unacknowledged_answer_comes_again(ua, uas):
    call = ua(uas("take")).invite("sip:911@example.test")
    until(lambda: call.statuses.count(200) == 2, 3, "the 200 again")
    call.ack()
    assert len(call.finals) == 1


def test_unacknowledged_answer_ends(ua, uas, monkeypatch):
    monkeypatch.setattr("erspsim.uas.T1", 0.01)
    monkeypatch.setattr("erspsim.uas.LIFETIME", 0.1)
    ersp = uas("take", "refuse:503")
    for _ in range(2):
        ua(ersp).invite("sip:911@example.test").final()
    until(lambda: not ersp.engine.open, 3, "the call is forgotten")
    assert not ersp.engine.dialogs


def test_plan_with_own_headers_and_body(ua, uas):
    step = Step(503, headers=[("Retry-After", "60")], body=b"busy")
    answer = ua(uas(Plan([step]))).invite("sip:911@example.test").final()
    assert answer.h("retry-after") == "60" and answer.body == b"busy"


def test_variants_of_a_port(uas):
    closed, udp_only, hole = (uas(port_open=False), uas(transports=["udp"]),
                              uas(black_hole=True))
    for server in closed, udp_only:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((server.host, server.port), 2)
    with pytest.raises(TimeoutError):
        socket.create_connection((hole.host, hole.port), 0.3)


def test_refused_tcp_and_dead_udp_at_the_proxy(relay, ua, uas):
    proxy = relay(uas(transports=["udp"]).uri("tcp"))
    assert ua(proxy).invite("sip:911@example.test").final().status == 477
    proxy = relay(uas(black_hole=True).uri("udp"))
    call = ua(proxy).invite("sip:911@example.test")
    assert call.final().status == 408


# ----- what is true of every call -----

def test_a_call_left_ringing_is_seen(ua, uas):
    server = uas("ring-forever", "silent", "take")
    calls = [ua(server).invite("sip:911@example.test") for _ in range(2)]
    server.wait_invites(2)
    calls[0].wait(180)
    assert left_ringing(server) == 1  # the other one rings nowhere
    calls[0].cancel()
    assert settle(calls[0], server).status == 487
    assert left_ringing(server) == 0
    assert settle(ua(server).invite("sip:911@example.test"), server).status == 200


def test_two_at_once_are_seen(ua, uas):
    servers = uas("ring-forever"), uas("ring-forever")
    calls = [ua(s).invite("sip:911@example.test") for s in servers]
    for call in calls:
        call.wait(180)
    assert in_progress(*servers) == 2
    # what is cancelled at once counts for none
    until(lambda: time.monotonic() - servers[1].invites[0].time > 0.3, 2)
    for call in calls:
        call.cancel()
        call.final()
    assert in_progress(*servers) == 2
    assert in_progress(servers[0]) == 1


# ----- ersp-sim -----

@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_call_to_ersp_sim(relay, ua, ersp_sim, document, transport):
    sim = ersp_sim(name="ersp-a")
    agent = ua(relay(sim.uri(transport)), transport)
    body, ct = multipart(document)
    talk(agent, body=body, ct=ct, headers=[
        ("Geolocation", "<cid:loc-1@example.test>"),
        ("Geolocation-Routing", "yes")])
    event = sim.wait_event("invite")
    assert event["transport"] == transport and event["answer"] == [100, 180, 200]
    assert event["sdp"].encode() == SDP and event["pidf"].encode() == document
    assert event["civic"]["RD"] == "Example" and event["method"] == "Manual"
    assert event["psap"] == "Austin 9-1-1 (Travis County)"
    assert event["remarks"] == []
    assert [p["content_type"] for p in event["body_parts"]] == [
        "application/sdp", "application/pidf+xml"]
    sim.wait_event("bye")
    sim.wait_event("ack")
    assert len(sim.events()) == 3
    assert "1200 1/2 W Example ST" in sim.output()


def test_ersp_sim_in_turn_and_cancel(ua, ersp_sim):
    sim = ersp_sim("--behave", "refuse:503,ring:0.05,ring-forever")
    agent = ua(sim)
    assert agent.invite("sip:911@example.test").final().status == 503
    assert talk(agent) == [100, 180, 200]
    call = agent.invite("sip:911@example.test")
    call.wait(180)
    call.cancel()
    assert call.final().status == 487
    assert sim.wait_event("cancel")["call"] == 3
    assert "given up by the caller" in sim.output()
    assert "screened" in sim.wait_event("invite")["verdict"]


def whole_body(document):
    return document, "application/pidf+xml"


def other_cid(document):
    return multipart(document, cid="other@example.test")


def with_dtd(document):
    return multipart(document.replace(
        b"<presence", b"<!DOCTYPE presence []>\n<presence", 1))


def no_document(document):
    return SDP, "application/sdp"


@pytest.mark.parametrize("make, remark, found", [
    (whole_body, "took the first PIDF-LO", True),
    (other_cid, "took the first PIDF-LO", True),
    (with_dtd, "DTD", False), (no_document, "no body part", False)])
def test_odd_locations(ua, ersp_sim, document, make, remark, found):
    sim = ersp_sim()
    body, ct = make(document)
    talk(ua(sim), body=body, ct=ct,
         headers=[("Geolocation", "<cid:loc-1@example.test>")])
    event = sim.wait_event("invite")
    assert remark in event["remarks"][0]
    assert bool(event["psap"]) == found


def test_ersp_sim_survives_garbage(ua, ersp_sim, document):
    sim = ersp_sim()
    body, ct = multipart(document)
    whole = ua(sim).message("INVITE", "sip:911@example.test", body, ct)
    chance = random.Random(911)
    for transport in "udp", "tcp":
        for _ in range(60):
            broken = bytearray(whole[:chance.randrange(1, len(whole))])
            for _ in range(8):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            agent = ua(sim, transport)
            agent.send(bytes(broken))
            agent.close()
    ua(sim).send(b"\xff\0garbage\r\n\r\n")
    until(lambda: "unreadable message" in sim.output(), 5, "told")
    assert talk(ua(sim))[-1] == 200
    assert "Traceback" not in sim.output()


def test_ersp_sim_ends_on_sigint_and_tells_a_taken_port(tmp_path):
    sim = ErspSim(tmp_path)
    taken = subprocess.run(
        [os.path.join(ROOT, "utils/ersp-sim/ersp-sim"), "--listen",
         "%s:%d" % (sim.host, sim.port)], capture_output=True, timeout=10)
    assert taken.returncode == 1 and b"in use" in taken.stderr
    sim.process.send_signal(signal.SIGINT)
    assert sim.process.wait(5) == 0


# ----- messages and documents -----

HEAD = ("INVITE sip:911@x SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bKa\r\n"
        "f: <sip:a@x;tag=no>;tag=a\r\nt: <sip:b@x>\r\ni: c\r\nCSeq: 1 INVITE\r\n")


def parsed(ct, body):
    return Message.parse((HEAD + "c: %s\r\nl: %d\r\n\r\n" % (
        ct, len(body))).encode() + body)


def test_multipart_keeps_every_byte():
    first, second = b"v=0\r\n\r\n", bytes(range(256)) + b"\r\n--b \r\n--c"
    body = b"".join([
        b"preamble\r\n--b-\r\nc: application/sdp\r\n\r\n", first,
        b"\r\n--b-\t \r\n\r\n", second, b"\r\n--b---\r\nepilogue"])
    message = parsed('Multipart/Mixed; Boundary="b-"', body)
    assert [p.body for p in message.parts] == [first, second]
    assert message.sdp == first and message.body == body


def test_nested_multipart_is_opened():
    inner = b"--i\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--i--"
    body = (b"--o\r\nContent-Type: multipart/related;boundary=i\r\n\r\n"
            + inner + b"\r\n--o--\r\n")
    assert parsed("multipart/mixed;boundary=o", body).sdp == b"v=0"


def test_message_fields():
    message = parsed("application/sdp", SDP)
    assert message.h("Call-ID") == "c" and message.method == "INVITE"
    assert message.tag("From") == "a" and message.tag("To") is None
    with pytest.raises(Unreadable):
        Message.parse(b"HTTP/1.1 200 OK\r\n\r\n")
    with pytest.raises(Unreadable):
        Message.parse(message.raw[:-1])


def test_schema_accepts_and_refuses(document):
    assert_pidf_valid(document)
    assert civic(document)["A3"] == "Austin"
    assert texts(document, ".//gp:method") == ["Manual"]
    with pytest.raises(AssertionError):
        assert_pidf_valid(document.replace(b"<ca:RD>", b"<ca:XX>"))


def test_until_tells_what_it_waited_for():
    before = time.monotonic()
    with pytest.raises(AssertionError, match="the moon"):
        until(lambda: False, 0.1, "the moon")
    assert time.monotonic() - before < 1
