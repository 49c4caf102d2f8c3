#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints one line a figure: bench NAME VALUE UNIT (COMPARED WITH WHAT).

bench.py [NAME...]: these figures, or all. BENCH_CONTACTS: size of the tables
(100000); BENCH_RANGES: of the guide of streets (100000); BENCH_FULL=1: figures
of time and load more often and longer. What callgrind counted stays in
build/bench, for callgrind_annotate.
"""
import sys

import failover
import growth
import instructions
import latency
import load
import slow
import streets
import tables
import validation

FIGURES = {
    "register-refresh": instructions.register_refresh,
    "ordinary-invite": instructions.ordinary_invite,
    "emergency-invite": instructions.emergency_invite,
    "memory-per-contact": tables.memory_per_contact,
    "reload": tables.reload,
    "msag": streets.msag,
    "validations": validation.validations,
    "failover": failover.failover,
    "options": latency.options,
    "slow-lookup": slow.lookups,
    "load-first-lost": load.first_lost,
    "load-processor": load.processor,
    "growth": growth.growth,
}


def main(names):
    unknown = [n for n in names if n not in FIGURES]
    if unknown:
        sys.exit("no figure %s; there are: %s" % (
            ", ".join(unknown), " ".join(FIGURES)))
    for name in names or FIGURES:
        for figure, value, unit, than in FIGURES[name]():
            print("bench %s %s %s (%s)" % (figure, value, unit, than),
                  flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
