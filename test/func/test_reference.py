# SPDX-License-Identifier: GPL-2.0-or-later
"""Location by reference: the URI that arrives, and what it leads to (RFC 6753)."""
import contextlib
import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import xml.etree.ElementTree as ET
from urllib.parse import urlsplit

import pytest

from lib import (AUSTIN, DEFAULT_SITE, ROOT, SDP, StartError, counters,
                 e911_proxy, state, texts, until)
from lib.ports import free_port

CALL = "sip:911@example.test"
HELD = "urn:ietf:params:xml:ns:geopriv:held"
TYPE = "application/held+xml"
SCHEMA = os.path.join(ROOT, "test/data/schemas/pidflo-strict.xsd")
NOBODY = "0123456789abcdef0123456789abcdef"
CIRCLE = {"shape": "Circle", "pos": "30.2672 -97.7431", "radius": "50"}
BOTH = {**AUSTIN, **CIRCLE}

WEB = """
loadmodule "xhttp.so"
enable_tls=yes
tcp_accept_no_cl=yes
listen=tls:127.0.0.1:%d
loadmodule "tls.so"
modparam("tls", "config", "%s")
"""
TLS = """[server:default]
method = TLSv1.2+
private_key = %(certs)s/server.key
certificate = %(certs)s/server.pem
ca_list = %(certs)s/ca.pem
verify_client = %(verify)s
[client:default]
method = TLSv1.2+
"""
ROUTE = """
event_route[xhttp:request] {
    if(e911_http()) exit;
    xhttp_reply("404", "Somebody Else's", "text/plain", "other");
}
"""
FROM = 'modparam("e911", "reference_from", "%s")'
CERTIFICATE = 'modparam("e911", "reference_certificate", 1)'


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True,
                   capture_output=True)


def certificate(folder, name, ca, extension=""):
    """name.key and name.pem, signed by that authority."""
    extensions = folder / (name + ".ext")
    extensions.write_text(extension)
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-subj", "/CN=" + name, "-keyout", folder / (name + ".key"),
            "-out", folder / (name + ".csr"))
    openssl("x509", "-req", "-in", folder / (name + ".csr"), "-days", 2,
            "-CA", folder / (ca + ".pem"), "-CAkey", folder / (ca + ".key"),
            "-CAcreateserial", "-extfile", extensions,
            "-out", folder / (name + ".pem"))


@pytest.fixture(scope="module")
def certs(tmp_path_factory):
    """A folder: ca, server and client of it; other-ca, other of it."""
    folder = tmp_path_factory.mktemp("certs")
    for ca in "ca", "other-ca":
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + ca,
                "-days", 2, "-keyout", folder / (ca + ".key"),
                "-out", folder / (ca + ".pem"))
    certificate(folder, "server", "ca", "subjectAltName=IP:127.0.0.1")
    certificate(folder, "client", "ca")
    certificate(folder, "other", "other-ca")
    return folder


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def tree(self):
        """The HELD document, checked against the schema."""
        assert self.status == 200
        assert self.headers["Content-Type"] == TYPE + ";charset=utf-8"
        assert self.headers["Cache-Control"] == "no-store"
        assert int(self.headers["Content-Length"]) == len(self.body)
        done = subprocess.run(
            ["xmllint", "--noout", "--nonet", "--schema", SCHEMA, "-"],
            input=self.body, capture_output=True)
        assert done.returncode == 0, done.stderr
        return ET.fromstring(self.body)

    def error(self):
        tree = self.tree()
        assert tree.tag == "{%s}error" % HELD
        return tree.get("code")

    def location(self):
        """{field: text} of the address, or of the shape."""
        tree = self.tree()
        assert tree.tag == "{%s}locationResponse" % HELD
        assert len(tree) == 1
        return texts(ET.tostring(tree[0]))


class Recipient:
    """Somebody who dereferences: keeps one connection."""

    def __init__(self, certs, port, source="127.0.0.1", name=None, tls=True):
        context = ssl.create_default_context(cafile=str(certs / "ca.pem"))
        if name:
            context.load_cert_chain(str(certs / (name + ".pem")),
                                    str(certs / (name + ".key")))
        kind = http.client.HTTPSConnection if tls else http.client.HTTPConnection
        more = {"context": context} if tls else {}
        self.http = kind("127.0.0.1", port, timeout=5,
                         source_address=(source, 0), **more)

    def close(self):
        self.http.close()

    def ask(self, method, path, body=None, **headers):
        self.http.request(method, path, body,
                          {k.replace("_", "-"): v for k, v in headers.items()})
        return Answer(self.http.getresponse())

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path, types=None, exact=False, body=None, content_type=TYPE):
        if body is None:
            body = '<locationRequest xmlns="%s">%s</locationRequest>' % (
                HELD, '<locationType exact="%s">%s</locationType>' % (
                    str(exact).lower(), types) if types else "")
        return self.ask("POST", path, body, Content_Type=content_type)


@pytest.fixture
def edge(kamailio, certs, tmp_path):
    """edge(*destinations, allow=..., **parts) -> proxy with .tls_port"""
    def make(*destinations, allow=FROM % "127.0.0.1", url=None, params="",
             verify="optional", **parts):
        port = free_port()
        url = url or "https://127.0.0.1:%d/e911/" % port
        params += '\nmodparam("e911", "reference_url", "%s")\n%s' % (url, allow)
        config = tmp_path / ("tls%d.cfg" % port)
        config.write_text(TLS % {"certs": certs, "verify": verify})
        proxy = e911_proxy(
            kamailio, *destinations, PARAMS=params, ROUTES=ROUTE,
            LOAD=WEB % (port, config) + parts.pop("LOAD", ""), **parts)
        proxy.tls_port = port
        return proxy
    return make


@pytest.fixture
def recipient(certs, cleanup):
    """recipient(proxy, source=, name=, tls=) -> Recipient"""
    def make(proxy, **how):
        port = proxy.tls_port if how.get("tls", True) else proxy.port
        client = Recipient(certs, port, **how)
        cleanup.callback(client.close)
        return client
    return make


# ----- the door -----

@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_token_is_not_found(edge, recipient, uas, method):
    client = recipient(edge(uas("take")))
    paths = ["/e911/" + NOBODY, "/e911/", "/e911/" + NOBODY + "0",
             "/e911/" + NOBODY.upper(), "/e911/x?" + NOBODY]
    answers = [client.ask(method, p, Content_Length="0") for p in paths]
    assert [a.status for a in answers] == [404] * 5
    assert {a.body for a in answers} == {b""}


def test_another_path_is_the_scripts(edge, recipient, uas):
    client = recipient(edge(uas("take")))
    for path in "/", "/e911", "/other/" + NOBODY:
        assert client.get(path).body == b"other"


def test_other_methods_are_not_allowed(edge, recipient, uas):
    client = recipient(edge(uas("take")))
    for method in "PUT", "DELETE", "OPTIONS":
        answer = client.ask(method, "/e911/" + NOBODY, Content_Length="0")
        assert answer.status == 405
        assert answer.headers["Allow"] == "GET, POST"


def test_other_types_and_large_bodies_are_refused(edge, recipient, uas):
    client = recipient(edge(uas("take")))
    path = "/e911/" + NOBODY
    assert client.post(path, content_type="text/xml").status == 415
    assert client.post(path, content_type="application/held+xmlx").status == 415
    assert client.post(path, content_type="Application/HELD+XML ; a=b").status == 404
    assert client.post(path, body="x" * 8193).status == 413
    assert client.post(path, body="x" * 8192).status == 404


def test_stranger_learns_nothing(edge, recipient, uas):
    proxy = edge(uas("take"))
    client = recipient(proxy, source="127.0.0.2")
    for method in "GET", "POST", "PUT":
        for path in "/e911/" + NOBODY, "/e911/x":
            answer = client.ask(method, path, Content_Length="0")
            assert (answer.status, answer.body) == (403, b"")
    assert counters(proxy)["references_refused"] == 6
    assert counters(proxy)["references_served"] == 0


@pytest.mark.parametrize("name, status", [
    ("client", 404), (None, 403)])
def test_certificate_is_as_good_as_an_address(edge, recipient, uas, name, status):
    proxy = edge(uas("take"), allow=CERTIFICATE)
    client = recipient(proxy, name=name)
    assert client.get("/e911/" + NOBODY).status == status


def test_certificate_of_another_authority_is_none(edge, recipient, uas):
    """optional_no_ca lets the handshake pass, and marks it as not verified."""
    proxy = edge(uas("take"), allow=CERTIFICATE, verify="optional_no_ca")
    assert recipient(proxy, name="other").get("/e911/" + NOBODY).status == 403
    assert recipient(proxy, name="client").get("/e911/" + NOBODY).status == 404


def test_certificate_counts_only_where_it_is_said(edge, recipient, uas):
    proxy = edge(uas("take"), allow=FROM % "127.0.0.9")
    client = recipient(proxy, name="client")
    assert client.get("/e911/" + NOBODY).status == 403


def test_nobody_may_where_nothing_is_said(edge, recipient, uas):
    proxy = edge(uas("take"), allow="")
    proxy.wait_log(r"ERROR: e911 .*nobody may dereference")
    assert recipient(proxy, name="client").get("/e911/" + NOBODY).status == 403


@pytest.mark.parametrize("param, text", [
    ('"reference_url", "http://192.0.2.1/"', "parameter reference_url"),
    ('"reference_from", "192.0.2.0/33"', "parameter reference_from")])
def test_bad_settings_are_refused_at_the_start(edge, uas, param, text):
    with pytest.raises(StartError, match=text):
        edge(uas("take"), params='modparam("e911", %s)' % param, allow="",
             url=None if "from" in param else "http://192.0.2.1/")


def test_without_xhttp_there_are_no_references(kamailio, uas):
    with pytest.raises(StartError, match="module xhttp has to be loaded"):
        e911_proxy(kamailio, uas("take"), PARAMS='modparam("e911", '
                   '"reference_url", "http://127.0.0.1/")')
