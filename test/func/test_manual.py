# SPDX-License-Identifier: GPL-2.0-or-later
"""What the manual shows of profiles is what happens."""
import contextlib
import html
import pathlib
import re

import pytest

from lib import AUSTIN, ROOT
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
