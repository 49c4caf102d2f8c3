# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions (Ir) per request in the SIP worker, which do not depend on how
busy the machine is."""
import contextlib
import json
import re

import config
import places
from line import AOR, Line
from proxy import Counted

FEW = {"batches": 3, "size": 50}  # qm spends most of its time in malloc
MANY = {"batches": 5, "size": 200}


@contextlib.contextmanager
def counted(name, cfg, allocator="fm", listed=Line.destination):
    """(Line, Counted) of an agent who is registered. listed(line): the
    dispatcher's list."""
    with Line() as line, Counted(
            name + "-" + allocator, cfg, files={"dispatcher.list": listed(line)},
            args=["-m", "256", "-M", "8", "-x", allocator, "-X", allocator],
            ) as proxy:
        line.proxy = proxy.start().address
        line.register()
        yield line, proxy


def stored(proxy):
    """How many locations there are."""
    return int(re.search(r"\blocations\n\tvalue: (\d+)",
                         proxy.rpc("e911.stats")).group(1))


def locate(line, proxy, fields=None):
    """States a location for his contact."""
    proxy.rpc("e911.loc_set", AOR, json.dumps(fields or places.FIELDS),
              line.contact)


def count(name, cfg, work, located=False, allocator="fm", prepare=None,
          end=None):
    """Instructions of work(line), of an agent who is registered; located: with
    a location stated for his contact. end(line): behind each batch."""
    with counted(name, cfg, allocator) as (line, proxy):
        if located:
            locate(line, proxy)
        if prepare:
            prepare(proxy)
        many = MANY if allocator == "fm" else FEW
        return proxy.per_request(
            lambda: work(line), after=end and (lambda: end(line)), **many)


# ----- REGISTER -----

def register_refresh():
    def refresh(name, load, **how):
        return count(name, config.config(load), Line.register, **how)

    without = refresh("register-without", "")
    for name, located, words in (
            ("register-refresh", True, "a location stated for the contact"),
            ("register-refresh-unlocated", False, "none stated")):
        ir = refresh(name, config.e911(), located=located)
        yield (name, "%+.2f" % (100 * (ir / without - 1)), "%",
               "Ir with e911 bound, %s: %d, without e911: %d; fm" % (
                   words, ir, without))


# ----- ordinary calls -----

def ordinary_invite():
    def call(line):
        line.call("15125550123")

    def ordinary(name, load="", first="", gate="", **how):
        return count(name, config.config(
            load, first, gate, config.ROUTES if load else ""), call, **how)

    without = ordinary("ordinary-without")
    pattern = ordinary("ordinary-pattern", first=config.PATTERN) - without
    for name, site, words in (
            ("ordinary-invite", "", "gate off"),
            ("ordinary-invite-gated", ";gate=require",
             "gate=require, location fresh")):
        ir = ordinary(name, config.e911(config.SITE + site), config.EMERGENCY,
                      config.GATE, located=True)
        yield (name, "%+d" % (ir - without), "Ir",
               '%s: over the script without e911, %d; $rU =~ "^911$" alone: '
               "%+d; fm" % (words, without, pattern))


# ----- emergency calls -----

def emergency_call(line):
    line.call("911")


def located_call(line):
    request = line.call("911")
    assert request.location()[0] is not None, "it has no location"


def keep_document(proxy):
    proxy.rpc("htable.sets", "loc", "sip:" + AOR,
              "s:" + places.pidf("agent7"))


def emergency_invite():
    for allocator in "fm", "qm":
        calls = {"allocator": allocator, "end": Line.hang_up}
        bare = count("emergency-bare", config.config(), emergency_call, **calls)
        hand = count("emergency-by-hand", config.config(
            config.HAND_LOAD, config.HAND_MADE), located_call,
            prepare=keep_document, **calls)
        ours = count("emergency-invite", config.config(
            config.e911(), config.EMERGENCY, routes=config.ROUTES),
            located_call, located=True, **calls)
        yield ("emergency-invite" + ("-qm" if allocator == "qm" else ""),
               "%+d" % (ours - bare), "Ir",
               "by value, 16 fields: over a bare relay, %d; htable and set_body"
               ": %+d; %s" % (bare, hand - bare, allocator))
