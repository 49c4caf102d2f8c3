# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions of an emergency INVITE and of an ordinary one, beside the size
of each table that there is: one table grows, the others are as small as can be.
"""
import functools
import os
import shutil

import config
import fit
import instructions
import stores
from harness import until
from line import Line

MANY = {"batches": 3, "size": 60}
SIZES = {
    "contacts": (10, 1000, 10000),
    "calls": (1, 100, 1000),
    "sites": (1, 16, 250),
    "trunks": (1, 16, 250),
    "numbers": (1, 100, 10000),
    "profiles": (1, 10, 100),
    "destinations": (1, 8, 64),
}
LEAST = {kind: sizes[0] for kind, sizes in SIZES.items()}
WORDS = {
    "contacts": "registered contacts with a location",
    "calls": "calls that are up",
    "sites": "sites, the caller's the last",
    "trunks": "trunks, of which he comes over none",
    "numbers": "rows of numbers",
    "profiles": "rows of profiles, the destination's the last",
    "destinations": "destinations in the set of the ERSPs",
}
URL = "sqlite:///"
STORE = """
modparam("e911", "db_url", "%s")
modparam("usrloc", "hash_size", 14)
"""
GATED = "name=main;set=2;country=US;gate=require;domain=example.com"


def parameter(name, values):
    return "".join('modparam("e911", "%s", "%s")\n' % (name, v) for v in values)


def store(contacts):
    """URL of a database of its own: calls go into it."""
    path = os.path.join(stores.folder(), "sizes")
    shutil.copy(stores.locations("sqlite", contacts).removeprefix(URL), path)
    return URL + path


def settings(size):
    """Parameters: what is asked for is the last of each kind."""
    return (
        STORE % store(size["contacts"])
        + parameter("site", ("name=s%d;set=1;domain=d%d.example.net" % (i, i)
                             for i in range(1, size["sites"])))
        + parameter("trunk", ("name=t%d;source=192.0.2.%d" % (i, i)
                              for i in range(size["trunks"])))
        + parameter("number", ("7%06d;kind=test" % i
                               for i in range(size["numbers"])))
        + parameter("profile", ("name=p%d;like=value" % i
                                for i in range(size["profiles"]))))


def destinations(line, size):
    """Set 1 for ordinary calls; of set 2 the first takes the call."""
    best = "2 sip:127.0.0.1:%d 0 99 profile=p%d\n" % (
        line.server_port, size["profiles"] - 1)
    return line.destination() + best + "".join(
        "2 sip:192.0.2.%d:5060\n" % i for i in range(1, size["destinations"]))


def fill(line, proxy, size):
    count = size["contacts"]
    until(lambda: instructions.stored(proxy) == count, 120, "all are read")
    for i in range(count):
        line.register(stores.aor(i), stores.contact(i))
    line.register()
    instructions.locate(line, proxy)
    for _ in range(size["calls"]):
        line.call("911")
    line.up.clear()


@functools.lru_cache(maxsize=None)
def counted(kind=None, count=0):
    """Instructions (of an emergency INVITE, of an ordinary one); without a
    kind: all tables as small as can be."""
    size = {**LEAST, **({kind: count} if kind else {})}
    cfg = config.config(config.e911(GATED, settings(size)),
                        config.EMERGENCY, config.GATE, config.ROUTES)
    with instructions.counted(
            "sizes", cfg, listed=lambda line: destinations(line, size)
            ) as (line, proxy):
        fill(line, proxy, size)
        emergency = proxy.per_request(
            lambda: instructions.located_call(line), after=line.hang_up, **MANY)
        return emergency, proxy.per_request(
            lambda: line.call("15125550123"), **MANY)


def by_size():
    for at, what in enumerate(("emergency", "ordinary")):
        for kind, sizes in SIZES.items():
            found = [counted()[at], *(counted(kind, n)[at] for n in sizes[1:])]
            yield ("sizes-%s-%s" % (what, kind),
                   "%.4f" % fit.exponent(sizes, found), "exponent",
                   "Ir of an INVITE over %s %s: %s; fm" % (
                       fit.listed(sizes, "%d"), WORDS[kind],
                       fit.listed(found)))
