# SPDX-License-Identifier: GPL-2.0-or-later
"""How many contacts and locations each site has, and its ERSPs."""
from lib import RpcError, state, until
from lib.edge import edge_proxy

SITES = ('modparam("e911", "site", "name=hq;set=1;gate=require")\n'
         'modparam("e911", "site", "name=lab;set=2;last=9;domain=lab.test")\n')
DEVICE = "urn:uuid:00000000-0000-1000-8000-0000000000%02x"
BY_DOMAIN = 'modparam("usrloc", "use_domain", 1)\n'


def registered(agent, expires=60):
    assert agent.register(expires).final().status == 200
    return agent


def coverage(proxy, site):
    rows = proxy.jsonrpc("e911.coverage", [site])["result"]
    assert [row["site"] for row in rows] == [site]
    return rows[0]


def numbers(proxy, site):
    row = coverage(proxy, site)
    return row["contacts"], row["located"], row["gated"]


def counted(proxy, site, *wanted):
    until(lambda: numbers(proxy, site) == wanted, 15, "%s: %s" % (site, wanted))


def test_contacts_and_locations_of_each_site(kamailio, uas, ua):
    proxy = edge_proxy(kamailio, uas("take"), load=BY_DOMAIN, params=SITES)
    counted(proxy, "hq", 0, 0, 0)
    agents = [registered(ua(proxy, user="a%d" % i, instance=DEVICE % i))
              for i in range(3)]
    there = registered(ua(proxy, user="b", domain="lab.test",
                          instance=DEVICE % 9))
    counted(proxy, "hq", 3, 0, 3)
    counted(proxy, "lab", 1, 0, 0)
    state(proxy, agents[0], contact=DEVICE % 0)
    state(proxy, agents[1])
    state(proxy, there, contact=DEVICE % 9)
    state(proxy, "nobody@lab.test")
    counted(proxy, "hq", 3, 2, 1)
    counted(proxy, "lab", 1, 1, 0)
    assert coverage(proxy, "hq")["locations"] == {"unchecked": {"fresh": 2}}
    until(lambda: coverage(proxy, "lab")["locations"]
          == {"unchecked": {"fresh": 2}}, 10, "the one that is not registered")
    registered(agents[0], 0)
    counted(proxy, "hq", 2, 1, 1)
    until(lambda: coverage(proxy, "hq")["locations"]
          == {"unchecked": {"fresh": 1, "expired": 1}}, 10, "expired")


def test_what_moved_is_gated(kamailio, uas, ua):
    proxy = edge_proxy(kamailio, uas("take"), params=SITES)
    agent = registered(ua(proxy, instance=DEVICE % 1))
    state(proxy, agent, contact=DEVICE % 1)
    counted(proxy, "hq", 1, 1, 0)
    registered(ua(proxy, host="127.0.0.2", instance=DEVICE % 1))
    counted(proxy, "hq", 1, 1, 1)
    assert coverage(proxy, "hq")["locations"] == {"unchecked": {"suspect": 1}}


def test_users_without_domains_have_the_site_of_their_location(
        kamailio, uas, ua):
    """usrloc knows them by the user part alone."""
    proxy = edge_proxy(kamailio, uas("take"), params=SITES)
    agent = registered(ua(proxy, user="c", domain="lab.test"))
    counted(proxy, "hq", 1, 0, 1)
    state(proxy, agent)
    counted(proxy, "lab", 1, 1, 0)
    counted(proxy, "hq", 0, 0, 0)


def test_many_contacts_of_one_slot(kamailio, uas, ua):
    """More than are copied out under one lock."""
    proxy = edge_proxy(
        kamailio, uas("take"), params=SITES,
        load='modparam("usrloc", "hash_size", 1)\n'
             'modparam("registrar", "max_contacts", 0)\n')
    for i in range(150):
        registered(ua(proxy, user="u%d" % (i % 140), instance=DEVICE % i))
    counted(proxy, "hq", 150, 0, 150)


def test_an_unknown_site_is_refused(kamailio, uas):
    proxy = edge_proxy(kamailio, uas("take"), params=SITES)
    try:
        proxy.rpc("e911.coverage", "nowhere")
    except RpcError as e:
        assert "404" in str(e)
    else:
        assert False


def test_ersps_and_their_health(kamailio, uas):
    first, second, last, other = (uas("take") for _ in range(4))
    proxy = edge_proxy(
        kamailio, (1, first.uri(), 5, "profile=plain"), (2, second.uri()),
        (9, last.uri()), (7, other.uri()), params=SITES)

    def ersps():
        return {row["destination"]: row
                for row in proxy.jsonrpc("e911.ersps")["result"]}
    assert set(ersps()) == {first.uri(), second.uri(), last.uri()}
    row = ersps()[first.uri()]
    assert (row["set"], row["priority"], row["profile"]) == (1, 5, "plain")
    assert (row["health"], row["drained"]) == ("active", "no")
    proxy.rpc("dispatcher.set_state", "ip", "1", first.uri())
    proxy.rpc("e911.drain", second.uri())
    assert ersps()[first.uri()]["health"] == "inactive"
    assert ersps()[first.uri()]["probed"] == "yes"
    assert ersps()[second.uri()]["drained"] == "yes"
    proxy.rpc("e911.force", "hq", "s:7")
    assert set(ersps()) == {u.uri() for u in (first, second, last, other)}
