# SPDX-License-Identifier: GPL-2.0-or-later
"""A bench for profiles: a proxy that stays up, whose destinations change."""
from .e911 import AUSTIN, e911_proxy, rows, state
from .golden import captured, normal
from .kamailio import Kamailio
from .ua import UA, Call, unique
from .uas import UAS

AGENT = "sip:+15125550101@cc.example.com"
PLACE = {**AUSTIN, "shape": "Point", "pos": "30.2672 -97.7431",
         "callback": "+15125550177",
         "tokens": "intrado=ERL-4711,bandwidth=aeui-99,bandwidth-location=loc-7,"
                   "telnyx=tx-31,telnyx-location=tl-8"}
SITE = 'modparam("e911", "site", "name=hq;set=1;country=US;callback=+15125550100")\n'
PROVIDER = ('modparam("e911", "provider", "name=Example Contact Centers;'
            'id=cc.example.com;contact=tel:+15125550199")\n')
REFERENCES = """
modparam("e911", "reference_url", "https://e911.cc.example.com/held/")
modparam("e911", "reference_from", "192.0.2.0/24")
"""
UAC = 'loadmodule "uac.so"\n'
# what references need
XHTTP = 'loadmodule "xhttp.so"\n'
WEB = "event_route[xhttp:request] { e911_http(); }\n"
AT_ONCE = 'modparam("dispatcher", "reload_delta", 0)\n'


def profile(row):
    """The parameter for that row."""
    return 'modparam("e911", "profile", "%s")\n' % row.replace('"', '\\"')


class Bench:
    """profiles: rows beside those built in. uri: the AoR of the agent."""

    def __init__(self, stack, folder, *profiles, params="", load=UAC + XHTTP,
                 site=SITE, references=REFERENCES, provider=PROVIDER,
                 **parts):
        def start(cfg, **how):
            proxy = Kamailio(cfg, folder, **how)
            stack.callback(proxy.close)
            return proxy.start()
        self.stack = stack
        self.uri = AGENT
        self.ersp = self.uas("take")
        params += site + references + provider + AT_ONCE
        parts.setdefault("ROUTES", WEB if "xhttp" in load else "")
        self.proxy = e911_proxy(
            start, (1, self.ersp.uri()), LOAD=load,
            PARAMS=params + "".join(map(profile, profiles)), **parts)
        self.agent = UA(self.proxy.address, user="+15125550101",
                        domain="cc.example.com")
        stack.callback(self.agent.close)
        self.state(PLACE)

    def uas(self, *behaviours, **how):
        server = UAS(*behaviours, **how)
        self.stack.callback(server.close)
        return server

    def state(self, place):
        state(self.proxy, self.uri, place)

    def aim(self, *destinations):
        """New destinations, as of e911_proxy()."""
        self.proxy.write("dispatcher.list", rows(*destinations))
        self.proxy.rpc("dispatcher.reload")

    def take_profile(self, name):
        """One destination with that profile."""
        self.aim((1, self.ersp.uri(), 0, "profile=" + name))

    def line(self, *servers):
        """Destinations in that order: (UAS, attributes)."""
        self.aim(*((1, s.uri(), 100 - i, attributes)
                   for i, (s, attributes) in enumerate(servers)))

    def dryrun(self, *contact):
        return self.proxy.jsonrpc(
            "e911.dryrun", [self.uri, "911", *contact])["result"]

    # ----- calls -----

    def arrive(self, name=None, ersp=None, **how):
        """What arrives of a call of the agent, under that profile."""
        if name:
            self.take_profile(name)
        ersp = ersp or self.ersp
        before = len(ersp.invites)
        call = self.agent.invite("sip:911@cc.example.com", **how)
        assert call.final().status == 200
        call.ack()
        return ersp.invites[before].message

    def send(self, raw):
        """What arrives of a captured call: (Message, its normal bytes)."""
        before = len(self.ersp.invites)
        call = self.agent.start(Call(self.agent, raw))
        assert call.final().status == 200
        call.ack()
        came = self.ersp.invites[before].message
        return came, self.normal(came.raw, CALLID=came.call_id)

    def normal(self, raw, **values):
        return normal(raw, PROXY="127.0.0.1:%d" % self.proxy.port,
                      ERSP="127.0.0.1:%d" % self.ersp.port, **values)

    def captured(self):
        return captured("agent", BRANCH=unique("z9hG4bK"), CALLID=unique("c"))
