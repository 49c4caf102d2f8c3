# SPDX-License-Identifier: GPL-2.0-or-later
"""The softphone in a real browser, against all of what `make run` starts."""
import contextlib
import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from lib import ROOT, until
from lib.browser import MODULES, Browser
from lib.detour import Detour

sys.path.insert(0, os.path.join(ROOT, "utils/demo"))
from scene import free_port  # noqa: E402
from town import Town  # noqa: E402

HOME = {"country": "US", "A1": "TX", "A3": "Quillbrook", "RD": "Main",
        "STS": "St", "HNO": "150"}
ALICE = "alice@cc.example.com"
PSAP = "127.0.0.2"
PACKETS = 50  # a second of audio


@pytest.fixture
def town(tmp_path):
    with contextlib.ExitStack() as stack:
        yield Town(tmp_path, stack, free_port(), free_port(), free_port()).start()


@pytest.fixture
def browser(tmp_path, cleanup):
    """browser(options...) -> Browser"""
    def make(**options):
        made = Browser(tmp_path / "browser.log", **options)
        cleanup.callback(made.close)
        return made
    return make


@pytest.fixture
def phone(town, browser):
    """phone(user, ...) -> Browser with the softphone, logged in"""
    def make(user="alice", **options):
        made = browser(**options)
        login(town, made, user)
        return made
    return make


def login(town, browser, user="alice"):
    browser.run("""
        await page.goto(args.url);
        await page.getByLabel('Agent').fill(args.user);
        await page.getByLabel('Password').fill(args.user + '-secret');
        await page.getByRole('button', {name: 'Log in'}).click();
        await page.getByText('Ready').waitFor();""",
                url=town.softphone, user=user)


def state(town, aor=ALICE, fields=HOME):
    town.scene.kamcmd("e911.loc_set", aor, json.dumps(fields))


def dial(browser, number):
    browser.run("""
        await page.getByLabel('Number').fill(args.number);
        await page.getByRole('button', {name: 'Call', exact: true}).click();""",
                number=number)


def talks(browser, peer):
    """In a call whose sound goes both ways."""
    browser.run("await page.getByText('In a call with ' + args.peer).waitFor();",
                peer=peer)
    hears(browser)


def hears(browser):
    def media():
        found = browser.run("return stats(page);")
        return found["received"] >= PACKETS and found["sent"] >= PACKETS
    until(media, 10, "audio both ways", every=0.2)


def hang_up(browser):
    browser.run("""
        await page.getByRole('button', {name: 'Hang up'}).click();
        await page.getByText('The call has ended').waitFor();""")


def says(browser, text):
    browser.run("await page.getByText(args.text).first().waitFor();", text=text)


def invites(town, name="ersp-b"):
    return town.scene.events(name, "invite")


def arrived(town, count=1, name="ersp-b"):
    return until(lambda: len(invites(town, name)) >= count and invites(town, name),
                 10, "the INVITE arrives")[count - 1]


def modal(browser):
    browser.run("await page.locator('dialog[open] iframe').waitFor();")


def close_modal(browser):
    browser.run("await page.getByRole('button', {name: 'Close'}).click();")


def test_911_goes_while_no_location_is_known(town, phone):
    alice = phone()
    modal(alice)
    close_modal(alice)
    dial(alice, "911")
    talks(alice, "911")
    says(alice, "Your location is not known")
    assert arrived(town)["pidf"] == ""
    hang_up(alice)
    until(lambda: town.scene.events("ersp-b", "bye"), 5, "BYE")


def test_a_refused_call_opens_the_page(town, phone):
    """The location goes while the phone believes that it has one."""
    state(town)
    alice = phone()
    town.scene.kamcmd("e911.loc_del", ALICE)
    dial(alice, "5125550100")
    modal(alice)
    assert "403" in alice.run("return page.locator('#status').innerText();")
    assert alice.run("return page.locator('#frozen').innerText();")
    assert invites(town, "carrier") == []


def test_911_takes_the_place_of_another_call(town, phone):
    state(town)
    alice = phone()
    dial(alice, "5125550100")
    talks(alice, "5125550100")
    alice.run("await page.getByRole('button', {name: 'Call 911'}).click();")
    talks(alice, "911")
    says(alice, "Your location was sent")
    assert arrived(town)["civic"]["HNO"] == "150"
    until(lambda: town.scene.events("carrier", "bye"), 5, "the other call ends")
    assert town.scene.events("ersp-b", "bye") == []


def test_911_waits_for_no_microphone(town, phone):
    state(town)
    alice = phone(microphone=False)
    dial(alice, "5125550100")
    says(alice, "nobody will hear you")
    assert invites(town, "carrier") == []
    dial(alice, "911")
    arrived(town)
    says(alice, "In a call with 911")
    says(alice, "they do not hear you")
    alice.screenshot("softphone-911-without-microphone")
    hang_up(alice)


def test_a_call_without_sending_audio_is_offered(town, phone):
    state(town)
    alice = phone(microphone=False)
    dial(alice, "5125550100")
    alice.run("await page.getByRole('button', {name: 'Call without'}).click();")
    says(alice, "In a call with 5125550100")
    assert arrived(town, name="carrier")["sdp"]


def test_911_goes_when_rtpengine_is_dead(town, phone):
    state(town)
    alice = phone()
    town.relay.kill()
    town.relay.wait()
    dial(alice, "911")
    call = arrived(town)
    assert call["civic"]["HNO"] == "150"
    assert call["sdp"].startswith("v=0")


def test_browsers_call_each_other(town, phone):
    state(town)
    state(town, "bob@cc.example.com")
    alice, bob = phone(), phone("bob")
    dial(alice, "bob")
    says(bob, "alice is calling")
    bob.run("await page.getByRole('button', {name: 'Answer'}).click();")
    talks(alice, "bob")
    talks(bob, "alice")
    hang_up(bob)
    says(alice, "The call has ended")


def test_the_psap_calls_the_browser_back(town, phone, ua):
    """To the number that the agent's 911 call named, from the PSAP's side."""
    state(town)
    alice = phone()
    dial(alice, "911")
    talks(alice, "911")
    hang_up(alice)
    psap = ua(SimpleNamespace(host="127.0.0.1", port=town.port), host=PSAP)
    call = psap.invite("sip:alice@cc.example.com")
    assert re.match("18", str(call.wait(180).status))
    says(alice, "is calling")
    alice.run("await page.getByRole('button', {name: 'Answer'}).click();")
    assert call.final().status == 200
    assert "RTP/AVP" in call.final().sdp.decode()
    call.ack()
    assert call.bye().final().status == 200
    says(alice, "The call has ended")


def test_an_agent_who_has_moved_may_call_911_alone(town, phone, cleanup):
    state(town)
    alice = phone()
    dial(alice, "5125550100")
    talks(alice, "5125550100")
    hang_up(alice)
    move(town, cleanup)
    login(town, alice)
    modal(alice)
    says(alice, "You seem to be somewhere else")
    close_modal(alice)
    dial(alice, "5125550100")
    modal(alice)
    assert len(invites(town, "carrier")) == 1
    close_modal(alice)
    dial(alice, "911")
    assert arrived(town)["civic"]["HNO"] == "150"


def move(town, cleanup):
    """From the next log in on, everybody comes from another network."""
    way = Detour(("127.0.0.1", town.web_port), "127.0.0.3")
    cleanup.callback(way.close)
    town.site.configure(town.config(way.port))


AXE = """
    await page.addScriptTag({content: args.axe});
    const {violations} = await page.evaluate(() => axe.run());
    return violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' '));
"""


def test_everybody_can_use_it(town, browser):
    """axe-core finds nothing, and nothing is wider than 320 px."""
    alice = browser(bypassCSP=True, viewport={"width": 320, "height": 640})
    with open(os.path.join(MODULES, "node_modules/axe-core/axe.min.js"),
              encoding="utf-8") as file:
        axe = file.read()

    def accessible(name):
        assert alice.run(AXE, axe=axe) == [], name
        assert alice.run("return page.evaluate(() => "
                         "document.documentElement.scrollWidth);") <= 320, name
        alice.screenshot("softphone-" + name)
    alice.run("await page.goto(args.url);", url=town.softphone)
    accessible("login")
    login(town, alice)
    modal(alice)
    page_says(alice, "none")
    accessible("modal")
    close_modal(alice)
    accessible("frozen")
    dial(alice, "911")
    talks(alice, "911")
    accessible("911")


def test_what_headers_say():
    done = subprocess.run(["node", "--test", "test/browser/e911.test.mjs"],
                          cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


# ----- the story -----

def frame(browser, script, **args):
    """The script, with the frame of the agent's page."""
    return browser.run("const frame = page.frameLocator('dialog[open] iframe');"
                       + script, **args)


def page_says(browser, state):
    frame(browser, "await frame.locator("
          "`#state[data-state=${args.state}]`).waitFor();", state=state)


def click(browser, name):
    frame(browser, "await frame.getByRole('button', {name: args.name})"
          ".first().click();",
          name=name)


def enter(browser, **fields):
    frame(browser, """
        for (const [name, value] of Object.entries(args.fields)) {
          const field = frame.locator(`[name=${name}]`);
          const select = await field.evaluate((f) => f.tagName === 'SELECT');
          await (select ? field.selectOption(value) : field.fill(value));
        }""", fields=fields)
    click(browser, "Save this location")


def frozen(browser):
    return browser.run("return page.locator('#frozen').isVisible();")


def free(browser):
    browser.run("""
        await page.locator('dialog[open]').waitFor({state: 'detached'});
        await page.locator('#frozen').waitFor({state: 'hidden'});""")


def test_from_log_in_to_a_call_to_911_that_says_where(town, phone):
    alice = phone()
    modal(alice)  # by itself
    page_says(alice, "none")
    assert frozen(alice)
    alice.screenshot("story-1-log-in")
    close_modal(alice)
    dial(alice, "5125550100")
    modal(alice)
    assert invites(town, "carrier") == []
    enter(alice, HNO="150", RD="Mian St", A3="Quillbrook", A1="TX")
    page_says(alice, "refused")
    alice.screenshot("story-2-corrected")
    assert frozen(alice)
    click(alice, "150 MAIN ST, QUILLBROOK TX")
    free(alice)
    dial(alice, "5125550100")
    talks(alice, "5125550100")
    hang_up(alice)
    dial(alice, "911")
    talks(alice, "911")
    says(alice, "Your location was sent")
    alice.screenshot("story-3-911")
    call = arrived(town)
    assert (call["civic"]["HNO"], call["civic"]["RD"].title()) == ("150", "Main")
    assert "PIDF-LO" not in call["remarks"]
    hang_up(alice)
    until(lambda: town.scene.events("ersp-b", "bye"), 5, "BYE")


def test_a_change_of_place_is_one_click_away(town, phone):
    state(town)
    alice = phone()
    assert not frozen(alice)
    alice.run("await page.getByRole('button', {name: 'My location'}).click();")
    page_says(alice, "valid")
    click(alice, "Change it")
    enter(alice, HNO="152", FLR="3")
    alice.run("await page.locator('dialog[open]').waitFor({state: 'detached'});")
    dial(alice, "911")
    call = arrived(town)
    assert (call["civic"]["HNO"], call["civic"]["FLR"]) == ("152", "3")


def test_who_has_moved_confirms_with_one_click(town, phone, cleanup):
    state(town)
    alice = phone()
    assert not frozen(alice)
    move(town, cleanup)
    login(town, alice)
    modal(alice)
    page_says(alice, "suspect")
    frame(alice, "await frame.getByText('Still here?').first().waitFor();")
    alice.screenshot("story-still-here")
    click(alice, "Yes")
    free(alice)
    dial(alice, "5125550100")
    talks(alice, "5125550100")


def test_a_stranger_window_states_nothing(town, phone):
    alice = phone()
    modal(alice)
    alice.run("""
        const [frame] = page.frames().filter((f) => f.parentFrame());
        await frame.evaluate(() => 0);
        await page.evaluate(() => {
          const type = 'e911-location';
          window.postMessage({type, state: 'stated'}, '*');
          return new Promise((done) => setTimeout(done));
        });""")
    assert frozen(alice)
    assert alice.run("return page.locator('dialog[open]').count();") == 1


def test_the_operator_sees_the_call(town, phone, browser):
    state(town)
    alice = phone()
    dial(alice, "911")
    talks(alice, "911")
    operator = browser()
    operator.run("""
        await page.goto(args.url);
        await page.getByLabel('Operator key').fill(args.key);
        await page.getByRole('button', {name: 'Show'}).click();
        await page.locator('#coverage').getByText('agents').first().waitFor();
        await page.locator('#calls').getByText(args.who).first().waitFor();""",
                 url=town.softphone + "operator/", key=town.operator_key,
                 who="alice")
    operator.screenshot("story-operator")
