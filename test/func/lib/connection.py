# SPDX-License-Identifier: GPL-2.0-or-later
"""TLS and WebSocket connections that look like a blocking socket to a UA."""
import base64
import os
import select
import ssl
import struct
import threading


class Connection:
    """What both leave to the TCP socket below."""

    def getsockname(self):
        return self.sock.getsockname()

    def shutdown(self, how):
        self.sock.shutdown(how)

    def close(self):
        self.sock.close()


class Tls(Connection):
    """One thread may read while another writes. The certificate is not
    checked."""

    def __init__(self, sock):
        self.sock = ssl._create_unverified_context().wrap_socket(sock)
        self.lock = threading.Lock()  # OpenSSL wants one user at a time
        self.sock.settimeout(0)

    def recv(self, size):
        while True:
            with self.lock:
                try:
                    return self.sock.recv(size)
                except ssl.SSLWantReadError:
                    pass
            select.select([self.sock], [], [])

    def sendall(self, data):
        with self.lock:
            self.sock.sendall(data)


class WebSocket(Connection):
    """RFC 6455 as SIP uses it (RFC 7118): what recv() gives is one message."""

    def __init__(self, sock, host):
        self.sock = sock
        self.buffer = b""
        key = base64.b64encode(os.urandom(16)).decode()
        sock.sendall((
            "GET / HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
            "Sec-WebSocket-Protocol: sip\r\nSec-WebSocket-Version: 13\r\n\r\n"
            % (host, key)).encode())
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head
        sock.settimeout(None)

    def more(self):
        data = self.sock.recv(65536)
        if not data:
            raise OSError("closed")
        self.buffer += data

    def take(self, n):
        while len(self.buffer) < n:
            self.more()
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def sendall(self, data):
        mask = os.urandom(4)
        head = b"\x81" + (struct.pack("!B", 128 | len(data)) if len(data) < 126
                          else struct.pack("!BH", 254, len(data)))
        self.sock.sendall(head + mask + bytes(
            b ^ mask[i % 4] for i, b in enumerate(data)))

    def recv(self, _):
        while True:
            first, length = self.take(2)
            if length == 126:
                length, = struct.unpack("!H", self.take(2))
            data = self.take(length)
            if first & 15 in (1, 2):  # text and binary; the rest is not SIP
                return data
