# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of locations: its memory, and how it is read back after a restart;
beside it Kamailio's htable, with a PIDF-LO for each agent."""
import contextlib
import functools
import json
import os
import re
import sqlite3
import statistics
import tempfile
import time

import config
import places
from harness import ROOT, StartError, until
from line import Line
from proxy import Proxy

CONTACTS = int(os.environ.get("BENCH_CONTACTS", "100000"))
TIMES = 3  # each start
SIZE = max(10, (CONTACTS - 1).bit_length())  # of htable, as a power of two
SHM = 128 + CONTACTS * 2 // 1000  # MB
PKG = 64 + CONTACTS * 4 // 1000  # MB; db_sqlite holds all rows in it at once
STORE = 'modparam("e911", "db_url", "sqlite:///@DATABASE@")'
PEER = """
modparam("htable", "db_url", "sqlite:///@DATABASE@")
modparam("htable", "htable", "loc=>size=%d;dbtable=loc;")
""" % SIZE
PEER_TABLE = """
    CREATE TABLE version (table_name TEXT, table_version INTEGER);
    INSERT INTO version VALUES ('loc', 2);
    CREATE TABLE loc (id INTEGER PRIMARY KEY, key_name TEXT, key_type INTEGER,
        value_type INTEGER, key_value TEXT, expires INTEGER);
"""


# ----- databases -----

def location_rows(count):
    now = int(time.time())
    for i in range(count):
        place = {"network": "192.0.2.1", "confirmed": now, "stated": now,
                 "until": 0, "verdict": "valid", "origin": "rpc",
                 "location": {**places.TWELVE, "HNO": str(1000 + i % 9000)}}
        yield ("agent%d@example.com" % (1000000 + i),
               "urn:uuid:00000000-0000-4000-8000-%012d" % i, 1, "192.0.2.1",
               now, json.dumps([place], separators=(",", ":")))


def document_rows(count):
    for i in range(count):
        user = "agent%d" % (1000000 + i)
        yield "sip:%s@example.com" % user, 0, 0, places.pidf(user), 0


def fill(path, schema, insert, rows):
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA synchronous=OFF")
        database.executescript(schema)
        with database:
            database.executemany(insert, rows)


def make_store(path, count):
    with open(os.path.join(ROOT, "utils/db/sqlite/e911-create.sql"),
              encoding="utf-8") as file:
        fill(path, file.read(), "INSERT INTO e911_location (aor, contact, bound,"
             " seen, changed, places) VALUES (?, ?, ?, ?, ?, ?)",
             location_rows(count))


def make_documents(path, count):
    fill(path, PEER_TABLE, "INSERT INTO loc (key_name, key_type, value_type,"
         " key_value, expires) VALUES (?, ?, ?, ?, ?)", document_rows(count))


@contextlib.contextmanager
def databases(make):
    """Paths of one with all contacts, and of an empty one."""
    with tempfile.TemporaryDirectory(prefix="e911-bench-") as folder:
        full, empty = (os.path.join(folder, n) for n in ("full", "empty"))
        make(full, CONTACTS)
        make(empty, 0)
        yield full, empty


# ----- starts -----

class Start:
    """One start: seconds to the first answers and until all is read, and the
    shared memory then."""

    def __init__(self, cfg, database, methods, pkg, read=None):
        args = ["-m", str(SHM), "-M", str(pkg), "-x", "fm", "-X", "fm"]
        with Line() as line, Proxy(
                cfg, files={"dispatcher.list": line.destinations}, args=args,
                DATABASE=database) as proxy:
            line.proxy = proxy.address
            start = time.monotonic()
            proxy.begin()
            self.first = line.first_answers(methods, proxy.alive)
            if read is None:
                self.read = max(self.first.values())
            else:
                until(lambda: re.search(read, proxy.log()), 600, read, 0.01)
                self.read = time.monotonic() - start
            until(proxy.ready, 60, "Kamailio is up")
            self.memory = proxy.shm()


def start_store(database, count):
    return Start(
        config.config(config.e911(params=STORE), config.EMERGENCY,
                      routes=config.ROUTES, debug=1),
        database, ("OPTIONS", "INVITE"), 8, r"\b%d locations read" % count)


def start_documents(database, pkg=PKG):
    """Nothing is answered before all is read."""
    return Start(config.config(PEER), database, ("OPTIONS",), pkg)


def with_little_memory(database):
    try:
        return "%.2f s there too" % start_documents(database, 8).read
    except StartError:
        return "at -M 8 it does not start"


@functools.lru_cache(maxsize=None)
def ours():
    """Starts with all contacts, and with none."""
    with databases(make_store) as (full, empty):
        return ([start_store(full, CONTACTS) for _ in range(TIMES)],
                [start_store(empty, 0) for _ in range(TIMES)])


@functools.lru_cache(maxsize=None)
def peers():
    with databases(make_documents) as (full, empty):
        return ([start_documents(full) for _ in range(TIMES)],
                [start_documents(empty)], with_little_memory(full))


def median(starts, what):
    return statistics.median(what(s) for s in starts)


def memory_each(full, empty):
    return (median(full, lambda s: s.memory)
            - median(empty, lambda s: s.memory)) / CONTACTS


# ----- figures -----

def memory_per_contact():
    yield ("memory-per-contact", "%.0f" % memory_each(*ours()), "B",
           "shared memory, %d contacts with 12 fields; htable with a PIDF-LO"
           " for each: %.0f; fm" % (CONTACTS, memory_each(*peers()[:2])))


def first_answer(method, full, empty):
    reading = median(full, lambda s: s.first[method])
    return ("%+.0f" % (1000 * (
        reading - median(empty, lambda s: s.first[method]))), "ms",
        "from start to the first answer, %d ms, over a start with nothing to"
        " read; all is read after %.0f ms" % (
            1000 * reading, 1000 * median(full, lambda s: s.read)))


def reload():
    full, empty = ours()
    documents, _, little = peers()
    yield ("reload", "%.2f" % median(full, lambda s: s.read), "s",
           "from start until %d are read from SQLite, -M 8; htable: %.2f s at"
           " -M %d, %s; fm" % (CONTACTS, median(documents, lambda s: s.read),
                               PKG, little))
    yield ("reload-first-options", *first_answer("OPTIONS", full, empty))
    yield ("reload-first-911", *first_answer("INVITE", full, empty))
