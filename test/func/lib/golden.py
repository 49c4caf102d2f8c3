# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages kept in files, to which those that arrive are compared."""
import difflib
import os
import re

from .kamailio import ROOT

FOLDER = os.path.join(ROOT, "test/data/profiles")

# What is random or of one run only. All are of one length each, so that
# Content-Length stays exact; ports are in headers alone.
CHANGING = [
    (rb"e911-[0-9a-f]{32}", b"e911-WORD"),
    (rb"(branch=)z9hG4bK[^;\r\n]+", rb"\1BRANCH"),
    (rb"(rport=)\d+", rb"\1PORT"),
    (rb"(urn:emergency:uid:\w+:)[0-9a-f]{16}", rb"\1ID"),
    (rb"(>)[0-9a-f]{16}(@e911\.invalid</)", rb"\1ID\2"),
    (rb"(/held/)[0-9a-f]{32}", rb"\1REFERENCE"),
    (rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"TIME"),
]


def captured(name, **values):
    """Bytes of a message that a phone has sent: each @NAME@ replaced."""
    with open(os.path.join(FOLDER, name + ".sip"), "rb") as file:
        text = file.read()
    for key, value in values.items():
        text = text.replace(b"@%s@" % key.encode(), value.encode())
    return text


def normal(raw, **values):
    """raw with all that changes replaced by a word: values are words for what
    only the test knows, WORD=value."""
    for word, value in values.items():
        raw = raw.replace(str(value).encode(), word.encode())
    for pattern, word in CHANGING:
        raw = re.sub(pattern, word, raw)
    return raw


def lines(raw):
    """For the eye: an element of XML a line, and ends of lines that differ."""
    text = raw.decode("utf-8", "replace").replace("><", ">\n <")
    return [line + "\\n" if not line.endswith("\r") else line[:-1]
            for line in text.split("\n")]


def difference(wanted, came):
    return "\n".join(difflib.unified_diff(
        lines(wanted), lines(came), "wanted", "came", lineterm=""))


def assert_golden(name, came):
    """came is, byte for byte, what the file has. With E911_GOLDEN=write in the
    environment the file is written anew; the difference is told either way."""
    path = os.path.join(FOLDER, name + ".sip")
    wanted = b""
    if os.path.exists(path):
        with open(path, "rb") as file:
            wanted = file.read()
    if wanted == came:
        return
    fate = "is not as it was"
    if os.environ.get("E911_GOLDEN") == "write":
        with open(path, "wb") as file:
            file.write(came)
        fate = "is written anew"
    raise AssertionError("%s.sip %s:\n%s" % (
        name, fate, difference(wanted, came)))
