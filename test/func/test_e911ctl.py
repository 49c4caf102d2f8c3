# SPDX-License-Identifier: GPL-2.0-or-later
"""utils/e911ctl: each command against a Kamailio, and with none running."""
import contextlib
import csv
import io
import json
import os
import pathlib
import re
import socket
import subprocess
import threading

import pytest

from lib import AUSTIN, BASE, ROOT, UAS, Kamailio, free_port, until
from lib.ctl import PROGRAM, e911ctl, module
from lib.database import SqliteTables, in_force, store_proxy
from lib.edge import edge_proxy

GUIDE = """\
low,high,parity,predir,street,suffix,postdir,community,county,state,esn,psap
1000,1198,E,,CONGRESS,AVE,,AUSTIN,TRAVIS,TX,101,Austin PD
"""
RIGHT = {"country": "US", "A1": "TX", "A3": "Austin", "RD": "Congress",
         "STS": "Ave", "HNO": "1100"}
WRONG = {**RIGHT, "RD": "Kongreß", "HNO": "5"}
PARAMS = """
modparam("e911", "site", "name=hq;set=1;gate=require;domain=example.test")
modparam("e911", "site", "name=lab;set=2;domain=lab.test;validate=msag;invalid=refuse")
modparam("e911", "trunk", "name=edge;source=192.0.2.1;key=from")
modparam("e911", "elin", "name=pool;site=hq;number=+15125550180,+15125550181")
modparam("e911", "validator", "name=lvf;kind=lost;url=https://127.0.0.1:9/lost")
modparam("e911", "msag", "file=%s/guide.csv")
"""
ALICE = "sip:alice@example.test"
DEVICE = "urn:uuid:00000000-0000-1000-8000-0000000000%02x"


class Stage:
    """A Kamailio with two ERSPs, and the command that asks it."""

    def __init__(self, stack, folder, params=PARAMS):
        def start(cfg, files=None, **how):
            proxy = Kamailio(cfg, folder, files={**files, "guide.csv": GUIDE},
                             **how)
            stack.callback(proxy.close)
            return proxy.start()
        self.first, self.second = UAS("take"), UAS("take")
        stack.callback(self.first.close)
        stack.callback(self.second.close)
        self.proxy = edge_proxy(start, (1, self.first.uri(), 9),
                                (2, self.second.uri()), params=params % folder)
        until(lambda: self.proxy.jsonrpc("e911.msag")["result"]["ranges"], 10,
              "the guide is there")

    def __call__(self, *args, **how):
        return e911ctl(self.proxy.json_socket, *args, **how)

    def yes(self, *args, **how):
        done = self(*args, **how)
        assert done.code == 0, (done.err, done.out)
        assert done.err == ""
        return done

    def no(self, *args, **how):
        done = self(*args, **how)
        assert done.code == 1, (done.code, done.err, done.out)
        return done

    def get(self, aor, *contact):
        return self.proxy.jsonrpc("e911.loc_get", [aor, *contact]).get("result")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Stage(stack, tmp_path_factory.mktemp("ctl"))


@pytest.fixture
def ctl(shared):
    """The Kamailio of this file, without a location."""
    for aor, _ in in_force(shared.proxy):
        shared.proxy.jsonrpc("e911.loc_del", [aor])
    return shared


def state(ctl, aor=ALICE, fields=None, *more):
    reply = ctl.proxy.jsonrpc("e911.loc_set",
                              [aor, json.dumps(fields or AUSTIN), *more])
    assert reply["result"]["result"] == "in force"


# ----- how things stand -----

def test_status_is_one_screen(ctl):
    state(ctl)
    out = ctl.yes("status").out
    lines = out.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 80
    assert lines[0].startswith("kamailio ") and " up " in lines[0]
    assert re.search(r"^ERSPs +2 active$", out, re.M)
    assert re.search(r"^Sites +\d, gate .*1 require", out, re.M)
    assert re.search(r"^Database +0 changes pending", out, re.M)
    assert re.search(r"^Validators +lvf up$", out, re.M)
    assert re.search(r"^Streets +1 ranges since", out, re.M)
    until(lambda: re.search(r"^Locations +1: 1 fresh$", ctl("status").out,
                            re.M), 20, "counted")


def test_status_names_what_needs_a_look(ctl):
    try:
        ctl.proxy.rpc("e911.drain", ctl.first.uri(), "upkeep")
        ctl.proxy.rpc("e911.force", "hq", "s:2", "a flood")
        out = ctl.no("status").out
        assert re.search(r"^ERSPs +1 drained, 1 active$|"
                         r"^ERSPs +1 active, 1 drained$", out, re.M)
        assert "! " in out and ctl.first.uri() + " is drained" in out
        assert "site hq is sent to set 2: a flood" in out
        assert ctl.no("status", "--json").json["stats"]["calls"] == 0
    finally:
        ctl.proxy.rpc("e911.undrain", ctl.first.uri())
        ctl.proxy.rpc("e911.unforce", "hq")


def test_coverage(ctl):
    state(ctl, "sip:a@lab.test", RIGHT)
    until(lambda: {"site": "lab", "valid": "1", "fresh": "1"}.items()
          <= ctl.yes("coverage", "lab").rows()[0].items(), 20, "counted")
    assert {r["site"] for r in ctl.yes("coverage").rows()} >= {"hq", "lab"}
    assert ctl.yes("--json", "coverage", "hq").json[0]["gate"] == "require"
    assert "not found" in ctl.no("coverage", "nowhere").err


def test_sites(ctl):
    listed = {r["name"]: r for r in ctl.yes("sites").rows()}
    assert listed["hq"]["gate"] == "require" and listed["lab"]["set"] == "2"
    assert "validate: msag\n" in ctl.yes("sites", "lab").out
    assert ctl.no("sites", "nowhere").err == "e911ctl: site: not found\n"


def test_ersps(ctl):
    uris = {r["destination"]: r for r in ctl.yes("ersps").rows()}
    assert uris[ctl.first.uri()]["health"] == "active"
    assert uris[ctl.first.uri()]["priority"] == "9"


def test_tables_of_settings(ctl):
    assert ctl.yes("trunks").rows()[0]["source"] == "192.0.2.1"
    lvf, = ctl.yes("validators").rows()
    assert (lvf["host"], lvf["breaker"]) == ("127.0.0.1:9", "closed")
    assert {r["name"] for r in ctl.yes("profiles").rows()} >= {"i3", "plain"}
    assert [r["name"] for r in ctl.yes("profiles", "redsky", "--json").json] == [
        "redsky"]


def test_elins(ctl):
    assert [r["number"] for r in ctl.yes("elins").rows()] == [
        "+15125550180", "+15125550181"]
    assert ctl.yes("elins", "pool", "--limit", 1).rows()[0]["state"] == "free"
    assert "pool: not found" in ctl.no("elins", "none").err


def test_calls(ctl, ua):
    assert ctl.yes("calls", "--json").json == []
    agent = ua(ctl.proxy, user="carol", instance=DEVICE % 7)
    assert agent.register().final().status == 200
    call = agent.invite("sip:911@example.test")
    assert call.final().status == 200
    call.ack()
    row, = until(lambda: ctl.yes("calls").rows(), 5, "the call")
    assert (row["aor"], row["ended"], row["test"]) == (
        "carol@example.test", "", "no")
    assert row["proven"] == "yes"
    call.bye()
    until(lambda: ctl.yes("calls").rows()[0]["ended"], 5, "its end")


def test_notices(kamailio, uas):
    proxy = edge_proxy(kamailio, uas("take"), params=(
        'modparam("e911", "notify", "name=desk;kind=event")\n'
        'modparam("e911", "site", "name=hq;set=1;notify=desk")\n'))
    row, = e911ctl(proxy.json_socket, "notices").rows()
    assert (row["recipient"], row["sent"], row["failures"]) == (
        "desk", "0", "0")
    assert re.search(r"^Notices +0 waiting, 0 sent",
                     e911ctl(proxy.json_socket, "status").out, re.M)


def test_drill(ctl):
    done = ctl("drill", "--now")
    assert done.code == ("result: failed" in done.out)
    assert "checks: " in done.out
    assert ctl("drill", "--json").json["result"] in ("failed", "well")


def test_stats(ctl):
    names = [r["name"] for r in ctl.yes("stats").rows()]
    assert names[0] == "calls" and "locations" in names
    row, = ctl.yes("stats", "locations").rows()
    assert row == {"name": "locations", "value": "0",
                   "counts": "locations in force"}
    assert ctl.no("stats", "nonsense").err == "e911ctl: no counter: nonsense\n"


# ----- what would be -----

def test_match(ctl):
    assert "kind: emergency\n" in ctl.yes("match", "911", ALICE).out
    assert ctl.no("match", "411", "--json").json == {"kind": "none"}


def test_dryrun(ctl):
    state(ctl)
    done = ctl.yes("dryrun", ALICE, "911", "--invite")
    assert ctl.first.uri() in done.out and "1200" in done.out
    assert "INVITE sip:" in done.out
    row, = ctl.yes("dryrun", ALICE, "911").rows()
    assert (row["goes"], row["health"]) == ("direct", "active")


def test_dryrun_says_that_a_call_would_be_screened(ctl):
    assert "no location goes" in ctl.no("dryrun", ALICE, "911").out
    assert "no emergency number" in ctl.no("dryrun", ALICE, "411").err


def test_report(ctl):
    state(ctl)
    state(ctl, "sip:bob@example.test")
    assert len(ctl.yes("report", "911").rows()) == 2
    assert ctl.yes("report", "911", "--screened").rows() == []


def test_validate(ctl):
    words = ["%s=%s" % one for one in RIGHT.items()]
    assert "verdict: valid\n" in ctl.yes("validate", "--site", "lab", *words).out
    answer = ctl.no("validate", "--site", "lab", "--json",
                    json.dumps(WRONG)).json
    assert answer["verdict"] == "invalid"
    assert answer["suggestions"][0]["RD"] == "CONGRESS"
    assert "1000 CONGRESS AVE, AUSTIN, TX, US" in ctl.no(
        "validate", "--site", "lab", json.dumps(WRONG)).out
    assert "verdict: unchecked" in ctl.no("validate", *words).out
    assert "Colour" in ctl.no("validate", "Colour=red").err


# ----- locations -----

def test_a_location_is_set_and_shown(ctl):
    words = ["%s=%s" % one for one in AUSTIN.items()]
    done = ctl.yes("locations", "set", ALICE, *words, "--network", "192.0.2.9",
                   "--site", "hq")
    assert "result: in force\n" in done.out
    out = ctl.yes("locations", "show", ALICE).out
    assert "    HNO: 1200\n" in out and "network: 192.0.2.9\n" in out
    assert ctl.get(ALICE)["location"]["RD"] == "Example"


def test_a_location_comes_from_a_file_and_the_standard_input(ctl, tmp_path,
                                                             good_pidf):
    path = tmp_path / "place.json"
    path.write_text(json.dumps(AUSTIN))
    ctl.yes("locations", "set", ALICE, "@%s" % path)
    ctl.yes("locations", "set", "sip:b@lab.test", "-", "--contact", DEVICE % 1,
            input=json.dumps(RIGHT))
    ctl.yes("locations", "set", "sip:c@example.test", good_pidf)
    assert ctl.get("b@lab.test", DEVICE % 1)["location"]["HNO"] == "1100"
    assert ctl.get("c@example.test")["location"]["HNO"] == "1200"
    assert ctl("locations", "set", ALICE, "@/nowhere").code == 2


@pytest.mark.parametrize("words, code, text", [
    (["country"], 2, "no NAME=VALUE"), (["A1=x", "A1=y"], 2, "twice"),
    (["{"], 1, "location: not well-formed"),
    (["country=USA"], 1, "country"), (["A1=TX", "--ttl", "soon"], 1, "ttl"),
    (["A1=TX", "--site", 'a"b'], 2, "no quotes"),
    (["A1=TX", "--site", "nowhere"], 1, "site")])
def test_a_location_that_is_refused(ctl, words, code, text):
    done = ctl("locations", "set", ALICE, *words)
    assert done.code == code and text in done.err and done.out == ""
    assert ctl.get(ALICE) is None


def test_an_address_that_is_not_valid_is_no(ctl):
    done = ctl.no("locations", "set", "sip:a@lab.test", json.dumps(WRONG))
    assert "result: not in force\n" in done.out
    assert ctl.get("a@lab.test") is None


def test_locations_are_listed(ctl):
    state(ctl)
    state(ctl, "sip:a@lab.test", RIGHT)
    listed = {r["aor"]: r for r in ctl.yes("locations", "list").rows()}
    assert listed["alice@example.test"]["verdict"] == "unchecked"
    assert listed["a@lab.test"]["address"] == \
        "1100 CONGRESS AVE, AUSTIN, TX, US"
    only = ctl.yes("locations", "list", "--site", "lab", "--verdict", "valid")
    assert [r["aor"] for r in only.rows()] == ["a@lab.test"]
    assert len(ctl.yes("locations", "list", "--limit", 1).rows()) == 1
    assert "verdict" in ctl.no("locations", "list", "--verdict", "good").err


def test_more_than_a_page_is_listed(ctl):
    for i in range(230):
        state(ctl, "sip:u%d@example.test" % i)
    assert len(ctl.yes("locations", "list").rows()) == 230
    assert len(ctl.yes("locations", "list", "--json").json) == 230


def test_wide_and_hostile_text_stays_in_its_place(ctl):
    state(ctl, ALICE, {**AUSTIN, "NAM": "日本 🚑", "RD": "Küß", "callback":
                       "+15125550100"})
    out = ctl.yes("locations", "show", ALICE).out
    assert "日本 🚑" in out
    done = ctl.no("stats", "\x1b[2J")
    assert "\x1b" not in done.err


def test_confirm_unusable_delete(ctl):
    state(ctl)
    assert "freshness: fresh\n" in ctl.yes("locations", "confirm", ALICE).out
    done = ctl.yes("locations", "unusable", ALICE)
    assert "result: not in force\n" in done.out
    assert ctl.yes("locations", "delete", ALICE).out == "deleted: 1\n"
    assert ctl.no("locations", "delete", ALICE).err == \
        "e911ctl: location: not found\n"
    assert "not found" in ctl.no("locations", "confirm", ALICE).err
    assert "not found" in ctl.no("locations", "show", ALICE).err


# ----- import and export -----

@pytest.fixture
def sheet(tmp_path):
    """sheet(text) -> path of the file"""
    def write(text, name="agents.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path
    return write


HEAD = "aor,contact,country,A1,A3,RD,STS,HNO,site\n"
GOOD = HEAD + """\
alice@example.test,,US,TX,Austin,Congress,Ave,1100,
sip:bob@example.test,%s,US,TX,Austin,"Old ""Mill"" Rd, rear",,7,hq
carol@lab.test,,US,TX,Austin,Congress,Ave,1102,lab
""" % (DEVICE % 2)


def test_import_and_export(ctl, sheet, tmp_path):
    path = sheet("\ufeff" + GOOD.replace("\n", "\r\n"))
    done = ctl("locations", "import", path)
    assert done.code == 0, done.err
    assert "rows: 3\n" in done.out and "refused: 0\n" in done.out
    assert "    valid: 1\n" in done.out and "    unchecked: 2\n" in done.out
    assert ctl.get("bob@example.test", DEVICE % 2)["location"]["RD"] == \
        'Old "Mill" Rd, rear'
    assert os.listdir(tmp_path) == [path.name]
    out = tmp_path / "out.csv"
    assert ctl.yes("locations", "export", out).out == "3 locations\n"
    before = {r["aor"]: r["location"] for r in
              ctl.proxy.jsonrpc("e911.loc_list")["result"]}
    for aor in before:
        ctl.proxy.jsonrpc("e911.loc_del", [aor])
    assert ctl("locations", "import", out).code == 0
    assert before == {r["aor"]: r["location"] for r in
                      ctl.proxy.jsonrpc("e911.loc_list")["result"]}
    lines = ctl.yes("locations", "export", "--json").out.splitlines()
    assert {json.loads(li)["aor"] for li in lines} == set(before)
    only = list(csv.DictReader(io.StringIO(
        ctl.yes("locations", "export", "--site", "lab").out)))
    assert [r["aor"] for r in only] == ["carol@lab.test"]


def test_the_columns_are_the_fields_of_the_module():
    module()
    import e911lib.files
    source = pathlib.Path(ROOT, "modules/e911/field.c").read_text()
    names = re.findall(r'str_init\("(\w+)"\), E911_NS_(\w+)', source)
    assert e911lib.files.FIELDS == [n for n, kind in names
                                    if kind != "VALIDATION"]


def test_a_trial_changes_nothing(ctl, sheet, tmp_path):
    path = sheet(GOOD + "dave@lab.test,,US,TX,Austin,Kongress,Ave,5,\n")
    done = ctl.no("locations", "import", path, "--dry-run")
    assert "agents.csv:5: not valid" in done.err
    assert "nothing was changed\n" in done.out
    assert ctl.proxy.jsonrpc("e911.loc_list")["result"] == []
    assert os.listdir(tmp_path) == [path.name]


def test_refused_rows_are_named_and_written(ctl, sheet, tmp_path):
    path = sheet(GOOD + "dave@lab.test,,US,TX,Austin,Kongress,Ave,5,\n"
                 "erin@example.test,,USA,TX,Austin,Main,St,5,\n"
                 "fred@example.test,,US,TX,Austin,Main,St,5,nowhere\n"
                 "gina@example.test,,US,TX,Austin,Main,St,5,\n")
    rejects = tmp_path / "bad.csv"
    done = ctl.no("locations", "import", path, "--rejects", rejects)
    for line, text in (5, "not valid"), (6, "country"), (7, "site"):
        assert re.search(r"agents\.csv:%d: .*%s" % (line, text), done.err)
    assert "rows: 7\n" in done.out and "refused: 3\n" in done.out
    assert ctl.get("gina@example.test")
    rest = list(csv.DictReader(rejects.open()))
    assert [(r["line"], r["aor"]) for r in rest] == [
        ("5", "dave@lab.test"), ("6", "erin@example.test"),
        ("7", "fred@example.test")]
    assert ctl.no("locations", "import", rejects).out.startswith("rows: 3\n")


UNREADABLE = [
    (GOOD + "x@example.test,,US\n", r"agents\.csv:5: 3 cells, not 9"),
    (GOOD + ",,US,TX,Austin,Main,St,5,\n", "5: aor is missing"),
    (GOOD + "x@example.test,,,,,,,,\n", "5: no location"),
    (GOOD + "sip:alice@EXAMPLE.test,,US,TX,Austin,Main,St,5,\n",
     "5: the same as in line 2"),
    ((GOOD + "x@example.test,,US,TX,Austin,K").encode() + b"\xfc,,5,\n",
     "5: not UTF-8"),
    (GOOD + "x@example.test,,US,TX,Austin,A\0B,,5,\n", "5: "),
    (GOOD + 'x@example.test,,US,TX,Austin,"Main,St,5,\n', "5: unexpected end"),
    (GOOD + 'x@example.test,,US,TX,Austin,"Main"x,St,5,\n', "5: "),
    ("", "empty"), ("contact,A1\n,TX\n", "1: column aor is missing"),
    ("aor,Colour\na,b\n", "1: no column 'Colour'"),
    ("aor,A1,A1\na,b,c\n", "1: twice: A1"),
    ("aor,country,Site\na@example.test,US,x\n", "1: no column 'Site'")]


@pytest.mark.parametrize("text, error", UNREADABLE,
                         ids=[e for _, e in UNREADABLE])
def test_nothing_of_an_unreadable_file_is_taken(ctl, sheet, text, error):
    path = sheet(text)
    assert re.search(error, ctl.no("locations", "import", path).err)
    assert ctl.proxy.jsonrpc("e911.loc_list")["result"] == []
    assert not path.with_name("agents.csv.progress").exists()


def test_unreadable_rows_may_be_left_out_but_are_no_success(ctl, sheet):
    path = sheet(GOOD + "x@example.test,,US\n")
    done = ctl.no("locations", "import", path, "--skip-bad")
    assert "agents.csv:5: 3 cells" in done.err
    assert "unreadable: 1\n" in done.out
    assert len(ctl.proxy.jsonrpc("e911.loc_list")["result"]) == 3


def test_an_import_that_was_cut_off_goes_on(sheet, tmp_path):
    """Kamailio dies in the midst of it; what was done is not done again."""
    path = sheet("aor,A1,RD\n" + "".join(
        "u%d@example.test,TX,Main\n" % i for i in range(50)))
    server = Pretender(tmp_path / "socket", dies_after=21)
    done = e911ctl(server.path, "--timeout", "1", "locations", "import", path)
    assert done.code == 3 and "behind line 21; --resume" in done.err
    assert server.stated() == ["u%d@example.test" % i for i in range(20)]
    server.close()
    server = Pretender(tmp_path / "socket")
    done = e911ctl(server.path, "locations", "import", path)
    assert done.code == 1 and "--resume goes on" in done.err
    path.write_text(path.read_text() + "v@example.test,TX,Main\n")
    done = e911ctl(server.path, "locations", "import", path, "--resume")
    assert done.code == 1 and "not as it was" in done.err
    path.write_text(path.read_text().replace("v@example.test,TX,Main\n", ""))
    assert server.stated() == []
    done = e911ctl(server.path, "locations", "import", path, "--resume")
    assert done.code == 0, done.err
    assert server.stated() == ["u%d@example.test" % i for i in range(20, 50)]
    assert not path.with_name("agents.csv.progress").exists()
    server.close()


def test_what_is_refused_for_want_of_room_is_tried_again(sheet, tmp_path):
    path = sheet("aor,A1\n" + "".join("u%d@e,TX\n" % i for i in range(5)))
    server = Pretender(tmp_path / "socket", busy=2)
    assert e911ctl(server.path, "locations", "import", path).code == 0
    assert len(set(server.stated())) == 5
    server.busy = 1000
    done = e911ctl(server.path, "locations", "import", path)
    assert done.code == 1 and "table full" in done.err
    assert "--resume" in done.err
    server.close()


def test_an_import_waits_for_the_database(kamailio, uas, sheet, tmp_path):
    database = SqliteTables(tmp_path)
    database.create()
    proxy = store_proxy(kamailio, database, uas("take"))
    path = sheet("aor,A1\n" + "".join("u%d@e.test,TX\n" % i
                                      for i in range(300)))
    done = e911ctl(proxy.json_socket, "locations", "import", path)
    assert done.code == 0, done.err
    assert "store: stored\n" in done.out
    assert database.count() == 300


class Pretender:
    """A Kamailio that takes locations, until it does not any more."""

    def __init__(self, path, dies_after=None, busy=0):
        self.path = str(path)
        self.dies_after, self.busy = dies_after, busy
        self.asked = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        self.socket.bind(self.path)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            data, sender = self.socket.recvfrom(65536)
            request = json.loads(data)
            if request["method"] == "end":
                return
            self.asked.append(request)
            if self.dies_after and len(self.asked) > self.dies_after:
                continue
            reply = {"jsonrpc": "2.0", "id": request["id"]}
            if request["method"] == "e911.loc_set" and self.busy:
                self.busy -= 1
                self.asked.pop()
                reply["error"] = {"code": 503, "message": "table full"}
            else:
                reply["result"] = {"result": "in force", "store": "none",
                                   "verdict": "unchecked"}
            # a late answer to nobody's question comes first
            self.socket.sendto(json.dumps({**reply, "id": 0}).encode(), sender)
            self.socket.sendto(json.dumps(reply).encode(), sender)

    def stated(self):
        return [r["params"][0] for r in self.asked[:self.dies_after]
                if r["method"] == "e911.loc_set"]

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
            one.sendto(b'{"method":"end"}', self.path)
        self.thread.join(5)
        self.socket.close()


# ----- what changes more -----

def test_drain_and_force(ctl):
    uri = ctl.first.uri()
    assert ctl.yes("drain", uri, "upkeep", "--ttl", "1h").out == "drained\n"
    assert ctl.yes("force", "hq", "2", "a flood").out == "forced\n"
    listed = {r["what"]: r for r in ctl.yes("hand").rows()}
    assert listed[uri]["why"] == "upkeep" and listed["hq"]["set"] == "2"
    assert ctl.yes("undrain", uri).out == "taken back\n"
    assert ctl.yes("unforce", "hq").out == "taken back\n"
    assert "not found" in ctl.no("unforce", "hq").err


def test_reload(kamailio, uas, tmp_path):
    path = tmp_path / "e911.rows"
    path.write_text("site name=hq;set=1\n")
    proxy = edge_proxy(kamailio, uas("take"), params=(
        'modparam("e911", "settings_file", "%s")\n' % path))
    assert e911ctl(proxy.json_socket, "reload").out == "reloaded\n"
    path.write_text("site name=hq;colour=red\n")
    done = e911ctl(proxy.json_socket, "reload")
    assert done.code == 1 and "line 1" in done.err and "colour" in done.err


def test_the_guide_of_streets(ctl, tmp_path):
    assert "ranges: 1\n" in ctl.yes("msag", "show").out
    good = tmp_path / "two.csv"
    good.write_text(GUIDE + "2,8,E,,NEW,ST,,AUSTIN,TRAVIS,TX,1,X\n")
    assert ctl.yes("msag", "check", good).out == "ranges: 2\n"
    bad = tmp_path / "bad.csv"
    bad.write_text(GUIDE + "9,1,B,,BAD,ST,,AUSTIN,TRAVIS,TX,1,X\n")
    done = ctl.no("msag", "check", bad)
    assert "bad.csv, line 3: high: value not allowed" in done.err
    assert "not found" in ctl.no("msag", "check", tmp_path / "none").err
    assert "not found" in ctl.no("msag", "check", "/dev/zero").err
    assert "ranges: 1\n" in ctl.yes("msag", "show").out
    assert ctl.yes("msag", "load").out == "reloaded\n"


# ----- the record of calls -----

def test_the_record_of_calls(kamailio, uas, ua, tmp_path):
    key = tmp_path / "key"
    key.write_text("0123456789abcdef0123456789abcdef")
    database = SqliteTables(tmp_path)
    database.create()
    proxy = store_proxy(
        kamailio, database, uas("take"), params=
        'modparam("e911", "record_node", "one")\n'
        'modparam("e911", "record_key_file", "%s")\n' % key)
    call = ua(proxy, user="carol").invite("sip:911@example.test")
    assert call.final().status == 200
    call.ack()
    until(lambda: "answered" in [r[0] for r in database.query(
        "SELECT kind FROM e911_record")], 10, "the answer is on record")

    def record(*args):
        return e911ctl(proxy.json_socket, "record", *args)
    events = record("events").rows()
    assert [r["event"] for r in events][-3:] == ["sent", "placed", "start"]
    assert record("events", "--call", "none").rows() == []
    until(lambda: proxy.jsonrpc("e911.record_head")["result"]["waiting"] == 0,
          5, "all is written")
    assert record("verify", database.path, "--key", key).code == 0
    shown = record("show", database.path, call.request.call_id).json
    assert shown["outcome"] == "answered" and len(shown["tries"]) == 1
    assert [c["outcome"] for c in record(
        "calls", database.path, "--json").json] == ["answered"]
    lines = record("export", database.path).out.splitlines()
    assert {"placed", "sent"} <= {json.loads(li)["kind"] for li in lines}
    assert record("redact", database.path, "carol@example.test", "--key",
                  key).code == 0
    assert record("verify", database.path, "--key", key).code == 0
    database.query("DELETE FROM e911_record WHERE seq ="
                   " (SELECT max(seq) FROM e911_record)")
    done = record("verify", database.path, "--key", key)
    assert done.code == 1 and "are gone: the head was at" in done.out
    # nobody sees that without a head
    assert record("verify", database.path, "--key", key,
                  "--offline").code == 0
    done = e911ctl("/nowhere", "record", "verify", database.path, "--key", key)
    assert done.code == 3 and "--offline" in done.err
    assert record("show", "/nowhere", "x").code == 2


# ----- nobody there -----

# arguments for those that want some
ARGUMENTS = {"aor": "a@b", "location": "A1=TX", "file": "nothing.csv",
             "number": "911", "what": "x", "why": "y", "name": "z", "set": "1",
             "source": "x", "call": "x"}


def all_commands():
    for name, _, arguments, _ in module().COMMANDS:
        yield [*name.split(), *(ARGUMENTS[n] for n, how in arguments
                                if how.get("nargs", "+") == "+"
                                and not n.startswith("-"))]


# all but those of the record read a database
COMMANDS = [c for c in all_commands() if c[0] != "record" or "events" in c]


def test_the_record_may_be_called_the_ledger(tmp_path):
    one, other = (e911ctl("/nowhere", group, "calls", str(tmp_path / "none"))
                  for group in ("record", "ledger"))
    assert one.code == other.code == 2
    assert one.err == other.err != ""


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_with_no_kamailio(words, tmp_path):
    done = e911ctl(tmp_path / "none", *words, cwd=tmp_path)
    assert done.code == 3
    assert done.out == ""
    assert done.err == "e911ctl: %s/none: No such file or directory\n" % tmp_path
    assert os.listdir(tmp_path) == []


def test_with_one_that_has_died(tmp_path):
    path = str(tmp_path / "dead")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(path)
    done = e911ctl(path, "status")
    assert (done.code, done.err) == (
        3, "e911ctl: %s: Connection refused\n" % path)


def test_with_one_that_hangs(tmp_path):
    path = str(tmp_path / "hangs")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(path)
        done = e911ctl(path, "--timeout", "0.3", "status")
    assert (done.code, done.err) == (
        3, "e911ctl: %s: no answer in 0.3 s\n" % path)


def test_with_a_kamailio_without_the_module(kamailio):
    proxy = kamailio(BASE + "request_route { drop; }\n")
    done = e911ctl(proxy.json_socket, "status")
    assert done.code == 1 and "ethod" in done.err


def test_the_socket_is_taken_from_the_environment(ctl):
    env = {"E911CTL_SOCKET": "unix:" + ctl.proxy.json_socket}
    assert e911ctl(None, "sites", env=env).code == 0
    assert e911ctl("/nowhere", "sites", env=env).code == 3
    # before the subcommand or behind it
    assert e911ctl(None, "sites", "--socket", ctl.proxy.json_socket).code == 0


@pytest.mark.parametrize("words", [[], ["nonsense"], ["locations"], ["drain"],
                                   ["calls", "--limit", "x"],
                                   ["locations", "show"]], ids=" ".join)
def test_wrong_usage(words):
    done = e911ctl("/nowhere", *words)
    assert done.code == 2 and done.err.startswith("usage: e911ctl")


def test_other_ways_to_kamailio(kamailio, uas):
    """UDP and HTTP, where answers are shorter."""
    port = free_port()
    proxy = edge_proxy(
        kamailio, uas("take"), load='loadmodule "xhttp.so"\nmodparam("jsonrpcs",'
        ' "transport", 5)\n'
        'modparam("jsonrpcs", "dgram_socket", "udp:127.0.0.1:%d")\n' % port,
        ROUTES="event_route[xhttp:request] { jsonrpc_dispatch(); }\n")
    big = {**AUSTIN, "LOC": "x" * 120, "NAM": "y" * 120, "LMK": "z" * 120}
    for i in range(120):
        done = proxy.rpc("e911.loc_set", "u%d@example.test" % i,
                         json.dumps(big))
    assert done
    for where in ("udp:127.0.0.1:%d" % port,
                  "http://127.0.0.1:%d/RPC" % proxy.port):
        done = e911ctl(where, "locations", "list", "--json")
        assert done.code == 0, (where, done.err)
        assert len(done.json) == 120
        assert e911ctl(where, "sites", "nowhere").err == \
            "e911ctl: site: not found\n"
    assert e911ctl("http://127.0.0.1:1/RPC", "sites").code == 3
    assert e911ctl("udp:127.0.0.1:1", "sites").code == 3
    assert e911ctl("udp:127.0.0.1", "sites").code == 2


# ----- manual, completion, installation -----

def subcommands():
    return [name for name, *_ in module().COMMANDS]


def long_options(name):
    command, = [c for c in module().COMMANDS if c[0] == name]
    return [a for a, _ in command[2] if a.startswith("--")]


def test_the_manual_names_every_subcommand_and_option():
    text = pathlib.Path(ROOT, "utils/e911ctl.1").read_text().replace("\\-", "-")
    parts = re.split(r"^\.TP\n", text, flags=re.M)
    for name in subcommands():
        found = [p for p in parts if re.match(r"\.B[R]? +\"?%s\b" % name, p)
                 or p.startswith(".B " + name)]
        assert found, name
        for option in long_options(name):
            assert any(option in p for p in found), (name, option)
    for option in "--json", "--socket", "--timeout":
        assert option in text


def test_the_manual_is_well_formed():
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z",
                           os.path.join(ROOT, "utils/e911ctl.1")],
                          capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def completed(*words):
    """What bash would offer behind those words; the last one is begun."""
    script = """
        source %s/utils/e911ctl.bash
        E911CTL=%s
        COMP_WORDS=(e911ctl "$@"); COMP_CWORD=$#
        _e911ctl; printf '%%s\\n' "${COMPREPLY[@]}"
    """ % (ROOT, PROGRAM)
    done = subprocess.run(["bash", "-c", script, "bash", *words],
                          capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_bash_completes_every_subcommand():
    names = [n.split() for n in subcommands()]
    assert completed("") == {n[0] for n in names}
    for group in {n[0] for n in names if len(n) == 2}:
        assert completed(group, "") == {n[1] for n in names if n[0] == group
                                        and len(n) == 2}
    assert completed("loc") == {"locations"}
    for name in subcommands():
        assert completed(*name.split(), "--") >= {*long_options(name), "--json"}


def test_it_runs_where_it_is_installed(ctl, tmp_path):
    subprocess.run(["make", "-s", "install-ctl", "DESTDIR=%s" % tmp_path,
                    "PREFIX=/usr"], cwd=ROOT, check=True)
    program = str(tmp_path / "usr/bin/e911ctl")
    assert e911ctl(ctl.proxy.json_socket, "sites", program=program).code == 0
    assert (tmp_path / "usr/share/man/man1/e911ctl.1").exists()
    assert (tmp_path
            / "usr/share/bash-completion/completions/e911ctl").exists()
    assert not list(tmp_path.rglob("__pycache__"))
