# SPDX-License-Identifier: GPL-2.0-or-later
"""A call goes on without memory: each allocation in its way fails in turn, in
a running Kamailio, our own and those that the core and libraries make for us;
then two of them, then all of our own from one on. SOAK=1: more profiles, more
pairs; FR=n: ms a server may be silent, more where the machine is busy."""
import os
import random
import time

import pytest

from lib import AUSTIN, e911_proxy, multipart, state
from lib.database import SqliteTables
from lib.profiles import PROVIDER, REFERENCES, UAC, WEB, XHTTP
from lib.receivers import Webhook
from lib.starve import EVER, LENT, LOAD, OWN, Starve

SOAK = bool(os.environ.get("SOAK"))
SEED = int(os.environ.get("SEED", "911"))
FR = int(os.environ.get("FR", "200"))
PAIRS = 300 if SOAK else 10
CALL = "sip:911@example.test"
PARAMS = (
    'modparam("e911", "site", "name=hq;set=1;last=9;country=US;A1=TX;A3=Austin;'
    'RD=Corporate;STS=DR;HNO=1;PC=78701;callback=+15125550100;notify=desk")\n'
    'modparam("e911", "elin", "name=all;number=+15125550110,+15125550111,'
    '+15125550112,+15125550113,+15125550114,+15125550115;site=hq")\n'
    'modparam("e911", "record_node", "one")\n' + REFERENCES + PROVIDER)
PROFILES = ["value", "elin"] + [
    "reference", "i3", "intrado", "bandwidth"] * SOAK


class Line:
    """A proxy with all that goes with a call; the last destination takes, the
    others refuse or are silent."""

    def __init__(self, fixtures, profile, *others, params=""):
        kamailio, uas, ua, cleanup, folder = fixtures
        self.starve = Starve(folder)
        desk = Webhook()
        cleanup.callback(desk.close)
        tables = SqliteTables(folder)
        tables.create()
        servers = [uas(how) for how in others or ["refuse:503"]] + [uas("take")]
        self.last = servers[-1]
        self.proxy = e911_proxy(
            kamailio, *((1, server.uri(), 9 - i, "profile=" + profile)
                        for i, server in enumerate(servers)),
            LOAD=LOAD + UAC + XHTTP + tables.load + "\n", ROUTES=WEB,
            env=self.starve.env, PARAMS=PARAMS + (
                'modparam("e911", "notify", "name=desk;kind=webhook;to=%s")\n'
                'modparam("e911", "db_url", "%s")\nmodparam("e911", "fr", %d)\n'
                % (desk.url(), tables.url, FR)) + params)
        self.agent = ua(self.proxy)
        self.how = {}
        state(self.proxy, self.agent, AUSTIN)
        self.slowest = 0

    def call(self):
        """One call, from its beginning to its end; None, or what went wrong."""
        before = len(self.last.invites)
        start = time.monotonic()
        call = self.agent.invite(CALL, **self.how)
        try:
            answer = call.final(3)
        except AssertionError:
            return "no answer; %d arrived" % (len(self.last.invites) - before)
        self.slowest = max(self.slowest, time.monotonic() - start)
        if answer.status != 200:
            return "answered %d" % answer.status
        call.ack()
        try:
            ended = call.bye().final(3).status
        except AssertionError:
            return "no answer to BYE"
        came = self.last.invites[before:]
        if [a.message.call_id for a in came] != [call.request.call_id]:
            return "arrived %d times" % len(came)
        if len(call.finals) != 1:
            return "answered %d times" % len(call.finals)
        return None if ended == 200 else "BYE answered %d" % ended

    def without(self, kinds, *ranges):
        """A call while these fail; how many allocations it tried."""
        self.starve.set(kinds, *ranges)
        wrong = self.call()
        self.starve.rest()
        assert not wrong, "%s: without %s of kind %d: %s" % (
            wrong, ranges, kinds, self.starve.where)
        return self.starve.seen

    def sweep(self, kinds):
        """Each in turn, until a call tries fewer; how many that were."""
        count = self.without(kinds)
        for n in range(count + 20):
            self.without(kinds, (n, n + 1))
            if n >= count and not self.starve.failed:
                return count
        raise AssertionError("a call needs more each time: %d" % count)


@pytest.fixture
def line(kamailio, uas, ua, cleanup, tmp_path):
    return lambda *args, **how: Line((kamailio, uas, ua, cleanup, tmp_path),
                                     *args, **how)


def pairs(chance, count):
    """Two that are not of one act: the URI and the hop of a destination, say,
    of which one has to be."""
    for _ in range(PAIRS):
        a, b = (chance.randrange(count) for _ in range(2))
        if abs(a - b) > 3:
            yield (a, a + 1), (b, b + 1)


def starve(made, brief=False):
    chance = random.Random(SEED)
    assert made.call() is None
    count, lent = made.sweep(OWN), made.sweep(LENT)
    assert count and lent, "nothing was counted"
    if SOAK or not brief:
        for kinds, most in (OWN, count), (OWN | LENT, count + lent):
            for two in pairs(chance, most):
                made.without(kinds, *two)
        # a machine that has no more from here on
        for n in range(count + 1):
            made.without(OWN, (n, EVER))
    assert made.call() is None
    print("%d of our own, %d for us, slowest call %.0f ms" % (
        count, lent, 1000 * made.slowest))


@pytest.mark.parametrize("profile", PROFILES)
def test_each_allocation_fails(line, profile):
    starve(line(profile))


def test_while_a_server_is_silent(line):
    starve(line("value", "silent"), brief=True)


def test_the_whole_ladder(line):
    """The third is reached by those that are not kept as well."""
    made = line("value", "refuse:503", "silent", "refuse:603")
    count = made.without(OWN)
    assert count > 30
    for n in range(0, count + 1, 1 if SOAK else 4):
        made.without(OWN, (n, EVER))


def test_with_the_location_of_the_phone(line, good_pidf):
    made = line("value", params='modparam("e911", "geolocation_first", 1)\n')
    body, kind = multipart(good_pidf.encode())
    made.how = {"body": body, "ct": kind, "headers": [
        ("Geolocation", "<cid:loc-1@example.test>"),
        ("Geolocation-Routing", "yes")]}
    starve(made)
