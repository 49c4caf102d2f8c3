# SPDX-License-Identifier: GPL-2.0-or-later
"""What happened, for people (a block of text) and for programs (JSON lines)."""
import json
import time

from . import pidf


def shown(value):
    """Text from outside, safe for a terminal."""
    return "".join(c if c.isprintable() else "?" for c in value)


class Reading:
    """What an ERSP makes of one request: location, PSAP, remarks."""

    def __init__(self, request, table):
        self.pidf = b""
        self.location = None
        self.remarks = []
        part, remark = request.location()
        if remark:
            self.remarks.append(remark)
        if part is not None:
            self.pidf = part.body
            try:
                self.location = pidf.Location(part.body)
            except pidf.Refused as error:
                self.remarks.append(str(error))
        self.civic = self.location.civic if self.location else {}
        self.psap, self.verdict = table.verdict(self.civic)


def clock(seconds):
    return time.strftime("%H:%M:%S", time.localtime(seconds)) \
        + ".%03d" % (seconds % 1 * 1000)


def invite_block(name, event, reading):
    request, where = event.request, reading.location
    rows = [("R-URI", request.ruri),
            ("Geolocation", ", ".join(request.all("Geolocation")) or "none"),
            ("Geolocation-Routing", request.h("Geolocation-Routing") or "none"),
            ("Address", where.line() if where else "none"),
            ("Method", where and where.method or "none"),
            ("Verdict", reading.verdict)]
    rows += [("Remark", r) for r in reading.remarks]
    rows.append(("Answer", answers(event)))
    lines = ["%s  %s  call %d from %s" % (
        clock(event.time), name, event.number, event.peer)]
    lines += ["    %-20s %s" % (k, shown(v)) for k, v in rows]
    return "\n".join(lines)


def answers(event):
    return " ".join(map(str, event.answers)) or "nothing"


def short_line(name, event):
    what = {"cancel": "given up by the caller", "bye": "hung up by the caller",
            "reinvite": "changed by the caller"}[event.kind]
    return "%s  %s  call %d %s, answer %s" % (
        clock(event.time), name, event.number, what, answers(event))


def part_record(part):
    return {"content_type": part.content_type, "content_id": part.content_id,
            "content_disposition": part.h("Content-Disposition"),
            "length": len(part.body)}


def record(name, event, reading):
    request = event.request
    return {
        "event": event.kind, "time": event.time, "name": name,
        "call": event.number, "call_id": request.call_id,
        "peer": "%s:%d" % event.peer.address[:2],
        "transport": event.peer.transport, "ruri": request.ruri,
        "headers": [list(h) for h in request.headers],
        "body_parts": [part_record(p) for p in request.parts],
        # Bytes that are no UTF-8 come back by the same error handler.
        "sdp": request.sdp.decode("utf-8", "surrogateescape"),
        "pidf": reading.pidf.decode("utf-8", "surrogateescape"),
        "civic": reading.civic,
        "method": reading.location.method if reading.location else "",
        "psap": reading.psap, "verdict": reading.verdict,
        "remarks": reading.remarks, "answer": event.answers,
        "raw": request.raw.decode("latin-1"),
    }


class Reporter:
    def __init__(self, name, table, out, json_file=None):
        self.name = name
        self.table = table
        self.out = out
        self.json_file = json_file

    def say(self, text):
        print(text, file=self.out, flush=True)

    def event(self, event):
        reading = Reading(event.request, self.table)
        if self.json_file:
            self.json_file.write(json.dumps(
                record(self.name, event, reading)) + "\n")
            self.json_file.flush()
        if event.kind == "invite":
            self.say(invite_block(self.name, event, reading))
        elif event.kind != "ack":
            self.say(short_line(self.name, event))

    def unreadable(self, error, peer):
        self.say("%s  %s  unreadable message from %s: %s" % (
            clock(time.time()), self.name, peer, error))
