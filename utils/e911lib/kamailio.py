# SPDX-License-Identifier: GPL-2.0-or-later
"""Kamailio's JSON-RPC, and what may go wrong with it."""
import contextlib
import itertools
import json
import socket
import time
import urllib.error
import urllib.request

NO, USAGE, UNREACHED = 1, 2, 3
REQUEST_MAX = 65000  # jsonrpcs cuts off what is longer
PAGE = {"unix": 100, "udp": 30, "http": 100}  # rows; a datagram bears 64 kB


class Failure(Exception):
    """What ends the command: its text, and the exit status."""

    def __init__(self, text, status=NO):
        super().__init__(text)
        self.status = status


class Refused(Failure):
    """Kamailio has answered with an error."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class Unreached(Failure):
    def __init__(self, text):
        super().__init__(text, UNREACHED)


class Kamailio:
    """where: [unix:]PATH or udp:HOST:PORT (dgram_socket of jsonrpcs), or the
    URL of its JSON-RPC over HTTP."""

    def __init__(self, where, timeout):
        self.where = where
        self.timeout = timeout
        self.ids = itertools.count(1)
        self.socket = None
        self.kind = "udp" if where.startswith("udp:") else \
            "http" if where.startswith(("http:", "https:")) else "unix"

    def ask(self, method, *params):
        """Its result. Refused or Unreached."""
        number = next(self.ids)
        request = json.dumps({"jsonrpc": "2.0", "id": number, "method": method,
                              "params": list(params)}).encode()
        if len(request) > REQUEST_MAX:
            raise Failure("%s: more than %d bytes" % (method, REQUEST_MAX))
        try:
            reply = self.by_http(request) if self.kind == "http" \
                else self.by_datagram(request, number)
        except TimeoutError:
            raise Unreached("%s: no answer in %g s" % (
                self.where, self.timeout)) from None
        except (OSError, ValueError) as e:
            raise Unreached("%s: %s" % (
                self.where, getattr(e, "strerror", None) or e)) from None
        if "error" in reply:
            raise Refused(reply["error"].get("code"),
                          reply["error"].get("message", "refused"))
        return reply.get("result")

    def try_ask(self, method, *params):
        """None where it is refused: this Kamailio may not have it."""
        with contextlib.suppress(Refused):
            return self.ask(method, *params)
        return None

    def by_datagram(self, request, number):
        if self.socket is None:
            self.socket = self.connect()
        self.socket.send(request)
        end = time.monotonic() + self.timeout
        while True:
            self.socket.settimeout(max(end - time.monotonic(), 0.001))
            reply = json.loads(self.socket.recv(1 << 20))
            if reply.get("id") == number:  # not a late one
                return reply

    def connect(self):
        if self.kind == "udp":
            host, _, port = self.where[4:].rpartition(":")
            if not port.isdigit():
                raise Failure("%s: no port" % self.where, USAGE)
            kind, *_, address = socket.getaddrinfo(
                host.strip("[]"), int(port), type=socket.SOCK_DGRAM)[0]
        else:
            kind, address = socket.AF_UNIX, self.where.removeprefix("unix:")
        client = socket.socket(kind, socket.SOCK_DGRAM)
        if kind == socket.AF_UNIX:
            # a name that needs no folder both of us may write to
            client.bind("")
        client.settimeout(self.timeout)
        client.connect(address)
        return client

    def by_http(self, request):
        call = urllib.request.Request(
            self.where, request, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(call, timeout=self.timeout) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as e:
            with contextlib.suppress(ValueError):
                reply = json.loads(e.read())
                if isinstance(reply, dict) and "error" in reply:
                    return reply
            raise OSError("HTTP %d" % e.code) from None
        except urllib.error.URLError as e:
            if isinstance(e.reason, TimeoutError):
                raise e.reason from None
            raise OSError(e.reason) from None

    def pages(self, method, *before, behind=()):
        """All rows of a command that answers page by page."""
        cursor = "0"
        while cursor:
            rows = self.ask(method, *before, cursor, PAGE[self.kind], *behind)
            cursor = None
            for row in rows:
                if set(row) == {"next"}:
                    cursor = row["next"]
                else:
                    yield row
