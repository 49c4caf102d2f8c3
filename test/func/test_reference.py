# SPDX-License-Identifier: GPL-2.0-or-later
"""Location by reference: the URI that arrives, and what it leads to (RFC 6753)."""
import http.client
import json
import os
import re
import ssl
import subprocess
import threading
import time
import xml.etree.ElementTree as ET

import pytest

from lib import (AUSTIN, BASE, DEFAULT_SITE, ROOT, SDP, TRUST, StartError, civic,
                 counters, e911_proxy, free_port, rows, state, texts, until)
from lib.database import SqliteTables
from lib.pidf import faults_of

CALL = "sip:911@example.test"
HELD = "urn:ietf:params:xml:ns:geopriv:held"
TYPE = "application/held+xml"
SCHEMA = os.path.join(ROOT, "test/data/schemas/pidflo-strict.xsd")
DATA_SCHEMA = os.path.join(ROOT, "test/data/schemas/additional-strict.xsd")
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


def valid_tree(document, schema):
    done = subprocess.run(
        ["xmllint", "--noout", "--nonet", "--schema", schema, "-"],
        input=document, capture_output=True)
    assert done.returncode == 0, done.stderr
    if schema == SCHEMA and b"<presence" in document:
        assert faults_of([document]) == ""
    return ET.fromstring(document)


class Block:
    """RFC 7852: what it says."""

    def __init__(self, name, tree):
        self.tree = tree
        assert tree.tag.endswith("}EmergencyCallData." + name)
        self.reference, = self.all("DataProviderReference")

    def all(self, name):
        return ["".join(e.itertext()).strip() for e in self.tree.iter()
                if e.tag.endswith("}" + name)]


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def tree(self, content_type=TYPE + ";charset=utf-8", schema=SCHEMA):
        """The HELD document, checked against the schema."""
        assert self.status == 200
        assert self.headers["Content-Type"] == content_type
        assert self.headers["Cache-Control"] == "no-store"
        assert int(self.headers["Content-Length"]) == len(self.body)
        return valid_tree(self.body, schema)

    def block(self, name):
        """The block of additional data of that name, without its namespace."""
        content_type = "application/EmergencyCallData.%s+xml" % name
        return Block(name, self.tree(content_type, DATA_SCHEMA))

    def error(self):
        tree = self.tree()
        assert tree.tag == "{%s}error" % HELD
        return tree.get("code")

    def document(self):
        """The PIDF-LO in it."""
        tree = self.tree()
        assert tree.tag == "{%s}locationResponse" % HELD
        assert len(tree) == 1
        return ET.tostring(tree[0])

    def address(self):
        return civic(self.document())

    def shapes(self):
        return texts(self.document(), ".//gs:Circle/gml:pos")


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
            assert answer.headers["Cache-Control"] == "no-store"
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


# ----- what it leads to -----

VOUCHED = {"TRUST": "", "BEFORE": "e911_vouch();"}


@pytest.fixture
def line(edge, uas, ua, recipient):
    """line(fields, ...) -> (proxy, ersp, agent, recipient); the agent's
    location is stated, the ERSP gets references."""
    def make(fields=None, profile="reference", behaviour=("take",), **how):
        ersp = uas(*behaviour)
        proxy = edge((1, ersp.uri(), 9, "profile=" + profile), **how)
        agent = ua(proxy, user="agent")
        if fields:
            state(proxy, agent, fields)
        return proxy, ersp, agent, recipient(proxy)
    return make


def dial(ersp, agent, n=1):
    """(call, message that arrived, path of the reference in it)"""
    call = agent.invite(CALL)
    assert call.final().status == 200
    message = ersp.wait_invites(n)[n - 1]
    return call, message, path_of(message)


def path_of(message):
    found = re.fullmatch(r"<https://127\.0\.0\.1:\d+(/e911/[0-9a-f]{32})>",
                         message.h("Geolocation"))
    assert found, message.h("Geolocation")
    return found.group(1)


def without(fields, *names):
    return {k: v for k, v in fields.items() if k not in names}


def test_body_stays_as_the_phone_sent_it(line):
    _, ersp, agent, client = line(AUSTIN)
    _, message, path = dial(ersp, agent)
    assert message.body == SDP
    assert message.h("Content-Type") == "application/sdp"
    assert message.h("Geolocation-Routing") == "yes"
    answer = client.get(path)
    assert answer.address() == AUSTIN
    assert b'entity="pres:agent@example.test"' in answer.body


@pytest.mark.parametrize("types, exact, civics, shapes", [
    (None, False, 1, 1), ("any", True, 1, 1), ("civic", True, 1, 0),
    ("geodetic", True, 0, 1), ("civic geodetic", True, 1, 1),
    ("civic", False, 1, 0), ("locationURI", False, 1, 1)])
def test_types_asked_for(line, types, exact, civics, shapes):
    _, ersp, agent, client = line(BOTH)
    path = dial(ersp, agent)[2]
    answer = client.post(path, types, exact)
    assert bool(answer.address()) == bool(civics)
    assert len(answer.shapes()) == shapes


def test_type_that_is_not_there(line):
    _, ersp, agent, client = line(AUSTIN)
    path = dial(ersp, agent)[2]
    assert client.post(path, "geodetic", exact=False).address() == AUSTIN
    assert client.post(path, "geodetic", exact=True).error() == "cannotProvideLiType"
    assert client.post(path, "civic locationURI", exact=True).error() == \
        "cannotProvideLiType"


def test_request_that_is_none(line):
    _, ersp, agent, client = line(AUSTIN)
    path = dial(ersp, agent)[2]
    assert client.post(path, body='<locationRequest xmlns="%s">' % HELD
                       ).error() == "xmlError"
    assert client.post(path, body="<x/>").error() == "unsupportedMessage"
    assert client.post(
        path, body="<!DOCTYPE x [<!ENTITY y 'z'>]><x>&y;</x>").error() == "xmlError"


def test_each_call_has_a_reference_of_its_own(line):
    _, ersp, agent, client = line(AUSTIN)
    paths = {dial(ersp, agent, n)[2] for n in (1, 2, 3)}
    assert len(paths) == 3
    for path in paths:
        assert client.get(path).address() == AUSTIN


@pytest.mark.parametrize("how", [{}, VOUCHED], ids=["trunk", "agent"])
def test_correction_during_the_call_is_seen(line, how):
    proxy, ersp, agent, client = line(AUSTIN, **how)
    path = dial(ersp, agent)[2]
    assert client.get(path).address() == AUSTIN
    corrected = {**AUSTIN, "LOC": "APT 5C"}
    state(proxy, agent, corrected)
    assert client.get(path).address() == corrected


@pytest.mark.parametrize("how", [{}, VOUCHED], ids=["trunk", "agent"])
def test_what_was_taken_back_is_as_the_call_had_it(line, how):
    proxy, ersp, agent, client = line(AUSTIN, **how)
    path = dial(ersp, agent)[2]
    proxy.rpc("e911.loc_del", agent.aor)
    assert client.get(path).address() == AUSTIN


def later():
    """Waits until the wall clock's second is another one; the kernel's coarse
    clock, which time() reads, is some milliseconds behind."""
    now = int(time.time())
    until(lambda: int(time.time() - 0.05) > now, 2, "another second")


def test_other_device_of_the_caller_is_another_place(line):
    """His own place is taken back; that of his other phone is the only one
    then, and not where he calls from."""
    proxy, ersp, agent, client = line(**VOUCHED)
    state(proxy, agent, {**AUSTIN, "LOC": "OFFICE"}, contact="sip:x@192.0.2.9")
    state(proxy, agent, AUSTIN, contact=agent.contact)
    later()
    path = dial(ersp, agent)[2]
    proxy.rpc("e911.loc_del", agent.aor, agent.contact)
    assert client.get(path).address() == AUSTIN
    # what is stated now, though, may be meant for this call
    state(proxy, agent, {**AUSTIN, "LOC": "APT 5C"}, contact="sip:x@192.0.2.9")
    assert client.get(path).address()["LOC"] == "APT 5C"


@pytest.mark.parametrize("here", ["192.0.2.7", "198.51.100.7"])
def test_place_of_a_trunks_caller_is_that_of_his_network(line, here):
    """The trunk tells where he is heard from; the place last stated is in use,
    and may be another one."""
    proxy, ersp, agent, client = line(TRUST='modparam("e911", "trunk", '
        '"name=cloud;source=127.0.0.0/8;key=from;network=header:X-From")')
    for place, network in ("HOME", "192.0.2.7"), ("OFFICE", "198.51.100.7"):
        proxy.rpc("e911.loc_set", agent.aor, json.dumps({**AUSTIN, "LOC": place}),
                  "*", "network=" + network)
    later()
    call = agent.invite(CALL, headers=[("X-From", here)])
    assert call.final().status == 200
    path = path_of(ersp.wait_invites(1)[0])
    want = "HOME" if here == "192.0.2.7" else "OFFICE"
    assert client.get(path).address()["LOC"] == want
    proxy.rpc("e911.loc_set", agent.aor, json.dumps({**AUSTIN, "LOC": "CAR"}),
              "*", "network=" + here)
    assert client.get(path).address()["LOC"] == "CAR"


@pytest.mark.parametrize("how", [{}, VOUCHED], ids=["trunk", "agent"])
def test_what_was_named_unusable_is_not_given(line, how):
    """Not as the call had it either: the default goes until it is restated."""
    proxy, ersp, agent, client = line(AUSTIN, params=DEFAULT_SITE, **how)
    later()
    path = dial(ersp, agent)[2]
    assert client.get(path).address() == AUSTIN
    proxy.rpc("e911.loc_unusable", agent.aor)
    answer = client.get(path)
    assert answer.address()["RD"] == "Corporate"
    assert texts(answer.document(), ".//dm:timestamp")[0][:4] == time.strftime("%Y")
    state(proxy, agent, {**AUSTIN, "LOC": "APT 5C"})
    assert client.get(path).address()["LOC"] == "APT 5C"


@pytest.mark.parametrize("how", [{}, VOUCHED], ids=["trunk", "agent"])
def test_what_is_found_wrong_during_the_call_is_not_given(line, cleanup, how):
    """Where the site refuses it: it is as one named unusable."""
    from lib.validator import Validator, says
    shop = Validator(lambda _: answer.wait(10) and says("invalid"))
    answer = threading.Event()
    cleanup.callback(shop.close)
    row = DEFAULT_SITE[:-2] + ';validate=rest:shop;invalid=refuse")\n'
    proxy, ersp, agent, client = line(AUSTIN, params=row + (
        'modparam("e911", "validator", "name=shop;like=generic;url=%s;'
        'timeout_ms=20000")\nmodparam("e911", "validate_wait", 0)\n'
        % shop.url()), **how)
    later()
    path = dial(ersp, agent)[2]
    assert client.get(path).address() == AUSTIN
    answer.set()
    until(lambda: proxy.jsonrpc("e911.loc_get", [agent.aor])["result"][
        "verdict"] == "invalid", 5)
    assert client.get(path).address()["RD"] == "Corporate"


def test_unusable_without_a_default_is_unknown(line):
    proxy, ersp, agent, client = line(AUSTIN)
    path = dial(ersp, agent)[2]
    proxy.rpc("e911.loc_unusable", agent.aor)
    assert client.get(path).error() == "locationUnknown"


EXPIRES = """<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:a@b"
 xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10"><tuple id="a"><status>
<gp:geopriv><gp:location-info><c:civicAddress
 xmlns:c="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr">
<c:country>US</c:country><c:A1>TX</c:A1></c:civicAddress></gp:location-info>
<gp:usage-rules><retention-expiry
 xmlns="urn:ietf:params:xml:ns:pidf:geopriv10:basicPolicy">%s</retention-expiry>
</gp:usage-rules></gp:geopriv></status></tuple></presence>"""


def test_nobody_is_told_past_the_retention(line):
    """RFC 4119 section 2.2.2, for what the call had as well."""
    proxy, ersp, agent, client = line()
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
    proxy.rpc("e911.loc_set", agent.aor, EXPIRES % end)
    path = dial(ersp, agent)[2]
    assert client.get(path).address() == {"country": "US", "A1": "TX"}
    until(lambda: b"locationUnknown" in client.get(path).body, 6, "past it")
    assert client.post(path, "civic", exact=True).error() == "locationUnknown"


def test_unproven_callers_reference_gives_the_default_alone(line):
    """A stranger writes the agent's From: neither then nor later does the
    reference lead to where the agent is."""
    proxy, ersp, agent, client = line(
        AUSTIN, TRUST="", params=DEFAULT_SITE.replace(
            "name=hq", "name=hq;unproven=default"))
    path = dial(ersp, agent)[2]
    assert client.get(path).address()["RD"] == "Corporate"
    state(proxy, agent, {**AUSTIN, "LOC": "APT 5C"})
    assert client.get(path).address()["RD"] == "Corporate"


def test_strangers_are_refused_with_the_true_token(line, recipient):
    proxy, ersp, agent, client = line(AUSTIN)
    path = dial(ersp, agent)[2]
    assert recipient(proxy, source="127.0.0.2").get(path).status == 403
    assert client.get(path).status == 200
    assert client.get(path[:-1] + "g").status == 404
    assert counters(proxy)["references_served"] == 1
    assert counters(proxy)["references_refused"] == 2


def test_certificate_gets_the_location(line, recipient):
    proxy, ersp, agent, _ = line(AUSTIN, allow=CERTIFICATE)
    path = dial(ersp, agent)[2]
    mine = recipient(proxy, source="127.0.0.2", name="client")
    assert mine.get(path).address() == AUSTIN
    assert recipient(proxy, source="127.0.0.2").get(path).status == 403


def test_without_tls_only_from_this_machine(line, recipient):
    """127.0.0.1 may stand for a web server in front of Kamailio."""
    proxy, ersp, agent, _ = line(AUSTIN)
    path = dial(ersp, agent)[2]
    assert recipient(proxy, tls=False).get(path).address() == AUSTIN


def test_one_connection_serves_many_requests(line):
    _, ersp, agent, client = line(AUSTIN)
    path = dial(ersp, agent)[2]
    client.get(path)
    connection = client.http.sock
    for _ in range(5):
        assert client.post(path, "civic").address() == AUSTIN
        assert client.get("/e911/x").status == 404
    assert connection is not None and client.http.sock is connection


def test_reference_outlives_the_call_and_then_is_gone(line):
    """A ledger of one call: the next one takes the place of what has ended."""
    proxy, ersp, agent, client = line(
        AUSTIN, params='modparam("e911", "ledger_size", 1)')
    call, _, path = dial(ersp, agent)
    call.ack()
    assert call.bye().final().status == 200
    assert client.get(path).address() == AUSTIN
    second = dial(ersp, agent, 2)[2]
    assert client.get(path).status == 404
    assert client.get(second).address() == AUSTIN


def test_nobody_but_the_log_hears_of_it(line):
    proxy, ersp, agent, client = line(AUSTIN)
    path = dial(ersp, agent)[2]
    client.get(path)
    proxy.wait_log("NOTICE: e911 .*given by its reference")
    log = proxy.log()
    assert path[6:] not in log and "Agent Smith" not in log


# ----- additional data -----

BLOCKS = ["ProviderInfo", "ServiceInfo", "SubscriberInfo"]
PROVIDER = ('modparam("e911", "provider", "name=Example Contact Centers;'
            'id=cc.example.com;contact=tel:+15125550199")\n')
WITH_DATA = PROVIDER + ('modparam("e911", "profile", "name=data;like=reference;'
                        'data=provider,service,subscriber")\n')
ANA = '"Ana Ruiz & S\u00f8n" <sip:+15125550101@example.test>'
# the UA writes ISO 8859-1
UTF8 = ANA.encode().decode("latin-1")
FIELDS = {**AUSTIN, "callback": "+15125550177"}


@pytest.fixture
def data_line(line):
    """line() with a profile that wants all blocks."""
    return lambda **how: line(FIELDS, **{"profile": "data", "params": WITH_DATA, **how})


def data_of(message):
    """{name: path} of what Call-Info refers to."""
    found = [re.fullmatch(r"<https://127\.0\.0\.1:\d+(/e911/[0-9a-f]{32}/(\w+))>"
                          r";purpose=EmergencyCallData\.(\w+)", v)
             for v in message.all("Call-Info")]
    assert None not in found, message.all("Call-Info")
    assert all(m.group(2) == m.group(3) for m in found)
    return {m.group(2): m.group(1) for m in found}


def test_data_by_reference(data_line):
    proxy, ersp, agent, client = data_line()
    state(proxy, "sip:+15125550101@example.test", FIELDS)
    assert agent.invite(CALL, from_=UTF8).final().status == 200
    message = ersp.wait_invites(1)[0]
    assert message.body == SDP
    paths = data_of(message)
    assert list(paths) == BLOCKS
    assert {p.rpartition("/")[0] for p in paths.values()} == {path_of(message)}
    blocks = {n: client.get(p).block(n) for n, p in paths.items()}
    assert len({b.reference for b in blocks.values()}) == 1
    assert blocks["ProviderInfo"].all("DataProviderString") == [
        "Example Contact Centers"]
    assert blocks["ServiceInfo"].all("ServiceType") == ["MLTS-hosted"]
    subscriber = blocks["SubscriberInfo"]
    assert subscriber.all("fn") == ["Ana Ruiz & S\u00f8n"]
    assert subscriber.all("uri") == ["tel:+15125550177"]
    assert client.get(path_of(message)).address() == AUSTIN
    assert counters(proxy)["references_served"] == 4
    proxy.wait_log("NOTICE: e911 .*SubscriberInfo of .* given by its reference")
    assert "Ana" not in proxy.log()


def test_data_is_the_same_by_value_and_by_reference(line):
    """i3, whose document the ERSP refuses: the rest goes by reference."""
    proxy, ersp, agent, client = line(FIELDS, profile="i3", params=PROVIDER,
                                      behaviour=("refuse:424", "take"))
    call = agent.invite(CALL, headers=[("Call-Info", "<http://a/b.png>;purpose=icon")])
    assert call.final().status == 200
    value, reference = ersp.wait_invites(2)
    sent = {p.content_type.partition(".")[2]: p.body for p in value.parts[2:]}
    assert [n + "+xml" for n in map(str.lower, BLOCKS)] == list(sent)
    icon, *infos = reference.all("Call-Info")
    assert icon == "<http://a/b.png>;purpose=icon"
    assert [i.partition("purpose=EmergencyCallData.")[2] for i in infos] == BLOCKS
    assert reference.body == SDP
    assert "cid:" not in str(reference.all("Call-Info"))
    for name in BLOCKS:
        answer = client.get(path_of(reference) + "/" + name)
        assert answer.block(name)
        assert answer.body == sent[name.lower() + "+xml"]


@pytest.mark.parametrize("length", [10, 150, 250])
def test_data_of_a_long_call_id(line, length):
    proxy, ersp, agent, client = line(FIELDS, profile="i3", params=PROVIDER,
                                      behaviour=("refuse:424", "take"))
    raw = agent.message("INVITE", CALL, SDP)
    agent.send(re.sub(rb"Call-ID: \S+", b"Call-ID: " + b"c" * length, raw))
    value, reference = ersp.wait_invites(2)
    answer = client.get(path_of(reference) + "/ProviderInfo")
    assert answer.block("ProviderInfo").reference in value.raw.decode()


@pytest.mark.parametrize("wanted, sent", [
    ("provider", BLOCKS[:1]), ("provider,subscriber", BLOCKS[::2]),
    ("service", BLOCKS[:2])])
def test_blocks_that_the_profile_names(line, wanted, sent):
    """ProviderInfo goes with any other, RFC 7852 section 4.1."""
    row = 'modparam("e911", "profile", "name=some;like=reference;data=%s")' % wanted
    _, ersp, agent, _ = line(FIELDS, profile="some", params=PROVIDER + row)
    assert list(data_of(dial(ersp, agent)[1])) == sent


def test_display_name_that_is_cut(data_line):
    """63 bytes are kept, and whole characters."""
    proxy, ersp, agent, client = data_line()
    state(proxy, "sip:+15125550101@example.test", FIELDS)
    assert agent.invite(CALL, from_=UTF8.replace("Ana", "x" * 62, 1).replace(
        " Ruiz & S", "")).final().status == 200
    path = data_of(ersp.wait_invites(1)[0])["SubscriberInfo"]
    assert client.get(path).block("SubscriberInfo").all("fn") == ["x" * 62]


def test_no_data_without_a_provider(line):
    row = WITH_DATA.replace(PROVIDER, "")
    _, ersp, agent, client = line(FIELDS, profile="data", params=row)
    _, message, path = dial(ersp, agent)
    assert message.all("Call-Info") == []
    assert client.get(path + "/ProviderInfo").status == 404


def test_data_is_offered_by_https_alone(data_line, recipient):
    """RFC 7852 section 6.1; a location may be by http."""
    proxy, ersp, agent, _ = data_line(url="http://127.0.0.1/e911/")
    assert agent.invite(CALL).final().status == 200
    message = ersp.wait_invites(1)[0]
    assert re.fullmatch("<http://127.0.0.1/e911/[0-9a-f]{32}>",
                        message.h("Geolocation"))
    assert message.all("Call-Info") == []


def test_what_is_no_block_is_not_found(data_line):
    _, ersp, agent, client = data_line()
    path = dial(ersp, agent)[2]
    nothing = [path + end for end in (
        "/", "/DeviceInfo", "/providerinfo", "/ProviderInfo/", "/ProviderInfo?a",
        "//ProviderInfo", "/EmergencyCallData.ProviderInfo")]
    nothing += ["/e911/%s/ProviderInfo" % NOBODY, "/e911/x/ProviderInfo"]
    answers = [client.get(p) for p in nothing]
    assert [a.status for a in answers] == [404] * len(nothing)
    assert {a.body for a in answers} == {b""}
    assert client.get(path + "/ProviderInfo").block("ProviderInfo")


def test_data_is_got_by_get_alone(data_line):
    _, ersp, agent, client = data_line()
    path = dial(ersp, agent)[2] + "/ProviderInfo"
    for method in "POST", "PUT", "DELETE":
        answer = client.ask(method, path, Content_Length="0")
        assert (answer.status, answer.headers["Allow"]) == (405, "GET")
        assert answer.body == b""


def test_strangers_get_no_data(data_line, recipient):
    proxy, ersp, agent, client = data_line()
    path = dial(ersp, agent)[2] + "/SubscriberInfo"
    assert recipient(proxy, source="127.0.0.2").get(path).status == 403
    assert client.get(path).block("SubscriberInfo")
    assert counters(proxy)["references_refused"] == 1


def test_data_is_gone_with_its_call(data_line):
    _, ersp, agent, client = data_line(
        params=WITH_DATA + 'modparam("e911", "ledger_size", 1)')
    call, _, path = dial(ersp, agent)
    call.ack()
    assert call.bye().final().status == 200
    assert client.get(path + "/SubscriberInfo").block("SubscriberInfo")
    dial(ersp, agent, 2)
    assert client.get(path + "/SubscriberInfo").status == 404


def test_dryrun_shows_data_by_reference(data_line):
    proxy, _, agent, _ = data_line()
    row = proxy.jsonrpc("e911.dryrun", [agent.aor, "911"])["result"]
    assert "Call-Info: <https://127.0.0.1:%d/e911/dryrun/SubscriberInfo>;purpose=" \
        "EmergencyCallData.SubscriberInfo" % proxy.tls_port in json.dumps(row)


LUA = """
function ksr_request_route()
    if KSR.e911.match() > 0 then KSR.e911.relay() end
end
function ksr_http(name)
    if KSR.e911.http() < 0 then
        KSR.xhttp.xhttp_reply(404, "Not Found", "text/plain", "other")
    end
end
"""


def test_kemi(kamailio, uas, ua, certs, cleanup):
    ersp, port = uas("take"), free_port()
    proxy = kamailio(BASE + """
        tcp_accept_no_cl=yes
        loadmodule "dispatcher.so"
        modparam("dispatcher", "list_file", "@DIR@/dispatcher.list")
        loadmodule "app_lua.so"
        modparam("app_lua", "load", "@DIR@/route.lua")
        loadmodule "xhttp.so"
        modparam("xhttp", "event_callback", "ksr_http")
        loadmodule "@MODULE@"
        modparam("e911", "reference_url", "http://127.0.0.1:@PORT@/e911/")
        modparam("e911", "reference_from", "127.0.0.1")
        """ + TRUST + '\ncfgengine "lua"\n', port=port, files={
            "route.lua": LUA, "dispatcher.list": rows(
                (1, ersp.uri(), 9, "profile=reference"))})
    agent = ua(proxy)
    state(proxy, agent)
    assert agent.invite(CALL).final().status == 200
    url = ersp.wait_invites(1)[0].h("Geolocation")
    assert url.startswith("<http://127.0.0.1:%d/e911/" % port)
    client = Recipient(certs, port, tls=False)
    cleanup.callback(client.close)
    assert client.get(url[len("<http://127.0.0.1:%d" % port):-1]).address() == AUSTIN
    assert client.get("/other").body == b"other"


@pytest.mark.skipif(not os.environ.get("SOAK"), reason="SOAK=1: takes a minute")
def test_reference_is_gone_after_its_window(line):
    proxy, ersp, agent, client = line(
        AUSTIN, params='modparam("e911", "callback_window", 60)')
    call, _, path = dial(ersp, agent)
    call.ack()
    assert call.bye().final().status == 200
    end = time.monotonic()
    until(lambda: client.get(path).status == 404, 70, "not found", every=1)
    assert time.monotonic() - end > 55


def test_data_outlives_a_restart(data_line, tmp_path):
    database = SqliteTables(tmp_path)
    database.create()
    proxy, ersp, agent, client = data_line(
        LOAD=database.load,
        params=WITH_DATA + 'modparam("e911", "db_url", "%s")' % database.url)
    state(proxy, "sip:+15125550101@example.test", FIELDS)
    assert agent.invite(CALL, from_=UTF8).final().status == 200
    paths = data_of(ersp.wait_invites(1)[0])
    before = client.get(paths["SubscriberInfo"]).block("SubscriberInfo")
    client.close()
    proxy.restart()
    until(lambda: client.get(paths["ProviderInfo"]).status == 200, 5, "read")
    blocks = [client.get(paths[n]).block(n) for n in BLOCKS]
    assert len({b.reference for b in blocks}) == 1
    for name in "fn", "uri":
        assert blocks[2].all(name) == before.all(name)


def test_reference_outlives_a_restart(line, tmp_path):
    database = SqliteTables(tmp_path)
    database.create()
    proxy, ersp, agent, client = line(
        AUSTIN, LOAD=database.load,
        params='modparam("e911", "db_url", "%s")' % database.url)
    path = dial(ersp, agent)[2]
    assert client.get(path).address() == AUSTIN
    client.close()
    proxy.restart()
    until(lambda: client.get(path).status == 200, 5, "read from the database")
    assert client.get(path).address() == AUSTIN
    # the device is still the caller's: what is corrected is seen
    state(proxy, agent, {**AUSTIN, "LOC": "APT 5C"})
    assert client.get(path).address()["LOC"] == "APT 5C"
    assert client.get("/e911/" + NOBODY).status == 404
