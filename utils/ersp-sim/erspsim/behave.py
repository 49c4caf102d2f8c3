# SPDX-License-Identifier: GPL-2.0-or-later
"""Behaviours: what an ERSP answers to an INVITE, as data."""
import re
from dataclasses import dataclass, field

HEADERS = {
    302: [("Contact", "<sip:elsewhere@127.0.0.1>")],
    405: [("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS")],
    415: [("Accept", "application/sdp")],
    424: [("Geolocation-Error", '100;code="Cannot Process Location"')],
}
WORDS = """\
  take               100, 180, and at once 200 with SDP
  refuse:CODE        100, then CODE (424 and 415 with the headers that belong)
  refuse-location:CODE   the same for a call with a PIDF-LO; takes one without
  ring:SECONDS       100, 180, after SECONDS 200
  ring-forever       100, 180, never an answer
  take-on-cancel     100, 180, and 200 to the INVITE when it is cancelled: the
                     answer that crosses a CANCEL
  die                100, then nothing, whatever comes
  silent             nothing at all"""


@dataclass
class Step:
    """One answer, delay seconds after the one before."""
    status: int
    delay: float = 0
    headers: list = field(default_factory=list)
    body: bytes | None = None  # None: SDP with 183 and 200


@dataclass
class Plan:
    """Answers to one INVITE. on_cancel: final status that a CANCEL brings;
    None: a CANCEL is not answered at all."""
    steps: list
    on_cancel: int | None = 487

    @property
    def statuses(self):
        return [s.status for s in self.steps]


def plan(*statuses, on_cancel=487):
    return Plan([Step(s, headers=HEADERS.get(s, [])) for s in statuses],
                on_cancel)


def ring(seconds=0.05):
    # Not at once: a proxy with several workers would forward 200 before 180.
    return Plan([Step(100), Step(180), Step(200, delay=seconds)])


FIXED = {
    "take": lambda request: ring(),
    "ring-forever": lambda request: plan(100, 180),
    "take-on-cancel": lambda request: plan(100, 180, on_cancel=200),
    "die": lambda request: plan(100, on_cancel=None),
    "silent": lambda request: plan(on_cancel=None),
}


def refuse_location(code):
    def choose(request):
        has_location = request.location()[0] is not None
        return plan(100, code) if has_location else ring()
    return choose


def parse_one(word):
    """Function from an INVITE to its Plan."""
    word = word.strip()
    if word in FIXED:
        return FIXED[word]
    found = re.fullmatch(r"(refuse|refuse-location):([3-6]\d\d)", word)
    if found:
        code = int(found.group(2))
        if found.group(1) == "refuse":
            return lambda request: plan(100, code)
        return refuse_location(code)
    found = re.fullmatch(r"ring:(\d+(?:\.\d+)?)", word)
    if found:
        seconds = float(found.group(1))
        return lambda request: ring(seconds)
    raise ValueError("unknown behaviour %r" % word)


def parse(words):
    """List of behaviours from text such as refuse:503,take."""
    return [parse_one(w) for w in words.split(",")]
