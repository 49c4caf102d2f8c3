# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads a PIDF-LO as an ERSP does: which address, found how."""
import re
import xml.etree.ElementTree as ElementTree

DM = "{urn:ietf:params:xml:ns:pidf:data-model}"
PIDF = "{urn:ietf:params:xml:ns:pidf}"
GP = "{urn:ietf:params:xml:ns:pidf:geopriv10}"
CIVIC = "{urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr}civicAddress"
GML = "{http://www.opengis.net/gml}"
STREET = ("HNP", "HNO", "HNS", "PRD", "PRM", "STP", "RD", "A6", "STS", "POD",
          "POM")
INSIDE = {"NAM": "", "BLD": "", "FLR": "floor ", "UNIT": "unit ",
          "ROOM": "room ", "SEAT": "seat ", "LOC": ""}


class Refused(ValueError):
    """The document cannot be used; the text says why."""


def parse(document):
    """Root element of the bytes of a document; no DTD, so no entities."""
    # UTF-16 has a zero byte in each ASCII character.
    if b"<!DOCTYPE" in document.replace(b"\0", b""):
        raise Refused("PIDF-LO with a DTD")
    try:
        return ElementTree.fromstring(document)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Refused("PIDF-LO cannot be read: %s" % error) from error


def geopriv_of(root):
    """The geopriv element that counts: RFC 5491 section 3.4 rule 8."""
    for holder in (DM + "device", PIDF + "tuple", DM + "person"):
        for element in root.iter(holder):
            for geopriv in element.iter(GP + "geopriv"):
                info = geopriv.find(GP + "location-info")
                if info is not None and len(info):
                    return geopriv
    return None


def local(element):
    return element.tag.rpartition("}")[2]


def text(element):
    return re.sub(r"\s+", " ", element.text or "").strip()


class Location:
    """civic: {local name: value}, shape: text, method: text."""

    def __init__(self, document):
        geopriv = geopriv_of(parse(document))
        if geopriv is None:
            raise Refused("PIDF-LO without a location")
        info = geopriv.find(GP + "location-info")
        self.civic = {}
        address = info.find(CIVIC)
        for field in address if address is not None else ():
            self.civic.setdefault(local(field), text(field))
        self.shape = next((shape_line(e) for e in info
                           if list(e.iter(GML + "pos"))
                           or list(e.iter(GML + "posList"))), "")
        method = geopriv.find(GP + "method")
        self.method = "" if method is None else text(method)

    def line(self):
        return "; ".join(t for t in (civic_line(self.civic), self.shape) if t)


def civic(document):
    """{local name: value} of the address that counts."""
    return Location(document).civic


def shape_line(element):
    fields = ["%s %s" % (local(e), text(e)) for e in element.iter() if text(e)]
    return "%s %s" % (local(element), ", ".join(fields))


def civic_line(fields):
    """A civic address in one line, as one would write it on a parcel."""
    def words(*names):
        return " ".join(fields[n] for n in names if fields.get(n))
    town = words("A3") or words("PCN") or words("A2")
    blocks = [words(*STREET)]
    blocks += [say + fields[n] for n, say in INSIDE.items() if fields.get(n)]
    blocks += [" ".join(w for w in (town, words("A1", "PC")) if w),
               words("country")]
    return ", ".join(b for b in blocks if b)
