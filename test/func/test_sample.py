# SPDX-License-Identifier: GPL-2.0-or-later
"""kamailio.cfg.sample as it stands, and the demo."""
import os
import signal
import socket
import sqlite3
import ssl
import subprocess
import time
import urllib.request
from types import SimpleNamespace

import pytest

from lib import (AUSTIN, KAMAILIO, ROOT, SDP, civic, counters, digest, free_port, sqlite,
                 state, until)

SAMPLE = os.path.join(ROOT, "kamailio.cfg.sample")
DEFINES = ("WITH_AUTH", "WITH_TLS", "WITH_WEBSOCKET", "WITH_RTPENGINE",
           "WITH_STORE", "WITH_WEB")
CHALLENGE = ("WITH_AUTH", "WITH_CHALLENGE")
# where the harness finds it
OURS = """#!define E911_MODULE "@MODULE@"
#!define CTL "unix:@CTL@"
#!define DISPATCHER_LIST "@DIR@/dispatcher.list"
"""
HARNESS = """
modparam("jsonrpcs", "dgram_socket", "@JSONRPC@")
loadmodule E911_MODULE
"""


@pytest.fixture
def edge(kamailio):
    """edge([(set, uri)...], define...) -> the sample, running"""
    def make(destinations, *defines, rows="", **more):
        port = free_port()
        with open(SAMPLE, encoding="utf-8") as file:
            cfg = file.read().replace("loadmodule E911_MODULE\n",
                                      HARNESS + rows)
        values = {"MY_UDP": "udp:127.0.0.1:%d" % port,
                  "MY_TCP": "tcp:127.0.0.1:%d" % port,
                  "PING_SECONDS": "0", **more}
        for name in ("E911_MODULE", "CTL", "DISPATCHER_LIST"):
            cfg = cfg.replace("#!trydef %s " % name, "#!trydef %s_ " % name)
        cfg = OURS + cfg
        args = [a for n, v in values.items() for a in ("-A", "%s=%s" % (n, v))]
        args += [a for d in defines for a in ("-A", d)]
        # a URI alone, or a whole row behind the set
        listed = "".join("%d %s%s\n" % (number, uri, "" if " " in uri
                                        else " 0 %d" % (50 - i))
                         for i, (number, uri) in enumerate(destinations))
        return kamailio(cfg, files={"dispatcher.list": listed}, args=args,
                        port=port)
    return make


@pytest.fixture
def subscribers(tmp_path):
    """URL of a database with the table that auth_db wants, empty."""
    path = tmp_path / "subscribers.sqlite"
    with sqlite3.connect(path) as db:
        db.executescript("""
            create table version (table_name text, table_version integer);
            insert into version values ('subscriber', 7);
            create table subscriber (username text, domain text, password text,
                                     ha1 text, ha1b text);""")
    return '"sqlite:///%s"' % path


def dial(proxy, agent, number="911", **how):
    return agent.invite("sip:%s@127.0.0.1:%d" % (number, proxy.port), **how)


def test_every_variant_is_a_valid_configuration(tmp_path, edge, uas):
    """Kamailio's own check, for each define and for all of them."""
    (tmp_path / "dispatcher.list").write_text("911 sip:127.0.0.1:9\n")
    so = os.environ.get("E911_SO", os.path.join(ROOT, "build/e911.so"))
    for defines in [(), CHALLENGE, DEFINES + CHALLENGE[1:],
                    *((d,) for d in DEFINES)]:
        args = [a for d in defines for a in ("-A", d)]
        done = subprocess.run(
            [KAMAILIO, "-c", "-f", SAMPLE, "-A",
             'E911_MODULE="%s"' % so, "-A",
             'DISPATCHER_LIST="%s"' % (tmp_path / "dispatcher.list"), *args],
            capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, (defines, done.stderr[-2000:])


def test_register_ordinary_and_emergency(edge, uas, ua):
    ersp, carrier = uas("take"), uas("take")
    proxy = edge([(911, ersp.uri()), (1, carrier.uri())])
    alice, bob = ua(proxy), ua(proxy, user="bob")
    assert bob.register().final().status == 200
    assert alice.register().final().status == 200
    call = dial(proxy, alice, "bob")
    assert call.final().status == 200
    call.ack()
    assert call.bye().final().status == 200
    assert dial(proxy, alice, "5125550100").final().status == 200
    assert len(carrier.invites) == 1 and ersp.invites == []
    state(proxy, alice)
    call = dial(proxy, alice)
    assert call.final().status == 200
    assert civic(ersp.invites[0].message.location()[0].body) == AUSTIN
    call.ack()
    ersp.wait_for("ACK")
    assert call.bye().final().status == 200


def test_ersp_hangs_up(edge, uas, ua):
    ersp = uas("take")
    proxy = edge([(911, ersp.uri())])
    alice = ua(proxy)
    call = dial(proxy, alice)
    assert call.final().status == 200
    assert "Record-Route" in [n for n, _ in call.final().headers]


@pytest.mark.parametrize("headers", [
    [("Max-Forwards", "0")], [("Route", "<sip:127.0.0.1:9;lr>")],
    [("Proxy-Require", "nonsense")], [("Require", "nonsense")],
    [("Expires", "0")], [("Content-Language", "x" * 3000)],
    [("Proxy-Authorization", "Digest garbage")]])
def test_nothing_stands_before_an_emergency_call(
        edge, uas, ua, subscribers, headers):
    ersp = uas("take")
    proxy = edge([(911, ersp.uri())], "WITH_AUTH",
                 AUTH_DB=subscribers)
    call = dial(proxy, ua(proxy), headers=headers)
    assert call.final().status == 200
    assert call.statuses[0] in (100, 180)
    arrived = ersp.invites[0].message
    assert arrived.all("Route") == []
    assert int(arrived.h("Max-Forwards")) > 0


def test_ordinary_calls_are_challenged_with_auth(edge, uas, ua, subscribers):
    proxy = edge([(911, uas("take").uri())], "WITH_AUTH",
                 AUTH_DB=subscribers)
    assert dial(proxy, ua(proxy), "5125550100").final().status == 407


def test_last_resort_is_the_ordinary_carrier(edge, uas, ua):
    carrier = uas("take")
    proxy = edge([(911, uas("refuse:503").uri()), (1, carrier.uri())])
    assert dial(proxy, ua(proxy)).final().status == 200
    assert len(carrier.invites) == 1
    assert counters(proxy)["last_resort"] == 1


def test_nobody_takes_it(edge, uas, ua):
    proxy = edge([(911, uas("refuse:503").uri())])
    assert dial(proxy, ua(proxy)).final().status == 503
    proxy.wait_log("an emergency call was taken by nobody")


def test_cancel(edge, uas, ua):
    ersp = uas("ring-forever")
    proxy = edge([(911, ersp.uri())])
    call = dial(proxy, ua(proxy))
    call.wait(180)
    call.cancel()
    assert call.final().status == 487
    ersp.wait_for("CANCEL")


def test_agent_by_tcp_and_64_kb(edge, uas, ua):
    ersp = uas("take")
    proxy = edge([(911, ersp.uri("tcp"))])
    agent = ua(proxy, "tcp")
    body = (b"--b\r\nContent-Type: application/sdp\r\n\r\n" + SDP
            + b"\r\n--b\r\nContent-Type: text/plain\r\n\r\n" + b"x" * 60000
            + b"\r\n--b--\r\n")
    call = dial(proxy, agent, body=body, ct="multipart/mixed;boundary=b")
    assert call.final().status == 200
    assert len(ersp.invites[0].message.parts) == 3


def whole_call(proxy, agent, ersp):
    """Registers, calls 911 and hangs up, all over the agent's transport."""
    assert agent.register().final().status == 200
    state(proxy, agent)
    call = dial(proxy, agent)
    assert call.final().status == 200
    arrived = ersp.invites[0].message
    assert civic(arrived.location()[0].body) == AUSTIN
    assert arrived.sdp == SDP
    call.ack()
    ersp.wait_for("ACK")
    assert call.bye().final().status == 200
    ersp.wait_for("BYE")
    return arrived


@pytest.fixture
def tls_config(tmp_path):
    """Path of a configuration for the tls module, with a new certificate."""
    key, certificate = tmp_path / "tls.key", tmp_path / "tls.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                    "-subj", "/CN=edge.example.test", "-days", "2", "-keyout",
                    key, "-out", certificate], check=True, capture_output=True)
    path = tmp_path / "tls.cfg"
    path.write_text("[server:default]\nmethod = TLSv1.2+\n"
                    "private_key = %s\ncertificate = %s\n"
                    "[client:default]\nmethod = TLSv1.2+\n"
                    % (key, certificate))
    return path


def test_agent_by_tls(edge, uas, ua, tls_config):
    ersp, port = uas("take"), free_port()
    proxy = edge([(911, ersp.uri())], "WITH_TLS", TLS_CONFIG='"%s"' % tls_config,
                 MY_TLS="tls:127.0.0.1:%d" % port)
    agent = ua(SimpleNamespace(host="127.0.0.1", port=port), "tls")
    whole_call(proxy, agent, ersp)


@pytest.mark.parametrize("more", [(), ("WITH_WEBSOCKET",)])
def test_location_by_reference(edge, uas, ua, tls_config, more):
    ersp, port = uas("take"), free_port()
    proxy = edge([(911, ersp.uri() + " 0 0 profile=reference")], "WITH_TLS",
                 "WITH_REFERENCE", *more, TLS_CONFIG='"%s"' % tls_config,
                 MY_TLS="tls:127.0.0.1:%d" % port,
                 REFERENCE_FROM='"127.0.0.1"',
                 REFERENCE_URL='"https://127.0.0.1:%d/e911/"' % port)
    agent = ua(proxy)
    assert agent.register().final().status == 200
    state(proxy, agent)
    assert dial(proxy, agent).final().status == 200
    arrived = ersp.wait_invites(1)[0]
    assert arrived.h("Content-Type") == "application/sdp"
    url = arrived.h("Geolocation").strip("<>")
    with urllib.request.urlopen(
            url, context=ssl._create_unverified_context(), timeout=5) as answer:
        assert "<ca:RD>%s</ca:RD>" % AUSTIN["RD"] in answer.read().decode()


def test_browser_phone_by_websocket(edge, uas, ua):
    ersp = uas("take")
    proxy = edge([(911, ersp.uri())], "WITH_WEBSOCKET")
    arrived = whole_call(proxy, ua(proxy, "ws"), ersp)
    # the way back to the connection is in the Contact
    assert ";alias=127.0.0.1~" in arrived.h("Contact")


def test_page_that_is_not_there(edge, uas):
    proxy = edge([(911, uas("take").uri())], "WITH_WEBSOCKET")
    with socket.create_connection(proxy.address, 5) as client:
        client.sendall(b"GET /x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        assert client.recv(200).startswith(b"HTTP/1.1 404")


def test_rtpengine_there(edge, uas, ua, rtpengine):
    ersp = uas("take")
    proxy = edge([(911, ersp.uri())], "WITH_RTPENGINE",
                 RTPENGINE='"udp:127.0.0.1:%d"' % rtpengine)
    call = dial(proxy, ua(proxy))
    assert call.final().status == 200
    assert b"m=audio 40100" not in ersp.invites[0].message.sdp


def test_rtpengine_dead(edge, uas, ua):
    ersp = uas("take")
    proxy = edge([(911, ersp.uri())], "WITH_RTPENGINE",
                 RTPENGINE='"udp:127.0.0.1:%d"' % free_port())
    call = dial(proxy, ua(proxy))
    assert call.final().status == 200
    assert ersp.invites[0].message.sdp == SDP


def test_rtpengine_hung_costs_its_help_and_little_time(edge, uas, ua):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        ersp = uas("take")
        proxy = edge([(911, ersp.uri())], "WITH_RTPENGINE",
                     RTPENGINE='"udp:127.0.0.1:%d"' % deaf.getsockname()[1])
        started = time.monotonic()
        call = dial(proxy, ua(proxy))
        assert call.final().status == 200
        assert time.monotonic() - started < 5  # its default is 10
        assert ersp.invites[0].message.sdp == SDP


def test_with_sipp_and_simulated_ersps(edge, ersp_sim, sipp):
    bad = ersp_sim("--behave", "refuse:503", name="ersp-a")
    good = ersp_sim("--behave", "take", name="ersp-b")
    proxy = edge([(911, bad.uri("tcp")), (911, good.uri("tcp"))])
    assert sipp("agent-register.xml", proxy, "-s", "agent1").status == 0
    state(proxy, "sip:agent1@example.test")
    result = sipp("agent-911.xml", proxy, "-s", "911", "-m", "20", "-r", "50",
                  "-d", "100")
    assert result.status == 0, result.output[-2000:]
    taken = [e for e in good.events("invite")]
    assert len(taken) == 20 and len(bad.events("invite")) == 20
    assert all(e["psap"] == "Austin 9-1-1 (Travis County)" for e in taken)


PSAP = 'modparam("e911", "profile", "name=psap; source=127.0.0.9")\n'
NUMBER = "+15125550100"


@pytest.mark.parametrize("transport", ["udp", "ws"])
def test_psap_calls_back(edge, uas, ua, transport):
    """Before any rule; its marking and its dialog are as they should be."""
    ersp = uas("take")
    proxy = edge([(911, ersp.uri())], "WITH_WEBSOCKET", "WITH_AUTH", rows=PSAP)
    agent, psap = ua(proxy, transport, NUMBER), ua(proxy, host="127.0.0.9")
    call = dial(proxy, agent)
    assert call.final().status == 200
    call.ack()
    assert call.bye().final().status == 200
    back = dial(proxy, psap, NUMBER, headers=[("Priority", "psap-callback")])
    assert back.final().status == 200
    arrived = agent.wait_request("INVITE")
    assert arrived.h("Priority") == "psap-callback" and arrived.sdp == SDP
    back.ack()
    agent.wait_request("ACK")
    assert back.bye().final().status == 200
    agent.wait_request("BYE")


def test_call_back_to_a_dead_device_goes_on(edge, uas, ua):
    ersp = uas("take")
    proxy = edge([(911, ersp.uri())], rows=PSAP)
    phone, laptop = ua(proxy, user=NUMBER), ua(proxy, user=NUMBER)
    for device in phone, laptop:
        assert device.register().final().status == 200
    call = dial(proxy, phone)
    assert call.final().status == 200
    phone.close()
    psap = ua(proxy, host="127.0.0.9")
    back = dial(proxy, psap, NUMBER)
    assert back.final(10).status == 200
    laptop.wait_request("INVITE")


def subscribe(url, user, domain, password):
    with sqlite3.connect(url.strip('"')[len("sqlite:///"):]) as db:
        db.execute("insert into subscriber values (?, ?, ?, '', '')",
                   (user, domain, password))


def test_no_emergency_call_is_challenged_unless_its_site_says_so(
        edge, uas, ua, subscribers):
    ersp = uas("take")
    proxy = edge([(911, ersp.uri())], *CHALLENGE, AUTH_DB=subscribers)
    agent = ua(proxy)
    state(proxy, agent)
    call = dial(proxy, agent)
    assert call.final().status == 200 and 407 not in call.statuses
    # not registered, no password: the default of the sample's site
    assert civic(ersp.invites[0].message.location()[0].body)["RD"] == "Congress"


def test_register_with_a_password(edge, uas, ua, subscribers):
    subscribe(subscribers, "alice", "example.test", "secret")
    ersp = uas("take")
    proxy = edge([(911, ersp.uri())], "WITH_AUTH", AUTH_DB=subscribers)
    agent = ua(proxy)
    assert agent.register().final().status == 401
    done = digest.answered(lambda h: agent.register(headers=h),
                           "sip:example.test", "alice", "secret")
    assert done.final().status == 200
    state(proxy, agent)
    assert dial(proxy, agent).final().status == 200
    assert civic(ersp.invites[0].message.location()[0].body) == AUSTIN


def test_nobody_registers_or_calls_as_another(edge, uas, ua, subscribers):
    subscribe(subscribers, "mallory", "example.test", "secret")
    ersp = uas("take")
    proxy = edge([(911, ersp.uri())], "WITH_AUTH", AUTH_DB=subscribers)
    alice = ua(proxy)  # so mallory writes himself
    state(proxy, alice)
    done = digest.answered(lambda h: alice.register(headers=h),
                           "sip:example.test", "mallory", "secret")
    assert done.final().status == 401
    uri = "sip:5125550100@127.0.0.1:%d" % proxy.port
    call = digest.answered(lambda h: alice.invite(uri, headers=h), uri,
                           "mallory", "secret")
    assert call.final().status == 407
    assert dial(proxy, alice).final().status == 200
    assert civic(ersp.invites[0].message.location()[0].body) != AUSTIN


def test_store_of_the_sample(edge, uas, ua, tmp_path):
    db = str(tmp_path / "e911.sqlite")
    sqlite.create(db, ROOT + "/utils/db/sqlite/e911-create.sql")
    proxy = edge([(911, uas("take").uri())], "WITH_STORE",
                 STORE_DB='"sqlite:///%s"' % db)
    state(proxy, "sip:alice@example.test")
    proxy.restart()
    until(lambda: counters(proxy)["store_read"] == 1, 5, "read")
    assert counters(proxy)["locations"] == 1


def test_run(tmp_path, unsanitized):
    """make run: stays up until it is told to end, and ends cleanly."""
    port, site = free_port(), free_port()
    run = subprocess.Popen(
        [os.path.join(ROOT, "utils/demo/run"), tmp_path, str(port), str(site)],
        cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        # tests in the background of a shell do not hear ^C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    try:
        line = run.stdout.readline()
        assert "listens on 127.0.0.1:%d" % port in line, line
        for there in (port, site, site + 1):
            with socket.create_connection(("127.0.0.1", there), 5):
                pass
        for path in ("", "agent/", "operator/"):
            with urllib.request.urlopen("http://localhost:%d/%s" % (site, path),
                                        timeout=5) as page:
                assert page.headers["Content-Type"].startswith("text/html")
        assert sqlite.query(tmp_path / "e911.sqlite",
                            "select count(*) from e911_location") == [(0,)]
        run.send_signal(signal.SIGINT)
        assert "All is stopped again." in run.communicate(timeout=30)[0]
    finally:
        if run.poll() is None:  # it ends what it has started
            run.terminate()
            run.communicate(timeout=30)
    assert run.returncode == 0


def test_demo():
    done = subprocess.run([os.path.join(ROOT, "utils/demo/demo")], cwd="/",
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    assert "Austin 9-1-1" in done.stdout
