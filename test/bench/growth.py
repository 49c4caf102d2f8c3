# SPDX-License-Identifier: GPL-2.0-or-later
"""An emergency call at three sizes of everything: what it costs must not grow
with how much is configured and how many there are. The caller's site is the
last row, and no trunk is his."""
import json
import os

import config
import instructions
import places
from harness import free_port
from line import AOR, Line
from load import SHM, load, two_workers
from proxy import Counted, Proxy

FULL = bool(os.environ.get("BENCH_FULL"))
# sites and trunks (of which there may be 256), destinations of other sets,
# rows of the number plan, other agents with a contact and a location
SIZES = ((1, 10, 10), (16, 200, 500), (250, 10000, 50000 if FULL else 4000))
CALLS_SECONDS = 4 if FULL else 2
RATE = 100
SETTINGS = 'modparam("e911", "settings_file", "@DIR@/rows")\n'


def settings(rows, numbers):
    """Lines of a settings file; not for the caller."""
    lines = ["number 7%07d" % i for i in range(numbers)]
    for i in range(rows - 1):
        lines.append("site name=s%d;domain=d%d.example.net;set=%d;country=US"
                     % (i, i, 2 + i))
        lines.append("trunk name=t%d;source=198.51.%d.0/24,203.0.113.%d;key=from"
                     % (i, i, i))
    lines.append("site name=main;domain=example.com;set=1;country=US")
    return "\n".join(lines) + "\n"


def others(destination, rows):
    """A dispatcher list in which each other set has four destinations."""
    return destination + "".join(
        "%d sip:127.0.1.%d:5060\n" % (2 + i // 4, 1 + i % 250)
        for i in range(4 * (rows - 1)))


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


def instructions_at(size):
    rows, numbers, agents = size
    with Line() as line, Counted(
            "growth-%d" % rows, cfg(), files={
                "dispatcher.list": others(line.destinations, rows),
                "rows": settings(rows, numbers)},
            args=["-m", str(SHM), "-M", "64", "-x", "fm", "-X", "fm"]) as proxy:
        line.proxy = proxy.start().address
        located(proxy, line)
        fill(proxy, agents)
        return proxy.per_request(lambda: instructions.located_call(line),
                                 **instructions.MANY)


def setup_at(size):
    """ms until the 200."""
    rows, numbers, agents = size
    server = free_port()
    with Line() as line, Proxy(two_workers(cfg()), files={
            "dispatcher.list": others("1 sip:127.0.0.1:%d\n" % server, rows),
            "rows": settings(rows, numbers)},
            args=["-m", str(SHM), "-M", "64"]) as proxy:
        line.proxy = proxy.start().address
        proxy.rpc("e911.loc_set", AOR, json.dumps(places.FIELDS))
        fill(proxy, agents)
        found = load(proxy=proxy.port, server=server, rate=RATE,
                     step=CALLS_SECONDS)
        assert found["taken"] == found["placed"], found
        return found["setup-p50"]


def growth():
    words = ", ".join("%d sites and trunks, %d numbers, %d agents" % size
                      for size in SIZES)
    ir = [instructions_at(size) for size in SIZES]
    yield ("growth-instructions", "%+.1f" % (100 * (ir[-1] / ir[0] - 1)), "%",
           "Ir of an emergency call, %s: %s; fm" % (
               words, ", ".join(map(str, ir))))
    ms = [setup_at(size) for size in SIZES]
    yield ("growth-setup", "%+.2f" % (ms[-1] - ms[0]), "ms",
           "median until the 200 at %d calls/s, the same sizes: %s" % (
               RATE, ", ".join("%.2f" % m for m in ms)))
