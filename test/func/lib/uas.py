# SPDX-License-Identifier: GPL-2.0-or-later
"""An ERSP inside the test process, scripted call by call."""
import asyncio
import socket
import threading
import time
from dataclasses import dataclass

from erspsim import behave, uas as engine
from erspsim.behave import Plan, Step
from erspsim.message import Message

from .ports import free_port


@dataclass
class Arrival:
    message: Message
    time: float  # time.monotonic()
    transport: str
    peer: tuple


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
                 black_hole=False, options=200, host="127.0.0.1"):
        self.host = host
        self.news = threading.Condition()
        self.requests = []  # Arrivals of all, re-sent ones as well
        self.invites = []  # Arrivals of new calls only
        self.held = []
        self.engine = None
        if not port_open:
            self.port = free_port(host)
            return
        udp, tcp = engine.bind(host, 0)
        self.port = udp.getsockname()[1]
        if black_hole:
            self.swallow(udp, tcp)
            return
        self.engine = engine.Uas(
            [as_behaviour(b) for b in behaviours or ("take",)], options)
        self.engine.on_request = self.heard
        self.engine.on_event = self.event
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

    def uri(self, transport=None):
        end = ";transport=" + transport if transport else ""
        return "sip:%s:%d%s" % (self.host, self.port, end)

    # ----- what came -----

    def heard(self, message, peer):
        with self.news:
            self.requests.append(Arrival(message, time.monotonic(),
                                         peer.transport, peer.address))
            self.news.notify_all()

    def event(self, event):
        if event.kind == "invite":
            with self.news:
                self.invites.append(self.requests[-1])
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
