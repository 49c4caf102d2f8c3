# SPDX-License-Identifier: GPL-2.0-or-later
"""Configurations that differ in nothing but what is measured."""
CFG = """
debug=%(debug)d
children=%(children)d
auto_aliases=no
disable_tcp=yes
listen=udp:127.0.0.1:@PORT@
loadmodule "kex.so"
loadmodule "ctl.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "htable.so"
loadmodule "dispatcher.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "db_sqlite.so"
modparam("ctl", "binrpc", "unix:@CTL@")
modparam("dispatcher", "list_file", "@DIR@/dispatcher.list")
%(load)s
request_route {
    %(first)s
    if(has_totag()) {
        if(loose_route()) t_relay();
        exit;
    }
    if(is_method("CANCEL|ACK")) {
        t_relay();
        exit;
    }
    if(is_method("REGISTER")) {
        save("location");
        exit;
    }
    if(is_method("OPTIONS")) {
        sl_send_reply("200", "OK");
        exit;
    }
    %(ordinary)s
    record_route();
    ds_select_dst("1", "4");
    t_relay();
    exit;
}
%(routes)s
"""
SITE = "name=main;set=1;country=US"


def config(load="", first="", ordinary="", routes="", debug=0, children=1):
    """Without anything: a bare registrar, and a relay by dispatcher."""
    return CFG % {"load": load, "first": first, "ordinary": ordinary,
                  "routes": routes, "debug": debug, "children": children}


def e911(site=SITE, params=""):
    """Loads the module."""
    return 'loadmodule "@MODULE@"\nmodparam("e911", "site", "%s")\n%s' % (
        site, params)


EMERGENCY = """
    if(e911_match()) {
        record_route();
        t_on_branch("E911");
        t_on_failure("E911");
        e911_relay();
        exit;
    }"""
ROUTES = """
branch_route[E911] { e911_convey(); }
failure_route[E911] { e911_relay(); }"""
GATE = """
    if(!e911_gate()) {
        sl_send_reply("403", "State Your Location First");
        exit;
    }"""

# ----- peers: what is done without the module -----

PATTERN = """
    if($rU =~ "^911$") {
        exit;
    }"""
HAND_LOAD = 'modparam("htable", "htable", "loc=>size=10;")'
HAND_BODY = (
    r"--e911b\r\nContent-Type: application/sdp\r\n\r\n$rb\r\n"
    r"--e911b\r\nContent-Type: application/pidf+xml\r\n"
    r"Content-ID: <agent7@example.com>\r\n"
    r"Content-Disposition: render;handling=optional\r\n\r\n"
    r"$sht(loc=>$fu)\r\n--e911b--\r\n")
HAND_HEADERS = (r"Geolocation: <cid:agent7@example.com>\r\n"
                r"Geolocation-Routing: yes\r\n")
HAND = """
    if($rU =~ "^911$") {
        %s
        $ru = "sip:911@ersp.example.com";
    }"""
HAND_MADE = HAND % (
    """set_body("%s", "multipart/mixed;boundary=e911b");
        append_hf("%s");""" % (HAND_BODY, HAND_HEADERS))
# where no document goes: what the table has is a reference, a token, a number
HAND_NOTHING = HAND % ""
HAND_REFERENCE = HAND % r'append_hf("Geolocation: $sht(loc=>$fu)\r\n");'
HAND_NUMBER = HAND % (r'append_hf("P-Asserted-Identity: '
                      r'<sip:$sht(loc=>$fu)@example.com>\r\n");')
