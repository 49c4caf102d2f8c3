# SPDX-License-Identifier: GPL-2.0-or-later
"""Subcommands on locations, one at a time."""
import itertools
import json
import pathlib
import sys

from .kamailio import NO, USAGE, Failure
from .show import address, show, show_one

STATE = ("verdict", "freshness", "store")
FILTERS = ("site", "verdict", "freshness")


def options(given):
    """A list of the row that those are, for the end of a command: of nothing
    where there are none."""
    row = []
    for name, value in given.items():
        if value is True:
            row.append(name)
        elif value and '"' in value:
            raise Failure("%s: %s: no quotes" % (name, value), USAGE)
        elif value:
            row.append('%s="%s"' % (name, value))
    return [";".join(row)] if row else []


def some(args, names):
    return options({n: getattr(args, n) for n in names})


def each_location(args):
    return args.kamailio.pages("e911.loc_list", behind=some(args, FILTERS))


def do_list(args):
    rows = list(itertools.islice(each_location(args), args.limit))
    show(args, rows, ("aor", "contact", "site", *STATE,
                      ("ADDRESS", lambda r: address(r["location"]))))


def do_show(args):
    show_one(args, args.kamailio.ask("e911.loc_get", *key(args)))


def key(args):
    return [args.aor] + ([args.contact] if args.contact else [])


def read_location(words):
    """JSON, a PIDF-LO, @FILE of one, - for the standard input, NAME=VALUE..."""
    first = words[0]
    if len(words) == 1 and first == "-":
        return sys.stdin.read()
    if len(words) == 1 and first.startswith("@"):
        return pathlib.Path(first[1:]).read_text(encoding="utf-8")
    if len(words) == 1 and first.startswith(("{", "<")):
        return first
    fields = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name in fields:
            raise Failure("location: %r is no NAME=VALUE, or is given twice"
                          % word, USAGE)
        fields[name] = value
    return json.dumps(fields)


def do_set(args):
    answer = args.kamailio.ask(
        "e911.loc_set", args.aor, read_location(args.location),
        args.contact or "*",
        *some(args, ("durable", "ttl", "network", "site")))
    show_one(args, answer)
    return 0 if answer["result"] == "in force" else NO


def do_confirm(args):
    show_one(args, args.kamailio.ask("e911.loc_confirm", *key(args)))


def do_unusable(args):
    show_one(args, args.kamailio.ask("e911.loc_unusable", *key(args)))


def do_delete(args):
    count = args.kamailio.ask("e911.loc_del", *key(args))
    show_one(args, {"deleted": count} if args.json else "deleted: %s" % count)
