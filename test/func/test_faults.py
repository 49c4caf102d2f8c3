# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls at a steady rate while everything around them fails, in a random
order: none is lost, none arrives twice. SOAK=1: for an hour; SEED=n: another
order; FAULT="this,that,this+that": these alone; FR=n: ms a server may be silent,
more where the machine is busy. The table goes to build/faults.txt as well.

A process of Kamailio that dies takes Kamailio with it: so Kamailio has it, its
children share memory and locks. What can be survived is one that stands still.
"""
import contextlib
import json
import os
import random
import re
import resource
import signal
import threading
import time

import pytest

from lib import AUSTIN, ROOT, UAS, counters, e911_proxy, state, until
from lib.api import Client, keys, token
from lib.database import PostgresTables
from lib.load import PATIENCE, Load
from lib.profiles import AT_ONCE, UAC, WEB, XHTTP
from lib.receivers import Webhook
from lib.starve import EVER, LOAD, OWN, Starve
from lib.validator import Validator, says

SOAK = bool(os.environ.get("SOAK"))
SEED = int(os.environ.get("SEED", "911"))
LONG = float(os.environ.get("LONG", 3600 if SOAK else 20))
EACH = 4 if SOAK else 0.8  # s
RATE = 20
FR = int(os.environ.get("FR", "400"))  # ms
DAY = 86400
PARAMS = """
modparam("e911", "site", "name=hq;set=1;last=9;country=US;A1=TX;A3=Austin;\
RD=Corporate;STS=DR;HNO=1;PC=78701;callback=+15125550100;notify=desk;\
validate=rest:shop")
modparam("e911", "notify", "name=desk;kind=webhook;to=%(desk)s")
modparam("e911", "validator", "name=shop;like=generic;url=%(shop)s;timeout_ms=400")
modparam("e911", "record_node", "one")
modparam("e911", "db_url", "%(url)s")
modparam("e911", "settings_file", "%(rows)s")
modparam("e911", "settings_table", 1)
modparam("e911", "fr", %(fr)d)
modparam("e911", "ring", 2000)
"""
GOOD = "number ^77[0-9]{2}$\nsite name=lab;prefix=lab;set=1\n"
BAD = "site name=lab;prefix=lab;set=1\nnumber ^77[\nsite nonsense\n"
FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN RAISE EXCEPTION ''No space left on device'' USING ERRCODE = ''53100''; END';
""" + "".join("CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON %s FOR EACH ROW"
              " EXECUTE FUNCTION full_disk();\n" % t
              for t in ("e911_location", "e911_record", "e911_call"))


class Server:
    """An ERSP whose way may change, that may be killed and come again."""

    def __init__(self, **how):
        self.how, self.mode = how, "take"
        self.news = threading.Condition()
        self.gone, self.uas = [], None
        self.up()

    def up(self):
        self.uas = UAS(lambda invite: self.mode, **self.how,
                       port=self.uas.port if self.uas else 0)

    def kill(self):
        self.uas.close()
        self.gone += self.uas.invites

    def revive(self):
        self.up()

    def close(self):
        self.uas.close()

    @property
    def invites(self):
        with self.uas.news:
            return self.gone + [a for a in self.uas.invites
                                if a not in self.gone]

    def forget(self, call_ids):
        self.gone = [a for a in self.gone if a.message.call_id not in call_ids]
        with self.uas.news:
            for kept in self.uas.invites, self.uas.requests:
                kept[:] = [a for a in kept
                           if a.message.call_id not in call_ids]


class Scene:
    """Everything that takes part."""

    def __init__(self, kamailio, ua, cleanup, postgres, folder):
        def ending(made):
            cleanup.callback(made.close)
            return made
        self.chance = random.Random(SEED)
        self.dispatcher = threading.Lock()  # who reloads it
        self.scarce = False
        self.starve = Starve(folder)
        self.postgres = postgres
        self.tables = PostgresTables(postgres)
        self.tables.create()
        self.desk = ending(Webhook())
        self.shop = ending(Validator(says("valid")))
        self.rows = os.path.join(str(folder), "e911.rows")
        self.write(GOOD)
        self.servers = [ending(Server(transports=("udp", "tcp")))
                        for _ in range(4)]
        self.first, self.second, third, last = self.servers
        uris = [s.uas.uri() for s in self.servers]
        self.proxy = e911_proxy(
            kamailio, (1, uris[0] + ";transport=tcp", 9), (1, uris[1], 5),
            (1, uris[2], 1), (9, uris[3], 1), clock=True, env=self.starve.env,
            args=("-m", "64"),
            LOAD=LOAD + UAC + XHTTP + self.tables.load + "\n", ROUTES=WEB,
            PARAMS=AT_ONCE + keys(folder) + PARAMS % {
                "desk": self.desk.url(), "shop": self.shop.url(),
                "url": self.tables.url, "rows": self.rows, "fr": FR})
        self.agent = ua(self.proxy)
        self.other = "sip:bob@example.test"
        state(self.proxy, self.agent)
        self.names = {int(p): name.strip() for p, name in re.findall(
            r"^(\d+)\n([^\n]*)", self.proxy.rpc("core.ps").replace("\t", ""), re.M)}

    def write(self, rows):
        with open(self.rows + ".new", "w", encoding="utf-8") as file:
            file.write(rows)
        os.replace(self.rows + ".new", self.rows)

    def pids(self, word):
        return [p for p, name in self.names.items() if word in name]

    def meanwhile(self, over):
        """Somebody states his location, again and again, whatever comes."""
        bearer = token(self.other, life=100 * DAY, iat=0)
        for n in iter(lambda: 0 if over.is_set() else 1, 0):
            client = Client(self.proxy, bearer, checked=False)
            with contextlib.suppress(OSError, AssertionError, KeyError, ValueError):
                client.ask("PUT", "/me/location", {"location": dict(
                    AUSTIN, HNO=str(self.chance.randrange(1, 999)))}, timeout=3)
            client.close()
            over.wait(0.1)

    # ----- faults: each lasts while it is entered -----

    @contextlib.contextmanager
    def server_killed(self):
        self.first.kill()
        yield
        self.first.revive()

    @contextlib.contextmanager
    def server_silent(self):
        self.first.mode = "silent"
        yield
        self.first.mode = "take"

    @contextlib.contextmanager
    def server_refuses(self):
        self.first.mode = "refuse:%d" % self.chance.choice(
            (403, 404, 480, 486, 500, 503, 600, 603))
        yield
        self.first.mode = "take"

    @contextlib.contextmanager
    def killed_and_silent(self):
        self.second.mode = "silent"
        with self.server_killed():
            yield
        self.second.mode = "take"

    @contextlib.contextmanager
    def server_dies(self):
        """100, and nothing more."""
        self.first.mode = "die"
        yield
        self.first.mode = "take"

    @contextlib.contextmanager
    def database_stopped(self):
        self.postgres.stop()
        yield
        self.postgres.start()

    @contextlib.contextmanager
    def database_hangs(self):
        self.postgres.hang()
        yield
        self.postgres.resume()

    @contextlib.contextmanager
    def database_read_only(self):
        name = "default_transaction_read_only"
        load = ("-c", "SELECT pg_reload_conf()")
        self.postgres.psql("-c", "ALTER SYSTEM SET %s = on" % name, *load)
        yield
        self.postgres.psql("-c", "SET %s = off" % name,
                           "-c", "ALTER SYSTEM RESET %s" % name, *load)

    @contextlib.contextmanager
    def database_full(self):
        self.tables.script(FULL)
        yield
        self.tables.script("DROP FUNCTION full_disk CASCADE;")

    @contextlib.contextmanager
    def stand_still(self, pids):
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def a_worker_stands_still(self):
        return self.stand_still([self.chance.choice(self.pids("udp receiver"))])

    def our_processes_stand_still(self):
        return self.stand_still(self.pids("e911 "))

    @contextlib.contextmanager
    def validator_and_webhook_hang(self):
        self.shop.answer = "hang"
        self.desk.set("hang")
        yield
        self.shop.answer = says("valid")
        self.desk.set((200, "text/plain", ""))

    def reload_dispatcher(self):
        """Not without memory: ds_avl_insert() of Kamailio 5.6 writes to
        whatever shm_malloc() gave."""
        with self.dispatcher:
            if not self.scarce:
                self.proxy.jsonrpc("dispatcher.reload", timeout=3)

    @contextlib.contextmanager
    def reloads(self, rows=GOOD):
        over = threading.Event()

        def reload():
            while not over.is_set():
                with contextlib.suppress(OSError):
                    self.proxy.jsonrpc("e911.reload", timeout=3)
                    self.reload_dispatcher()
                over.wait(0.03)
        self.write(rows)
        thread = threading.Thread(target=reload, daemon=True)
        thread.start()
        yield
        over.set()
        thread.join(10)
        self.write(GOOD)

    def bad_reloads(self):
        return self.reloads(BAD)

    @contextlib.contextmanager
    def no_memory_for_us(self):
        self.starve.set(OWN, (0, EVER))
        yield
        assert self.starve.failed
        self.starve.rest()

    @contextlib.contextmanager
    def shared_memory_exhausted(self):
        with self.dispatcher:
            self.scarce = True
        self.starve.leave(150000)
        yield
        assert self.starve.left
        self.starve.leave(0)
        until(lambda: self.starve.left == 0, 10, "it is given back")
        self.scarce = False

    @contextlib.contextmanager
    def clock_jumps(self):
        for jump in DAY, -DAY, 3600:
            self.proxy.set_clock(jump)
            time.sleep(EACH / 4)
        yield
        self.proxy.set_clock(0)

    @contextlib.contextmanager
    def no_file_is_opened(self):
        limits = {}
        for pid in self.names:
            opened = max(map(int, os.listdir("/proc/%d/fd" % pid)))
            limits[pid] = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            resource.prlimit(pid, resource.RLIMIT_NOFILE,
                             (opened + 1, limits[pid][1]))
        # who has a connection needs no new one
        self.first.kill()
        self.first.revive()
        yield
        for pid, limit in limits.items():
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limit)

    FAULTS = [server_killed, server_silent, server_refuses, server_dies,
              killed_and_silent, database_stopped, database_hangs, database_read_only,
              database_full, a_worker_stands_still, our_processes_stand_still,
              validator_and_webhook_hang, reloads, bad_reloads,
              no_memory_for_us, shared_memory_exhausted, clock_jumps,
              no_file_is_opened]


@pytest.fixture
def scene(kamailio, ua, cleanup, postgres, tmp_path):
    return Scene(kamailio, ua, cleanup, postgres, tmp_path)


# what each is about: two at once are about two things
ABOUT = {"server": "server_killed server_silent server_refuses killed_and_silent"
                   " no_file_is_opened",
         "database": "database_stopped database_hangs database_read_only"
                     " database_full",
         "process": "a_worker_stands_still our_processes_stand_still",
         # who takes it all, or gives it back, may be the one that stands
         # still; and Kamailio's dispatcher dies of a reload without memory
         "process, server, memory, rows": "shared_memory_exhausted",
         "rows": "reloads bad_reloads",
         # tm without memory cannot try a second server; a call that is not
         # kept waits two minutes for one that has said 100, it might ring
         "server, memory": "server_dies",
         # at a jump forward all of Kamailio's timers are over: who is silent for
         # a moment is given up, and a call that is not kept is taken by two
         "memory": "no_memory_for_us clock_jumps"}


def about(fault):
    """The things that it is about, at least its own name."""
    return {thing for things, names in ABOUT.items()
            for thing in things.split(", ") if fault.__name__ in names.split()
            } or {fault.__name__}


def chosen(chance):
    """Each once, in another order each time; then two at once."""
    every = [[f] for f in Scene.FAULTS]
    only = os.environ.get("FAULT")
    if only:
        every = [[getattr(Scene, n) for n in names.split("+")]
                 for names in only.split(",")]
    while True:
        chance.shuffle(every)
        yield from every
        for _ in range(0 if only else len(every)):
            two = chance.sample(Scene.FAULTS, 2)
            if not about(two[0]) & about(two[1]):
                yield two


def endure(scene, load):
    """The faults, until the time is over; in the short form each once."""
    end = time.monotonic() + LONG
    every = chosen(scene.chance)
    for n, faults in enumerate(every):
        if n >= len(Scene.FAULTS) and time.monotonic() > end:
            return
        load.note = " and ".join(f.__name__ for f in faults).replace("_", " ")
        load.fault = load.note if len(faults) == 1 else "two at once"
        with contextlib.ExitStack() as stack:
            for fault in faults:
                stack.enter_context(fault(scene))
            time.sleep(EACH)
        under, load.fault = load.fault, "after"
        time.sleep(EACH / 4)
        # what one fault has begun is no matter of the next one
        until(lambda: not load.under(under), PATIENCE + 5, "they have ended")
        load.settle()
        if os.environ.get("FAULT") and time.monotonic() > end:
            return


def test_no_call_is_lost_whatever_fails(scene):
    load = Load(scene.agent, scene.servers, RATE, FR / 1000)
    over = threading.Event()
    stating = threading.Thread(target=scene.meanwhile, args=(over,), daemon=True)
    load.start()
    stating.start()
    try:
        time.sleep(EACH)
        endure(scene, load)
    finally:
        over.set()
        load.finish()
        stating.join(10)
        table = load.table()
        print("seed %d, %d calls a second\n%s" % (SEED, RATE, table))
        with open(os.path.join(ROOT, "build/faults.txt"), "w",
                  encoding="utf-8") as file:
            file.write(table)
    total = load.total()
    assert not total.lost, "%d lost: %s" % (len(total.lost), total.lost[:20])
    assert total.arrived == total.placed
    assert len(total.starved) <= total.placed / 1000, total.starved[:20]
    assert not total.doubled, total.doubled[:20]
    # and all is as it was
    made = scene.agent.invite("sip:911@example.test")
    assert made.final(10).status == 200
    until(lambda: counters(scene.proxy)["pending"] == 0, 60, "all is stored")
    assert json.loads(json.dumps(scene.proxy.jsonrpc(
        "e911.loc_get", [scene.agent.aor])["result"]))
