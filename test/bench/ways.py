# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions of an emergency INVITE under each profile, and with each way to
have a location or none; beside scripts that do by hand what has arrived."""
import functools
import re

import config
import instructions
import places
from harness import SDP
from line import AOR, Line

FEW = {"batches": 2, "size": 30}
MANY = {"batches": 3, "size": 60}
# a caller keeps his number, and the calls of half an hour on it are looked
# through: here 5 to 20, as the busiest callers have
LEASED = {"batches": 3, "size": 5}
LOAD = 'loadmodule "uac.so"\nloadmodule "xhttp.so"\n'
PARAMS = """
modparam("dispatcher", "reload_delta", 0)
modparam("e911", "provider", "name=Example Contact Centers;id=cc.example.com;\
contact=tel:+15125550199")
modparam("e911", "reference_url", "https://e911.cc.example.com/held/")
modparam("e911", "reference_from", "192.0.2.0/24")
modparam("e911", "elin", "name=all;most=100;\
number=+15125550110,+15125550111,+15125550112,+15125550113")
"""
SITE = config.SITE + ";callback=+15125550100;test=local"
WEB = "event_route[xhttp:request] { e911_http(); }"
# with what any provider wants to be told
FIELDS = {**places.FIELDS, "callback": "+15125550177",
          "tokens": "intrado=ERL-4711,bandwidth=aeui-99,"
                    "bandwidth-location=loc-7,telnyx=tx-31,telnyx-location=tl-8"}
DOCUMENT = places.pidf("agent7", places.TWELVE).encode()
SENT = {  # by a phone that knows where it is
    "kind": "multipart/mixed;boundary=b1",
    "headers": [("Geolocation", "<cid:own@example.com>")],
    "body": b"--b1\r\nContent-Type: application/sdp\r\n\r\n" + SDP
            + b"\r\n--b1\r\nContent-Type: application/pidf+xml\r\n"
              b"Content-ID: <own@example.com>\r\n\r\n" + DOCUMENT
            + b"\r\n--b1--\r\n"}
# what arrived: the script that does so by hand, and what it keeps for a caller
PEERS = {
    "PIDF-LO": (config.HAND_MADE, places.pidf("agent7")),
    "reference": (config.HAND_REFERENCE, "<https://lis.example.com/held/0123>"),
    "token": (config.HAND_REFERENCE, "ERL-4711"),
    "number": (config.HAND_NUMBER, "+15125550110"),
    "no location": (config.HAND_NOTHING, ""),
}


def arrived(request):
    """How the place is told in what the server got."""
    values = request.all("Geolocation")
    if any("<cid:" in v for v in values):
        assert request.location()[0] is not None, "no document"
        return "PIDF-LO"
    if values:
        return "reference" if "https:" in values[0] else "token"
    who = request.h("From") + (request.h("P-Asserted-Identity") or "")
    if "ERL-4711" in who:
        return "token"
    return "number" if re.search(r"\+1512555011\d@", who) else "no location"


class Calls:
    """Emergency calls through one proxy."""

    def __init__(self, line, proxy, allocator):
        self.line, self.proxy = line, proxy
        self.many = MANY if allocator == "fm" else FEW

    def count(self, many=None, **how):
        """(instructions, how the place was told)"""
        ways = set()
        ir = self.proxy.per_request(
            lambda: ways.add(arrived(self.line.call("911", **how))),
            after=self.line.hang_up, **(many or self.many))
        assert len(ways) == 1, "not all are the same: %s" % ways
        return ir, ways.pop()

    def refused(self, number, status):
        def work():
            assert self.line.refused(number) == status
        return self.proxy.per_request(work, **self.many)

    def take_profile(self, name):
        self.proxy.write("dispatcher.list",
                         self.line.destination("profile=" + name))
        self.proxy.rpc("dispatcher.reload")

    def profiles(self):
        """Names of all there are."""
        return dict.fromkeys(re.findall(
            r"\bname: (\S+)", self.proxy.rpc("e911.profiles")))


def calls(name, cfg, allocator="fm"):
    return instructions.counted(name, cfg, allocator)


@functools.lru_cache(maxsize=None)
def bare(allocator):
    """{does the phone send a document: instructions}"""
    with calls("ways-bare", config.config(), allocator) as (line, proxy):
        relay = Calls(line, proxy, allocator)
        return {False: relay.count()[0], True: relay.count(**SENT)[0]}


@functools.lru_cache(maxsize=None)
def by_hand(way, allocator):
    """Over the bare relay."""
    script, kept = PEERS[way]
    with calls("ways-by-hand", config.config(config.HAND_LOAD, script),
               allocator) as (line, proxy):
        if kept:
            proxy.rpc("htable.sets", "loc", "sip:" + AOR, "s:" + kept)
        ir, same = Calls(line, proxy, allocator).count()
        # any number does
        assert same == way or way in ("number", "token"), same
        return ir - bare(allocator)[False]


def ours(allocator="fm"):
    cfg = config.config(LOAD + config.e911(SITE, PARAMS), config.EMERGENCY,
                        routes=config.ROUTES + WEB)
    return calls("ways", cfg, allocator)


def row(name, counted, words, allocator="fm", document=False):
    ir, way = counted
    relay = bare(allocator)[document]
    return (name, "%+d" % (ir - relay), "Ir",
            "%s: over a bare relay, %d; by hand: %+d; %s" % (
                words or way, relay, by_hand(way, allocator), allocator))


def one_profile(invites, name, many=None):
    invites.take_profile(name)
    return invites.count(many)


def each_profile(names=None, allocator="fm"):
    """(name, counted): those with ELINs first, before there are many calls."""
    with ours(allocator) as (line, proxy):
        invites = Calls(line, proxy, allocator)
        instructions.locate(line, proxy, FIELDS)
        names = names or invites.profiles()
        for name in sorted(names, key=lambda n: n != "elin"):
            yield name, one_profile(
                invites, name, LEASED if name == "elin" else None)


def emergency_profiles():
    for name, counted in each_profile():
        yield row("profile-" + name, counted, "")


def emergency_ways():
    with ours() as (line, proxy):
        invites = Calls(line, proxy, "fm")
        yield row("emergency-unlocated", invites.count(), "no location is known")
        ir, way = invites.count(**SENT)
        relay = bare("fm")[True]
        yield ("emergency-phone-document", "%+d" % (ir - relay), "Ir",
               "the phone's own document alone: over a bare relay of the same, "
               "%d; fm" % relay)
        instructions.locate(line, proxy, FIELDS)
        ir, way = invites.count(**SENT)
        yield ("emergency-both-documents", "%+d" % (ir - relay), "Ir",
               "%s of 16 fields beside the phone's own document: over a bare "
               "relay of the latter, %d; fm" % (way, relay))
        yield ("emergency-test", "%d" % invites.refused("933", 603), "Ir",
               "933 answered here, with its ACK; the INVITE of a bare relay: %d;"
               " fm" % bare("fm")[False])


def emergency_profiles_qm():
    main = "value", "reference", "intrado", "elin", "plain"
    for name, counted in each_profile(main, "qm"):
        yield row("profile-%s-qm" % name, counted, "", "qm")
