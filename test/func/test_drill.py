# SPDX-License-Identifier: GPL-2.0-or-later
"""The drill: dry runs over every site, OPTIONS to every ERSP, no call."""
import pytest

from lib import AUSTIN, RpcError, counters, e911_proxy, state, until

HQ = 'modparam("e911", "site", "name=hq;set=1;country=US;%s")\n'
EACH = 'modparam("e911", "drill", 1)\n'


def drill(proxy, *now):
    return proxy.jsonrpc("e911.drill", list(now) or None)["result"]


def drilled(proxy):
    """The report of a drill that began after now. Over the datagram socket
    nobody waits, over this one the command does."""
    before = drill(proxy)["begun"]
    proxy.rpc("e911.drill", "now")
    return until(lambda: (r := drill(proxy))["running"] == "no"
                 and (r["begun"] != before or r["ended"]) and r, 15, "drilled")


def faults(report):
    return {(f["site"], f["what"]): f["why"] for f in report["faults"]}


def test_off_unless_asked_for(kamailio, uas):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, PARAMS=HQ % "")
    assert drill(proxy)["result"] == "none"
    report = drilled(proxy)
    assert report["result"] == "well" and not report["faults"]
    # 911, 112, urn:service:sos, and of the plan +911, 9911, 933, test.sos;
    # 999 is none in the USA; the ERSP is one more
    assert (report["checks"], report["failed"]) == (8, 0)
    assert len(ersp.of("OPTIONS")) == 1
    assert not ersp.invites
    now = counters(proxy)
    assert (now["drill_ok"], now["drill_failed"], now["calls"]) == (1, 0, 0)


def test_at_its_interval_and_told_once(kamailio, uas):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, PARAMS=HQ % "" + EACH)
    until(lambda: counters(proxy)["drill_ok"] >= 2, 10, "two drills")
    proxy.rpc("dispatcher.set_state", "ip", "1", ersp.uri())
    until(lambda: counters(proxy)["drill_failed"] >= 2, 10, "two failed")
    assert proxy.log().count("checks failed") == 1
    proxy.wait_log(r"ERROR: e911 .*drill: 7 of 8 checks failed; the first:"
                   r" site hq, a number: no destination is active")
    proxy.rpc("dispatcher.set_state", "ap", "1", ersp.uri())
    proxy.wait_log("drill: all 8 checks are well again", 10)
    # at run time
    proxy.rpc("cfg.seti", "e911", "drill", "0")
    until(lambda: drill(proxy)["running"] == "no", 10)


def test_site_without_a_destination(kamailio, uas):
    proxy = e911_proxy(
        kamailio, uas("take"), PARAMS=HQ % "" +
        'modparam("e911", "site", "name=lab;set=5;domain=lab.test")\n')
    report = drilled(proxy)
    assert report["result"] == "failed"
    found = faults(report)
    assert found["lab", "911"] == "no destination"
    assert found["lab", "urn:service:sos"] == "no destination"
    assert not [key for key in found if key[0] != "lab"]
    # the country of lab is not known: 999 may be one there
    assert report["failed"] == len(found)


def test_drained_ones_are_not_active_and_not_asked(kamailio, uas):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, PARAMS=HQ % "")
    proxy.rpc("e911.drain", ersp.uri())
    assert faults(drilled(proxy))["hq", "911"] == "no destination is active"
    assert not ersp.of("OPTIONS")


@pytest.mark.parametrize("code,why", [
    (503, "OPTIONS: 503"), (404, None), (0, "OPTIONS: no answer")])
def test_ersp_is_asked_by_options(kamailio, uas, code, why):
    ersp, other = uas("take"), uas("take", options=code)
    proxy = e911_proxy(kamailio, ersp, other, PARAMS=HQ % "")
    report = drilled(proxy)
    assert len(other.of("OPTIONS")) >= 1
    assert faults(report) == ({("", other.uri()): why} if why else {})


def test_caller_of_the_drill(kamailio, uas):
    proxy = e911_proxy(kamailio, uas("take"),
                       PARAMS=HQ % "drill=sample@example.test;max_age=2")
    assert faults(drilled(proxy))["hq", "911"] == \
        "the caller of the drill has no location"
    state(proxy, "sample@example.test", AUSTIN)
    report = drilled(proxy)
    assert report["result"] == "well"
    until(lambda: "is not fresh" in faults(drilled(proxy)).get(
        ("hq", "911"), ""), 15, "too old")


def test_a_drill_sends_no_reference_and_leases_no_elin(kamailio, uas):
    proxy = e911_proxy(
        kamailio, (1, uas("take").uri(), 0, "profile=elin"), PARAMS=HQ % "" +
        'modparam("e911", "elin", "name=p;site=hq;number=+15125550100")\n')
    drilled(proxy)
    assert proxy.jsonrpc("e911.elins")["result"][0]["state"] == "free"
    assert not proxy.jsonrpc("e911.calls")["result"]


def test_no_other_word(kamailio, uas):
    proxy = e911_proxy(kamailio, uas("take"), PARAMS=HQ % "")
    with pytest.raises(RpcError, match="400"):
        proxy.rpc("e911.drill", "later")
