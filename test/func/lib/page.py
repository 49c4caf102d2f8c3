# SPDX-License-Identifier: GPL-2.0-or-later
"""A page in a real browser, with an API that says what a test wants."""
import functools
import os

from . import PLAIN_SITE, ROOT, UAS, Kamailio, e911_proxy
from .browser import MODULES

# answers: {"METHOD path": one answer, or a list of them, the last one stays}
API = """
    globalThis.asked = [];
    globalThis.answers = args.answers;
    await context.unroute('**/api/v1/**').catch(() => {});
    await context.route('**/api/v1/**', async (route) => {
      const request = route.request();
      const url = new URL(request.url());
      const key = request.method() + ' ' + url.pathname.split('/api/v1/')[1];
      globalThis.asked.push({key, headers: request.headers(),
                             query: Object.fromEntries(url.searchParams),
                             body: request.postDataJSON()});
      let answer = globalThis.answers[key] ?? {status: 404, json: {}};
      if (Array.isArray(answer)) {
        answer = answer.length > 1 ? answer.shift() : answer[0];
      }
      if (answer.status === 0) {
        return route.abort();
      }
      return route.fulfill({status: answer.status,
        headers: {'content-type': 'application/json', ...answer.headers},
        body: JSON.stringify(answer.json ?? {})});
    });
"""


def started(folder, stack, *params):
    """A Kamailio that serves the pages, which ends with the stack."""
    pages = folder / "pages"
    pages.mkdir()
    for name in "agent", "operator":
        (pages / name).symlink_to(os.path.join(ROOT, "utils", name + "-page"))
    ersp = UAS("take")
    stack.callback(ersp.close)

    def kamailio(cfg, **how):
        proxy = Kamailio(cfg, folder, **how)
        stack.callback(proxy.close)
        return proxy.start()
    return e911_proxy(
        kamailio, ersp, LOAD='loadmodule "xhttp.so"\ntcp_accept_no_cl=yes\n',
        ROUTES="event_route[xhttp:request] { e911_http(); }", PARAMS="\n".join(
            [PLAIN_SITE, 'modparam("e911", "page_dir", "%s")' % pages, *params]))


def ok(value, status=200, **headers):
    return {"status": status, "json": value, "headers": headers}


@functools.cache
def axe():
    with open(os.path.join(MODULES, "node_modules/axe-core/axe.min.js"),
              encoding="utf-8") as file:
        return file.read()


class Page:
    """A browser, and the page at that URL."""

    def __init__(self, browser, url):
        self.browser, self.url = browser, url

    def run(self, script, **args):
        return self.browser.run(script, **args)

    def api(self, answers):
        """All that the API says from now on; what it is not told is 404."""
        self.run(API, answers=answers)

    def answer(self, answers):
        """Further answers, or others."""
        self.run("Object.assign(globalThis.answers, args.answers);", answers=answers)

    def goto(self, end=""):
        """The page anew, also where only what stands behind the # changes."""
        self.run("await page.goto('about:blank'); await page.goto(args.url);",
                 url=self.url + end)

    def says(self, text):
        self.run("await page.getByText(args.text).first().waitFor();", text=text)

    def click(self, name):
        self.run("await page.getByRole('button', {name: args.name}).click();", name=name)

    def fill(self, **fields):
        self.run("""
            for (const [name, value] of Object.entries(args.fields)) {
              const field = page.locator(`[name=${name}]`);
              const select = await field.evaluate((f) => f.tagName === 'SELECT');
              await (select ? field.selectOption(value) : field.fill(value));
            }""", fields=fields)

    def asked(self, key):
        """What the API was asked so, so far."""
        return self.run("return globalThis.asked.filter((a) => a.key === args.key);",
                        key=key)

    def text(self, selector):
        return self.run("return page.locator(args.s).innerText();", s=selector)

    def value(self, selector):
        return self.run("return page.locator(args.s).inputValue();", s=selector)

    def focused(self):
        return self.run("return page.evaluate(() => document.activeElement.id);")

    def good(self, name):
        """axe-core finds nothing, nothing is wider than the screen, and the
        policy of the page has refused nothing. Keeps a picture."""
        found = self.run("""
            await page.evaluate(args.axe);
            const {violations} = await page.evaluate(() => axe.run());
            return violations.map((v) => v.id + ': '
              + v.nodes.map((n) => n.html).join(' '));""", axe=axe())
        assert not found, (name, found)
        wide = self.run("return page.evaluate(() => [document.documentElement"
                        ".scrollWidth, document.documentElement.clientWidth]);")
        assert wide[0] <= wide[1], name
        assert [m for m in self.run("return said;") if "Security Policy" in m] == []
        self.browser.screenshot(name)
