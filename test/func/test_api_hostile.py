# SPDX-License-Identifier: GPL-2.0-or-later
"""The HTTP API under those who mean no good, and under many at once: no
request can hold up SIP."""
import http.client
import json
import os
import socket
import threading
import time

import pytest

from lib import AUSTIN, civic, counters
from lib.api import (KEYS, PATH, SPEC, Client, keys, named, operations, raw_request,
                     token)
from lib.e911 import PLAIN_SITE, e911_proxy
from lib.validator import Validator, says

ALICE = "sip:alice@example.test"
CALL = "sip:911@example.test"
AGENTS = 1000 if os.environ.get("SOAK") else 200
WEB = 'loadmodule "xhttp.so"\ntcp_accept_no_cl=yes\n'
ROUTE = """
event_route[xhttp:request] {
    if(e911_http()) exit;
    xhttp_reply("404", "Somebody Else's", "text/plain", "other");
}
"""
ORIGIN, FOREIGN = "https://phone.example.com", "https://evil.example"
XSS = "<script>alert(\"1\")</script>'&\u2028\\</style>"


@pytest.fixture
def web(kamailio, uas, tmp_path, afterwards):
    """web(parameters) -> (proxy, ersp, client(token or None))"""
    def make(params="", destination=None, **how):
        ersp = uas("take")
        proxy = e911_proxy(kamailio, destination or ersp, LOAD=WEB, ROUTES=ROUTE,
                           PARAMS=keys(tmp_path) + PLAIN_SITE + "\n" + params, **how)

        def client(bearer=None, **more):
            one = Client(proxy, bearer, **more)
            afterwards.callback(one.close)
            return one
        return proxy, ersp, client
    return make


# ----- requests that are none -----

def test_what_there_is_not(web):
    _, _, client = web()
    alice = client(token(ALICE))
    for path in ("/", "/mee", "/me/", "/me/locations", "/me/location/", "//me",
                 "/me//location", "/ME", "/me/location/confirm/x", "/locations/a/b/c"):
        assert alice.get(path).status in (403, 404), path


def test_methods(web):
    _, _, client = web()
    alice = client(token(ALICE))
    for path, item in SPEC["paths"].items():
        has = {m.upper() for m in item} & {"GET", "PUT", "POST", "DELETE"}
        path = path.replace("{aor}", "a%40b").replace("{contact}", "x").replace(
            "{id}", "0123456789abcdef")
        for method in sorted({"GET", "PUT", "POST", "DELETE", "PATCH", "TRACE"} - has):
            answer = alice.ask(method, path)
            assert answer.status == 405, (method, path)
            allowed = {m.strip() for m in answer.headers["Allow"].split(",")}
            assert has <= allowed, (path, allowed)
            assert method not in allowed


def test_a_head_is_a_get_without_its_body(web):
    _, _, client = web()
    alice, read = client(token(ALICE)), client(KEYS["read"])
    alice.state(AUSTIN)
    for method, path, operation in operations():
        if method != "GET" or "{" in path or path == "/dryrun":
            continue
        who = alice if "agent" in operation["security"][0] else read
        get, head = who.get(path), who.ask("HEAD", path)
        assert (head.status, head.body) == (get.status, b""), path
        assert head.headers["Content-Type"] == get.headers["Content-Type"]
        assert head.etag == get.etag


BODIES = {
    "nothing": (b"", 400), "no json": (b"{", 400), "text": (b"hello", 400),
    "a list": (b"[]", 422), "a string": (b'"x"', 422), "two": (b"{}{}", 400),
    "behind": (b'{"location":{"country":"US"}} x', 400),
    "no location": (b"{}", 422), "null": (b'{"location":null}', 422),
    "a list inside": (b'{"location":[]}', 422),
    "a number": (b'{"location":{"country":"US","HNO":5}}', 422),
    "an object inside": (b'{"location":{"country":{"a":"US"}}}', 422),
    "unknown field": (b'{"location":{"country":"US","A9":"x"}}', 422),
    "unknown member": (b'{"location":{"country":"US","A1":"TX"},"x":1}', 422),
    "a validator's": (b'{"location":{"country":"US","A1":"TX","validator":"me"}}', 422),
    "country": (b'{"location":{"country":"USA","A1":"TX"}}', 422),
    "control": (b'{"location":{"country":"US","A1":"a\\u0007b"}}', 422),
    "nul": (b'{"location":{"country":"US","A1":"a\\u0000b"}}', 422),
    "raw nul": (b'{"location":{"country":"US","A1":"a\x00b"}}', 400),
    "no utf-8": (b'{"location":{"country":"US","A1":"\xff\xfe"}}', 422),
    "cut utf-8": (b'{"location":{"country":"US","A1":"\xc3"}}', 422),
    "empty": (b'{"location":{}}', 422),
    "half a shape": (b'{"location":{"shape":"Circle","pos":"1 2"}}', 422),
    "deep": (b"[" * 8000 + b"]" * 8000, 400),
    "deep objects": (b'{"location":' * 100 + b"1" + b"}" * 100, 400),
    "big number": (b'{"location":1e999999}', 422),
    "long value": (b'{"location":{"country":"US","A1":"' + b"x" * 3000 + b'"}}', 422),
}


@pytest.mark.parametrize("path", ["/me/location", "/validate", "/suggestions"])
def test_bodies_that_are_refused(web, path):
    _, _, client = web()
    alice = client(token(ALICE))
    method = "PUT" if path == "/me/location" else "POST"
    for name, (raw, status) in BODIES.items():
        answer = alice.ask(method, path, raw=raw)
        assert answer.status == status or {answer.status, status} == {400, 422}, (
            name, answer.status, answer.body)
    assert alice.get("/me/location").status == 404


def test_the_field_at_fault_is_named(web):
    _, _, client = web()
    alice = client(token(ALICE))
    for location, field in (({"country": "US", "A9": "x"}, "A9"),
                            ({"country": "USA"}, "country"),
                            ({"country": "US", "HNO": "x" * 30}, "HNO"),
                            ({"country": "US", XSS: "x"}, XSS[:39]),
                            ({"shape": "Circle", "pos": "1 2"}, "radius")):
        answer = alice.state(location)
        assert answer.status == 422
        assert answer.json["field"].startswith(field[:10]), answer.json


def test_a_body_has_a_bound(web):
    _, _, client = web()
    alice = client(token(ALICE))
    fits = json.dumps({"location": AUSTIN}).encode()
    assert alice.ask("PUT", "/me/location", raw=fits + b" " * (16384 - len(fits))).status == 200
    assert alice.ask("PUT", "/me/location", raw=fits + b" " * (16385 - len(fits))).status == 413
    assert alice.ask("POST", "/validate", raw=b"x" * 40000).status == 413
    huge = client(token(ALICE), checked=False)
    # more than Kamailio reads: the connection ends, and nothing else
    with pytest.raises((OSError, http.client.HTTPException)):
        huge.ask("PUT", "/me/location", raw=b"x" * 5000000)
    assert alice.get("/me/location").status == 200


def test_types_of_bodies(web):
    _, _, client = web()
    alice = client(token(ALICE))
    for kind, status in (("application/json", 200), ("Application/JSON; charset=utf-8", 200),
                         ("text/plain", 415), ("application/json-seq", 415), ("", 415),
                         ("application/x-www-form-urlencoded", 415),
                         ("multipart/form-data; boundary=x", 415)):
        answer = alice.put("/me/location", {"location": AUSTIN},
                           headers={"Content-Type": kind})
        assert answer.status == status, kind


# ----- what a browser makes of it -----

def test_what_looks_like_a_script_stays_text(web):
    _, _, client = web()
    alice = client(token(ALICE))
    fields = {name: XSS[:20] for name in ("A1", "A3", "RD", "HNO", "FLR", "NAM", "LOC")}
    answer = alice.state({"country": "US", **fields})
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    for name, value in fields.items():
        assert answer.json["location"][name] == " ".join(value.split())
    read = client(KEYS["read"])
    assert read.get("/locations").json["locations"][0]["location"]["RD"] == fields["RD"]
    for path in ("/%3Cscript%3E", "/me/places/%3Cscript%3E/use",
                 "/locations?site=%3Cscript%3E"):
        bad = (read if "?" in path else alice).ask(
            "POST" if path.endswith("use") else "GET", path)
        assert bad.headers["Content-Type"].startswith("application/problem+json")


def test_only_pages_of_known_origins_may(web):
    _, _, client = web('modparam("e911", "web_origin", "%s,https://b.example")' % ORIGIN)
    alice = client(token(ALICE))
    ask = alice.ask("OPTIONS", "/me/location", headers={
        "Origin": ORIGIN, "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,content-type,if-match"})
    assert ask.status == 204
    for answer in (ask, alice.get("/me/location", headers={"Origin": ORIGIN}),
                   client().get("/me", headers={"Origin": ORIGIN})):
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "PUT" in ask.headers["Access-Control-Allow-Methods"]
    allowed = ask.headers["Access-Control-Allow-Headers"].lower()
    assert all(h in allowed for h in ("authorization", "content-type", "if-match"))
    exposed = alice.get("/me", headers={"Origin": ORIGIN}).headers[
        "Access-Control-Expose-Headers"].lower()
    assert "etag" in exposed and "retry-after" in exposed
    for other in (FOREIGN, ORIGIN + ".evil.example", ORIGIN + ":8443", "null",
                  ORIGIN[:-1], "http" + ORIGIN[5:], "x" * 300):
        answer = alice.get("/me/location", headers={"Origin": other})
        assert "Access-Control-Allow-Origin" not in answer.headers, other
        answer = alice.ask("OPTIONS", "/me/location", headers={"Origin": other})
        assert "Access-Control-Allow-Origin" not in answer.headers, other


def test_a_preflight_needs_no_token(web):
    _, _, client = web('modparam("e911", "web_origin", "%s")' % ORIGIN)
    answer = client().ask("OPTIONS", "/me", headers={
        "Origin": ORIGIN, "Access-Control-Request-Method": "GET"})
    assert answer.status == 204 and answer.body == b""


# ----- bytes -----

def request(line, *headers, body=b"", bearer=None):
    lines = [line, "Host: x"]
    lines += ["Authorization: Bearer " + bearer] if bearer else []
    return "\r\n".join(lines + list(headers)).encode() + b"\r\n\r\n" + body


def status_of(came):
    return int(came.split(b" ")[1]) if came.startswith(b"HTTP/") else None


@pytest.fixture
def stated(web):
    """(proxy, client of alice, whose location is stated, token)"""
    proxy, ersp, client = web()
    bearer = token(ALICE)
    alice = client(bearer)
    assert alice.state(AUSTIN).status == 200
    return proxy, alice, bearer


def smuggled(bearer):
    return request("DELETE %s/me/location HTTP/1.1" % PATH, bearer=bearer)


def test_no_request_hides_in_another(stated):
    """RFC 9112 section 6.3: what may be read in two ways is not read."""
    proxy, alice, bearer = stated
    hidden = smuggled(bearer)
    get = "GET %s/me HTTP/1.1" % PATH
    size = "Content-Length: %d" % len(hidden)
    cases = {
        "two lengths": request(get, size, "Content-Length: 0", body=hidden, bearer=bearer),
        "two, other order": request(get, "Content-Length: 0", size, body=hidden,
                                    bearer=bearer),
        "two the same": request(get, size, size, body=hidden, bearer=bearer),
        "compact": request(get, "l: 0", size, body=hidden, bearer=bearer),
        "chunked": request(get, "Transfer-Encoding: chunked",
                           body=b"0\r\n\r\n" + hidden, bearer=bearer),
        "both": request(get, size, "Transfer-Encoding: chunked",
                        body=b"0\r\n\r\n" + hidden, bearer=bearer),
        "hidden te": request(get, size, "Transfer-Encoding : chunked",
                             body=b"0\r\n\r\n" + hidden, bearer=bearer),
        "list": request(get, "Content-Length: 0, 0", body=hidden, bearer=bearer),
        "hex": request(get, "Content-Length: 0x10", body=hidden, bearer=bearer),
        "negative": request(get, "Content-Length: -1", body=hidden, bearer=bearer),
        "words": request(get, "Content-Length: none", body=hidden, bearer=bearer),
    }
    for name, data in cases.items():
        came, closed = raw_request(proxy, data, 1)
        status = status_of(came)
        assert status in (None, 400, 411), (name, came[:200])
        assert came.count(b"HTTP/1.1 ") <= 1, (name, came)
        assert closed or status is None, name
        assert alice.get("/me/location").status == 200, name
    # the body of one that is read is a body, and the next one the next
    came, _ = raw_request(proxy, request(
        get, "Content-Type: application/json", size, body=hidden, bearer=bearer), 1)
    assert came.count(b"HTTP/1.1 ") == 1
    assert alice.get("/me/location").status == 200


def test_requests_one_behind_the_other(stated):
    """The first one is answered, and that was it: RFC 9112 section 9.3.2."""
    proxy, _, bearer = stated
    for path in (PATH + "/me", "/others"):
        get = request("GET %s HTTP/1.1" % path, "Content-Length: 0", bearer=bearer)
        came, closed = raw_request(proxy, get * 5, 1)
        assert came.count(b"HTTP/1.1 ") == 1 and closed
        came, closed = raw_request(proxy, get + b"\r\n", 1)
        assert came.count(b"HTTP/1.1 ") == 1 and not closed


def test_requests_in_crowds_hold_up_no_call(web, ua, uas):
    """The core looks through all that has come for each of them."""
    ersp = uas("take")
    proxy, _, _ = web(destination=(1, ersp.uri("tcp")))
    get = request("GET %s/me HTTP/1.1" % PATH, "Content-Length: 0") * 100
    over = threading.Event()

    def ask():
        while not over.is_set():
            try:
                with socket.create_connection(proxy.address, 1) as sock:
                    for _ in range(10):
                        sock.sendall(get)
                    while sock.recv(65536):
                        pass
            except OSError:
                pass
    crowd = [threading.Thread(target=ask) for _ in range(4)]
    for one in crowd:
        one.start()
    try:
        for _ in range(10):
            call = ua(proxy, transport="tcp").invite(CALL)
            assert call.final(10).status == 200
    finally:
        over.set()
        for one in crowd:
            one.join()


def test_a_datagram_asks_nothing(stated):
    """Its source is easily forged: whoever is connected from there is not to be
    sent an answer among what he reads, and nobody else is either."""
    proxy, _, bearer = stated
    with socket.create_connection(proxy.address, 1) as peer, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as forger:
        forger.bind(peer.getsockname())
        forger.settimeout(0.3)
        get = request("GET %s/me HTTP/1.1" % PATH, "Content-Length: 0", bearer=bearer)
        peer.sendall(get)
        assert status_of(peer.recv(65536)) == 200
        for path in (PATH + "/me", PATH + "/locations", "/others"):
            for who in (bearer, None):
                forger.sendto(request("GET %s HTTP/1.1" % path, "Content-Length: 0",
                                      bearer=who), proxy.address)
        for sock in (forger, peer):
            with pytest.raises(TimeoutError):
                sock.recv(65536)
        peer.sendall(get)
        assert status_of(peer.recv(65536)) == 200


def test_answers_keep_their_order(web, cleanup):
    """Who asks on before an answer that waits is there is to ask anew."""
    shop = Validator(says("valid"), delay=1)
    cleanup.callback(shop.close)
    proxy, _, client = web(
        'modparam("e911", "site", "name=b;domain=b.test;set=1;validate=rest:shop")\n'
        'modparam("e911", "validator", "name=shop;like=generic;url=%s")' % shop.url())
    bearer = token("sip:alice@b.test")
    body = json.dumps({"location": AUSTIN}).encode()
    put = request("PUT %s/me/location HTTP/1.1" % PATH, "Content-Type: application/json",
                  "Content-Length: %d" % len(body), body=body, bearer=bearer)
    came, closed = raw_request(proxy, put + smuggled(bearer), 2)
    assert closed and came == b""
    assert client(bearer).get("/me/location").status == 200


def test_without_room_it_says_so(web):
    _, _, client = web('modparam("e911", "cache_size", 1)')
    assert client(token(ALICE)).state(AUSTIN).status == 200
    answer = client(token("sip:bob@example.test")).state(AUSTIN)
    assert answer.status == 503 and int(answer.headers["Retry-After"]) > 0


def test_paths_that_wander(stated):
    proxy, alice, bearer = stated
    for path in ("/e911/api/v1/../../etc/passwd", "/e911/api/v1/me/../locations",
                 "/e911/api/v1/%2e%2e/%2e%2e/etc", "/e911/api/v1/me%00",
                 "/e911/api/v1/me/location%00.html", "/e911/api/v1/me%2flocation",
                 "/e911/api/v1/locations/%zz", "/e911/api/v1/locations/%",
                 "/e911/api/v1/locations/" + "a" * 9000, "/e911/api/v1/" + "a/" * 3000,
                 "/e911/api/v1/locations?site=" + "%41" * 2000,
                 "/e911/api/v1/locations?" + "a=b&" * 2000,
                 "/e911/api/v1/me/places/" + "%41" * 500 + "/use",
                 "/E911/api/v1/me", "/e911/api/", "/e911/api", "/e911/api/v2/me",
                 "/e911/api/v1/\xff\xfe", "/e911/api/v1/me\\location",
                 "/e911/api/v1/me;a=b", "/e911/api/v1//////me",
                 "http://x/e911/api/v1/locations", "*", "/", "?", "/e911/api/v1?me"):
        data = request("GET x HTTP/1.1", bearer=bearer).replace(
            b"GET x ", b"GET " + path.encode("latin-1") + b" ")
        came, _ = raw_request(proxy, data, 0.3)
        assert status_of(came) in (None, 400, 403, 404, 414), (path[:60], came[:300])
        assert b"Example" not in came and b"root:" not in came
    assert alice.get("/me/location").status == 200


GARBAGE = [b"\x00" * 300, b"\xff" * 3000, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
           b"PUT /e911/api/v1/me/location HTTP/1.1\r\n: x\r\n\r\n",
           b"PUT /e911/api/v1/me/location HTTP/1.1\r\nContent-Length:\r\n\r\n",
           b"GET /e911/api/v1/me HTTP/1.1\r\n" + b"A: b\r\n" * 3000 + b"\r\n",
           b"GET /e911/api/v1/me HTTP/1.1\r\nA: " + b"b" * 60000 + b"\r\n\r\n",
           b"GET /e911/api/v1/me HTTP/1.1\r\nAuthorization: Bearer " + b"a" * 60000
           + b"\r\n\r\n",
           b"GET /e911/api/v1/me HTTP/1.1\r\nOrigin:\r\n\tx\r\n\r\n",
           b"GET /e911/api/v1/me HTTP/1.1\nHost: x\n\n",
           b"GET /e911/api/v1/me\r\n\r\n", b"\r\n" * 500]


def test_garbage_is_survived(stated, ua):
    proxy, alice, _ = stated
    for data in GARBAGE:
        raw_request(proxy, data, 0.3)
    assert alice.get("/me/location").status == 200
    assert ua(proxy).invite(CALL).final().status == 200


# ----- slow ones, and many -----

def p99(agent, n=100):
    """Seconds that OPTIONS take."""
    took = []
    for _ in range(n):
        began = time.monotonic()
        agent.request("OPTIONS", "sip:example.test").final()
        took.append(time.monotonic() - began)
    return sorted(took)[int(n * 0.99)]


def test_slow_clients_hold_up_nobody(stated, ua, cleanup):
    proxy, alice, bearer = stated
    prober = ua(proxy)
    quick = p99(prober)
    body = json.dumps({"location": AUSTIN}).encode()
    whole = request("PUT %s/me/location HTTP/1.1" % PATH,
                    "Content-Type: application/json",
                    "Content-Length: %d" % len(body), body=body, bearer=bearer)
    slow = []
    for i in range(100):
        sock = socket.create_connection(proxy.address)
        cleanup.callback(sock.close)
        sock.sendall(whole[:20 + (i * 7) % (len(whole) - 40)])
        slow.append(sock)
    assert p99(prober) < max(5 * quick, 0.05)
    assert ua(proxy).invite(CALL).final().status == 200
    assert ua(proxy, transport="tcp").invite(CALL).final().status == 200
    assert alice.get("/me/location").status == 200
    # half of them go without a word
    for sock in slow[::2]:
        sock.close()
    # one who reads nothing of what he has asked for
    deaf = socket.create_connection(proxy.address)
    cleanup.callback(deaf.close)
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    deaf.setblocking(False)
    get = request("GET %s/me/location HTTP/1.1" % PATH, bearer=bearer)
    try:
        for _ in range(2000):
            deaf.send(get)
    except (BlockingIOError, ConnectionError):
        pass  # full, or ended for not waiting
    assert p99(prober) < max(5 * quick, 0.05)
    assert ua(proxy, transport="tcp").invite(CALL).final().status == 200


def test_no_call_is_lost_while_all_state_their_location(web, ua):
    proxy, ersp, client = web(args=("-m", "128"))
    caller = ua(proxy)
    client(token(caller.aor)).state(AUSTIN)
    aors = ["sip:u%d@example.test" % i for i in range(AGENTS)]
    over, calls, answers = threading.Event(), [], {}

    def dial():
        while not over.is_set():
            calls.append(caller.invite(CALL))
            calls[-1].final(10)

    def state_some(part):
        for aor in part:
            one = Client(proxy, token(aor))
            answers[aor] = one.state({**AUSTIN, "HNO": aor[5:].split("@")[0]})
            one.close()
    caller_runs = threading.Thread(target=dial)
    caller_runs.start()
    rounds = 0
    while rounds == 0 or (len(calls) < 10 and rounds < 20):
        runs = [threading.Thread(target=state_some, args=(aors[i::20],))
                for i in range(20)]
        for run in runs:
            run.start()
        for run in runs:
            run.join(120)
        rounds += 1
    over.set()
    caller_runs.join(20)
    assert [answers[a].status for a in aors] == [200] * AGENTS
    assert len(calls) >= 5
    assert [c.final().status for c in calls] == [200] * len(calls)
    came = ersp.wait_invites(len(calls))
    assert all(civic(m.location()[0].body) == AUSTIN for m in came)
    read = client(KEYS["read"])
    for i in (0, AGENTS // 2, AGENTS - 1):
        view = read.get(named(aors[i][4:])).json
        assert view["location"]["HNO"] == str(i)
    assert counters(proxy)["set"] == rounds * AGENTS + 1


def test_the_log_names_nobody(stated):
    proxy, alice, bearer = stated
    alice.get("/me/export")
    alice.put("/me/location", {"location": {"country": "USA", "RD": "Secretlane"}})
    alice.bearer = token(ALICE, secret="z" * 40)
    alice.get("/me")
    log = proxy.log()
    for word in ("alice", "Example", "Secretlane", bearer[-20:], KEYS["read"]):
        assert word not in log, word
