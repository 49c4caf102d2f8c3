# SPDX-License-Identifier: GPL-2.0-or-later
"""An agent: sends requests to the proxy, keeps what comes back."""
import itertools
import os
import re
import socket
import threading
import time

from erspsim.message import Message, Unreadable, build, response, take_message

from .connection import Tls, WebSocket
from .pidf import bring

SDP = (b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
       b"t=0 0\r\nm=audio 40100 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n")
counter = itertools.count(1)


def unique(prefix):
    return "%s%d-%d" % (prefix, os.getpid(), next(counter))


def uri_in(value):
    """URI of a name-addr or addr-spec."""
    found = re.search(r"<([^>]*)>", value)
    return found.group(1) if found else value.split(";")[0].strip()


class Transaction:
    """One request of a UA and the responses to it, re-sent ones included."""

    def __init__(self, ua, raw):
        self.ua = ua
        self.raw = raw
        self.request = Message.parse(raw)
        bring(raw)
        self.responses = []

    @property
    def statuses(self):
        with self.ua.news:
            return [r.status for r in self.responses]

    @property
    def finals(self):
        """Final responses, one for each To tag."""
        with self.ua.news:
            last = {r.tag("To"): r for r in self.responses if r.status >= 200}
        return list(last.values())

    def wait(self, want, timeout=5):
        """First response of that status, or for which want(response)."""
        return self.ua.wait_in(self.responses, want, timeout)

    def final(self, timeout=5):
        return self.wait(lambda r: r.status >= 200, timeout)

    def send_again(self):
        self.ua.send(self.raw)


class Call(Transaction):
    """An INVITE. Errors are acknowledged by themselves, as they must; a 2xx
    by ack()."""

    def in_dialog(self, method, answer=None, headers=(), body=b""):
        """Bytes of a request within the dialog that answer (a 2xx) made."""
        answer = answer or self.final()
        routes = [r for v in answer.all("Record-Route") for r in v.split(",")]
        target = uri_in(answer.h("Contact") or self.request.ruri)
        cseq = self.request.cseq if method == "ACK" else next(self.ua.cseqs)
        fixed = [("Via", self.ua.via(unique("z9hG4bK"))), ("Max-Forwards", "70")]
        fixed += [("Route", r.strip()) for r in reversed(routes)]
        fixed += [("From", self.request.h("From")), ("To", answer.h("To")),
                  ("Call-ID", self.request.call_id),
                  ("CSeq", "%d %s" % (cseq, method)),
                  ("Contact", self.request.h("Contact"))]
        return build("%s %s SIP/2.0" % (method, target), fixed + list(headers),
                     body)

    def ack(self, answer=None):
        answer = answer or self.final()
        self.ua.send(self.in_dialog("ACK", answer))

    def bye(self, answer=None):
        """Transaction of the BYE."""
        return self.ua.start(Transaction(self.ua, self.in_dialog("BYE", answer)))

    def same_hop(self, method, to, headers=()):
        keep = [("Via", self.request.h("Via")), ("Max-Forwards", "70")]
        keep += [("Route", r) for r in self.request.all("Route")]
        keep += [("From", self.request.h("From")), ("To", to),
                 ("Call-ID", self.request.call_id),
                 ("CSeq", "%d %s" % (self.request.cseq, method)), *headers]
        return build("%s %s SIP/2.0" % (method, self.request.ruri), keep)

    def cancel(self, headers=()):
        """Transaction of the CANCEL; the INVITE's own final comes as 487."""
        return self.ua.start(Transaction(self.ua, self.same_hop(
            "CANCEL", self.request.h("To"), headers)))

    def acknowledge(self, message):
        if message.status >= 300:
            self.ua.send(self.same_hop("ACK", message.h("To")))


class UA:
    """A SIP client of one proxy. messages: all that came; requests: those of
    them that are requests (callbacks, BYE), which get answer(request)."""

    def __init__(self, proxy, transport="udp", user="alice",
                 domain="example.test", host="127.0.0.1", instance=None):
        self.transport = transport
        self.user = user
        self.domain = domain
        self.instance = instance
        self.tag = unique("t")
        self.cseqs = itertools.count(1)
        self.news = threading.Condition()
        self.messages = []
        self.transactions = {}
        self.answer = self.ok
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.bind((host, 0))
        self.socket.settimeout(5)
        self.socket.connect(proxy)
        if transport == "tls":
            self.socket = Tls(self.socket)
        elif transport == "ws":
            self.socket = WebSocket(self.socket, "%s:%d" % proxy)
        else:
            self.socket.settimeout(None)
        # one message each time, or a stream
        self.framed = transport in ("udp", "ws")
        self.host, self.port = self.socket.getsockname()
        self.open = True
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    @property
    def aor(self):
        return "sip:%s@%s" % (self.user, self.domain)

    @property
    def contact(self):
        end = ';+sip.instance="<%s>"' % self.instance if self.instance else ""
        return "<sip:%s@%s:%d;transport=%s>%s" % (
            self.user, self.host, self.port, self.transport, end)

    @property
    def requests(self):
        with self.news:
            return [m for m in self.messages if not m.status]

    def close(self):
        """The reader ends first: else it may take what comes for the next
        socket that is given the same number."""
        self.open = False
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.reader.join(5)
        self.socket.close()

    # ----- sending -----

    def send(self, data):
        self.socket.sendall(data)

    def via(self, branch):
        return "SIP/2.0/%s %s:%d;rport;branch=%s" % (
            self.transport.upper(), self.host, self.port, branch)

    def message(self, method, ruri, body=b"", ct=None, headers=(), from_=None,
                to=None, contact=None):
        """Bytes of a request that opens a dialog or stands alone."""
        fixed = [("Via", self.via(unique("z9hG4bK"))), ("Max-Forwards", "70"),
                 ("From", (from_ or "<%s>" % self.aor) + ";tag=" + self.tag),
                 ("To", to or "<%s>" % ruri), ("Call-ID", unique("c")),
                 ("CSeq", "%d %s" % (next(self.cseqs), method)),
                 ("Contact", contact or self.contact), *headers]
        if body:
            fixed.append(("Content-Type", ct or "application/sdp"))
        return build("%s %s SIP/2.0" % (method, ruri), fixed, body)

    def start(self, transaction):
        """Registers a transaction for its responses, then sends it."""
        request = transaction.request
        self.transactions[request.branch, request.method] = transaction
        self.send(transaction.raw)
        return transaction

    def request(self, method, ruri, **how):
        return self.start(Transaction(self, self.message(method, ruri, **how)))

    def invite(self, ruri, body=SDP, ct="application/sdp", headers=(),
               from_=None, contact=None):
        return self.start(Call(self, self.message(
            "INVITE", ruri, body, ct, headers, from_, contact=contact)))

    def register(self, expires=60, headers=(), contact=None, **how):
        return self.request(
            "REGISTER", "sip:" + self.domain, to="<%s>" % self.aor,
            contact=contact, headers=[("Expires", str(expires)), *headers],
            **how)

    # ----- receiving -----

    def read(self):
        buffer = b""
        while True:
            try:
                data = self.socket.recv(65536)
            except ConnectionRefusedError:
                continue  # what UDP says of an earlier datagram
            except OSError:
                return
            if not self.open or (not data and not self.framed):
                return
            try:
                buffer = self.take(data, buffer)
            except OSError:
                return  # closed by the test before the answer was sent

    def take(self, data, buffer):
        if self.framed:
            self.arrive(data)
            return b""
        message, buffer = take_message(buffer + data)
        while message:
            self.arrive(message)
            message, buffer = take_message(buffer)
        return buffer

    def arrive(self, data):
        try:
            message = Message.parse(data)
        except Unreadable:
            return
        transaction = None
        if message.status:
            transaction = self.transactions.get((message.branch, message.method))
        if transaction and message.method == "INVITE":
            transaction.acknowledge(message)
        with self.news:
            self.messages.append(message)
            if transaction:
                transaction.responses.append(message)
            self.news.notify_all()
        if message.method != "ACK" and not message.status:
            for data in self.answer(message):
                self.send(data)

    def ok(self, request):
        """What a request gets: a list of responses; set answer to change."""
        if request.method != "INVITE":
            return [response(request, 200, self.tag)]
        headers = [("Contact", self.contact), ("Content-Type", "application/sdp")]
        return [response(request, 200, self.tag, headers, SDP)]

    # ----- waiting -----

    def wait_in(self, messages, want, timeout):
        if isinstance(want, int):
            status = want
            def want(message): return message.status == status
        end = time.monotonic() + timeout
        with self.news:
            while True:
                for message in messages:
                    if want(message):
                        return message
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError("not within %g s; came: %s" % (
                        timeout, [m.start for m in messages]))
                self.news.wait(left)

    def wait(self, want, timeout=5):
        """First of all messages with that status, or for which want(m)."""
        return self.wait_in(self.messages, want, timeout)

    def wait_request(self, method, timeout=5):
        return self.wait(lambda m: not m.status and m.method == method, timeout)
