#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A server that behaves as it is asked to, over HTTP and HTTPS.

usage: server.py FOLDER        certificates are made in FOLDER

Prints one line of JSON, the ports by name, and ends when its input ends:
  http       plain
  deaf       takes no connection: the kernel does, and nobody speaks
  https      certificate of ca.pem for 127.0.0.1 and localhost
  expired    the same, of yesterday
  wrong      for another host's name
  stranger   signed by itself
  client     https that asks for a certificate of ca.pem: client.pem, client.key
  smtp       takes mail, but for nobody@..., and none from refused@...

What it does is in the path, and may be told by parameters (?ms=50&n=3):
  /ok               200, "ok"
  /echo             200, the request as JSON
  /answer           what was put there last by PUT /answer?status=200&type=...
  /slow             the same as /ok after ms
  /hang             nothing, ever
  /headers          headers, and no body
  /drip             a byte of the body each ms
  /drip_headers     a byte of the headers each ms
  /endless          a body without an end, chunked
  /endless_headers  headers without an end
  /large            a body of n bytes, said in Content-Length
  /redirect         302 to itself
  /close            ends the connection without a word
  /cut              ends it in the midst of the body
  /garbage          no HTTP
  /status           an answer of status n
  /flap             n times 500, n times 200, and so on; per key
  /count            how many requests and connections there were
  /mail             the last one as JSON
"""
import http.server
import json
import pathlib
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class State:
    lock = threading.Lock()
    requests = connections = 0
    answer = (200, "text/plain", b"")
    flaps = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 0
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        with State.lock:
            State.connections += 1

    def log_message(self, *args):
        pass

    def serve(self):
        with State.lock:
            State.requests += 1
        path, _, query = self.path.partition("?")
        self.args = dict(urllib.parse.parse_qsl(query))
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        behave = getattr(self, "be_" + path.strip("/").split("/")[0], None)
        if behave:
            behave()
        else:
            self.answer(404, b"")

    do_GET = do_POST = do_PUT = serve

    def number(self, name, default):
        return int(self.args.get(name, default))

    def answer(self, status, body, kind="text/plain", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def go_on(self, what, ms):
        """For ever, until the other side goes."""
        self.close_connection = True
        while True:
            self.wfile.write(what)
            time.sleep(ms / 1000)

    def be_ok(self):
        self.answer(200, b"ok")

    def be_echo(self):
        self.answer(200, json.dumps({
            "method": self.command, "path": self.path,
            "headers": {k.lower(): v for k, v in self.headers.items()},
            "body": self.body.decode()}).encode(), "application/json")

    def be_answer(self):
        if self.command == "PUT":
            State.answer = (self.number("status", 200),
                            self.args.get("type", "text/plain"), self.body)
        self.answer(State.answer[0], State.answer[2], State.answer[1])

    def be_slow(self):
        time.sleep(self.number("ms", 50) / 1000)
        self.be_ok()

    def be_hang(self):
        self.close_connection = True
        while self.connection.recv(4096):
            pass

    def be_headers(self):
        self.send_response(200)
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.be_hang()

    def be_drip(self):
        self.send_response(200)
        self.send_header("Content-Length", "4000")
        self.end_headers()
        self.go_on(b"x", self.number("ms", 20))

    def be_drip_headers(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        self.go_on(b"x", self.number("ms", 20))

    def be_endless(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.go_on(b"1000\r\n" + b"x" * 4096 + b"\r\n", 0)

    def be_endless_headers(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        self.go_on(b"X-More: " + b"x" * 500 + b"\r\n", 0)

    def be_large(self):
        self.answer(200, b"x" * self.number("n", 100000))

    def be_redirect(self):
        self.answer(302, b"", Location="/redirect")

    def be_close(self):
        self.close_connection = True

    def be_cut(self):
        self.send_response(200)
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.wfile.write(b"hello")
        self.close_connection = True

    def be_garbage(self):
        self.wfile.write(b"\x00\xff\x00 this is none\r\n\r\n")
        self.close_connection = True

    def be_status(self):
        self.answer(self.number("n", 500), b"status")

    def be_flap(self):
        key, n = self.args.get("key", ""), self.number("n", 1)
        with State.lock:
            count = State.flaps.get(key, 0)
            State.flaps[key] = count + 1
        self.answer(200 if count // n % 2 else 500, b"flap")

    def be_mail(self):
        self.answer(200, json.dumps(Mail.last).encode(), "application/json")

    def be_count(self):
        with State.lock:
            body = json.dumps({"requests": State.requests,
                               "connections": State.connections})
        self.answer(200, body.encode(), "application/json")


class Mail(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as a mail needs."""
    last = {}

    def say(self, *lines):
        self.wfile.write("".join(li + "\r\n" for li in lines).encode())

    def handle(self):
        self.say("220 mock")
        self.mail = {"to": []}
        for line in self.rfile:
            word, _, rest = line.decode().strip().partition(" ")
            self.command(word.upper(), rest)

    def command(self, word, rest):
        address = rest.partition("<")[2].partition(">")[0]
        if word == "MAIL":
            self.mail["from"] = address
            self.say("550 no" if address.startswith("refused") else "250 ok")
        elif word == "RCPT":
            if not address.startswith("nobody"):
                self.mail["to"].append(address)
            self.say("550 no" if address.startswith("nobody") else "250 ok")
        elif word == "DATA":
            self.say("354 go on")
            lines = iter(self.rfile.readline, b".\r\n")
            self.mail["data"] = "".join(
                li.decode()[li.startswith(b"."):] for li in lines)
            Mail.last = self.mail
            self.say("250 taken")
        else:
            self.say("221 bye" if word == "QUIT" else "250 ok")


class MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, context=None):
        self.context = context
        super().__init__(("0.0.0.0", 0), Handler)

    def finish_request(self, request, client_address):
        """In the connection's own thread, with the TLS before it."""
        try:
            if self.context:
                request = self.context.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)
        except OSError:
            pass  # the other side went, or does not trust us

    def handle_error(self, request, client_address):
        pass


class Certificates:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.make("ca", "-x509", "-days", "2", "-subj", "/CN=test CA",
                  "-addext", "keyUsage=keyCertSign,cRLSign")
        self.make("stranger", "-x509", "-days", "2", "-subj", "/CN=stranger",
                  "-addext", "subjectAltName=IP:127.0.0.1")
        here = "IP:127.0.0.1,IP:127.0.0.2,DNS:localhost"
        self.sign("https", here)
        self.sign("expired", here, days=-1)
        self.sign("wrong", "DNS:other.example.com")
        self.sign("client", "DNS:client.example.com")

    def openssl(self, *args):
        subprocess.run(["openssl", *args], cwd=self.folder, check=True,
                       capture_output=True)

    def make(self, name, *args):
        self.openssl("req", *EC, "-keyout", name + ".key", "-out",
                     name + ".pem", *args)

    def sign(self, name, names, days=2):
        """Dates by "ca": the other commands know no day of the past."""
        self.openssl("req", "-new", *EC, "-keyout", name + ".key", "-out",
                     name + ".csr", "-subj", "/CN=" + name)
        now = time.time()
        (self.folder / "index.txt").write_text("")
        (self.folder / "ca.cfg").write_text(
            "[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\nnew_certs_dir=.\n"
            "default_md=sha256\nrand_serial=yes\npolicy=p\nx509_extensions=x\n"
            f"[p]\ncommonName=supplied\n[x]\nsubjectAltName={names}\n")
        self.openssl("ca", "-batch", "-config", "ca.cfg", "-notext", "-cert",
                     "ca.pem", "-keyfile", "ca.key", "-in", name + ".csr",
                     "-out", name + ".pem",
                     "-startdate", self.date(now - 5 * 86400),
                     "-enddate", self.date(now + days * 86400))

    @staticmethod
    def date(when):
        return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(when))

    def context(self, name, ask=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem",
                                self.folder / f"{name}.key")
        if ask:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.folder / "ca.pem")
        return context


def main():
    made = Certificates(sys.argv[1])
    servers = {"http": Server()}
    for name in ("https", "expired", "wrong", "stranger"):
        servers[name] = Server(made.context(name))
    servers["client"] = Server(made.context("https", ask=True))
    ports = {name: s.server_address[1] for name, s in servers.items()}
    deaf = socket.create_server(("127.0.0.1", 0), backlog=512)
    ports["deaf"] = deaf.getsockname()[1]
    servers["smtp"] = MailServer(("0.0.0.0", 0), Mail)
    ports["smtp"] = servers["smtp"].server_address[1]
    for server in servers.values():
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps(ports), flush=True)
    sys.stdin.read()


main()
