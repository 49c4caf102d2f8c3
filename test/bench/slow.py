# SPDX-License-Identifier: GPL-2.0-or-later
"""Emergency calls while the server that knows locations takes its time: ours,
whose addresses are checked by it beside the calls, and Debian's module lost,
which asks it in the call."""
import contextlib
import os

import config
import places
from harness import Validator, says
from latency import Statements, summed, words
from load import TRUNK, WORKERS, Loaded, state_location

DELAY = 0.05  # s of each answer
SECONDS = 10 if os.environ.get("BENCH_FULL") else 4
TIMES = 5  # that OPTIONS are asked for half as long
AT_ONCE = 4  # calls
RATE = 30  # calls a second, three quarters of what module lost can do
OPTIONS = 200  # a second
HELD = ('<?xml version="1.0"?><locationResponse xmlns="urn:ietf:params:xml:ns:'
        'geopriv:held">%s</locationResponse>')
LOST_LOAD = """
loadmodule "http_client.so"
loadmodule "lost.so"
modparam("http_client", "httpcon", "lis=>%s;timeout=2")
modparam("http_client", "keep_connections", 1)
modparam("lost", "location_type", "civic")
"""
LOST = """
    if(is_method("INVITE") && !has_totag() && $rU == "911") {
        lost_held_query("lis", "$fu", "$var(pidf)", "$var(url)", "$var(err)");
        if($var(pidf) == "") {
            sl_send_reply("500", "No Location");
            exit;
        }
        set_body("%s", "multipart/mixed;boundary=e911b");
        append_hf("%s");
        $ru = "sip:911@ersp.example.com";
    }""" % (config.HAND_BODY.replace("$sht(loc=>$fu)", "$var(pidf)"),
            config.HAND_HEADERS)
OURS_PARAMS = TRUNK + """
loadmodule "jsonrpcs.so"
modparam("jsonrpcs", "transport", 4)
modparam("jsonrpcs", "dgram_socket", "@JSONRPC@")
modparam("e911", "validator", "name=shop;like=generic;url=%s")
modparam("e911", "validate_wait", 0)
"""
PUBLISH = """
    if(is_method("PUBLISH")) {
        if(e911_learn()) sl_send_reply("200", "OK");
        else sl_send_reply("403", "Not Taken");
        exit;
    }"""


def lis():
    document = places.pidf("agent7").partition("?>")[2]
    return Validator((200, "application/held+xml", HELD % document),
                     delay=DELAY)


def measured(proxy):
    """(as many calls as it takes, RATE a second)."""
    most = proxy.load(closed=AT_ONCE, step=SECONDS)
    steady = [proxy.load(rate=RATE, step=SECONDS / 2, options=OPTIONS)
              for _ in range(TIMES)]
    for found in most, *steady:
        assert found["taken"] and not found["refused"], found
        assert found["located"] >= found["taken"], "no location: %s" % found
    return most, summed(steady)


def theirs():
    with contextlib.closing(lis()) as server, Loaded(config.config(
            LOST_LOAD % server.url(), LOST)) as proxy:
        return measured(proxy)


def ours():
    with contextlib.closing(Validator(says("valid"), delay=DELAY)) as server:
        cfg = config.config(
            config.e911(config.SITE + ";validate=rest:shop",
                        OURS_PARAMS % server.url()),
            config.EMERGENCY, PUBLISH, config.ROUTES)
        with Loaded(cfg, state_location) as proxy, Statements(
                proxy.proxy, http=0):
            found = measured(proxy)
        return found, len(server.requests)


def lookups():
    (most, steady), asked = ours()
    their_most, their_steady = theirs()
    yield ("slow-lookup-calls", "%.0f" % (most["taken"] / most["seconds"]),
           "/s", "%d at a time, while %d addresses are checked by a server of"
           " %d ms; module lost, which asks one in the call: %.1f; %d workers"
           % (
               AT_ONCE, asked, DELAY * 1000,
               their_most["taken"] / their_most["seconds"], WORKERS))
    yield ("slow-lookup-options", "%.2f" % steady["p99"], "ms",
           "p99 of OPTIONS at %d calls/s, %s; module lost: %s" % (
               RATE, words(steady), words(their_steady)))
