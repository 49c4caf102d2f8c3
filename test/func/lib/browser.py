# SPDX-License-Identifier: GPL-2.0-or-later
"""A real Chromium, driven by test/browser/driver.mjs."""
import json
import os
import pathlib
import subprocess
import threading

from . import ROOT

MODULES = os.path.join(ROOT, "build/browser")
SCREENSHOTS = os.path.join(ROOT, "build/screenshots")
PATIENCE = 90  # seconds for a script


class BrowserError(AssertionError):
    pass


class Browser:
    """options: of playwright's context; microphone: is allowed."""

    def __init__(self, log, microphone=True, **options):
        self.log = open(log, "wb")
        self.process = subprocess.Popen(
            ["node", os.path.join(ROOT, "test/browser/driver.mjs")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
            text=True, env={**os.environ, "BROWSER_MODULES": MODULES})
        self.ask({"options": options, "microphone": microphone})

    def ask(self, order):
        guard = threading.Timer(PATIENCE, self.process.kill)
        guard.start()
        try:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        finally:
            guard.cancel()
        if not line:
            raise BrowserError("the browser ended, see " + self.log.name)
        answer = json.loads(line)
        if "error" in answer:
            raise BrowserError(answer["error"])
        return answer["value"]

    def run(self, script, **args):
        """What the script returns; see driver.mjs."""
        return self.ask({"script": script, "args": args})

    def renew(self, **options):
        """A new window in place of the old one, which leaves nothing behind."""
        self.ask({"options": options, "script": ""})

    def screenshot(self, name):
        pathlib.Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
        self.run("await page.screenshot({path: args.path});",
                 path=os.path.join(SCREENSHOTS, name + ".png"))

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()
