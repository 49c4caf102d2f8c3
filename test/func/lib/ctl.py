# SPDX-License-Identifier: GPL-2.0-or-later
"""utils/e911ctl as an operator runs it, and what it is made of."""
import importlib.machinery
import importlib.util
import json
import os
import subprocess

from .kamailio import ROOT

PROGRAM = os.path.join(ROOT, "utils/e911ctl")


class Done:
    def __init__(self, run):
        self.code, self.out, self.err = run.returncode, run.stdout, run.stderr

    @property
    def json(self):
        return json.loads(self.out)

    def rows(self):
        """The table: a dict of each line, by the titles' places."""
        title, *lines = self.out.splitlines()
        names = [n for n in title.split("  ") if n]
        at = [title.index(n.strip()) for n in names] + [None]
        return [{n.strip().lower(): line[a:b].strip()
                 for n, a, b in zip(names, at, at[1:])} for line in lines]


def e911ctl(socket, *args, env=None, program=PROGRAM, **how):
    """It has run, or is cut off after a minute. socket: None leaves it out."""
    socket = ["--socket", str(socket)] if socket else []
    return Done(subprocess.run(
        [program, *socket, *map(str, args)], capture_output=True, text=True,
        timeout=60, env={**os.environ, **(env or {})}, **how))


def module():
    """The program as a module."""
    loader = importlib.machinery.SourceFileLoader("e911ctl", PROGRAM)
    spec = importlib.util.spec_from_loader("e911ctl", loader)
    made = importlib.util.module_from_spec(spec)
    loader.exec_module(made)
    return made
