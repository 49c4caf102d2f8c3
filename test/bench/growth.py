# SPDX-License-Identifier: GPL-2.0-or-later
"""An emergency call at three sizes of everything: what it costs must not grow
with how much is configured and how many there are. The caller's site is the
last row, his set the last one, and no trunk is his."""
import json
import os
import typing

import config
import instructions
import places
from harness import free_port
from line import AOR, Line
from load import FM, SHM, load, two_workers
from proxy import Counted, Proxy

FULL = bool(os.environ.get("BENCH_FULL"))
SET = 1000  # of the caller: listed behind all others


class Size(typing.NamedTuple):
    sites: int = 1  # the caller's is the last one
    trunks: int = 0  # none of them is his
    sets: int = 0  # of four destinations each, besides his
    numbers: int = 0  # rows of the number plan
    agents: int = 0  # others, each with a contact and a location

    def __str__(self):
        return ", ".join("%d %s" % (n, name) for name, n in
                         self._asdict().items() if n != LEAST[name])


LEAST = Size._field_defaults
# of sites and trunks there may be 256
LARGE = Size(250, 250, 250, 10000, 20000 if FULL else 1000)
SIZES = (Size(), Size(16, 16, 16, 200, 100), LARGE)
CALLS_SECONDS = 4 if FULL else 2
RATE = 100
SETTINGS = 'modparam("e911", "settings_file", "@DIR@/rows")\n'


def settings(size):
    """Lines of a settings file."""
    lines = ["number 7%07d" % i for i in range(size.numbers)]
    lines += ["trunk name=t%d;source=198.51.%d.0/24,203.0.113.%d;key=from" % (
        i, i, i) for i in range(size.trunks)]
    lines += ["site name=s%d;domain=d%d.example.net;country=US" % (i, i)
              for i in range(size.sites - 1)]
    lines.append("site name=main;domain=example.com;set=%d;country=US" % SET)
    return "\n".join(lines) + "\n"


def destinations(port, size):
    """A dispatcher list."""
    return "%d sip:127.0.0.1:%d\n" % (SET, port) + "".join(
        "%d sip:127.0.1.%d:5060\n" % (2 + i // 4, 1 + i % 250)
        for i in range(4 * size.sets))


class Crowd(Line):
    """Other agents, one after the other on one line."""

    def __init__(self, proxy):
        super().__init__()
        self.proxy = proxy.address

    def register_one(self, i):
        aor = "o%d@%s" % (i, "example.com")
        data = self.request("REGISTER", "sip:example.com", "sip:" + aor,
                            "r%d@127.0.0.1" % i, [("Expires", "3600")])
        self.phone.sendto(data.replace(AOR.encode(), aor.encode()), self.proxy)
        assert self.answer() == 200


def fill(proxy, agents):
    """Each has a contact and a location."""
    with Crowd(proxy) as crowd:
        for i in range(agents):
            crowd.register_one(i)
            proxy.jsonrpc("e911.loc_set", ["sip:o%d@example.com" % i,
                                           json.dumps(places.TWELVE)])


def cfg():
    return config.config(
        'loadmodule "jsonrpcs.so"\nmodparam("jsonrpcs", "transport", 4)\n'
        'modparam("jsonrpcs", "dgram_socket", "@JSONRPC@")\n'
        'loadmodule "@MODULE@"\n' + SETTINGS, config.EMERGENCY,
        routes=config.ROUTES)


def located(proxy, line):
    line.register()
    proxy.rpc("e911.loc_set", AOR, json.dumps(places.FIELDS), line.contact)


def instructions_at(name, size):
    with Line() as line, Counted(
            "growth-" + name, cfg(), files={
                "dispatcher.list": destinations(line.server_port, size),
                "rows": settings(size)},
            args=["-m", str(SHM), "-M", "64", *FM]) as proxy:
        line.proxy = proxy.start().address
        located(proxy, line)
        fill(proxy, size.agents)
        return proxy.per_request(lambda: instructions.located_call(line),
                                 batches=3, size=100)


def setup_at(size):
    """ms until the 200."""
    server = free_port()
    with Line() as line, Proxy(two_workers(cfg()), files={
            "dispatcher.list": destinations(server, size),
            "rows": settings(size)},
            args=["-m", str(SHM), "-M", "64", *FM]) as proxy:
        line.proxy = proxy.start().address
        proxy.rpc("e911.loc_set", AOR, json.dumps(places.FIELDS))
        fill(proxy, size.agents)
        found = load(proxy=proxy.port, server=server, rate=RATE,
                     step=CALLS_SECONDS)
        assert found["taken"] == found["placed"], found
        return found["setup-p50"]


def growth():
    least = instructions_at("least", Size())
    for name, many in LARGE._asdict().items():
        ir = instructions_at(name, Size(**{name: many}))
        yield ("growth-" + name, "%+d" % (ir - least), "Ir",
               "of an emergency call, by %s%s: over one with as little as may"
               " be, %d; fm" % (Size(**{name: many}),
                            " of four destinations" * (name == "sets"), least))
    ms = [setup_at(size) for size in SIZES]
    yield ("growth-setup", "%+.2f" % (ms[-1] - ms[0]), "ms",
           "median until the 200 at %d calls/s, with %s: over the least; %s" % (
               RATE, LARGE, ", ".join("%.2f" % m for m in ms)))
