# SPDX-License-Identifier: GPL-2.0-or-later
"""A proxy with registrar, proof of callers and gate, for tests of contacts."""
from .e911 import e911_proxy

# The registrar; a password where the test gives PASSWORD.
LOAD = """
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "nathelper.so"
loadmodule "auth.so"
loadmodule "path.so"
loadmodule "uac.so"
modparam("registrar", "gruu_enabled", 1)
modparam("registrar", "use_path", 1)
modparam("registrar", "path_use_received", 1)
modparam("registrar", "min_expires", 1)
modparam("usrloc", "timer_interval", 1)
modparam("usrloc", "db_mode", 0)
modparam("nathelper|registrar", "received_avp", "$avp(received)")
"""

REGISTER = """
    if(is_method("REGISTER")) {
        %(nat)s
        %(auth)s
        %(before)s
        if(!save("location")) sl_reply_error();
        %(after)s
        exit;
    }
"""
GATE = """
    if(is_method("INVITE")) {
        %(auth)s
        if(!e911_gate()) {
            sl_send_reply("403", "State Your Location First");
            exit;
        }
        xlog("L_NOTICE", "PASSED reason=$e911(reason)\\n");
    }
"""
AUTH = """
        if(!pv_%(kind)s_authenticate("$fd", "%(password)s", "0")) {
            %(kind)s_challenge("$fd", "0");
            exit;
        }
        e911_vouch();
"""
MOVED = """
event_route[e911:moved] {
    xlog("L_NOTICE", "EVENT moved aor=$e911(aor) contact=$e911(contact) freshness=$e911(freshness) reason=$e911(reason) site=$e911(site)\\n");
}
"""


def auth(kind, password):
    return AUTH % {"kind": kind, "password": password} if password else ""


def edge_proxy(kamailio, *destinations, nat=False, password=None, before="",
               after="", load="", params="", table=True, gate=True, **parts):
    """A started Kamailio that keeps contacts. password: wanted of REGISTER and
    of ordinary calls; before, after: script around save()."""
    register = REGISTER % {
        "nat": "force_rport(); fix_nated_register();" if nat else "",
        "auth": auth("www", password), "before": before, "after": after}
    ordinary = register + (GATE % {"auth": auth("proxy", password)}
                           if gate else "")
    return e911_proxy(
        kamailio, *destinations, TRUST=parts.pop("TRUST", ""),
        LOAD=LOAD + load, PARAMS=params, ORDINARY=ordinary,
        ROUTES=MOVED + parts.pop("ROUTES", ""), **parts)
