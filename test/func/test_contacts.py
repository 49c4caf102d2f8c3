# SPDX-License-Identifier: GPL-2.0-or-later
"""Locations live and die with their contacts, and go only with who is proven."""
import time

import pytest

from lib import (AUSTIN, ROOT, RpcError, civic, counters, digest, e911_proxy,
                 sqlite, state, until)
from lib.edge import edge_proxy

CALL = "sip:911@example.test"
HOME, CAFE = "127.0.0.1", "127.0.0.2"
DEVICE = "urn:uuid:00000000-0000-1000-8000-00000000000a"
OTHER = "urn:uuid:00000000-0000-1000-8000-00000000000b"
CHALLENGE = """
    if(has_credentials("$fd") && pv_proxy_authenticate("$fd", "secret", "0"))
        e911_vouch();
    if(e911_challenge()) { proxy_challenge("$fd", "0"); exit; }"""
DEFAULT = "A1=TX;A3=Austin;RD=Corporate;STS=DR;HNO=1"


def site(row, more=""):
    return 'modparam("e911", "site", "name=hq;set=1;%s")\n%s' % (row, more)


def registered(agent, expires=60, **how):
    assert agent.register(expires, **how).final().status == 200


def located(invite):
    """Civic address of our own location in an INVITE, or None."""
    part = invite.location()[0]
    return civic(part.body) if part else None


def dial(agent, ersp, **how):
    """The INVITE that a 911 call of the agent makes at the ERSP."""
    n = len(ersp.invites)
    call = agent.invite(CALL, **how)
    assert call.final().status == 200
    return ersp.wait_invites(n + 1)[n]


def get(proxy, *key):
    return proxy.jsonrpc("e911.loc_get", list(key))["result"]


def gone(proxy, *key):
    return "error" in proxy.jsonrpc("e911.loc_get", list(key))


# ----- who gets an address dispatched -----

def test_a_registered_contact_is_proven_by_its_flow(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp)
    agent = ua(proxy)
    registered(agent)
    state(proxy, agent)
    assert located(dial(agent, ersp)) == AUSTIN
    proxy.wait_log("emergency call of .* proof flow, location unchecked, fresh")


def test_strangers_from_does_not_send_police_to_the_agent(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, params=site(DEFAULT))
    agent, stranger = ua(proxy), ua(proxy, host=CAFE)
    registered(agent)
    state(proxy, agent)
    arrived = dial(stranger, ersp)
    assert located(arrived) is None and arrived.all("Geolocation") == []
    assert b"Example" not in arrived.body
    assert counters(proxy)["unproven"] == 1
    proxy.wait_log("proof none, location withheld")


def test_stranger_may_get_the_sites_default(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp,
                       params=site("unproven=default;" + DEFAULT))
    state(proxy, "alice@example.test")
    assert located(dial(ua(proxy), ersp))["RD"] == "Corporate"


@pytest.mark.parametrize("rule, proof", [("address", "address"), ("flow", "none")])
def test_same_address_another_port(kamailio, uas, ua, rule, proof):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, params=site("proof=" + rule))
    agent, neighbour = ua(proxy), ua(proxy)
    registered(agent)
    state(proxy, agent)
    assert (located(dial(neighbour, ersp)) == AUSTIN) == (proof != "none")
    proxy.wait_log("proof %s, location" % proof)


@pytest.mark.parametrize("transport", ["tcp", "ws"])
def test_connection_is_the_flow(kamailio, uas, ua, transport):
    ersp = uas("take")
    proxy = edge_proxy(
        kamailio, ersp, nat=True, params=site("proof=flow"),
        load='loadmodule "xhttp.so"\nloadmodule "websocket.so"\n'
             'tcp_accept_no_cl=yes\n',
        ROUTES='event_route[xhttp:request] { ws_handle_handshake(); }')
    agent, neighbour = ua(proxy, transport), ua(proxy, transport)
    registered(agent)
    state(proxy, agent)
    assert located(dial(agent, ersp)) == AUSTIN
    assert located(dial(neighbour, ersp)) is None


def test_password_proves(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, BEFORE=CHALLENGE,
                       params=site("unproven=challenge"))
    agent = ua(proxy, host=CAFE)
    state(proxy, agent)
    call = digest.answered(lambda h: agent.invite(CALL, headers=h), CALL,
                           "alice", "secret")
    assert call.final().status == 200
    assert located(ersp.invites[0].message) == AUSTIN
    proxy.wait_log("proof digest")


def test_challenge_once_then_without(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, BEFORE=CHALLENGE,
                       params=site("unproven=challenge"))
    stranger = ua(proxy, host=CAFE)
    # nothing at stake: nobody is challenged
    assert located(dial(stranger, ersp)) is None
    state(proxy, stranger)
    # a wrong password
    call = digest.answered(lambda h: stranger.invite(CALL, headers=h), CALL,
                           "alice", "wrong")
    assert call.final().status == 200
    assert located(ersp.wait_invites(2)[1]) is None
    # a phone that answers no challenge and dials again
    assert located(dial(stranger, ersp)) is None


def test_a_password_is_no_word_on_anothers_from(kamailio, uas, ua):
    ersp = uas("take")
    before = """
        if(!pv_proxy_authenticate("example.test", "secret", "0")) {
            proxy_challenge("example.test", "0"); exit; }
        e911_vouch();"""
    proxy = edge_proxy(kamailio, ersp, BEFORE=before)
    state(proxy, "alice@example.test")
    mallory = ua(proxy, user="alice", host=CAFE)
    call = digest.answered(lambda h: mallory.invite(CALL, headers=h), CALL,
                           "mallory", "secret")
    assert call.final().status == 200
    assert located(ersp.invites[0].message) is None


def test_realm_of_another_tenant_proves_nothing(kamailio, uas, ua):
    before = """
        if(!pv_proxy_authenticate("tenant-b", "secret", "0")) {
            proxy_challenge("tenant-b", "0"); exit; }
        e911_vouch();"""
    def call(row):
        ersp = uas("take")
        proxy = edge_proxy(kamailio, ersp, BEFORE=before, params=site(row))
        agent = ua(proxy, host=CAFE)
        state(proxy, agent)
        done = digest.answered(lambda h: agent.invite(CALL, headers=h), CALL,
                               "alice", "secret")
        assert done.final().status == 200
        return located(ersp.invites[0].message)
    assert call("gate=off") is None
    assert call("realm=tenant-b") == AUSTIN


def test_script_vouches_for_others(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, BEFORE='if($si == "%s") e911_vouch();'
                       % CAFE)
    agent, stranger = ua(proxy, host=CAFE), ua(proxy)
    state(proxy, agent)
    assert located(dial(stranger, ersp)) is None
    assert located(dial(agent, ersp)) == AUSTIN


# ----- behind a trunk -----

def trunk(row):
    return 'modparam("e911", "trunk", "name=pbx;source=%s;%s")' % (CAFE, row)


@pytest.mark.parametrize("row, headers", [
    ("key=pai", [("P-Asserted-Identity", "<tel:+15125550100>, "
                  "<sip:alice@example.test>")]),
    ("key=pai;domain=example.test", [("P-Asserted-Identity", "<tel:alice>")]),
    ("key=header:X-Agent", [("X-Agent", "alice@example.test")]),
    ("key=header:X-Agent;domain=example.test", [("X-Agent", " alice ")])])
def test_agent_behind_a_trunk(kamailio, uas, ua, row, headers):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, TRUST=trunk(row))
    pbx, stranger = ua(proxy, host=CAFE, user="pbx"), ua(proxy, user="pbx")
    state(proxy, "alice@example.test")
    assert located(dial(pbx, ersp, headers=headers)) == AUSTIN
    # the same words from elsewhere are only words
    assert located(dial(stranger, ersp, headers=headers)) is None


def test_trunks_address_is_no_key_and_no_move(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, TRUST=trunk("key=from"),
                       params=site("gate=require"))
    pbx = ua(proxy, host=CAFE)
    state(proxy, "%s:%d" % (CAFE, pbx.port) + "@x", dict(AUSTIN, HNO="9"))
    proxy.jsonrpc("e911.loc_set", ["alice@example.test", '{"RD":"Home"}', "*",
                                   "network=192.0.2.7"])
    assert located(dial(pbx, ersp))["RD"] == "Home"
    assert pbx.invite("sip:5551234@x").final().status == 404  # past the gate
    row = get(proxy, "alice@example.test")
    assert (row["freshness"], row["network"]) == ("fresh", "192.0.2.7")
    assert counters(proxy)["moved"] == 0


def test_trunk_that_tells_device_and_network(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, TRUST=trunk(
        "key=from;device=contact;network=header:X-Client"))
    edge = ua(proxy, host=CAFE, instance=DEVICE)
    for device, number in ((DEVICE, "1"), (OTHER, "2")):
        proxy.jsonrpc("e911.loc_set", [
            "alice@example.test", '{"RD":"x","HNO":"%s"}' % number, device,
            "network=192.0.2.7"])
    invite = dial(edge, ersp, headers=[("X-Client", "192.0.2.7")])
    assert located(invite)["HNO"] == "1"
    proxy.wait_log("location unchecked, fresh")
    dial(edge, ersp, headers=[("X-Client", "192.0.2.8")])
    proxy.wait_log("location unchecked, suspect")


# ----- two devices, refreshes, ends -----

def test_two_devices_of_one_agent(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp)
    desk, home = ua(proxy, instance=DEVICE), ua(proxy, instance=OTHER, host=CAFE)
    for agent, number in ((desk, "1"), (home, "2")):
        registered(agent)
        state(proxy, agent, dict(AUSTIN, HNO=number), agent.instance)
    assert located(dial(desk, ersp))["HNO"] == "1"
    assert located(dial(home, ersp))["HNO"] == "2"
    assert counters(proxy)["moved"] == 0


def test_name_of_a_registered_contact_becomes_its_instance(kamailio, uas, ua):
    proxy = edge_proxy(kamailio, uas("take"))
    agent = ua(proxy, instance=DEVICE)
    registered(agent)
    by_uri = "sip:alice@%s:%d" % (agent.host, agent.port)
    state(proxy, agent, contact=by_uri)
    assert get(proxy, agent.aor)["contact"] == DEVICE
    assert get(proxy, agent.aor, by_uri)["contact"] == DEVICE
    proxy.rpc("e911.loc_del", agent.aor, by_uri)
    assert gone(proxy, agent.aor)


def test_phone_that_does_not_tell_its_instance_when_it_calls(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp)
    agent = ua(proxy, instance=DEVICE)
    registered(agent)
    state(proxy, agent, contact=DEVICE)
    state(proxy, agent, dict(AUSTIN, HNO="9"), OTHER)
    agent.instance = None
    assert located(dial(agent, ersp)) == AUSTIN


def test_gruu_of_a_contact(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp)
    agent = ua(proxy, instance=DEVICE)
    registered(agent, headers=[("Supported", "gruu")])
    state(proxy, agent, contact=DEVICE)
    state(proxy, agent, dict(AUSTIN, HNO="9"), OTHER)
    contact = "<sip:alice@example.test;gr=%s>" % DEVICE
    assert located(dial(agent, ersp, contact=contact)) == AUSTIN


def test_contact_rewritten_by_nathelper(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, before="fix_nated_contact();")
    agent = ua(proxy)
    private = "<sip:alice@192.168.7.7:5060>"
    registered(agent, contact=private)
    state(proxy, agent, contact="sip:alice@%s:%d" % (agent.host, agent.port))
    state(proxy, agent, dict(AUSTIN, HNO="9"), OTHER)
    assert located(dial(agent, ersp, contact=private)) == AUSTIN


def test_contact_behind_a_path(kamailio, uas, ua):
    """An outbound edge proxy of one's own: Path with the received address."""
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, TRUST=(
        'modparam("e911", "trunk", "name=edge;source=%s;key=from;'
        'device=contact;network=via")' % HOME))
    edge = ua(proxy, instance=DEVICE)
    path = "<sip:%s:%d;lr;received=sip:%s:%d>" % (HOME, edge.port, CAFE, 5566)
    registered(edge, headers=[("Path", path), ("Supported", "path")])
    state(proxy, edge, contact=DEVICE)
    assert get(proxy, edge.aor)["network"] == CAFE
    via = "SIP/2.0/UDP 10.0.0.9:5060;received=%s;branch=z9hG4bKx" % CAFE
    dial(edge, ersp, headers=[("Via", via)])
    proxy.wait_log("location unchecked, fresh")


def test_unregistered_contact_is_gone_after_the_grace(kamailio, uas, ua):
    proxy = edge_proxy(kamailio, uas("take"), params=
                       'modparam("e911", "grace", 2)')
    agent = ua(proxy, instance=DEVICE)
    registered(agent)
    state(proxy, agent, contact=DEVICE)
    registered(agent, 0)
    assert get(proxy, agent.aor)["freshness"] == "expired"
    assert get(proxy, agent.aor)["reason"] == "gone"
    until(lambda: counters(proxy)["dropped"] == 1, 12, "dropped after its grace")
    assert gone(proxy, agent.aor)


def test_expired_contact_keeps_its_location_for_the_grace(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp)
    agent = ua(proxy, instance=DEVICE)
    registered(agent, 1)
    state(proxy, agent, contact=DEVICE)
    until(lambda: get(proxy, agent.aor)["freshness"] == "expired", 8, "expired")
    registered(agent, 60)
    assert get(proxy, agent.aor)["freshness"] == "fresh"
    assert counters(proxy)["back"] == 1
    assert located(dial(agent, ersp)) == AUSTIN


def test_device_that_returns_from_elsewhere_is_suspect(kamailio, uas, ua):
    proxy = edge_proxy(kamailio, uas("take"))
    agent = ua(proxy, instance=DEVICE)
    registered(agent)
    state(proxy, agent, contact=DEVICE)
    registered(agent, 0)
    registered(ua(proxy, instance=DEVICE, host=CAFE))
    row = get(proxy, agent.aor)
    assert (row["freshness"], row["reason"]) == ("suspect", "moved")


def test_one_of_two_devices_unregisters(kamailio, uas, ua):
    proxy = edge_proxy(kamailio, uas("take"))
    desk, home = ua(proxy, instance=DEVICE), ua(proxy, instance=OTHER)
    for agent in (desk, home):
        registered(agent)
        state(proxy, agent, contact=agent.instance)
    state(proxy, desk)  # for any device
    registered(home, 0)
    assert get(proxy, desk.aor, OTHER)["freshness"] == "expired"
    assert get(proxy, desk.aor, DEVICE)["freshness"] == "fresh"
    assert get(proxy, desk.aor, "*")["freshness"] == "fresh"
    registered(desk, 0)
    assert get(proxy, desk.aor, "*")["freshness"] == "expired"


def test_refreshes_change_nothing(kamailio, uas, ua):
    proxy = edge_proxy(kamailio, uas("take"))
    agent = ua(proxy, instance=DEVICE)
    registered(agent)
    state(proxy, agent, contact=DEVICE)
    before = get(proxy, agent.aor)
    for _ in range(5):
        registered(agent)
    assert get(proxy, agent.aor) == before


def test_without_usrloc_life_is_the_time_to_live(kamailio, uas, ua):
    proxy = e911_proxy(kamailio, uas("take"))
    proxy.jsonrpc("e911.loc_set", ["a@x", '{"RD":"x"}', "*", "ttl=2"])
    proxy.jsonrpc("e911.loc_set", ["b@x", '{"RD":"x"}'])
    assert get(proxy, "a@x")["expires"]
    until(lambda: gone(proxy, "a@x"), 12, "dropped after its time to live")
    assert get(proxy, "b@x")["freshness"] == "fresh"


def test_registrar_without_domains(kamailio, uas, ua):
    """usrloc keeps alice, whatever her domain; locations are kept apart."""
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp)  # use_domain is 0 by default
    one, two = ua(proxy), ua(proxy, domain="other.test", host=CAFE)
    registered(one)
    state(proxy, one)
    state(proxy, two, dict(AUSTIN, HNO="9"))
    assert located(dial(one, ersp))["HNO"] == "1200"


def test_registrar_with_domains_and_capitals(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, params="""
        modparam("usrloc", "use_domain", 1)
        modparam("registrar", "case_sensitive", 1)""")
    agent = ua(proxy, user="Alice", domain="Example.Test")
    registered(agent)
    state(proxy, agent)
    assert located(dial(agent, ersp)) == AUSTIN
    registered(agent, 0)
    assert get(proxy, agent.aor)["freshness"] == "expired"


def test_contacts_from_before_a_restart_are_found(kamailio, uas, ua, tmp_path):
    """usrloc preloads them and tells nobody."""
    db, contacts = str(tmp_path / "e911.sqlite"), str(tmp_path / "ul.sqlite")
    sqlite.create(db, ROOT + "/utils/db/sqlite/e911-create.sql")
    for name in ("standard", "usrloc"):
        sqlite.create(contacts, "/usr/share/kamailio/db_sqlite/%s-create.sql"
                      % name)
    ersp = uas("take")
    proxy = edge_proxy(
        kamailio, ersp, load='loadmodule "db_sqlite.so"\n',
        params="""
        modparam("usrloc", "db_mode", 1)
        modparam("usrloc", "db_url", "sqlite:///%s")
        modparam("e911", "db_url", "sqlite:///%s")""" % (contacts, db))
    agent = ua(proxy, instance=DEVICE)
    registered(agent, 600)
    state(proxy, agent, contact=DEVICE)
    proxy.restart()
    before = len(proxy.log())
    until(lambda: counters(proxy)["store_read"] == 1, 5, "read")
    # nobody knows him until he is sought there
    until(lambda: located(dial(agent, ersp)) == AUSTIN, 12, "attached")
    assert "proof flow" in proxy.log()[before:]
    # nothing was told of it, yet its end is seen
    registered(agent, 0)
    assert get(proxy, agent.aor)["freshness"] == "expired"


# ----- what is refused -----

@pytest.mark.parametrize("options, reason", [
    ("ttl=x", "ttl: value"), ("ttl=-1", "ttl: value"), ("network=x", "network"),
    ("site=nowhere", "site: value"), ("durable=yes", "durable"),
    ("colour=red", "colour: unknown"), ("=", "")])
def test_bad_options_are_refused_by_name(kamailio, uas, options, reason):
    proxy = edge_proxy(kamailio, uas("take"))
    with pytest.raises(RpcError) as caught:
        proxy.rpc("e911.loc_set", "a@x", '{"RD":"x"}', "*", options)
    assert reason in str(caught.value)
    assert gone(proxy, "a@x")


def test_hung_database_of_usrloc_holds_up_no_call(
        kamailio, uas, ua, postgres):
    """usrloc writes to it while it holds the lock of the agent's contacts."""
    for name in ("standard", "usrloc"):
        postgres.create("/usr/share/kamailio/postgres/%s-create.sql" % name)
    ersp = uas("take")
    proxy = edge_proxy(
        kamailio, ersp, load='loadmodule "db_postgres.so"\n', params="""
        modparam("usrloc", "db_mode", 1)
        modparam("usrloc", "db_url", "%s")""" % postgres.url)
    agent = ua(proxy)
    registered(agent)
    state(proxy, agent)
    postgres.hang()
    try:
        stuck = agent.register()
        started = time.monotonic()
        for _ in range(5):
            assert located(dial(agent, ersp)) == AUSTIN
        assert time.monotonic() - started < 2
        assert stuck.responses == []
        proxy.wait_log("proof flow")
    finally:
        postgres.resume()
    assert stuck.final(20).status == 200


# ----- attacks -----

VOUCH = """
    if(has_credentials("$fd") && pv_proxy_authenticate("$fd", "secret", "0"))
        e911_vouch();
    else if($hdr(X-Ask) != $null) { proxy_challenge("$fd", "0"); exit; }"""
ASK = [("X-Ask", "1")]


def answered(agent, user):
    """The INVITE, after a challenge that user has answered."""
    return digest.answered(lambda h: agent.invite(CALL, headers=[*h, *ASK]),
                           CALL, user, "secret")


def test_contact_of_another_table_is_nobodys(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, before=(
        'if($hdr(X-Guest) != $null) { save("guests"); exit; }'))
    agent, guest = ua(proxy), ua(proxy, host=CAFE)
    registered(agent)
    state(proxy, agent)
    registered(guest, headers=[("X-Guest", "1")])
    assert located(dial(guest, ersp)) is None
    registered(guest, 0, headers=[("X-Guest", "1")])
    assert get(proxy, agent.aor)["freshness"] == "fresh"
    assert counters(proxy)["moved"] == 0


def test_one_call_from_the_cafe_proves_no_neighbour_there(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, BEFORE=VOUCH)
    agent = ua(proxy)
    registered(agent)
    state(proxy, agent)
    assert answered(ua(proxy, host=CAFE), "alice").final().status == 200
    assert located(ersp.invites[0].message) == AUSTIN
    assert located(dial(ua(proxy, host=CAFE), ersp)) is None
    # and the agent at home is still who he is
    assert located(dial(agent, ersp)) == AUSTIN


def test_network_of_a_statement_proves_nobody(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp)
    agent = ua(proxy)
    registered(agent)
    proxy.jsonrpc("e911.loc_set", [agent.aor, '{"RD":"x"}', "*",
                                   "network=" + CAFE])
    assert located(dial(ua(proxy, host=CAFE), ersp)) is None


def test_a_registration_that_has_ended_proves_nobody(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp)
    agent = ua(proxy)
    registered(agent)
    state(proxy, agent)
    registered(agent, 0)
    assert located(dial(agent, ersp)) is None
    state(proxy, agent)
    assert located(dial(agent, ersp)) is None
    proxy.rpc("e911.loc_confirm", agent.aor)
    assert located(dial(agent, ersp)) is None


def test_neighbours_own_password_proves_nobody_else(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, BEFORE=VOUCH)
    agent, mallory = ua(proxy), ua(proxy)
    registered(agent)
    state(proxy, agent)
    assert answered(mallory, "mallory").final().status == 200
    assert located(ersp.invites[0].message) is None


def test_a_password_that_failed_proves_nobody(kamailio, uas, ua):
    """auth marks the header all the same."""
    ersp = uas("take")
    proxy = edge_proxy(kamailio, ersp, BEFORE="""
        if($hdr(X-Ask) == "www") { www_challenge("$fd", "0"); exit; }
        if($hdr(X-Ask) == "proxy") { proxy_challenge("$fd", "0"); exit; }
        if(pv_proxy_authenticate("$fd", "secret", "0")
                || pv_www_authenticate("$fd", "secret", "0")) e911_vouch();""")
    state(proxy, "alice@example.test")
    mallory = ua(proxy, host=CAFE)
    headers = []
    for ask, user, password in (("proxy", "alice", "guess"),
                                ("www", "mallory", "secret")):
        challenge = mallory.invite(CALL, headers=[("X-Ask", ask)]).final()
        headers.append(digest.credentials(challenge, "INVITE", CALL, user,
                                          password))
    assert located(dial(mallory, ersp, headers=headers)) is None


def test_call_that_was_suspended_loses_no_destination(kamailio, uas, ua):
    ersp = uas("take")
    proxy = edge_proxy(
        kamailio, ersp, load='loadmodule "async.so"\n'
        'modparam("async", "workers", 1)\n',
        BEFORE='if($hdr(X-Later) != $null) { async_route("LATER", "1"); exit; }',
        ROUTES='route[LATER] { t_on_branch("E911"); t_on_failure("E911");'
               ' e911_relay(); }')
    agent = ua(proxy)
    registered(agent)
    state(proxy, agent)
    invite = dial(agent, ersp, headers=[("X-Later", "1")])
    assert located(invite) == AUSTIN
    assert counters(proxy)["calls"] == 1


def test_devices_of_one_agent_are_bounded(kamailio, uas):
    proxy = edge_proxy(kamailio, uas("take"))
    for i in range(16):
        state(proxy, "alice@x", contact=OTHER[:-2] + "%02d" % i)
    with pytest.raises(RpcError) as caught:
        state(proxy, "alice@x", contact=DEVICE)
    assert "table full" in str(caught.value)
    state(proxy, "bob@x", contact=DEVICE)
