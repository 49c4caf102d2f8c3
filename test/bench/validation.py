# SPDX-License-Identifier: GPL-2.0-or-later
"""Validations per second through a validator that takes its time."""
import contextlib
import json
import re
import time

import places
from harness import Validator, e911_proxy, says, until
from proxy import Proxy

DELAY = 0.05  # s of each answer
WORKERS = 2
MANY = 2000
PARAMS = """
modparam("e911", "workers", %d)
modparam("e911", "validate_wait", 0)
modparam("e911", "site", "name=hq;set=1;validate=rest:shop")
modparam("e911", "validator", "name=shop;like=generic;url=%s")
"""


def validated(proxy):
    return int(re.search(r"\bvalidated\n\tvalue: (\d+)",
                         proxy.rpc("e911.stats")).group(1))


def state_all(proxy):
    for i in range(MANY):
        proxy.jsonrpc("e911.loc_set", ["sip:a%d@example.com" % i,
                                       json.dumps(places.TWELVE)])


def validations():
    with contextlib.ExitStack() as stack:
        server = Validator(says("valid"), delay=DELAY)
        stack.callback(server.close)

        def start(cfg, **how):
            return stack.enter_context(Proxy(cfg, **how)).start()
        proxy = e911_proxy(start, (1, "sip:127.0.0.1:9"),
                           PARAMS=PARAMS % (WORKERS, server.url()))
        begun = time.monotonic()
        state_all(proxy)
        stated = time.monotonic() - begun
        until(lambda: validated(proxy) == MANY, 120, "all are validated", 0.05)
        rate = MANY / (time.monotonic() - begun)
        yield ("validations", "%.0f" % rate, "/s",
               "%d stated one by one, which alone is %.0f/s; validator of %d ms, "
               "%d workers; one request a worker at a time would be %.0f/s; at "
               "most %d in flight" % (MANY, MANY / stated, DELAY * 1000, WORKERS,
                                      WORKERS / DELAY, server.most))
