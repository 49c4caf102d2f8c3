# SPDX-License-Identifier: GPL-2.0-or-later
"""A phone and the server that its calls go to. One request is under way at a
time and none is sent twice: all runs are the same, to the instruction."""
import select
import socket
import time

from harness import SDP, Message, build, response

USER = "agent7"
DOMAIN = "example.com"
AOR = "%s@%s" % (USER, DOMAIN)
SECONDS = 60


def udp_socket():
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.settimeout(SECONDS)
    return made


class Line:
    def __init__(self):
        self.phone = udp_socket()
        self.server = udp_socket()
        self.proxy = None  # address, once it is known
        self.port = self.phone.getsockname()[1]
        self.server_port = self.server.getsockname()[1]
        self.contact = "sip:%s@127.0.0.1:%d;transport=udp" % (USER, self.port)
        self.number = 10000000  # of the request: as long for each
        self.up = []  # 200s of calls that have not ended

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.phone.close()
        self.server.close()

    @property
    def destinations(self):
        """Of the dispatcher."""
        return self.destination()

    def destination(self, attributes=""):
        return "1 sip:127.0.0.1:%d 0 0 %s\n" % (self.server_port, attributes)

    def request(self, method, uri, to, call_id=None, headers=(), body=b"",
                tag=None, aor=AOR, instance=None):
        self.number += 1
        return build("%s %s SIP/2.0" % (method, uri), [
            ("Via", "SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bKb%d" % (
                self.port, self.number)),
            ("From", "<sip:%s>;tag=%s" % (aor, tag or "f%d" % self.number)),
            ("To", to if ">" in to else "<%s>" % to),
            ("Call-ID", call_id or "c%d@127.0.0.1" % self.number),
            ("CSeq", "%d %s" % (self.number, method)),
            ("Contact", "<%s>%s" % (self.contact, instance and
             ';+sip.instance="<%s>"' % instance or "")),
            ("User-Agent", "Acme SIP Phone 1.2.3"),
            ("Max-Forwards", "70"), *headers], body)

    def to_proxy(self, method, user=None, **how):
        uri = "sip:%s127.0.0.1:%d" % (user + "@" if user else "", self.proxy[1])
        self.phone.sendto(self.request(method, uri, uri, **how), self.proxy)

    def answer(self):
        """Status of the final answer."""
        while True:
            message = Message.parse(self.phone.recv(65536))
            if message.cseq == self.number and message.status >= 200:
                if message.method == "INVITE" and message.status == 200:
                    self.up.append(message)
                return message.status

    def register(self, aor=AOR, instance=None):
        uri = "sip:" + DOMAIN
        self.phone.sendto(self.request(
            "REGISTER", uri, "sip:" + aor, "r1@127.0.0.1",
            [("Expires", "3600")], aor=aor, instance=instance), self.proxy)
        assert self.answer() == 200

    def send_invite(self, user, body=SDP, kind="application/sdp", headers=()):
        self.to_proxy("INVITE", user,
                      headers=[("Content-Type", kind), *headers], body=body)

    def serve(self):
        """Takes the next request at the server, which it answers with 200."""
        data, address = self.server.recvfrom(65536)
        request = Message.parse(data)
        contact = "<sip:127.0.0.1:%d>" % self.server_port
        self.server.sendto(response(request, 200, "s1", [
            ("Contact", contact), ("Content-Type", "application/sdp")], SDP),
            address)
        return request

    def served(self):
        """Until the 200 is here; the request that the server got."""
        while True:
            request = self.serve()
            if request.cseq == self.number:
                break
        assert self.answer() == 200
        return request

    def call(self, user, **how):
        self.send_invite(user, **how)
        return self.served()

    def refused(self, user):
        """A call that the proxy itself ends; its status."""
        self.send_invite(user)
        number, status = self.number, self.answer()
        # the ACK is of the same transaction
        self.number -= 1
        uri = "sip:%s@127.0.0.1:%d" % (user, self.proxy[1])
        ack = self.request("ACK", uri, "<%s>;tag=x" % uri,
                           "c%d@127.0.0.1" % number)
        self.phone.sendto(ack, self.proxy)
        return status

    def hang_up(self):
        """Ends all calls that are up."""
        calls, self.up = self.up, []
        for answer in calls:
            route = [("Route", r) for r in reversed(answer.all("Record-Route"))]
            self.phone.sendto(self.request(
                "BYE", "sip:127.0.0.1:%d" % self.server_port, answer.h("To"),
                answer.call_id, route, tag=answer.tag("From")), self.proxy)
            self.served()

    def call_within(self, user, seconds):
        """Seconds until the 200 of a call is here; None: it is lost."""
        self.send_invite(user)
        start = time.monotonic()
        while time.monotonic() < start + seconds:
            for ready in select.select([self.phone, self.server], [], [],
                                       seconds / 100)[0]:
                if ready is self.server:
                    self.serve()
                    continue
                message = Message.parse(self.phone.recv(65536))
                if message.cseq == self.number and message.status >= 200:
                    return (time.monotonic() - start
                            if message.status == 200 else None)
        return None

    # ----- a proxy that is just starting -----

    def first_answers(self, methods, alive, every=0.005):
        """{method: seconds from now until the first answer to one of many
        requests}; an INVITE is an emergency call."""
        start, found, due = time.monotonic(), {}, 0
        while len(found) < len(methods):
            if time.monotonic() >= due:
                alive()
                due = time.monotonic() + every
                for method in methods:
                    self.try_again(method)
            for ready in select.select(
                    [self.phone, self.server], [], [], every)[0]:
                if ready is self.server:
                    self.serve()
                    continue
                message = Message.parse(self.phone.recv(65536))
                if message.status == 200:
                    found.setdefault(message.method, time.monotonic() - start)
        return found

    def try_again(self, method):
        if method == "INVITE":
            self.send_invite("911")
        else:
            self.to_proxy(method)
