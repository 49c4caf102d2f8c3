# SPDX-License-Identifier: GPL-2.0-or-later
"""Starts of Kamailio with a table to read: of e911, and of htable."""
import os
import re
import statistics
import time

import config
import stores
from harness import StartError, until
from line import Line
from proxy import Proxy

START_SECONDS = 600
ANSWERED = 2  # s: a call without an answer by then is lost
LOOK = 0.02  # s between looks whether all is read
CALLS = 0.2  # s between calls: each is written to the database as well
DRIVERS = """
loadmodule "db_postgres.so"
"""
PEER = """
modparam("htable", "db_url", "%s")
modparam("htable", "fetch_rows", 1000)
modparam("htable", "htable", "loc=>size=%d;dbtable=loc;")
"""


def cpu(proxy):
    """Seconds of the process that has worked most since the start."""
    def of(pid):
        with open("/proc/%s/stat" % pid, encoding="latin-1") as file:
            user, system = file.read().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return max(map(of, [proxy.process.pid, *re.findall(
        r"PID: (\d+)", proxy.rpc("core.psx"))]))


class Start:
    """One start: seconds to the first answers and until all is read, those of a
    processor that it took, the calls meanwhile, and the shared memory then, which
    calls have a part of. told: what then(line, proxy) says while it runs."""

    def __init__(self, cfg, methods, memory, read=None, files=None, then=None):
        args = ["-m", str(memory[0]), "-M", str(memory[1]), "-x", "fm",
                "-X", "fm"]
        self.calls = []  # seconds each, None where it was lost
        with Line() as line, Proxy(cfg, args=args, files={
                "dispatcher.list": line.destinations, **(files or {})}) as proxy:
            line.proxy = proxy.address
            start = time.monotonic()
            proxy.begin()
            self.first = line.first_answers(methods, proxy.alive)
            self.read = max(self.first.values())
            if read:
                self.wait(line, "INVITE" in methods,
                          lambda: proxy.has_said(read))
                self.read = time.monotonic() - start
            until(proxy.ready, 60, "Kamailio is up")
            self.cpu = cpu(proxy)
            self.memory = proxy.shm()
            self.told = then(line, proxy) if then else None

    def wait(self, line, calling, is_read):
        due = time.monotonic() + CALLS

        def look():
            nonlocal due
            if calling and time.monotonic() >= due:
                due = time.monotonic() + CALLS
                self.calls.append(line.call_within("911", ANSWERED))
            return is_read()
        until(look, START_SECONDS, "all is read", LOOK)


def shm(count):
    return 128 + count * 2 // 1000  # MB


def pkg(count):
    """MB; db_sqlite holds all rows in it at once."""
    return 64 + count * 4 // 1000


def of_e911(kind, count, methods=("OPTIONS", "INVITE"), room=None, load="",
            first="", **how):
    """room: memory for so many, which slots go by; as many as are read."""
    store = 'modparam("e911", "db_url", "%s")' % stores.locations(kind, count)
    return Start(
        config.config(DRIVERS + config.e911(params=store) + load,
                      first + config.EMERGENCY, routes=config.ROUTES, debug=1,
                      children=2),
        methods, (shm(room or count), 8), r"\b%d locations read" % count, **how)


def of_htable(kind, count, memory=None, methods=("OPTIONS",), room=None, load="",
              first="", **how):
    """Nothing is answered before all is read, so no call is made either."""
    size = max(10, ((room or count) - 1).bit_length())  # as a power of two
    peer = PEER % (stores.documents(kind, count), size)
    return Start(config.config(DRIVERS + peer + load, first, children=2),
                 methods, (shm(room or count), memory or pkg(count)), **how)


def without_memory(kind, count):
    """What becomes of it at -M 8, for the words of a row."""
    try:
        return "%.2f s" % of_htable(kind, count, 8).read
    except StartError:
        return "does not start"


def median(starts, what):
    return statistics.median(what(s) for s in starts)
