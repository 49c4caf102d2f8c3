# SPDX-License-Identifier: GPL-2.0-or-later
"""The way of someone who has moved: the same server, from another address."""
import contextlib
import socket
import socketserver
import threading


def pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        with socket.create_connection(self.server.target, 10,
                                      (self.server.source, 0)) as onward:
            onward.settimeout(None)
            back = threading.Thread(target=pump, args=(onward, self.request))
            back.start()
            pump(self.request, onward)
            back.join()


class Detour(socketserver.ThreadingTCPServer):
    """Takes TCP connections at .port of loopback on to target, from source."""
    daemon_threads = True
    block_on_close = False

    def __init__(self, target, source):
        super().__init__(("127.0.0.1", 0), Handler)
        self.target, self.source = target, source
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()
