# SPDX-License-Identifier: GPL-2.0-or-later
"""What figures are to be, and which of them belong together: patterns of names,
the first that fits counts. A figure without a target just has none."""
import fnmatch
import operator

HOLDS = {"<": operator.lt, "<=": operator.le, ">=": operator.ge}
TARGETS = {
    "emergency-invite": ("<=", 18000),  # of one by value, at the best set_body
    "ordinary-invite": ("<=", 1200),
    "ordinary-invite-gated": ("<=", 1200),
    "register-refresh": ("<=", 2),
    "growth-*": ("<=", .01),
    "plan-exponent*": ("<=", .05),
    "plan-*": ("<", 150),
    "memory-per-contact-exponent*": None,
    "memory-per-contact*": ("<=", 500),
    "cache-lookup-exponent*": None,
    "cache-lookup*": ("<=", 1200),
    "msag-*-exponent*": None,
    "msag-memory-per-range*": ("<=", 64),
    "msag-exact*": ("<=", 1),
    "msag-suggest-five*": (">=", .995),
    "msag-suggest-nation-five*": (">=", .95),
    "msag-suggest-nation*": ("<=", 500),
    "msag-suggest*": ("<=", 40),
    "failover-*": ("<=", 1000 / 16),  # ms: a tick of tm's timer
}
CAPABILITIES = {
    "Emergency calls": ("emergency-*", "profile-*", "growth-emergency*"),
    "Ordinary calls and registrations": (
        "ordinary-*", "register-*", "growth-ordinary*"),
    "Tables": ("plan-*", "memory-*", "cache-*", "reload*"),
    "Addresses": ("msag-*", "validat*"),
    "Failures and load": (
        "failover-*", "hang-*", "options-*", "lis-*", "capacity-*"),
    "Others": ("*",),
}


def fits(name, patterns):
    return any(fnmatch.fnmatchcase(name, one) for one in patterns)


def target(name):
    """(sign, number) that a figure is to be, or None."""
    return next((t for pattern, t in TARGETS.items() if fits(name, [pattern])),
                None)


def capability(name):
    return next(c for c, patterns in CAPABILITIES.items() if fits(name, patterns))


def is_met(name, value):
    """None: it has no target."""
    wanted = target(name)
    try:
        return wanted and HOLDS[wanted[0]](float(value), wanted[1])
    except ValueError:  # a word
        return False
