# SPDX-License-Identifier: GPL-2.0-or-later
"""Many agents that register, from one socket."""
import re
import socket
import time

from erspsim.message import build

WINDOW = 100  # requests under way at once
SEQUENCE = re.compile(rb"^CSeq: *(\d+)", re.M)


class Registrants:
    """user0, user1 … of example.test, each with an instance of its own."""

    def __init__(self, proxy, count, host="127.0.0.1"):
        self.count = count
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind((host, 0))
        self.socket.connect(proxy)
        self.host, self.port = self.socket.getsockname()
        self.sequence = 0

    @staticmethod
    def aor(i):
        return "user%d@example.test" % i

    @staticmethod
    def instance(i):
        return "urn:uuid:00000000-0000-4000-8000-%012d" % i

    def message(self, i, sequence, expires):
        contact = "<sip:user%d@%s:%d>;+sip.instance=\"<%s>\"" % (
            i, self.host, self.port, self.instance(i))
        return build("REGISTER sip:example.test SIP/2.0", [
            ("Via", "SIP/2.0/UDP %s:%d;branch=z9hG4bKr%d" % (
                self.host, self.port, sequence)),
            ("Max-Forwards", "70"), ("From", "<sip:%s>;tag=r" % self.aor(i)),
            ("To", "<sip:%s>" % self.aor(i)), ("Call-ID", "r%d" % i),
            ("CSeq", "%d REGISTER" % sequence), ("Contact", contact),
            ("Expires", str(expires))])

    def register_all(self, expires=600, timeout=60):
        """Once round; the status of each that was no 200. A request that gets
        no answer is sent again, as a phone would."""
        waiting, bad, end = {}, [], time.monotonic() + timeout
        todo = iter(range(self.count))
        done = 0
        while done < self.count:
            while len(waiting) < WINDOW and (i := next(todo, None)) is not None:
                self.sequence += 1
                waiting[self.sequence] = self.message(i, self.sequence, expires)
                self.socket.send(waiting[self.sequence])
            status = self.answer(waiting)
            if status:
                done += 1
                bad += [status] * (status != 200)
            assert time.monotonic() < end, "%d of %d" % (done, self.count)
        return bad

    def answer(self, waiting):
        """The next answer's status, None for one that was not waited for."""
        self.socket.settimeout(0.5)
        try:
            data = self.socket.recv(65536)
        except socket.timeout:
            for message in waiting.values():
                self.socket.send(message)
            return None
        sequence = int(SEQUENCE.search(data).group(1))
        if waiting.pop(sequence, None) is None:
            return None
        return int(data[8:11])

    def close(self):
        self.socket.close()
