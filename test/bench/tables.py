# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of locations: its memory, what a look-up in it takes, and how it is
read back after a restart; beside it Kamailio's htable, with a PIDF-LO for each
agent."""
import functools
import os
import random
import statistics

import fit
import starts
import stores
from look import LOOK, NS, keys, looked
from starts import median

CONTACTS = int(os.environ.get("BENCH_CONTACTS", "100000"))
TIMES = 3  # each start
LOOKED_UP = fit.spread(CONTACTS, (1000, 10, 1))
READ = fit.spread(CONTACTS, (100, 10, 1))
KEYS = 200000  # looked up, in an order of chance
LOOKS = 5
MANAGE = (1, 2)  # workers that look at once


# ----- starts -----

@functools.lru_cache(maxsize=None)
def both(kind, count):
    """Starts of ours and of the peer, by turns: who else is at work comes into
    both. PostgreSQL gives rows by and by: as much memory as ours has will do."""
    turns = [(starts.of_e911(kind, count),
              starts.of_htable(kind, count, 8 if kind == "postgres" else None))
             for _ in range(TIMES)]
    return tuple(zip(*turns))


def ours(kind, count):
    return both(kind, count)[0]


def peers(kind, count):
    return both(kind, count)[1]


def read(full):
    return median(full, lambda s: s.read)


# ----- memory and look-ups -----

def some_keys(count):
    dice = random.Random(911)
    return keys((stores.aor(i), stores.contact(i), stores.document_key(i))
                for i in (dice.randrange(count) for _ in range(KEYS)))


@functools.lru_cache(maxsize=None)
def look_up(start, name, count):
    """B of one, and ns of a look-up in it, for each number of workers."""
    def then(line, _):
        return [statistics.median(looked(line, name, n) for _ in range(LOOKS))
                for n in MANAGE]

    def begin(size, **how):
        return start("sqlite", size, load=LOOK, first=NS,
                     methods=("OPTIONS",), room=count,
                     files={"keys": some_keys(max(size, 1))}, **how)
    full, empty = begin(count, then=then), begin(0)
    return (full.memory - empty.memory) / count, full.told


def cache():
    mine, theirs = ({count: look_up(start, name, count) for count in LOOKED_UP}
                    for start, name in ((starts.of_e911, "location"),
                                        (starts.of_htable, "htable")))
    for count in LOOKED_UP:
        (each, ns), (their_each, their_ns) = mine[count], theirs[count]
        yield ("cache-%d" % count, "%.0f" % ns[0], "ns",
               "a call's look-up with its copy, 12 fields; by 2 workers at once:"
               " %.0f; htable, with the copy of a PIDF-LO: %.0f, by 2: %.0f" % (
                   ns[1], *their_ns))
        yield ("cache-memory-%d" % count, "%.0f" % each, "B",
               "shared memory of each; htable with a PIDF-LO: %.0f; fm" % (
                   their_each))

    def growth(table):
        return fit.exponent(LOOKED_UP, [table[n][1][0] for n in LOOKED_UP])
    yield ("cache-growth", "%.2f" % growth(mine), "exponent",
           "ns of a look-up over %s contacts; htable: %.2f" % (
               fit.listed(LOOKED_UP, "%d"), growth(theirs)))


def memory_per_contact():
    yield ("memory-per-contact", "%.0f" % look_up(
        starts.of_e911, "location", CONTACTS)[0], "B",
           "shared memory, %d contacts with 12 fields; htable with a PIDF-LO"
           " for each: %.0f; fm" % (
               CONTACTS, look_up(starts.of_htable, "htable", CONTACTS)[0]))


# ----- reload -----

def first_answer(method, kind):
    reading = median(ours(kind, CONTACTS), lambda s: s.first[method])
    return ("%+.0f" % (1000 * (
        reading - median(ours(kind, 0), lambda s: s.first[method]))), "ms",
        "from start to the first answer, %d ms, over a start with nothing to"
        " read; all is read after %.0f ms" % (
            1000 * reading, 1000 * read(ours(kind, CONTACTS))))


def calls_meanwhile(kind):
    calls = [c for s in ours(kind, CONTACTS) for c in s.calls]
    lost = calls.count(None)
    slowest = max((c for c in calls if c is not None), default=0)
    return ("%d" % lost, "calls",
            "lost, of %d emergency calls while %d are read from %s; the slowest "
            "had its answer after %.0f ms" % (
                len(calls), CONTACTS, stores.NAMES[kind], 1000 * slowest))


def growth(kind):
    """Of what is over a start with nothing to read."""
    def over(who):
        return fit.exponent(READ, [
            max(1e-3, read(who(kind, n)) - read(who(kind, 0))) for n in READ])
    return ("%.2f" % over(ours), "exponent",
            "seconds over a start with nothing to read, %s contacts from %s: %s;"
            " htable: %.2f, %s" % (
                fit.listed(READ, "%d"), stores.NAMES[kind],
                fit.listed([read(ours(kind, n)) for n in READ], "%.2f"),
                over(peers),
                fit.listed([read(peers(kind, n)) for n in READ], "%.2f")))


def cpu(who, kind):
    return median(who(kind, CONTACTS), lambda s: s.cpu)


def reload():
    for kind in stores.KINDS:
        end = "" if kind == "sqlite" else "-" + kind
        yield ("reload" + end, "%.2f" % read(ours(kind, CONTACTS)), "s",
               "from start until %d are read from %s, -M 8, a call each 0.2 s; "
               "htable, nothing answered meanwhile: at -M 8 %s%s; fm" % (
                   CONTACTS, stores.NAMES[kind], *peers_words(kind)))
        yield ("reload-cpu" + end, "%.2f" % cpu(ours, kind), "s",
               "of a processor, by the process that reads, which does not depend "
               "on who else is at work; htable: %.2f" % cpu(peers, kind))
        yield ("reload-first-options" + end, *first_answer("OPTIONS", kind))
        yield ("reload-first-911" + end, *first_answer("INVITE", kind))
        yield ("reload-lost" + end, *calls_meanwhile(kind))
        yield ("reload-growth" + end, *growth(kind))


def peers_words(kind):
    if kind == "postgres":
        return "%.2f s" % read(peers(kind, CONTACTS)), ""
    return (starts.without_memory(kind, CONTACTS), ", at -M %d %.2f s" % (
        starts.pkg(CONTACTS), read(peers(kind, CONTACTS))))
