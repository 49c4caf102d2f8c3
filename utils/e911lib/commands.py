# SPDX-License-Identifier: GPL-2.0-or-later
"""The other subcommands."""
import itertools
import os

from .kamailio import NO, Failure
from .locations import read_location
from .show import clean, details, dump, show, show_one, table

def named(name):
    return [name] if name else []


def sites(args):
    rows = args.kamailio.ask("e911.sites", *named(args.name))
    if args.name and not args.json:
        details(rows[0])
    else:
        show(args, rows, ("name", "domain", "prefix", "gate", "set", "last",
                          "country", "callback", "notify", "default"))

# a command of Kamailio whose rows are a table, and no more
TABLES = {
    "ersps": ("e911.ersps", ("destination", "set", "priority", "health",
                             "drained", "profile")),
    "trunks": ("e911.trunks", ("name", "source", "domain", "key", "device",
                               "network")),
    "validators": ("e911.validators", ("name", "kind", "host", "breaker")),
    "profiles": ("e911.profiles", ("name", "country", "convey", "direct",
                                   "assumed", "cites")),
    "notices": ("e911.notices", ("recipient", "kind", "waiting", "flying",
                                 "sent", "failed", "lost", "failures",
                                 "rests_ms")),
    "hand": ("e911.hand", ("command", "what", "set", "why", "until")),
}


def plain_table(args):
    method, columns = TABLES[args.command]
    show(args, args.kamailio.ask(method, *named(args.name)), columns)


def calls(args):
    rows = list(itertools.islice(args.kamailio.pages("e911.calls"),
                                 args.limit))
    known = ("started", "ended", "aor", "site", "callback", "elin", "proven",
             "test")
    more = [k for k in (rows[0] if rows else ())
            if k not in (*known, "call", "device", "trunk")]
    show(args, rows, ("call", *known, *more))


def elins(args):
    rows = list(itertools.islice(args.kamailio.pages(
        "e911.elins", args.name or "*"), args.limit))
    show(args, rows, ("number", "pool", "site", "state", "calls", "most",
                      "idle"))


def stats(args):
    rows = args.kamailio.ask("e911.stats")
    unknown = set(args.names) - {r["name"] for r in rows}
    if unknown:
        raise Failure("no counter: " + ", ".join(sorted(unknown)))
    show(args, [r for r in rows if not args.names or r["name"] in args.names],
         (("NAME", lambda r: r["name"]), ("VALUE", lambda r: int(r["value"])),
          "counts"))


# ----- what would be -----

def match(args):
    answer = args.kamailio.ask("e911.match", args.number, *named(args.aor))
    show_one(args, answer)
    return NO if answer["kind"] == "none" else 0


def dryrun(args):
    rows = args.kamailio.ask("e911.dryrun", args.aor, args.number,
                             *named(args.contact))
    show(args, rows, ("destination", "set", "health", "profile", "conveyance",
                      "transport", "size", "goes", "warnings"))
    if args.invite and not args.json:
        for row in rows:
            print("\n----- %s -----" % clean(row["destination"]))
            print("\n".join(map(clean, row["invite"].splitlines())))
    return 0 if rows and rows[0]["goes"] == "direct" else NO


def report(args):
    what = "screened" if args.screened else "all"
    rows = list(itertools.islice(report_rows(args.kamailio, args.number, what),
                                 args.limit))
    show(args, rows, ("aor", "contact", "destination", "profile", "conveyance",
                      "goes", "warnings"))
    return NO if any(r["goes"] == "screened" for r in rows) else 0


def report_rows(kamailio, number, what):
    cursor = "0"
    while cursor:
        rows = kamailio.ask("e911.report", number, cursor, 30, what)
        cursor = None
        for row in rows:
            if set(row) == {"next"}:
                cursor = row["next"]
            else:
                yield row


def validate(args):
    answer = args.kamailio.ask(
        "e911.validate", read_location(args.location), *named(args.site),
        *(["offline"] if args.offline else []))
    show_one(args, answer)
    return 0 if answer["verdict"] in ("valid", "corrected") else NO


def drill(args):
    answer = args.kamailio.ask("e911.drill", *(["now"] if args.now else []))
    if args.json:
        dump(answer)
    else:
        details({k: v for k, v in answer.items() if k != "faults"})
        table(answer.get("faults", []), ("site", "what", "why"))
    return NO if answer["result"] == "failed" else 0


# ----- what changes more than a location -----

def say(args, answer):
    show_one(args, {"result": answer} if args.json else answer)


def reload(args):
    say(args, args.kamailio.ask("e911.reload"))


def msag_show(args):
    show_one(args, args.kamailio.ask("e911.msag"))


def msag_check(args):
    show_one(args, args.kamailio.ask(
        "e911.msag_check", os.path.abspath(args.file)))


def msag_load(args):
    say(args, args.kamailio.ask("e911.msag_reload"))


def drain(args):
    say(args, args.kamailio.ask("e911.drain", args.what, args.why,
                                *named(args.ttl)))


def undrain(args):
    say(args, args.kamailio.ask("e911.undrain", args.what))


def force(args):
    say(args, args.kamailio.ask("e911.force", args.name, args.set, args.why,
                                *named(args.ttl)))


def unforce(args):
    say(args, args.kamailio.ask("e911.unforce", args.name))
