# SPDX-License-Identifier: GPL-2.0-or-later
"""A scripted SIP server on UDP and TCP: transactions, re-sent answers, and
one behaviour for each new call. Runs inside an asyncio loop."""
import asyncio
import re
import secrets
import socket
import time
from dataclasses import dataclass, replace

from . import behave
from .message import SDP, Message, Unreadable, response, take_message

T1 = 0.5
T2 = 4.0
LIFETIME = 64 * T1
CALL_MAX = 3600  # seconds after which a call without a BYE is forgotten
ALLOW = ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE")


@dataclass
class Peer:
    transport: str  # udp or tcp
    address: tuple
    send: object  # function of bytes

    def __str__(self):
        return "%s:%d (%s)" % (*self.address[:2], self.transport)


@dataclass
class Event:
    """kind: invite, reinvite, ack, cancel or bye; never a re-sent request.
    answers: statuses sent, or planned, for this request."""
    kind: str
    time: float
    number: int  # of the call, from 1; 0 if of none
    request: Message
    peer: Peer
    answers: list


class Call:
    """One INVITE transaction and the dialog that it makes."""

    def __init__(self, number, request, peer, plan):
        self.number = number
        self.request = request
        self.peer = peer
        self.plan = plan
        self.tag = secrets.token_hex(6)
        self.last = None  # bytes of the last answer
        self.final = 0
        self.acked = False
        self.timer = None

    def stop_timer(self):
        if self.timer:
            self.timer.cancel()
        self.timer = None


def key(request):
    """Same for an INVITE, what re-sends it and its CANCEL; not for a fork."""
    return request.branch, request.call_id, request.cseq


def dialog(request):
    return request.call_id, request.tag("To")


def sdp_answer(offer, host, free=40000):
    """One audio stream accepted, everything else refused (RFC 3264): with its
    first codec that needs no rtpmap."""
    lines = ["v=0", "o=- 1 1 IN IP4 " + host, "s=-", "c=IN IP4 " + host, "t=0 0"]
    media = re.findall(r"^m=(\w+) \S+ (\S+) (\S+[\d ]*)",
                       offer.decode("latin-1"), re.M)
    for kind, profile, codecs in media or [("audio", "RTP/AVP", "0")]:
        port, free = (free, 0) if kind == "audio" else (0, free)
        codecs = codecs.split()
        codec = next((c for c in codecs if c.isdigit() and int(c) < 35),
                     codecs[0])
        lines.append("m=%s %d %s %s" % (kind, port, profile, codec))
    return ("\r\n".join(lines) + "\r\n").encode("latin-1")


class Udp(asyncio.DatagramProtocol):
    def __init__(self, uas):
        self.uas = uas

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        if data.strip(b"\r\n\0"):
            self.uas.receive(data, Peer("udp", address, lambda answer:
                             self.transport.sendto(answer, address)))


class Tcp(asyncio.Protocol):
    def __init__(self, uas):
        self.uas = uas
        self.buffer = b""

    def connection_made(self, transport):
        self.transport = transport
        self.peer = Peer("tcp", transport.get_extra_info("peername"), self.send)
        self.uas.connections.add(transport)

    def connection_lost(self, error):
        self.uas.connections.discard(self.transport)

    def send(self, answer):
        if not self.transport.is_closing():
            self.transport.write(answer)

    def data_received(self, data):
        self.buffer += data
        try:
            message, self.buffer = take_message(self.buffer)
            while message:
                self.uas.receive(message, self.peer)
                message, self.buffer = take_message(self.buffer)
        except Unreadable as error:
            # Where the next message would begin is not known any more.
            self.buffer = b""
            self.uas.on_unreadable(error, self.peer)
            self.transport.close()


class Uas:
    """behaviours: functions from an INVITE to a behave.Plan, for successive
    calls; the last one repeats. options: status for OPTIONS, 0 for none. media:
    port for audio."""

    def __init__(self, behaviours, options=200, media=40000):
        self.behaviours = behaviours
        self.media = media  # port in SDP
        self.options = options
        self.calls = 0
        self.open = {}  # transaction key -> Call
        self.dialogs = {}
        self.answered = {}  # other transactions -> bytes
        self.connections = set()
        self.listeners = []
        self.on_event = lambda event: None
        self.on_request = lambda request, peer: None
        self.on_response = lambda response, peer: None
        self.on_unreadable = lambda error, peer: None

    async def listen(self, udp=None, tcp=None):
        """Serves bound sockets; tcp one also gets its listen()."""
        self.loop = asyncio.get_running_loop()
        self.host = (udp or tcp).getsockname()[0]
        self.port = (udp or tcp).getsockname()[1]
        if udp:
            transport, _ = await self.loop.create_datagram_endpoint(
                lambda: Udp(self), sock=udp)
            self.listeners.append(transport)
        if tcp:
            self.listeners.append(await self.loop.create_server(
                lambda: Tcp(self), sock=tcp, backlog=512))

    def close(self):
        for thing in [*self.listeners, *self.connections]:
            thing.close()
        for call in self.open.values():
            call.stop_timer()

    # ----- requests -----

    def receive(self, data, peer):
        try:
            request = Message.parse(data)
        except Unreadable as error:
            self.on_unreadable(error, peer)
            return
        if request.status:
            self.on_response(request, peer)
            return
        self.on_request(request, peer)
        handler = {"INVITE": self.invite, "ACK": self.ack, "CANCEL": self.cancel,
                   "BYE": self.bye, "OPTIONS": self.ping,
                   "PRACK": self.inside, "UPDATE": self.inside}
        handler.get(request.method, self.unknown)(request, peer)

    def tell(self, kind, call, request, peer, answers):
        self.on_event(Event(kind, time.time(), call.number if call else 0,
                            request, peer, answers))

    def invite(self, request, peer):
        call = self.open.get(key(request))
        if call:
            call.peer = peer
            if call.last and not call.acked:
                peer.send(call.last)
        elif dialog(request) in self.dialogs:
            self.reinvite(request, peer)
        elif request.tag("To"):
            peer.send(response(request, 481, "none"))
        else:
            self.new_call(request, peer)

    def new_call(self, request, peer):
        behaviour = self.behaviours[min(self.calls, len(self.behaviours) - 1)]
        self.calls += 1
        call = Call(self.calls, request, peer, behaviour(request))
        self.open[key(request)] = call
        self.dialogs[request.call_id, call.tag] = call
        self.loop.call_later(CALL_MAX, self.forget, call)
        self.tell("invite", call, request, peer, call.plan.statuses)
        self.walk(call, list(call.plan.steps))

    def reinvite(self, request, peer):
        first = self.dialogs[dialog(request)]
        call = Call(first.number, request, peer, behave.plan(200))
        call.tag = first.tag
        self.open[key(request)] = call
        self.dialogs[dialog(request)] = call
        self.tell("reinvite", call, request, peer, [200])
        self.walk(call, list(call.plan.steps))

    def ack(self, request, peer):
        call = self.dialogs.get(dialog(request))
        if call and call.final and not call.acked:
            call.acked = True
            call.stop_timer()
            self.tell("ack", call, request, peer, [])
            if call.final >= 300:
                self.forget_later(call)

    def cancel(self, request, peer):
        call = self.open.get(key(request))
        if self.repeated(request, peer):
            return
        if not call:
            self.reply(request, peer, 481)
        elif call.plan.on_cancel is None:
            self.remember(request, b"")
            self.tell("cancel", call, request, peer, [])
        else:
            self.tell("cancel", call, request, peer, [200])
            self.reply(request, peer, 200, call.tag)
            if not call.final:
                call.stop_timer()
                self.answer(call, behave.Step(call.plan.on_cancel))

    def bye(self, request, peer):
        if self.repeated(request, peer):
            return
        # The dialog stays for a while: its ACK may have been overtaken.
        call = self.dialogs.get(dialog(request))
        self.tell("bye", call, request, peer, [200 if call else 481])
        self.reply(request, peer, 200 if call else 481)
        if call:
            call.stop_timer()
            self.forget_later(call)

    def inside(self, request, peer):
        """PRACK (RFC 3262) and UPDATE (RFC 3311): also before the answer to
        the INVITE; an offer is answered."""
        if self.repeated(request, peer):
            return
        call, headers, body = self.dialogs.get(dialog(request)), [], b""
        if call and request.sdp:
            headers = [("Content-Type", SDP)]
            body = sdp_answer(request.sdp, self.address_for(peer),
                              self.media)
        self.reply(request, peer, 200 if call else 481, headers=headers, body=body)

    def ping(self, request, peer):
        if self.options:
            peer.send(response(request, self.options, "ping", [ALLOW]))

    def unknown(self, request, peer):
        peer.send(response(request, 405, "none", [ALLOW]))

    # ----- answers -----

    def repeated(self, request, peer):
        """True if that request came before; it gets its answer again."""
        answer = self.answered.get((request.method, *key(request)))
        if answer:
            peer.send(answer)
        return answer is not None

    def reply(self, request, peer, status, tag="none", headers=(), body=b""):
        answer = response(request, status, tag, headers, body)
        self.remember(request, answer)
        peer.send(answer)

    def remember(self, request, answer):
        name = request.method, *key(request)
        self.answered[name] = answer
        self.loop.call_later(LIFETIME, self.answered.pop, name, None)

    def walk(self, call, steps):
        """Sends the steps that are due, then waits for the next one."""
        call.timer = None
        while steps and not call.final:
            if steps[0].delay:
                due = replace(steps[0], delay=0)
                call.timer = self.loop.call_later(
                    steps[0].delay, self.walk, call, [due, *steps[1:]])
                return
            self.answer(call, steps.pop(0))

    def answer(self, call, step):
        headers, body = list(step.headers), step.body or b""
        host = self.address_for(call.peer)
        if 100 < step.status < 300:
            headers.append(("Contact", "<sip:psap@%s:%d;transport=%s>" % (
                host, self.port, call.peer.transport)))
        if step.body is None and step.status in (183, 200):
            body = sdp_answer(call.request.sdp, host, self.media)
            headers.append(("Content-Type", SDP))
        call.last = response(call.request, step.status, call.tag, headers, body)
        call.peer.send(call.last)
        if step.status >= 200:
            call.final = step.status
            self.send_again(call, T1, time.monotonic() + LIFETIME)

    def address_for(self, peer):
        """Address of ours that this peer can reach."""
        if self.host != "0.0.0.0":
            return self.host
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(peer.address)
            return probe.getsockname()[0]

    def send_again(self, call, interval, end):
        """Re-sends a final answer until its ACK or the end; an error over TCP
        is the transport's business (RFC 3261 17.2.1)."""
        def again():
            if time.monotonic() < end:
                call.peer.send(call.last)
                self.send_again(call, min(2 * interval, T2), end)
            else:
                self.forget(call)
        if call.final >= 300 and call.peer.transport == "tcp":
            self.forget_later(call)
        else:
            call.timer = self.loop.call_later(interval, again)

    def forget_later(self, call):
        self.loop.call_later(LIFETIME, self.forget, call)

    def forget(self, call):
        call.stop_timer()
        self.open.pop(key(call.request), None)
        if self.dialogs.get((call.request.call_id, call.tag)) is call:
            del self.dialogs[call.request.call_id, call.tag]


def bind(host, port):
    """(UDP socket, TCP socket) on one port that is free for both; port 0
    picks one."""
    for _ in range(50):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            udp.bind((host, port))
            tcp.bind((host, udp.getsockname()[1]))
            return udp, tcp
        except OSError:
            udp.close()
            tcp.close()
            if port:
                raise
    raise OSError("no port is free for both UDP and TCP")
