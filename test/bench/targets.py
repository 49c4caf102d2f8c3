# SPDX-License-Identifier: GPL-2.0-or-later
"""What figures are to be, and which of them belong together: patterns of names,
the first that fits counts. A figure without a target just has none."""
import fnmatch
import operator

HOLDS = {"≤": operator.le, "≥": operator.ge}
TARGETS = {  # a sign and a number, or words, which nobody can reckon with
    "emergency-invite": "≤ 18000",
    "ordinary-invite*": "≤ 1200",
    "register-refresh*": "≤ 2",
    "sizes-*": "≤ 0.01",  # twice as much at 1000 times the size is 0.1
    "plan-growth": "≤ 0.05",
    "plan-regexes": "",
    "plan-*": "≤ 150",
    "memory-per-contact": "≤ 500",
    "cache-memory-10": "",  # so few tell nothing
    "cache-memory-100": "",
    "cache-memory-*": "≤ 500",
    "cache-growth": "",
    "cache-*": "≤ 1200",
    "reload-first-*": "≤ 1000",  # ms: from the first second
    "reload-lost*": "≤ 0",
    "reload-growth*": "",
    "reload*": "less than htable",
    "msag-*growth*": "",
    "msag-memory-per-range": "≤ 64",
    "msag-exact": "≤ 1",
    "msag-suggest-nation-*five": "≥ 0.95",
    "msag-suggest-*five": "≥ 0.995",
    "msag-suggest-nation": "≤ 500",
    "msag-suggest": "≤ 40",
    "failover-probed": "≤ 5",  # ms: nobody waits
    "failover-*": "≤ 62.5",  # ms: a tick of tm's timer
    "options-hang*": "as with none hanging",
    "slow-lookup-calls": "≥ 2000",
    "slow-lookup-options": "≤ 2",
}
CAPABILITIES = {
    "Emergency calls": (
        "emergency*", "profile*", "sizes-emergency*", "growth*"),
    "Ordinary calls and registrations": (
        "ordinary*", "register*", "sizes-ordinary*"),
    "Tables": ("plan*", "memory*", "cache*", "reload*"),
    "Addresses": ("msag*", "validat*", "slow*"),
    "Failures and load": ("failover*", "options*", "load*"),
    "Others": ("*",),
}


def fits(name, patterns):
    return any(fnmatch.fnmatchcase(name, one) for one in patterns)


def target(name):
    """What a figure is to be; empty: nothing is said."""
    return next((t for pattern, t in TARGETS.items() if fits(name, [pattern])),
                "")


def capability(name):
    return next(c for c, patterns in CAPABILITIES.items() if fits(name, patterns))


def is_met(name, value):
    """None: there is nothing to reckon with."""
    sign, _, number = target(name).partition(" ")
    if sign not in HOLDS:
        return None
    try:
        return HOLDS[sign](float(value), float(number))
    except ValueError:  # a word
        return False
