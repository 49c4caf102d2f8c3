# SPDX-License-Identifier: GPL-2.0-or-later
"""One captured call as each built-in profile has it sent: the whole message.
E911_GOLDEN=write writes test/data/profiles anew and tells the difference."""
import contextlib
import os
import re
import subprocess

import pytest

from lib import ROOT, assert_pidf_valid
from lib.golden import assert_golden, captured, difference, normal
from lib.profiles import AGENT, Bench
from lib.ua import unique

BUILT_IN = ["value", "reference", "plain", "elin", "premise", "i3", "teams",
            "intrado", "intrado-erl", "bandwidth", "redsky", "telnyx",
            "voip-innovations", "aws-chime"]
PIDF = "application/pidf+xml"
DATA_SCHEMA = os.path.join(ROOT, "test/data/schemas/additional-strict.xsd")
ASSERTED = b'P-Asserted-Identity: "Ana Ruiz" <%s>\r\n' % AGENT.encode()
DRYRUN_SDP = (b"v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n"
              b"t=0 0\r\nm=audio 9 RTP/AVP 0\r\n")


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Bench(stack, tmp_path_factory.mktemp("profiles"))


def resolve(message):
    """{Content-ID: part} of the parts that have one; each has its own."""
    named = [p for p in message.parts if p.content_id]
    found = {p.content_id: p for p in named}
    assert len(found) == len(named)
    return found


def assert_data_valid(part):
    done = subprocess.run(
        ["xmllint", "--noout", "--nonet", "--schema", DATA_SCHEMA, "-"],
        input=part.body, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("name", BUILT_IN)
def test_golden(bench, name):
    bench.take_profile(name)
    came, text = bench.send(bench.captured())
    assert_sound(came)
    assert_golden(name, text)


def assert_sound(message):
    """What holds of any message, whatever its golden file says."""
    assert int(message.h("Content-Length")) == len(message.body)
    assert len(message.all("Content-Length")) == 1
    assert len(message.all("Content-Type")) == 1
    assert message.sdp == captured("agent").partition(b"\r\n\r\n")[2]
    parts = resolve(message)
    cids = re.findall(r"<cid:([^>]*)>", "".join(message.all("Geolocation")))
    data = [re.fullmatch(r"<cid:(.*)>;purpose=(.*)", v).groups()
            for v in message.all("Call-Info") if "cid:" in v]
    # each is spoken of by one header, and none is missing
    assert sorted(cids + [cid for cid, _ in data]) == sorted(parts)
    for cid in cids:
        assert parts[cid].content_type == PIDF
        assert_pidf_valid(parts[cid].body)
    for cid, purpose in data:
        assert parts[cid].content_type == "application/%s+xml" % purpose.lower()
        assert_data_valid(parts[cid])
    # who stands behind a NAT is found by this alone
    assert "received=127.0.0.1" in message.all("Via")[1]


@pytest.mark.parametrize("name", BUILT_IN)
def test_golden_of_a_phone_that_asserts_nothing(bench, name):
    """The same message, but for the line that the phone did not send."""
    bench.take_profile(name)
    raw = bench.captured()
    assert ASSERTED in raw
    _, came = bench.send(raw.replace(ASSERTED, b""))
    with open(os.path.join(ROOT, "test/data/profiles", name + ".sip"),
              "rb") as file:
        wanted = file.read().replace(ASSERTED, b"")
    assert came == wanted, difference(wanted, came)


@pytest.mark.parametrize("names", [
    ("intrado", "bandwidth", "redsky", "elin"),
    ("plain", "i3", "telnyx", "reference", "intrado-erl"),
    ("voip-innovations", "aws-chime", "teams", "value")])
def test_one_call_in_the_words_of_each(bench, names):
    """Each destination gets what it would get alone, to the byte."""
    servers = [bench.uas("refuse:503") for _ in names[:-1]] + [bench.ersp]
    bench.line(*((server, "profile=" + name)
                 for server, name in zip(servers, names)))
    bench.send(bench.captured())
    for server, name in zip(servers, names):
        came = server.invites[-1].message
        assert_golden(name, normal(
            came.raw, PROXY="127.0.0.1:%d" % bench.proxy.port,
            ERSP="127.0.0.1:%d" % server.port, CALLID=came.call_id))


def without_hops(raw):
    """Without what dryrun does not show: Via, Record-Route, the Call-ID."""
    return re.sub(rb"\r\n(Via|Record-Route|Call-ID): [^\r]*", b"", raw)


@pytest.mark.parametrize("name", BUILT_IN)
def test_dryrun_is_what_arrives(bench, name):
    bench.take_profile(name)
    shown, = bench.proxy.jsonrpc("e911.dryrun", [
        AGENT, "911", "sip:agent@192.0.2.1"])["result"]
    assert shown["profile"] == name
    invite = shown["invite"].encode()
    assert int(shown["size"]) == len(invite)
    came, text = bench.send(
        b"INVITE sip:911@example.invalid SIP/2.0\r\n"
        b"Via: SIP/2.0/UDP 192.0.2.1;rport;branch=%s\r\nMax-Forwards: 70\r\n"
        b"From: <%s>;tag=dryrun\r\nTo: <sip:911@example.invalid>\r\n"
        b"Call-ID: %s\r\nCSeq: 1 INVITE\r\nContact: <sip:agent@192.0.2.1>\r\n"
        b"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s" % (
            unique("z9hG4bK").encode(), AGENT.encode(), unique("c").encode(),
            len(DRYRUN_SDP), DRYRUN_SDP))
    wanted, came = (without_hops(t) for t in (bench.normal(invite), text))
    assert wanted == came.replace(b"/held/REFERENCE", b"/held/dryrun"), \
        difference(wanted, came)


def test_each_built_in_profile_has_its_file(bench):
    shown = bench.proxy.jsonrpc("e911.profiles")["result"]
    assert [p["name"] for p in shown if not p["country"]] == BUILT_IN
    assert all(p["cites"] for p in shown)
