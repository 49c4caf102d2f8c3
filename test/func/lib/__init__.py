# SPDX-License-Identifier: GPL-2.0-or-later
"""Harness of the functional tests: a real Kamailio, agents and ERSPs."""
import os
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))
sys.path.insert(0, os.path.join(ROOT, "utils/ersp-sim"))

from erspsim.behave import Plan, Step  # noqa: E402
from erspsim.message import Message, Unreadable, build, response  # noqa: E402

from .baresip import Baresip  # noqa: E402
from . import sqlite  # noqa: E402
from . import digest  # noqa: E402
from .e911 import (AUSTIN, DEFAULT_SITE, PLAIN_SITE, TRUST, counters,  # noqa: E402
                   e911_proxy, rows, state)
from .ladder import has_location, in_progress, left_ringing, settle  # noqa: E402
from .kamailio import (BASE, KAMAILIO, SANITIZED, CrashError,  # noqa: E402
                       Kamailio, RpcError, StartError)
from .pidf import assert_emitted, assert_pidf_valid, civic, multipart, texts  # noqa: E402
from .ports import free_port  # noqa: E402
from .postgres import Postgres  # noqa: E402
from .programs import ErspSim, RtpEngine, sipp  # noqa: E402
from .tls import Certificates, TlsPort  # noqa: E402
from .ua import SDP, UA  # noqa: E402
from .uas import UAS  # noqa: E402
from .wait import until  # noqa: E402

__all__ = ["AUSTIN", "BASE", "Baresip", "Certificates", "TlsPort", "has_location", "in_progress",
           "left_ringing", "settle", "DEFAULT_SITE", "PLAIN_SITE", "TRUST", "counters", "digest",
           "e911_proxy", "rows", "state", "CrashError", "ErspSim", "KAMAILIO", "Kamailio", "Message", "Plan", "Postgres", "RtpEngine",
           "ROOT", "RpcError", "SANITIZED", "SDP", "StartError", "Step", "UA", "UAS",
           "Unreadable", "assert_emitted", "assert_pidf_valid", "build", "civic", "free_port",
           "multipart", "response", "sipp", "sqlite", "texts", "until"]
