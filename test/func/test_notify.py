# SPDX-License-Identifier: GPL-2.0-or-later
"""Somebody on site is told of an emergency call, at the time of the call,
without delaying it, whoever of those to be told is there or not."""
import json
import os
import re
import time

import pytest

from lib import (AUSTIN, PLAIN_SITE, StartError, counters, e911_proxy, rows,
                 state, until)
from lib.database import PostgresTables, SqliteTables, store_proxy
from lib.receivers import OK, MailBox, Silence, Webhook, sealed

CALL = "sip:911@example.test"
SITE = 'modparam("e911", "site", "name=hq;set=1;callback=+15125550100;notify=%s")\n'
MANY = 1000 if os.environ.get("SOAK") else 200


def notify(name, row):
    return 'modparam("e911", "notify", "name=%s;%s")\n' % (name, row)


@pytest.fixture
def webhook(cleanup):
    def make(*args, **how):
        made = Webhook(*args, **how)
        cleanup.callback(made.close)
        return made
    return make


def ask(proxy, command, *args):
    reply = proxy.jsonrpc("e911." + command, list(args))
    assert "result" in reply, reply
    return reply["result"]


def call(agent, status=200):
    made = agent.invite(CALL)
    answer = made.final(10)
    assert answer.status == status
    if status == 200:
        made.ack()
    return made


def test_a_call_is_told(kamailio, uas, ua, webhook):
    desk, ersp = webhook(), uas("take")
    proxy = e911_proxy(kamailio, ersp, PARAMS=SITE % "desk" + notify(
        "desk", "kind=webhook;to=" + desk.url()))
    alice = ua(proxy)
    state(proxy, alice)
    made = call(alice)
    first, = desk.wait()
    print(json.dumps(first, indent=1))
    assert made.bye().final().status == 200
    print(desk.wait(3))
