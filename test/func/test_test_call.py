# SPDX-License-Identifier: GPL-2.0-or-later
"""Test calls: by the ERSP's test service, or answered here."""
import json

import pytest

from lib import AUSTIN, DEFAULT_SITE, civic, counters, e911_proxy, state
from lib.edge import edge_proxy

TEST = "sip:933@example.test"
URN = "urn:service:test.sos"
DEVICE = "urn:uuid:00000000-0000-1000-8000-00000000000a"
HERE = 'modparam("e911", "site", "name=hq;set=1;country=US;test=%s%s")\n'


def lines(message):
    """{label: text} of a text that describes the call."""
    first, *rest = message.body.decode().split("\r\n")
    assert first == "Test: no emergency call was made."
    assert rest.pop() == ""
    return dict(line.split(": ", 1) for line in rest)


def reason(message):
    return message.start.split(" ", 2)[2]


def nothing_real(proxy):
    now = counters(proxy)
    assert all(now[name] == 0 for name in (
        "calls", "located", "defaulted", "unlocated", "exhausted"))
    return now


def test_ersp_gets_the_test_as_it_would_a_real_call(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, PARAMS=HERE % ("ersp", ""))
    agent = ua(proxy)
    state(proxy, agent)
    assert agent.invite(TEST).final().status == 200
    invite = ersp.invites[0].message
    assert invite.ruri.startswith("sip:933@")
    assert civic(invite.location()[0].body)["RD"] == "Example"
    now = nothing_real(proxy)
    assert (now["tests"], now["tests_here"]) == (1, 0)


def test_nobody_takes_a_test(kamailio, uas, ua):
    """No alarm of a real call."""
    proxy = e911_proxy(kamailio, uas(("refuse", 503)),
                       PARAMS=HERE % ("ersp", ""))
    assert ua(proxy).invite(TEST).final().status == 503
    assert nothing_real(proxy)["tests_exhausted"] == 1


def test_a_phone_is_told_by_the_reason_and_a_text(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, PARAMS=HERE % ("local", ""))
    agent = ua(proxy)
    state(proxy, agent)
    final = agent.invite(TEST).final()
    assert final.status == 603
    assert reason(final) == "Test: unchecked, fresh, direct"
    assert final.h("Content-Type") == "text/plain;charset=utf-8"
    said = lines(final)
    assert said["Number"] == "933" and said["Service"] == URN
    assert said["Location"] == "the caller's own"
    assert said["Address"] == ("Agent Smith, 1200 W Example ST, APT 4B, "
                               "Austin, TX 78701, US")
    assert (said["Verdict"], said["Freshness"]) == ("unchecked", "fresh")
    assert said["ERSP"] == ersp.uri()
    assert (said["Profile"], said["Conveyance"]) == ("value", "value")
    assert said["A real call goes"] == "direct"
    now = nothing_real(proxy)
    assert (now["tests"], now["tests_here"], now["tries"]) == (1, 1, 0)
    assert not ersp.invites
    assert not agent.requests
    # the address is in no reason phrase, for those are kept by accounting
    assert "Example" not in reason(final)


@pytest.mark.parametrize("dialled", ["sip:911@example.test", "urn:service:sos"])
def test_a_real_call_is_never_answered_here(kamailio, uas, ua, dialled):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, PARAMS=HERE % ("local", ""))
    assert ua(proxy).invite(dialled).final().status == 200
    assert len(ersp.invites) == 1


def test_what_would_be_screened_and_why(kamailio, uas, ua):
    proxy = e911_proxy(
        kamailio, uas("take"), PARAMS=HERE % ("local", ""))
    final = ua(proxy).invite(TEST).final()
    assert reason(final) == "Test: no location, screened"
    assert lines(final)["Because"].startswith("no location goes")
    assert "Address" not in lines(final)


def test_default_location(kamailio, uas, ua):
    proxy = e911_proxy(kamailio, uas("take"), PARAMS=DEFAULT_SITE.replace(
        "name=hq;", "name=hq;test=local;"))
    final = ua(proxy).invite(TEST).final()
    assert reason(final) == "Test: default location, screened"
    assert lines(final)["Location"] == "the site's default"
    assert "default location" in lines(final)["Because"]


def test_no_destination(kamailio, ua, uas):
    proxy = e911_proxy(kamailio, (7, uas("take").uri()),
                       PARAMS=HERE % ("local", ""))
    final = ua(proxy).invite(TEST).final()
    assert reason(final) == "Test: no location, nowhere"
    assert lines(final)["Because"] == "no destination is known"


def test_json_for_who_accepts_it(kamailio, uas, ua):
    proxy = e911_proxy(kamailio, uas("take"), PARAMS=HERE % ("local", ""))
    agent = ua(proxy)
    state(proxy, agent, {**AUSTIN, "NAM": 'The "Agent"\\'})
    final = agent.invite(TEST, headers=[
        ("Accept", "application/sdp, application/json")]).final()
    assert final.status == 603  # a phone: it offers a session
    assert final.h("Content-Type") == "application/json"
    said = json.loads(final.body)
    assert said["test"] is True and said["goes"] == "direct"
    assert said["location"]["NAM"] == 'The "Agent"\\'
    assert said["location"]["RD"] == "Example"


@pytest.mark.parametrize("how", [
    {"body": b""}, {"headers": [("Accept", "text/plain")]}])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_device_that_tests_itself_gets_a_200(
        kamailio, uas, ua, how, transport):
    """RFC 6881 ED-77, ED-78; the dialog is ended at once."""
    proxy = e911_proxy(kamailio, uas("take"), PARAMS=HERE % ("local", ""))
    agent = ua(proxy, transport)
    state(proxy, agent)
    call = agent.invite(URN, **how)
    final = call.final()
    assert final.status == 200
    assert lines(final)["Service"] == URN
    assert not agent.requests  # no BYE before the ACK
    call.ack()
    bye = agent.wait_request("BYE")
    assert bye.call_id == final.call_id
    assert bye.tag("From") == final.tag("To")
    assert not proxy.jsonrpc("e911.calls")["result"][0]["ended"] == ""
    assert nothing_real(proxy)["tests_here"] == 1


def test_a_device_that_hangs_up_first(kamailio, uas, ua):
    """Its ACK is lost, its BYE is answered all the same."""
    proxy = e911_proxy(kamailio, uas("take"), PARAMS=HERE % ("local", ""))
    call = ua(proxy).invite(URN, body=b"")
    call.final()
    assert call.bye().final().status == 200


def test_a_message_comes_to_the_phone(kamailio, uas, ua):
    proxy = e911_proxy(kamailio, uas("take"), PARAMS=HERE % ("message", ""))
    agent = ua(proxy)
    state(proxy, agent)
    # an address of its own network: the way back is the one it came by
    final = agent.invite(
        TEST, contact="<sip:alice@10.255.255.1:9>").final()
    assert final.status == 603
    message = agent.wait_request("MESSAGE")
    assert message.ruri == "sip:alice@10.255.255.1:9"
    assert message.h("Content-Type") == "text/plain;charset=utf-8"
    assert lines(message)["Address"].startswith("Agent Smith, 1200 W")
    assert "sip:933@" in message.h("From") and agent.aor in message.h("To")


def test_an_unproven_caller_learns_nothing_of_others(kamailio, uas, ua):
    proxy = edge_proxy(kamailio, uas("take"), params=HERE % ("message", ""))
    agent = ua(proxy, instance=DEVICE)
    assert agent.register().final().status == 200
    state(proxy, agent)
    stranger = ua(proxy, host="127.0.0.9")
    final = stranger.invite(TEST).final()
    assert lines(final)["Location"] == "withheld: the caller is not proven"
    assert "Example" not in final.body.decode()
    own = agent.invite(TEST).final()
    assert "Example" in own.body.decode()
    agent.wait_request("MESSAGE")
    assert not stranger.requests
    assert not [m for m in agent.requests if m.method == "MESSAGE"][1:]


def test_row_of_a_number_goes_before_the_site(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(
        kamailio, ersp, PARAMS=HERE % ("ersp", "") +
        'modparam("e911", "number", "9933;kind=test;test=local")\n')
    agent = ua(proxy)
    assert agent.invite("sip:9933@example.test").final().status == 603
    assert agent.invite(TEST).final().status == 200
    assert len(ersp.invites) == 1


def test_only_a_test_can_be_answered_here(kamailio, uas, tmp_path):
    rows = tmp_path / "rows"
    rows.write_text("# none\n")
    proxy = e911_proxy(
        kamailio, uas("take"),
        PARAMS='modparam("e911", "settings_file", "%s")' % rows)
    rows.write_text("number 5911;number=911;test=local\n")
    assert "error" in proxy.jsonrpc("e911.reload")
    rows.write_text("number 5933;kind=test;test=local\n")
    assert proxy.jsonrpc("e911.reload")["result"] == "reloaded"


def test_cancelled_in_time(kamailio, uas, ua):
    """A CANCEL that crosses the answer is answered, and nothing is left."""
    proxy = e911_proxy(kamailio, uas("take"), PARAMS=HERE % ("local", ""))
    call = ua(proxy).invite(TEST)
    call.final()
    assert call.cancel().final().status in (200, 481)
