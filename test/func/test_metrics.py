# SPDX-License-Identifier: GPL-2.0-or-later
"""What is counted, for Prometheus; dashboard and alerts by the same names."""
import contextlib
import http.client
import json
import os
import re
import socket
import time

import pytest

from lib import ROOT, StartError, counters, e911_proxy, free_port, state, until
from lib.edge import edge_proxy
from lib.validator import Validator

CALL = "sip:911@example.test"
SITES = ('modparam("e911", "site", "name=hq;set=1;last=9;gate=require%s")\n'
         'modparam("e911", "site", "name=lab;set=2;domain=lab.test")\n')
LOAD = 'tcp_accept_no_cl=yes\nloadmodule "xhttp.so"\n'
ROUTE = """
event_route[xhttp:request] {
    if(e911_http()) exit;
    xhttp_reply("404", "Somebody Else's", "text/plain", "other");
}
"""
FROM = 'modparam("e911", "metrics_from", "127.0.0.1")\n'
TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def watched(kamailio, *destinations, params="", from_=FROM, make=e911_proxy,
            **parts):
    if make is edge_proxy:
        return edge_proxy(kamailio, *destinations, load=LOAD, ROUTES=ROUTE,
                          params=from_ + params, **parts)
    return e911_proxy(kamailio, *destinations, LOAD=LOAD, ROUTES=ROUTE,
                      PARAMS=from_ + params, **parts)


def fetch(proxy, path="/e911/metrics", method="GET"):
    client = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=5)
    try:
        client.request(method, path)
        answer = client.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read()
    finally:
        client.close()


SAMPLE = re.compile(
    r'([a-z_:][a-z0-9_:]*)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})?'
    r' (-?[0-9.]+)')
SUFFIX = {"counter": ("_total",), "gauge": ("",),
          "summary": ("_sum", "_count")}


def read(text):
    """{(name, labels): value} of an exposition by the rules of OpenMetrics:
    families in one piece, types and suffixes that fit, no series twice."""
    lines = text.decode().split("\n")
    assert lines.pop() == "" and lines.pop() == "# EOF"
    samples, seen, family, kind = {}, set(), None, None
    for line in lines:
        if line.startswith("# TYPE "):
            family, kind = line.split(" ")[2:]
            assert family not in seen and kind in SUFFIX
            seen.add(family)
        elif line.startswith("#"):
            assert re.fullmatch("# HELP %s [^\n]+" % family, line)
        else:
            name, labels, value = SAMPLE.fullmatch(line).groups()
            assert name in [family + s for s in SUFFIX[kind]], line
            pairs = tuple(sorted(re.findall(
                r'([a-z_]+)="((?:[^"\\]|\\.)*)"', labels or "")))
            assert (name, pairs) not in samples, line
            samples[name, pairs] = float(value)
    return samples


def metrics(proxy):
    status, kind, text = fetch(proxy)
    assert (status, kind) == (200, TYPE)
    return read(text)


def value(proxy, name, **labels):
    return metrics(proxy).get((name, tuple(sorted(labels.items()))))


def test_every_counter_is_there(kamailio, uas):
    proxy = watched(kamailio, uas("take"))
    found = metrics(proxy)
    for name, number in counters(proxy).items():
        assert found.get(("e911_%s_total" % name, ()),
                         found.get(("e911_" + name, ()))) == number, name
    assert found["e911_metrics_cut", ()] == 0


def test_what_a_connection_does_not_take_is_left_out(kamailio, uas):
    """tcp_conn_wq_max, and what the kernel keeps: a longer answer arrives on a
    fast network alone."""
    sites = "\n".join('modparam("e911", "site", "name=site-%d;domain=s%d.test;set=1")'
                      % (i, i) for i in range(200))
    for core, whole in (("", False), ("tcp_conn_wq_max=300000\n", True)):
        proxy = watched(kamailio, uas("take"), params=core + sites)
        found = metrics(proxy)
        assert (found["e911_metrics_cut", ()] == 0) == whole
        assert len(fetch(proxy)[2]) < (340000 if whole else 73000)
        assert found["e911_drill_failed_total", ()] == 0


def test_who_reads_nothing_leaves_room_for_calls(kamailio, uas, ua):
    """What is kept for all connections is SIP's as well."""
    most = 1200000
    ersp = uas("take")
    sites = "\n".join('modparam("e911", "site", "name=site-%d;domain=s%d.test;set=1")'
                      % (i, i) for i in range(200))
    proxy = watched(kamailio, (1, ersp.uri("tcp")), params=(
        "tcp_conn_wq_max=400000\ntcp_wq_max=%d\n" % most) + sites)

    def queued():
        return proxy.jsonrpc("core.tcp_info")["result"]["write_queued_bytes"]
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(socket.socket()) for _ in range(6)]
        for deaf in crowd:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            deaf.connect(("127.0.0.1", proxy.port))
        for _ in range(8):
            for deaf in crowd:
                with contextlib.suppress(OSError):
                    deaf.sendall(b"GET /e911/metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
            time.sleep(0.1)  # the next one is to come behind the answer
            assert queued() < most * 3 / 4
        assert ua(proxy).invite(CALL).final(10).status == 200


def test_calls_by_site_ersp_and_outcome(kamailio, uas, ua):
    bad, good, last = uas("refuse:503"), uas("take"), uas("refuse:486")
    proxy = watched(kamailio, bad, good, (9, last.uri()), params=SITES % "")
    agent = ua(proxy)
    assert agent.invite(CALL).final().status == 200
    assert agent.invite("sip:933@example.test").final().status == 200
    there = ua(proxy, domain="lab.test")
    assert there.invite(CALL).final().status >= 300  # it has no destination
    found = metrics(proxy)

    def site(name, kind, outcome):
        return found["e911_site_calls_total", (
            ("kind", kind), ("outcome", outcome), ("site", name))]

    def ersp(server, kind, outcome):
        return found["e911_ersp_calls_total", (
            ("destination", server.uri()), ("kind", kind),
            ("outcome", outcome))]
    assert site("hq", "emergency", "begun") == 1
    assert site("hq", "emergency", "answered") == 1
    assert site("hq", "emergency", "failed") == 0
    assert site("hq", "test", "answered") == 1
    assert site("lab", "emergency", "failed") == 1
    assert ersp(bad, "emergency", "begun") == 1
    assert ersp(bad, "emergency", "failed") == 1
    assert ersp(bad, "test", "failed") == 1
    assert ersp(good, "emergency", "answered") == 1
    assert value(proxy, "e911_ersp_answer_code", destination=bad.uri()) == 503
    rows = {r["destination"]: r for r in proxy.jsonrpc("e911.ersps")["result"]}
    assert (rows[bad.uri()]["code"], rows[bad.uri()]["sent"],
            rows[bad.uri()]["failed"]) == (503, 2, 2)
    assert (rows[good.uri()]["code"], rows[good.uri()]["answered"]) == (200, 2)
    assert rows[last.uri()]["sent"] == 0 and rows[last.uri()]["at"] == ""


def test_silence_and_what_could_not_be_sent(kamailio, uas, ua):
    silent = uas("silent")
    where = "sip:127.0.0.1:%d;transport=tcp" % free_port()
    proxy = watched(kamailio, (1, where, 9), silent, params=SITES % "")
    ua(proxy).invite(CALL).final()
    assert value(proxy, "e911_ersp_calls_total", destination=silent.uri(),
                 kind="emergency", outcome="silent") == 1
    assert value(proxy, "e911_ersp_calls_total", destination=where,
                 kind="emergency", outcome="unsent") == 1


def test_sites_and_their_locations(kamailio, uas, ua):
    proxy = watched(kamailio, uas("take"), make=edge_proxy,
                    params=SITES % "")
    agents = [ua(proxy, user="a%d" % i) for i in range(3)]
    for agent in agents:
        assert agent.register().final().status == 200
    state(proxy, agents[0])
    until(lambda: value(proxy, "e911_site_contacts", site="hq") == 3
          and value(proxy, "e911_site_located", site="hq") == 1
          and value(proxy, "e911_site_gated", site="hq") == 2, 15, "counted")
    assert value(proxy, "e911_site_locations", site="hq", verdict="unchecked",
                 freshness="fresh") == 1
    assert value(proxy, "e911_site_locations", site="lab", verdict="valid",
                 freshness="expired") == 0


def test_ersps(kamailio, uas):
    first, second = uas("take"), uas("take")
    proxy = watched(kamailio, (1, first.uri(), 0, "profile=plain"),
                    (7, second.uri()), params=SITES % "")
    labels = {"destination": first.uri(), "set": "1", "profile": "plain"}
    assert value(proxy, "e911_ersp_up", **labels) == 1
    proxy.rpc("dispatcher.set_state", "ip", "1", first.uri())
    proxy.rpc("e911.drain", first.uri())
    assert value(proxy, "e911_ersp_up", **labels) == 0
    assert value(proxy, "e911_ersp_drained", **labels) == 1
    # a carrier's set is none of ours
    assert second.uri() not in str(metrics(proxy))


@pytest.fixture
def validated(kamailio, uas, cleanup):
    """A proxy whose site asks a validator that always fails, and slowly, and
    tells a webhook of its calls that always fails too."""
    server = Validator(delay=0.05)
    cleanup.callback(server.close)
    return watched(
        kamailio, uas("take"), params='modparam("e911", "validator", "name=v;'
        'like=generic;url=%s;tries=1;break_after=1")\n' % server.url("/") +
        'modparam("e911", "notify", "name=desk;kind=webhook;to=%s")\n'
        % server.url("/told") +
        SITES % ";validate=rest:v;notify=desk")


def test_validators(validated):
    state(validated, "a@example.test")
    until(lambda: value(validated, "e911_validator_seconds_count",
                        validator="v") == 1, 10, "asked")
    assert value(validated, "e911_validator_seconds_sum", validator="v") >= .05
    assert value(validated, "e911_validator_slowest_seconds",
                 validator="v") >= .05
    assert value(validated, "e911_validator_failures_total",
                 validator="v") == 1
    until(lambda: value(validated, "e911_validator_resting",
                        validator="v") == 1, 5, "it rests")


def test_notices(validated, ua):
    assert ua(validated).invite(CALL).final().status == 200
    until(lambda: value(validated, "e911_recipient_waiting",
                        recipient="desk"), 5, "it waits for its next try")
    assert value(validated, "e911_notices_failed_total") == 0
    assert value(validated, "e911_notice_delay_seconds_count") == 0


def test_drill(kamailio, uas):
    proxy = watched(kamailio, uas("take"), params=SITES % "")
    assert not [n for n, _ in metrics(proxy) if n == "e911_drill_checks"]
    proxy.rpc("e911.drill", "now")
    until(lambda: value(proxy, "e911_drill_checks", result="failed"), 10,
          "lab has no destination")


# ----- who may -----

@pytest.fixture
def keyed(kamailio, uas, tmp_path):
    """A proxy with an operator's key, and none that may without it."""
    (tmp_path / "noc").write_text("secret-of-the-noc-0123456789-0123456789\n")
    (tmp_path / "noc").chmod(0o600)
    return watched(
        kamailio, uas("take"), from_="", params='modparam("e911", "key", "id='
        'noc;use=operator;role=read;file=%s")\n' % (tmp_path / "noc"))


def asked(proxy, token=None):
    client = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=5)
    client.request("GET", "/e911/metrics", headers=token and {
        "Authorization": "Bearer " + token} or {})
    answer = client.getresponse()
    client.close()
    return answer


def test_an_operator_may(keyed):
    assert asked(keyed, "secret-of-the-noc-0123456789-0123456789").status == 200


def test_nobody_else_may(keyed):
    answer = asked(keyed)
    assert answer.status == 401
    assert answer.getheader("WWW-Authenticate") == "Bearer"
    assert asked(keyed, "x" * 39).status == 401
    assert not answer.read()


def test_who_guesses_is_held_up(keyed):
    keyed.rpc("cfg.seti", "e911", "web_refusals", "3")
    answer = until(lambda: (a := asked(keyed, "x")).status == 429 and a, 10)
    assert answer.getheader("Retry-After") == "60"


def test_a_stranger_may_not(kamailio, uas):
    proxy = watched(kamailio, uas("take"), from_=FROM.replace(
        "127.0.0.1", "192.0.2.0/24"))
    status, _, text = fetch(proxy)
    assert status == 401 and not text


def test_other_methods_and_paths(kamailio, uas):
    proxy = watched(kamailio, uas("take"), params=
                    'modparam("e911", "web_path", "/m/")\n')
    assert fetch(proxy, "/m/metrics")[0] == 200
    assert fetch(proxy, "/m/metrics?x=1")[0] == 200
    assert fetch(proxy, "/m/metrics", "POST")[0] == 405
    assert fetch(proxy, "/m/metricsx")[0] == 404
    assert fetch(proxy)[0] == 404


def test_bad_parameter(kamailio, uas):
    with pytest.raises(StartError, match="metrics_from"):
        watched(kamailio, uas("take"),
                from_='modparam("e911", "metrics_from", "nobody")\n')


def test_xhttp_prom_has_the_counters(kamailio, uas, ua):
    """Without labels, where that is all that is wanted."""
    proxy = e911_proxy(
        kamailio, uas("take"), LOAD=LOAD + 'loadmodule "xhttp_prom.so"\n'
        'modparam("xhttp_prom", "xhttp_prom_stats", "e911:")\n'
        'modparam("xhttp_prom", "xhttp_prom_buf_size", 16384)\n', ROUTES="""
event_route[xhttp:request] { if(prom_dispatch()) exit; }
""")
    assert ua(proxy).invite(CALL).final().status == 200
    text = fetch(proxy, "/metrics")[2].decode()
    assert re.search(r"^kamailio_e911_calls 1 \d+$", text, re.M)
    assert re.search(r"^kamailio_e911_remembered 1 \d+$", text, re.M)


# ----- the files -----

def exported(proxy, ua):
    """Names of samples, and of each its labels, where all is at work."""
    assert ua(proxy).invite(CALL).final().status == 200
    state(proxy, "a@example.test")
    proxy.rpc("e911.drill", "now")
    until(lambda: value(proxy, "e911_validator_seconds_count", validator="v")
          and value(proxy, "e911_recipient_waiting", recipient="desk")
          and value(proxy, "e911_drill_checks", result="failed"), 10)
    names = {}
    for name, labels in metrics(proxy):
        names.setdefault(name, set()).update(k for k, _ in labels)
    return names


def names_in(expr):
    """[(name, its labels)] of an expression of Prometheus."""
    return [(name, re.findall(r"([a-z_]+)\s*(?:=~|!=|=)", labels or ""))
            for name, labels in re.findall(
                r"\b(e911_[a-z0-9_]+)(\{[^}]*\})?", expr)]


def expressions():
    with open(os.path.join(ROOT, "utils/grafana/e911-dashboard.json"),
              encoding="utf-8") as file:
        board = json.load(file)
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
            yield panel["title"], target["legendFormat"]
    with open(os.path.join(ROOT, "utils/prometheus/e911-rules.yml"),
              encoding="utf-8") as file:
        rules = file.read()
    alerts = re.findall(r"- alert: (\w+)\n\s+expr: (.+)\n", rules)
    assert len(alerts) == rules.count("alert:") == len(dict(alerts))
    yield from alerts


def test_dashboard_and_alerts_ask_for_what_there_is(validated, ua):
    names = exported(validated, ua)
    asked = [(where, *found) for where, expr in expressions()
             for found in names_in(expr)]
    assert len(asked) > 40
    for where, name, labels in asked:
        assert name in names, "%s: there is no %s" % (where, name)
        assert set(labels) <= names[name], "%s: %s %s" % (where, name, labels)
    for where, expr in expressions():
        for label in re.findall(r"\{\{ ?([a-z_]+) ?\}\}", expr):
            assert any(label in of for of in names.values()), (where, label)


@pytest.mark.parametrize("alert,event", [
    ("E911CallTakenByNobody", "e911_exhausted_total"),
    ("E911ErspDown", "e911_ersp_up"),
    ("E911NoticeFailed", "e911_notices_failed_total"),
    ("E911DatabasePending", "e911_pending"),
    ("E911DrillFailed", "e911_drill_checks"),
    ("E911ValidatorResting", "e911_validator_resting"),
    ("E911CoverageLow", "e911_site_located")])
def test_what_has_an_alert(alert, event):
    assert event in dict(expressions())[alert]
