# SPDX-License-Identifier: GPL-2.0-or-later
"""What is borrowed from the functional tests."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../func"))

from lib import (ROOT, SDP, UA, UAS, Certificates, Kamailio,  # noqa: E402
                 Message, Plan, Postgres, StartError, Step, TlsPort, build,
                 e911_proxy, free_port, response, rows, until)
from lib import api  # noqa: E402
from lib.database import PostgresTables  # noqa: E402
from lib.kamailio import BASE, KAMAILIO, kill_group  # noqa: E402
from lib.postgres import program as postgres_program  # noqa: E402
from lib.receivers import MailBox, Silence, SipDesk, Webhook  # noqa: E402
from lib.validator import Validator, lost_says, says  # noqa: E402

__all__ = ["BASE", "KAMAILIO", "ROOT", "SDP", "Certificates", "Kamailio",
           "MailBox", "Message", "Plan", "Postgres", "PostgresTables",
           "Silence", "SipDesk", "StartError", "Step", "TlsPort", "UA", "UAS",
           "Validator", "Webhook", "api", "build", "e911_proxy", "free_port",
           "kill_group", "lost_says", "postgres_program", "response", "rows",
           "says", "until"]
