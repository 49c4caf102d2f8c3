#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The record of emergency calls: verified, shown, exported, redacted.

usage: e911_record.py verify  --key FILE SOURCE [--head NODE:SEQ:MAC]...
       e911_record.py export  SOURCE [--csv] [--from SEQ] [--call CALL]
       e911_record.py calls   SOURCE
       e911_record.py call    SOURCE CALL
       e911_record.py redact  --key FILE SOURCE AOR

SOURCE is a SQLite file, a URL postgres://… or sqlite:///… as db_url has it, or
a file of JSON lines as export writes it (- is standard input). CALL is a
call_id, or a Call-ID. verify answers 0 where the record is whole, 1 where it is
not, 2 where it could not be read; the heads are those in Kamailio's log or of
e911.record_head: without one, that the last rows were taken away is not seen.
"""
import argparse
import csv
import datetime
import hashlib
import hmac
import json
import os
import re
import sqlite3
import subprocess
import sys

COLUMNS = ("node", "seq", "call_id", "who", "kind", "at", "summary", "detail",
           "digest", "document", "document_digest", "mac")
NUMBERS = ("seq", "at")
MIN_KEY = 16
HEAD = re.compile(r"record of (\S+): head (\d+) ([0-9a-f]{64})")


class Unreadable(Exception):
    """The rows, or the key, cannot be read; the text says why."""


# ----- rows -----

def read_key(path):
    """The bytes of a key file, as the module reads them."""
    try:
        with open(path, "rb") as file:
            key = file.read().rstrip(b" \t\r\n\v\f")
    except OSError as error:
        raise Unreadable(str(error)) from error
    if len(key) < MIN_KEY:
        raise Unreadable("%s: a key has %d bytes at least" % (path, MIN_KEY))
    return key


def as_row(values):
    return {name: int(value) if name in NUMBERS else value or ""
            for name, value in zip(COLUMNS, values)}


def query_of(where=""):
    return "SELECT %s FROM e911_record %s ORDER BY node, seq" % (
        ", ".join(COLUMNS), where)


def sqlite_rows(path):
    if not os.path.exists(path):
        raise Unreadable("%s: no such file" % path)
    # what was begun when its writer was killed is to be rolled back first
    mode = "rw" if os.access(path, os.W_OK) else "ro"
    database = sqlite3.connect("file:%s?mode=%s" % (path, mode), uri=True,
                               timeout=10)
    try:
        yield from map(as_row, database.execute(query_of()))
    except (sqlite3.Error, ValueError) as error:
        raise Unreadable("%s: %s" % (path, error)) from error
    finally:
        database.close()


def postgres_uri(url):
    """(the URL, the password that was in it): who may list processes is not to
    read it."""
    found = re.match(r"postgres(?:ql)?://([^@/:]*):([^@/]*)@(.*)$", url, re.S)
    if found is None:
        return re.sub("^postgres:", "postgresql:", url), ""
    return "postgresql://%s@%s" % (found[1], found[3]), found[2]


def psql(url, sql):
    """What psql prints; the statement goes in by its standard input."""
    uri, password = postgres_uri(url)
    done = subprocess.run(
        ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", uri],
        input=sql, capture_output=True, text=True,
        env={**os.environ, **({"PGPASSWORD": password} if password else {})})
    if done.returncode:
        raise Unreadable(done.stderr.strip())
    return done.stdout


def postgres_rows(url):
    """By JSON: no character of a text is one of psql's own."""
    out = psql(url, "SELECT row_to_json(r) FROM (%s) r;" % query_of())
    for line in out.splitlines():
        found = json.loads(line)
        yield as_row([found[name] for name in COLUMNS])


def line_rows(file):
    for number, line in enumerate(file, 1):
        try:
            found = json.loads(line)
            yield as_row([found[name] for name in COLUMNS])
        except (ValueError, KeyError, TypeError) as error:
            raise Unreadable("line %d: %s" % (number, error)) from error


def is_sqlite(path):
    try:
        with open(path, "rb") as file:
            return file.read(15) == b"SQLite format 3"
    except OSError as error:
        raise Unreadable(str(error)) from error


def rows_of(source):
    """Yields the rows of a source, each a dict, by node and seq."""
    if source.startswith(("postgres:", "postgresql:")):
        yield from postgres_rows(source)
    elif source.startswith("sqlite:///"):
        yield from sqlite_rows(source[len("sqlite:///"):])
    elif source == "-":
        yield from line_rows(sys.stdin)
    elif is_sqlite(source):
        yield from sqlite_rows(source)
    else:
        with open(source, encoding="utf-8") as file:
            yield from line_rows(file)


# ----- the chain, modules/e911/journal_row.h -----

def hmac_of(key, parts):
    text = "\n".join(map(str, parts))
    return hmac.new(key, text.encode("utf-8", "surrogatepass"),
                    hashlib.sha256).hexdigest()


def mac_of(key, row, before):
    if row["kind"] == "cut":
        return hmac_of(key, ("cut", row["node"], row["seq"], row["at"],
                             row["summary"], row["digest"]))
    return hmac_of(key, (before, row["node"], row["seq"], row["call_id"],
                         row["who"], row["kind"], row["at"], row["summary"],
                         row["digest"], row["document_digest"]))


def who_of(key, aor):
    """As the column who has it."""
    return hmac_of(key, ("aor", aor))[:32]


def sha256(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def call_of(call):
    """A call_id, of itself or of a Call-ID."""
    return call if re.fullmatch("[0-9a-f]{32}", call) else sha256(call)[:32]


def text_faults(row):
    """A text that is gone was taken out; one that is there is as it was."""
    if row["kind"] == "cut":
        if row["detail"] or row["document"]:
            yield "a cut has texts"
        return
    for text, digest in ("detail", "digest"), ("document", "document_digest"):
        if row[text] and sha256(row[text]) != row[digest]:
            yield "%s is not what it was" % text


class Chain:
    """The rows of one node, one after the other."""

    def __init__(self, keys, node):
        self.keys, self.node = keys, node
        self.seq, self.mac = 0, ""
        self.macs, self.count, self.redacted, self.lost = {}, 0, 0, 0
        self.began = False

    def fault(self, row, text):
        return "%s, row %s: %s" % (self.node, row["seq"], text)

    def places(self, row):
        """What its number says."""
        if not self.began and row["kind"] == "cut":
            return
        if row["kind"] == "cut":
            yield "a cut that is not the first"
        if row["seq"] == self.seq + 1:
            return
        if not self.began:
            yield "the rows before it are gone, and no cut says so"
        elif row["seq"] <= self.seq:
            yield "its number was there before"
        else:
            yield "rows %d to %d are gone" % (self.seq + 1, row["seq"] - 1)

    def is_sealed(self, row):
        return any(hmac.compare_digest(mac_of(key, row, self.mac), row["mac"])
                   for key in self.keys)

    def add(self, row):
        """Yields what is wrong with it."""
        broken = False
        for text in self.places(row):
            broken = True
            yield self.fault(row, text)
        if not broken and not self.is_sealed(row):
            yield self.fault(row, "it, or the row before it, was changed")
        for text in text_faults(row):
            yield self.fault(row, text)
        self.began, self.seq = True, row["seq"]
        self.mac = row["digest"] if row["kind"] == "cut" else row["mac"]
        self.macs[self.seq] = self.mac
        self.note(row)

    def note(self, row):
        self.count += 1
        self.redacted += bool(row["kind"] != "cut" and (
            (row["digest"] and not row["detail"])
            or (row["document_digest"] and not row["document"])))
        if row["kind"] == "lost":
            self.lost += json.loads(row["summary"]).get("code", 0)

    def head(self, seq, mac):
        """What a head of this node, noted before, does not find."""
        first = min(self.macs, default=0)
        if seq > self.seq:
            yield "%s: rows %d to %d are gone: the head was at %d" % (
                self.node, self.seq + 1, seq, seq)
        elif seq >= first and seq and self.macs.get(seq, mac) != mac:
            yield "%s, row %d: it is another than the head had" % (
                self.node, seq)


def examine(keys, rows, heads=()):
    """(faults, {node: Chain}); heads: (node, seq, mac)."""
    faults, chains = [], {}
    for row in rows:
        chain = chains.setdefault(row["node"], Chain(keys, row["node"]))
        faults += chain.add(row)
    for node, seq, mac in heads:
        chain = chains.setdefault(node, Chain(keys, node))
        faults += chain.head(int(seq), mac)
    return faults, chains


def verify(key, rows, heads=()):
    """What is wrong with the rows, as texts; key: bytes, or several of them,
    of which each row has one."""
    keys = [key] if isinstance(key, bytes) else list(key)
    return examine(keys, rows, heads)[0]


def heads_of(text):
    """All heads in a text, as a log has them."""
    return [(node, int(seq), mac) for node, seq, mac in HEAD.findall(text)]


# ----- one call -----

def time_of(at):
    when = datetime.datetime.fromtimestamp(at / 1000, datetime.timezone.utc)
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (at % 1000)


def parsed(text):
    return json.loads(text) if text else {}


def assemble(rows):
    """{call_id: the call} of rows: when, who, each try with its answer and how
    many milliseconds after the call it was, the notices, the end."""
    calls = {}
    for row in sorted(rows, key=lambda row: (row["at"], row["seq"])):
        if row["call_id"]:
            call = calls.setdefault(row["call_id"], {
                "call_id": row["call_id"], "node": row["node"], "placed": None,
                "tries": [], "notices": [], "callbacks": [], "outcome": ""})
            add_event(call, row)
    return calls


def add_event(call, row):
    summary, detail = parsed(row["summary"]), parsed(row["detail"])
    at, kind = row["at"], row["kind"]
    if call["placed"] is None:
        call["placed"], call["at"] = time_of(at), at
    event = {"after_ms": at - call["at"], **summary}
    if kind == "placed":
        call.update({k: summary[k] for k in summary}, caller=detail)
    elif kind == "sent":
        sent(call, {**event, "document": row["document"],
                    "document_digest": row["document_digest"]})
    elif kind in ("failed", "ringing", "answered"):
        answer(call, kind, event)
    elif kind == "notice":
        call["notices"].append({**event, **detail})
    elif kind == "callback":
        call["callbacks"].append({**event, **detail})
    else:
        call[kind] = event
    if kind in ("answered", "nobody", "cancelled", "failed"):
        call["outcome"] = kind


def sent(call, event):
    """An answer of the same millisecond may stand before it."""
    for one in call["tries"]:
        if "document_digest" not in one and one.get("destination") == \
                event.get("destination") and one.get("failed", {}).get("code") != 0:
            one.update(event)
            return
    call["tries"].append(event)


def answer(call, kind, event):
    """Of the newest try of that destination."""
    for one in reversed(call["tries"]):
        if one.get("destination") == event.get("destination"):
            one[kind] = {"code": event.get("code", 0),
                         "after_ms": event["after_ms"]}
            return
    call["tries"].append({**event, kind: {"code": event.get("code", 0),
                                          "after_ms": event["after_ms"]}})


# ----- out -----

def write_lines(rows, file):
    for row in rows:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")


def write_csv(rows, file):
    """A text that a spreadsheet would take for a formula gets a quote."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(["'" + row[name] if str(row[name])[:1] in "=+-@\t\r"
                         and isinstance(row[name], str) and row[name]
                         else row[name] for name in COLUMNS])


def redact(key, source, aor):
    """Takes what is personal out of all rows of a caller; how many. SQLite and
    PostgreSQL."""
    where = ("UPDATE e911_record SET detail = '', document = '' WHERE who ="
             " '%s' AND (detail <> '' OR document <> '')" % who_of(key, aor))
    if source.startswith(("postgres:", "postgresql:")):
        out = psql(source, "WITH gone AS (%s RETURNING 1) SELECT count(*) FROM"
                           " gone;" % where)
        return int(out.strip())
    path = source[len("sqlite:///"):] if source.startswith("sqlite:///") else source
    if not os.path.exists(path) or not is_sqlite(path):
        raise Unreadable("%s: no database" % source)
    with sqlite3.connect(path, timeout=10) as database:
        count = database.execute(where).rowcount
    database.close()
    return count


# ----- the command -----

def run_verify(args):
    keys = [read_key(path) for path in args.key]
    heads = [tuple(head.rsplit(":", 2)) for head in args.head]
    for path in args.log:
        with open(path, encoding="utf-8", errors="replace") as file:
            heads += heads_of(file.read())
    faults, chains = examine(keys, rows_of(args.source), heads)
    for fault in faults:
        print(fault)
    for chain in chains.values():
        print("%s: %d rows, the last is %d %s; %d redacted, %d events lost" % (
            chain.node, chain.count, chain.seq, chain.mac or "-",
            chain.redacted, chain.lost))
    return 1 if faults else 0


def chosen(args):
    call = call_of(args.call) if args.call else None
    for row in rows_of(args.source):
        if row["seq"] >= args.start and call in (None, row["call_id"]):
            yield row


def run_export(args):
    (write_csv if args.csv else write_lines)(chosen(args), sys.stdout)
    return 0


def run_calls(args):
    for call in assemble(rows_of(args.source)).values():
        print(call["call_id"], call["placed"], call.get("site", ""),
              call["outcome"] or "-", "%d tries" % len(call["tries"]))
    return 0


def run_call(args):
    call = assemble(rows_of(args.source)).get(call_of(args.call))
    if call is None:
        print("no such call", file=sys.stderr)
        return 1
    print(json.dumps(call, ensure_ascii=False, indent=2))
    return 0


def run_redact(args):
    print("%d rows" % redact(read_key(args.key[0]), args.source, args.aor))
    return 0


def arguments(argv):
    parser = argparse.ArgumentParser(
        prog="e911_record.py", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name, run, keyed=False):
        made = commands.add_parser(name)
        made.set_defaults(run=run)
        if keyed:
            made.add_argument("--key", action="append", required=True)
        made.add_argument("source")
        return made
    made = command("verify", run_verify, keyed=True)
    made.add_argument("--head", action="append", default=[])
    made.add_argument("--log", action="append", default=[])
    made = command("export", run_export)
    made.add_argument("--csv", action="store_true")
    made.add_argument("--from", dest="start", type=int, default=0)
    made.add_argument("--call")
    command("calls", run_calls)
    command("call", run_call).add_argument("call")
    command("redact", run_redact, keyed=True).add_argument("aor")
    return parser.parse_args(argv)


def main(argv):
    args = arguments(argv)
    try:
        return args.run(args)
    except (Unreadable, OSError) as error:
        print("e911_record.py: %s" % error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
