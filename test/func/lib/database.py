# SPDX-License-Identifier: GPL-2.0-or-later
"""Databases with the tables of e911, and a proxy that keeps its locations in
one of them."""
import contextlib
import json
import os
import sqlite3
import subprocess
import threading
import time

from . import sqlite
from .e911 import TRUST, e911_proxy
from .kamailio import ROOT
from .postgres import DATABASE, USER, program

COLUMNS = ("id", "aor", "contact", "site", "place", "moved", "bound",
           "expires", "gone", "seen", "changed", "places")


def created_by(kind):
    return os.path.join(ROOT, "utils/db", kind, "e911-create.sql")


def literal(value):
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("'", "''") + "'"


class Tables:
    """What both kinds have in common: query(sql) gives tuples in which
    numbers are int."""

    def insert(self, **columns):
        """A row of e911_location; the columns left out have their default."""
        self.query("INSERT INTO e911_location (%s) VALUES (%s)" % (
            ", ".join(columns), ", ".join(map(literal, columns.values()))))

    def setting(self, parameter, value):
        self.query("INSERT INTO e911_setting (parameter, value) VALUES (%s, %s)"
                   % (literal(parameter), literal(value)))

    def locations(self):
        """{(aor, contact): {column: value}}, places as parsed JSON."""
        found = {}
        for row in self.query("SELECT %s FROM e911_location"
                              % ", ".join(COLUMNS)):
            row = dict(zip(COLUMNS, row))
            row["places"] = json.loads(row["places"])
            found[row["aor"], row["contact"]] = row
        return found

    def count(self):
        return self.query("SELECT count(*) FROM e911_location")[0][0]

    def insert_all(self, rows):
        """Many rows: (aor, places)."""
        self.script("BEGIN;\n" + "".join(
            "INSERT INTO e911_location (aor, places) VALUES (%s, %s);\n" % (
                literal(aor), literal(places)) for aor, places in rows)
            + "COMMIT;\n")

    def refuse(self, condition):
        """From now on it refuses each new row of which this is true; of NEW,
        the row."""
        self.script(self.trigger % condition)

    def accept(self):
        """Ends refuse()."""
        self.script("DROP TRIGGER refuse%s;" % self.on_table)


class SqliteTables(Tables):
    load = 'loadmodule "db_sqlite.so"'
    on_table = ""
    trigger = """
        CREATE TRIGGER refuse BEFORE INSERT ON e911_location WHEN %s
        BEGIN SELECT RAISE(ABORT, 'refused'); END;"""

    def __init__(self, folder):
        self.path = os.path.join(str(folder), "e911.sqlite")
        self.url = "sqlite:///" + self.path  # of an absolute path

    def create(self):
        sqlite.create(self.path, created_by("sqlite"))

    def query(self, sql, values=()):
        return sqlite.query(self.path, sql, values)

    def script(self, sql):
        with contextlib.closing(sqlite3.connect(
                self.path, timeout=10)) as database:
            database.executescript(sql)

    def disturb(self):
        """Locked for a moment: who writes is refused."""
        with self.locked():
            time.sleep(0.003)

    @contextlib.contextmanager
    def locked(self):
        """Meanwhile nobody else reads or writes."""
        with contextlib.closing(sqlite3.connect(
                self.path, timeout=10, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield
            other.execute("COMMIT")

    def check(self):
        assert self.query("PRAGMA integrity_check") == [("ok",)]


class PostgresTables(Tables):
    # the least that db_postgres waits for a server that hangs
    load = 'loadmodule "db_postgres.so"\nmodparam("db_postgres", "timeout", 2)'
    on_table = " ON e911_location"
    trigger = """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN RAISE EXCEPTION ''refused''; END';
        CREATE TRIGGER refuse BEFORE INSERT ON e911_location
        FOR EACH ROW WHEN (%s) EXECUTE FUNCTION refuse();"""

    def __init__(self, server):
        self.server = server
        self.url = server.url

    def create(self):
        self.server.create(created_by("postgres"))

    def query(self, sql):
        return [tuple(int(v) if v and v.isdigit() else v for v in row)
                for row in self.server.query(sql)]

    def script(self, sql):
        path = os.path.join(self.server.run_dir, "script.sql")
        with open(path, "w", encoding="utf-8") as file:
            file.write(sql)
        self.server.psql("-f", path)

    def disturb(self):
        """All others lose their connection."""
        self.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                   " WHERE pid <> pg_backend_pid() AND usename = '%s'" % USER)

    @contextlib.contextmanager
    def locked(self):
        """Meanwhile nobody else reads or writes locations."""
        with subprocess.Popen(
                [program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1",
                 "-h", self.server.run_dir, "-p", str(self.server.port),
                 "-U", USER, "-d", DATABASE],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                cwd=self.server.run_dir) as other:
            other.stdin.write("BEGIN;\nLOCK TABLE e911_location IN ACCESS"
                              " EXCLUSIVE MODE;\n\\echo locked\n")
            other.stdin.flush()
            assert other.stdout.readline() == "locked\n"
            yield
            other.communicate("COMMIT;\n", timeout=10)

    def check(self):
        """What is there was written whole: each row is read in locations()."""


def store_proxy(kamailio, database, *destinations, params="", load="", trust=TRUST,
                **parts):
    """A started Kamailio that keeps its locations there."""
    return e911_proxy(
        kamailio, *destinations, LOAD=database.load + "\n" + load, TRUST=trust,
        PARAMS='modparam("e911", "db_url", "%s")\n%s' % (database.url, params),
        **parts)


def in_force(proxy):
    """{(aor, contact): row of loc_list}, page by page."""
    found, cursor = {}, "0"
    while cursor is not None:
        page = proxy.jsonrpc("e911.loc_list", [cursor])["result"]
        cursor = next((row["next"] for row in page if "next" in row), None)
        found.update(((row["aor"], row["contact"]), row)
                     for row in page if "aor" in row)
    return found


def differences(proxy, database):
    """Where database and cache differ, as words; empty where they do not."""
    here, there = in_force(proxy), database.locations()
    found = ["%s: only in the cache" % (k,) for k in here.keys() - there.keys()]
    found += ["%s: only in the database" % (k,)
              for k in there.keys() - here.keys()]
    for key in here.keys() & there.keys():
        row, kept = here[key], there[key]
        place = kept["places"][kept["place"]]
        if (row["location"], row["network"], row["seen"], row["places"]) != (
                place["location"], place["network"], kept["seen"],
                len(kept["places"])):
            found.append("%s: %s, %s" % (key, row, kept))
        if row["store"] != "stored":
            found.append("%s: %s" % (key, row["store"]))
    return found


def in_threads(n, work):
    """Runs work(number) in n threads; returns a function that waits for them,
    and raises what was raised in one of them."""
    failures = []

    def run(number):
        try:
            work(number)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(i,), daemon=True)
               for i in range(n)]
    for thread in threads:
        thread.start()

    def wait():
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive(), "a thread hangs"
        if failures:
            raise failures[0]
    return wait
