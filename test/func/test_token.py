# SPDX-License-Identifier: GPL-2.0-or-later
"""The link to his page, with a token, in the answer to an agent's REGISTER."""
import base64
import hashlib
import hmac
import json
import re
import subprocess
import time

import pytest

from lib import AUSTIN, StartError, counters, digest, state, until
from lib.api import Client
from lib.database import PostgresTables, SqliteTables
from lib.edge import edge_proxy
from lib.ua import Transaction

PAGE = "https://911.example.test/e911/agent/"
DEVICE = "urn:uuid:00000000-0000-1000-8000-00000000000a"
OTHER = "urn:uuid:00000000-0000-1000-8000-00000000000b"
ORDINARY = "sip:5551234@example.test"
REGISTRAR = "sip:example.test"
SECRET = "0123456789abcdef0123456789abcdef"
SECOND = "abcdefghijklmnopqrstuvwxyz012345"
OFFER = 'if(e911_offer()) xlog("L_NOTICE", "OFFERED\\n");'
WEB = {"load": 'loadmodule "xhttp.so"\ntcp_accept_no_cl=yes\n',
       "ROUTES": 'event_route[xhttp:request] { e911_http(); }'}
WEBSOCKET = {
    "load": 'loadmodule "xhttp.so"\nloadmodule "websocket.so"\n'
            'tcp_accept_no_cl=yes\n',
    "ROUTES": 'event_route[xhttp:request] { ws_handle_handshake(); }'}


def site(more="page=" + PAGE):
    return 'modparam("e911", "site", "name=hq;set=1;%s")\n' % more


def key(row="id=2026a;use=agent;env=E911_A"):
    return 'modparam("e911", "key", "%s")\n' % row


@pytest.fixture
def make(kamailio, uas):
    """make(params) -> a registrar with passwords that offers the page."""
    def start(params=site() + key(), env=None, before=OFFER, **how):
        how.setdefault("password", "secret")
        return edge_proxy(
            lambda *a, **k: kamailio(
                *a, env={"E911_A": SECRET, "E911_B": SECOND, **(env or {})},
                **k),
            uas("take"), params=params, before=before, **how)
    return start


def register(agent, user="alice", password="secret", **how):
    """The final answer to a REGISTER, challenged or not."""
    more = how.pop("headers", [])
    return digest.answered(
        lambda h: agent.register(headers=h + more, **how), REGISTRAR,
        user, password).final()


LINK = re.compile(r'^<(.*?)#token=([\w.-]+)>;purpose=e911-location'
                  r'(?:;reason=([\w-]+))?$')


def offered(answer):
    """(page, token, reason) of the Call-Info of an answer; None without."""
    assert answer.status == 200
    values = answer.all("Call-Info")
    assert len(values) <= 1
    return LINK.match(values[0]).groups() if values else None


def part(text):
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def read(token, secret=SECRET):
    """(header, claims) of a token whose signature is right."""
    head, body, signature = token.split(".")
    want = hmac.new(secret.encode(), (head + "." + body).encode(),
                    hashlib.sha256).digest()
    assert signature == base64.urlsafe_b64encode(want).rstrip(b"=").decode()
    return part(head), part(body)


# ----- to whom -----

@pytest.mark.parametrize("transport", ["udp", "tcp", "ws"])
def test_who_registers_with_his_password_is_offered_the_page(make, ua,
                                                             transport):
    proxy = make(nat=transport == "ws", **WEBSOCKET)
    agent = ua(proxy, transport, instance=DEVICE)
    page, token, reason = offered(register(agent))
    head, claims = read(token)
    assert page == PAGE and reason is None
    assert head == {"alg": "HS256", "typ": "JWT", "kid": "2026a"}
    assert claims.pop("exp") - claims.get("iat") == 3600
    assert abs(claims.pop("iat") - time.time()) < 5
    assert claims == {"sub": "alice@example.test", "contact": DEVICE,
                      "aud": "e911"}
    assert counters(proxy)["tokens_offered"] == 1
    # not in the challenge
    assert [m.h("Call-Info") for m in agent.messages][:-1] == [None]


def test_without_an_instance_it_names_the_contact(make, ua):
    proxy = make()
    agent = ua(proxy)
    claims = read(offered(register(agent))[1])[1]
    assert claims["contact"] == "alice@127.0.0.1:%d" % agent.port
    state(proxy, agent, contact=claims["contact"])
    assert proxy.jsonrpc("e911.loc_get", [agent.aor, claims["contact"]])["result"]


def test_it_names_the_device_as_its_location_was_stated(make, ua):
    """By another of its names than the best one."""
    proxy = make()
    agent = ua(proxy, instance=DEVICE)
    name = "alice@127.0.0.1:%d" % agent.port
    state(proxy, agent, contact=name)
    assert read(offered(register(agent))[1])[1]["contact"] == name


def test_who_is_not_authenticated_is_offered_nothing(make, ua):
    proxy = make(password=None)
    agent = ua(proxy, "tcp", instance=DEVICE)
    assert offered(register(agent)) is None
    # not over the flow that is registered now, either
    assert offered(register(agent)) is None
    assert counters(proxy)["tokens_offered"] == 0
    assert "OFFERED" not in proxy.log()


def test_whom_the_script_vouches_for_is_offered_the_page(make, ua):
    proxy = make(password=None, before="e911_vouch();" + OFFER)
    assert offered(register(ua(proxy))) is not None


def test_nobody_is_offered_anothers_page(make, ua):
    """He registers her with his own password, which this script allows."""
    proxy = make(password=None, before="""
        if(!pv_www_authenticate("$td", "secret", "0")) {
            www_challenge("$td", "0");
            exit;
        }
        e911_vouch();
    """ + OFFER)
    mallory = ua(proxy, user="mallory")
    alice = "<sip:alice@example.test>"
    for from_, to in ((alice, alice), (mallory.aor, alice), (alice, mallory.aor)):
        answer = digest.answered(
            lambda h: mallory.request("REGISTER", REGISTRAR, from_=from_, to=to,
                                      headers=h),
            REGISTRAR, "mallory", "secret").final()
        assert offered(answer) is None
    assert offered(register(mallory, "mallory")) is not None


def test_who_takes_leave_is_offered_nothing(make, ua):
    proxy = make()
    agent = ua(proxy)
    assert offered(register(agent)) is not None
    assert offered(register(agent, expires=0)) is None
    assert offered(register(agent, contact="*", expires=0)) is None
    assert offered(register(agent, contact=agent.contact + ";expires=0")) is None
    assert offered(register(
        agent, contact=agent.contact + ";expires=60", expires=0)) is not None


def test_who_only_asks_is_offered_nothing(make, ua):
    proxy = make()
    agent = ua(proxy)

    def ask(headers):
        raw = agent.message("REGISTER", REGISTRAR, to="<%s>" % agent.aor,
                            headers=headers)
        raw = re.sub(rb"\r\nContact: [^\r]*", b"", raw)
        return agent.start(Transaction(agent, raw))
    assert offered(digest.answered(ask, REGISTRAR, "alice",
                                   "secret").final()) is None


@pytest.mark.parametrize("params", [
    key(), site(), site() + key("id=noc;use=operator;role=read;env=E911_A")])
def test_without_a_page_or_a_key_there_is_no_offer(make, ua, params):
    proxy = make(params)
    assert offered(register(ua(proxy))) is None
    assert "OFFERED" not in proxy.log()


# ----- what is wrong with his location -----

def test_it_tells_why_the_gate_would_refuse(make, ua):
    proxy = make(site("gate=require;page=" + PAGE) + key())
    agent = ua(proxy, instance=DEVICE)
    assert offered(register(agent))[2] == "location-missing"
    state(proxy, agent, contact=DEVICE)
    assert offered(register(agent))[2] is None
    cafe = ua(proxy, host="127.0.0.2", instance=DEVICE)
    assert offered(register(cafe))[2] == "location-moved"
    assert offered(register(agent))[2] is None


def test_one_who_comes_back_is_not_told_that_he_was_away(make, ua):
    proxy = make(site("gate=require;page=" + PAGE) + key())
    agent = ua(proxy, instance=DEVICE)
    register(agent)
    state(proxy, agent, contact=DEVICE)
    register(agent, expires=0)
    until(lambda: counters(proxy)["gone"] == 1, 5, "gone")
    assert offered(register(agent))[2] is None
    assert counters(proxy)["back"] == 1


@pytest.mark.parametrize("gate", ["off", "warn"])
def test_no_reason_where_the_gate_lets_pass(make, ua, gate):
    proxy = make(site("gate=%s;page=%s" % (gate, PAGE)) + key())
    assert offered(register(ua(proxy)))[2] is None


def call(agent, password=True):
    def send(headers):
        return agent.invite(ORDINARY, headers=headers)
    if not password:
        return send([]).final()
    return digest.answered(send, ORDINARY, "alice", "secret").final()


def test_a_refused_call_has_the_token_as_well(make, ua):
    proxy = make(site("gate=require;page=" + PAGE) + key())
    agent = ua(proxy, "tcp", instance=DEVICE)
    register(agent)
    answer = call(agent)
    assert answer.status == 403
    page, token = re.match(r"<(.*)#token=(.*)>;reason=location-missing$",
                           answer.h("Error-Info")).groups()
    assert page == PAGE
    assert read(token)[1]["contact"] == DEVICE
    # who calls from elsewhere may have a device that is another one
    other = ua(proxy, "tcp", instance=OTHER)
    assert call(other).h("Error-Info") == "<%s>;reason=location-missing" % PAGE


def test_a_call_without_a_password_has_no_token(make, ua):
    proxy = make(site("gate=require;page=" + PAGE) + key(), password=None)
    agent = ua(proxy, "tcp", instance=DEVICE)
    register(agent)
    answer = call(agent, password=False)
    assert answer.status == 403
    assert answer.h("Error-Info") == "<%s>;reason=location-missing" % PAGE


# ----- settings -----

def test_token_life(make, ua):
    proxy = make(site() + key() + 'modparam("e911", "token_life", 60)\n')
    agent = ua(proxy)
    claims = read(offered(register(agent))[1])[1]
    assert claims["exp"] - claims["iat"] == 60
    proxy.rpc("cfg.set_now_int", "e911", "token_life", 90)
    claims = read(offered(register(agent))[1])[1]
    assert claims["exp"] - claims["iat"] == 90


def test_keys_are_changed_without_a_restart(make, ua, tmp_path):
    rows = tmp_path / "e911.rows"
    secret = tmp_path / "secret"
    secret.write_text(SECOND + "\n")
    rows.write_text("key id=a;use=agent;env=E911_A\n")
    proxy = make(site() + 'modparam("e911", "settings_file", "%s")\n' % rows)
    agent = ua(proxy)
    head, _ = read(offered(register(agent))[1])
    assert head["kid"] == "a"
    rows.write_text("key id=b;use=agent;file=%s\n"
                    "key id=a;use=agent;env=E911_A\n" % secret)
    proxy.rpc("e911.reload")
    head, _ = read(offered(register(agent))[1], SECOND)
    assert head["kid"] == "b"
    # a key that is wrong changes nothing, and is shown to nobody
    secret.write_text("short-secret")
    reply = proxy.jsonrpc("e911.reload")["error"]["message"]
    assert "key" in reply and "short-secret" not in reply
    assert read(offered(register(agent))[1], SECOND)
    for text in SECRET, SECOND, "short-secret":
        assert text not in proxy.log()


@pytest.mark.parametrize("row, what", [
    ("id=a;use=agent;env=NOT_THERE", "env"),
    ("id=a;use=agent;file=/not/there", "file"),
    ("id=a;use=agent;env=E911_SHORT", "env"),
    ("id=a;use=agent", "id=a"),
    ("id=a;use=idp;alg=HS256;env=E911_A", "alg")])
def test_a_key_that_is_none_stops_the_start(make, row, what):
    with pytest.raises(StartError) as error:
        make(site() + key(row), env={"E911_SHORT": "too-short-by-far"})
    assert 'parameter key: "%s' % what in str(error.value)
    assert "too-short-by-far" not in str(error.value)


# ----- what it is good for -----

@pytest.fixture
def client(afterwards):
    """client(proxy, bearer) -> who asks the API."""
    def make(proxy, bearer):
        one = Client(proxy, bearer)
        afterwards.callback(one.close)
        return one
    return make


def test_with_it_he_states_where_that_device_is(client, make, ua):
    proxy = make(site("gate=require;page=" + PAGE) + key(), **WEB)
    agent = ua(proxy, "tcp", instance=DEVICE)
    register(agent)
    assert call(agent).status == 403
    _, token, _ = offered(register(agent))
    me = client(proxy, token)
    answer = me.get("/me").json
    assert (answer["aor"], answer["contact"], answer["site"]) == (
        "alice@example.test", DEVICE, "hq")
    assert answer["gate"]["open"] is False
    assert me.state(AUSTIN).status == 200
    assert call(agent).status == 404  # there is no carrier in this test
    assert proxy.jsonrpc("e911.loc_get", [agent.aor, DEVICE])["result"]
    assert offered(register(agent))[2] is None


def test_a_key_that_is_taken_out_opens_nothing(client, make, ua, tmp_path):
    rows = tmp_path / "e911.rows"
    rows.write_text("key id=a;use=agent;env=E911_A\n")
    proxy = make(site() + 'modparam("e911", "settings_file", "%s")\n' % rows,
                 **WEB)
    agent = ua(proxy)
    old = offered(register(agent))[1]
    rows.write_text("key id=b;use=agent;env=E911_B\n"
                    "key id=a;use=agent;env=E911_A\n")
    proxy.rpc("e911.reload")
    new = offered(register(agent))[1]
    assert client(proxy, old).get("/me").status == 200
    assert client(proxy, new).get("/me").status == 200
    rows.write_text("key id=b;use=agent;env=E911_B\n")
    proxy.rpc("e911.reload")
    assert client(proxy, old).get("/me").status == 401
    assert client(proxy, new).get("/me").status == 200
    # another secret under the old name
    rows.write_text("key id=b;use=agent;env=E911_A\n")
    proxy.rpc("e911.reload")
    assert client(proxy, new).get("/me").status == 401
    assert counters(proxy)["access_refused"] == 2


def test_it_ends(client, make, ua):
    proxy = make(site() + key() + 'modparam("e911", "token_life", 60)\n',
                 clock=True, **WEB)
    token = offered(register(ua(proxy)))[1]
    me = client(proxy, token)
    assert me.get("/me").status == 200
    proxy.set_clock(130)
    answer = me.get("/me")
    assert answer.status == 401 and "expired" in answer.json["type"]
    proxy.set_clock(-130)  # not signed yet
    assert me.get("/me").status == 401


def test_an_agents_token_is_no_operators_nor_the_other_way(client, make, ua):
    proxy = make(site() + key() + key("id=noc;use=operator;role=admin;env=E911_B"),
                 **WEB)
    agent = ua(proxy)
    token = offered(register(agent))[1]
    state(proxy, "sip:bob@example.test")
    assert client(proxy, token).get("/locations").status == 403
    assert client(proxy, token).delete("/locations/bob%40example.test").status == 403
    assert client(proxy, SECOND).get("/me").status == 403
    assert client(proxy, SECOND).get("/locations").status == 200
    # the key that signs is no password
    assert client(proxy, SECRET).get("/locations").status == 401


# ----- an identity provider's -----

def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    """sign(claims) -> token; path: of the public key."""
    folder = tmp_path_factory.mktemp("provider")
    private, public = folder / "private.pem", folder / "public.pem"
    subprocess.run(["openssl", "genrsa", "-out", private, "2048"], check=True,
                   capture_output=True)
    subprocess.run(["openssl", "rsa", "-in", private, "-pubout", "-out", public],
                   check=True, capture_output=True)

    def sign(head=None, **claims):
        body = {"iss": "https://login.test/", "aud": ["e911", "other"],
                "exp": time.time() + 300, **claims}
        text = (b64(json.dumps(head or {"alg": "RS256"}).encode()) + "."
                + b64(json.dumps(body).encode()))
        if (head or {}).get("alg") == "HS256":
            mac = hmac.new(public.read_bytes(), text.encode(), hashlib.sha256)
            return text + "." + b64(mac.digest())
        done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", private],
                              input=text.encode(), capture_output=True, check=True)
        return text + "." + b64(done.stdout)
    sign.path = public
    return sign


def test_who_comes_from_the_identity_provider(client, make, provider):
    proxy = make(site() + key() + key(
        "id=corp;use=idp;alg=RS256;file=%s;issuer=https://login.test/;"
        "audience=e911;aor=email;domain=example.test" % provider.path), **WEB)

    def status(*args, **claims):
        return client(proxy, provider(*args, **claims)).get("/me").status
    me = client(proxy, provider(email="Alice@Example.Test", sub="x"))
    answer = me.get("/me").json
    assert (answer["aor"], answer["contact"]) == ("alice@example.test", "")
    assert me.state(AUSTIN).status == 200
    assert "result" in proxy.jsonrpc("e911.loc_get", ["alice@example.test"])
    assert status(email="bob") == 200
    for claims in ({"sub": "alice"}, {"email": "a@example.test", "aud": "other"},
                   {"email": "a@example.test", "iss": "https://login.test"},
                   {"email": "a@example.test", "exp": time.time() - 61},
                   {"email": "a@example.test", "nbf": time.time() + 90},
                   {"email": "a@example.test", "email_verified": False},
                   {"email": "bob@example.com"}, {"email": "a b"},
                   {"email": ["bob@example.test"]}):
        assert status(**claims) == 401, claims
    for head in ({"alg": "HS256"}, {"alg": "HS256", "kid": "corp"},
                 {"alg": "none"}, {"alg": "RS256", "crit": ["x"]}):
        assert status(head, email="a@example.test") == 401, head


# ----- the advisory -----

def agents(user):
    """A token of an agent, signed here."""
    now = int(time.time())
    head = {"alg": "HS256", "kid": "2026a"}
    body = {"sub": user + "@example.test", "contact": "", "aud": "e911",
            "iat": now, "exp": now + 600}
    text = ".".join(b64(json.dumps(x).encode()) for x in (head, body))
    return text + "." + b64(hmac.new(SECRET.encode(), text.encode(),
                                     hashlib.sha256).digest())


@pytest.fixture
def advised(client, make, tmp_path):
    """advised(prepare, database) -> (proxy, database, who(user)): a site with an
    advisory, and a database that prepare(database) has changed before."""
    def start(prepare=None, database=None):
        database = database or SqliteTables(tmp_path)
        database.create()
        if prepare:
            prepare(database)
        proxy = make(site("advisory=2026-01;page=" + PAGE) + key()
                     + 'modparam("e911", "db_url", "%s")\n' % database.url,
                     load=WEB["load"] + database.load, ROUTES=WEB["ROUTES"])
        return proxy, database, lambda user: client(proxy, agents(user))
    return start


def acknowledge(who):
    assert who.put("/me/acknowledgement", {"version": "2026-01"}).status == 200


def acknowledged(who):
    advisory = who.get("/me").json["advisory"]
    assert advisory["version"] == "2026-01"
    return advisory["acknowledged"] is not None


def kept(database):
    """{AoR: (version, time)}"""
    return {aor: (version, when) for aor, version, when in database.query(
        "SELECT aor, version, acknowledged FROM e911_consent")}


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_was_acknowledged_outlives_a_restart(advised, request, kind):
    proxy, database, who = advised(database=PostgresTables(
        request.getfixturevalue("postgres")) if kind == "postgres" else None)
    alice, bob = who("alice"), who("bob")
    assert not acknowledged(alice)
    before = int(time.time())
    acknowledge(alice)
    acknowledge(bob)
    assert acknowledged(alice)
    until(lambda: len(kept(database)) == 2, 5, "two rows")
    version, when = kept(database)["alice@example.test"]
    assert version == "2026-01" and before <= when <= time.time()
    assert bob.delete("/me").status == 200
    until(lambda: list(kept(database)) == ["alice@example.test"], 5, "one row")
    proxy.restart()
    proxy.wait_log("database: 1 consents read")
    assert acknowledged(who("alice")) and not acknowledged(who("bob"))


def test_without_the_table_it_is_in_memory(advised):
    """A database that was made before there was one."""
    proxy, _, who = advised(lambda d: d.script(
        "DROP TABLE e911_consent;"
        "DELETE FROM version WHERE table_name = 'e911_consent';"))
    proxy.wait_log("locations read")
    assert "no table e911_consent" not in proxy.log()
    acknowledge(who("alice"))
    proxy.wait_log("database: no table e911_consent")
    assert acknowledged(who("alice"))
    state(proxy, "sip:alice@example.test")
    until(lambda: counters(proxy)["store_written"] == 1, 5, "a location")
    assert proxy.log().count("no table e911_consent") == 1


def test_a_table_that_fails_holds_up_no_other(advised):
    proxy, database, who = advised()
    acknowledge(who("alice"))
    until(lambda: kept(database), 5, "a row")
    database.script("ALTER TABLE e911_consent RENAME TO hidden;")
    acknowledge(who("bob"))
    proxy.wait_log("table e911_consent: not reachable")
    state(proxy, "sip:alice@example.test")
    until(lambda: counters(proxy)["store_written"] == 1, 5, "a location")
    database.script("ALTER TABLE hidden RENAME TO e911_consent;")
    proxy.wait_log("table e911_consent: there again", timeout=15)
    until(lambda: len(kept(database)) == 2, 5, "two rows")


def test_one_that_the_table_refuses_is_left_out(advised):
    proxy, database, who = advised(lambda d: d.script(
        "CREATE TRIGGER no_bob BEFORE INSERT ON e911_consent"
        " WHEN NEW.aor = 'bob@example.test' BEGIN"
        " SELECT RAISE(ABORT, 'no'); END;"))
    acknowledge(who("bob"))
    acknowledge(who("alice"))
    proxy.wait_log("does not take the consent of [0-9a-f]{16}")
    until(lambda: list(kept(database)) == ["alice@example.test"], 5, "a row")
    assert acknowledged(who("bob"))
    assert counters(proxy)["store_refused"] == 1


def test_rows_that_are_none_are_told_of(advised):
    proxy, _, who = advised(lambda d: d.script(
        "INSERT INTO e911_consent (aor, version, acknowledged) VALUES"
        " ('alice@example.test', '2026-01', 1), ('', 'v', 1), ('b@c', '', 1);"))
    proxy.wait_log("database: 1 consents read")
    assert len(re.findall(r"row \d+ of e911_consent: value", proxy.log())) == 2
    assert acknowledged(who("alice"))


def test_another_version_is_to_be_acknowledged_anew(advised):
    _, database, who = advised(lambda d: d.script(
        "INSERT INTO e911_consent (aor, version, acknowledged) VALUES"
        " ('alice@example.test', '2025-01', 1);"))
    alice = who("alice")
    assert not acknowledged(alice)
    acknowledge(alice)
    assert acknowledged(alice)
    until(lambda: kept(database)["alice@example.test"][0] == "2026-01", 5,
          "the new version")
