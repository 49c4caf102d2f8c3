# SPDX-License-Identifier: GPL-2.0-or-later
"""A PSAP calls back: it reaches the very device, and nobody else passes for
one."""
import os
import re

import pytest

from lib import (BASE, SDP, counters, e911_proxy, response, rows, sqlite,
                 until)
from lib.database import SqliteTables
from lib.edge import LOAD
from lib.ua import Call

NUMBER = "+15125550100"
PSAP, STRANGER = "127.0.0.9", "127.0.0.8"
PHONE = "urn:uuid:00000000-0000-1000-8000-00000000000a"
LAPTOP = "urn:uuid:00000000-0000-1000-8000-00000000000b"
MARKED = [("Priority", "psap-callback")]
TRUSTED = 'modparam("e911", "profile", "name=psap; source=%s")\n' % PSAP
SITE = 'modparam("e911", "site", "name=hq; set=1%s")\n'
REGISTER = """
    if(is_method("REGISTER")) {
        force_rport(); %s
        if(!save("location")) sl_reply_error();
        exit;
    }
"""
CALLBACK = """
    if(e911_callback()) {
        record_route();
        route(CALLBACK);
        exit;
    }
"""
# what an agent may have set up, and other calls
AGENTS_OWN = """
    if($rU == "+15125550100") { sl_send_reply("486", "Do Not Disturb"); exit; }
    if(is_method("INVITE") && lookup("location")) { t_relay(); exit; }
"""
ROUTES = """
route[CALLBACK] {
    t_on_failure("CALLBACK");
    t_set_fr(0, 500);
    t_set_disable_internal_reply(1);
    if(t_relay()) return;
    if(e911_callback()) { route(CALLBACK); return; }
    t_reply("480", "Nobody There");
}
failure_route[CALLBACK] {
    if(t_branch_timeout()) {
        if(t_branch_replied()) exit;
    } else if(!t_check_status("404|408|410|430|480|50[0-9]")) {
        exit;
    }
    if(e911_callback()) route(CALLBACK);
}
event_route[xhttp:request] { ws_handle_handshake(); }
"""
WS = """loadmodule "xhttp.so"
loadmodule "websocket.so"
tcp_accept_no_cl=yes
"""


@pytest.fixture
def proxy(kamailio, uas):
    """proxy() -> a registrar with an ERSP that takes calls, proxy.ersp"""
    def make(site="", params="", load="", nat=False, before="",
             profile="value", **how):
        ersp = uas("take")
        made = e911_proxy(
            kamailio, (1, ersp.uri(), 0, "profile=" + profile), TRUST=how.pop("TRUST", ""), LOAD=LOAD + WS + load,
            PARAMS=TRUSTED + SITE % site + params, ROUTES=ROUTES,
            ORDINARY=before + REGISTER % ("fix_nated_register();" if nat else "")
            + CALLBACK + AGENTS_OWN, **how)
        made.ersp = ersp
        return made
    return make


@pytest.fixture
def agent(ua):
    """agent(proxy, ...) -> a UA of the number's AoR"""
    def make(proxy, *args, **how):
        return ua(proxy, *args, **{"user": NUMBER, **how})
    return make


@pytest.fixture
def psap(ua):
    """psap(proxy) -> a UA where the PSAP's calls come from"""
    return lambda proxy, *args: ua(proxy, *args, user="psap", host=PSAP)


def registered(agent, **how):
    assert agent.register(**how).final().status == 200


def dial(agent, hang_up=True, **how):
    """An emergency call, that has ended by default."""
    call = agent.invite("sip:911@example.test", **how)
    assert call.final().status == 200
    call.ack()
    if hang_up:
        assert call.bye().final().status == 200
    return call


def back(psap, proxy, number=NUMBER, **how):
    uri = number if ":" in number else "sip:%s@127.0.0.1:%d" % (
        number, proxy.port)
    return psap.invite(uri, **how)


def rang(agent):
    return [m for m in agent.requests if m.method == "INVITE"]


def answers(status):
    """What a UA gives: an INVITE that status, all else a 200."""
    def answer(request):
        return [response(request, status if request.method == "INVITE" else 200,
                         "refused")]
    return answer


# ----- the very device -----

@pytest.mark.parametrize("transport", ["udp", "tcp", "ws"])
def test_reaches_the_device_past_do_not_disturb(proxy, agent, psap, transport):
    edge = proxy(nat=transport == "ws")
    alice = agent(edge, transport)
    registered(alice)
    dial(alice)
    call = back(psap(edge), edge)
    assert call.final().status == 200
    arrived = rang(alice)[0]
    assert arrived.ruri == alice.contact.strip("<>")
    call.ack()
    assert call.bye().final().status == 200
    alice.wait_request("BYE")
    assert counters(edge)["callbacks"] == 1
    edge.wait_log("call back to [0-9a-f]{16}: to the device")


def test_while_the_call_is_still_up(proxy, agent, psap):
    edge = proxy()
    alice = agent(edge)
    registered(alice)
    dial(alice, hang_up=False)
    assert back(psap(edge), edge).final().status == 200


def test_of_two_devices_the_one_that_called(proxy, agent, psap):
    edge = proxy()
    phone, laptop = agent(edge, instance=PHONE), agent(edge, instance=LAPTOP)
    for device in phone, laptop:
        registered(device)
    caller = psap(edge)
    dial(phone)
    assert back(caller, edge).final().status == 200
    assert len(rang(phone)) == 1 and rang(laptop) == []
    dial(laptop)
    assert back(caller, edge).final().status == 200
    assert len(rang(phone)) == 1 and len(rang(laptop)) == 1


def test_device_that_has_another_address_by_now(proxy, agent, psap):
    edge = proxy()
    before, now = agent(edge, instance=PHONE), agent(edge, instance=PHONE)
    registered(before)
    dial(before)
    registered(now)
    assert back(psap(edge), edge).final().status == 200
    assert rang(before) == [] and len(rang(now)) == 1


def test_behind_nat(proxy, agent, psap):
    edge = proxy(nat=True)
    alice = agent(edge)
    contact = "<sip:%s@10.255.1.1:5060>" % NUMBER
    registered(alice, contact=contact)
    dial(alice, contact=contact)
    assert back(psap(edge), edge, headers=MARKED).final().status == 200
    assert rang(alice)[0].ruri == contact.strip("<>")


def test_number_of_another_is_not_turned_away(proxy, agent, psap):
    """Who dials 911 in alice's name has not the calls to her number."""
    edge = proxy()
    alice = agent(edge)
    dial(alice)
    assert back(psap(edge), edge).final().status == 486  # the rules of others
    assert rang(alice) == []


def test_by_the_path_that_it_registered_by(proxy, agent, psap, uas):
    edge, border = proxy(), uas("take")
    alice = agent(edge, instance=PHONE)
    path = "<sip:127.0.0.1:%d;lr>" % border.port
    registered(alice, headers=[("Path", path), ("Supported", "path")])
    dial(alice)
    assert back(psap(edge), edge).final().status == 200
    arrived = border.invites[0].message
    assert arrived.h("Route") == path
    assert arrived.ruri == alice.contact.split(">")[0][1:]
    assert rang(alice) == []


@pytest.mark.parametrize("own", [0, 1])
def test_path_of_this_very_proxy(proxy, agent, psap, own):
    """As registrar's path_check_local has it."""
    edge = proxy(params='modparam("registrar", "path_check_local", %d)\n' % own)
    alice = agent(edge)
    mine = "<sip:127.0.0.1:%d;lr>" % edge.port
    registered(alice, headers=[("Path", mine), ("Supported", "path")])
    dial(alice)
    # by itself it goes round, and comes back as from a stranger
    assert back(psap(edge), edge).final().status == (200 if own else 486)
    assert len(rang(alice)) == own


@pytest.mark.parametrize("number", [
    "5125550100", "1-512-555-0100", "%2B15125550100", "tel:+1-512-555-0100",
    "tel:5125550100;phone-context=+1", "sips:+15125550100@127.0.0.1"])
def test_number_in_any_form(proxy, agent, psap, number):
    edge = proxy()
    alice = agent(edge)
    registered(alice)
    dial(alice)
    back(psap(edge), edge, number)
    alice.wait_request("INVITE")


def test_uri_instead_of_a_number(proxy, agent, psap):
    edge = proxy()
    phone, laptop = [agent(edge, user="alice", instance=i)
                     for i in (PHONE, LAPTOP)]
    for device in phone, laptop:
        registered(device)
        dial(device)
    caller = psap(edge)
    for uri, device, n in [
            ("sip:alice@example.test", laptop, 1), (phone.contact, phone, 1),
            ("sip:alice@example.test;gr=" + PHONE, phone, 2)]:
        call = back(caller, edge, uri.split(">")[0].strip("<"))
        assert call.final().status == 200
        assert len(rang(device)) == n
    assert counters(edge)["callbacks"] == 3


def test_number_that_the_script_has_rewritten(proxy, agent, psap):
    edge = proxy(before='if($rU == "9") $ru = "sip:%s@x";' % NUMBER)
    alice = agent(edge)
    registered(alice)
    dial(alice)
    assert back(psap(edge), edge, "9").final().status == 200


def test_elin_of_the_call(proxy, agent, psap):
    """It is of one call, where the site's number is of all."""
    edge = proxy(
        profile="carrier", site=";callback=+15125550100",
        params='modparam("e911", "profile", "name=carrier; pai=elin")\n'
        'modparam("e911", "elin", "name=all; number=+15125550190,+15125550191")\n')
    caller = psap(edge)
    phones = [agent(edge, user=user) for user in ("alice", "bob")]
    for phone in phones:
        registered(phone)
        dial(phone)
    for i, phone in enumerate(phones):
        elin = edge.ersp.invites[i].message.h("P-Asserted-Identity")
        assert "+1512555019" in elin
        assert back(caller, edge, elin.strip("<>").split("@")[0][4:]
                    ).final().status == 200
        assert len(rang(phone)) == 1
    assert back(caller, edge).final().status == 200
    assert len(rang(phones[1])) == 2


# ----- who calls back -----

def test_from_a_stranger_nothing_changes(proxy, agent, ua):
    edge = proxy()
    alice = agent(edge)
    registered(alice)
    dial(alice)
    stranger = ua(edge, user="stranger", host=STRANGER)
    assert back(stranger, edge).final().status == 486
    assert rang(alice) == []
    # nor does its marking reach anybody
    bob = ua(edge, user="bob")
    registered(bob)
    assert back(stranger, edge, "bob", headers=MARKED).final().status == 200
    assert rang(bob)[0].h("Priority") is None
    assert counters(edge)["callbacks_untrusted"] == 1
    assert counters(edge)["callbacks"] == 0


def test_an_emergency_call_is_no_call_back(proxy, agent, ua):
    """Nor does a PSAP hear of one by the caller's own marking."""
    edge = proxy()
    dial(ua(edge, user="mallory", host=STRANGER), headers=MARKED)
    assert edge.ersp.invites[0].message.h("Priority") is None
    dial(ua(edge, user="mallory", host=STRANGER),
         headers=[("Priority", "emergency")])
    assert edge.ersp.invites[1].message.h("Priority") == "emergency"
    assert counters(edge)["callbacks_untrusted"] == 1


def test_marking_of_a_trusted_source_arrives(proxy, agent, psap, ua):
    edge = proxy()
    alice, bob = agent(edge), ua(edge, user="bob")
    for phone in alice, bob:
        registered(phone)
    dial(alice)
    assert back(psap(edge), edge, headers=MARKED).final().status == 200
    # of who has made no emergency call it is a call like others
    assert back(psap(edge), edge, "bob", headers=MARKED).final().status == 200
    for phone in alice, bob:
        assert rang(phone)[0].h("Priority") == "psap-callback"
    assert counters(edge)["callbacks_untrusted"] == 0
    assert counters(edge)["callbacks"] == 1


@pytest.mark.parametrize("name", ["e911_callback", "e911:callback"])
def test_variable_of_the_script_with_that_name(proxy, agent, psap, name):
    edge = proxy(before="$avp(%s) = 5;" % name)
    alice = agent(edge)
    registered(alice)
    dial(alice)
    assert back(psap(edge), edge).final().status == 200
    assert len(rang(alice)) == 1


def test_who_has_not_called_is_not_called_back(proxy, agent, psap):
    edge = proxy()
    alice = agent(edge)
    registered(alice)
    assert back(psap(edge), edge).final().status == 486
    assert counters(edge)["callbacks"] == 0


@pytest.mark.skipif("SOAK" not in os.environ, reason="a minute: make soak")
def test_when_the_time_is_over(proxy, agent, psap):
    edge = proxy(params='modparam("e911", "callback_window", 60)\n')
    alice = agent(edge)
    registered(alice, expires=600)
    dial(alice)
    caller = psap(edge)
    assert back(caller, edge).final().status == 200
    until(lambda: back(caller, edge).final().status == 486, 70, "it is over", 1)
    assert counters(edge)["callbacks_lost"] == 0


# ----- nobody there -----

def unregistered(agent):
    registered(agent, expires=0)
    agent.close()


def test_other_device_when_the_one_is_gone(proxy, agent, psap):
    edge = proxy()
    phone, laptop = agent(edge, instance=PHONE), agent(edge, instance=LAPTOP)
    for device in phone, laptop:
        registered(device)
    dial(phone)
    unregistered(phone)
    assert back(psap(edge), edge).final().status == 200
    assert len(rang(laptop)) == 1


@pytest.mark.parametrize("refusal", [480, 404, 503])
def test_other_device_when_the_one_refuses(proxy, agent, psap, refusal):
    edge = proxy()
    phone, laptop = agent(edge, instance=PHONE), agent(edge, instance=LAPTOP)
    for device in phone, laptop:
        registered(device)
    dial(phone)
    phone.answer = answers(refusal)
    assert back(psap(edge), edge).final().status == 200
    assert len(rang(laptop)) == 1


def test_answering_point_when_the_device_is_dead(proxy, agent, psap, uas):
    """It is registered and says nothing; there is no other one."""
    desk = uas("take")
    edge = proxy(site=";answering=" + desk.uri())
    alice = agent(edge)
    registered(alice)
    dial(alice)
    alice.close()
    assert back(psap(edge), edge).final().status == 200
    assert desk.invites[0].message.ruri == desk.uri()
    assert counters(edge)["callbacks"] == 1


def test_answering_point_that_is_registered_here(proxy, agent, psap, ua):
    edge = proxy(site=";answering=sip:desk@example.test")
    alice, desk = agent(edge), ua(edge, user="desk")
    registered(alice)
    registered(desk)
    dial(alice)
    unregistered(alice)
    assert back(psap(edge), edge).final(10).status == 200
    assert len(rang(desk)) == 1


def test_one_way_after_the_other(proxy, agent, psap, uas):
    desk = uas(486)
    edge = proxy(site=";answering=" + desk.uri())
    phone, laptop = agent(edge, instance=PHONE), agent(edge, instance=LAPTOP)
    for device in phone, laptop:
        registered(device)
        device.answer = answers(480)
    dial(phone)
    assert back(psap(edge), edge).final(10).status == 486
    assert len(rang(laptop)) == 1 and len(desk.invites) == 1


def test_nobody_at_all(proxy, agent, psap):
    edge = proxy()
    alice = agent(edge)
    registered(alice)
    dial(alice)
    alice.answer = answers(480)
    assert back(psap(edge), edge).final().status == 480
    edge.wait_log("WARNING.*call back to [0-9a-f]{16}: no way to him is left")
    assert counters(edge)["callbacks_lost"] == 1
    assert NUMBER not in edge.log()


@pytest.mark.parametrize("refusal", [486, 603])
def test_busy_is_told_to_the_psap(proxy, agent, psap, uas, refusal):
    desk = uas("take")
    edge = proxy(site=";answering=" + desk.uri())
    alice = agent(edge)
    registered(alice)
    dial(alice)
    alice.answer = answers(refusal)
    assert back(psap(edge), edge).final().status == refusal
    assert desk.invites == []


@pytest.mark.parametrize("transport", ["tcp", "ws"])
def test_connection_that_is_gone(proxy, agent, psap, uas, transport):
    desk = uas("take")
    edge = proxy(site=";answering=" + desk.uri(), nat=transport == "ws")
    alice = agent(edge, transport)
    registered(alice)
    dial(alice)
    alice.close()
    assert back(psap(edge), edge).final(10).status == 200
    assert len(desk.invites) == 1


# ----- who is not registered -----

@pytest.mark.parametrize("transport", ["udp", "tcp", "ws"])
def test_agent_who_is_not_registered(proxy, agent, psap, transport):
    """His Contact, by the way that he came."""
    edge = proxy()
    alice = agent(edge, transport)
    contact = "<sip:%s@10.255.1.1:5060;transport=%s>" % (NUMBER, transport)
    dial(alice, contact=contact)
    assert back(psap(edge), edge, headers=MARKED).final().status == 200
    assert rang(alice)[0].ruri == contact.strip("<>")


def test_number_of_another_is_not_turned_away(proxy, agent, psap):
    """Who dials 911 in alice's name has not the calls to her number."""
    edge = proxy()
    alice = agent(edge)
    dial(alice)
    assert back(psap(edge), edge).final().status == 486  # the rules of others
    assert rang(alice) == []


PBX = ('modparam("e911", "trunk", "name=pbx; source=127.0.0.3; key=pai;'
       ' domain=pbx.test")\n')


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_caller_behind_a_trunk(proxy, ua, psap, transport):
    edge = proxy(params=PBX)
    pbx = ua(edge, transport, user="pbx", host="127.0.0.3")
    dial(pbx, headers=[("P-Asserted-Identity", "<sip:%s@x>" % NUMBER)])
    assert back(psap(edge), edge, "5125550100").final().status == 200
    assert rang(pbx)[0].ruri == "sip:5125550100@127.0.0.3:%d;transport=%s" % (
        pbx.port, transport)


def test_who_only_claims_the_number_is_not_called_instead(proxy, ua, psap):
    """Anyone can write a From, and is called back as long as nobody else is."""
    edge = proxy(params=PBX)
    pbx = ua(edge, user="pbx", host="127.0.0.3")
    stranger, caller = ua(edge, user=NUMBER, host=STRANGER), psap(edge)
    dial(stranger)
    assert back(caller, edge, headers=MARKED).final().status == 200
    assert len(rang(stranger)) == 1
    dial(pbx, headers=[("P-Asserted-Identity", "<sip:%s@x>" % NUMBER)])
    dial(stranger)
    assert back(caller, edge, headers=MARKED).final().status == 200
    assert len(rang(stranger)) == 1 and len(rang(pbx)) == 1


def dial_as(agent, call_id):
    """An emergency call of that Call-ID."""
    raw = agent.message("INVITE", "sip:911@example.test", SDP)
    call = agent.start(Call(agent, re.sub(
        rb"Call-ID: [^\r]*", b"Call-ID: " + call_id.encode(), raw)))
    assert call.final().status == 200
    call.ack()
    return call


@pytest.mark.parametrize("size", [20, 7000])
def test_whatever_call_id_another_caller_has(proxy, ua, psap, size):
    edge, call_id = proxy(params=PBX), "x" * size
    pbx = ua(edge, user=NUMBER, host="127.0.0.3")
    pbx_call = dial(pbx, hang_up=False, headers=[
        ("P-Asserted-Identity", "<sip:%s@x>" % NUMBER)])
    bob = ua(edge, user="+15125550177")
    call = dial_as(bob, call_id)
    other = ua(edge, user="+15125550188", host=STRANGER)
    second = dial_as(other, call_id)
    caller = psap(edge)
    for device in bob, other:
        assert back(caller, edge, device.user, headers=MARKED
                    ).final().status == 200
        assert len(rang(device)) == 1
    up = [r for r in edge.jsonrpc("e911.calls")["result"] if not r["ended"]]
    assert len(up) == 3
    assert second.bye().final().status == 200
    up = [r for r in edge.jsonrpc("e911.calls")["result"] if not r["ended"]]
    assert [r["aor"].split("@")[0] for r in up] in (
        [NUMBER, bob.user], [bob.user, NUMBER])
    assert call.bye().final().status == 200
    assert pbx_call.bye().final().status == 200
    assert counters(edge)["remembered"] == 3


def test_trunk_whose_connection_is_gone(proxy, ua, psap, uas):
    """Its port was of that connection; its Contact says where it listens."""
    edge, listens = proxy(params=PBX), uas("take", host="127.0.0.3")
    pbx = ua(edge, "tcp", user="pbx", host="127.0.0.3")
    dial(pbx, headers=[("P-Asserted-Identity", "<sip:%s@x>" % NUMBER)],
         contact="<sip:pbx@127.0.0.3:%d;transport=tcp>" % listens.port)
    pbx.close()
    until(lambda: str(pbx.port) not in edge.rpc("core.tcp_list"), 5, "gone")
    assert back(psap(edge), edge).final().status == 200
    arrived = listens.invites[0]
    assert arrived.transport == "tcp"
    assert arrived.message.ruri.startswith("sip:%s@127.0.0.3" % NUMBER)


# ----- usrloc and its database -----

@pytest.fixture
def located(tmp_path):
    """located(mode) -> parameters of a usrloc in SQLite"""
    path = tmp_path / "usrloc.sqlite"
    for name in ("standard", "usrloc"):
        sqlite.create(path, "/usr/share/kamailio/db_sqlite/%s-create.sql" % name)
    return lambda mode: dict(load='loadmodule "db_sqlite.so"\n', params="""
        modparam("usrloc", "db_mode", %d)
        modparam("usrloc", "db_url", "sqlite:///%s")
        """ % (mode, path))


@pytest.mark.parametrize("mode", [1, 2, 3])
def test_each_mode_of_usrlocs_database(proxy, agent, psap, located, mode):
    edge = proxy(**located(mode))
    phone, laptop = agent(edge, instance=PHONE), agent(edge, instance=LAPTOP)
    for device in phone, laptop:
        registered(device)
    dial(phone)
    assert back(psap(edge), edge).final().status == 200
    assert len(rang(phone)) == 1 and rang(laptop) == []
    phone.answer = answers(480)
    assert back(psap(edge), edge).final().status == 200
    assert len(rang(laptop)) == 1


def test_where_usrloc_knows_domains(proxy, agent, psap):
    edge = proxy(params='modparam("usrloc", "use_domain", 1)\n')
    ours, theirs = [agent(edge, domain=d) for d in ("a.test", "b.test")]
    for device in ours, theirs:
        registered(device)
    caller = psap(edge)
    for device in ours, theirs:
        dial(device)
        assert back(caller, edge).final().status == 200
        assert len(rang(device)) == 1


LUA = """
function ksr_request_route()
    if KSR.e911.match() > 0 then
        KSR.e911.relay()
    elseif KSR.is_method_in("B") then
        KSR.rr.loose_route()
        KSR.tm.t_relay()
    elseif KSR.e911.callback() > 0 then
        KSR.tm.t_on_failure("ksr_failure")
        KSR.tm.t_relay()
    else
        KSR.sl.sl_send_reply(404, "No Call Back")
    end
end
function ksr_failure()
    if KSR.e911.callback() > 0 then
        KSR.tm.t_relay()
    end
end
"""


def test_in_kemi_as_well(kamailio, uas, agent, psap):
    ersp, desk = uas("take"), uas("take")
    edge = kamailio(BASE + """
        loadmodule "dispatcher.so"
        modparam("dispatcher", "list_file", "@DIR@/dispatcher.list")
        loadmodule "app_lua.so"
        modparam("app_lua", "load", "@DIR@/route.lua")
        loadmodule "@MODULE@"
        """ + TRUSTED + SITE % (";answering=" + desk.uri()) + """
        cfgengine "lua"
        """, files={"route.lua": LUA, "dispatcher.list": rows(ersp)})
    alice = agent(edge)
    dial(alice, hang_up=False)
    caller = psap(edge)
    assert back(caller, edge, "1").final().status == 404
    alice.answer = answers(480)
    assert back(caller, edge, headers=MARKED).final().status == 200
    assert len(rang(alice)) == 1 and len(desk.invites) == 1


# ----- a restart -----

@pytest.mark.parametrize("profile", ["value", "elin"])
def test_call_back_outlives_a_restart(proxy, agent, psap, tmp_path, profile):
    """The device registers anew, and is rung by what the database knows."""
    database = SqliteTables(tmp_path)
    database.create()
    edge = proxy(load=database.load, profile=profile, params=(
        'modparam("e911", "db_url", "%s")\n'
        'modparam("e911", "elin", "name=all; number=+15125550111")\n'
        % database.url))
    phone, laptop = agent(edge, instance=PHONE), agent(edge, instance=LAPTOP)
    registered(phone)
    registered(laptop)
    dial(phone)
    edge.restart()
    until(lambda: counters(edge)["remembered"] == 1, 5, "read from the database")
    registered(laptop)
    registered(phone)
    number = "+15125550111" if profile == "elin" else NUMBER
    assert back(psap(edge), edge, number).final().status == 200
    assert len(rang(phone)) == 1 and rang(laptop) == []
