# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls at a steady rate, and the account of them."""
import collections
import threading
import time

from .ua import SDP, Call

CALL = "sip:911@example.test"
PATIENCE = 20  # s a call may take before it is lost
SLOW = 5  # s
EVER = 1 << 30


class Answers(list):
    """Responses, with the time of the first final one."""

    at = None

    def append(self, message):
        if message.status >= 200 and self.at is None:
            self.at = time.monotonic()
        super().append(message)


class Pulse(threading.Thread):
    """Notes when this process got no CPU: in that time its servers were as
    silent as its callers, whatever was sent to them."""

    BEAT = 0.02  # s

    def __init__(self):
        super().__init__(daemon=True)
        self.pauses = []  # (start, end)
        self.over = threading.Event()

    def run(self):
        last = time.monotonic()
        while not self.over.wait(self.BEAT):
            now = time.monotonic()
            if now - last > 5 * self.BEAT:
                self.pauses.append((last, now))
            last = now

    def within(self, start, end):
        """The longest pause in that time, s."""
        return max((b - a for a, b in self.pauses if b > start and a < end),
                   default=0)


class Account:
    """Of the calls under one fault."""

    def __init__(self):
        self.placed, self.lost, self.setup = 0, [], []
        self.arrived, self.doubled = 0, []
        self.starved = []  # lost or doubled while the servers had no CPU
        self.slow = []  # no failure, but told

    def add(self, other):
        self.placed += other.placed
        self.lost += other.lost
        self.setup += other.setup
        self.arrived += other.arrived
        self.doubled += other.doubled
        self.starved += other.starved
        self.slow += other.slow

    def quantile(self, q):
        """ms"""
        ordered = sorted(self.setup)
        return 1000 * ordered[min(len(ordered) - 1, int(q * len(ordered)))] \
            if ordered else 0


class Load(threading.Thread):
    """Places calls of an agent while it runs, takes leave of those that are
    answered. name: under which fault they are accounted from now on; patience:
    how long a server may be silent, s."""

    def __init__(self, agent, servers, rate, patience=EVER):
        super().__init__(daemon=True)
        self.patience, self.pulse = patience, Pulse()
        self.agent, self.servers, self.gap = agent, servers, 1 / rate
        self.accounts = collections.OrderedDict()
        self.fault, self.note = "none", ""  # note: what is the last one, exactly
        self.over = threading.Event()
        self.open, self.ended = [], []
        self.failure = None

    def run(self):
        self.pulse.start()
        try:
            self.dial()
        except BaseException as failure:
            self.failure = failure

    def dial(self):
        due = time.monotonic()
        while not self.over.is_set():
            self.place()
            due += self.gap
            while True:
                self.reap()
                left = due - time.monotonic()
                if left <= 0:
                    break
                time.sleep(min(left, 0.02))
        end = time.monotonic() + PATIENCE
        while self.open and time.monotonic() < end:
            self.reap()
            time.sleep(0.02)

    def place(self):
        agent = self.agent
        call = Call(agent, agent.message("INVITE", CALL, SDP))
        call.responses = Answers()
        call.fault, call.note = self.fault, self.note
        call.start = time.monotonic()
        self.accounts.setdefault(self.fault, Account()).placed += 1
        self.open.append(call)
        agent.start(call)

    def reap(self):
        now = time.monotonic()
        for call in list(self.open):
            if call.responses.at is None:
                if now - call.start > PATIENCE:
                    self.end(call, "no answer")
                continue
            answer = call.finals[0]
            if answer.status != 200:
                self.end(call, "answered %d" % answer.status)
                continue
            took = call.responses.at - call.start
            self.accounts[call.fault].setup.append(took)
            if took > SLOW:
                self.accounts[call.fault].slow.append("%s (%s) %s: %.1f s" % (
                    call.fault, call.note, call.request.call_id, took))
            call.ack(answer)
            call.bye(answer)
            self.end(call)

    def end(self, call, wrong=None):
        account = self.accounts[call.fault]
        call.end = time.monotonic()
        if wrong:
            self.blame(account.lost, account, call, wrong)
        self.open.remove(call)
        self.ended.append(call)
        with self.agent.news:
            del self.agent.messages[:]

    def blame(self, which, account, call, wrong):
        pause = self.pulse.within(call.start, call.end)
        list_ = which if pause < self.patience else account.starved
        list_.append("%s (%s) %s: %s after %.1f s, of which without CPU %.1f" % (
            call.fault, call.note, call.request.call_id, wrong,
            call.end - call.start, pause))

    def under(self, fault):
        """Are there calls under way that were placed under it?"""
        return any(call.fault == fault for call in list(self.open))

    def settle(self):
        """Counts what has arrived of the calls that have ended; afterwards
        nobody remembers them."""
        ended, self.ended = self.ended, []
        seen, again = collections.Counter(), collections.Counter()
        for server in self.servers:
            came = collections.Counter(
                a.message.call_id for a in server.invites)
            seen.update(came)
            again.update({k: n - 1 for k, n in came.items() if n > 1})
        for call in ended:
            account, call_id = self.accounts[call.fault], call.request.call_id
            account.arrived += seen[call_id] > 0
            taken = [r for r in call.finals if r.status == 200]
            if len(taken) > 1 or again[call_id]:
                self.blame(account.doubled, account, call, "taken %d, again %d"
                           % (len(taken), again[call_id]))
            self.agent.transactions.pop((call.request.branch, "INVITE"), None)
        known = {call.request.call_id for call in ended}
        for server in self.servers:
            server.forget(known)

    def finish(self):
        """Ends it, and waits for the calls that are under way."""
        self.over.set()
        self.join(PATIENCE + 10)
        self.pulse.over.set()
        self.settle()
        if self.failure:
            raise self.failure

    def total(self):
        total = Account()
        for account in self.accounts.values():
            total.add(account)
        return total

    def table(self):
        line = "%-28s %7s %7s %5s %7s %7s %6s %6s %6s %6s"
        out = [line % ("fault", "placed", "arrived", "lost", "doubled", "starved",
                       "p50 ms", "p95", "p99", "max")]
        total = self.total()
        for name, a in [*self.accounts.items(), ("all", total)]:
            out.append(line % (name, a.placed, a.arrived, len(a.lost),
                               len(a.doubled), len(a.starved), *(
                                   "%.0f" % a.quantile(q) for q in (0.5, 0.95, 0.99, 1))))
        pauses = [1000 * (b - a) for a, b in self.pulse.pauses]
        out.append("the servers had no CPU %d times, at most for %.0f ms" % (
            len(pauses), max(pauses, default=0)))
        for calls in total.lost, total.doubled, total.starved, total.slow:
            out += calls[:20]
        return "\n".join(out) + "\n"
