# SPDX-License-Identifier: GPL-2.0-or-later
"""How long Kamailio's workers let a phone's OPTIONS wait, while calls come and
locations are stated, and everything outside hangs: validators, who is told of
calls, the database, the first two ERSPs. Beside it the same with nothing
hanging."""
import contextlib
import http.client
import json
import os
import statistics
import tempfile
import threading
import time

import places
from harness import (UA, UAS, MailBox, Postgres, PostgresTables, Silence,
                     SipDesk, Validator, Webhook, api, e911_proxy, free_port,
                     lost_says, says)
from load import AOR, FM, load
from proxy import Proxy

FULL = bool(os.environ.get("BENCH_FULL"))
ROUNDS = 5 if FULL else 2
SECONDS = 10 if FULL else 4  # of each
CALLS = 50  # a second
OPTIONS = 400  # a second, over UDP
STREAM_OPTIONS = 200  # a second, over TCP
STREAMS = 6
SHM = 512
FR = 1000  # ms
OTHERS = 40  # agents who state locations
SERVER = """
    if(is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
    if(is_method("PUBLISH")) {
        if(e911_learn()) sl_send_reply("200", "OK");
        else sl_send_reply("403", "Not Taken");
        exit;
    }
"""
PARAMS = """
modparam("e911", "site", "name=hq;set=1;country=US;callback=+15125550100;\
validate=lost:lvf,rest:shop;notify=desk,box,phone")
modparam("e911", "validator", "name=lvf;kind=lost;url=%(lvf)s")
modparam("e911", "validator", "name=shop;like=generic;url=%(shop)s")
modparam("e911", "notify", "name=desk;kind=webhook;to=%(desk)s")
modparam("e911", "notify", "name=box;kind=mail;server=%(box)s;\
to=a@example.test;from=e911@example.test")
modparam("e911", "notify", "name=phone;kind=sip;to=%(phone)s;\
from=sip:e911@example.test")
modparam("e911", "db_url", "%(url)s")
modparam("e911", "record_node", "one")
modparam("e911", "fr", %(fr)d)
"""
XHTTP = 'loadmodule "xhttp.so"\n'
WEB = "event_route[xhttp:request] { e911_http(); }\n"


# ----- those outside -----

def well(stack):
    """All of them answer at once."""
    def ending(made):
        stack.callback(made.close)
        return made
    return {"lvf": ending(Validator(lost_says(valid=("A1",)))).url(),
            "shop": ending(Validator(says("valid"))).url(),
            "desk": ending(Webhook()).url(), "box": ending(MailBox()).url,
            "phone": ending(SipDesk()).uri}, ()


def hanging(stack):
    """All of them take what comes and say nothing."""
    def ending(made):
        stack.callback(made.close)
        return made

    def silence(scheme):
        return "%s://127.0.0.1:%d/" % (scheme, ending(Silence()).port)
    first = ending(UAS(black_hole=True))
    second = "sip:127.0.0.1:%d;transport=tcp" % ending(Silence()).port
    return {"lvf": silence("http"), "shop": silence("http"),
            "desk": silence("http"), "box": silence("smtp").rstrip("/"),
            "phone": ending(SipDesk(answer=0)).uri}, (
                (1, first.uri(), 9), (1, second, 8))


# ----- those who state their locations -----

class Statements:
    """By PUBLISH, by command, over HTTP, as fast as they are answered but for
    the PUBLISH, which nobody waits for."""

    def __init__(self, proxy, http=6):
        self.proxy, self.over = proxy, threading.Event()
        self.agent = UA(proxy.address, user="publisher")
        self.lock, self.counts = threading.Lock(), {}
        self.threads = [
            threading.Thread(target=self.repeat, args=(work, n), daemon=True)
            for n, work in enumerate(
                (self.publish, self.command, *[self.http] * http))]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(15)
        self.agent.close()

    def repeat(self, work, number):
        i = 0
        while not self.over.is_set():
            work("u%d" % (number * OTHERS + i % OTHERS),
                 dict(places.TWELVE, HNO=str(1 + i)))
            with self.lock:
                name = work.__name__
                self.counts[name] = self.counts.get(name, 0) + 1
            i += 1
            self.over.wait(0.05)

    def publish(self, user, place):
        self.agent.request(
            "PUBLISH", "sip:%s@example.test" % user,
            from_="<sip:%s@example.test>" % user,
            body=places.pidf(user, place).encode(), ct="application/pidf+xml",
            headers=[("Event", "presence"), ("Content-ID", "<here@phone>"),
                     ("Geolocation", "<cid:here@phone>")])

    def command(self, user, place):
        with contextlib.suppress(TimeoutError):
            self.proxy.jsonrpc("e911.loc_set", [
                "sip:%s@example.test" % user, json.dumps(place)])

    def http(self, user, place):
        client = http.client.HTTPConnection(*self.proxy.address, timeout=10)
        with contextlib.suppress(OSError, http.client.HTTPException):
            client.request("PUT", api.PATH + "/me/location", json.dumps(
                {"location": place}), {
                    "Content-Type": "application/json", "Authorization":
                    "Bearer " + api.token("sip:%s@example.test" % user)})
            client.getresponse().read()
        client.close()


# ----- one measurement -----

def proxy_with(stack, folder, outside, url, server):
    values, destinations = outside(stack)

    def start(cfg, **how):
        return stack.enter_context(Proxy(cfg, **how)).start()
    proxy = e911_proxy(
        start, *destinations, (1, "sip:127.0.0.1:%d" % server, 1),
        LOAD='loadmodule "db_postgres.so"\n'
             'modparam("db_postgres", "timeout", 2)\n' + XHTTP,
        ROUTES=WEB, ORDINARY=SERVER, args=["-m", str(SHM), *FM],
        PARAMS=api.keys(folder) + PARAMS % {**values, "url": url, "fr": FR})
    proxy.rpc("e911.loc_set", AOR, json.dumps(places.FIELDS))
    return proxy


def at_once(*works):
    """What each gives."""
    found = [None] * len(works)

    def run(i):
        found[i] = works[i]()
    threads = [threading.Thread(target=run, args=(i,))
               for i in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def measure(outside, hangs):
    """(over UDP, over TCP, statements) of one start."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="e911-bench-"))
        database = Postgres(folder)
        stack.callback(database.close)
        tables = PostgresTables(database.start())
        tables.create()
        server = free_port()
        proxy = proxy_with(stack, folder, outside, tables.url, server)
        if hangs:
            database.hang()
        with Statements(proxy) as stated:
            time.sleep(1)  # until those who wait are waiting
            udp, tcp = at_once(
                lambda: load(proxy=proxy.port, server=server, rate=CALLS,
                             step=SECONDS, options=OPTIONS, patience=10),
                lambda: load(proxy=proxy.port, step=SECONDS, patience=10,
                             options=STREAM_OPTIONS, stream=STREAMS))
        refused = [m for m in stated.agent.messages if m.status >= 300]
        assert not refused, refused[0].start
        return udp, tcp, stated.counts


def summed(runs):
    """p50 and p99: the median of the runs; max, and those lost: of all."""
    return {"p50": statistics.median(r["options-p50"] for r in runs),
            "p99": statistics.median(r["options-p99"] for r in runs),
            "max": max(r["options-max"] for r in runs),
            "lost": sum(r["asked-lost"] for r in runs)}


def words(found):
    return "p50 %.2f, p99 %.2f, max %.1f, %d lost" % (
        found["p50"], found["p99"], found["max"], found["lost"])


def options():
    quiet, hung = [], []
    for _ in range(ROUNDS):
        quiet.append(measure(well, False))
        hung.append(measure(hanging, True))
    calls = [run[0] for run in hung]
    told = "%d calls, %d lost, %d statements meanwhile" % (
        sum(c["placed"] for c in calls), sum(c["lost"] for c in calls),
        sum(sum(run[2].values()) for run in hung))
    for i, name in enumerate(("options-hang", "options-hang-tcp")):
        ours = summed([run[i] for run in hung])
        yield (name, "%.2f" % ours["p99"], "ms",
               "p99 of OPTIONS over %s while LoST, a validator, webhook, mail,"
               " a SIP desk, PostgreSQL and two ERSPs hang: %s; %s; with none"
               " hanging: %s" % ("TCP" if i else "UDP", words(ours), told,
                                 words(summed([run[i] for run in quiet]))))
