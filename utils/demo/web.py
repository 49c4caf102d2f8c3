# SPDX-License-Identifier: GPL-2.0-or-later
"""A web site with the softphone, as a call centre would have it: a few files
out of a folder, and links to the pages that Kamailio serves."""
import http.server
import json
import mimetypes
import pathlib
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self):
        path = self.path.split("?")[0]
        if path in self.server.links:
            self.answer(302, b"", ("Location", self.server.links[path]))
        elif path in self.server.files:
            kind, body = self.server.files[path]
            self.answer(200, body, ("Content-Type", kind))
        else:
            self.answer(404, b"")

    do_HEAD = do_GET

    def answer(self, status, body, *headers):
        self.send_response(status)
        for name, value in [*headers, ("Content-Length", str(len(body))),
                            ("Cache-Control", "no-cache"),
                            ("X-Content-Type-Options", "nosniff"),
                            ("Referrer-Policy", "no-referrer")]:
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class Site:
    """folder: what is served, / is its index.html; config: the softphone's
    config.json; links: {path: URL}. Serves in a thread until close()."""

    def __init__(self, folder, config, links=(), port=0):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.server.links = dict(links)
        self.server.files = {
            "/" + file.name: (mimetypes.guess_type(file.name)[0]
                              or "application/octet-stream", file.read_bytes())
            for file in pathlib.Path(folder).iterdir() if file.is_file()}
        self.server.files["/"] = self.server.files["/index.html"]
        self.configure(config)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def configure(self, config):
        self.server.files["/config.json"] = (
            "application/json", json.dumps(config).encode())

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
