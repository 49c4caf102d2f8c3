# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses of agents, and the PIDF-LO that a peer keeps for each."""
FIELDS = {"country": "US", "A1": "TX", "A2": "Travis", "A3": "Austin",
          "PRD": "N", "RD": "Whispering Willow Creek", "STS": "Ave",
          "HNO": "1100", "HNS": "1/2",
          "LOC": "Contact center, west wing, desk 4-117",
          "NAM": "Example Contact Centers Inc, Austin", "BLD": "Building 7",
          "FLR": "4", "UNIT": "4B", "ROOM": "417", "PC": "78701"}
TWELVE = {name: FIELDS[name] for name in (
    "country", "A1", "A2", "A3", "PRD", "RD", "STS", "HNO", "LOC", "FLR",
    "NAM", "PC")}
PIDF = """\
<?xml version="1.0" encoding="UTF-8"?>\r
<presence xmlns="urn:ietf:params:xml:ns:pidf" \
xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" \
xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10" \
xmlns:ca="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr" \
entity="pres:%(user)s@example.com">\r
<dm:device id="%(user)s-d1">\r
<gp:geopriv>\r
<gp:location-info>\r
<ca:civicAddress xml:lang="en">\r
%(civic)s</ca:civicAddress>\r
</gp:location-info>\r
<gp:usage-rules>\r
<gp:retransmission-allowed>yes</gp:retransmission-allowed>\r
<gp:retention-expiry>2036-11-24T00:00:00Z</gp:retention-expiry>\r
</gp:usage-rules>\r
<gp:method>Manual</gp:method>\r
</gp:geopriv>\r
<dm:deviceID>mac:00-11-22-33-44-55</dm:deviceID>\r
<dm:timestamp>2026-11-23T00:00:00Z</dm:timestamp>\r
</dm:device>\r
</presence>\r
"""


def pidf(user, fields=None):
    """About 1300 bytes."""
    civic = "".join("<ca:%s>%s</ca:%s>\r\n" % (name, value, name)
                    for name, value in (fields or FIELDS).items())
    return PIDF % {"user": user, "civic": civic}
