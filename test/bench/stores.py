# SPDX-License-Identifier: GPL-2.0-or-later
"""Databases full of locations, and of documents for a peer; each is made once
a run."""
import atexit
import contextlib
import csv
import functools
import json
import os
import sqlite3
import subprocess
import tempfile
import time

import places
from harness import ROOT, Postgres
from harness import postgres_program as program

KINDS = ("sqlite", "postgres")
NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
CREATED = "utils/db/%s/e911-create.sql"
LOCATION = "e911_location", ("aor", "contact", "bound", "seen", "changed",
                             "places")
DOCUMENT = "loc", ("key_name", "key_type", "value_type", "key_value", "expires")
TABLE = """
    CREATE TABLE version (table_name VARCHAR(32), table_version INTEGER);
    INSERT INTO version VALUES ('loc', 2);
    CREATE TABLE loc (id %s PRIMARY KEY, key_name VARCHAR(64), key_type INTEGER,
        value_type INTEGER, key_value VARCHAR(4096), expires INTEGER);
"""
SERIAL = {"sqlite": "INTEGER", "postgres": "SERIAL"}


# ----- rows -----

def aor(i):
    return "agent%d@example.com" % (1000000 + i)


def contact(i):
    return "urn:uuid:00000000-0000-4000-8000-%012d" % i


def document_key(i):
    return "sip:" + aor(i)


def location_rows(count):
    now = int(time.time())
    for i in range(count):
        place = {"network": "192.0.2.1", "confirmed": now, "stated": now,
                 "until": 0, "verdict": "valid", "origin": "rpc",
                 "location": {**places.TWELVE, "HNO": str(1000 + i % 9000)}}
        yield (aor(i), contact(i), 1, "192.0.2.1", now,
               json.dumps([place], separators=(",", ":")))


def document_rows(count):
    for i in range(count):
        yield (document_key(i), 0, 0,
               places.pidf("agent%d" % (1000000 + i)), 0)


# ----- where they are -----

@functools.lru_cache(maxsize=None)
def folder():
    made = tempfile.TemporaryDirectory(prefix="e911-bench-")
    atexit.register(made.cleanup)
    return made.name


@functools.lru_cache(maxsize=None)
def server():
    made = Postgres(folder())
    atexit.register(made.close)
    return made.start()


def psql(database, *args):
    return [program("psql"), "-h", server().host, "-p", str(server().port),
            "-U", "e911", "-d", database, "-qX", "-v", "ON_ERROR_STOP=1", *args]


def in_sqlite(name, schema, table, columns, rows):
    path = os.path.join(folder(), name)
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA synchronous=OFF")
        database.executescript(schema)
        with database:
            database.executemany("INSERT INTO %s (%s) VALUES (%s)" % (
                table, ", ".join(columns), ", ".join("?" * len(columns))), rows)
    return "sqlite:///" + path


def in_postgres(name, schema, table, columns, rows):
    subprocess.run(psql("postgres", "-c", "CREATE DATABASE " + name), check=True)
    subprocess.run(psql(name), input=schema, text=True, check=True)
    with subprocess.Popen(psql(name, "-c", "COPY %s (%s) FROM STDIN (FORMAT csv)"
                               % (table, ", ".join(columns))),
                          stdin=subprocess.PIPE, text=True) as copy:
        csv.writer(copy.stdin).writerows(rows)
        copy.stdin.close()
        assert copy.wait() == 0, "COPY failed"
    subprocess.run(psql(name, "-c", "VACUUM ANALYZE"), check=True)
    return "postgres://e911@%s:%d/%s" % (server().host, server().port, name)


MAKE = {"sqlite": in_sqlite, "postgres": in_postgres}


@functools.lru_cache(maxsize=None)
def locations(kind, count):
    """URL of a database with so many contacts."""
    with open(os.path.join(ROOT, CREATED % kind), encoding="utf-8") as file:
        return MAKE[kind]("location_%d" % count, file.read(), *LOCATION,
                          location_rows(count))


@functools.lru_cache(maxsize=None)
def documents(kind, count):
    """URL of a database with a PIDF-LO for each of so many agents."""
    return MAKE[kind]("document_%d" % count, TABLE % SERIAL[kind], *DOCUMENT,
                      document_rows(count))
