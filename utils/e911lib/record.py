# SPDX-License-Identifier: GPL-2.0-or-later
"""Subcommands on the record of calls."""
import pathlib
import subprocess
import sys

from .kamailio import UNREACHED, Failure

def record_program():
    path = pathlib.Path(__file__).resolve().parents[1] / "e911_record.py"
    if path.exists():
        return str(path)
    raise Failure("e911_record.py is not installed", UNREACHED)


def record(args):
    """The program of the record reads the database, not Kamailio."""
    return subprocess.run([sys.executable, record_program(), args.action,
                           *args.rest], check=False).returncode
