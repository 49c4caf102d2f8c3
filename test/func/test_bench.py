# SPDX-License-Identifier: GPL-2.0-or-later
"""The table that `make bench` writes, and what the README quotes of it."""
import os
import runpy
import subprocess

import pytest

from lib import ROOT

FIGURES = os.path.join(ROOT, "utils/figures")


@pytest.fixture
def bench(monkeypatch, tmp_path):
    """The modules bench, report and targets; the table goes into tmp_path."""
    monkeypatch.syspath_prepend(os.path.join(ROOT, "test/bench"))
    import bench
    import report
    import targets
    monkeypatch.setattr(report, "PATH", str(tmp_path / "figures.md"))
    return bench, report, targets


def run(bench, monkeypatch, *names, **figures):
    """(exit status, the table)"""
    monkeypatch.setattr(bench[0], "FIGURES", figures)
    with pytest.raises(SystemExit) as end:
        bench[0].main(list(names))
    if not os.path.exists(bench[1].PATH):
        return end.value.code, ""
    with open(bench[1].PATH, encoding="utf-8") as file:
        return end.value.code, file.read()


def row(name="msag-exact", value="0.50"):
    return name, value, "us", "a | b"


def fails():
    yield row()
    raise ValueError("no such thing")


def test_each_figure_is_printed_and_stands_in_the_table(
        bench, monkeypatch, capsys):
    code, table = run(bench, monkeypatch, one=lambda: [row()])
    assert code == 0
    assert capsys.readouterr().out == "bench msag-exact 0.50 us (a | b)\n"
    assert "| msag-exact | 0.50 us | a \\| b | ≤ 1 | yes |\n" in table
    assert "## Addresses" in table and "## Tables" not in table


def test_a_figure_that_fails_is_told_and_the_others_are_taken(
        bench, monkeypatch):
    code, table = run(bench, monkeypatch, bad=fails,
                      good=lambda: [row("reload-lost", "0")])
    assert code == 1
    assert "| bad | **failed** | ValueError: no such thing |  | **no** |" in table
    assert "| msag-exact | 0.50 us |" in table
    assert "| reload-lost | 0 us | a \\| b | ≤ 0 | yes |" in table


def test_some_figures_are_no_whole_table(bench, monkeypatch):
    code, table = run(bench, monkeypatch, "good", good=lambda: [row()], bad=fails)
    assert code == 0
    assert "- figures: some: good\n" in table


def test_only_a_whole_table_is_quoted(bench, monkeypatch):
    is_whole = runpy.run_path(FIGURES)["is_whole"]
    good = {"good": lambda: [row()]}
    assert is_whole(run(bench, monkeypatch, **good)[1])
    assert not is_whole(run(bench, monkeypatch, "good", **good)[1])
    assert not is_whole(run(bench, monkeypatch, bad=fails, **good)[1])


def test_a_figure_that_is_not_there(bench, monkeypatch):
    code, table = run(bench, monkeypatch, "none", good=lambda: [row()])
    assert code == "no figure none; there are: good" and not table


@pytest.mark.parametrize("name, value, met", [
    ("emergency-invite", "+18000", True), ("emergency-invite", "+18001", False),
    ("emergency-invite-qm", "+1", None), ("register-refresh", "-0.10", True),
    ("slow-lookup-calls", "1999", False), ("slow-lookup-calls", "2000", True),
    ("reload", "0.1", None), ("msag-exact", "much", False)])
def test_a_target_is_met_or_not(bench, name, value, met):
    assert bench[2].is_met(name, value) is met


def test_what_the_readme_quotes_is_measured():
    subprocess.run([FIGURES, "check"], check=True)


def test_the_readme_quotes_between_its_marks_alone():
    quoted = runpy.run_path(FIGURES)["quoted"]
    text = ("# Figures\n\n- CPU: Fast\n- date: today\n\n## A\n\n"
            "| what | measured |\n| --- | --- |\n| plan-10 | 1 |\n"
            "| plan-1000 | 3 |\n\n## B\n\n| what | measured |\n| --- | --- |\n"
            "| other | 2 |\n| msag-exact | a \\| b |\n")
    readme = "above\n<!-- figures -->\nold\n<!-- /figures -->\nbelow\n"
    new = quoted(readme, text)
    assert new.startswith("above\n<!-- figures -->\n\nFast; ")
    assert new.endswith("| --- | --- |\n| plan-1000 | 3 |\n"
                        "| msag-exact | a \\| b |\n\n<!-- /figures -->\nbelow\n")
    assert quoted(new, text) == new
    with pytest.raises(SystemExit):
        quoted("no marks", text)
