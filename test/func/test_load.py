# SPDX-License-Identifier: GPL-2.0-or-later
"""Many contacts at once. SOAK=1 for ten times as many."""
import json
import os
import threading
import time

import pytest

from lib import AUSTIN, ROOT, civic, counters, sqlite, state, until
from lib.edge import edge_proxy
from lib.registrants import Registrants

CONTACTS = 100000 if os.environ.get("SOAK") else 10000
SHARED = ("-m", "512" if os.environ.get("SOAK") else "128")
CAFE = "127.0.0.2"


def fill(path, count, network):
    """A database with a location for each of the registrants."""
    sqlite.create(path, ROOT + "/utils/db/sqlite/e911-create.sql")
    now = int(time.time())
    places = json.dumps([{
        "network": network, "confirmed": now, "stated": now, "until": 0,
        "verdict": "valid", "origin": "rpc", "location": AUSTIN}])
    sqlite.query(path, """
        with recursive n(i) as (select 0 union all select i + 1 from n
                                where i < %d)
        insert into e911_location (aor, contact, bound, places)
        select 'user' || i || '@example.test',
               'urn:uuid:00000000-0000-4000-8000-' || printf('%%012d', i), 1, ?
        from n""" % (count - 1), (places,))


@pytest.fixture
def crowd(kamailio, uas, tmp_path, cleanup):
    """(proxy, ersp, the registrants at home), whose locations are read."""
    path = str(tmp_path / "e911.sqlite")
    fill(path, CONTACTS, "127.0.0.1")
    ersp = uas("take")
    proxy = edge_proxy(
        kamailio, ersp, args=SHARED, load='loadmodule "db_sqlite.so"\n',
        params='modparam("usrloc", "hash_size", 14)\n'
               'modparam("e911", "db_url", "sqlite:///%s")' % path)
    until(lambda: counters(proxy)["store_read"] == CONTACTS, 60, "all read")
    home = Registrants(proxy.address, CONTACTS)
    cleanup.callback(home.close)
    return proxy, ersp, home


def test_no_call_is_lost_while_all_register(crowd, ua, cleanup):
    proxy, ersp, home = crowd
    assert home.register_all() == []
    agent = ua(proxy)
    assert agent.register().final().status == 200
    state(proxy, agent)
    over, calls = threading.Event(), []

    def dial():
        while not over.is_set():
            calls.append(agent.invite("sip:911@example.test"))
            calls[-1].final(10)
    caller = threading.Thread(target=dial)
    caller.start()
    try:
        for _ in range(4):
            assert home.register_all() == []  # refreshes
        cafe = Registrants(proxy.address, CONTACTS, CAFE)
        cleanup.callback(cafe.close)
        cafe.sequence = home.sequence
        assert cafe.register_all() == []  # all of them move
    finally:
        over.set()
        caller.join(20)
    assert len(calls) >= 10
    assert [c.final().status for c in calls] == [200] * len(calls)
    arrived = ersp.wait_invites(len(calls))
    assert all(civic(m.location()[0].body) == AUSTIN for m in arrived)
    assert counters(proxy)["moved"] == CONTACTS
    # every move reaches the database
    until(lambda: counters(proxy)["pending"] == 0, 60, "all stored")
    assert counters(proxy)["store_lost"] == 0
