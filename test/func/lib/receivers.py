# SPDX-License-Identifier: GPL-2.0-or-later
"""Who is told of calls: over HTTP, by mail, by SIP; each may be slow, refuse,
hang, or be down for a while on the same port."""
import asyncio
import email
import email.policy
import hashlib
import hmac
import json
import socket
import threading
import time

from aiosmtpd.controller import Controller
from erspsim.message import Message, response

from .ports import free_port
from .validator import Validator
from .wait import until

OK = (200, "text/plain", "")


class Webhook:
    """notices: [JSON] of those that were acknowledged with 2xx; seen: of all."""

    def __init__(self, answer=OK, up=True, host="127.0.0.1", **how):
        self.answer, self.host, self.how = answer, host, how
        self.port = free_port(host)
        self.server = None
        self.old = []
        if up:
            self.up()

    def up(self):
        self.server = Validator(self.answer, host=self.host, port=self.port,
                                **self.how)

    def down(self):
        if self.server:
            # a connection that is kept is no way in either
            self.server.answer = "close"
            self.old += list(self.server.requests)
            self.server.close()
            self.server = None

    close = down

    def set(self, answer):
        self.answer = answer
        if self.server:
            self.server.answer = answer
            # who hangs in the answer before hangs no longer
            if answer != "hang":
                self.server.closed.set()

    @property
    def requests(self):
        return self.old + (list(self.server.requests) if self.server else [])

    @property
    def seen(self):
        return [json.loads(body) for _, _, body in self.requests]

    def events(self, call=None):
        """All events that it was told of, in order, those of a notice that
        stands for others as well."""
        return [event for notice in self.seen for event in notice["events"]
                if call in (None, notice["call"])]

    def wait_events(self, *words, timeout=5):
        """Until it was told of exactly these."""
        until(lambda: [e["event"] for e in self.events()] == list(words),
              timeout, "events %s" % (words,))
        return self.events()

    def wait(self, n=1, timeout=5, want=lambda notice: True):
        """The first n notices of which want is true."""
        def enough():
            found = [x for x in self.seen if want(x)]
            return found[:n] if len(found) >= n else None
        return until(enough, timeout, "%d notices" % n)

    def url(self, path="/notices"):
        return "http://%s:%d%s" % (self.host, self.port, path)


def sealed(headers, body, key):
    """Is it signed with this key, and not long ago?"""
    parts = dict(p.split("=", 1)
                 for p in headers["X-E911-Signature"].split(","))
    want = hmac.new(key, parts["t"].encode() + b"." + body.encode(),
                    hashlib.sha256).hexdigest()
    return hmac.compare_digest(want, parts["v1"]) and \
        abs(time.time() - int(parts["t"])) < 60


class Handler:
    def __init__(self, box):
        self.box = box

    async def handle_DATA(self, server, session, envelope):
        if self.box.delay:
            await asyncio.sleep(self.box.delay)
        if self.box.answer.startswith("250"):
            self.box.mails.append(envelope)
        return self.box.answer


class MailBox:
    """A mail server. mails: envelopes it has taken."""

    def __init__(self, answer="250 taken", delay=0, up=True):
        self.answer, self.delay = answer, delay
        self.port = free_port()
        self.mails = []
        self.controller = None
        if up:
            self.up()

    def up(self):
        self.controller = Controller(Handler(self), hostname="127.0.0.1",
                                     port=self.port)
        self.controller.start()

    def close(self):
        if self.controller:
            self.controller.stop()
            self.controller = None

    @property
    def url(self):
        return "smtp://127.0.0.1:%d" % self.port

    def messages(self):
        """Parsed, as a reader of mail sees them."""
        return [email.message_from_bytes(e.content, policy=email.policy.default)
                for e in list(self.mails)]

    def wait(self, n=1, timeout=5):
        until(lambda: len(self.mails) >= n, timeout, "%d mails" % n)
        return self.messages()[:n]


class SipDesk:
    """A phone that takes MESSAGE over UDP. answer: a status, or 0: none.
    messages: of those that it has seen, not sent again."""

    def __init__(self, answer=200, up=True):
        self.answer = answer
        self.port = free_port()
        self.messages, self.branches = [], set()
        self.socket = None
        if up:
            self.up()

    def up(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", self.port))
        self.socket.settimeout(0.1)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def close(self):
        if self.socket:
            mine, self.socket = self.socket, None
            self.thread.join(5)
            mine.close()

    def read(self):
        while self.socket:
            try:
                data, peer = self.socket.recvfrom(65536)
            except OSError:
                continue
            message = Message.parse(data)
            if message.branch not in self.branches:
                self.branches.add(message.branch)
                self.messages.append(message)
            mine = self.socket
            if self.answer and mine:
                mine.sendto(response(message, self.answer, "desk"), peer)

    @property
    def uri(self):
        return "sip:desk@127.0.0.1:%d" % self.port

    def wait(self, n=1, timeout=5):
        until(lambda: len(self.messages) >= n, timeout, "%d messages" % n)
        return self.messages[:n]


class Silence:
    """Takes connections and says nothing."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.socket.getsockname()[1]

    def close(self):
        self.socket.close()
