# SPDX-License-Identifier: GPL-2.0-or-later
"""What is borrowed from the functional tests."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../func"))

from lib import (ROOT, SDP, Kamailio, Message, Postgres, StartError,  # noqa: E402
                 build, e911_proxy, response, until)
from lib.kamailio import KAMAILIO, kill_group  # noqa: E402
from lib.ports import free_port  # noqa: E402
from lib.postgres import program as postgres_program  # noqa: E402
from lib.validator import Validator, says  # noqa: E402

__all__ = ["KAMAILIO", "ROOT", "SDP", "Kamailio", "Message", "Postgres",
           "StartError", "Validator", "build", "e911_proxy", "free_port",
           "kill_group", "postgres_program", "response", "says", "until"]
