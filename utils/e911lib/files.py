# SPDX-License-Identifier: GPL-2.0-or-later
"""Locations out of CSV files, and into them."""
import contextlib
import csv
import hashlib
import itertools
import json
import os
import pathlib
import sys
import time

from .kamailio import NO, Failure, Refused
from .locations import each_location, options
from .show import clean, details, dump

FIELDS = """country A1 A2 A3 A4 A5 A6 PRM PRD RD STS POD POM RDSEC RDBR RDSUBBR
HNO HNS LMK LOC FLR NAM PC BLD UNIT ROOM SEAT PLC PCN POBOX ADDCODE PN MP STP
HNP STPS SITE SUBSITE WING UNIT_PRETYPE UNIT_VALUE SECTION ROW PCE DT HNC shape
pos radius semiMajorAxis semiMinorAxis verticalAxis innerRadius outerRadius
startAngle openingAngle orientation height confidence pdf lang method
provided_by callback tokens""".split()
OPTIONS = ("network", "ttl", "site")
KEYS = ("aor", "contact")
IGNORED = ("line", "error")  # of a file of refused rows
EXPORTED = [*KEYS, "site", "network", *FIELDS]


@contextlib.contextmanager
def whole_file(path):
    """A file to write that is there when all of it is, and not before."""
    if path == "-":
        yield sys.stdout
        return
    new = path + ".new"
    try:
        with open(new, "w", encoding="utf-8", newline="") as file:
            yield file
        os.replace(new, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(new)


def exported(row):
    flat = {**{k: row.get(k, "") for k in ("aor", "contact", "network")},
            **row["location"]}
    # a field and an option are told apart by their letters alone
    return [row.get("site", "") if name == "site" else flat.get(name, "")
            for name in EXPORTED]


def do_export(args):
    count, rows = 0, each_location(args)
    first = list(itertools.islice(rows, 1))  # or nothing is written at all
    with whole_file(args.file) as file:
        writer = csv.writer(file, lineterminator="\n")
        if not args.json:
            writer.writerow(EXPORTED)
        for row in itertools.chain(first, rows):
            count += 1
            if args.json:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            else:
                writer.writerow(exported(row))
    if args.file != "-":
        print("%d locations" % count)


def column_of(title, path):
    """A field's name in its own letters: SITE is one, site an option."""
    known = [*KEYS, *OPTIONS, *IGNORED, *FIELDS]
    name = title.strip()
    found = [name] if name in known else \
        [k for k in known if k.lower() == name.lower()]
    if len(found) != 1:
        raise Failure("%s:1: no column %r" % (path, name))
    return found[0]


def csv_rows(path):
    """(line, cells) of each row; lines are counted from 1. What is not UTF-8
    comes as surrogates."""
    with open(path, encoding="utf-8-sig", errors="surrogateescape",
              newline="") as file:
        reader = csv.reader(file, strict=True)
        line = 1
        try:
            for cells in reader:
                if cells:
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as e:
            raise Failure("%s:%d: %s" % (path, line, e)) from None


class Rows:
    """The rows of a file, all read once before the first is sent.
    orders: (line, cells, AoR, contact, location, options); bad: (line, text)"""

    def __init__(self, path):
        self.path = path
        self.bad, self.orders, self.seen = [], [], {}
        rows = csv_rows(path)
        _, self.titles = next(rows, (0, None))
        if self.titles is None:
            raise Failure("%s: empty" % path)
        self.columns = [column_of(t, path) for t in self.titles]
        twice = {c for c in self.columns if self.columns.count(c) > 1}
        if twice or "aor" not in self.columns:
            raise Failure("%s:1: %s" % (path, "column aor is missing" if not
                                        twice else "twice: " + ", ".join(twice)))
        for line, cells in rows:
            error = self.read(line, cells)
            if error:
                self.bad.append((line, error))

    def read(self, line, cells):
        if len(cells) != len(self.columns):
            return "%d cells, not %d" % (len(cells), len(self.columns))
        text = "".join(cells)
        if any("\ud800" <= c <= "\udfff" for c in text):
            return "not UTF-8"
        if "\0" in text:
            return "a NUL in it"
        row = {c: v.strip() for c, v in zip(self.columns, cells) if v.strip()}
        if any('"' in row.get(o, "") for o in OPTIONS):
            return "a quote in an option"
        if "aor" not in row:
            return "aor is missing"
        location = {c: v for c, v in row.items() if c in FIELDS}
        if not location:
            return "no location in it"
        return self.add(line, cells, row, location)

    def add(self, line, cells, row, location):
        user, _, domain = row["aor"].removeprefix("sip:").rpartition("@")
        who = (user, domain.lower()), row.get("contact", "*")
        if who in self.seen:
            return "the same as in line %d" % self.seen[who]
        self.seen[who] = line
        self.orders.append((line, cells, row["aor"], who[1], location,
                            {o: row[o] for o in OPTIONS if o in row}))
        return None


def digest(path):
    with open(path, "rb") as file:
        whole = hashlib.sha256()
        while block := file.read(1 << 20):
            whole.update(block)
    return whole.hexdigest()


class Progress:
    """How far an import has come, in a file beside it until it is done."""

    def __init__(self, args):
        self.path = args.progress or args.file + ".progress"
        self.now = {"sha256": digest(args.file), "line": 0, "refused": 0,
                    "sent": 0}
        self.saved = time.monotonic()
        try:
            before = json.loads(pathlib.Path(self.path).read_text())
        except FileNotFoundError:
            before = None
        except ValueError:
            raise Failure("%s: not readable: remove it to begin anew"
                          % self.path) from None
        if before and not args.restart:
            self.go_on(before, args)
        self.save()

    def go_on(self, before, args):
        if not args.resume:
            raise Failure("%s was cut off behind line %s: --resume goes on,"
                          " --restart begins anew" % (args.file, before["line"]))
        if before["sha256"] != self.now["sha256"]:
            raise Failure("%s is not as it was when it was cut off: --restart"
                          " begins anew" % args.file)
        self.now = before

    def save(self):
        new = self.path + ".new"
        pathlib.Path(new).write_text(json.dumps(self.now))
        os.replace(new, self.path)
        self.saved = time.monotonic()

    def done(self, line, refused):
        self.now["line"] = line
        self.now["sent"] += 1
        self.now["refused"] += refused
        if time.monotonic() - self.saved > 1:
            self.save()

    def end(self):
        os.unlink(self.path)


class Meter:
    """One line that stands on a terminal; elsewhere a line now and then."""

    def __init__(self, args, total):
        self.total, self.quiet = total, args.quiet
        self.live = sys.stderr.isatty()
        self.every = 0.2 if self.live else 10
        self.begun = self.last = time.monotonic()

    def tell(self, count, refused, end=False):
        now = time.monotonic()
        if self.quiet or (not end and now - self.last < self.every):
            return
        self.last = now
        text = "%d of %d rows, %d refused, %d/s" % (
            count, self.total, refused, count / max(now - self.begun, 0.001))
        if self.live:
            print("\r%s\x1b[K" % text, end="\n" if end else "",
                  file=sys.stderr, flush=True)
        elif not end:
            print(text, file=sys.stderr, flush=True)


def patiently(ask):
    """What is refused for want of room is asked for again, for a while."""
    for pause in (0.1, 0.2, 0.5, 1, 2, None):
        try:
            return ask()
        except Refused as e:
            if e.code != 503 or pause is None:
                raise
            time.sleep(pause)


def complaint(answer):
    """Why a location is not in force; empty: it is."""
    if answer["verdict"] != "invalid" or answer.get("result") == "in force":
        return ""
    wrong = [n for n, w in answer.get("elements", {}).items() if w == "invalid"]
    return "not valid" + (": " + ", ".join(wrong) if wrong else "")


class Import:
    """Sends the rows that are left to do."""

    def __init__(self, args, rows):
        self.args, self.rows = args, rows
        self.kamailio = args.kamailio
        self.verdicts, self.ticket = {}, None

    def validate(self, aor, location, how):
        """Nothing is stored, and no server is asked."""
        site = how.get("site") or self.kamailio.ask(
            "e911.match", "urn:service:sos", aor)["site"]
        return self.kamailio.ask("e911.validate", json.dumps(location), site,
                                 "offline")

    def one(self, order):
        """Error of the row; empty: taken."""
        _, _, aor, contact, location, how = order
        if self.args.dry_run:
            answer = self.validate(aor, location, how)
        else:
            answer = self.kamailio.ask("e911.loc_set", aor,
                                       json.dumps(location), contact,
                                       *options(how))
            self.ticket = answer.get("id", self.ticket)
        verdict = answer.get("verdict", "")
        error = complaint(answer)
        if not error:
            self.verdicts[verdict] = self.verdicts.get(verdict, 0) + 1
        return error

    def attempt(self, order):
        try:
            return patiently(lambda: self.one(order))
        except Refused as e:
            if e.code not in (400, 404):
                raise
            return str(e)

    def run(self, progress, rejects):
        """How many rows were refused, of all."""
        todo = [o for o in self.rows.orders if o[0] > progress.now["line"]]
        meter = Meter(self.args, len(self.rows.orders))
        for order in todo:
            error = self.attempt(order)
            if error:
                print("%s:%d: %s" % (self.args.file, order[0], clean(error)),
                      file=sys.stderr)
                rejects(order, error)
            progress.done(order[0], bool(error))
            meter.tell(progress.now["sent"], progress.now["refused"])
        meter.tell(progress.now["sent"], progress.now["refused"], end=True)
        return progress.now["refused"]

    def await_store(self):
        """What has become of the last change, and so of all."""
        end = time.monotonic() + self.args.wait
        while self.ticket:
            state = self.kamailio.ask("e911.stored", self.ticket)
            if state != "pending" or time.monotonic() > end:
                return state
            time.sleep(0.1)
        return "none"


class NoProgress:
    """Of a trial, which is not gone on with."""

    def __init__(self):
        self.now = {"line": 0, "refused": 0, "sent": 0}

    def done(self, line, refused):
        self.now["sent"] += 1
        self.now["refused"] += refused

    def save(self):
        pass

    def end(self):
        pass


@contextlib.contextmanager
def reject_writer(args, rows, goes_on):
    """Writes refused rows into a file that can be imported once corrected."""
    if not args.rejects:
        yield lambda order, error: None
        return
    keep = [i for i, c in enumerate(rows.columns) if c not in IGNORED]
    with open(args.rejects, "a" if goes_on else "w", encoding="utf-8",
              newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if not goes_on:
            writer.writerow([rows.columns[i] for i in keep] + list(IGNORED))

        def write(order, error):
            writer.writerow([order[1][i] for i in keep] + [order[0], error])
            file.flush()
        yield write


def check_rows(args, rows):
    for line, text in rows.bad:
        print("%s:%d: %s" % (args.file, line, text), file=sys.stderr)
    if rows.bad and not args.skip_bad:
        raise Failure("%d rows cannot be read: nothing was imported"
                      " (--skip-bad imports the others)" % len(rows.bad))


def do_import(args):
    args.kamailio.ask("e911.stats")  # there, before anything is begun
    rows = Rows(args.file)
    check_rows(args, rows)
    progress = NoProgress() if args.dry_run else Progress(args)
    work = Import(args, rows)
    try:
        with reject_writer(args, rows, progress.now["line"]) as rejects:
            refused = work.run(progress, rejects)
        stored = work.await_store()
    except (Failure, KeyboardInterrupt):
        progress.save()
        if not args.dry_run:
            print("cut off behind line %d; --resume goes on"
                  % progress.now["line"], file=sys.stderr)
        raise
    progress.end()
    return summary(args, work, refused, len(rows.bad), stored)


def summary(args, work, refused, bad, stored):
    result = {"rows": len(work.rows.orders) + bad, "refused": refused,
              "unreadable": bad, "verdicts": work.verdicts,
              "store": "none" if args.dry_run else stored}
    if args.json:
        dump(result)
    else:
        details({k: v for k, v in result.items() if v != {}})
        if args.dry_run:
            print("nothing was changed")
    return NO if refused or bad or result["store"] == "pending" else 0
