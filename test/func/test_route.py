# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a call goes when destinations fail, each in its own way."""
import time

import pytest

from lib import (DEFAULT_SITE, PLAIN_SITE, Plan, Step, counters, e911_proxy, free_port,
                 has_location, in_progress, state, until)

CALL = "sip:911@example.test"
SITE = 'modparam("e911", "site", "name=hq;set=1;last=9")'


def place(kamailio, ua, *destinations, transport="udp", **parts):
    """A call whose agent has stated a location, and its proxy."""
    proxy = e911_proxy(kamailio, *destinations, **parts)
    agent = ua(proxy, transport)
    state(proxy, agent)
    return proxy, agent, agent.invite(CALL)


# ----- one destination refuses, the next one takes -----

@pytest.mark.parametrize("code", [302, 400, 403, 404, 408, 480, 486, 488, 500,
                                  503, 504, 600, 603, 606])
def test_refused_by_a_code(kamailio, uas, ua, code):
    bad, good = uas("refuse:%d" % code), uas("take")
    proxy, _, call = place(kamailio, ua, bad, good)
    assert call.final().status == 200
    assert code not in call.statuses
    assert has_location(bad.wait_invites(1)[0])
    assert has_location(good.wait_invites(1)[0])
    assert counters(proxy)["failovers"] == 1


def test_request_uri_is_rewritten_toward_each(kamailio, uas, ua):
    bad, good = uas("refuse:503"), uas("take")
    _, _, call = place(kamailio, ua, bad, (1, good.uri("tcp"), 1))
    assert call.final().status == 200
    assert bad.invites[0].message.ruri == "sip:911@127.0.0.1:%d" % bad.port
    assert good.invites[0].message.ruri == "sip:911@127.0.0.1:%d" % good.port
    assert good.invites[0].transport == "tcp"


def test_number_sent_is_the_plans_not_the_dialled(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp)
    agent = ua(proxy)
    for dialled in ("sip:9911@x", "tel:+911", "urn:service:sos", "SIP:9-1-1@x"):
        assert agent.invite(dialled).final().status == 200, dialled
    users = [m.ruri.split("@")[0] for m in ersp.wait_invites(4)]
    assert users == ["sip:911"] * 4


def test_silent(kamailio, uas, ua):
    bad, good = uas("silent"), uas("take")
    _, _, call = place(kamailio, ua, bad, good)
    assert call.final().status == 200
    waited = good.invites[0].time - bad.invites[0].time
    assert 0.4 < waited < 4  # fr is 0.6 s, tm's own timers 30 and 120 s


def test_a_hundred_does_not_stop_the_timer(kamailio, uas, ua):
    bad, good = uas("die"), uas("take")
    _, _, call = place(kamailio, ua, bad, good)
    assert call.final().status == 200
    waited = good.invites[0].time - bad.invites[0].time
    assert 0.4 < waited < 4  # fr is 0.6 s, tm's own timers 30 and 120 s
    bad.wait_for("CANCEL")


def test_ringing_is_never_given_up_by_default(kamailio, uas, ua):
    slow, other = uas("ring:2.5"), uas("take")
    _, _, call = place(kamailio, ua, slow, other)
    assert call.final().status == 200
    assert other.invites == []


def test_ring_moves_on_where_it_is_set(kamailio, uas, ua):
    slow, other = uas("ring-forever"), uas("take")
    _, _, call = place(kamailio, ua, slow, other,
                       PARAMS='modparam("e911", "ring", 900)')
    assert call.final().status == 200
    waited = other.invites[0].time - slow.invites[0].time
    assert 0.7 < waited < 4
    slow.wait_for("CANCEL")


def test_ringing_outlives_tms_own_limits(kamailio, uas, ua):
    slow, other = uas("ring:3"), uas("take")
    _, _, call = place(kamailio, ua, slow, other, PARAMS="""
        modparam("tm", "max_inv_lifetime", 1000)
        modparam("tm", "fr_inv_timer", 1000)""")
    assert call.final().status == 200
    assert other.invites == []


@pytest.mark.parametrize("early", [181, 182, 183])
def test_any_18x_counts_as_ringing(kamailio, uas, ua, early):
    slow = uas([Step(100), Step(early), Step(200, delay=1.5)])
    _, _, call = place(kamailio, ua, slow)
    assert call.final().status == 200
    assert early in call.statuses


# ----- destinations that cannot be sent to -----

def unsendable(name):
    return {"refused": "sip:127.0.0.1:%d;transport=tcp" % free_port(),
            "no socket": "sip:[::1]:5060",
            "no tls": "sip:127.0.0.1:%d;transport=tls" % free_port(),
            "unresolvable": "sip:no.such.host.invalid:5060"}[name]


@pytest.mark.parametrize("name", ["refused", "no socket", "no tls",
                                  "unresolvable"])
def test_cannot_be_sent_to_at_first(kamailio, uas, ua, name):
    good = uas("take")
    proxy, _, call = place(kamailio, ua, (1, unsendable(name), 9),
                           (1, good.uri(), 1))
    assert call.final().status == 200
    assert has_location(good.invites[0].message)


@pytest.mark.parametrize("name", ["refused", "no socket", "unresolvable"])
def test_cannot_be_sent_to_later(kamailio, uas, ua, name):
    first, good = uas("refuse:503"), uas("take")
    proxy, _, call = place(kamailio, ua, (1, first.uri(), 9),
                           (1, unsendable(name), 5), (1, good.uri(), 1))
    assert call.final().status == 200
    assert has_location(good.invites[0].message)


def test_black_hole_by_tcp(kamailio, uas, ua):
    hole, good = uas(black_hole=True), uas("take")
    _, _, call = place(kamailio, ua, (1, hole.uri("tcp"), 9), (1, good.uri(), 1))
    started = time.monotonic()
    assert call.final().status == 200
    assert time.monotonic() - started < 5


# ----- the location is refused: 424, 415 -----

@pytest.mark.parametrize("code", [424, 415])
def test_same_ersp_again_without(kamailio, uas, ua, code):
    picky, other = uas("refuse-location:%d" % code), uas("take")
    proxy, _, call = place(kamailio, ua, picky, other)
    assert call.final().status == 200
    assert code not in call.statuses
    with_it, without = picky.wait_invites(2)
    assert has_location(with_it) and not has_location(without)
    assert without.all("Geolocation") == []
    assert without.h("Content-Type") == "application/sdp"
    assert other.invites == []
    assert counters(proxy)["location_refused"] == 1


def test_then_the_next_ersp_in_full(kamailio, uas, ua):
    stubborn, other = uas("refuse:424"), uas("take")
    _, _, call = place(kamailio, ua, stubborn, other)
    assert call.final().status == 200
    assert [has_location(m) for m in stubborn.wait_invites(2)] == [True, False]
    assert has_location(other.invites[0].message)
    assert len(stubborn.invites) == 2


def test_424_without_a_location_of_ours_is_a_refusal_like_others(
        kamailio, uas, ua):
    stubborn, other = uas("refuse:424"), uas("take")
    proxy = e911_proxy(kamailio, stubborn, other)
    call = ua(proxy).invite(CALL)
    assert call.final().status == 200
    assert len(stubborn.invites) == 1


def test_profile_plain_gets_none(kamailio, uas, ua):
    first, carrier = uas("refuse:503"), uas("take")
    _, _, call = place(kamailio, ua, (1, first.uri(), 9),
                       (1, carrier.uri(), 1, "profile=plain"))
    assert call.final().status == 200
    assert has_location(first.invites[0].message)
    assert not has_location(carrier.invites[0].message)


# ----- order and health -----

def test_priority_decides(kamailio, uas, ua):
    low, high = uas("take"), uas("take")
    _, _, call = place(kamailio, ua, (1, low.uri(), 1), (1, high.uri(), 7))
    assert call.final().status == 200
    assert len(high.invites) == 1 and low.invites == []


def test_inactive_ones_come_after_active_ones(kamailio, uas, ua):
    dead, alive = uas("take"), uas("take")
    proxy = e911_proxy(kamailio, (1, dead.uri(), 9), (1, alive.uri(), 1))
    proxy.rpc("dispatcher.set_state", "ip", 1, dead.uri())
    assert ua(proxy).invite(CALL).final().status == 200
    assert len(alive.invites) == 1 and dead.invites == []


def test_all_inactive_are_tried_all_the_same(kamailio, uas, ua):
    first, second = uas("refuse:503"), uas("take")
    proxy = e911_proxy(kamailio, first, second)
    for server in (first, second):
        proxy.rpc("dispatcher.set_state", "ip", 1, server.uri())
    assert ua(proxy).invite(CALL).final().status == 200
    assert len(first.invites) == 1 and len(second.invites) == 1


def test_disabled_one_is_the_very_last(kamailio, uas, ua):
    off, last = uas("take"), uas("refuse:503")
    proxy = e911_proxy(kamailio, (1, off.uri(), 9), (9, last.uri()), PARAMS=SITE)
    proxy.rpc("dispatcher.set_state", "dp", 1, off.uri())
    assert ua(proxy).invite(CALL).final().status == 200
    assert len(last.invites) == 1 and len(off.invites) == 1


def test_destination_added_while_running(kamailio, uas, ua):
    bad, good = uas("refuse:503"), uas("take")
    proxy = e911_proxy(kamailio, bad)
    proxy.rpc("dispatcher.add", 1, good.uri())
    assert ua(proxy).invite(CALL).final().status == 200
    assert len(good.invites) == 1


def test_probing_finds_the_dead_before_the_caller_does(kamailio, uas, ua):
    dead, good = uas(black_hole=True), uas("take")
    proxy = e911_proxy(kamailio, dead, good, PARAMS="""
        modparam("dispatcher", "ds_ping_interval", 1)
        modparam("dispatcher", "ds_probing_mode", 1)
        modparam("tm", "fr_timer", 500)
        modparam("e911", "fr", 9000)""")
    until(lambda: "FLAGS: IP" in proxy.rpc("dispatcher.list"), 10,
          "the dead one is inactive")
    started = time.monotonic()
    assert ua(proxy).invite(CALL).final().status == 200
    assert good.invites[0].time - started < 4


# ----- last resort, nothing left -----

def test_last_resort(kamailio, uas, ua):
    bad, carrier = uas("refuse:503"), uas("take")
    proxy, _, call = place(kamailio, ua, bad, (9, carrier.uri()), PARAMS=SITE)
    assert call.final().status == 200
    assert len(carrier.invites) == 1
    assert counters(proxy)["last_resort"] == 1


def test_branches_are_kept_for_the_last_resort(kamailio, uas, ua):
    many = [uas("refuse:503") for _ in range(14)]
    carrier = uas("take")
    _, _, call = place(kamailio, ua, *many, (9, carrier.uri()), PARAMS=SITE)
    assert call.final().status == 200
    assert len(carrier.invites) == 1
    assert sum(len(m.invites) for m in many) == 11


def test_empty_set_goes_to_the_last_resort(kamailio, uas, ua):
    carrier = uas("take")
    _, _, call = place(kamailio, ua, (9, carrier.uri()), PARAMS=SITE)
    assert call.final().status == 200


def test_nothing_left(kamailio, uas, ua):
    bad = [uas("refuse:486"), uas("refuse:503")]
    proxy, _, call = place(kamailio, ua, *bad, PARAMS=PLAIN_SITE)
    answer = call.final()
    assert answer.start == "SIP/2.0 503 Emergency Service Not Reached"
    proxy.wait_log(r"EVENT failed %s emergency" % call.request.call_id)
    assert proxy.log().count("destinations took it") == 1
    assert counters(proxy)["exhausted"] == 1


def test_nothing_could_be_sent_to_at_all(kamailio, ua):
    proxy, _, call = place(kamailio, ua, (1, unsendable("no tls")),
                           (1, unsendable("no socket")), PARAMS=PLAIN_SITE)
    assert call.final().status == 503
    proxy.wait_log("EVENT failed")


def test_what_the_agent_hears_is_a_parameter(kamailio, uas, ua):
    _, _, call = place(kamailio, ua, uas("refuse:486"), PARAMS=PLAIN_SITE
                       + 'modparam("e911", "failed_reply", "480 Call By Mobile")')
    assert call.final().start == "SIP/2.0 480 Call By Mobile"


@pytest.mark.parametrize("where", ["request", "failure"])
def test_the_script_may_answer(kamailio, uas, ua, where):
    answer = 'if($rc == -2) { t_reply("499", "Script"); }'
    to = (1, unsendable("no tls")) if where == "request" else uas("refuse:486")
    parts = {"RELAY": "e911_relay(); " + answer} if where == "request" \
        else {"FAILURE": "e911_relay(); " + answer}
    _, _, call = place(kamailio, ua, to, PARAMS=PLAIN_SITE
                       + 'modparam("e911", "failed_reply", "script")', **parts)
    assert call.final().status == 499


@pytest.mark.parametrize("where", ["request", "failure"])
def test_a_route_may_answer(kamailio, uas, ua, where):
    to = (1, unsendable("no tls")) if where == "request" else uas("refuse:486")
    proxy, _, call = place(
        kamailio, ua, to, PARAMS=PLAIN_SITE
        + 'modparam("e911", "failed_reply", "route:SORRY")',
        ROUTES='route[SORRY] { t_reply("480", "Sorry"); }')
    assert call.final().start == "SIP/2.0 480 Sorry"
    proxy.wait_log("EVENT failed")


def test_a_number_has_its_own_set(kamailio, uas, ua):
    police, others = uas("take"), uas("take")
    proxy = e911_proxy(kamailio, (5, police.uri()), (1, others.uri()), PARAMS="""
        modparam("e911", "number", "110;urn=urn:service:sos.police;set=5")""")
    assert ua(proxy).invite("sip:110@x").final().status == 200
    assert police.invites[0].message.ruri.startswith("sip:110@")
    assert others.invites == []


# ----- the caller gives up; answers that cross -----

def test_cancel_while_it_rings(kamailio, uas, ua):
    slow, other = uas("ring-forever"), uas("take")
    proxy, _, call = place(kamailio, ua, slow, other)
    call.wait(180)
    call.cancel()
    assert call.final().status == 487
    slow.wait_for("CANCEL")
    until(lambda: counters(proxy)["cancelled"] == 1, 3)
    assert other.invites == []


def test_cancel_after_a_failover(kamailio, uas, ua):
    bad, slow, other = uas("refuse:503"), uas("ring-forever"), uas("take")
    _, _, call = place(kamailio, ua, bad, slow, other)
    call.wait(180)
    call.cancel()
    assert call.final().status == 487
    slow.wait_for("CANCEL")
    assert other.invites == []


def test_cancel_before_any_answer(kamailio, uas, ua):
    silent, other = uas("silent"), uas("take")
    proxy, _, call = place(kamailio, ua, silent, other)
    silent.wait_invites(1)
    call.cancel()
    assert call.final().status == 487
    until(lambda: counters(proxy)["cancelled"] == 1, 3)
    assert other.invites == []


def test_200_that_crosses_our_cancel_is_kept(kamailio, uas, ua):
    late = uas(lambda invite: Plan([Step(100), Step(200, delay=1.0)], None))
    other = uas("ring-forever")
    proxy, _, call = place(kamailio, ua, late, other)
    assert call.final().status == 200
    call.ack()
    late.wait_for("ACK")
    other.wait_for("CANCEL")
    assert counters(proxy)["rescued"] == 1
    proxy.wait_log("answered by a destination already given up")


def test_never_two_at_once(kamailio, uas, ua):
    servers = [uas("die"), uas("silent"), uas("refuse:503"), uas("take")]
    _, _, call = place(kamailio, ua, *servers)
    assert call.final(8).status == 200
    assert in_progress(*servers) == 1


def test_branches_of_the_script_are_dropped(kamailio, uas, ua):
    good, second = uas("take"), uas("take")
    _, _, call = place(
        kamailio, ua, good, LOAD='loadmodule "corex.so"',
        BEFORE='append_branch("%s");' % second.uri())
    assert call.final().status == 200
    assert second.invites == []


def test_resent_invite_makes_no_second_call(kamailio, uas, ua):
    slow = uas("ring:0.6")
    _, _, call = place(kamailio, ua, slow)
    call.wait(180)
    call.send_again()
    assert call.final().status == 200
    assert len(slow.invites) == 1
    assert call.statuses.count(180) == 2


def test_in_dialog_requests_pass(kamailio, uas, ua):
    ersp = uas("take")
    _, _, call = place(kamailio, ua, ersp)
    call.final()
    call.ack()
    ersp.wait_for("ACK")
    assert call.bye().final().status == 200
    ersp.wait_for("BYE")


def test_no_location_in_a_request_inside_the_dialog(kamailio, uas, ua):
    ersp = uas("take")
    _, agent, call = place(kamailio, ua, ersp)
    call.final()
    call.ack()
    agent.send(call.in_dialog("INVITE", body=b"v=0\r\n",
                              headers=[("Content-Type", "application/sdp")]))
    second = ersp.wait_for("INVITE", 2)[1].message
    assert second.body == b"v=0\r\n"


# ----- transport -----

def test_large_goes_by_tcp_where_the_row_says_so(kamailio, uas, ua):
    ersp = uas("take")
    _, _, call = place(kamailio, ua, (1, ersp.uri(), 0, "large=tcp"))
    assert call.final().status == 200
    assert ersp.invites[0].transport == "tcp"


def test_large_stays_on_udp_where_it_does_not(kamailio, uas, ua):
    ersp = uas("take")
    _, _, call = place(kamailio, ua, ersp)
    assert call.final().status == 200
    assert ersp.invites[0].transport == "udp"


def test_small_stays_on_udp(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, (1, ersp.uri(), 0, "large=tcp"))
    assert ua(proxy).invite(CALL).final().status == 200
    assert ersp.invites[0].transport == "udp"


def test_refused_by_tcp_then_udp_at_the_same_ersp(kamailio, uas, ua):
    ersp, other = uas("take", transports=("udp",)), uas("take")
    _, _, call = place(kamailio, ua, (1, ersp.uri(), 9, "large=tcp"),
                       (1, other.uri(), 1))
    assert call.final().status == 200
    assert has_location(ersp.invites[0].message)
    assert other.invites == []


def test_socket_of_the_row(kamailio, uas, ua):
    ersp, port = uas("take"), free_port()
    _, _, call = place(
        kamailio, ua,
        (1, ersp.uri(), 0, "socket=udp:127.0.0.1:%d" % port),
        LOAD="listen=udp:127.0.0.1:%d" % port)
    assert call.final().status == 200
    assert ersp.invites[0].peer[1] == port


# ----- scripts of another make -----

OWN_RELAY = """
    while(e911_route()) {
        t_set_fr(600, 600);
        if(t_relay()) exit;
    }
"""


def test_script_that_relays_itself(kamailio, uas, ua):
    bad, good = uas("refuse:503"), uas("take")
    _, _, call = place(
        kamailio, ua, (1, unsendable("no tls"), 9), (1, bad.uri(), 5),
        (1, good.uri(), 1), RELAY=OWN_RELAY,
        FAILURE="if(t_is_canceled()) exit;" + OWN_RELAY)
    assert call.final().status == 200
    assert has_location(good.invites[0].message)


def test_forgotten_convey_is_made_up_for(kamailio, uas, ua):
    bad, good = uas("refuse:503"), uas("take")
    _, _, call = place(kamailio, ua, bad, good, CONVEY="return;")
    assert call.final().status == 200
    assert has_location(bad.invites[0].message)
    assert has_location(good.invites[0].message)


def test_convey_twice_dresses_once(kamailio, uas, ua):
    ersp = uas("take")
    _, _, call = place(kamailio, ua, ersp, BRANCH_AFTER="e911_convey();")
    assert call.final().status == 200
    assert len(ersp.invites[0].message.all("Geolocation")) == 1


def test_relay_without_match(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, ORDINARY="""
        if(is_method("INVITE")) { $ru = "sip:1@x"; if(e911_relay()) exit; }""")
    agent = ua(proxy)
    assert agent.invite("sip:1234@x").final().status == 404


def test_dial_plan_cannot_shadow_the_number(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, LOAD='loadmodule "cfgutils.so"')
    assert ua(proxy).invite("sip:9911@x").final().status == 200
    assert ersp.invites[0].message.ruri.startswith("sip:911@")


# ----- what belongs to no call -----

@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_stray_request_is_not_relayed_to_ourselves(kamailio, uas, ua, method):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp)
    agent = ua(proxy)
    ruri = "sip:911@127.0.0.1:%d" % proxy.port
    raw = agent.message("INVITE", ruri).replace(b"INVITE", method.encode())
    agent.send(raw)
    # the next call is answered, and nothing has circled meanwhile
    assert agent.invite(CALL).final().status == 200
    received = proxy.jsonrpc("stats.fetch", ["core.rcv_requests"])["result"]
    assert int(received["core.rcv_requests"]) < 5


def test_proxy_that_is_its_own_destination(kamailio, uas, ua):
    good, port = uas("take"), free_port()
    proxy = e911_proxy(
        kamailio, (1, "sip:127.0.0.1:%d" % port, 9), (1, good.uri(), 1),
        BEFORE="""if(is_method("INVITE") && !mf_process_maxfwd_header("10")) {
            sl_send_reply("483", "Too Many Hops"); exit; }""", port=port)
    agent = ua(proxy)
    call = agent.start(type(agent.invite("sip:1@x"))(agent, agent.message(
        "INVITE", CALL).replace(b"Max-Forwards: 70", b"Max-Forwards: 5")))
    assert call.final().status == 200


def test_tls_row_never_becomes_plain_tcp(kamailio, uas, ua):
    tls, good = uas("take"), uas("take")
    _, _, call = place(
        kamailio, ua, (1, tls.uri("tls"), 9, "large=tcp"), (1, good.uri(), 1))
    assert call.final().status == 200
    assert tls.invites == []


def test_outbound_proxy_of_the_row(kamailio, uas, ua):
    hop = uas("take")
    _, _, call = place(kamailio, ua, (
        1, "sip:ersp.example.test", 0, "obproxy=" + hop.uri()))
    assert call.final().status == 200
    assert hop.invites[0].message.ruri == "sip:911@ersp.example.test"


def test_misspelt_profile_is_told(kamailio, uas, ua):
    ersp = uas("take")
    proxy, _, call = place(kamailio, ua, (1, ersp.uri(), 0, "profile=plian"))
    assert call.final().status == 200
    proxy.wait_log('no profile "plian"')


def test_number_that_needs_escapes(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, PARAMS="""
        modparam("e911", "number", "*911#")""")
    assert ua(proxy).invite("sip:*911%23@x").final().status == 200
    assert ersp.invites[0].message.ruri.startswith("sip:*911%23@")


def test_112_in_the_usa_is_911_to_the_ersp(kamailio, uas, ua):
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, PARAMS=DEFAULT_SITE)
    assert ua(proxy).invite("sip:112@x").final().status == 200
    assert ersp.invites[0].message.ruri.startswith("sip:911@")
