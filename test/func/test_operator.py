# SPDX-License-Identifier: GPL-2.0-or-later
"""The operator's page in a real browser, as Kamailio serves it. What the API
says is made up here."""
import contextlib

import pytest

from lib.browser import Browser
from lib.page import Page, ok, started

KEY = "k" * 40

SITES = [
    {"site": "north", "contacts": 10, "located": 9, "gated": 1,
     "counted": "2026-11-25T08:00:00Z",
     "locations": {"valid": {"fresh": 7, "suspect": 1}, "corrected": {"fresh": 1}}},
    {"site": "south", "contacts": 200, "located": 200, "gated": 0,
     "counted": "2026-11-25T08:00:00Z", "locations": {"invalid": {"fresh": 200}}}]
ERSPS = [
    {"uri": "sip:a.example.net", "set": 1, "priority": 20, "health": "active",
     "probed": True, "drained": False, "profile": "value"},
    {"uri": "sip:b.example.net", "set": 1, "priority": 10, "health": "inactive",
     "probed": True, "drained": False, "profile": "value"}]
CALL = {"call": "1a2b", "aor": "alice@example.com", "contact": "", "site": "north",
        "callback": "+15125550100", "elin": "", "started": "2026-11-25T08:00:00Z",
        "ended": None, "trunk": False, "proven": True, "test": False}
ROW = {"aor": "bob@example.com", "contact": "", "site": "north", "gate": "closed",
       "verdict": "valid", "freshness": "suspect", "reason": "moved",
       "confirmed": "2026-11-20T08:00:00Z",
       "location": {"country": "US", "A1": "TX", "A3": "Quillbrook", "RD": "Main",
                    "STS": "St", "HNO": "150"}}
GATES = [{"name": "north", "gate": "require", "set": 1},
         {"name": "south", "gate": "off", "set": 1}]
ANSWERS = {"GET coverage": ok({"sites": SITES}), "GET sites": ok({"sites": GATES}),
           "GET ersps": ok({"ersps": ERSPS}),
           "GET calls": ok({"calls": [CALL]}),
           "GET locations": ok({"locations": [ROW]})}


class Operator(Page):
    def open(self, key=KEY, **answers):
        self.api({**ANSWERS, **{"GET " + k: v for k, v in answers.items()}})
        self.goto()
        if key:
            self.run("await page.getByLabel('Operator key').fill(args.key);", key=key)
            self.click("Show")
        return self

    def rows(self, table):
        """[[text of a cell]] as they stand there."""
        return self.run("""
            return page.locator(`#${args.table} tbody tr`).evaluateAll((rows) =>
              rows.map((r) => [...r.cells].map((c) => c.textContent)));""", table=table)

    def good(self, name):
        super().good("operator-" + name)


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """The page's, of a Kamailio for all tests."""
    with contextlib.ExitStack() as stack:
        proxy = started(tmp_path_factory.mktemp("kamailio"), stack)
        yield "http://127.0.0.1:%d/e911/operator/" % proxy.port


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One for all tests, each in a window of its own."""
    made = Browser(tmp_path_factory.mktemp("browser") / "browser.log")
    yield made
    made.close()


@pytest.fixture
def operator(url, browser):
    """operator(options of the context) -> Operator"""
    def make(**options):
        browser.renew(**options)
        return Operator(browser, url)
    return make


def test_all_on_one_screen(operator):
    noc = operator(viewport={"width": 1280, "height": 900}).open()
    noc.says("bob@example.com")
    assert noc.rows("coverage") == [
        ["north", "require", "10", "9 (90 %)", "8", "9", "1", "1"],
        ["south", "off", "200", "200 (100 %)", "200", "0", "0", "0"]]
    assert [r[:2] for r in noc.rows("ersps")] == [
        ["sip:a.example.net", "✓ active"], ["sip:b.example.net", "✗ inactive"]]
    assert [r[1] for r in noc.rows("calls")] == ["alice@example.com"]
    assert noc.rows("locations")[0][-1] == "150 Main St, Quillbrook TX"
    totals = noc.text("#totals").split()
    assert totals[:4] == ["Registered", "210", "Located", "209"]
    assert noc.run("return page.evaluate(() => [document.documentElement.scrollHeight,"
                   " innerHeight]);") == [900, 900]
    noc.good("all")
    noc.run("await page.emulateMedia({colorScheme: 'dark'});")
    noc.good("all-dark")


def test_on_a_small_screen(operator):
    noc = operator(viewport={"width": 320, "height": 640})
    noc.open(key=None)
    noc.good("small-key")
    noc.open()
    noc.says("bob@example.com")
    noc.good("small")


def test_the_key_lives_as_long_as_the_window(operator):
    noc = operator().open()
    noc.says("bob@example.com")
    ask = noc.asked("GET coverage")[0]
    assert ask["headers"]["authorization"] == "Bearer " + KEY
    assert noc.run("return page.evaluate(() => [localStorage.length, document.cookie,"
                   " location.search + location.hash]);") == [0, "", ""]
    noc.run("await page.reload();")
    noc.says("bob@example.com")
    noc.click("Forget the key")
    assert noc.run("return page.evaluate(() => sessionStorage.length);") == 0
    assert noc.focused() == "key"
    assert "bob@example.com" not in noc.run("return page.content();")


def test_a_key_that_is_not_taken(operator):
    noc = operator().open(coverage=ok({}, 401))
    noc.says("This key is not taken.")
    noc.good("refused")
    asked = len(noc.asked("GET coverage"))
    noc.open("clé" * 10)
    noc.says("This key is not taken.")
    assert noc.asked("GET coverage") == [] and asked == 1


def test_it_asks_again_and_touches_only_what_has_changed(operator):
    noc = operator()
    # the page's clock is ours
    noc.run("await page.clock.install();")
    noc.open()
    noc.says("bob@example.com")
    noc.run("""
        await page.evaluate(() => {
          window.touched = [];
          new MutationObserver((all) => all.forEach((m) => window.touched.push(
            m.target.textContent))).observe(document.getElementById('panels'),
            {childList: true, characterData: true, subtree: true});
          document.querySelector('#coverage th button').focus();
        });""")
    other = [{**SITES[0], "gated": 5}, SITES[1]]
    noc.answer({"GET coverage": ok({"sites": other})})
    noc.run("""
        await page.clock.runFor(6000);
        await page.waitForFunction(() => window.touched.length > 1);""")
    assert noc.rows("coverage")[0][-1] == "5"
    assert sorted(noc.run("return page.evaluate(() => window.touched);")) == ["5", "5"]
    assert noc.run("return page.evaluate(() => document.activeElement.textContent);") == "Site"
    noc.click("Pause")
    asked = len(noc.asked("GET coverage"))
    noc.run("await page.clock.runFor(60000);")
    assert len(noc.asked("GET coverage")) == asked


def test_tables_are_sorted_by_a_click(operator):
    noc = operator().open()
    noc.says("bob@example.com")
    header = "#coverage th:nth-child(3)"

    def sites():
        return [r[0] for r in noc.rows("coverage")]
    noc.run("await page.locator(args.h + ' button').click();", h=header)
    assert sites() == ["north", "south"]  # 10 before 200: as numbers
    noc.run("await page.locator(args.h + ' button').press('Enter');", h=header)
    assert sites() == ["south", "north"]
    assert noc.run("return page.locator(args.h).getAttribute('aria-sort');",
                   h=header) == "descending"
    noc.good("sorted")


def test_locations_are_filtered(operator):
    others = [{**ROW, "aor": "carol@example.com", "gate": "open", "freshness": "fresh",
               "verdict": "invalid", "site": "south"}]
    noc = operator().open(locations=ok({"locations": [ROW] + others}))
    noc.says("bob@example.com")

    def names():
        return [r[0] for r in noc.rows("locations")]
    assert names() == ["bob@example.com"]
    noc.run("await page.locator('[name=gate]').selectOption('');")
    assert names() == ["bob@example.com", "carol@example.com"]
    noc.run("await page.locator('[name=site]').selectOption('south');")
    assert names() == ["carol@example.com"]
    noc.run("await page.getByLabel('Holds').fill('nobody');")
    assert names() == []
    assert noc.asked("GET locations")[-1]["query"]["site"] == "south"


def test_further_pages_are_asked_for(operator):
    noc = operator().open(locations=[
        ok({"locations": [ROW], "cursor": "c1"}),
        ok({"locations": [ROW], "cursor": "c1"}),
        ok({"locations": [{**ROW, "aor": "dan@example.com"}]})])
    noc.says("bob@example.com")
    noc.click("More")
    noc.says("dan@example.com")
    assert noc.asked("GET locations")[-1]["query"]["cursor"] == "c1"


@pytest.mark.parametrize("answer,text", [
    ({"status": 0}, "No answer"), (ok({}, 503), "(503)"), (ok({}, 403), "(403)")])
def test_what_cannot_be_had_is_said_and_the_rest_shown(operator, answer, text):
    noc = operator().open(ersps=answer)
    noc.says("bob@example.com")
    noc.says(text)
    assert noc.rows("ersps") == []
    noc.good("fault")


def test_text_is_text_wherever_it_comes_from(operator):
    evil = '<img src=x onerror="window.hit=1">'
    noc = operator().open(
        coverage=ok({"sites": [{**SITES[0], "site": evil}]}),
        sites=ok({"sites": [{"name": evil, "gate": evil, "set": 1}]}),
        ersps=ok({"ersps": [{**ERSPS[0], "uri": evil, "health": evil,
                             "profile": evil}]}),
        calls=ok({"calls": [{k: evil for k in CALL}]}),
        locations=ok({"locations": [{**ROW, "aor": evil, "verdict": evil,
                                     "reason": evil, "contact": evil, "site": evil,
                                     "location": {"country": "US", "RD": evil}}]}))
    noc.says(evil)
    assert noc.rows("locations")[0][-1] == evil
    assert noc.run("return page.evaluate(() => [window.hit,"
                   " document.querySelectorAll('img').length]);") == [None, 0]
