#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints one line a figure: bench NAME VALUE UNIT (COMPARED WITH WHAT), and
writes all of them, beside what they are to be, to build/bench/figures.md.

bench.py [NAME...]: these figures, or all. BENCH_CONTACTS: size of the tables
(100000); BENCH_RANGES: of the guide of streets (100000); BENCH_FULL=1: figures
of time and load more often and longer. What callgrind counted stays in
build/bench, for callgrind_annotate. A figure that cannot be taken is told, the
others are; it ends with 1 then.
"""
import sys
import traceback

import failover
import growth
import instructions
import latency
import load
import plan
import report
import sizes
import slow
import streets
import tables
import validation
import ways

FIGURES = {
    "register-refresh": instructions.register_refresh,
    "ordinary-invite": instructions.ordinary_invite,
    "emergency-invite": instructions.emergency_invite,
    "emergency-profiles": ways.emergency_profiles,
    "emergency-ways": ways.emergency_ways,
    "emergency-profiles-qm": ways.emergency_profiles_qm,
    "sizes": sizes.by_size,
    "plan": plan.plan,
    "memory-per-contact": tables.memory_per_contact,
    "cache": tables.cache,
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


def take(figure, to):
    try:
        for row in FIGURES[figure]():
            to.add(report.Row(*row))
    except Exception as error:
        traceback.print_exc()
        to.add(report.Failed(figure, error))


def main(names):
    unknown = [n for n in names if n not in FIGURES]
    if unknown:
        sys.exit("no figure %s; there are: %s" % (
            ", ".join(unknown), " ".join(FIGURES)))
    figures = report.Report(names or list(FIGURES), whole=not names)
    for name in figures.asked:
        take(name, figures)
        figures.write()
    sys.exit(1 if figures.failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
