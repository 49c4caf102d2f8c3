# SPDX-License-Identifier: GPL-2.0-or-later
"""What manual, guide and README show is there, and is what happens."""
import contextlib
import html
import pathlib
import re

import pytest

from lib import AUSTIN, BASE, ROOT
from lib.profiles import Bench

MANUAL = pathlib.Path(ROOT, "modules/e911/doc/e911_admin.xml")


def shown():
    """The rows of profiles in the examples, in their order."""
    text = html.unescape(MANUAL.read_text())
    found = re.findall(
        r'modparam\("e911", "profile", "((?:[^"\\]|\\.)*)"\)', text)
    return [r.replace('\\"', '"') for r in found]


def built_in():
    table = MANUAL.read_text().split("<title>Built-in profiles</title>")[1]
    table = table.split("</table>")[0].split("<tbody>")[1]
    return re.findall(r"<row><entry>([^<]+)</entry>", table)


def columns():
    table = MANUAL.read_text().split("<title>Columns of a profile</title>")[1]
    table = table.split("</table>")[0].split("<tbody>")[1]
    for name in re.findall(r"<row><entry>([^<]+)</entry>", table):
        yield from name.split(", ")


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Bench(stack, tmp_path_factory.mktemp("manual"), *shown())


def test_its_rows_of_profiles_are_taken(bench):
    names = {r["name"] for r in bench.proxy.jsonrpc("e911.profiles")["result"]}
    assert {"acme", "ersp-a", "carrier"} <= names
    redsky = bench.proxy.jsonrpc("e911.profiles", ["redsky"])["result"]
    assert [(r["country"], r["assumed"]) for r in redsky] == [
        ("", "yes"), ("", "no"), ("CA", "no")]


def test_it_names_all_that_are_built_in(bench):
    rows = bench.proxy.jsonrpc("e911.profiles")["result"]
    own = {"acme", "ersp-a", "carrier"}
    assert set(built_in()) == {r["name"] for r in rows} - own


def test_it_names_every_column():
    code = (MANUAL.parents[1] / "profiles.c").read_text()
    assert sorted(columns()) == sorted(re.findall(r'^\t\{"(\w+)", KIND_', code,
                                                  re.M))


def test_the_call_of_its_first_example(bench):
    bench.state({**AUSTIN, "LOC": "Third floor, second desk from the door",
                 "callback": "+15125550101",
                 "tokens": "acme=4Kq81z,acme-place=home7"})
    came = bench.arrive("acme")
    assert came.h("From").startswith("<sip:4Kq81z@acme.example.net>;tag=")
    assert came.all("Geolocation") == ["home7"]
    assert came.all("Geolocation-Routing") == ["yes"]
    assert came.all("X-Account") == ["4711"]
    assert came.all("X-Office") == ["hq"]
    assert came.all("P-Asserted-Identity") == []


# ----- the operator's guide, and README -----

GUIDE = MANUAL.parent / "operators_guide.md"
README = pathlib.Path(ROOT, "README")
SECURITY = pathlib.Path(ROOT, "SECURITY.md")
ROWS = ("number", "site", "trunk", "profile", "provider", "elin", "validator",
        "key", "notify")
SOURCE = MANUAL.parents[1]
TEXTS = pytest.mark.parametrize("text", [GUIDE, README, MANUAL],
                                ids=lambda p: p.name)


def in_source(name, pattern):
    return set(re.findall(pattern, (SOURCE / name).read_text()))


def blocks():
    """What stands between fences in the guide."""
    return re.findall(r"^```\n(.*?)^```$", GUIDE.read_text(), re.M | re.S)


def rows():
    """[(parameter, row)] of each block, rows of the same name once."""
    for block in blocks():
        found = [m for m in re.findall(r"^(%s) (.*)$" % "|".join(ROWS), block,
                                       re.M) if "..." not in m[1]]
        if found:
            yield found


@TEXTS
def test_every_command_is_one(text):
    asked = set(re.findall(r"kamcmd (e911\.\w+)", text.read_text()))
    assert asked
    assert asked <= in_source("rpc.c", r'\{"(e911\.\w+)",')


@TEXTS
def test_every_parameter_is_one(text):
    named = set(re.findall(r'modparam\("e911", "(\w+)"', text.read_text()))
    assert named
    assert named <= in_source("e911_mod.c", r'\{"(\w+)", PARAM_')


@pytest.mark.parametrize("text", [GUIDE, README], ids=lambda p: p.name)
def test_every_command_of_e911ctl_is_one(text):
    manual = pathlib.Path(ROOT, "utils/e911ctl.1").read_text()
    known = {w.replace("\\-", "-") for w in re.findall(
        r'^\.BR? "?([a-z]+(?: (?:[a-z]+))?)', manual, re.M)}
    asked = re.findall(r"e911ctl ([a-z]+)(?: ([a-z]+))?",
                       " ".join(text.read_text().split()))
    assert asked
    for first, second in asked:
        assert first in known or "%s %s" % (first, second) in known


def test_every_alert_has_its_line():
    rules = pathlib.Path(ROOT, "utils/prometheus/e911-rules.yml").read_text()
    assert (set(re.findall(r"\bE911\w+", GUIDE.read_text()))
            == set(re.findall(r"alert: (E911\w+)", rules)))


def test_its_profiles_are_those_built_in():
    table = GUIDE.read_text().split("| ERSP | profile |")[1].split("\n\n")[0]
    names = {n for cell in re.findall(r"^\|[^|]+\|([^|]+)\|", table, re.M)
             for n in re.split("[,;]", cell.replace("-|", ""))}
    names = {n.strip() for n in names} - {"---", ""}
    assert names <= set(built_in())
    assert set(built_in()) - names == {"value", "reference"}


def test_its_headings_are_there():
    """Each link within the guide has its heading."""
    text = GUIDE.read_text()
    there = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-")
             for h in re.findall(r"^#+ (.*)$", text, re.M)}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= there


def test_its_files_are_there():
    for name in re.findall(r"\b(?:utils|test|modules)/[\w./-]*[\w/]",
                           GUIDE.read_text() + README.read_text()):
        assert pathlib.Path(ROOT, name).exists(), name


def test_its_rows_are_taken(kamailio, tmp_path):
    """Each block by itself, as a file of settings."""
    file = tmp_path / "rows"
    file.write_text("notify name=desk;kind=event\nnotify name=guards;kind=event"
                    "\nnotify name=lobby;kind=event\n")
    proxy = kamailio(BASE + """
loadmodule "dispatcher.so"
loadmodule "@MODULE@"
modparam("dispatcher", "list_file", "@DIR@/dispatcher.list")
modparam("e911", "settings_file", "%s")
modparam("e911", "msag", "file=%s/test/data/msag/sample.csv")
request_route { exit; }
""" % (file, ROOT), files={"dispatcher.list": ""})
    found = list(rows())
    assert len(found) >= 7
    for block in found:
        text = "".join("%s %s\n" % row for row in block)
        for secret in set(re.findall(r"file=(?:file:)?(/etc/[\w./-]+)", text)):
            here = tmp_path / secret.replace("/", "_")
            here.write_text(here.name * 3)
            text = text.replace(secret, str(here))
        file.write_text(text)
        assert proxy.jsonrpc("e911.reload").get("result") == "reloaded", text


def test_what_is_claimed_of_security_has_its_test():
    """Each name behind a file's is a function of that file."""
    claimed = 0
    folder = "func"
    where = None
    for word in re.findall(r"\bunit:|\bfuzz:|\btest_\w+:?|\b[a-z]+(?:_[a-z]+)+\b"
                           r"|\|\n|\n\n", SECURITY.read_text()):
        if word in ("unit:", "fuzz:"):
            folder = word[:-1]
        elif word.endswith("\n"):
            folder, where = "func", None
        elif re.fullmatch(r"test_[a-z0-9_]+:", word) or (
                folder == "unit" and word.startswith("test_")):
            suffix = ".py" if folder == "func" else ".c"
            path = pathlib.Path(ROOT, "test", folder,
                                word.rstrip(":") + suffix)
            where = path.read_text()
        elif where and (word.startswith("test_") or folder == "unit"):
            assert re.search(r"^(?:def|static void) %s\(" % word, where,
                             re.M), word
            claimed += 1
    assert claimed > 60
