# SPDX-License-Identifier: GPL-2.0-or-later
"""TLS that fails: without it where the row allows (RFC 6881 ED-58), else the
next destination."""
import contextlib
import re
import socket
import ssl
import subprocess
import threading

import pytest

from lib import AUSTIN, civic, counters, e911_proxy, free_port, rows, state

CALL = "sip:911@example.test"
TLS = """
enable_tls=yes
listen=tls:127.0.0.1:%d
loadmodule "tls.so"
modparam("tls", "config", "%s")
"""
CONFIG = """[server:default]
method = TLSv1.2+
private_key = %(folder)s/own.key
certificate = %(folder)s/own.pem
[client:default]
method = TLSv1.2+
verify_certificate = yes
require_certificate = yes
ca_list = %(folder)s/own.pem
"""


def certificate(folder, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-subj",
                    "/CN=" + name, "-days", "2", "-keyout",
                    folder / (name + ".key"), "-out", folder / (name + ".pem")],
                   check=True, capture_output=True)


@pytest.fixture(scope="module")
def certs(tmp_path_factory):
    """A folder: own, which the proxy trusts, and other, which it does not."""
    folder = tmp_path_factory.mktemp("certs")
    certificate(folder, "own")
    certificate(folder, "other")
    (folder / "tls.cfg").write_text(CONFIG % {"folder": folder})
    return folder


class Ear:
    """A TCP port that hears: a handshake (context), or nothing said back.
    heard: bytes that came in clear behind the handshake, or without one."""

    def __init__(self, context=None):
        self.context = context
        self.heard = []
        self.came = threading.Event()
        self.kept = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            self.kept.append(peer)
            self.came.set()
            with contextlib.suppress(OSError):
                if self.context:
                    peer.settimeout(5)
                    peer = self.context.wrap_socket(peer, server_side=True)
                    self.kept.append(peer)
                    self.heard.append(peer.recv(65536))

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for peer in self.kept:
            peer.close()


@pytest.fixture
def ear(certs, cleanup):
    """ear(name) -> a port with that trouble."""
    def make(trouble):
        if trouble in ("refused", "no listener of ours"):
            return free_port()
        context = None
        if trouble == "untrusted":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certs / "other.pem", certs / "other.key")
        made = Ear(context)
        cleanup.callback(made.close)
        return made.port
    return make


TROUBLES = ["refused", "untrusted", "hangs", "no listener of ours"]


@pytest.fixture
def line(kamailio, uas, ua, ear, certs):
    """line(trouble, attributes...) -> (proxy, agent, ERSP behind that trouble,
    the next ERSP). The first one's attributes may name its port: %d."""
    def make(trouble, attributes="", scheme="sip", behaviour="take",
             transports=("udp", "tcp"), **parts):
        ersp, other = uas(behaviour, transports=transports), uas("take")
        load = "" if trouble == "no listener of ours" else TLS % (
            free_port(), certs / "tls.cfg")
        uri = "%s:127.0.0.1:%d;transport=%s;x=y" % (
            scheme, ear(trouble), "tls" if scheme == "sip" else "tcp")
        if "%d" in attributes:
            attributes %= ersp.port
        proxy = e911_proxy(kamailio, (1, uri, 9, attributes),
                           (1, other.uri(), 1), LOAD=load, **parts)
        agent = ua(proxy)
        state(proxy, agent)
        return proxy, agent, ersp, other
    return make


def location(message):
    return civic(message.part("application/pidf+xml").body)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_same_ersp_without_tls(line, trouble, transport):
    proxy, agent, ersp, other = line(trouble, "without_tls=%s:%%d" % transport)
    assert agent.invite(CALL).final().status == 200
    message = ersp.wait_invites(1)[0]
    assert ersp.invites[0].transport == transport
    assert location(message) == AUSTIN
    assert message.ruri.startswith("sip:911@127.0.0.1:")
    assert other.invites == []
    counted = counters(proxy)
    assert counted["without_tls"] == 1
    assert counted["failovers"] == 0


@pytest.mark.parametrize("trouble", TROUBLES)
def test_never_without_tls_unless_the_row_says_so(line, trouble):
    proxy, agent, ersp, other = line(trouble)
    assert agent.invite(CALL).final().status == 200
    assert location(other.wait_invites(1)[0]) == AUSTIN
    assert ersp.invites == []
    counted = counters(proxy)
    assert counted["without_tls"] == 0
    assert counted["failovers"] == 1


@pytest.mark.parametrize("trouble", ["refused", "hangs"])
def test_sips_becomes_sip(line, trouble):
    """RFC 5630 3.1.3: a SIPS URI is not sent without TLS."""
    proxy, agent, ersp, other = line(trouble, "without_tls=tcp:%d", "sips")
    assert agent.invite(CALL).final().status == 200
    message = ersp.wait_invites(1)[0]
    assert message.ruri.startswith("sip:911@")
    assert other.invites == []


@pytest.mark.parametrize("scheme", ["sip", "sips"])
def test_the_destinations_own_uri_loses_tls(line, scheme):
    """ruri=destination: as it is written, but for what names TLS."""
    proxy, agent, ersp, other = line(
        "refused", "profile=own;without_tls=tcp:%d", scheme,
        PARAMS='modparam("e911", "profile", "name=own;ruri=destination")')
    assert agent.invite(CALL).final().status == 200
    assert re.fullmatch(r"sip:127\.0\.0\.1:\d+;x=y",
                        ersp.wait_invites(1)[0].ruri)
    assert other.invites == []


def test_without_tls_refused_too_goes_to_the_next(line):
    proxy, agent, ersp, other = line(
        "refused", "without_tls=tcp:%d", transports=("udp",))
    assert agent.invite(CALL).final().status == 200
    assert ersp.invites == []
    assert location(other.wait_invites(1)[0]) == AUSTIN
    assert counters(proxy)["without_tls"] == 1


def test_without_tls_declined_goes_to_the_next(line):
    proxy, agent, ersp, other = line(
        "refused", "without_tls=tcp:%d", behaviour="refuse:503")
    assert agent.invite(CALL).final().status == 200
    assert len(ersp.wait_invites(1)) == 1
    assert location(other.wait_invites(1)[0]) == AUSTIN


def test_lesser_form_stays_without_tls(line):
    """A 424 without TLS: the next form by the way that is known to work."""
    proxy, agent, ersp, other = line(
        "hangs", "without_tls=tcp:%d", behaviour="refuse-location:424")
    assert agent.invite(CALL).final().status == 200
    first, second = ersp.wait_invites(2)
    assert location(first) == AUSTIN
    assert second.part("application/pidf+xml") is None
    assert other.invites == []
    assert counters(proxy)["without_tls"] == 1


def test_a_refusal_by_tls_is_no_failure_of_tls(kamailio, ua, uas, certs,
                                               cleanup):
    """What the ERSP itself says counts: 503 over TLS goes to the next."""
    ersp, other = uas("take"), uas("take")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs / "own.pem", certs / "own.key")
    server = Answering(context)
    cleanup.callback(server.close)
    proxy = e911_proxy(
        kamailio, (1, "sip:127.0.0.1:%d;transport=tls" % server.port, 9,
                   "without_tls=tcp:%d" % ersp.port), (1, other.uri(), 1),
        LOAD=TLS % (free_port(), certs / "tls.cfg"))
    agent = ua(proxy)
    state(proxy, agent)
    assert agent.invite(CALL).final().status == 200
    assert server.heard and ersp.invites == []
    assert location(other.wait_invites(1)[0]) == AUSTIN
    assert counters(proxy)["without_tls"] == 0


class Answering(Ear):
    """Says 503 to each request."""

    def listen(self):
        from lib import Message, response
        while True:
            try:
                peer, _ = self.socket.accept()
                peer.settimeout(5)
                peer = self.context.wrap_socket(peer, server_side=True)
            except OSError:
                return
            self.kept.append(peer)
            data = peer.recv(65536)
            self.heard.append(data)
            request = Message.parse(data)
            peer.sendall(response(request, 503, "busy"))


def test_udp_and_tcp_rows_know_no_tls(kamailio, ua, uas):
    """The attribute is of a TLS row; another one is tried no second way."""
    ersp, other = uas("take"), uas("take")
    for transport in "udp", "tcp":
        closed = uas(port_open=False)
        proxy = e911_proxy(
            kamailio, (1, closed.uri(transport), 9,
                       "without_tls=tcp:%d" % ersp.port), (1, other.uri(), 1))
        agent = ua(proxy)
        assert agent.invite(CALL).final().status == 200
        assert counters(proxy)["without_tls"] == 0
    assert ersp.invites == [] and len(other.invites) == 2


@pytest.mark.parametrize("value", ["sctp:5060", "tcp:0", "tcp:65536", "tcp:x",
                                   "5060", ""])
def test_a_value_that_is_none_allows_nothing(line, value):
    proxy, agent, ersp, other = line("refused", "without_tls=" + value)
    assert agent.invite(CALL).final().status == 200
    assert len(other.wait_invites(1)) == 1
    proxy.wait_log("without_tls=.*neither tcp:PORT nor udp:PORT")


def test_all_fail_and_each_was_tried_once(line):
    proxy, agent, ersp, other = line(
        "refused", "without_tls=tcp:%d", behaviour="refuse:503")
    proxy.write("dispatcher.list", rows(
        (1, "sip:127.0.0.1:%d;transport=tls" % free_port(), 9,
         "without_tls=tcp:%d" % ersp.port)))
    proxy.rpc("dispatcher.reload")
    assert agent.invite(CALL).final().status >= 500
    assert len(ersp.invites) == 1


# ----- the last branch is the last resort's -----

LAST = 'modparam("e911", "site", "name=hq;set=1;last=9")'


@pytest.mark.parametrize("trouble", ["form", "tls", "tcp"])
def test_a_second_way_does_not_take_the_last_resorts_branch(
        kamailio, ua, uas, certs, trouble):
    """Of three branches two are behind; the same destination once more would
    be the third."""
    first, last = uas("refuse:503"), uas("take")
    refuses = uas("refuse:424", transports=("udp",))
    second = {"form": (1, refuses.uri(), 5),
              "tls": (1, "sip:127.0.0.1:%d;transport=tls" % free_port(), 5,
                      "without_tls=udp:%d" % refuses.port),
              "tcp": (1, refuses.uri(), 5, "large=tcp")}[trouble]
    proxy = e911_proxy(
        kamailio, (1, first.uri(), 9), second, (9, last.uri(), 1), PARAMS=LAST,
        LOAD="max_branches=3\n" + TLS % (free_port(), certs / "tls.cfg"))
    agent = ua(proxy)
    state(proxy, agent)
    assert agent.invite(CALL).final().status == 200
    assert location(last.wait_invites(1)[0]) == AUSTIN
