# SPDX-License-Identifier: GPL-2.0-or-later
"""What is borrowed from the functional tests."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../func"))

from lib import (ROOT, SDP, UA, UAS, Certificates, Kamailio,  # noqa: E402
                 Message, Plan, Postgres, StartError, Step, TlsPort, build,
                 e911_proxy, free_port, response, rows, until)
from lib.kamailio import BASE, KAMAILIO, kill_group  # noqa: E402
from lib.postgres import program as postgres_program  # noqa: E402
from lib.receivers import Silence  # noqa: E402
from lib.validator import Validator, says  # noqa: E402

__all__ = ["BASE", "KAMAILIO", "ROOT", "SDP", "Certificates", "Kamailio",
           "Message", "Plan", "Postgres", "Silence", "StartError", "Step",
           "TlsPort", "UA", "UAS", "Validator", "build", "e911_proxy",
           "free_port", "kill_group", "postgres_program", "response", "rows",
           "says", "until"]
