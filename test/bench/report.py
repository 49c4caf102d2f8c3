# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of figures, in Markdown."""
import os
import time

import machine
import targets
from harness import ROOT

PATH = os.path.join(ROOT, "build/bench/figures.md")
HEAD = ("what", "measured", "compared with", "target", "met")
MET = {None: "", True: "yes", False: "**no**"}


def line(cells):
    return "| %s |\n" % " | ".join(
        str(c).replace("|", "\\|").replace("\n", " ") for c in cells)


class Row:
    """One figure."""

    def __init__(self, name, value, unit, than):
        self.name, self.value, self.unit, self.than = name, value, unit, than

    def __str__(self):
        return "bench %s %s %s (%s)" % (
            self.name, self.value, self.unit, self.than)

    def cells(self):
        return (self.name, "%s %s" % (self.value, self.unit), self.than,
                targets.target(self.name),
                MET[targets.is_met(self.name, self.value)])


class Failed(Row):
    """There is none, and why."""

    def __init__(self, name, error):
        words = " ".join(("%s: %s" % (type(error).__name__, error)).split())
        super().__init__(name, "failed", "-", words[:300])

    def cells(self):
        return self.name, "**failed**", self.than, "", MET[False]


class Report:
    """asked: names of all that is to be measured; whole: that is all there is."""

    def __init__(self, asked, whole=True):
        self.asked, self.whole = asked, whole
        self.rows = []
        self.machine = machine.description()
        self.began = time.monotonic()

    @property
    def failed(self):
        return any(isinstance(r, Failed) for r in self.rows)

    def add(self, row):
        """Prints it as well."""
        self.rows.append(row)
        print(row, flush=True)

    def head(self):
        took = time.monotonic() - self.began
        return [*self.machine, ("took", "%d min %02d s" % divmod(took, 60)),
                ("figures", "all" if self.whole else
                 "some: " + ", ".join(self.asked))]

    def text(self):
        yield "# Figures\n\n"
        yield from ("- %s: %s\n" % pair for pair in self.head())
        for title in targets.CAPABILITIES:
            rows = [r for r in self.rows
                    if targets.capability(r.name) == title]
            if rows:
                yield "\n## %s\n\n" % title
                yield line(HEAD)
                yield line(["---"] * len(HEAD))
                yield from (line(r.cells()) for r in rows)

    def write(self):
        """As it is so far."""
        os.makedirs(os.path.dirname(PATH), exist_ok=True)
        with open(PATH + ".new", "w", encoding="utf-8") as file:
            file.writelines(self.text())
        os.replace(PATH + ".new", PATH)
