# SPDX-License-Identifier: GPL-2.0-or-later
"""The guide of streets: its memory, an address found, a misspelt one mended;
beside it PostgreSQL with the same rows, asked in a loop within the server, so
that no connection counts against it."""
import contextlib
import functools
import os
import subprocess
import tempfile
import time

import fit
import guide
from harness import Postgres
from harness import postgres_program as program

RANGES = int(os.environ.get("BENCH_RANGES", "100000"))
SIZES = fit.spread(RANGES, (100, 10, 1))
QUERIES = 20000
PEER_QUERIES = {"exact": 20000, "levenshtein": 2000, "trigram": 1000,
                "nation": 300}
TABLES = """
CREATE EXTENSION pg_trgm;
CREATE EXTENSION fuzzystrmatch;
CREATE TABLE msag (state text, county text, community text, predir text,
    street text, suffix text, low int, high int, parity char, esn text,
    psap text);
CREATE TABLE query (state text, community text, other text, predir text,
    typed text, suffix text, number int, street text);
"""
INDEXES = """
CREATE INDEX msag_range ON msag (state, community, street, suffix, predir, low);
CREATE TABLE street AS SELECT DISTINCT state, community, street FROM msag;
CREATE INDEX street_community ON street (state, community);
CREATE TABLE name AS SELECT DISTINCT street FROM msag;
CREATE INDEX name_trigram ON name USING gin (street gin_trgm_ops);
ANALYZE;
"""
# q is a row of query; a row says that it was found
ASKED = {
    "exact": """SELECT 1 FROM msag m WHERE m.state = q.state
        AND m.community = q.community AND m.predir = q.predir
        AND m.street = q.street AND m.suffix = q.suffix AND m.low <= q.number
        AND m.high >= q.number AND (m.parity = 'B' OR m.parity = CASE
            WHEN q.number % 2 = 1 THEN 'O' ELSE 'E' END) LIMIT 1""",
    "levenshtein": """SELECT 1 FROM (SELECT street FROM street s
        WHERE s.state = q.state AND s.community = q.community
        ORDER BY levenshtein(s.street, q.typed) LIMIT 5) f
        WHERE f.street = q.street LIMIT 1""",
    "trigram": """SELECT 1 FROM (SELECT street FROM street s
        WHERE s.state = q.state AND s.community = q.community
        ORDER BY s.street <-> q.typed LIMIT 5) f
        WHERE f.street = q.street LIMIT 1""",
    "nation": """SELECT 1 FROM (SELECT street FROM name n
        WHERE n.street % q.typed ORDER BY n.street <-> q.typed LIMIT 5) f
        WHERE f.street = q.street LIMIT 1""",
}
LOOP = """
CREATE FUNCTION ask_%(name)s(OUT us float, OUT share float) AS $$
DECLARE
    q record; one int; hits int := 0; n int := 0;
    begin_at timestamptz; took float := 0;
BEGIN
    FOR q IN SELECT * FROM query LIMIT %(count)d LOOP
        begin_at := clock_timestamp();
        one := (%(asked)s);
        took := took + extract(epoch FROM clock_timestamp() - begin_at);
        n := n + 1;
        IF one IS NOT NULL THEN hits := hits + 1; END IF;
    END LOOP;
    us := took * 1e6 / n;
    share := hits::float / n;
END $$ LANGUAGE plpgsql;
"""


@contextlib.contextmanager
def files(ranges):
    with tempfile.TemporaryDirectory(prefix="e911-bench-") as folder:
        paths = [os.path.join(folder, n) for n in ("guide.csv", "query.csv")]
        guide.make(*paths, ranges, QUERIES)
        yield folder, paths


def ours(paths):
    out = subprocess.run([os.environ["E911_MSAG"], *paths], check=True,
                         capture_output=True, text=True).stdout
    return {name: float(value) for name, value in
            (line.split() for line in out.splitlines())}


class Peer:
    def __init__(self, server, ranges):
        self.server, self.ranges = server, ranges

    def sql(self, text):
        return subprocess.run(
            [program("psql"), "-h", self.server.host, "-p",
             str(self.server.port), "-U", "e911", "-d", "postgres", "-qAtX",
             "-F", " ", "-v", "ON_ERROR_STOP=1"], input=text, text=True,
            check=True, stdout=subprocess.PIPE).stdout

    def load(self, paths):
        """Seconds until the rows are there and indexed."""
        self.sql(TABLES)
        start = time.monotonic()
        for table, path in zip(("msag", "query"), paths):
            with open(path, encoding="utf-8") as file:
                self.sql("COPY %s FROM STDIN (FORMAT csv, HEADER);\n%s\\.\n" % (
                    table, file.read()))
        self.sql(INDEXES)
        return time.monotonic() - start

    def bytes(self):
        return int(self.sql("SELECT pg_total_relation_size('msag')"
                            )) / self.ranges

    def ask(self, name):
        """Microseconds, and the share that was found."""
        self.sql(LOOP % {"name": name, "count": PEER_QUERIES[name],
                         "asked": ASKED[name]})
        return min(tuple(map(float, self.sql(
            "SELECT * FROM ask_%s()" % name).split())) for _ in range(2))


@functools.lru_cache(maxsize=None)
def measured(ranges):
    with files(ranges) as (folder, paths):
        mine = ours(paths)
        server = Postgres(folder)
        try:
            peer = Peer(server.start(), ranges)
            theirs = {"load": peer.load(paths), "bytes": peer.bytes(),
                      **{name: peer.ask(name) for name in ASKED}}
        finally:
            server.close()
    return mine, theirs


def growth(name, value, peers_value):
    """How a figure grows, for the words of a row, beside its peer's."""
    mine, theirs = zip(*(measured(ranges) for ranges in SIZES))
    values = [m[value] for m in mine]
    yield ("msag-growth-" + name, "%.2f" % fit.exponent(SIZES, values),
           "exponent", "over %s ranges: %s; PostgreSQL: %.2f" % (
               fit.listed(SIZES, "%d"), fit.listed(values, "%.2f"),
               fit.exponent(SIZES, [peers_value(t) for t in theirs])))


def msag():
    mine, theirs = measured(RANGES)
    yield ("msag-load", "%.2f" % mine["load-s"], "s",
           "a CSV file of %d ranges; PostgreSQL, with indexes: %.2f" % (
               mine["ranges"], theirs["load"]))
    yield ("msag-memory-per-range", "%.1f" % mine["bytes"], "B",
           "all in all; PostgreSQL, table and the btree index: %.0f" % (
               theirs["bytes"]))
    yield ("msag-exact", "%.2f" % mine["exact-us"], "us",
           "an address found and written as the guide does; PostgreSQL, btree:"
           " %.1f" % theirs["exact"][0])
    yield ("msag-suggest", "%.1f" % mine["community-us"], "us",
           "street misspelt, among five: %.4f; PostgreSQL, btree and"
           " levenshtein: %.0f, %.4f; trigrams: %.0f, %.4f" % (
               mine["community-five"], *theirs["levenshtein"],
               *theirs["trigram"]))
    yield ("msag-suggest-nation", "%.1f" % mine["nation-us"], "us",
           "community wrong as well, street among five: %.4f, whole address:"
           " %.4f; PostgreSQL, trigrams, street only: %.0f, %.4f" % (
               mine["nation-five"], mine["nation-whole"], *theirs["nation"]))
    yield from growth("memory", "bytes", lambda t: t["bytes"])
    yield from growth("exact", "exact-us", lambda t: t["exact"][0])
    yield from growth("suggest", "community-us", lambda t: t["levenshtein"][0])
    yield from growth("nation", "nation-us", lambda t: t["nation"][0])
