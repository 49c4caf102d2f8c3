# SPDX-License-Identifier: GPL-2.0-or-later
"""The grammar of what is emitted: what it takes, and that it refuses the rest.
That all that is emitted is of it each UAS sees to, see lib/pidf.py."""
import contextlib
import os
import re
import subprocess

import pytest

from lib import AUSTIN, UA, UAS, Kamailio, e911_proxy, state
from lib.pidf import EMITTED, SCHEMAS, faults_of

CIRCLE = {**AUSTIN, "shape": "Circle", "pos": "30.2672 -97.7431",
          "radius": "30", "provided_by": "https://data.example.test/1"}


def test_it_is_made_of_the_compact_one():
    made = subprocess.run(["rnc2rng", os.path.join(SCHEMAS, "emitted.rnc")],
                          capture_output=True, check=True).stdout
    with open(EMITTED, "rb") as file:
        assert file.read().split() == made.split()


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    """One with all parts, as it arrived."""
    with contextlib.ExitStack() as stack:
        def start(cfg, **how):
            proxy = Kamailio(cfg, tmp_path_factory.mktemp("schema"), **how)
            stack.callback(proxy.close)
            return proxy.start()
        ersp = UAS("take")
        stack.callback(ersp.close)
        proxy = e911_proxy(start, ersp)
        agent = UA(proxy.address)
        stack.callback(agent.close)
        state(proxy, agent, CIRCLE)
        assert agent.invite("sip:911@example.test").final().status == 200
        part = ersp.wait_invites()[0].location()[0]
        yield part.body.decode()


def test_it_takes_what_arrived(document):
    assert faults_of([document.encode()]) == ""
    for part in "gs:Circle", "con:confidence", "gp:method", "gp:provided-by", \
            "retransmission-allowed", "dm:deviceID", "ca:NAM":
        assert part in document


WRONG = {
    "an address out of order": (r"(<ca:A1>TX</ca:A1>)(.*)(</ca:civic)",
                                r"\2\1\3"),
    "an empty element": ("<ca:PRD>W<", "<ca:PRD><"),
    "a blank at an end": ("<ca:PRD>W<", "<ca:PRD>W <"),
    "an element of nobody": ("ca:LOC", "ca:DESK"),
    "a country of three": (">US<", ">USA<"),
    "a circle of three dimensions": (r"(30\.2672 -97\.7431)", r"\1 5"),
    "the CRS of the other number": ("EPSG::4326", "EPSG::4979"),
    "a place that is none": ("30.2672 ", "130.2672 "),
    "a radius in feet": ("EPSG::9001", "EPSG::9002"),
    "a shape without its radius": (r"<gs:radius.*</gs:radius>", ""),
    "a circle without confidence": (r"<con:.*</con:confidence>", ""),
    "a point with confidence": (
        r"<gs:Circle(.*?)<gs:radius.*</gs:Circle>", r"<gml:Point\1</gml:Point>"),
    "certainty": (">95<", ">100<"),
    "two shapes": (r"(<gs:Circle.*</gs:Circle>)", r"\1\1"),
    "no rules": (r"<gp:usage-rules>.*</gp:usage-rules>", ""),
    "rules in the wrong namespace": ("gbp:retransmission", "gp:retransmission"),
    "not to be passed on": (">true<", ">false<"),
    "yes instead of true": (">true<", ">yes<"),
    "a method in words": ("<gp:method>Manual", "<gp:method>by hand"),
    "the id before the location": (
        r"(<gp:geopriv>.*</gp:geopriv>)(<dm:deviceID>.*</dm:deviceID>)",
        r"\2\1"),
    "an id that is none": (r'<dm:device id="', '<dm:device id="1:'),
    "two devices": (r"(<dm:device.*</dm:device>)", r"\1\1"),
    "a time without its zone": (r"Z</dm:timestamp>", "</dm:timestamp>"),
    "no entity": (r' entity="[^"]*"', ""),
    "another block's data": ("ProviderInfo", "Comment"),
}


@pytest.mark.parametrize("name", WRONG)
def test_it_refuses(document, name):
    pattern, instead = WRONG[name]
    wrong, n = re.subn(pattern, instead, document, flags=re.S)
    assert n, "nothing to change"
    faults = faults_of([wrong.encode()])
    assert "fails to validate" in faults and "parser error" not in faults
