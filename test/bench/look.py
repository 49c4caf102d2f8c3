# SPDX-License-Identifier: GPL-2.0-or-later
"""look.so: look-ups that a SIP worker times itself."""
import os

from harness import Message

LOOK = """
loadmodule "%s"
modparam("look", "keys", "@DIR@/keys")
""" % os.environ.get("E911_LOOK", "look.so")
# of the request route; one answer is of one worker
NS = "".join("""
    if($rU == "look-%s") {
        sl_send_reply("200", "$look(%s)");
        exit;
    }""" % (name, name) for name in ("location", "plan", "htable"))


def keys(rows):
    """Text of the file of keys."""
    return "".join("\t".join(row) + "\n" for row in rows)


def looked(line, name, at_once=1):
    """ns of one, by the slowest of so many workers who all look."""
    asked, found = set(), []
    for _ in range(at_once):
        line.to_proxy("OPTIONS", "look-" + name)
        asked.add(line.number)
    while len(found) < at_once:
        message = Message.parse(line.phone.recv(65536))
        if message.cseq in asked:
            found.append(int(message.start.split()[2]))
    assert min(found) >= 0, "not found"
    return max(found)
