# SPDX-License-Identifier: GPL-2.0-or-later
"""SQLite databases in files."""
import contextlib
import sqlite3


def create(path, sql_path):
    """Loads a file of SQL into a database, made if it is not there."""
    with open(sql_path, encoding="utf-8") as file, \
            contextlib.closing(sqlite3.connect(path)) as database:
        database.executescript(file.read())


def query(path, sql, values=()):
    """Rows of one statement, which is committed."""
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as database:
        with database:
            return database.execute(sql, values).fetchall()
