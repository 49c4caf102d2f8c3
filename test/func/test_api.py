# SPDX-License-Identifier: GPL-2.0-or-later
"""The HTTP API: agents state where they are, operators look. Every answer is
checked against utils/openapi.json."""
import json
import socket
import struct
import threading
import time

import pytest

from lib import (AUSTIN, DEFAULT_SITE, civic, counters, e911_proxy, free_port, has_location,
                 state, until)
from lib.api import KEYS, Client, keys, named, operations, raw_request, token
from lib.database import SqliteTables
from lib.edge import edge_proxy
from lib.validator import Validator, says

ALICE, BOB = "sip:alice@example.test", "sip:bob@example.test"
CALL = "sip:911@example.test"
DEVICE = "urn:uuid:00000000-0000-4000-8000-00000000000a"
DESK = "urn:uuid:00000000-0000-4000-8000-00000000000b"
TROY = {"country": "US", "A1": "NY", "A3": "Troy", "RD": "Main", "STS": "St",
        "HNO": "5", "PC": "12180"}
GUIDE = """\
low,high,parity,predir,street,suffix,postdir,community,county,state,esn,psap
1000,1198,E,,CONGRESS,AVE,,AUSTIN,TRAVIS,TX,101,Austin PD
"""
RIGHT = {"country": "US", "A1": "TX", "A3": "Austin", "RD": "Congress",
         "STS": "Ave", "HNO": "1100"}
WRONG = {**RIGHT, "RD": "Congres", "HNO": "1100"}

WEB = 'loadmodule "xhttp.so"\ntcp_accept_no_cl=yes\n'
ROUTE = """
event_route[xhttp:request] {
    if(e911_http()) exit;
    xhttp_reply("404", "Somebody Else's", "text/plain", "other");
}
"""
OPERATOR = {role: KEYS[role] for role in KEYS}


def param(name, value):
    return 'modparam("e911", "%s", %s)\n' % (
        name, value if isinstance(value, int) else '"%s"' % value)


def site(row="gate=off"):
    return param("site", "name=hq;set=1;" + row)


@pytest.fixture
def web(kamailio, uas, tmp_path, afterwards):
    """web(parameters) -> (proxy, ersp, client(token or None)); with edge=True it
    keeps contacts, and only these are proven."""
    def make(params="", row="gate=off", edge=False, load="", **how):
        ersp = uas("take")
        params = keys(tmp_path) + (site(row) if row else "") + params
        if edge:
            proxy = edge_proxy(kamailio, ersp, load=WEB + load, params=params,
                               ROUTES=ROUTE, **how)
        else:
            proxy = e911_proxy(kamailio, ersp, LOAD=WEB + load, PARAMS=params,
                               ROUTES=ROUTE, **how)

        def client(bearer=None, **more):
            one = Client(proxy, bearer, **more)
            afterwards.callback(one.close)
            return one
        return proxy, ersp, client
    return make


@pytest.fixture
def guided(web, tmp_path):
    """The same with a guide of streets."""
    def make(row="validate=msag", params="", **how):
        (tmp_path / "guide.csv").write_text(GUIDE)
        proxy, ersp, client = web(
            param("msag", "file=%s" % (tmp_path / "guide.csv")) + params, row, **how)
        until(lambda: proxy.jsonrpc("e911.msag")["result"]["ranges"], 10, "a guide")
        return proxy, ersp, client
    return make


@pytest.fixture
def validator(cleanup):
    def make(*args, **how):
        server = Validator(*args, **how)
        cleanup.callback(server.close)
        return server
    return make


def rest(server, more="timeout_ms=8000;tries=1;break_after=1000"):
    return param("validator", "name=shop;like=generic;url=%s;%s" % (
        server.url(), more))


def sent(ua, proxy, ersp, **who):
    """The address that arrives with a call of alice's; None."""
    n = len(ersp.invites)
    agent = ua(proxy, **who)
    assert agent.invite(CALL).final().status == 200
    message = ersp.wait_invites(n + 1)[n]
    return civic(message.location()[0].body) if has_location(message) else None


# ----- my location -----

def test_what_an_agent_states_goes_with_his_call(web, ua):
    proxy, ersp, client = web()
    alice = client(token(ALICE))
    answer = alice.get("/me/location")
    assert answer.status == 404
    assert answer.json["type"].startswith("urn:e911:problem:")
    answer = alice.state(AUSTIN)
    assert answer.status == 200
    assert answer.json["location"].items() >= AUSTIN.items()
    assert (answer.json["verdict"], answer.json["freshness"], answer.json["origin"],
            answer.json["site"], answer.json["gate"], answer.json["checking"]) == (
        "unchecked", "fresh", "http", "hq", "open", False)
    again = alice.get("/me/location")
    assert again.json == answer.json and again.etag == answer.etag
    assert sent(ua, proxy, ersp) == AUSTIN
    # what it shows it takes, and that is another version
    assert alice.state(again.json["location"]).etag != again.etag


def test_what_was_stated_over_rpc_is_seen(web):
    proxy, _, client = web()
    state(proxy, ALICE)
    view = client(token(ALICE)).get("/me/location").json
    assert view["location"] == {**AUSTIN, "method": "Manual"}
    assert view["origin"] == "rpc"


def test_me(web):
    proxy, _, client = web(row="gate=require")
    alice = client(token(ALICE, life=600))
    me = alice.get("/me").json
    assert (me["aor"], me["contact"], me["site"]) == ("alice@example.test", "", "hq")
    assert me["gate"] == {"policy": "require", "open": False,
                          "reason": "location-missing"}
    alice.state(AUSTIN)
    assert alice.get("/me").json["gate"] == {"policy": "require", "open": True,
                                             "reason": ""}


def test_taken_back_it_goes_no_more(web, ua):
    proxy, ersp, client = web(row=None, params=DEFAULT_SITE)
    alice = client(token(ALICE))
    alice.state(AUSTIN)
    assert alice.delete("/me/location").status == 204
    assert alice.get("/me/location").status == 404
    assert alice.delete("/me/location").status == 404
    assert sent(ua, proxy, ersp)["RD"] == "Corporate"


def test_each_device_has_its_own(web):
    _, _, client = web()
    desk, laptop = (client(token(ALICE, c)) for c in (DESK, DEVICE))
    desk.state(AUSTIN)
    assert laptop.state(TROY).json["contact"] == DEVICE
    assert desk.get("/me/location").json["location"]["RD"] == "Example"
    assert laptop.get("/me/location").json["location"]["RD"] == "Main"
    assert laptop.delete("/me/location").status == 204
    assert desk.get("/me/location").json["location"]["RD"] == "Example"


def test_another_agents_is_never_seen_nor_changed(web):
    _, _, client = web()
    alice, bob = client(token(ALICE)), client(token(BOB))
    alice.state(AUSTIN)
    assert bob.get("/me/location").status == 404
    assert bob.delete("/me/location").status == 404
    assert bob.get("/me/export").json["locations"] == []
    assert bob.delete("/me").json["locations"] == 0
    for method, path, _ in operations():
        if path.startswith("/locations"):
            path = path.replace("{aor}", "alice%40example.test").replace(
                "{contact}", "x")
            answer = bob.ask(method, path, {"location": TROY} if method == "PUT"
                             else None)
            assert answer.status == 403, path
    assert alice.get("/me/location").json["location"]["RD"] == "Example"


def test_confirmed_from_where_he_is_now(web, ua):
    proxy, _, client = web(edge=True, row="gate=require")
    home = ua(proxy, instance=DEVICE)
    assert home.register().final().status == 200
    alice = client(token(ALICE, DEVICE))
    first = alice.state(AUSTIN)
    assert first.json["gate"] == "open"
    cafe = ua(proxy, host="127.0.0.2", instance=DEVICE)
    assert cafe.register().final().status == 200
    view = alice.get("/me/location").json
    assert (view["freshness"], view["reason"], view["gate"]) == (
        "suspect", "moved", "closed")
    assert alice.get("/me").json["gate"]["reason"] == "location-moved"
    read = client(OPERATOR["read"])
    for gate, n in (("closed", 1), ("open", 0), ("", 1)):
        found = read.get("/locations?cursor=&gate=" + gate).json["locations"]
        assert len(found) == n
    answer = alice.post("/me/location/confirm")
    assert (answer.json["freshness"], answer.json["gate"]) == ("fresh", "open")
    assert answer.etag != first.etag
    assert client(token(BOB)).post("/me/location/confirm").status == 404


def test_places(web, ua):
    proxy, _, client = web(edge=True)
    alice = client(token(ALICE, DEVICE))
    assert alice.get("/me/places").json == {"places": []}
    for host, place in (("127.0.0.1", AUSTIN), ("127.0.0.2", TROY)):
        agent = ua(proxy, host=host, instance=DEVICE)
        assert agent.register().final().status == 200
        assert alice.state(place).status == 200
    places = alice.get("/me/places").json["places"]
    assert {(p["location"]["RD"], p["current"]) for p in places} == {
        ("Example", False), ("Main", True)}
    other, current = sorted(places, key=lambda p: p["current"])
    assert alice.delete("/me/places/%s" % current["id"]).status == 409
    assert client(token(BOB)).post("/me/places/%s/use" % other["id"]).status == 404
    answer = alice.post("/me/places/%s/use" % other["id"])
    assert answer.json["location"]["RD"] == "Example"
    assert alice.get("/me/location").json["location"]["RD"] == "Example"
    for place in alice.get("/me/places").json["places"]:
        if not place["current"]:
            assert alice.delete("/me/places/%s" % place["id"]).status == 204
    places = alice.get("/me/places").json["places"]
    assert [p["current"] for p in places] == [True]
    assert alice.delete("/me/places/0123456789abcdef").status == 404


def test_the_limits_of_911_are_acknowledged(web):
    _, _, client = web(row="gate=off;advisory=2026-11")
    alice = client(token(ALICE))
    assert alice.get("/me").json["advisory"] == {"version": "2026-11",
                                                 "acknowledged": None}
    assert alice.put("/me/acknowledgement", {"version": "2025-01"}).json["field"] == "version"
    assert alice.put("/me/acknowledgement", {"version": 5}).json["field"] == "version"
    said = alice.put("/me/acknowledgement", {"version": "2026-11"}).json
    assert said["version"] == "2026-11" and said["acknowledged"].startswith("20")
    assert alice.get("/me/acknowledgement").json == said
    assert alice.get("/me").json["advisory"] == said
    assert alice.get("/me/export").json["acknowledgement"] == said
    assert client(token(BOB)).get("/me/acknowledgement").json["acknowledged"] is None
    assert alice.delete("/me").status == 200
    assert alice.get("/me/acknowledgement").json["acknowledged"] is None


def test_export_and_erasure(web, ua):
    proxy, ersp, client = web()
    alice = client(token(ALICE))
    alice.state(AUSTIN)
    client(token(ALICE, DEVICE)).state(TROY)
    client(token(BOB)).state(TROY)
    assert sent(ua, proxy, ersp)
    export = alice.get("/me/export").json
    assert export["aor"] == "alice@example.test"
    assert {r["location"]["RD"] for r in export["locations"]} == {"Example", "Main"}
    assert len(export["calls"]) == 1
    erased = alice.delete("/me").json
    assert erased["locations"] == 2
    export = alice.get("/me/export").json
    assert export["locations"] == [] and len(export["calls"]) == 1
    assert client(token(BOB)).get("/me/location").status == 200


def test_durable_waits_for_the_database(web, tmp_path):
    tables = SqliteTables(tmp_path)
    tables.create()
    proxy, _, client = web(param("db_url", tables.url) + param("durable_wait", 800),
                           load='loadmodule "db_sqlite.so"\n', row="gate=off;advisory=1")
    alice = client(token(ALICE))
    durable = {"location": AUSTIN, "durable": True}
    assert alice.put("/me/location", durable).status == 200
    assert tables.count() == 1
    with tables.locked():
        began = time.monotonic()
        answer = alice.put("/me/location", durable)
        # in force, and not there yet
        assert answer.status == 202 and time.monotonic() - began > 0.7
        assert alice.state(AUSTIN).status == 200
    assert alice.put("/me/acknowledgement", {"version": "1"}).status == 200
    until(lambda: tables.query("SELECT count(*) FROM e911_consent")[0][0] == 1, 5)
    # erased there too
    assert alice.delete("/me").status == 200
    until(lambda: tables.count() == 0, 5, "the location is gone")
    until(lambda: tables.query("SELECT count(*) FROM e911_consent")[0][0] == 0, 5)


# ----- lost updates -----

def test_nobody_overwrites_what_he_has_not_seen(web):
    _, _, client = web()
    alice = client(token(ALICE))
    first = alice.state(AUSTIN, If_None_Match="*")
    assert first.status == 200
    assert alice.state(TROY, If_None_Match="*").status == 412
    second = alice.state(TROY, If_Match=first.etag)
    assert second.status == 200
    stale = alice.state(AUSTIN, If_Match=first.etag)
    assert stale.status == 412
    assert alice.state(AUSTIN, If_Match='"none of yours"').status == 412
    assert alice.delete("/me/location", headers={"If-Match": first.etag}).status == 412
    assert alice.get("/me/location").json == second.json
    assert alice.state(AUSTIN, If_Match="*").status == 200
    last = alice.state(AUSTIN)
    assert alice.delete("/me/location", headers={"If-Match": last.etag}).status == 204
    assert alice.state(AUSTIN, If_Match="*").status == 412


def test_of_two_who_race_one_wins(web):
    _, _, client = web()
    admin = client(OPERATOR["edit"])
    racers = [client(token(ALICE)), client(OPERATOR["edit"])]
    paths = ["/me/location", named("alice@example.test")]
    etag = racers[0].state(AUSTIN).etag
    for n in range(40):
        barrier, came = threading.Barrier(2), {}

        def race(i):
            barrier.wait()
            came[i] = racers[i].put(
                paths[i], {"location": {**TROY, "HNO": "%d%d" % (n, i)}},
                headers={"If-Match": etag})
        runs = [threading.Thread(target=race, args=(i,)) for i in (0, 1)]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        assert sorted(a.status for a in came.values()) == [200, 412]
        winner = next(i for i in came if came[i].status == 200)
        seen = admin.get(paths[1])
        assert seen.json["location"]["HNO"] == "%d%d" % (n, winner)
        etag = seen.etag
        assert etag == came[winner].etag


# ----- validation -----

def test_a_wrong_address_comes_back_with_the_right_one(guided):
    _, _, client = guided()
    alice = client(token(ALICE))
    answer = alice.state(WRONG)
    assert (answer.status, answer.json["verdict"]) == (200, "invalid")
    best = answer.json["suggestions"][0]
    assert best["RD"].upper() == "CONGRESS"
    assert "invalid" in answer.json["elements"].values()
    good = alice.state(best)
    assert (good.json["verdict"], good.json["validator"]) == ("valid", "msag")
    assert good.json["validated"].startswith("20")


def test_where_the_site_takes_no_wrong_one_the_last_stands(guided, ua):
    proxy, ersp, client = guided("validate=msag;invalid=refuse")
    alice = client(token(ALICE))
    alice.state(RIGHT)
    before = alice.get("/me/location")
    answer = alice.state(WRONG)
    assert (answer.status, answer.json["verdict"]) == (422, "invalid")
    assert answer.json["suggestions"][0]["HNO"] == "1100"
    assert "invalid" in answer.json["elements"].values()
    assert alice.get("/me/location").json == before.json
    assert sent(ua, proxy, ersp)["HNO"] == "1100"


def test_validate_and_suggestions_store_nothing(guided):
    proxy, _, client = guided()
    for who in (client(token(ALICE)), client(OPERATOR["read"])):
        answer = who.post("/validate", {"location": WRONG})
        assert answer.json["verdict"] == "invalid"
        assert answer.json["suggestions"][0]["HNO"] == "1100"
        assert who.post("/validate", {"location": RIGHT, "site": "hq"}).json[
            "verdict"] == "valid"
        wrong = who.post("/validate", {"location": RIGHT, "site": "nowhere"})
        assert (wrong.status, wrong.json["field"]) == (422, "site")
        near = who.post("/suggestions", {"location": WRONG}).json["suggestions"]
        assert near[0]["RD"].upper() == "CONGRESS"
    assert client(token(ALICE)).get("/me/location").status == 404
    assert counters(proxy)["locations"] == 0


def test_a_validator_that_answers_in_time_is_waited_for(web, validator):
    shop = validator(says("valid", RD="valid", HNO="valid"), delay=0.4)
    _, _, client = web(rest(shop) + param("validate_wait", 3000),
                       row="validate=rest:shop")
    alice = client(token(ALICE))
    answer = alice.state(RIGHT)
    assert (answer.status, answer.json["verdict"], answer.json["checking"]) == (
        200, "valid", False)
    # the same connection serves on
    again = alice.get("/me/location")
    assert again.etag == answer.etag and again.json["validator"] == "shop"
    assert alice.post("/validate", {"location": RIGHT}).json["verdict"] == "valid"


def put_request(location, bearer, path="/me/location"):
    """The bytes of one that states a location."""
    body = json.dumps({"location": location})
    return ("PUT /e911/api/v1%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
            "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (path, bearer, len(body), body)).encode()


def test_nothing_is_answered_before_the_one_that_waits(web, validator):
    """RFC 9112 section 9.3.2: not by another service on the connection, either."""
    shop = validator(says("valid", RD="valid", HNO="valid"), delay=0.5)
    proxy, _, _ = web(rest(shop) + param("validate_wait", 3000),
                      row="validate=rest:shop")
    for path in ("/e911/api/v1/me", "/e911/agent/", "/metrics", "/others"):
        came, _ = raw_request(proxy, put_request(RIGHT, token(ALICE))
                              + b"GET %s HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
                              % path.encode(), 1.5)
        assert came == b"" or came.startswith(b"HTTP/1.1 200 OK"), (path, came[:99])
        assert came.count(b"HTTP/1.1 ") <= 1, (path, came)


def test_the_answer_is_not_sent_to_who_came_after(web, validator):
    """A NAT or a proxy in front gives a port to somebody else at once."""
    shop = validator(says("valid", RD="valid", HNO="valid"), delay=1)
    proxy, _, client = web(rest(shop) + param("validate_wait", 3000),
                           row="validate=rest:shop")
    own = ("127.0.0.1", free_port())

    def connect():
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.settimeout(3)
        made.bind(own)
        made.connect(proxy.address)
        return made
    sock = connect()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.sendall(put_request(RIGHT, token(ALICE)))
    until(lambda: shop.requests, 5, "the validator is asked")
    sock.close()  # at once, with a reset
    with connect() as other:
        other.sendall(b"GET /others HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        assert other.recv(65536).startswith(b"HTTP/1.1 404")
        with pytest.raises(TimeoutError):
            other.recv(65536)
    assert client(token(ALICE)).get("/me/location").json["verdict"] == "valid"


def test_found_wrong_by_the_network_where_none_is_taken(web, validator):
    shop = validator(says("invalid", {**RIGHT, "HNO": "1102"}, HNO="invalid"),
                     delay=0.2)
    _, _, client = web(rest(shop) + param("validate_wait", 3000),
                       row="validate=rest:shop;invalid=refuse")
    answer = client(token(ALICE)).state(RIGHT)
    assert (answer.status, answer.json["verdict"]) == (422, "invalid")
    assert answer.json["suggestions"][0]["HNO"] == "1102"


def test_a_validator_that_hangs_holds_up_nobody(web, validator, ua):
    shop = validator(says("valid", RD="valid", HNO="valid"), delay=4)
    proxy, ersp, client = web(rest(shop) + param("validate_wait", 1000),
                              row="validate=rest:shop")
    alice, prober = client(token(ALICE)), ua(proxy)
    quick = p99(prober)
    crowd = [client(token("sip:u%d@example.test" % i)) for i in range(20)]
    came = []
    runs = [threading.Thread(target=lambda c=c: came.append(c.state(RIGHT)))
            for c in crowd]
    began = time.monotonic()
    for run in runs:
        run.start()
    answer = alice.state(RIGHT)
    took = time.monotonic() - began
    assert (answer.status, answer.json["verdict"], answer.json["checking"]) == (
        202, "unchecked", True)
    assert 0.9 < took < 2.5
    assert answer.json["location"]["HNO"] == "1100"
    slow = p99(prober)
    assert slow < max(5 * quick, 0.05), (quick, slow)
    assert sent(ua, proxy, ersp)["HNO"] == "1100"  # it is in force
    for run in runs:
        run.join()
    assert [a.status for a in came] == [202] * 20
    until(lambda: alice.get("/me/location").json["verdict"] == "valid", 10, "checked")
    assert alice.get("/me/location").json["checking"] is False


def p99(agent, n=100):
    """Seconds that OPTIONS take."""
    took = []
    for _ in range(n):
        began = time.monotonic()
        agent.request("OPTIONS", "sip:example.test").final()
        took.append(time.monotonic() - began)
    return sorted(took)[int(n * 0.99)]


# ----- who may -----

def filled(path):
    for name, value in (("aor", "alice%40example.test"), ("contact", DEVICE),
                        ("id", "0123456789abcdef")):
        path = path.replace("{%s}" % name, value)
    return path


def body_of(operation):
    if "requestBody" not in operation:
        return None
    name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return {"version": "1"} if name.endswith("Acknowledged") else {"location": AUSTIN}


def test_without_a_good_token_nothing_is_told(web):
    proxy, _, client = web(param("web_refusals", 1000000) + param("web_rate", 1000000))
    state(proxy, ALICE)
    good = token(ALICE)
    half = good.split(".")
    bad = {"none": None, "empty": "", "forged": token(ALICE, secret="x" * 40),
           "expired": token(ALICE, life=-600), "cut": good[:-1], "more": good + "A",
           "no alg": token(ALICE, header={"alg": "none"}).rsplit(".", 1)[0] + ".",
           "other key": token(ALICE, header={"kid": "nobody"}),
           "other audience": token(ALICE, aud="shop"), "two dots": "..",
           "swapped": ".".join((half[0], token(BOB).split(".")[1], half[2])),
           "long": "A" * 5000, "words": "let me in", "role": "read"}
    for name, bearer in bad.items():
        who = client(bearer)
        for method, path, operation in operations():
            answer = who.ask(method, filled(path), body_of(operation))
            assert answer.status == 401, (name, path)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert client(good).get("/me/location").json["location"]["RD"] == "Example"
    assert client(good).get("/me/location").json["origin"] == "rpc"


def test_other_ways_to_show_a_token_are_none(web):
    _, _, client = web()
    good = token(ALICE)
    nobody = client()
    for headers in ({"Authorization": good}, {"Authorization": "Basic " + good},
                    {"X-Token": good}, {"Cookie": "token=" + good},
                    {"Authorization": "Bearer"}, {"Authorization": "Bearer " + good + " x"}):
        assert nobody.get("/me", headers=headers).status == 401, headers
    assert nobody.get("/me?token=" + good).status == 401
    assert nobody.get("/me", headers={"authorization": "bearer " + good}).status == 200


@pytest.mark.parametrize("who", ["agent", "read", "edit", "admin"])
def test_everybody_may_what_is_written(web, who):
    _, _, client = web()
    one = client(token(ALICE) if who == "agent" else OPERATOR[who])
    rank = ["read", "edit", "admin"]
    for method, path, operation in operations():
        allowed = False
        for way in operation["security"]:
            if who == "agent":
                allowed |= "agent" in way
            elif "operator" in way:
                allowed |= rank.index(who) >= rank.index(way["operator"][0])
        answer = one.ask(method, filled(path), body_of(operation))
        assert (answer.status != 403) == allowed, (method, path, answer.status)
        assert answer.status != 401


def test_a_role_that_may_only_read_changes_nothing(web):
    _, _, client = web()
    path = named("alice@example.test")
    assert client(OPERATOR["edit"]).put(path, {"location": AUSTIN}).status == 200
    reader = client(OPERATOR["read"])
    assert reader.put(path, {"location": TROY}).status == 403
    assert reader.delete(path).status == 403
    assert reader.get(path).json["location"]["RD"] == "Example"


def test_who_asks_too_often_waits(web):
    proxy, _, client = web(param("web_rate", 30))
    alice = client(token(ALICE))
    statuses = [alice.get("/me").status for _ in range(40)]
    assert statuses[0] == 200 and statuses[-1] == 429
    assert int(alice.get("/me").headers["Retry-After"]) >= 1


def test_who_guesses_waits(web):
    proxy, _, client = web(param("web_refusals", 10))
    forger = client(token(ALICE, secret="y" * 40))
    statuses = [forger.get("/me").status for _ in range(20)]
    assert statuses[0] == 401 and statuses[-1] == 429
    # and nobody hears whether one of his guesses was right
    assert client(token(ALICE)).get("/me").status in (200, 429)


# ----- operators -----

def pages_of(who, path, name, most=100):
    """All rows of a list."""
    rows, cursor = [], ""
    while True:
        answer = who.get(path + cursor).json
        assert len(answer[name]) <= most
        rows += answer[name]
        if "cursor" not in answer:
            return rows
        cursor = "&cursor=" + answer["cursor"]


def test_operators_see_locations_page_by_page(web):
    proxy, _, client = web(params=param("site", "name=b;domain=b.test;set=1"))
    edit, read = client(OPERATOR["edit"]), client(OPERATOR["read"])
    aors = ["u%d@%s" % (i, "b.test" if i % 5 == 0 else "example.test")
            for i in range(230)]
    for aor in aors:
        assert edit.put(named(aor), {"location": AUSTIN}).status == 200
    seen = pages_of(read, "/locations?limit=100", "locations")
    assert sorted(r["aor"] for r in seen) == sorted(aors)
    gone = seen[0]["aor"]
    assert edit.delete(named(gone, "*"),
                       headers={"If-Match": seen[0]["etag"]}).status == 204
    other = seen[1]
    for etag, status in (('"999999"', 412), (other["etag"], 204)):
        assert edit.delete(named(other["aor"]),
                           headers={"If-Match": etag}).status == status
    gone = {gone, other["aor"]}
    seen = pages_of(read, "/locations?limit=100&site=b", "locations")
    assert {r["aor"] for r in seen} == {a for a in aors if a.endswith("b.test")} - gone
    assert read.get("/locations?verdict=valid").json["locations"] == []
    assert len(read.get("/locations?freshness=fresh&limit=7").json["locations"]) == 7
    assert read.get("/locations?gate=closed").json["locations"] == []
    for query, field in (("limit=101", "limit"), ("gate=ajar", "gate"), ("limit=0", "limit"),
                         ("limit=x", "limit"), ("cursor=x", "cursor"),
                         ("site=nowhere", "site"), ("verdict=maybe", "verdict"),
                         ("freshness=ripe", "freshness")):
        bad = read.get("/locations?" + query)
        assert bad.status in (400, 422) and bad.json["field"] == field, query


def test_operators_state_for_others(web, ua):
    proxy, ersp, client = web()
    edit = client(OPERATOR["edit"])
    path = named("sip:alice@example.test")
    assert edit.get(path).status == 404
    first = edit.put(path, {"location": AUSTIN}, headers={"If-None-Match": "*"})
    assert first.status == 200
    assert sent(ua, proxy, ersp) == AUSTIN
    assert edit.put(path, {"location": TROY}, headers={"If-None-Match": "*"}).status == 412
    device = named("alice@example.test", DEVICE)
    assert edit.put(device, {"location": TROY}).json["contact"] == DEVICE
    assert edit.get(device).json["location"]["RD"] == "Main"
    assert edit.get(path).json["location"]["RD"] == "Example"
    assert edit.delete(device).status == 204
    assert edit.get(path).etag == first.etag
    assert edit.delete(path).status == 204
    assert edit.delete(path).status == 404
    for bad in ("no-aor", "sip:", "a@b" * 200):
        assert edit.put(named(bad), {"location": AUSTIN}).status in (400, 404, 422), bad


def test_operators_see_the_rest(web, ua):
    proxy, ersp, client = web(row="gate=warn;page=https://p.example/")
    read = client(OPERATOR["read"])
    client(token(ALICE)).state(AUSTIN)
    assert sent(ua, proxy, ersp) == AUSTIN
    sites = {s["name"]: s for s in read.get("/sites").json["sites"]}
    assert sites["hq"]["gate"] == "warn" and sites["hq"]["set"] == 1
    call, = read.get("/calls").json["calls"]
    assert call["aor"] == "alice@example.test" and call["test"] is False
    steps = read.get("/dryrun?aor=alice%40example.test&number=911").json["steps"]
    assert "Example" in steps[0]["invite"] and str(ersp.port) in steps[0]["invite"]
    assert read.get("/dryrun?aor=alice%40example.test&number=123").status == 404
    assert read.get("/dryrun?number=911").json["field"] == "aor"
    stats = read.get("/stats").json
    assert stats["calls"] == 1 and stats["set"] == 1


def test_coverage_and_ersps(web, ua):
    proxy, ersp, client = web(edge=True, row="gate=require")
    read = client(OPERATOR["read"])
    assert ua(proxy, instance=DEVICE).register().final().status == 200

    def counted():
        row, = read.get("/coverage").json["sites"]
        return row["contacts"] == 1 and row
    row = until(counted, 15, "counted")
    assert (row["site"], row["located"], row["gated"]) == ("hq", 0, 1)
    assert row["locations"] == {}
    state(proxy, ALICE, AUSTIN)

    def located():
        row = counted()
        return row and row["located"] and row
    row = until(located, 15, "located")
    assert row["gated"] == 0 and row["locations"] == {"unchecked": {"fresh": 1}}
    one, = read.get("/ersps").json["ersps"]
    assert one["uri"] == ersp.uri() and one["set"] == 1 and one["health"] == "active"


def test_calls_come_page_by_page(web, ua):
    proxy, ersp, client = web()
    for i in range(5):
        sent(ua, proxy, ersp, user="u%d" % i)
    seen = pages_of(client(OPERATOR["read"]), "/calls?limit=2", "calls", 2)
    assert sorted(c["aor"] for c in seen) == ["u%d@example.test" % i for i in range(5)]
