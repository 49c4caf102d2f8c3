# SPDX-License-Identifier: GPL-2.0-or-later
"""TLS: certificates, and destinations where it fails, each in its own way."""
import contextlib
import select
import socket
import ssl
import subprocess
import threading

from .ports import free_port

LOAD = """
enable_tls=yes
listen=tls:127.0.0.1:%d
loadmodule "tls.so"
modparam("tls", "config", "%s")
"""
CONFIG = """
[server:default]
method = TLSv1.2+
private_key = %(key)s
certificate = %(trusted)s
[client:default]
method = TLSv1.2+
verify_certificate = yes
require_certificate = yes
ca_list = %(trusted)s
"""


class Certificates:
    """Two that signed themselves: the proxy takes one of them for a CA's."""

    def __init__(self, folder):
        self.key = str(folder / "key.pem")
        self.trusted = self.make(folder / "trusted.pem", "-keyout", self.key)
        self.untrusted = self.make(folder / "untrusted.pem", "-keyout",
                                   folder / "other.pem")
        self.other_key = str(folder / "other.pem")
        self.config = folder / "tls.cfg"
        self.config.write_text(CONFIG % {"key": self.key, "trusted": self.trusted})

    @staticmethod
    def make(path, *args):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
             "/CN=ersp.example.test", "-out", path, *args],
            check=True, capture_output=True)
        return str(path)

    def load(self):
        """Lines for a proxy that checks whom it speaks to."""
        return LOAD % (free_port(), self.config)


class TlsPort:
    """kind: "trusted" and "untrusted" pass on what comes to a UAS's TCP port;
    "hanging" takes the connection and says nothing, "closing" ends it."""

    def __init__(self, kind, certificates, behind=None):
        self.kind, self.behind = kind, behind
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if kind == "untrusted":
            self.context.load_cert_chain(certificates.untrusted,
                                         certificates.other_key)
        else:
            self.context.load_cert_chain(certificates.trusted, certificates.key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.connected = threading.Event()
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def uri(self):
        return "sip:127.0.0.1:%d;transport=tls" % self.listener.getsockname()[1]

    def accept(self):
        with contextlib.suppress(OSError):  # closed by the test
            while True:
                client, _ = self.listener.accept()
                self.open.append(client)
                self.connected.set()
                if self.kind == "closing":
                    client.close()
                elif self.kind != "hanging":
                    threading.Thread(target=self.serve, args=(client,),
                                     daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError):
            tls = self.context.wrap_socket(client, server_side=True)
            inner = socket.create_connection((self.behind.host, self.behind.port))
            self.open += [tls, inner]
            while True:
                if not tls.pending():
                    ready = select.select([tls, inner], [], [])[0]
                for one, other in ((tls, inner), (inner, tls)):
                    if one in ready or (one is tls and tls.pending()):
                        data = one.recv(65536)
                        if not data:
                            return
                        other.sendall(data)

    def close(self):
        self.listener.close()
        for one in self.open:
            one.close()
