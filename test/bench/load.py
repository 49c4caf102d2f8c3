# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls per second at which the first emergency call is lost. The callers and
the server that takes the calls are one program, load.c, on the same cores as
Kamailio; the rate rises in steps until a call has no 200 after four seconds,
though its INVITE was sent again as RFC 3261 says."""
import functools
import json
import os
import statistics
import subprocess

import config
import places
from harness import ROOT, free_port
from proxy import Proxy

LOAD = os.path.join(ROOT, "build/bench/load")
FULL = bool(os.environ.get("BENCH_FULL"))
TIMES = 3 if FULL else 1
STEP = 2 if FULL else 0.5  # s
FACTOR = 1.05 if FULL else 1.1
EASY = 300  # calls/s that are no load
EASY_SECONDS = 10 if FULL else 3
SHM = 2048  # MB: tm keeps each call for seconds
AOR = "agent7@example.com"
WORKERS = 2
FM = ("-x", "fm", "-X", "fm")  # as the manual says; without it is qm


def load(**options):
    """{name: value} of what load.c has measured."""
    out = subprocess.run(
        [LOAD, *("%s=%s" % option for option in options.items())],
        check=True, capture_output=True, text=True).stdout
    return {name: float(value) for name, value in
            (line.split() for line in out.splitlines())}


def two_workers(cfg):
    return cfg.replace("children=1", "children=%d" % WORKERS)


class Loaded:
    """A proxy whose only destination is load.c."""

    def __init__(self, cfg, prepare=None, destinations="", args=FM, **values):
        self.server = free_port()
        self.prepare = prepare
        self.proxy = Proxy(two_workers(cfg), files={
            "dispatcher.list": "1 sip:127.0.0.1:%d\n%s" % (
                self.server, destinations)},
            args=["-m", str(SHM), "-M", "16", *args], **values)

    def __enter__(self):
        self.proxy.start()
        if self.prepare:
            self.prepare(self.proxy)
        return self

    def __exit__(self, *_):
        self.proxy.close()

    def load(self, **options):
        return load(proxy=self.proxy.port, server=self.server, **options)

    def capacity(self):
        """Calls a second with eight under way: about where it ends."""
        found = self.load(closed=8, step=1.5)
        return found["taken"] / found["seconds"]


def state_location(proxy):
    proxy.rpc("e911.loc_set", AOR, json.dumps(places.FIELDS))


def keep_document(proxy):
    proxy.rpc("htable.sets", "loc", "sip:" + AOR, "s:" + places.pidf("agent7"))


# what proves the caller, who has not registered
TRUNK = ('modparam("e911", "trunk", "name=edge;source=127.0.0.0/8;key=from;'
         'device=contact")\n')
OURS = (config.config(config.e911(params=TRUNK), config.EMERGENCY,
                      routes=config.ROUTES), state_location, True)
BARE = (config.config(), None, False)
HAND = (config.config(config.HAND_LOAD, config.HAND_MADE), keep_document, True)
ALLOCATORS = {"": FM}
if FULL:
    ALLOCATORS["-qm"] = ()
RISES = {"ours": OURS, "bare": BARE, "hand": HAND}


def one_rise(args, cfg, prepare, located):
    """The rate of the first call lost."""
    with Loaded(cfg, prepare, args=args) as proxy:
        usual = proxy.capacity()
        found = proxy.load(rate=0.5 * usual, factor=FACTOR, step=STEP,
                           steps=40)
        assert found["first-lost"], "no call was lost: %s" % found
        assert not located or found["located"] >= found["taken"], \
            "they have no location: %s" % found
        return found


def rises(args):
    """{name: (median rate, words, most ms that callers were late)}; in turn,
    so that all have the same neighbours."""
    found = {name: [] for name in RISES}
    for _ in range(TIMES):
        for name, what in RISES.items():
            found[name].append(one_rise(args, *what))
    return {name: summed(runs) for name, runs in found.items()}


def summed(runs):
    rates = sorted(run["first-lost"] for run in runs)
    words = "%.0f" % statistics.median(rates)
    if len(rates) > 1:
        words += " (%.0f..%.0f)" % (rates[0], rates[-1])
    return statistics.median(rates), words, max(r["late-ms"] for r in runs)


def cpu_seconds(proxy):
    """Of all processes of a Kamailio, since they began."""
    pids = subprocess.run(["pgrep", "-g", str(proxy.process.pid)], check=True,
                          capture_output=True, text=True).stdout.split()
    total = 0
    for pid in pids:
        with open("/proc/%s/schedstat" % pid, encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def cpu_each(args, cfg, prepare, _):
    """us of processor for a call from INVITE to BYE."""
    with Loaded(cfg, prepare, args=args) as proxy:
        proxy.load(rate=EASY, step=1)
        before = cpu_seconds(proxy.proxy)
        found = proxy.load(rate=EASY, step=EASY_SECONDS)
        assert found["taken"] == found["placed"], found
        return 1e6 * (cpu_seconds(proxy.proxy) - before) / found["placed"]


def processor():
    for name, args in ALLOCATORS.items():
        found = {kind: [] for kind in RISES}
        for _ in range(3):
            for kind, what in RISES.items():
                found[kind].append(cpu_each(args, *what))
        ours, bare, hand = (statistics.median(found[kind]) for kind in (
            "ours", "bare", "hand"))
        yield ("load-processor" + name, "%.0f" % ours, "us",
               "of all processes for a call from INVITE to BYE at %d/s, "
               "%.0f..%.0f; bare relay by dispatcher: %.0f; htable and set_body"
               ": %.0f; %s" % (EASY, min(found["ours"]), max(found["ours"]),
                               bare, hand, "fm" if args else "qm"))


@functools.lru_cache(maxsize=None)
def generator():
    """What load.c does alone: it answers itself."""
    port = free_port()
    return load(proxy=port, server=port, rate=30000, step=2)


def first_lost():
    alone = generator()
    for name, args in ALLOCATORS.items():
        found = rises(args)
        ours, words, late = found["ours"]
        yield ("load-first-lost" + name, "%.0f" % ours, "calls/s",
               "of %d workers on %d cores that callers and server share, a step"
               " of %g s each %+.0f %%; lost: no 200 after 4 s, INVITE sent"
               " again at 0.5, 1.5, 3.5 s; runs %s; bare relay by dispatcher: %s;"
               " htable and set_body: %s; %s; callers at most %.0f ms late;"
               " without a proxy they place %.0f/s and lose %d" % (
                   WORKERS, os.cpu_count(), STEP, 100 * (FACTOR - 1), words,
                   found["bare"][1], found["hand"][1],
                   "fm" if args else "qm", late,
                   alone["taken"] / alone["seconds"], alone["lost"]))
