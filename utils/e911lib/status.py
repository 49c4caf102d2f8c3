# SPDX-License-Identifier: GPL-2.0-or-later
"""How things stand, on one screen."""
from .kamailio import NO
from .show import clean, dump, show

RESTS = 3  # notices in a row that were not taken

def count(rows, name):
    return sum(int(r.get(name) or 0) for r in rows)


def words(counts):
    return ", ".join("%d %s" % (n, w) for w, n in counts.items() if n) or "none"


def by_freshness(rows):
    fresh, verdicts = {}, {}
    for row in rows:
        for verdict, numbers in row.get("locations", {}).items():
            for word, n in numbers.items():
                fresh[word] = fresh.get(word, 0) + int(n)
                verdicts[verdict] = verdicts.get(verdict, 0) + int(n)
    return fresh, verdicts


def tally(values):
    counts = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return counts


def lasted(seconds):
    days, seconds = divmod(int(seconds), 86400)
    hours, seconds = divmod(seconds, 3600)
    return ("%d d %d h" % (days, hours) if days else
            "%d h %d min" % (hours, seconds // 60) if hours else
            "%d min %d s" % (seconds // 60, seconds % 60))


def gather(kamailio):
    """All that the screen is made of; None where Kamailio has it not."""
    ask = kamailio.try_ask
    return {
        "version": ask("core.version"), "uptime": ask("core.uptime"),
        "stats": {r["name"]: int(r["value"])
                  for r in kamailio.ask("e911.stats")},
        "coverage": ask("e911.coverage"), "ersps": ask("e911.ersps"),
        "validators": ask("e911.validators"), "msag": ask("e911.msag"),
        "hand": ask("e911.hand"), "notices": ask("e911.notices"),
        "record": ask("e911.record_head"), "drill": ask("e911.drill")}


def lines_of_locations(now):
    rows = now["coverage"]
    if rows is None:
        yield "Locations", "%d in force" % now["stats"]["locations"]
        return
    fresh, verdicts = by_freshness(rows)
    yield "Contacts", "%d registered, %d with a location, %d held by the gate" \
        % tuple(count(rows, n) for n in ("contacts", "located", "gated"))
    yield "Locations", "%d: %s" % (sum(fresh.values()), words(fresh))
    yield "", words(verdicts)
    yield "Sites", "%d, gate %s" % (
        len(rows), words(tally(r["gate"] for r in rows)))


def is_well(ersp):
    return ersp["health"] == "active" and ersp.get("drained") != "yes"


def lines_of_ersps(now):
    if now["ersps"] is not None:
        yield "ERSPs", words(tally(
            "drained" if r.get("drained") == "yes" else r["health"]
            for r in now["ersps"]))
    for row in now["ersps"] or ():
        if not is_well(row):
            yield "!", "%s is %s (set %s)" % (
                row["destination"], "drained" if row.get("drained") == "yes"
                else row["health"], row["set"])
    for row in now["hand"] or ():
        if row["command"] == "force":
            yield "!", "site %s is sent to set %s: %s" % (
                row["what"], row["set"], row["why"])


def lines_of_calls(now):
    s = now["stats"]
    yield "Calls", "%d emergency, %d tests; %d up or ended a while ago" % (
        s["calls"], s["tests"], s["remembered"])
    yield "", "%d with their location, %d with the site's, %d with none" % (
        s["located"], s["defaulted"], s["unlocated"])
    yield "", "%d failovers, %d to the last resort, %d taken by nobody" % (
        s["failovers"], s["last_resort"], s["exhausted"])


def lines_of_services(now):
    s = now["stats"]
    yield "Database", "%d changes pending, %d times failed, %d refused" % (
        s["pending"], s["store_failed"], s["store_refused"])
    if now["validators"]:
        yield "Validators", ", ".join(
            "%s %s" % (r["name"], {"closed": "up", "open": "rests"}.get(
                r["breaker"], "is tried")) for r in now["validators"])
    if now["msag"] and now["msag"].get("loaded"):
        yield "Streets", "%s ranges since %s" % (
            now["msag"]["ranges"], now["msag"]["loaded"])
    yield from lines_of_calls_kept(now)


def lines_of_calls_kept(now):
    rows = now["notices"]
    if rows:
        yield "Notices", "%d waiting, %d sent, %d given up, %d lost" % (
            count(rows, "waiting") + count(rows, "flying"),
            *(count(rows, n) for n in ("sent", "failed", "lost")))
    for row in rows or ():
        if int(row["failures"]) >= RESTS:
            yield "!", "%s takes no notices" % row["recipient"]
    head = now["record"]
    if head:
        yield "Record", "%s rows of %s, %s waiting, %s lost" % (
            head["seq"], head["node"], head["waiting"], head["lost"])
    drill = now["drill"]
    if drill and drill["result"] != "none":
        yield ("!" if drill["result"] == "failed" else "Drill"), \
            "drill of %s: %s, %s of %s checks failed" % (
                drill["ended"] or drill["begun"], drill["result"],
                drill["failed"], drill["checks"])


def status(args):
    now = gather(args.kamailio)
    lines = [*lines_of_locations(now), *lines_of_ersps(now),
             *lines_of_calls(now), *lines_of_services(now)]
    bad = any(title == "!" for title, _ in lines)
    if args.json:
        dump(now)
        return NO if bad else 0
    up = now["uptime"] or {}
    print("%s, up %s" % (clean(now["version"] or "Kamailio").strip().removesuffix(" ,"),
                         lasted(up.get("uptime", 0))))
    for title, text in lines:
        print(("%-11s %s" % (title, clean(text))).rstrip())
    return NO if bad else 0


def coverage(args):
    rows = args.kamailio.ask("e911.coverage", *[n for n in [args.name] if n])

    def of(word, index):
        return lambda r: by_freshness([r])[index].get(word, 0)
    show(args, rows, (
        "site", "gate", "contacts", "located", "gated",
        *((w.upper(), of(w, 0)) for w in ("fresh", "suspect", "expired")),
        *((w.upper(), of(w, 1)) for w in ("valid", "corrected", "unchecked",
                                          "invalid")), "counted"))
