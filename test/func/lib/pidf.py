# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks of PIDF-LO documents, independent of the module's own reader."""
import os
import subprocess
import xml.etree.ElementTree as ElementTree

from erspsim.pidf import civic as erspsim_civic

from .ua import SDP

SCHEMA = os.path.join(os.path.dirname(__file__),
                      "../../data/schemas/pidflo-strict.xsd")
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


def civic(document):
    """{element: value} of the address that counts, as an ERSP reads it."""
    return erspsim_civic(document)


def texts(document, path):
    """Texts of the elements at an ElementTree path such as .//gp:method."""
    root = ElementTree.fromstring(document)
    return [(e.text or "").strip() for e in root.findall(path, NAMESPACES)]


def multipart(document, cid="loc-1@example.test", sdp=SDP, boundary="b-1"):
    """(body, Content-Type) of SDP and a PIDF-LO."""
    mark = ("--" + boundary).encode()
    head = ("Content-Type: application/pidf+xml\r\nContent-ID: <%s>\r\n"
            "Content-Disposition: by-reference;handling=optional" % cid)
    body = b"\r\n".join([mark, b"Content-Type: application/sdp", b"", sdp, mark,
                         head.encode(), b"", document, mark + b"--", b""])
    return body, 'multipart/mixed;boundary="%s"' % boundary
