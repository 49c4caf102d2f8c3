# SPDX-License-Identifier: GPL-2.0-or-later
"""The number plan, beside dialplan and htable with the same numbers: a loop in
the script asks, and what the empty loop takes is taken off."""
import contextlib
import re
import sqlite3
import statistics

import config
import fit
from harness import Message
from line import Line
from look import LOOK, NS, keys, looked
from proxy import Proxy

RULES = (10, 1000, 10000)
TIMES = 51
LOOPS = 2000  # short: whoever else is at work comes into few of the TIMES
ORDINARY = "15125550123"
REGEXES = 256  # as many as a plan takes

TABLES = """
    CREATE TABLE version (table_name TEXT, table_version INTEGER);
    INSERT INTO version VALUES ('dialplan', 2);
    CREATE TABLE dialplan (dpid INTEGER, pr INTEGER, match_op INTEGER,
        match_exp TEXT, match_len INTEGER, subst_exp TEXT, repl_exp TEXT,
        attrs TEXT);
"""
LOAD = """
max_while_loops=100000000
loadmodule "dialplan.so"
modparam("dialplan", "db_url", "sqlite:///@DIR@/rules")
modparam("htable", "htable", "loc=>size=%(size)d;")
"""
FILL = """
event_route[htable:mod-init] {
    $var(i) = 0;
    while($var(i) < %(count)d) {
        $var(n) = 90000000 + $var(i);
        $sht(loc=>$var(n)) = "urn:service:sos";
        $var(i) = $var(i) + 1;
    }
}"""
LOOP = """
    if($rU =~ "^%(name)s-") {
        $var(in) = $(rU{s.select,1,-});
        $var(n) = $(rU{s.select,2,-}{s.int});
        $var(hit) = 0;
        $var(i) = 0;
        $var(s) = $TV(sn);
        $var(u) = $TV(un);
        while($var(i) < $var(n)) {
            %(asked)s
            $var(i) = $var(i) + 1;
        }
        $var(d) = ($TV(sn) - $var(s)) * 1000000 + $TV(un) - $var(u);
        sl_send_reply("200", "us=$var(d) hit=$var(hit)");
        exit;
    }"""
ASKED = {
    "empty": "",
    "e911": 'if(e911_match("$var(in)")) $var(hit) = 1;',
    "dialplan": 'if(dp_translate("1", "$var(in)/$var(out)")) $var(hit) = 1;',
    "htable": "if($sht(loc=>$var(in)) != $null) $var(hit) = 1;",
}


def number(i):
    return str(90000000 + i)


def regexes(count):
    """That begin as the numbers do, and match none of them."""
    return ["^9[0-9]{3}%03d#" % i for i in range(count)]


def rules(count, regex):
    """As e911 takes them; all but so many are numbers."""
    return [number(i) for i in range(count - regex)] + regexes(regex)


def make_rules(path, count):
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.executescript(TABLES)
        database.executemany(
            "INSERT INTO dialplan VALUES (1, ?, 1, ?, 0, '^(.*)$', '\\1', '')",
            ((i, "^%s$" % number(i)) for i in range(count)))


def script(count, regex):
    values = {"count": count, "size": max(8, count.bit_length())}
    rows = "".join('modparam("e911", "number", "%s")\n' % r
                   for r in rules(count, regex))
    return config.config(
        LOAD % values + config.e911(params=rows) + LOOK,
        NS + "".join(LOOP % {"name": name, "asked": asked}
                     for name, asked in ASKED.items()), routes=FILL % values)


@contextlib.contextmanager
def asked(count, regex=0):
    """A running Kamailio with so many rules in all three."""
    files = {"dispatcher.list": "1 sip:127.0.0.1:9\n", "keys": keys(
        (number(i), "", number(i)) for i in range(count - regex))}
    with Line() as line, Proxy(
            script(count, regex), files=files, args=[
                "-m", "256", "-M", "64", "-x", "fm", "-X", "fm"]) as proxy:
        make_rules(proxy.path("rules"), count)
        line.proxy = proxy.start().address
        yield Asked(line, count)


class Asked:
    def __init__(self, line, count):
        self.line, self.count = line, count

    def total(self, name, dialled, loops):
        self.line.to_proxy("OPTIONS", "%s-%s-%d" % (name, dialled, loops))
        took, hit = map(int, re.findall(r"=(\d+)", Message.parse(
            self.line.phone.recv(65536)).start))
        assert hit == (dialled != ORDINARY and name != "empty"), (name, dialled)
        return took * 1000 / loops

    def median(self, name, dialled, loops=LOOPS):
        return statistics.median(
            self.total(name, dialled, loops) for _ in range(TIMES))

    def each(self, name, dialled, loops=LOOPS):
        """Net ns of one."""
        return max(1, self.median(name, dialled, loops)
                   - self.median("empty", dialled))

    def dialplan(self, dialled):
        return self.each("dialplan", dialled, max(2, LOOPS // self.count))

    def plan(self):
        """All numbers one after the other, without a script around."""
        return statistics.median(
            looked(self.line, "plan") for _ in range(TIMES))


def figures(count):
    last = number(count - 1)
    with asked(count) as one:
        return {
            "none": one.each("e911", ORDINARY),
            "hit": one.plan(),
            "dialplan-none": one.dialplan(ORDINARY),
            "dialplan-last": one.dialplan(last),
            "htable-none": one.each("htable", ORDINARY),
            "htable-last": one.each("htable", last),
        }


def with_regexes(count):
    with asked(count, REGEXES) as one:
        return one.each("e911", ORDINARY), one.plan()


def plan():
    all_sizes = {count: figures(count) for count in RULES}
    for count, f in all_sizes.items():
        yield ("plan-%d" % count, "%.0f" % f["none"], "ns",
               "an ordinary number, e911_match() in a script, %d rules; each of "
               "their numbers found in the plan alone: %.0f; dialplan, regex, "
               "none: %.0f, last: %.0f; htable, none: %.0f, last: %.0f" % (
                   count, f["hit"], f["dialplan-none"], f["dialplan-last"],
                   f["htable-none"], f["htable-last"]))

    def growth(name):
        return fit.exponent(RULES, [f[name] for f in all_sizes.values()])
    yield ("plan-growth", "%.2f" % growth("none"), "exponent",
           "over %s rules; found: %.2f; dialplan, last: %.2f; htable: %.2f" % (
               fit.listed(RULES, "%d"), growth("hit"),
               growth("dialplan-last"), growth("htable-last")))
    none, hit = with_regexes(RULES[-1])
    yield ("plan-regexes", "%.0f" % none, "ns",
           "the same, %d of %d rules regular expressions, as many as there may "
           "be, of another first digit; a number of theirs, all tried: %.0f" % (
               REGEXES, RULES[-1], hit))
