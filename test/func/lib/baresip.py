# SPDX-License-Identifier: GPL-2.0-or-later
"""A real phone: baresip without sound hardware, told what to do over TCP."""
import json
import os
import signal
import socket
import subprocess
import threading

from .ports import free_port
from .wait import until

BARESIP = os.environ.get("BARESIP", "/usr/bin/baresip")

# The ERSP hears a tone, nobody hears the ERSP. RTP stays below the ports that
# the kernel gives to others.
CONFIG = """\
sip_listen %(host)s:0
net_interface %(host)s
rtp_ports 10000-20000
module_path /usr/lib/baresip/modules
module g711.so
module ausine.so
module aubridge.so
module_tmp uuid.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:%(control)d
audio_source ausine,440
ausrc_srate 48000
ausrc_channels 2
audio_player aubridge,nobody
audio_alert aubridge,nobody
ringback_disabled yes
"""


def take_netstring(buffer):
    """First netstring and what is behind it; None while it is not whole."""
    length, colon, rest = buffer.partition(b":")
    if not colon or len(rest) <= int(length):
        return None, buffer
    return rest[:int(length)], rest[int(length) + 1:]


class Baresip:
    """A phone of one proxy: (host, port). Its UUID is kept in the folder, so
    it is the same device wherever it starts again. events: all that baresip
    told. answer: "auto" or "manual", what an incoming call gets.
    By TCP only its Contact, Via and SDP say host: baresip leaves the address
    of the connection to the kernel, and that is 127.0.0.1."""

    def __init__(self, proxy, folder, user="alice", domain="example.test",
                 host="127.0.0.1", transport="udp", password=None, expires=60,
                 answer="auto", outbound=True):
        self.proxy = proxy
        self.folder = str(folder)
        self.user = user
        self.domain = domain
        self.host = host
        self.transport = transport
        self.password = password
        self.expires = expires
        self.answer = answer
        self.outbound = outbound
        self.news = threading.Condition()
        self.events = []
        self.passed = {}
        self.replies = {}
        self.process = None
        self.socket = None
        self.reader = None

    @property
    def aor(self):
        return "sip:%s@%s" % (self.user, self.domain)

    @property
    def instance(self):
        """URN of the device; there once it has been started."""
        with open(self.path("uuid"), encoding="ascii") as file:
            return "urn:uuid:" + file.read().strip()

    @property
    def account(self):
        parts = ["<%s>" % self.aor, 'outbound="sip:%s:%d;transport=%s"' % (
            *self.proxy, self.transport), "regint=%d" % self.expires,
            "answermode=" + self.answer]
        if self.outbound:
            parts.append("sipnat=outbound")
        if self.password:
            parts += ["auth_user=" + self.user, "auth_pass=" + self.password]
        return ";".join(parts)

    def path(self, name):
        return os.path.join(self.folder, name)

    # ----- life -----

    def start(self):
        """Starts it; it begins to register by itself."""
        self.passed = dict.fromkeys(("REGISTER", "CALL"), len(self.events))
        os.makedirs(self.folder, exist_ok=True)
        control = free_port()
        with open(self.path("config"), "w", encoding="utf-8") as file:
            file.write(CONFIG % {"host": self.host, "control": control})
        with open(self.path("baresip.log"), "ab") as log:
            # stdbuf: else its lines reach a file only when it ends
            self.process = subprocess.Popen(
                ["stdbuf", "-oL", BARESIP, "-f", self.folder, "-s"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.reader = None
        self.socket = until(lambda: self.connected(control), 10,
                            "baresip is up; log: " + self.path("baresip.log"))
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        # An account from a file might be registered before anyone listens.
        self.command("uanew", self.account)
        return self

    def connected(self, port):
        self.check()
        try:
            return socket.create_connection(("127.0.0.1", port), 5)
        except ConnectionRefusedError:
            return None

    def check(self):
        """AssertionError if it ended by itself."""
        status = self.process.poll()
        assert status is None, "baresip ended with %d\n%s" % (
            status, self.log()[-4000:])

    def stop(self, timeout=5):
        """Hangs up, unregisters and ends; one that gets no answer to that
        would try for half a minute, and is killed after timeout."""
        self.end(signal.SIGTERM, timeout)

    def kill(self):
        """Ends it without a word, as if its cable were pulled."""
        self.end(signal.SIGKILL)

    def end(self, sign, timeout=5):
        if self.process is None:
            return
        process = self.process
        try:
            self.check()
        finally:
            self.process = None
            process.send_signal(sign)
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
            if self.reader:
                self.reader.join(5)
                self.socket.close()

    close = kill

    def move(self, host, polite=False):
        """The same device on another address, registered. Only a polite one
        unregisters before it leaves."""
        self.stop() if polite else self.kill()
        self.host = host
        self.start()
        return self.wait_registered()

    def log(self):
        """What it printed; has the SIP messages that it sent and got."""
        with open(self.path("baresip.log"), encoding="utf-8",
                  errors="replace") as file:
            return file.read()

    # ----- commands -----

    def command(self, name, params=None, timeout=5):
        """What baresip answers to one of its long commands."""
        with self.news:
            token = str(len(self.replies))
            self.replies[token] = None
        text = {"command": name, "token": token}
        if params is not None:
            text["params"] = params
        data = json.dumps(text).encode()
        self.socket.sendall(b"%d:%s," % (len(data), data))
        with self.news:
            self.news.wait_for(lambda: self.replies[token], timeout)
            reply = self.replies[token]
        assert reply and reply["ok"], "%s: %s" % (text, reply)
        return reply["data"]

    def dial(self, number):
        """number: its user part alone, or a whole URI."""
        with self.news:
            self.passed["CALL"] = len(self.events)
        uri = number if ":" in number else "sip:%s@%s" % (number, self.domain)
        self.command("dial", uri)

    def accept(self):
        self.command("accept")

    def hangup(self):
        self.command("hangup")
        self.wait_closed()

    # ----- events -----

    def read(self):
        buffer = b""
        while True:
            try:
                data = self.socket.recv(65536)
            except OSError:
                return
            if not data:
                return
            found, buffer = take_netstring(buffer + data)
            while found is not None:
                self.arrive(json.loads(found))
                found, buffer = take_netstring(buffer)

    def arrive(self, message):
        with self.news:
            if message.get("event"):
                self.events.append(message)
            else:
                self.replies[message["token"]] = message
            self.news.notify_all()

    def next_event(self, types):
        kind = types[0].split("_")[0]
        for i in range(self.passed.get(kind, 0), len(self.events)):
            if self.events[i]["type"] in types:
                self.passed[kind] = i + 1
                return self.events[i]
        return None

    def wait_event(self, *types, timeout=5):
        """Next event of one of these types, all of calls or all of
        registration. Each is given once; those before it are passed over."""
        with self.news:
            found = self.news.wait_for(lambda: self.next_event(types), timeout)
            came = [e["type"] for e in self.events]
        assert found, "no %s within %g s; came: %s; log: %s" % (
            "/".join(types), timeout, came, self.path("baresip.log"))
        return found

    def wait_registered(self, timeout=5):
        event = self.wait_event("REGISTER_OK", "REGISTER_FAIL", timeout=timeout)
        assert event["type"] == "REGISTER_OK", event
        return event

    def wait_established(self, timeout=5):
        event = self.wait_event("CALL_ESTABLISHED", "CALL_CLOSED",
                                timeout=timeout)
        assert event["type"] == "CALL_ESTABLISHED", event
        return event

    def wait_closed(self, timeout=5):
        """The event; its param says why."""
        return self.wait_event("CALL_CLOSED", timeout=timeout)
