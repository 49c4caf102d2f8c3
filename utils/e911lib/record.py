# SPDX-License-Identifier: GPL-2.0-or-later
"""Subcommands on the record of calls: what Kamailio has in memory, and what
e911_record.py finds in the database."""
import itertools
import pathlib
import sys

from .kamailio import NO, UNREACHED, USAGE, Failure, Refused, Unreached
from .show import dump, show

# of e911_record.py
STATUS = {0: 0, 1: NO, 2: USAGE}


def program():
    """The module beside our folder."""
    path = str(pathlib.Path(__file__).resolve().parents[1])
    if path not in sys.path:
        sys.path.insert(0, path)
    try:
        import e911_record
    except ImportError:
        raise Failure("e911_record.py is not installed", UNREACHED) from None
    return e911_record


def run(words):
    return STATUS.get(program().main(words), NO)


def events(args):
    rows = list(itertools.islice(args.kamailio.pages("e911.record"),
                                 args.limit))
    rows = [r for r in rows if args.call in (None, r["call"])]
    show(args, rows, ("at", "call", "event", "code", "site", "aor",
                      "destination", "profile", "conveyance", "freshness",
                      "test"))


def head_of(args):
    """The head of the running Kamailio, as an argument: without it nobody
    sees that the last rows were taken away."""
    if args.offline:
        return []
    try:
        head = args.kamailio.ask("e911.record_head")
    except Refused:
        return []
    except Unreached as e:
        raise Failure("%s (--offline verifies without its head)" % e,
                      UNREACHED) from None
    if not int(head["seq"]):
        return []
    return ["--head", "%s:%s:%s" % (head["node"], head["seq"], head["mac"])]


def each(option, values):
    return [word for value in values for word in (option, value)]


def verify(args):
    # the head first: rows that are written meanwhile are behind it
    return run(["verify", *each("--key", args.key), *each("--head", args.head),
                *each("--log", args.log), *head_of(args), args.source])


def export(args):
    return run(["export", args.source, "--from", args.start,
                *(["--csv"] if args.csv else []),
                *(["--call", args.call] if args.call else [])])


def calls(args):
    if not args.json:
        return run(["calls", args.source])
    module = program()
    dump(list(module.assemble(module.rows_of(args.source)).values()))
    return 0


def one(args):
    return run(["call", args.source, args.call])


def redact(args):
    return run(["redact", *each("--key", args.key), args.source, args.aor])
