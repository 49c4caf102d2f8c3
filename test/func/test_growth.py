# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing grows: neither shared nor package memory over many calls, changes,
reloads, statements and notices; and valgrind finds nothing of ours lost of what
libraries allocate. SOAK=1: 10 000 of each."""
import json
import os
import re
import time

import pytest

from lib import AUSTIN, counters, e911_proxy, kamailio as kamailio_module, state, until
from lib.api import Client, keys, token
from lib.database import SqliteTables
from lib.profiles import PROVIDER, REFERENCES, UAC, WEB, XHTTP
from lib.receivers import Webhook
from lib.validator import Validator, says

SOAK = bool(os.environ.get("SOAK"))
MANY = 10000 if SOAK else 500
WARM = 300  # so many, and what is bounded is full
# bytes each: the least that is had is more; of package memory in each process
SHARED, PACKAGE = 8, 2
# what leaks does so each time; what finds another hole to lie in, once
ROUNDS = 3
PATIENCE = 30  # s; nothing here is about time
CALL = "sip:911@example.test"
PARAMS = """
modparam("tm", "wt_timer", 300)
modparam("e911", "fr", 8000)
modparam("e911", "record_size", 64)
modparam("e911", "ledger_size", 20)
modparam("e911", "notices_size", 64)
modparam("e911", "web_rate", 0)
modparam("e911", "record_node", "one")
modparam("e911", "site", "name=hq;set=1;last=9;country=US;A1=TX;A3=Austin;\
RD=Corporate;STS=DR;HNO=1;PC=78701;callback=+15125550100;%(row)s")
modparam("e911", "notify", "name=desk;kind=webhook;rate=0;to=%(desk)s")
modparam("e911", "validator", "name=shop;like=generic;url=%(shop)s")
modparam("e911", "db_url", "%(url)s")
modparam("e911", "settings_file", "%(rows)s")
""" + REFERENCES + PROVIDER
ROWS = """number ^77[0-9]{2}$
site name=lab;prefix=lab;set=1
trunk name=other;source=192.0.2.0/24;key=from
profile name=own;like=i3
elin name=all;number=+15125550110,+15125550111;site=lab
"""


class Scene:
    def __init__(self, kamailio, uas, ua, cleanup, afterwards, folder, row=""):
        self.tables = SqliteTables(folder)
        self.tables.create()
        self.desk, self.shop = Webhook(), Validator(says("valid"))
        cleanup.callback(self.desk.close)
        cleanup.callback(self.shop.close)
        rows = os.path.join(str(folder), "e911.rows")
        with open(rows, "w", encoding="utf-8") as file:
            file.write(ROWS)
        self.refuses, self.takes = uas("refuse:503"), uas("take")
        self.proxy = e911_proxy(
            kamailio, (1, self.refuses.uri(), 9, "profile=i3"),
            (1, self.takes.uri(), 1, "profile=value"),
            LOAD=UAC + XHTTP + self.tables.load + "\n", ROUTES=WEB,
            PARAMS=keys(folder) + PARAMS % {
                "desk": self.desk.url(), "shop": self.shop.url(),
                "url": self.tables.url, "rows": rows, "row": row})
        self.agent = ua(self.proxy)
        state(self.proxy, self.agent)
        self.client = Client(self.proxy, token(self.agent.aor), checked=False)
        afterwards.callback(self.client.close)
        self.number = 0

    # ----- what is done many times -----

    def calls(self, together=10):
        made = [self.agent.invite(CALL) for _ in range(together)]
        for call in made:
            assert call.final(PATIENCE).status == 200
            call.ack()
        ends = [call.bye() for call in made]
        assert [end.final(PATIENCE).status for end in ends] == [200] * together
        self.forget()

    notices = calls

    def forget(self):
        """What the test itself would pile up."""
        self.agent.transactions.clear()
        with self.agent.news:
            del self.agent.messages[:]
        for server in self.refuses, self.takes:
            with server.news:
                del server.requests[:-20], server.invites[:-20]
        for server in self.shop, self.desk.server:
            with server.lock:
                del server.requests[:-5]

    def place(self):
        self.number = (self.number + 1) % 97
        return dict(AUSTIN, HNO=str(self.number), LOC="x" * self.number)

    def changes(self):
        reply = self.proxy.jsonrpc(
            "e911.loc_set", [self.agent.aor, json.dumps(self.place())])
        assert "result" in reply, reply

    def reloads(self):
        """As many as are allowed in a minute; the old rows are free later."""
        done = 0
        while "result" in self.proxy.jsonrpc("e911.reload"):
            done += 1
        return done

    def statements(self):
        answer = self.client.ask("PUT", "/me/location", {"location": self.place()})
        assert answer.status in (200, 202), answer.body
        self.forget()

    # ----- what is used -----

    def shared(self):
        return int(self.proxy.jsonrpc("core.shmmem")["result"]["used"])

    def package(self):
        """{process: bytes}"""
        return {int(row["pid"]): int(row["used"])
                for row in self.proxy.jsonrpc("pkg.stats")["result"]}

    def quiet(self):
        """Everything is stored, and told."""
        def waiting():
            return counters(self.proxy)["pending"] + sum(
                int(row["waiting"]) + int(row["flying"]) for row in
                self.proxy.jsonrpc("e911.notices")["result"])
        until(lambda: waiting() == 0, 60, "nothing waits", every=0.1)
        return until_steady(self.shared)


def until_steady(read):
    """The value once it does not go down for a second."""
    best, since = read(), time.monotonic()
    while time.monotonic() - since < 1:
        time.sleep(0.1)
        now = read()
        if now < best:
            best, since = now, time.monotonic()
    return best


@pytest.fixture
def scene(kamailio, uas, ua, cleanup, afterwards, tmp_path):
    return lambda **how: Scene(kamailio, uas, ua, cleanup, afterwards, tmp_path,
                               **how)


def assert_same(made, settled, package, count):
    left = made.quiet()
    grown = {pid: used - package[pid] for pid, used in made.package().items()
             if used > package[pid] + count * PACKAGE}
    assert left <= settled + count * SHARED, "shared: %+d" % (left - settled)
    assert not grown, grown
    print("%d: shared %+d, package %+d" % (count, left - settled, sum(
        made.package().values()) - sum(package.values())))


@pytest.mark.parametrize("what", ["calls", "notices", "changes", "statements"])
def test_nothing_grows(scene, what):
    made = scene(row="notify=desk;" if what == "notices" else "")
    act = getattr(made, what)
    each = 10 if what in ("calls", "notices") else 1
    for _ in range(WARM // each):
        act()
    settled, package = made.quiet(), made.package()
    for left in reversed(range(ROUNDS)):
        for _ in range(MANY // each):
            act()
        try:
            assert_same(made, settled, package, MANY)
            break
        except AssertionError:
            if left == 0:
                raise
        settled, package = made.quiet(), made.package()


@pytest.mark.skipif(not SOAK, reason="takes minutes: SOAK=1")
def test_reloads_leave_nothing(scene):
    made = scene()

    def after_a_minute():
        until(lambda: "result" in made.proxy.jsonrpc("e911.reload"), 90,
              "another reload", every=1)
        time.sleep(65)
        assert "result" in made.proxy.jsonrpc("e911.reload")
        return made.quiet()
    assert made.reloads() > 3
    settled, package = after_a_minute(), made.package()
    count = 0
    for _ in range(3):
        count += made.reloads()
        left = after_a_minute()
    assert_same(made, settled, package, count)
    assert left <= settled + count * SHARED


# ----- what libraries allocate -----

VALGRIND = """#!/bin/sh
exec valgrind --leak-check=full --undef-value-errors=no --show-leak-kinds=definite --keep-debuginfo=yes \
    --log-file=%s/valgrind.%%p /usr/sbin/kamailio "$@"
"""


@pytest.fixture
def valgrind(tmp_path, monkeypatch, unsanitized):
    """Kamailio runs under it; gives what it says of each process."""
    script = tmp_path / "kamailio.sh"
    script.write_text(VALGRIND % tmp_path)
    script.chmod(0o755)
    monkeypatch.setattr(kamailio_module, "KAMAILIO", str(script))

    def read():
        return {path.name: path.read_text(errors="replace")
                for path in tmp_path.glob("valgrind.*")}
    return read


def of_ours(text):
    """The findings whose stack has a line of ours."""
    blocks = re.split(r"^==\d+== *\n", text, flags=re.M)
    return [b for b in blocks if "e911" in b and re.search(
        r"definitely lost in|Invalid (read|write)|Invalid free", b)]


def test_libraries_lose_nothing(scene, valgrind):
    made = scene(row="notify=desk;validate=rest:shop;")
    for what, count in (("calls", 3), ("changes", 10), ("reloads", 1),
                        ("statements", 20)):
        for _ in range(count):
            getattr(made, what)()
    made.proxy.stop()
    said = valgrind()
    assert len([t for t in said.values() if "LEAK SUMMARY" in t
                or "no leaks are possible" in t]) > 5, said.keys()
    found = [b for text in said.values() for b in of_ours(text)]
    assert not found, "\n\n".join(found[:5])
