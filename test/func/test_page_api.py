# SPDX-License-Identifier: GPL-2.0-or-later
"""The pages in a real browser, with the API as it is: from what an agent types
to what the ERSP gets."""
import pytest

from lib import ROOT, civic, e911_proxy, state, until
from lib.api import KEYS, Client, keys, token
from lib.browser import Browser
from lib.page import Page
from lib.validator import Validator, says

ALICE = "sip:alice@example.test"
BOB = "sip:bob@example.test"
CALL = "sip:911@example.test"
HOME = {"country": "US", "A1": "TX", "A3": "Quillbrook", "RD": "Main",
        "STS": "St", "HNO": "150"}
XHTTP = 'loadmodule "xhttp.so"\ntcp_accept_no_cl=yes\n'
ROUTE = "event_route[xhttp:request] { e911_http(); }"


class World:
    """A proxy with the pages; page(name) -> Page in a browser of its own."""

    def __init__(self, proxy, ersp, page):
        self.proxy, self.ersp, self.page = proxy, ersp, page

    def agent(self, aor=ALICE, **options):
        page = self.page("agent", **options)
        page.goto("#token=" + token(aor))
        return page

    def operator(self, role="read", **options):
        page = self.page("operator", **options)
        page.goto()
        page.run("await page.getByLabel('Operator key').fill(args.key);", key=KEYS[role])
        page.click("Show")
        return page


@pytest.fixture
def world(kamailio, uas, tmp_path, cleanup):
    """world(row of the site, parameters...) -> World, with a guide of streets"""
    def make(row="validate=msag;invalid=refuse;country=US", *params, **how):
        pages = tmp_path / "pages"
        pages.mkdir()
        for name in "agent", "operator":
            (pages / name).symlink_to("%s/utils/%s-page" % (ROOT, name))
        ersp = uas("take")
        proxy = e911_proxy(
            kamailio, ersp, LOAD=XHTTP, ROUTES=ROUTE, PARAMS="\n".join([
                keys(tmp_path),
                'modparam("e911", "site", "name=hq;set=1;%s")' % row,
                'modparam("e911", "msag", "file=%s/test/data/msag/sample.csv")' % ROOT,
                'modparam("e911", "page_dir", "%s")' % pages, *params]), **how)
        until(lambda: proxy.jsonrpc("e911.msag")["result"]["ranges"], 10, "a guide")
        count = iter(range(9))

        def page(name, **options):
            browser = Browser(tmp_path / ("browser%d.log" % next(count)), **options)
            cleanup.callback(browser.close)
            return Page(browser, "http://127.0.0.1:%d/e911/%s/" % (proxy.port, name))
        return World(proxy, ersp, page)
    return make


def in_state(page, name):
    page.run("await page.locator(`#state[data-state=${args.name}]`).waitFor();",
             name=name)


def save(page, **fields):
    page.fill(**fields)
    page.click("Save this location")


def sent(ua, world, user="alice"):
    """The address that arrives with a call of hers."""
    n = len(world.ersp.invites)
    call = ua(world.proxy, user=user).invite(CALL)
    assert call.final().status == 200
    call.ack()
    call.bye()
    return civic(world.ersp.wait_invites(n + 1)[n].location()[0].body)


def test_a_wrong_address_becomes_a_right_one_and_goes_with_the_call(world, ua):
    w = world()
    alice = w.agent(viewport={"width": 320, "height": 640})
    in_state(alice, "none")
    save(alice, HNO="150", RD="Mian St", UNIT="4B", A3="Quillbrook", A1="TX")
    in_state(alice, "refused")
    alice.good("api-refused")
    alice.run("await page.locator('#suggestions button').first().click();")
    in_state(alice, "valid")
    alice.good("api-valid")
    found = sent(ua, w)
    assert (found["HNO"], found["RD"].upper(), found["UNIT"]) == ("150", "MAIN", "4B")
    alice.goto("#token=" + token(ALICE))
    in_state(alice, "valid")
    alice.says("Checked by msag")


def test_the_guide_helps_while_one_types(world):
    alice = world().agent()
    in_state(alice, "none")
    alice.fill(HNO="150", RD="Mian St", A3="Quillbrook", A1="TX")
    alice.run("await page.locator('#near-list button').first().click();")
    in_state(alice, "valid")


def test_a_validator_that_hangs_holds_up_nobody(world, cleanup):
    shop = Validator(says("valid"), delay=3)
    cleanup.callback(shop.close)
    w = world("validate=rest:shop;country=US",
              'modparam("e911", "validator", "name=shop;like=generic;url=%s;'
              'timeout_ms=8000")' % shop.url(),
              'modparam("e911", "validate_wait", 300)')
    alice = w.agent()
    in_state(alice, "none")
    save(alice, HNO="150", RD="Main St", A3="Quillbrook", A1="TX")
    in_state(alice, "checking")
    in_state(alice, "valid")


def test_two_windows_do_not_overwrite_each_other(world):
    w = world()
    state(w.proxy, ALICE, HOME)
    here, there = w.agent(), w.agent()
    for page in here, there:
        in_state(page, "valid")
        page.click("Change it")
    save(here, HNO="151")
    in_state(here, "valid")
    save(there, HNO="152")
    there.says("changed elsewhere")
    assert there.value("#field-HNO") == "151"
    save(there, HNO="152")
    in_state(there, "valid")


def test_a_token_that_is_over_or_forged_opens_nothing(world):
    w = world()
    state(w.proxy, ALICE, HOME)
    page = w.page("agent")
    for bad in (token(ALICE, life=-3600), token(ALICE, secret="x" * 32), "a.b.c"):
        page.goto("#token=" + bad)
        in_state(page, "over")
        assert "Main" not in page.run("return page.content();")


def test_nobody_sees_another_agent(world):
    w = world()
    state(w.proxy, ALICE, HOME)
    in_state(w.agent(BOB), "none")


def test_strange_text_comes_back_as_text(world, ua):
    w = world("country=US")
    alice = w.agent()
    evil = '<img src=x onerror="window.hit=1">&amp;'
    in_state(alice, "none")
    save(alice, HNO="1", RD=evil, A3=evil, A1="TX", LOC=evil)
    in_state(alice, "unchecked")
    assert evil in alice.text("#state-address")
    alice.good("api-markup")
    noc = w.operator()
    noc.run("await page.locator('[name=gate]').selectOption('');")
    noc.says(evil)
    for page in alice, noc:
        assert page.run("return page.evaluate(() => [window.hit,"
                        " document.querySelectorAll('img').length]);") == [None, 0]
    assert sent(ua, w)["RD"] == evil


def test_the_advisory_and_what_is_kept(world):
    w = world("country=US;advisory=2026-1")
    state(w.proxy, ALICE, HOME)
    alice = w.agent()
    alice.says("Please read this")
    alice.click("I have read and understood this")
    alice.says("You acknowledged this on")
    alice.goto("#token=" + token(ALICE))
    alice.says("You acknowledged this on")
    kept = alice.run("""
        const [file] = await Promise.all([page.waitForEvent('download'),
          page.getByRole('button', {name: 'Download it'}).click()]);
        const chunks = [];
        for await (const c of await file.createReadStream()) { chunks.push(c); }
        return JSON.parse(Buffer.concat(chunks));""")
    assert kept["acknowledgement"]["version"] == "2026-1"
    assert kept["locations"]
    alice.click("Delete it")
    alice.click("Yes, delete")
    in_state(alice, "none")
    client = Client(w.proxy, token(ALICE))
    assert client.get("/me/location").status == 404
    client.close()


def test_the_operator_sees_all_of_it(world, ua):
    w = world("validate=msag;invalid=store;country=US;gate=require;invalid_gate=closed")
    state(w.proxy, ALICE, HOME)
    state(w.proxy, BOB, {**HOME, "RD": "Nowhere", "HNO": "9999"})
    sent(ua, w)
    noc = w.operator(viewport={"width": 1280, "height": 900})
    noc.says("bob@example.test")
    noc.says("alice@example.test")  # in the list of calls

    def rows(table):
        return noc.run("""
            return page.locator(`#${args.table} tbody tr`).evaluateAll((rows) =>
              rows.map((r) => [...r.cells].map((c) => c.textContent)));""", table=table)
    assert rows("locations")[0][:5] == [
        "bob@example.test", "hq", "closed", "invalid", "fresh"]
    assert [r[:2] for r in rows("coverage")] == [["hq", "require"]]
    assert rows("ersps")[0][0] == w.ersp.uri()
    call, = rows("calls")
    assert call[1:3] == ["alice@example.test", "hq"] and call[-1] != "not yet"
    noc.good("api-operator")


def test_an_agent_is_no_operator(world):
    w = world()
    noc = w.page("operator")
    noc.goto()
    noc.run("await page.getByLabel('Operator key').fill(args.key);", key=token(ALICE))
    noc.click("Show")
    noc.says("(403)")
    noc.run("await page.getByRole('button', {name: 'Forget'}).click();")
    noc.run("await page.getByLabel('Operator key').fill('x'.repeat(40));")
    noc.click("Show")
    noc.says("This key is not taken.")
