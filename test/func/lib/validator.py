# SPDX-License-Identifier: GPL-2.0-or-later
"""A validator of addresses: an HTTP or HTTPS server that answers as it is told."""
import json
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

LOST = "application/lost+xml"
LOST_NS = "urn:ietf:params:xml:ns:lost1"
CA_NS = "urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        pass  # who hangs up in the midst of an answer means to


class Validator:
    """answer: what each request gets: (status, type, body), a function of the
    request that gives that, "hang" (nothing, until it is closed) or "close".
    delay: seconds before it. requests: [(path, {header: value}, body)]."""

    def __init__(self, answer=(500, "text/plain", ""), delay=0, host="127.0.0.1",
                 port=0, certificate=None):
        self.answer, self.delay = answer, delay
        self.requests = []
        self.lock = threading.Lock()
        self.closed = threading.Event()
        self.now = self.most = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                size = int(self.headers.get("Content-Length") or 0)
                outer.take(self, self.rfile.read(size).decode())

            do_GET = do_PUT = do_POST

            def log_message(self, *_):
                pass

        self.server = Server((host, port), Handler)
        self.host, self.port = self.server.server_address
        self.scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True,
                do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True,
                         kwargs={"poll_interval": 0.02}).start()

    def url(self, path="/validate", host=None):
        return "%s://%s:%d%s" % (self.scheme, host or self.host, self.port, path)

    def take(self, handler, body):
        with self.lock:
            self.requests.append((handler.path, dict(handler.headers), body))
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            self.reply(handler, body)
        finally:
            with self.lock:
                self.now -= 1

    def reply(self, handler, body):
        answer = self.answer
        if callable(answer):
            answer = answer(body)
        if self.delay:
            time.sleep(self.delay)
        if answer == "hang":
            self.closed.wait(60)
        if answer in ("hang", "close"):
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        status, kind, text = answer
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(text.encode())))
        handler.end_headers()
        handler.wfile.write(text.encode())

    def close(self):
        self.closed.set()
        self.server.shutdown()
        self.server.server_close()


def says(verdict, *suggestions, **elements):
    """An answer of the generic service."""
    return 200, "application/json", json.dumps({
        "verdict": verdict, "elements": elements,
        "suggestions": list(suggestions)})


def lost_says(valid=(), invalid=(), unchecked=(), complete=None):
    """An answer of a LoST server."""
    lists = "".join("<%s>%s</%s>" % (
        name, " ".join("ca:" + n for n in names), name) for name, names in
        (("valid", valid), ("invalid", invalid), ("unchecked", unchecked)) if names)
    more = ""
    if complete:
        more = ('<rli:completeLocation xmlns:rli="urn:ietf:params:xml:ns:lost-rli1">'
                '<location id="c" profile="civic"><ca:civicAddress>%s'
                "</ca:civicAddress></location></rli:completeLocation>" % "".join(
                    "<ca:%s>%s</ca:%s>" % (k, escape(v), k)
                    for k, v in complete.items()))
    return 200, LOST, (
        '<?xml version="1.0"?><findServiceResponse xmlns="%s" xmlns:ca="%s">'
        '<mapping expires="NO-CACHE" lastUpdated="2026-01-01T00:00:00Z" '
        'source="lost.example" sourceId="1"><displayName xml:lang="en">PSAP'
        "</displayName><service>urn:service:sos</service><uri>sip:psap@example.test"
        "</uri></mapping><locationValidation>%s%s</locationValidation>"
        '<path><via source="lost.example"/></path>'
        "</findServiceResponse>" % (LOST_NS, CA_NS, lists, more))


def lost_redirect(target):
    return 200, LOST, ('<?xml version="1.0"?><redirect xmlns="%s" target="%s" '
                       'source="lost.example" message="there"/>' % (
                           LOST_NS, target))


def lost_error(name):
    return 200, LOST, ('<?xml version="1.0"?><errors xmlns="%s" source='
                       '"lost.example"><%s message="no"/></errors>' % (
                           LOST_NS, name))
