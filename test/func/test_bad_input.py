# SPDX-License-Identifier: GPL-2.0-or-later
"""Hostile and broken requests, documents and commands; memory that runs out;
tables that change meanwhile. The call arrives, whatever comes with it."""
import contextlib
import json
import os
import re
import socket
import threading
import time

import pytest

from lib import (AUSTIN, Kamailio, DEFAULT_SITE, PLAIN_SITE, ROOT, SDP, Message, Plan,
                 RpcError, Step, assert_pidf_valid, counters,
                 e911_proxy, free_port, state, until)
from lib.e911 import CFG, PARTS, rows

CALL = "sip:911@example.test"
PIDF = "application/pidf+xml"


# ----- an ERSP that keeps the very bytes -----

class Sink:
    """UDP and TCP on one port: each new INVITE is kept and answered 200."""

    def __init__(self):
        self.news = threading.Condition()
        self.raw = []  # of new INVITEs
        self.seen = set()
        self.port = free_port()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.udp.bind(("127.0.0.1", self.port))
        self.tcp = socket.create_server(("127.0.0.1", self.port))
        self.open = True
        self.threads = [threading.Thread(target=target, daemon=True)
                        for target in (self.read_udp, self.accept)]
        for thread in self.threads:
            thread.start()

    def close(self):
        """The threads end first: one that still reads would take what comes
        for the next socket that is given the same number."""
        self.open = False
        for sock in (self.udp, self.tcp):
            with contextlib.suppress(OSError):  # it says "not connected"
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(5)
        self.udp.close()
        self.tcp.close()

    def uri(self, end=""):
        return "sip:127.0.0.1:%d%s" % (self.port, end)

    def read_udp(self):
        while True:
            try:
                data, peer = self.udp.recvfrom(65536)
            except OSError:
                return
            if not self.open:
                return
            self.take(data, lambda answer: self.udp.sendto(answer, peer))

    def accept(self):
        while True:
            try:
                client = self.tcp.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.read_tcp, args=(client,),
                             daemon=True).start()

    def read_tcp(self, client):
        buffer = b""
        while True:
            data = client.recv(65536)
            if not data:
                return
            buffer += data
            head, empty, body = buffer.partition(b"\r\n\r\n")
            length = re.search(rb"\nContent-Length: *(\d+)", head)
            if empty and length and len(body) >= int(length.group(1)):
                self.take(buffer, client.sendall)
                buffer = b""

    def take(self, data, send):
        if not data.startswith(b"INVITE "):
            return
        head = data.partition(b"\r\n\r\n")[0]
        lines = re.findall(rb"^(?:Via|v|From|f|To|t|Call-ID|i|CSeq|Record-Route)"
                           rb"[ \t]*:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*",
                           head, re.M | re.I)
        lines = [li + b";tag=sink" if li[:1] in b"Tt" and b"tag=" not in li
                 else li for li in lines]
        send(b"\r\n".join([b"SIP/2.0 200 OK", *lines, b"Contact: <sip:psap@127.0.0.1>",
                           b"Content-Length: 0", b"", b""]))
        branch = re.search(rb"branch=([^;\s]+)", head).group(1)
        with self.news:
            if branch not in self.seen:
                self.seen.add(branch)
                self.raw.append(data)
                self.news.notify_all()

    def next(self, n, timeout=4):
        """Bytes of the INVITE that came after n others."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.raw) > n, timeout), \
                "the call did not arrive"
            return self.raw[n]


def sample_config():
    """kamailio.cfg.sample with the harness's places and RPC put in."""
    with open(os.path.join(ROOT, "kamailio.cfg.sample"), encoding="utf-8") as file:
        text = file.read()
    ours = {"MY_UDP": "udp:127.0.0.1:@PORT@", "MY_TCP": "tcp:127.0.0.1:@PORT@",
            "DISPATCHER_LIST": '"@DIR@/dispatcher.list"', "PING_SECONDS": "0",
            "E911_MODULE": '"@MODULE@"', "CTL": '"unix:@CTL@"'}
    for name, value in ours.items():
        text = re.sub("#!trydef %s .*" % name,
                      lambda _: "#!define %s %s" % (name, value), text)
    return text.replace("loadmodule E911_MODULE", """
modparam("jsonrpcs", "dgram_socket", "@JSONRPC@")
loadmodule E911_MODULE""")


class Bench:
    """A proxy and its sink, for many cases one after another."""

    def __init__(self, folder, sample):
        self.sink = Sink()
        number = 911 if sample else 1
        self.proxy = Kamailio(
            sample_config() if sample else CFG, folder,
            files={"dispatcher.list": rows((number, self.sink.uri(), 9))},
            **({} if sample else {**PARTS, "PARAMS": DEFAULT_SITE}))
        self.proxy.start()
        state(self.proxy, "alice@example.test")
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.udp.connect((self.proxy.host, self.proxy.port))

    def send(self, data, transport):
        if transport == "udp":
            self.udp.send(data)
            return
        self.tcp = socket.create_connection((self.proxy.host, self.proxy.port))
        self.tcp.sendall(data)

    def arrive(self, data, transport="udp"):
        """The bytes that come out for these."""
        n = len(self.sink.raw)
        self.send(data, transport)
        return self.sink.next(n)

    def close(self):
        try:
            self.proxy.close()
        finally:
            self.udp.close()
            self.sink.close()


@pytest.fixture(scope="module", params=["plain", "sample"])
def bench(request, tmp_path_factory):
    made = Bench(tmp_path_factory.mktemp(request.param), request.param == "sample")
    yield made
    made.close()


numbers = iter(range(1, 100000))


def invite(ruri=CALL, body=SDP, ct="application/sdp", drop=(), transport="UDP",
           length=None, more=(), **changed):
    """Bytes of an INVITE: headers by their name with _ for -, None or drop to
    leave one out; more: whole lines, in bytes, at the end."""
    n = next(numbers)
    headers = {
        "Via": "SIP/2.0/%s 127.0.0.1:5999;rport;branch=z9hG4bK-x%d" % (transport, n),
        "Max_Forwards": "70", "From": "<sip:alice@example.test>;tag=f%d" % n,
        "To": "<%s>" % CALL, "Call_ID": "bad-%d@example.test" % n,
        "CSeq": "1 INVITE", "Contact": "<sip:alice@127.0.0.1:5999>"}
    if ct:
        headers["Content_Type"] = ct
    headers["Content_Length"] = str(len(body) if length is None else length)
    headers.update(changed)
    lines = [b"INVITE " + bytes_of(ruri) + b" SIP/2.0"]
    for name, value in headers.items():
        if value is not None and name not in drop:
            for one in value if isinstance(value, list) else [value]:
                lines.append(name.replace("_", "-").encode() + b": " + bytes_of(one))
    at = -1 if headers.get("Content_Length") else len(lines)
    lines[at:at] = [bytes_of(m) for m in more]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def bytes_of(text):
    return text if isinstance(text, bytes) else text.encode("utf-8")


def parts(*bodies, boundary="b-1", closing=True):
    text = b"".join(b"--%s\r\nContent-Type: %s\r\n\r\n%s\r\n"
                    % (boundary.encode(), ct.encode(), body)
                    for ct, body in bodies)
    return text + (b"--%s--\r\n" % boundary.encode() if closing else b"")


def deep(n):
    """Multiparts in each other, n deep."""
    body = SDP
    for i in range(n):
        body = parts(("multipart/mixed;boundary=b-%d" % (i - 1) if i else
                      "application/sdp", body), boundary="b-%d" % i)
    return body, "multipart/mixed;boundary=b-%d" % (n - 1)


def with_document(document):
    return {"body": parts(("application/sdp", SDP), (PIDF, document)),
            "ct": "multipart/mixed;boundary=b-1",
            "Geolocation": "<cid:own@x>"}


LONG = "x" * 5000
BODY = parts(("application/sdp", SDP))
OURS = b"e911-0123456789abcdef0123456789abcdef"

# What is wrong -> how the INVITE is made.
HOSTILE = {
    # callers
    "From with quotes": {"From": '"a\\"b<sip:evil@x>" <sip:alice@example.test>;tag=1'},
    "From with CRLF in the name": {"From": '"a\r\n X: y" <sip:alice@example.test>;tag=1'},
    "From folded": {"From": '"a"\r\n <sip:alice@example.test>\r\n\t;tag=1'},
    "From with NUL": {"From": b'"a\0b" <sip:al\0ice@example.test>;tag=1'},
    "From invalid UTF-8": {"From": b'"\xff\xfe\xc0\x80" <sip:\xff@example.test>;tag=1'},
    "From 8-bit": {"From": b'"\xe4\xf6" <sip:alice@example.test>;tag=1'},
    "From with markup": {"From": '"x" <sip:a&b"\'@example.test>;tag=1'},
    "From without URI": {"From": '"Alice" <>;tag=1'},
    "From a name only": {"From": "Alice;tag=1"},
    "From tel": {"From": "<tel:+15125550100>;tag=1"},
    "From of 5 KB": {"From": "<sip:%s@example.test>;tag=1" % LONG},
    "From name of 5 KB": {"From": '"%s" <sip:alice@example.test>;tag=1' % LONG},
    "From without tag": {"From": "<sip:alice@example.test>"},
    "From with escapes": {"From": "<sip:al%0d%0aX%3a%20y@example.test>;tag=1"},
    "From open bracket": {"From": "<sip:alice@example.test;tag=1"},
    "From anonymous": {"From": '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1'},
    # contacts
    "no Contact": {"Contact": None},
    "Contact star": {"Contact": "*"},
    "Contact empty": {"Contact": ""},
    "Contact garbage": {"Contact": "<<<>>>;;;,,"},
    "two Contacts": {"Contact": ["<sip:a@x>", "<sip:b@x>"]},
    "100 Contacts": {"Contact": ", ".join("<sip:a%d@x>" % i for i in range(100))},
    "Contact of 5 KB": {"Contact": "<sip:%s@x>" % LONG},
    "instance of 5 KB": {"Contact": '<sip:a@x>;+sip.instance="<urn:%s>"' % LONG},
    "instance with markup": {
        "Contact": '<sip:a@x>;+sip.instance="<urn:x&\'></dm:deviceID>>"'},
    "instance unquoted": {"Contact": "<sip:a@x>;+sip.instance=<urn:uuid:1>"},
    "instance with NUL": {"Contact": b'<sip:a@x>;+sip.instance="<urn:\0\xff>"'},
    "instance empty": {"Contact": '<sip:a@x>;+sip.instance=""'},
    "GRUU empty": {"Contact": "<sip:a@x;gr=>"},
    # Geolocation
    "Geolocation of 1000 values": {
        "Geolocation": ", ".join("<cid:v%d@x>" % i for i in range(1000))},
    "20 Geolocation headers": {
        "Geolocation": ["<cid:v%d@x>" % i for i in range(20)]},
    "20 broken Geolocation headers": {"Geolocation": ["<cid:"] * 20},
    "Geolocation with NUL": {"Geolocation": b"<cid:\0@x>"},
    "Geolocation with markup": {"Geolocation": '<cid:"><x@y>;a="'},
    "Geolocation of 5 KB": {"Geolocation": "<cid:%s@x>" % LONG},
    "Geolocation empty": {"Geolocation": ""},
    "Geolocation commas": {"Geolocation": "," * 3000},
    "Geolocation-Routing garbage": {"Geolocation_Routing": ["\x01", "maybe", ""]},
    # bodies
    "boundary a prefix of another": {
        "body": parts(("text/plain", b"x\r\n--b-11--\r\n--b-1x\r\n"),
                      ("application/sdp", SDP)),
        "ct": "multipart/mixed;boundary=b-1"},
    "boundary of 71": {"body": parts(("application/sdp", SDP), boundary="b" * 71),
                       "ct": "multipart/mixed;boundary=" + "b" * 71},
    "boundary of 5 KB": {"body": BODY, "ct": "multipart/mixed;boundary=" + LONG},
    "boundary of regex": {
        "body": parts(("application/sdp", SDP), boundary=".*(["),
        "ct": 'multipart/mixed;boundary=".*(["'},
    "boundary with semicolon": {
        "body": parts(("application/sdp", SDP), boundary="a;b"),
        "ct": 'multipart/mixed;boundary="a;b"'},
    "boundary with escaped quote": {
        "body": parts(("application/sdp", SDP), boundary='a"b'),
        "ct": 'multipart/mixed;boundary="a\\"b"'},
    "boundary unclosed quote": {"body": BODY, "ct": 'multipart/mixed;boundary="b-1'},
    "boundary empty": {"body": BODY, "ct": "multipart/mixed;boundary="},
    "boundary twice": {"body": BODY, "ct": "multipart/mixed;boundary=b-1;boundary=b-2"},
    "boundary with NUL": {"body": BODY, "ct": b"multipart/mixed;boundary=b\0-1"},
    "only a closing delimiter": {"body": b"--b-1--", "ct": "multipart/mixed;boundary=b-1"},
    "ten closing delimiters": {"body": BODY + b"--b-1--\r\n" * 10,
                               "ct": "multipart/mixed;boundary=b-1"},
    "parts 50 deep": dict(zip(("body", "ct"), deep(50))),
    "parts that look like ours": {
        "body": parts(("application/sdp", SDP),
                      ("text/plain", b"\r\n--" + OURS + b"--\r\n--" + OURS)),
        "ct": "multipart/mixed;boundary=b-1"},
    "boundary like ours": {
        "body": parts(("application/sdp", SDP), boundary=OURS.decode()),
        "ct": "multipart/mixed;boundary=" + OURS.decode()},
    "SDP that looks like a delimiter": {"body": b"--e911-\r\n" + SDP},
    "Content-Type twice": {"Content_Type": ["application/sdp", "text/plain"]},
    "Content-Type empty": {"ct": " "},
    "Content-Type garbage": {"ct": "\x02;;=;/"},
    "Content-Type of 5 KB": {"ct": "application/sdp;x=" + LONG},
    "Content-Type in folds": {"ct": "multipart/mixed;\r\n boundary=b-1", "body": BODY},
    "binary body": {"body": bytes(range(256)) * 20, "ct": "application/octet-stream"},
    "multipart body of bytes": {"body": bytes(range(256)) * 20,
                                "ct": "multipart/mixed;boundary=b-1"},
    # lengths
    "Content-Length too long": {"length": 99999},
    "Content-Length too short": {"length": 5},
    "Content-Length zero": {"length": 0},
    # Request-URIs
    "sip:911@": {"ruri": "sip:911@"},
    "password": {"ruri": "sip:911:secret@example.test"},
    "sips": {"ruri": "sips:911@example.test"},
    "tel": {"ruri": "tel:911;phone-context=+1"},
    "tel with separators": {"ruri": "tel:9-1-1"},
    "escapes": {"ruri": "sip:%39%31%31@example.test"},
    "R-URI of 4 KB": {"ruri": "sip:911@%s.test" % ("x" * 4000)},
    "R-URI parameters of 4 KB": {"ruri": "sip:911@example.test;x=" + "y" * 4000},
    "urn": {"ruri": "urn:service:sos"},
    "urn of a kind": {"ruri": "URN:SERVICE:SOS.police"},
    "maddr": {"ruri": "sip:911@example.test;maddr=192.0.2.1"},
    "transport": {"ruri": "sip:911@example.test;transport=ws"},
    "method": {"ruri": "sip:911@example.test;method=BYE"},
    "lr": {"ruri": "sip:911@example.test;lr"},
    "headers": {"ruri": "sip:911@example.test?Route=%3Csip:192.0.2.1%3E&Subject=x"},
    "host with NUL": {"ruri": b"sip:911@exa\0mple"},
    "host 8-bit": {"ruri": b"sip:911@\xff\xfe"},
    "port 0": {"ruri": "sip:911@example.test:0"},
    "port 99999": {"ruri": "sip:911@example.test:99999"},
    "IPv6": {"ruri": "sip:911@[::1]"},
    "broken IPv6": {"ruri": "sip:911@[::1"},
    # routing headers
    "To tag, no Route": {"To": "<sip:911@x>;tag=there"},
    "preloaded Route": {"Route": "<sip:192.0.2.1;lr>"},
    "20 Routes": {"Route": ["<sip:192.0.2.%d;lr>" % i for i in range(20)]},
    "garbage Route": {"Route": "<><><>,,,"},
    "Max-Forwards 0": {"Max_Forwards": "0"},
    "Max-Forwards none": {"Max_Forwards": None},
    "Max-Forwards garbage": {"Max_Forwards": "-7x"},
    "To of 5 KB": {"To": "<sip:%s@x>" % LONG},
    "CSeq huge": {"CSeq": "4294967295 INVITE"},
    "CSeq of another method": {"CSeq": "1 BYE"},
    "Call-ID of 5 KB": {"Call_ID": LONG},
    "Call-ID 8-bit": {"Call_ID": b"\xff\x80@x"},
    "Via without rport or branch": {"Via": "SIP/2.0/UDP 127.0.0.1:5999"},
    "Via of RFC 2543": {"Via": "SIP/2.0/UDP 127.0.0.1:5999;branch=1"},
    "30 Vias": {"Via": ["SIP/2.0/UDP 192.0.2.%d;branch=z9hG4bK%d" % (i, i)
                        for i in range(30)]},
    "Require unknown": {"Require": "x-unknown, geolocation-sip"},
    "Proxy-Require unknown": {"Proxy_Require": "x-unknown"},
    "Expires 0": {"Expires": "0"},
    "header of 8 KB": {"more": [b"X: " + b"y" * 8000]},
    "300 headers": {"more": [b"X-%d: y" % i for i in range(300)]},
    "a header of NUL": {"more": [b"X: \0\0\0"]},
    "Record-Route of others": {"Record_Route": "<sip:192.0.2.1;lr>"},
    "Resource-Priority": {"Resource_Priority": "esnet.0"},
    "Identity": {"Identity": "x;info=<https://x>;alg=ES256;ppt=shaken"},
    "NUL at the end": {"body": SDP + b"\0\0", "length": len(SDP)},
}


def check(data):
    message = Message.parse(data)
    assert re.fullmatch(r"INVITE sip:911@127\.0\.0\.1:\d+ SIP/2\.0", message.start)
    assert int(message.h("Content-Length")) == len(data.partition(b"\r\n\r\n")[2])
    assert len(message.all("Via")) >= 2
    cids = re.findall(r"<cid:(e911-[0-9a-f]{32}@e911\.invalid)>",
                      " ".join(message.all("Geolocation")))
    assert len(cids) == 1
    found = re.search(
        rb"\r\nContent-Type: application/pidf\+xml\r\nContent-ID: <%s>\r\n"
        rb"Content-Disposition: by-reference;handling=optional\r\n\r\n"
        rb"(.*?)\r\n--" % cids[0].encode(), data, re.S)
    assert found
    assert_pidf_valid(found.group(1))
    return message


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_invite_arrives(bench, name):
    check(bench.arrive(invite(**HOSTILE[name])))


# What the core cannot parse arrives as it is, without a location.
UNDRESSED = {
    "Content-Length twice": {"Content_Length": [str(len(SDP)), "3"]},
    "header without a name": {"more": [b": value"]},
    "header without a colon": {"more": [b"nonsense"]},
    "CSeq of eleven digits": {"CSeq": "99999999999 INVITE"},
}
def test_a_call_whose_end_is_never_seen_takes_up_no_room(kamailio):
    """A From that no transaction takes: sent on, and no more heard of."""
    sink = Sink()
    with contextlib.closing(sink):
        proxy = e911_proxy(kamailio, (1, sink.uri()),
                           PARAMS='modparam("e911", "ledger_size", 2)')
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for n in range(4):
                sender.sendto(invite(From='<sip:a@x"y>;tag=1'), proxy.address)
                sink.next(n)
        until(lambda: [bool(c["ended"]) for c in proxy.jsonrpc(
            "e911.calls")["result"]] == [True, True], 4, "both have ended")
        assert "not in the ledger" not in proxy.log()


# These are no requests to the core: no module ever sees them.
REFUSED_BY_THE_CORE = {
    "two From": {"From": ["<sip:alice@example.test>;tag=1", "<sip:b@x>;tag=2"]},
    "To garbage": {"To": "<sip:911@x"},
    "no Call-ID": {"Call_ID": None},
    "no Via": {"Via": None},
}


@pytest.mark.parametrize("name", UNDRESSED)
def test_what_cannot_be_dressed_arrives(bench, name):
    data = bench.arrive(invite(**UNDRESSED[name]))
    assert data.startswith(b"INVITE sip:911@127.0.0.1:")
    assert SDP in data


@pytest.mark.parametrize("name", REFUSED_BY_THE_CORE)
def test_next_call_arrives_after_what_the_core_refuses(bench, name):
    bench.send(invite(**REFUSED_BY_THE_CORE[name]), "udp")
    check(bench.arrive(invite()))


@pytest.mark.parametrize("name", [
    "xxe", "billion-laughs", "deep", "truncated", "oversize", "nul",
    "invalid-utf-8", "external-dtd", "many-elements", "empty"])
def test_hostile_document_of_the_phone_is_passed_on(bench, name):
    with open(os.path.join(ROOT, "test/data/pidf/bad", name + ".xml"), "rb") as f:
        document = f.read()[:50000]
    data = bench.arrive(invite(**with_document(document)))
    assert document in data
    check(data)


# ----- size -----

@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("size", [20000, 62500, 64600])
def test_large_bodies(bench, transport, size):
    filler = b"x" * (size - 400)
    data = invite(transport=transport.upper(), body=parts(
        ("application/sdp", SDP), ("text/plain", filler)),
        ct="multipart/mixed;boundary=b-1")
    assert filler in bench.arrive(data, transport)


# ----- scripts that do too much -----

def test_relay_twice_makes_no_second_call(kamailio, uas, ua):
    first, second = uas("ring:0.3"), uas("take")
    proxy = e911_proxy(kamailio, first, second,
                       RELAY="e911_relay(); e911_relay(); e911_route();")
    assert ua(proxy).invite(CALL).final().status == 200
    assert len(first.invites) == 1 and second.invites == []


def test_relay_in_the_failure_route_of_an_ordinary_call(kamailio, uas, ua):
    ersp, carrier = uas("take"), uas("refuse:486")
    proxy = e911_proxy(kamailio, ersp, ORDINARY="""
        $du = "%s"; t_on_failure("E911"); t_relay(); exit;""" % carrier.uri())
    assert ua(proxy).invite("sip:5551234@x").final().status == 486
    assert ersp.requests == []


# ----- many, long and broken destinations -----

@pytest.mark.parametrize("last", ["", ";x=" + "y" * 150])
def test_hundred_destinations_and_the_last_resort(kamailio, uas, ua, last):
    bad, carrier = uas("refuse:503"), uas("take")
    many = [(1, bad.uri() + ";n=%03d%s" % (i, last), 200 - i) for i in range(110)]
    proxy = e911_proxy(kamailio, *many, (9, carrier.uri()), PARAMS=DEFAULT_SITE)
    assert ua(proxy).invite(CALL).final().status == 200
    assert len(carrier.invites) == 1


def test_broken_destinations_are_passed_over(kamailio, uas, ua):
    good = uas("take")
    proxy = e911_proxy(
        kamailio, (1, "sip:%s:5060" % ("x" * 600), 99),
        (1, "sip:127.0.0.1:5060;transport=nonsense", 98),
        (1, "sip:0.0.0.0:1", 97), (1, "sip:[::1]", 96),
        (1, good.uri(), 1))
    assert ua(proxy).invite(CALL).final(8).status == 200


def test_empty_table_is_answered(kamailio, uas, ua):
    proxy = e911_proxy(kamailio, (5, uas("take").uri()), PARAMS=PLAIN_SITE)
    assert ua(proxy).invite(CALL).final().status == 503


def test_only_destination_whose_tcp_is_swallowed(kamailio, uas, ua):
    """large=tcp and a firewall that drops TCP: UDP is left."""
    ersp = uas("take", transports=("udp",))
    ersp.held[0].listen(0)
    fillers = [socket.socket() for _ in range(2)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.1", ersp.port))
    proxy = e911_proxy(kamailio, (1, ersp.uri(), 0, "large=tcp"), PARAMS=PLAIN_SITE)
    agent = ua(proxy)
    state(proxy, agent)
    assert agent.invite(CALL).final().status == 200
    for filler in fillers:
        filler.close()


# ----- CANCEL -----

def test_cancel_that_races_a_failover(kamailio, uas, ua):
    proxy = e911_proxy(kamailio, *[uas("refuse:503") for _ in range(4)],
                       uas("silent"))
    agent = ua(proxy)
    for _ in range(20):
        call = agent.invite(CALL)
        call.wait(100)
        call.cancel()
        assert call.final().status == 487


def test_answer_to_our_cancel_is_no_answer_of_the_psap(kamailio, uas, ua):
    """200 to the CANCEL of a branch given up, and never a 487."""
    dead = uas(Plan([Step(100)], on_cancel=180))
    slow = uas(lambda invite: Plan([Step(100), Step(503, delay=0.3)]))
    good = uas("take")
    proxy = e911_proxy(kamailio, dead, slow, good)
    assert ua(proxy).invite(CALL).final(4).status == 200
    dead.wait_for("CANCEL")
    assert len(good.invites) == 1
    assert counters(proxy)["rescued"] == 0


# ----- memory -----

# fills shared memory to the last byte; each X-Free then gives so many entries
# of some hundred bytes back
FILL = """
    if($rU == "fill") {
        $var(i) = 0;
        $var(s) = "0123456789abcdef0123456789abcdef0123456789abcdef";
        $var(s) = $var(s) + $var(s) + $var(s) + $var(s) + $var(s);
        while($var(i) < 40000) {
            $sht(fill=>$var(i)) = $var(s);
            $var(i) = $var(i) + 1;
        }
        while($var(i) < 50000) {
            $sht(fill=>$var(i)) = "x";
            $var(i) = $var(i) + 1;
        }
    }
    if($rU == "free") {
        $var(n) = $(hdr(X-Free){s.int});
        $var(to) = $(hdr(X-To){s.int});
        while($var(n) < $var(to)) {
            $sht(fill=>$var(n)) = $null;
            $var(n) = $var(n) + 1;
        }
    }"""


def test_every_shortage_of_shared_memory(kamailio, uas, ua):
    """From none at all, a little more for each call: no transaction, none
    kept, no branch, then everything."""
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, LOAD="""
        max_while_loops=200000
        loadmodule "htable.so"
        modparam("htable", "htable", "fill=>size=4")
        modparam("tm", "wt_timer", 100)""",
        PARAMS=DEFAULT_SITE + 'modparam("e911", "cache_size", 1000)\n'
        'modparam("e911", "record_size", 64)',
        ORDINARY=FILL, args=["-m", "8"])
    agent = ua(proxy)
    state(proxy, agent)
    assert agent.request("OPTIONS", "sip:fill@x").final(30).status == 404
    for n in range(30):
        agent.request("OPTIONS", "sip:free@x", headers=[
            ("X-Free", str(n * 3)), ("X-To", str(n * 3 + 3))]).final()
        agent.invite(CALL)
        ersp.wait_invites(n + 1)
    assert len({m.branch for m in ersp.wait_invites(30)}) == 30
    seen = counters(proxy)
    assert 0 < seen["stateless"] < 30
    assert proxy.log().count("no memory to keep it") + seen["stateless"] > 1


def test_package_memory_small(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, args=["-M", "1"])
    agent = ua(proxy, "tcp")
    state(proxy, agent)
    for n in range(1, 4):
        body = parts(("application/sdp", SDP), ("text/plain", b"x" * 20000 * n))
        agent.invite(CALL, body=body, ct="multipart/mixed;boundary=b-1")
    ersp.wait_invites(3)


# ----- the same documents by command -----

def test_hostile_documents_change_nothing(kamailio, uas, bad_pidf):
    proxy = e911_proxy(kamailio, uas("take"))
    state(proxy, "alice@example.test")
    before = proxy.rpc("e911.loc_get", "alice@example.test")
    for name, document in bad_pidf(
            "xxe", "billion-laughs", "deep", "truncated",
            "external-dtd", "parameter-entity", "undeclared-entity", "no-xml",
            "behind-the-end", "two-addresses", "control-character"):
        answer = proxy.jsonrpc("e911.loc_set", ["alice@example.test", document])
        assert answer["error"]["code"] == 400, name
        assert re.fullmatch(r"[\w-]+: [a-z].*", answer["error"]["message"]), answer
    assert proxy.rpc("e911.loc_get", "alice@example.test") == before


# ----- nothing grows -----

def memory(proxy):
    """(shared memory in use, {process: package memory in use})"""
    shared = int(re.search(r"used: (\d+)", proxy.rpc("core.shmmem")).group(1))
    package = proxy.jsonrpc("pkg.stats")["result"]
    return shared, {p["pid"]: p["used"] for p in package}


def settled(proxy):
    """Memory once no transaction is left."""
    until(lambda: "current: 0" in re.sub(
        r"\s+", " ", proxy.rpc("tm.stats")), 20, "no transaction is left", 0.1)
    return memory(proxy)


def assert_same(before, after):
    # counters of the core and the table of locations keep their size
    assert after[0] - before[0] < 2000, (before, after)
    for pid, used in after[1].items():
        assert used - before[1][pid] < 2000, (before, after)


def test_calls_leave_nothing_behind(kamailio, uas, ua):
    picky = uas(lambda i: 424 if i.part("application/pidf+xml") else 503)
    slow = uas(lambda i: Plan([Step(100), Step(180)]))
    proxy = e911_proxy(
        kamailio, uas("refuse:503"), picky, slow, PARAMS="""
        modparam("e911", "ledger_size", 1)
        modparam("tm", "wt_timer", 100)""", args=["-x", "qm"])
    agents = [ua(proxy), ua(proxy, "tcp")]
    for agent in agents:
        state(proxy, agent)

    def round_of_calls(n):
        for i in range(n):
            agent = agents[i % 2]
            body, ct = (parts(("application/sdp", SDP)),
                        "multipart/mixed;boundary=b-1") if i % 3 else (
                            SDP, "application/sdp")
            call = agent.invite(CALL, body=body, ct=ct)
            call.wait(180)
            call.cancel()
            assert call.final().status == 487
    round_of_calls(40)
    before = settled(proxy)
    round_of_calls(300)
    after = settled(proxy)
    assert_same(before, after)
    assert len(picky.invites) == 2 * 340


def test_commands_leave_nothing_behind(kamailio, uas, bad_pidf, good_pidf):
    proxy = e911_proxy(kamailio, uas("take"))
    bad = [text for _, text in bad_pidf("xxe", "deep", "truncated",
                                        "out-of-order_hno-before-rd")]
    documents = [json.dumps(AUSTIN), good_pidf, *bad, "{", "[]",
                 json.dumps({"RD": "x", "HNO": 1}), json.dumps({"RD": "x" * 9000})]

    def round_of_commands(n):
        for i in range(n):
            key = "u%d@x" % (i % 50)
            proxy.jsonrpc("e911.loc_set", [key, documents[i % len(documents)]])
            if i % 10 == 0:
                proxy.jsonrpc("e911.dryrun", [key, "911"])
                proxy.jsonrpc("e911.loc_get", [key])
                proxy.jsonrpc("e911.loc_list", [])
            proxy.jsonrpc("e911.loc_del", [key])
    round_of_commands(200)
    before = memory(proxy)
    round_of_commands(2000)
    assert_same(before, memory(proxy))


# ----- everything at once -----

def calls_while(proxy, agent, disturb, seconds=3):
    """How many calls were made, one after another, while disturb(i) ran."""
    stop, failed = threading.Event(), []

    def run():
        i = 0
        while not stop.is_set():
            try:
                disturb(i)
            except RpcError:
                pass
            except Exception as error:  # told below, not lost in the thread
                failed.append(error)
                return
            i += 1
    thread = threading.Thread(target=run)
    thread.start()
    end, n = time.monotonic() + seconds, 0
    try:
        while time.monotonic() < end:
            assert agent.invite(CALL).final().status == 200
            n += 1
    finally:
        stop.set()
        thread.join()
    assert not failed
    return n


def test_table_of_destinations_changes_under_calls(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp)
    other = uas("refuse:503").uri()

    def disturb(i):
        proxy.jsonrpc("dispatcher.reload" if i % 7 == 0 else
                      "dispatcher.add" if i % 2 else "dispatcher.remove",
                      [] if i % 7 == 0 else [1, other])
    assert calls_while(proxy, ua(proxy), disturb) > 10


def test_flood_of_documents_under_calls(kamailio, uas, ua, bad_pidf):
    proxy = e911_proxy(kamailio, uas("take"))
    documents = [text for _, text in bad_pidf("deep", "many-elements", "xxe")]
    documents += ["{" * 20000, json.dumps(AUSTIN)]
    assert calls_while(proxy, ua(proxy), lambda i: proxy.jsonrpc(
        "e911.loc_set", ["a%d@x" % i, documents[i % 5]])) > 10


def test_thousand_calls_at_once(kamailio, sipp, ersp_sim):
    ersp = ersp_sim("--behave", "take")
    proxy = e911_proxy(kamailio, (1, ersp.uri()), PARAMS=DEFAULT_SITE)
    result = sipp("agent-911.xml", proxy, "-s", "911", "-m", "1000", "-r", "200",
                  "-l", "1000", "-d", "100", timeout=40)
    assert result.status == 0, result.output[-2000:]
    assert counters(proxy)["calls"] == 1000
