# SPDX-License-Identifier: GPL-2.0-or-later
"""A TLS connection that one thread may read while another writes."""
import select
import ssl
import threading


class Tls:
    """Looks like a blocking socket to a UA. The certificate is not checked."""

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

    def getsockname(self):
        return self.sock.getsockname()

    def shutdown(self, how):
        self.sock.shutdown(how)

    def close(self):
        self.sock.close()
