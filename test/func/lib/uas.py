# SPDX-License-Identifier: GPL-2.0-or-later
"""An ERSP inside the test process, scripted call by call."""
import asyncio
import itertools
import socket
import threading
import time
from dataclasses import dataclass, field

from erspsim import behave, uas as engine
from erspsim.behave import Plan, Step
from erspsim.message import Message, build, response

from .pidf import assert_emitted
from .ports import free_port
from .ua import unique, uri_in


@dataclass
class Arrival:
    message: Message
    time: float  # time.monotonic()
    transport: str
    peer: tuple
    send: object  # function of bytes: back to whence it came
    answers: list = field(default_factory=list)  # statuses planned, or given


def as_plan(result):
    """Plan from what a behaviour gave: Plan, [Step], status, words or None."""
    if isinstance(result, Plan):
        return result
    if isinstance(result, int):
        return behave.plan(100, result)
    return Plan([s if isinstance(s, Step) else Step(s) for s in result or []])


def as_behaviour(item):
    """Function from an INVITE to a Plan."""
    if isinstance(item, str):
        return behave.parse_one(item)
    if not callable(item):
        return lambda request: as_plan(item)

    def call(request):
        result = item(request)
        if isinstance(result, str):
            return behave.parse_one(result)(request)
        return as_plan(result)
    return call


class UAS:
    """behaviours: for successive calls, the last one repeats: words as those
    of ersp-sim, a status, a list of Steps, a Plan, or a function from the
    INVITE (Message) to one of these.
    transports: what is served; TCP left out is refused, UDP left out is heard
    by nobody. port_open=False: nobody listens at all. black_hole=True: UDP
    is swallowed, TCP connections never come about."""

    def __init__(self, *behaviours, transports=("udp", "tcp"), port_open=True,
                 black_hole=False, options=200, host="127.0.0.1", port=0):
        self.host = host
        self.news = threading.Condition()
        self.requests = []  # Arrivals of all, re-sent ones as well
        self.invites = []  # Arrivals of new calls only
        self.responses = []  # Messages, to requests of its own
        self.cseqs = itertools.count(1)
        self.held = []
        self.engine = None
        if not port_open:
            self.port = free_port(host)
            return
        udp, tcp = engine.bind(host, port)
        self.port = udp.getsockname()[1]
        if black_hole:
            self.swallow(udp, tcp)
            return
        self.engine = engine.Uas(
            [as_behaviour(b) for b in behaviours or ("take",)], options)
        self.engine.on_request = self.heard
        self.engine.on_event = self.event
        self.engine.on_response = self.answered
        served = {"udp": udp, "tcp": tcp}
        # Bound but not listening: the port stays ours, and is refused.
        self.held = [s for t, s in served.items() if t not in transports]
        self.serve({t: served[t] for t in transports})

    def swallow(self, udp, tcp):
        tcp.listen(0)
        self.held = [udp, tcp]
        # The kernel drops every SYN once the queue of listen(0) is full.
        for _ in range(2):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((self.host, self.port))
            self.held.append(filler)

    def serve(self, sockets):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        asyncio.run_coroutine_threadsafe(
            self.engine.listen(**sockets), self.loop).result(5)

    def close(self):
        for thing in self.held:
            thing.close()
        if self.engine:
            self.loop.call_soon_threadsafe(self.engine.close)
            # Transports close in the round after they were told to.
            self.loop.call_soon_threadsafe(
                self.loop.call_later, 0, self.loop.stop)
            self.thread.join(5)
            self.loop.close()
        assert_emitted([a.message for a in self.requests])

    def uri(self, transport=None):
        end = ";transport=" + transport if transport else ""
        return "sip:%s:%d%s" % (self.host, self.port, end)

    # ----- what came -----

    def heard(self, message, peer):
        with self.news:
            self.requests.append(Arrival(message, time.monotonic(),
                                         peer.transport, peer.address,
                                         peer.send))
            self.news.notify_all()

    def event(self, event):
        if event.kind == "invite":
            with self.news:
                self.invites.append(self.requests[-1])
                self.requests[-1].answers.extend(event.answers)
                self.news.notify_all()

    def answered(self, message, peer):
        with self.news:
            self.responses.append(message)
            self.news.notify_all()

    def of(self, method):
        """Arrivals of that method so far."""
        with self.news:
            return [a for a in self.requests if a.message.method == method]

    def wait_for(self, method, n=1, timeout=5):
        """The first n Arrivals of that method."""
        with self.news:
            enough = self.news.wait_for(
                lambda: len(self.of(method)) >= n, timeout)
        came = self.of(method)
        assert enough, "%d of %d %s within %g s" % (
            len(came), n, method, timeout)
        return came[:n]

    def wait_invites(self, n=1, timeout=5):
        """Messages of the first n calls."""
        with self.news:
            enough = self.news.wait_for(
                lambda: len(self.invites) >= n, timeout)
            came = [a.message for a in self.invites]
        assert enough, "%d of %d calls within %g s" % (len(came), n, timeout)
        return came[:n]

    # ----- by hand -----

    def answer(self, arrival, status, tag, headers=(), body=None, user="psap"):
        """An answer beside those of the behaviour, in a dialog of its own."""
        headers, invite = list(headers), arrival.message
        if 100 < status < 300:
            call = self.engine.open[engine.key(invite)]
            self.engine.dialogs[invite.call_id, tag] = call
            headers.append(("Contact", "<sip:%s@%s:%d;transport=%s>" % (
                user, self.host, self.port, arrival.transport)))
        if body is None and status in (183, 200):
            body = engine.sdp_answer(invite.sdp, self.host)
        if body:
            headers.append(("Content-Type", "application/sdp"))
        arrival.answers.append(status)
        self.loop.call_soon_threadsafe(arrival.send, response(
            invite, status, tag, headers, body or b""))

    def request(self, arrival, method, tag=None, headers=(), body=b"", cseq=None):
        """A request of its own to who sent that INVITE; its CSeq number."""
        invite = arrival.message
        tag = tag or self.engine.open[engine.key(invite)].tag
        cseq = cseq or next(self.cseqs)
        fixed = [("Via", "SIP/2.0/%s %s:%d;branch=%s" % (
            arrival.transport.upper(), self.host, self.port, unique("z9hG4bK"))),
            ("Max-Forwards", "70")]
        fixed += [("Route", r.strip()) for v in invite.all("Record-Route")
                  for r in v.split(",")]
        fixed += [("From", "%s;tag=%s" % (invite.h("To"), tag)),
                  ("To", invite.h("From")), ("Call-ID", invite.call_id),
                  ("CSeq", "%d %s" % (cseq, method)),
                  ("Contact", "<sip:psap@%s:%d;transport=%s>" % (
                      self.host, self.port, arrival.transport)), *headers]
        if body:
            fixed.append(("Content-Type", "application/sdp"))
        start = "%s %s SIP/2.0" % (method, uri_in(invite.h("Contact")))
        self.loop.call_soon_threadsafe(arrival.send, build(start, fixed, body))
        return cseq

    def wait_response(self, cseq, timeout=5):
        """The final response to its request of that CSeq number."""
        def found():
            return [m for m in self.responses if m.cseq == cseq and m.status >= 200]
        with self.news:
            assert self.news.wait_for(found, timeout), "no answer to %d" % cseq
            return found()[0]
