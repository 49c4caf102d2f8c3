# SPDX-License-Identifier: GPL-2.0-or-later
"""The agent's page in a real browser, as Kamailio serves it. What the API says
is made up here, so that each state can be had."""
import contextlib
import json
import os
import sys

import pytest

from lib import ROOT
from lib.browser import Browser
from lib.page import Page, ok, started

sys.path.insert(0, os.path.join(ROOT, "utils/demo"))
from web import Site  # noqa: E402

PAGE = os.path.join(ROOT, "utils/agent-page")

HOME = {"country": "US", "A1": "TX", "A3": "Quillbrook", "RD": "Main",
        "STS": "St", "HNO": "150"}
OTHER = {**HOME, "HNO": "12", "RD": "Oak Park", "STS": "Dr", "FLR": "3"}
VIEW = {"contact": "", "location": HOME, "verdict": "valid", "freshness": "fresh",
        "reason": "", "stated": "2026-11-20T10:00:00Z",
        "confirmed": "2026-11-20T10:00:00Z", "validator": "msag",
        "validated": "2026-11-20T10:00:00Z", "origin": "http", "site": "agents",
        "checking": False, "gate": "open", "suggestions": [], "elements": {}}
ME = {"aor": "alice@example.com", "contact": "", "site": "agents",
      "gate": {"policy": "require", "open": True, "reason": ""},
      "advisory": {"version": None, "acknowledged": None}, "until": ""}
NOWHERE = {"type": "urn:e911:problem:location-missing", "title": "none", "status": 404}
NOT_FOUND = {"type": "urn:e911:problem:invalid", "title": "not found", "status": 422,
             "verdict": "invalid", "elements": {"RD": "invalid"},
             "suggestions": [HOME]}

def view(**changes):
    return ok({**VIEW, **changes}, etag='"1"')


class Agent(Page):
    """A browser on the agent's page."""

    def open(self, answers, token="abc.def"):
        self.api({"GET me": ok(ME), "GET me/places": ok({"places": []}),
                  "POST suggestions": ok({"suggestions": []}), **answers})
        self.goto("#token=" + token if token else "")
        return self

    def state(self, name):
        self.run("await page.locator(`#state[data-state=${args.name}]`).waitFor();",
                 name=name)

    def good(self, name):
        super().good("agent-" + name)


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """The page's, of a Kamailio for all tests that want nothing of their own."""
    with contextlib.ExitStack() as stack:
        yield page_of(started(tmp_path_factory.mktemp("kamailio"), stack))


@pytest.fixture
def server(tmp_path, cleanup):
    """server(parameters...) -> the page's URL"""
    def make(*params):
        folder = tmp_path / "kamailio"
        folder.mkdir()
        return page_of(started(folder, cleanup, *params))
    return make


def page_of(proxy):
    return "http://127.0.0.1:%d/e911/agent/" % proxy.port


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One for all tests, each in a window of its own."""
    made = Browser(tmp_path_factory.mktemp("browser") / "browser.log")
    yield made
    made.close()


@pytest.fixture
def agent(url, browser):
    """agent(options of the context) -> Agent"""
    def make(at=url, **options):
        browser.renew(**options)
        return Agent(browser, at)
    return make


# ----- the token -----

def test_the_token_stays_in_memory_alone(agent):
    alice = agent().open({"GET me/location": view()})
    alice.state("valid")
    assert alice.run("return page.url();") == alice.url
    ask, = alice.asked("GET me")
    assert ask["headers"]["authorization"] == "Bearer abc.def"
    assert alice.run("return page.evaluate(() => [localStorage.length,"
                     " sessionStorage.length, document.cookie]);") == [0, 0, ""]


def test_without_a_token_it_says_where_to_get_one(agent):
    alice = agent().open({}, token=None)
    alice.state("stranger")
    alice.says("Open this page from your phone")
    assert alice.run("return globalThis.asked;") == []
    alice.good("stranger")


def test_a_token_that_is_over_says_how_to_get_another(agent):
    alice = agent().open({"GET me": ok({}, 401)})
    alice.state("over")
    alice.says("Open it again from your phone")
    alice.good("over")
    alice.answer({"GET me": ok(ME), "GET me/location": view()})
    alice.run("await page.evaluate(() => { location.hash = '#token=new'; });")
    alice.state("valid")
    assert alice.asked("GET me")[-1]["headers"]["authorization"] == "Bearer new"


# ----- states -----

STATES = {
    "none": (ok(NOWHERE, 404), "Your location is not known"),
    "checking": (view(checking=True, verdict="unchecked"), "being checked"),
    "valid": (view(), "Your location is known"),
    "unchecked": (view(verdict="unchecked"), "Nobody has checked yet"),
    "corrected": (view(verdict="corrected", gate="open"), "Your address was corrected"),
    "invalid": (view(verdict="invalid", suggestions=[OTHER]), "was not found"),
    "suspect": (view(freshness="suspect", gate="closed"),
                "You seem to be somewhere else. Still here?"),
    "old": (view(reason="old", gate="closed"), "Are you still here?"),
    "expired": (view(freshness="expired", gate="closed"), "has expired"),
    "unusable": (view(verdict="unusable", gate="closed"), "cannot be used"),
}


def test_each_state_is_said_plainly(agent):
    """At 320 px, in both colour schemes."""
    alice = agent(viewport={"width": 320, "height": 640})
    for name, (answer, text) in STATES.items():
        alice.open({"GET me/location": answer})
        alice.state(name)
        assert text in alice.text("#state [role=status]")
        alice.says("911 always works.")
        alice.good(name)
        alice.run("await page.emulateMedia({colorScheme: 'dark'});")
        alice.good(name + "-dark")
        alice.run("await page.emulateMedia({colorScheme: 'light'});")


def test_a_closed_gate_is_said(agent):
    alice = agent().open({"GET me/location": view(freshness="suspect", gate="closed")})
    alice.says("your phone calls 911 and nobody else")


def test_it_says_whose_location_it_is(agent):
    """A link may be another's, sent to have an address stated for him."""
    alice = agent().open({"GET me/location": view()})
    alice.says("Of alice@example.com. Not you?")


def test_a_server_that_is_away_can_be_tried_again(agent):
    alice = agent().open({"GET me": {"status": 0}})
    alice.state("away")
    alice.good("away")
    alice.answer({"GET me": ok(ME), "GET me/location": view()})
    alice.click("Try again")
    alice.state("valid")


def test_spanish(agent):
    alice = agent(locale="es-MX").open({"GET me/location": view()})
    alice.state("valid")
    alice.says("El 911 siempre funciona.")
    assert alice.run("return page.evaluate(() => document.documentElement.lang);") == "es"
    alice.good("spanish")
    alice.run("await page.getByLabel('Idioma').selectOption('en');")
    alice.says("Your location is known")
    alice.open({"GET me/location": view()})
    alice.says("911 always works.")  # it is remembered


def test_the_languages_say_the_same():
    with open(os.path.join(PAGE, "texts.json"), encoding="utf-8") as file:
        texts = json.load(file)
    assert texts["en"].keys() == texts["es"].keys()
    for key, text in texts["en"].items():
        places = {w for w in text.replace("}", "{").split("{")[1::2]}
        assert all("{%s}" % p in texts["es"][key] for p in places), key


# ----- an address -----

def entry(alice):
    alice.state("none")
    alice.fill(HNO="150", RD="Mian St", A3="Quillbrook", A1="TX")


def test_an_address_is_stated(agent):
    alice = agent().open({"GET me/location": ok(NOWHERE, 404),
                          "PUT me/location": view()})
    entry(alice)
    alice.fill(RD="Main St", UNIT="  4 B ")
    alice.click("Save this location")
    alice.state("valid")
    ask, = alice.asked("PUT me/location")
    assert ask["body"] == {"location": {
        "country": "US", "HNO": "150", "RD": "Main St", "UNIT": "4 B",
        "A3": "Quillbrook", "A1": "TX"}}
    assert ask["headers"]["if-none-match"] == "*"
    assert alice.focused() == "state-title"
    assert alice.text("#state-address").split("\n\n") == [
        "150 Main St", "Quillbrook TX", "United States"]


def test_what_is_missing_is_asked_for(agent):
    alice = agent().open({"GET me/location": ok(NOWHERE, 404)})
    alice.state("none")
    alice.fill(RD="Main St")
    alice.click("Save this location")
    alice.says("Please fill this in.")
    assert alice.focused() == "field-HNO"
    assert alice.run("return page.locator('#field-HNO').getAttribute"
                     "('aria-invalid');") == "true"
    assert alice.asked("PUT me/location") == []
    alice.good("missing")


def test_a_wrong_address_is_corrected_by_a_click(agent):
    alice = agent(viewport={"width": 320, "height": 640}).open({
        "GET me/location": ok(NOWHERE, 404),
        "PUT me/location": [ok(NOT_FOUND, 422), view()]})
    entry(alice)
    alice.click("Save this location")
    alice.state("refused")
    alice.says("It was not saved")
    alice.says("Street: Main St instead of Mian St")
    assert alice.text("#suggestions mark") == "Main St"
    assert alice.run("return page.locator('#field-RD').getAttribute"
                     "('aria-invalid');") == "true"
    alice.good("refused")
    alice.click("150 Main St, Quillbrook TX, United States")
    alice.state("valid")
    assert alice.asked("PUT me/location")[1]["body"] == {"location": HOME}


def test_suggestions_come_while_one_types_and_are_taken_by_keyboard(agent):
    alice = agent().open({
        "GET me/location": ok(NOWHERE, 404), "PUT me/location": view(),
        "POST suggestions": ok({"suggestions": [HOME, OTHER]})})
    entry(alice)
    alice.says("2 addresses may be meant")
    assert alice.focused() == "field-A3"  # nobody's focus is taken
    alice.good("suggestions")
    alice.run("""
        await page.locator('#near-list button').first().focus();
        await page.keyboard.press('Enter');""")
    alice.state("valid")
    assert alice.asked("PUT me/location")[0]["body"] == {"location": HOME}


def test_a_correction_is_shown(agent):
    alice = agent().open({
        "GET me/location": ok(NOWHERE, 404),
        "PUT me/location": view(verdict="corrected", location=HOME)})
    entry(alice)
    alice.click("Save this location")
    alice.state("corrected")
    alice.says("Street: Main St instead of Mian St")
    alice.good("corrected-shown")


def test_a_validator_that_is_slow_holds_nobody_up(agent):
    alice = agent().open({
        "GET me/location": [ok(NOWHERE, 404), view(checking=True, verdict="unchecked"),
                            view()],
        "PUT me/location": ok({**VIEW, "checking": True, "verdict": "unchecked"}, 202)})
    entry(alice)
    alice.click("Save this location")
    alice.state("checking")
    alice.says("It is saved already")
    alice.state("valid")


def test_a_field_that_is_malformed_is_named(agent):
    alice = agent().open({
        "GET me/location": ok(NOWHERE, 404),
        "PUT me/location": ok({"title": "Bad", "status": 422, "field": "PC",
                               "detail": "too long"}, 422)})
    entry(alice)
    alice.fill(PC="7" * 20)
    alice.click("Save this location")
    alice.says("This cannot be used: too long")
    assert alice.focused() == "field-PC"
    alice.good("malformed")


def test_a_lost_update_is_refused_and_said(agent):
    alice = agent().open({
        "GET me/location": [view(), ok({**VIEW, "location": OTHER}, etag='"2"')],
        "PUT me/location": [ok({}, 412), view()]})
    alice.state("valid")
    alice.click("Change it")
    alice.fill(HNO="151")
    alice.click("Save this location")
    alice.says("changed elsewhere")
    alice.click("Save this location")
    alice.state("valid")
    first, second = alice.asked("PUT me/location")
    assert first["headers"]["if-match"] == '"1"'
    assert first["body"]["location"] == {**HOME, "HNO": "151"}
    assert second["headers"]["if-match"] == '"2"'
    assert second["body"]["location"] == OTHER


def test_what_is_stated_for_all_devices_is_not_taken_for_this_ones(agent):
    alice = agent().open({
        "GET me": ok({**ME, "contact": "urn:uuid:1"}), "GET me/location": view(),
        "PUT me/location": view(contact="urn:uuid:1")})
    alice.state("valid")
    for _ in range(2):
        alice.click("Change it")
        alice.click("Save this location")
        alice.state("valid")
    first, second = alice.asked("PUT me/location")
    assert first["headers"]["if-none-match"] == "*"
    assert "if-match" not in first["headers"]
    assert second["headers"]["if-match"] == '"1"'


def test_who_changes_his_floor_alone_keeps_the_rest(agent):
    alice = agent().open({
        "GET me/location": view(location={**HOME, "A2": "Larkspur", "PRD": "N"}),
        "PUT me/location": view()})
    alice.state("valid")
    alice.click("Change it")
    assert alice.value("#field-RD") == "N Main St"
    alice.fill(FLR="3")
    alice.click("Save this location")
    alice.state("valid")
    alice.click("Change it")
    assert alice.asked("PUT me/location")[0]["body"]["location"] == {
        **HOME, "A2": "Larkspur", "PRD": "N", "FLR": "3"}


def test_another_country_asks_for_its_own_fields(agent):
    alice = agent().open({"GET me/location": ok(NOWHERE, 404),
                          "PUT me/location": view()})
    entry(alice)
    alice.run("await page.getByLabel('Country').selectOption('CA');")
    alice.says("Province")
    assert alice.focused() == "country"
    alice.fill(A1="ON", A3="Ottawa", PC="K1A 0A9")
    alice.good("canada")
    alice.click("Save this location")
    alice.state("valid")
    location = alice.asked("PUT me/location")[0]["body"]["location"]
    assert (location["country"], location["A1"], location["HNO"]) == ("CA", "ON", "150")


@pytest.mark.parametrize("status,headers,text", [
    (429, {"retry-after": "7"}, "Wait 7 seconds"), (503, {}, "does not answer"),
    (0, {}, "does not answer"), (403, {}, "not allowed"), (500, {}, "(500)")])
def test_what_was_typed_outlives_a_refusal(agent, status, headers, text):
    alice = agent().open({
        "GET me/location": ok(NOWHERE, 404),
        "PUT me/location": [{"status": status, "headers": headers}, view()]})
    entry(alice)
    alice.click("Save this location")
    alice.says(text)
    assert alice.value("#field-RD") == "Mian St"
    alice.click("Save this location")
    alice.state("valid")


# ----- one click -----

@pytest.mark.parametrize("state", ["suspect", "old", "expired"])
def test_still_here_is_one_click(agent, state):
    alice = agent().open({"GET me/location": STATES[state][0],
                          "POST me/location/confirm": view()})
    alice.state(state)
    alice.click("Yes, I am still here")
    alice.state("valid")


def test_a_place_of_before_is_one_click(agent):
    places = [{"id": "a/1", "current": True, "location": HOME, "confirmed": "2026-11-01T00:00:00Z"},
              {"id": "b", "current": False, "location": OTHER, "confirmed": "2026-11-02T00:00:00Z"}]
    alice = agent().open({
        "GET me/location": view(freshness="suspect", gate="closed"),
        "GET me/places": [ok({"places": places})],
        "POST me/places/b/use": view(location=OTHER),
        "DELETE me/places/a%2F1": ok(None, 204)})
    alice.says("12 Oak Park Dr")
    alice.good("places")
    alice.click("I am here now")
    alice.state("valid")
    assert "12 Oak Park Dr" in alice.text("#state-address")
    alice.answer({"GET me/places": ok({"places": places[1:]})})
    alice.run("await page.getByRole('button', {name: 'Forget it'}).first().click();")
    alice.good("ask")
    alice.click("Yes")
    alice.says("The place is forgotten.")
    assert len(alice.asked("DELETE me/places/a%2F1")) == 1
    assert alice.focused() == "places-title"


# ----- the browser's position -----

def test_the_position_is_asked_for_by_a_click_alone(agent):
    alice = agent(permissions=["geolocation"],
                  geolocation={"latitude": 30.2672, "longitude": -97.7431, "accuracy": 50})
    alice.open({"GET me/location": ok(NOWHERE, 404), "PUT me/location": view()})
    entry(alice)
    alice.run("await page.evaluate(() => { const g = navigator.geolocation;"
              " window.calls = 0; const real = g.getCurrentPosition.bind(g);"
              " g.getCurrentPosition = (...a) => { window.calls += 1; real(...a); }; });")
    assert alice.run("return page.evaluate(() => window.calls);") == 0
    alice.click("Add my position")
    alice.says("within 50.0 m")
    alice.good("position")
    alice.click("Save this location")
    alice.state("valid")
    location = alice.asked("PUT me/location")[0]["body"]["location"]
    assert (location["shape"], location["pos"], location["radius"]) == (
        "Circle", "30.267200 -97.743100", "50.0")
    assert location["HNO"] == "150"


def test_a_position_that_is_denied_stops_nobody(agent):
    alice = agent().open({"GET me/location": ok(NOWHERE, 404), "PUT me/location": view()})
    entry(alice)
    alice.click("Add my position")
    alice.says("The address alone is enough")
    alice.click("Save this location")
    alice.state("valid")
    assert "shape" not in alice.asked("PUT me/location")[0]["body"]["location"]


# ----- the advisory, and what is kept -----

def test_the_advisory_is_acknowledged_with_its_date(agent):
    wanted = {**ME, "advisory": {"version": "2026-1", "acknowledged": None}}
    alice = agent().open({
        "GET me": ok(wanted), "GET me/location": view(),
        "PUT me/acknowledgement": ok({"version": "2026-1",
                                      "acknowledged": "2026-11-25T08:00:00Z"})})
    alice.says("Without power or internet")
    alice.good("advisory")
    alice.click("I have read and understood this")
    alice.says("You acknowledged this on Nov 25, 2026")
    assert alice.asked("PUT me/acknowledgement")[0]["body"] == {"version": "2026-1"}
    assert not alice.run("return page.locator('#acknowledge').isVisible();")


def test_what_is_kept_can_be_had_and_deleted(agent):
    alice = agent().open({
        "GET me/location": view(), "GET me/export": ok({"aor": "alice"}),
        "DELETE me": ok({"locations": 1})})
    alice.state("valid")
    kept = alice.run("""
        const [file] = await Promise.all([page.waitForEvent('download'),
          page.getByRole('button', {name: 'Download it'}).click()]);
        const chunks = [];
        for await (const c of await file.createReadStream()) { chunks.push(c); }
        return JSON.parse(Buffer.concat(chunks));""")
    assert kept == {"aor": "alice"}
    alice.click("Delete it")
    alice.click("No")
    assert alice.asked("DELETE me") == []
    alice.answer({"GET me/location": ok(NOWHERE, 404)})
    alice.click("Delete it")
    alice.click("Yes, delete")
    alice.state("none")
    assert len(alice.asked("DELETE me")) == 1


# ----- strangers' text -----

def test_text_is_text_wherever_it_comes_from(agent):
    evil = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'
    bad = {k: evil for k in ("HNO", "RD", "STS", "A3", "A1", "PC", "UNIT", "FLR",
                             "ROOM", "BLD", "LOC")}
    bad["country"] = "US"
    alice = agent(viewport={"width": 320, "height": 640}).open({
        "GET me/location": view(location=bad, verdict="invalid", validator=evil,
                                reason=evil, gate=evil, suggestions=[{**bad, "RD": evil * 2}],
                                stated=evil),
        "GET me/places": ok({"places": [{"id": evil, "location": bad, "confirmed": evil}]}),
        "POST suggestions": ok({"suggestions": [{**bad, "A3": evil + "2"}]}),
        "PUT me/location": ok({"title": evil, "detail": evil, "field": evil,
                               "status": 422}, 422)})
    alice.state("invalid")
    assert evil in alice.text("#state-address")
    alice.good("markup")
    alice.click("Change it")
    alice.fill(HNO=evil + "x")
    alice.run("await page.locator('#near-list button').waitFor();")
    alice.click("Save this location")
    alice.says("This cannot be used")
    assert alice.run("return page.evaluate(() => [window.hit,"
                     " document.querySelectorAll('img').length]);") == [None, 0]


# ----- in a softphone -----

FRAME = """<!doctype html><html lang="en"><title>phone</title><script>
window.heard = []; addEventListener('message', (e) => heard.push(e.data));
</script><iframe title="page" width="600" height="900"></iframe>"""


@pytest.fixture
def phone(tmp_path, cleanup):
    """The origin of a site with such a page."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site/index.html").write_text(FRAME)
    site = Site(tmp_path / "site", {})
    cleanup.callback(site.close)
    return "http://localhost:%d" % site.port


def frame(alice, origin, answers):
    """The page in a frame of a page of that origin."""
    alice.api({"GET me": ok(ME), "GET me/places": ok({"places": []}),
               "POST suggestions": ok({"suggestions": []}), **answers})
    alice.run("""
        await page.goto(args.origin + '/');
        await page.evaluate((url) => { document.querySelector('iframe').src = url; },
                            args.url);
    """, origin=origin, url=alice.url + "#token=t")


def heard(alice):
    return alice.run("return page.evaluate(() => window.heard);")


def in_frame(alice, script, **args):
    return alice.run("const frame = page.frameLocator('iframe');" + script, **args)


def wait_heard(alice):
    alice.run("await page.waitForFunction(() => window.heard.length > 0);")
    return heard(alice)


ALLOWED = 'modparam("e911", "web_origin", "https://a.example.com,%s")'


def test_the_softphone_hears_that_it_is_stated(agent, server, phone):
    alice = agent(server(ALLOWED % phone))
    frame(alice, phone, {"GET me/location": ok(NOWHERE, 404), "PUT me/location": view()})
    in_frame(alice, """
        for (const [name, value] of Object.entries(args.fields)) {
          await frame.locator(`input[name=${name}]`).fill(value);
        }
        await frame.locator('[name=A1]').selectOption('TX');
        await frame.getByRole('button', {name: 'Save'}).click();""",
             fields={"HNO": "150", "RD": "Main St", "A3": "Quillbrook"})
    assert wait_heard(alice) == [
        {"type": "e911-location", "state": "stated", "verdict": "valid"}]


def test_the_softphone_hears_of_a_correction_when_it_was_seen(agent, server, phone):
    alice = agent(server(ALLOWED % phone))
    frame(alice, phone, {"GET me/location": view(freshness="suspect", gate="closed"),
                         "POST me/location/confirm": view(verdict="corrected")})
    in_frame(alice, """
        await frame.getByRole('button', {name: 'still here'}).click();
        await frame.locator('#state[data-state=corrected]').waitFor();""")
    assert heard(alice) == []
    in_frame(alice, "await frame.getByRole('button', {name: 'It is right'}).click();")
    assert wait_heard(alice) == [
        {"type": "e911-location", "state": "confirmed", "verdict": "corrected"}]


def test_the_softphone_is_told_to_close(agent, server, phone):
    alice = agent(server(ALLOWED % phone))
    frame(alice, phone, {"GET me/location": view()})
    in_frame(alice, "await frame.getByRole('button', {name: 'Close'}).click();")
    assert wait_heard(alice)[0]["state"] == "closed"


def test_a_stranger_may_not_frame_it(agent, server, phone):
    alice = agent(server(ALLOWED % "http://localhost:1"))
    frame(alice, phone, {"GET me/location": view()})
    alice.run("""
        const end = Date.now() + 5000;
        while (!said.some((m) => m.includes('frame-ancestors'))) {
          if (Date.now() > end) { throw new Error('framed'); }
          await new Promise((r) => setTimeout(r, 50));
        }""")
    assert alice.run("return globalThis.asked;") == []
