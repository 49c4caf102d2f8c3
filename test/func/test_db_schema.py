# SPDX-License-Identifier: GPL-2.0-or-later
"""The tables of utils/db on real databases. No MySQL server is run: its file
is only read, and compared with the others."""
import os
import re
import sqlite3
import subprocess
from contextlib import closing

import pytest

from lib import BASE, ROOT, sqlite

FOLDER = os.path.join(ROOT, "utils/db")
TABLES = {
    "e911_call": ["id", "callid", "tag", "caller", "aor", "device", "contact",
                  "source", "site", "trunk", "proven", "test", "callback",
                  "elin", "reference", "started", "ended", "location"],
    "e911_consent": ["id", "aor", "version", "acknowledged"],
    "e911_location": ["id", "aor", "contact", "site", "place", "moved", "bound",
                      "expires", "gone", "seen", "changed", "places"],
    "e911_msag": ["id", "predir", "street", "suffix", "postdir", "low", "high",
                  "parity", "community", "county", "state", "country", "esn",
                  "psap"],
    "e911_notice": ["id", "notice", "node", "recipient", "happened", "expires",
                    "facts", "events"],
    "e911_record": ["id", "node", "seq", "call_id", "who", "kind", "at",
                    "summary", "detail", "digest", "document",
                    "document_digest", "mac"],
    "e911_setting": ["id", "parameter", "value"],
}
VERSIONS = [("e911_call", 1), ("e911_consent", 1), ("e911_location", 1),
            ("e911_msag", 1), ("e911_notice", 1), ("e911_record", 1),
            ("e911_setting", 1)]
# more than 32 bits, and all that JSON has backslashes for
PLACES = r'[{"NAM":"Bill\u2019s \"Bar\" \\ O' + "'" + r'Hare","LOC":"Büro"}]'
LOCATION = (1 << 33, "alice@example.test", "urn:uuid:1", "main", 3, 1, 1,
            1 << 40, (1 << 40) + 1, "192.0.2.0/24", (1 << 40) + 2, PLACES)
INSERT = "INSERT INTO e911_location (aor, contact, places) VALUES (%s)"


def created(db):
    return os.path.join(FOLDER, db, "e911-create.sql")


def literal(value):
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("'", "''") + "'"


def literals(values):
    return ", ".join(map(literal, values))


class Sqlite:
    refused = sqlite3.IntegrityError

    def __init__(self, path):
        self.path = str(path / "e911.sqlite")
        self.module = "db_sqlite"
        self.url = "sqlite:///" + self.path  # of an absolute path

    def create(self):
        sqlite.create(self.path, created("sqlite"))

    def query(self, sql):
        return sqlite.query(self.path, sql)

    def columns(self, table):
        return [r[1] for r in self.query("PRAGMA table_info(%s)" % table)]


class Postgres:
    refused = AssertionError

    def __init__(self, server):
        self.server = server
        self.module = "db_postgres"
        self.url = server.url

    def create(self):
        self.server.create(created("postgres"))

    def query(self, sql):
        """What is a number is an int, as SQLite has it."""
        return [tuple(int(v) if v.isdigit() else v for v in row)
                for row in self.server.query(sql)]

    def columns(self, table):
        return [r[0] for r in self.query(
            "SELECT column_name FROM information_schema.columns WHERE"
            " table_name = '%s' ORDER BY ordinal_position" % table)]


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path):
    """Each kind of database, with the tables."""
    made = (Sqlite(tmp_path) if request.param == "sqlite"
            else Postgres(request.getfixturevalue("postgres")))
    made.create()
    return made


def versions(database):
    return database.query("SELECT table_name, table_version FROM version"
                          " ORDER BY table_name")


# ----- the files -----

def generate(*args):
    return subprocess.run([os.path.join(FOLDER, "generate"), *args],
                          capture_output=True, text=True)


def test_files_are_up_to_date():
    done = generate("--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_wrong_use_is_told():
    assert generate("--chekc").returncode != 0


def mysql_tables():
    """{table: {column: the rest of its line}} and the whole text."""
    with open(created("mysql"), encoding="utf-8") as file:
        text = file.read()
    tables = {}
    for name, body in re.findall(
            r"^CREATE TABLE IF NOT EXISTS `(\w+)` \(\n(.*?)\n\)", text,
            re.M | re.S):
        tables[name] = dict(re.findall(r"^    `(\w+)` (.*?),?$", body, re.M))
    return tables, text


def test_mysql_has_the_same():
    tables, text = mysql_tables()
    assert tables.pop("version").keys() == {"id", "table_name", "table_version"}
    assert {t: list(c) for t, c in tables.items()} == TABLES
    assert "UNIQUE (`aor`, `contact`)" in text
    assert re.findall(r"VALUES \('(\w+)', (\d)\);", text) == [
        (t, str(v)) for t, v in VERSIONS]
    assert text.count("utf8mb4") == 2 * len(TABLES)


def test_mysql_index_is_short_enough():
    """767 bytes a column: the least that any InnoDB takes."""
    tables = mysql_tables()[0]
    for table, column in ("e911_location", "aor"), ("e911_location", "contact"), \
            ("e911_call", "callid"), ("e911_consent", "aor"), \
            ("e911_notice", "notice"):
        size = re.match(r"VARCHAR\((\d+)\)", tables[table][column]).group(1)
        assert 4 * int(size) <= 767


def test_sqlite_command_line(tmp_path):
    """As utils/db/README.md says."""
    path = tmp_path / "e911.sqlite"
    with open(created("sqlite"), encoding="utf-8") as file:
        subprocess.run(["sqlite3", path], stdin=file, check=True)
    assert Sqlite(tmp_path).columns("e911_setting") == TABLES["e911_setting"]


# ----- the tables -----

def test_tables_and_versions(database):
    for table, columns in TABLES.items():
        assert database.columns(table) == columns
    assert versions(database) == VERSIONS


def test_created_again_keeps_all(database):
    database.query(INSERT % literals(("a@b", "", "[]")))
    database.query("UPDATE version SET table_version = 9")
    database.create()
    assert versions(database) == VERSIONS
    assert database.query("SELECT aor FROM e911_location") == [("a@b",)]


def test_beside_tables_of_kamailio(tmp_path):
    """On a database with a table of versions already."""
    path = str(tmp_path / "e911.sqlite")
    with closing(sqlite3.connect(path)) as made:
        made.executescript(
            "CREATE TABLE version (id INTEGER PRIMARY KEY NOT NULL,"
            " table_name VARCHAR(32) NOT NULL,"
            " table_version INTEGER DEFAULT 0 NOT NULL,"
            " CONSTRAINT version_table_name_idx UNIQUE (table_name));"
            "INSERT INTO version (table_name, table_version)"
            " values ('version','1');")
    database = Sqlite(tmp_path)
    database.create()
    assert versions(database) == VERSIONS + [("version", 1)]


def test_whole_row_comes_back(database):
    columns = TABLES["e911_location"]
    database.query("INSERT INTO e911_location (%s) VALUES (%s)" % (
        ", ".join(columns), literals(LOCATION)))
    assert database.query("SELECT * FROM e911_location") == [LOCATION]


def test_defaults(database):
    database.query(INSERT % literals(("a@b", "", "[]")))
    assert database.query("SELECT * FROM e911_location") == [
        (1, "a@b", "", "", 0, 0, 0, 0, 0, "", 0, "[]")]


def test_one_row_per_contact(database):
    for row in ("a@b", "x", "1"), ("a@b", "y", "1"), ("a@b", "", "1"), \
            ("A@b", "x", "1"):
        database.query(INSERT % literals(row))
    with pytest.raises(database.refused, match="(?i)unique"):
        database.query(INSERT % literals(("a@b", "x", "2")))
    assert database.query("SELECT count(*) FROM e911_location") == [(4,)]


def test_one_row_per_call(database):
    row = "INSERT INTO e911_call (callid, location) VALUES (%s)"
    for callid in "a@b", "A@b":
        database.query(row % literals((callid, "")))
    with pytest.raises(database.refused, match="(?i)unique"):
        database.query(row % literals(("a@b", "")))
    assert database.query("SELECT * FROM e911_call WHERE callid = 'a@b'") == [
        (1, "a@b", "", "", "", "", "", "", "", 0, 0, 0, "", "", "", 0, 0, "")]


def test_defaults_of_a_range_of_streets(database):
    database.query("INSERT INTO e911_msag (street, low, high, community, state)"
                   " VALUES ('MAIN', 1, 99, 'TROY', 'NY')")
    assert database.query("SELECT * FROM e911_msag") == [
        (1, "", "MAIN", "", "", 1, 99, "B", "TROY", "", "NY", "", "", "")]


def test_settings_keep_their_order(database):
    rows = [("site", "name=b;set=1"), ("number", r"re=^\+?911$"),
            ("site", "name=a;set=2")]
    for row in rows:
        database.query("INSERT INTO e911_setting (parameter, value)"
                       " VALUES (%s)" % literals(row))
    assert database.query(
        "SELECT parameter, value FROM e911_setting ORDER BY id") == rows


# ----- through Kamailio -----

READ = BASE + """
loadmodule "@DB@.so"
loadmodule "sqlops.so"
modparam("sqlops", "sqlcon", "db=>@URL@")
request_route {
    sql_query("db", "SELECT places, expires FROM e911_location", "r");
    xlog("L_NOTICE", "PLACES $dbr(r=>[0,0]) EXPIRES $dbr(r=>[0,1])\\n");
    sql_query("db", "SELECT value FROM e911_setting", "r");
    xlog("L_NOTICE", "VALUE $dbr(r=>[0,0]) END\\n");
    sl_send_reply("200", "OK");
}
"""


def test_kamailio_reads_it_whole(database, kamailio, ua):
    value = r"re=^\+?911$"
    database.query("INSERT INTO e911_location (%s) VALUES (%s)" % (
        ", ".join(TABLES["e911_location"]), literals(LOCATION)))
    database.query("INSERT INTO e911_setting (parameter, value) VALUES (%s)"
                   % literals(("number", value)))
    proxy = kamailio(READ, DB=database.module, URL=database.url)
    assert ua(proxy).request("OPTIONS", "sip:example.test").final().status == 200
    found = proxy.wait_log(r"PLACES (.*) EXPIRES (.*)$")
    assert found.groups() == (PLACES, str(LOCATION[7]))
    assert proxy.wait_log("VALUE (.*) END$").group(1) == value


# ----- the harness's own PostgreSQL -----

def test_postgres_ends_and_comes_back(postgres):
    postgres.query("CREATE TABLE t (a INTEGER, b TEXT)")
    postgres.query("INSERT INTO t VALUES (1, NULL), (2, E'two\\nlines|')")
    rows = [("1", None), ("2", "two\nlines|")]
    for end in postgres.kill, postgres.stop:
        end()
        with pytest.raises(AssertionError, match="connect"):
            postgres.query("SELECT 1")
        postgres.start()
        assert postgres.query("SELECT * FROM t ORDER BY a") == rows
    assert postgres.query("SELECT * FROM t WHERE a = 3") == []
    assert postgres.query("SHOW fsync") == [("on",)]


def test_postgres_hangs(postgres):
    asked = ["psql", "-X", "-At", "-h", postgres.run_dir, "-p",
             str(postgres.port), "-U", "e911", "-d", "postgres", "-c", "SELECT 7"]
    postgres.hang()
    with subprocess.Popen(asked, stdout=subprocess.PIPE, text=True) as client:
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                client.wait(0.5)
            postgres.resume()
            assert client.communicate(timeout=10)[0] == "7\n"
        finally:
            client.kill()
    postgres.hang()
    postgres.kill()
    postgres.start()
    assert postgres.query("SELECT 7") == [("7",)]
