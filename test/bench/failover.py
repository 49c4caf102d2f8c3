# SPDX-License-Identifier: GPL-2.0-or-later
"""How long a caller waits because an ERSP is dead: from his INVITE to the one
at the next ERSP, over what the configured timers say, for each way of being
dead. Beside it a script of the dispatcher module that goes on to the next
destination whatever happens. All ways at once, some calls each, which come at
different moments between two ticks of tm's timer."""
import contextlib
import os
import pathlib
import statistics
import tempfile
import threading
import time

from harness import (BASE, UA, UAS, Certificates, Plan, Silence, Step,
                     TlsPort, e911_proxy, rows, until)
from proxy import Proxy

ROUNDS = 5 if os.environ.get("BENCH_FULL") else 1
CALLS = 10  # of each way in a round
FR = 4.0  # s, for both
LATE = 1.0  # s, of an answer that comes late
PATIENCE = FR + 2
SPREAD = 0.9  # s in which the calls begin
RESET = 0.5  # s after which a listener is gone, before a SYN is sent again
TICK = 62.5  # ms, of tm
FIRST_SET = 10

SITE = ('modparam("e911", "site", "name=%(name)s;set=%(set)d;country=US;A1=TX;'
        'domain=%(name)s.test;A3=Austin;RD=Corporate;STS=DR;HNO=1;PC=78701")\n')
OURS = """
modparam("e911", "fr", %d)
""" % (FR * 1000)
PLAIN = BASE + """
loadmodule "dispatcher.so"
modparam("dispatcher", "list_file", "@DIR@/dispatcher.list")
modparam("dispatcher", "flags", 2)
modparam("tm", "fr_timer", %d)
@LOAD@
request_route {
    if(has_totag()) {
        if(loose_route()) t_relay();
        exit;
    }
    if(is_method("CANCEL|ACK")) {
        t_relay();
        exit;
    }
    record_route();
    if(!ds_select_dst("$(hdr(X-Set){s.int})", "8")) {
        sl_send_reply("480", "Nobody");
        exit;
    }
    t_on_failure("NEXT");
    t_relay();
}
failure_route[NEXT] {
    if(!t_is_canceled() && ds_next_dst()) {
        t_on_failure("NEXT");
        t_relay();
    }
}
""" % (FR * 1000)
# a ping that is not answered is noticed by tm's own timer
PROBING = """
modparam("tm", "fr_timer", 500)
modparam("dispatcher", "ds_ping_interval", 1)
modparam("dispatcher", "ds_probing_mode", 1)
modparam("dispatcher", "ds_probing_threshold", 1)
"""


class Way:
    """A way of being dead: make() gives a destination, with .uri or .uri(),
    that is dead in that way."""

    def __init__(self, name, make, timer, words):
        self.name, self.make, self.words = name, make, words
        self.timer = timer  # s until the next one is asked, as configured
        self.number = 0  # of its set
        self.dead = self.alive = None  # destinations

    def uri(self):
        return self.dead.uri() if callable(self.dead.uri) else self.dead.uri


class Silent(Silence):
    """Takes TCP connections and says nothing."""

    @property
    def uri(self):
        return "sip:127.0.0.1:%d;transport=tcp" % self.port


class Later:
    """Takes no TCP connection; once the calls are under way it is gone, so that
    the second SYN is refused: that connect() has long returned."""

    def __init__(self):
        self.uas = UAS(black_hole=True)
        self.close = self.uas.close
        self.uri = self.uas.uri("tcp")

    def begin(self):
        threading.Timer(RESET, self.close).start()


class OverTcp:
    """A UAS that is reached by TCP."""

    def __init__(self, *behaviours, **how):
        self.uas = UAS(*behaviours, **how)
        self.close = self.uas.close

    def uri(self):
        return self.uas.uri("tcp")


def late():
    return UAS(Plan([Step(100), Step(503, delay=LATE)]))


def ways(certificates):
    return [
        Way("closed", lambda: UAS(port_open=False), FR,
            "UDP, nobody listens, which no socket is told"),
        Way("silent", lambda: UAS(black_hole=True), FR,
            "UDP, packets vanish"),
        Way("503", lambda: UAS("refuse:503"), 0, "503 at once"),
        Way("503-late", late, LATE, "100, then 503"),
        Way("408", lambda: UAS("refuse:408"), 0, "408 at once"),
        Way("603", lambda: UAS("refuse:603"), 0, "603 at once"),
        Way("100", lambda: UAS("die"), FR, "100, then nothing (fr_inv_timer is 120 s)"),
        Way("tcp-refused", lambda: OverTcp(port_open=False), 0,
            "TCP, refused within connect(), as on one machine"),
        Way("tcp-refused-later", Later, FR,
            "TCP, refused after connect() has returned, as over a network"),
        Way("tcp-vanishes", lambda: OverTcp(black_hole=True), FR,
            "TCP, no connection comes about"),
        Way("tcp-hangs", Silent, FR, "TCP, connected, then nothing"),
        Way("tls-hangs", lambda: TlsPort("hanging", certificates), FR,
            "TLS, connected, then nothing"),
    ]


def make(stack, way, number):
    """The dead one and the next one."""
    way.number = number
    way.dead, way.alive = way.make(), UAS("take")
    stack.callback(way.dead.close)
    stack.callback(way.alive.close)


def destinations(every):
    """None of them is probed: nobody knows that they are dead."""
    return [row for way in every for row in (
        (way.number, way.uri(), 9), (way.number, way.alive.uri(), 1))]


def ours(start, every, load="", more=""):
    sites = "".join(SITE % {"name": way.name, "set": way.number}
                    for way in every)
    return e911_proxy(start, *destinations(every), LOAD=load,
                      PARAMS=OURS + sites + more)


def plain(start, every, load="", more=""):
    return start(PLAIN, files={"dispatcher.list": rows(*destinations(every))},
                 LOAD=load + more)


def place(agent, way):
    agent_uri = "<sip:alice@%s.test>" % way.name
    begun = time.monotonic()
    call = agent.invite("sip:911@example.test", from_=agent_uri,
                        headers=[("X-Set", str(way.number))])
    return way, begun, call


def waited(placed):
    """{name: [s each caller waited, None: longer than he would]}."""
    found = {}
    for way, begun, call in placed:
        came = [a.time for a in list(way.alive.invites)
                if a.message.call_id == call.request.call_id]
        found.setdefault(way.name, []).append(came[0] - begun if came else None)
    return found


def measure(proxy, every):
    agent = UA(proxy.address)
    try:
        placed, start = [], time.monotonic()
        for way in every:
            getattr(way.dead, "begin", lambda: None)()
        for i in range(CALLS * len(every)):
            due = start + i * SPREAD / (CALLS * len(every))
            time.sleep(max(0, due - time.monotonic()))
            placed.append(place(agent, every[i % len(every)]))
        end = time.monotonic() + PATIENCE
        for _, _, call in placed:
            with contextlib.suppress(AssertionError):
                answer = call.final(max(0.01, end - time.monotonic()))
                if answer.status == 200:
                    call.ack(answer)
                    call.bye(answer)
        return waited(placed)
    finally:
        agent.close()


def over(seconds, timer):
    """(median, max) of ms over the timer, of those who reached somebody."""
    extra = [1000 * (s - timer) for s in seconds if s is not None]
    return (statistics.median(extra), max(extra)) if extra else None


def told(seconds, timer):
    found, nobody = over(seconds, timer), seconds.count(None)
    if found is None:
        return "nobody within %g s" % PATIENCE
    return "%+.0f, max %+.0f%s" % (*found, ", %d of %d nobody" % (
        nobody, len(seconds)) if nobody else "")


def once(kind, every, load, more, ready):
    with contextlib.ExitStack() as stack:
        for i, way in enumerate(every):
            make(stack, way, FIRST_SET + i)

        def start(cfg, **how):
            return stack.enter_context(Proxy(cfg, **how)).start()
        proxy = kind(start, every, load, more)
        ready(proxy, every)
        return measure(proxy, every)


def run(every, load="", more="", ready=lambda *_: None):
    """(ours, the plain script's), as of waited()."""
    found = {}, {}
    for _ in range(ROUNDS):
        for kind, all_of_it in zip((ours, plain), found):
            for name, seconds in once(kind, every, load, more, ready).items():
                all_of_it.setdefault(name, []).extend(seconds)
    return found


def one_row(way, mine, theirs):
    seconds = mine[way.name]
    missing = seconds.count(None)
    assert not missing, "%s: %d of %d calls are lost" % (
        way.name, missing, len(seconds))
    value, most = over(seconds, way.timer)
    return ("failover-" + way.name, "%+.0f" % value, "ms",
            "%s; over %s until the next ERSP has the call; median of %d, max "
            "%+.0f, target %s; a plain ds_next_dst: %s" % (
                way.words, "%g s" % way.timer if way.timer else "nothing",
                len(seconds), most,
                "a tick of tm, %g" % TICK if way.timer == FR else "0",
                told(theirs[way.name], way.timer)))


def probed(proxy, every):
    """Until probing has marked the first one, and not the second."""
    def known():
        listed = proxy.rpc("dispatcher.list")
        return listed.count("FLAGS: IP") == len(every) and \
            listed.count("FLAGS: AP") == len(every)
    until(known, 20, "probing knows who is dead")


def failover():
    with tempfile.TemporaryDirectory(prefix="e911-bench-") as folder:
        certificates = Certificates(pathlib.Path(folder))
        every = ways(certificates)
        mine, theirs = run(every, certificates.load())
        for way in every:
            yield one_row(way, mine, theirs)
        known = [Way("probed", lambda: UAS(black_hole=True), 0,
                     "silent, and probing has marked it")]
        mine, theirs = run(known, more=PROBING, ready=probed)
        yield one_row(known[0], mine, theirs)
