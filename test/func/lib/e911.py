# SPDX-License-Identifier: GPL-2.0-or-later
"""A proxy with e911 for one test: configuration in parts, and its ERSPs."""
import json

from .kamailio import BASE

CFG = BASE + """
loadmodule "dispatcher.so"
modparam("dispatcher", "list_file", "@DIR@/dispatcher.list")
@LOAD@
loadmodule "@MODULE@"
modparam("e911", "fr", 600)
@TRUST@
@PARAMS@
request_route {
    if(e911_match()) {
        @BEFORE@
        record_route();
        t_on_branch("E911");
        t_on_reply("E911");
        t_on_failure("E911");
        @RELAY@
        exit;
    }
    if(has_totag()) {
        if(!loose_route() && is_method("ACK")) { if(t_check_trans()) t_relay(); exit; }
        t_relay();
        exit;
    }
    @ORDINARY@
    sl_send_reply("404", "Ordinary Call");
}
branch_route[E911] {
    @BRANCH_BEFORE@
    @CONVEY@
    @BRANCH_AFTER@
}
onreply_route[E911] {
    @REPLY@
    return;
}
failure_route[E911] {
    @FAILURE@
}
event_route[e911:failed] {
    xlog("L_NOTICE", "EVENT failed $ci $e911(kind)\\n");
}
@ROUTES@
"""

# What most tests are not about: every caller's word is taken.
TRUST = ('modparam("e911", "trunk", "name=edge;source=127.0.0.0/8;key=from;'
         'device=contact")')

PARTS = {"LOAD": "", "TRUST": TRUST, "PARAMS": "", "BEFORE": "", "RELAY": "e911_relay();",
         "ORDINARY": "", "BRANCH_BEFORE": "", "CONVEY": "e911_convey();",
         "BRANCH_AFTER": "", "REPLY": "", "FAILURE": "e911_relay();",
         "ROUTES": ""}

AUSTIN = {"country": "US", "A1": "TX", "A2": "Travis", "A3": "Austin",
          "PRD": "W", "RD": "Example", "STS": "ST", "HNO": "1200",
          "LOC": "APT 4B", "NAM": "Agent Smith", "PC": "78701"}
DEFAULT_SITE = ('modparam("e911", "site", "name=hq;set=1;last=9;country=US;'
                'A1=TX;A3=Austin;RD=Corporate;STS=DR;HNO=1;PC=78701")')
# tm's own answer, and quickly: the set of last resort is left out
PLAIN_SITE = 'modparam("e911", "site", "name=hq;set=1")'


def rows(*destinations):
    """Dispatcher list. A destination: (set, uri[, priority[, attributes]]), or
    a UAS alone: set 1, in the order given."""
    lines = []
    for i, d in enumerate(destinations):
        if not isinstance(d, tuple):
            d = (1, d.uri(), 100 - i)
        number, uri, priority, attrs = d + (0, "")[len(d) - 2:]
        # 16: also a name that does not resolve
        lines.append("%d %s 16 %d %s" % (number, uri, priority, attrs))
    return "\n".join(lines) + "\n"


def e911_proxy(kamailio, *destinations, files=None, args=(), **parts):
    """A started Kamailio with these destinations."""
    known = {k: v for k, v in parts.items() if k in PARTS}
    others = {k: v for k, v in parts.items() if k not in PARTS}
    return kamailio(CFG, files={"dispatcher.list": rows(*destinations),
                                **(files or {})},
                    args=args, **{**PARTS, **known}, **others)


def state(proxy, agent, fields=None, contact=None):
    """States a location for an agent (a UA, or an AoR)."""
    aor = getattr(agent, "aor", agent)
    more = [contact] if contact else []
    return proxy.rpc("e911.loc_set", aor, json.dumps(fields or AUSTIN), *more)


def counters(proxy):
    """{name: value} of e911's counters."""
    reply = proxy.jsonrpc("e911.stats")["result"]
    return {row["name"]: int(row["value"]) for row in reply}
