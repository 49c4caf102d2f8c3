# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks of PIDF-LO documents, independent of the module's own reader."""
import collections
import os
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree

from erspsim.pidf import civic as erspsim_civic

SCHEMAS = os.path.join(os.path.dirname(__file__), "../../data/schemas")
SCHEMA = os.path.join(SCHEMAS, "pidflo-strict.xsd")
EMITTED = os.path.join(SCHEMAS, "emitted.rng")
AT_ONCE = 64  # documents of one server that are looked at
NAMESPACES = {
    "pidf": "urn:ietf:params:xml:ns:pidf",
    "dm": "urn:ietf:params:xml:ns:pidf:data-model",
    "gp": "urn:ietf:params:xml:ns:pidf:geopriv10",
    "gbp": "urn:ietf:params:xml:ns:pidf:geopriv10:basicPolicy",
    "ca": "urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr",
    "cae": "urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr:ext",
    "cdx1": "urn:nena:xml:ns:pidf:nenaCivicAddr",
    "cdx2": "urn:nena:xml:ns:pidf:nenaCivicAddr2",
    "gml": "http://www.opengis.net/gml",
    "gs": "http://www.opengis.net/pidflo/1.0",
    "con": "urn:ietf:params:xml:ns:geopriv:conf",
}


def assert_pidf_valid(document):
    """Bytes of a document against the strict schema; never reads the network."""
    assert os.path.exists(SCHEMA), "no schema: %s" % SCHEMA
    done = subprocess.run(
        ["xmllint", "--noout", "--nonet", "--schema", SCHEMA, "-"],
        input=document, capture_output=True, timeout=30)
    assert done.returncode == 0, "%s\n%s" % (
        done.stderr.decode(errors="replace"), document.decode(errors="replace"))


brought = collections.deque(maxlen=200)


def bring(raw):
    """Notes what an agent sends: a location in it is not the module's."""
    if b"presence" in raw:
        brought.append(raw)


def faults_of(documents, grammar=EMITTED):
    """What xmllint says of documents that are not of that grammar."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, "%d.xml" % i)
                 for i in range(len(documents))]
        for path, document in zip(paths, documents):
            with open(path, "wb") as file:
                file.write(document)
        done = subprocess.run(
            ["xmllint", "--noout", "--nonet", "--relaxng", grammar, *paths],
            capture_output=True, timeout=60)
    return done.stderr.decode(errors="replace") if done.returncode else ""


def assert_emitted(messages):
    """Each location in them is of the form the module writes, but for those
    that an agent has brought."""
    own = {part.body for m in messages for part in m.parts
           if part.content_type == "application/pidf+xml"}
    own = [d for d in own if not any(d.strip() in raw for raw in brought)]
    if own:
        faults = faults_of(own[:AT_ONCE])
        assert not faults, "%s\n%s" % (faults, b"\n".join(own[:3]).decode(
            errors="replace"))


def civic(document):
    """{element: value} of the address that counts, as an ERSP reads it."""
    return erspsim_civic(document)


def texts(document, path):
    """Texts of the elements at an ElementTree path such as .//gp:method."""
    root = ElementTree.fromstring(document)
    return [(e.text or "").strip() for e in root.findall(path, NAMESPACES)]


def multipart(document, cid="loc-1@example.test", sdp=None, boundary="b-1"):
    """(body, Content-Type) of SDP and a PIDF-LO."""
    from .ua import SDP
    sdp = SDP if sdp is None else sdp
    mark = ("--" + boundary).encode()
    head = ("Content-Type: application/pidf+xml\r\nContent-ID: <%s>\r\n"
            "Content-Disposition: by-reference;handling=optional" % cid)
    body = b"\r\n".join([mark, b"Content-Type: application/sdp", b"", sdp, mark,
                         head.encode(), b"", document, mark + b"--", b""])
    return body, 'multipart/mixed;boundary="%s"' % boundary
