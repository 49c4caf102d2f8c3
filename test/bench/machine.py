# SPDX-License-Identifier: GPL-2.0-or-later
"""On what the figures were taken."""
import glob
import os
import platform
import re
import subprocess
import time

from harness import KAMAILIO, ROOT


def first(pattern, text):
    found = re.search(pattern, text, re.M)
    return found.group(1).strip() if found else "unknown"


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def said(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True,
                              timeout=30).stdout
    except OSError:
        return ""


def package(name):
    return first(r"^(\S+)", said("dpkg-query", "-W", "-f", "${Version}", name))


def memory():
    kilobytes = first(r"^MemTotal:\s+(\d+)", read("/proc/meminfo"))
    return "%.1f GiB" % (int(kilobytes) / 2 ** 20) if kilobytes.isdigit() \
        else kilobytes


def postgres():
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
    return first(r"(\d\S*)", said(programs[-1], "--version")) if programs \
        else "none"


def commit():
    """Of the tree; with a + where files of it have been changed."""
    name = said("git", "-C", ROOT, "describe", "--always", "--dirty=+",
                "--exclude=*")
    return first(r"^(\S+)", name)


def description():
    """[(what, how it is)]"""
    return [
        ("CPU", "%s, %d cores" % (
            first(r"^model name\s*:\s*(.+)", read("/proc/cpuinfo")),
            len(os.sched_getaffinity(0)))),
        ("memory", memory()),
        ("kernel", platform.release()),
        ("Kamailio", first(r"^version: kamailio (\S+)", said(KAMAILIO, "-v"))),
        ("allocator", "-x fm -X fm; qm, Kamailio's default, where it says so"),
        ("PostgreSQL", postgres()),
        ("SQLite", package("libsqlite3-0")),
        ("libxml2", package("libxml2")),
        ("valgrind", package("valgrind")),
        ("e911", commit()),
        ("date", time.strftime("%Y-%m-%d")),
        ("others at work when it began", "%.1f on average" % os.getloadavg()[0]),
    ]
