# SPDX-License-Identifier: GPL-2.0-or-later
"""SIP messages and their bodies, with every byte of a body kept as it came."""
import re
from urllib.parse import unquote

HEAD_MAX = 65536
MESSAGE_MAX = 1048576
MULTIPART_DEPTH = 4

COMPACT = {"c": "content-type", "e": "content-encoding", "f": "from",
           "i": "call-id", "k": "supported", "l": "content-length",
           "m": "contact", "o": "event", "r": "refer-to", "s": "subject",
           "t": "to", "u": "allow-events", "v": "via"}
REASONS = {100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK",
           202: "Accepted", 302: "Moved Temporarily", 400: "Bad Request",
           403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
           408: "Request Timeout", 415: "Unsupported Media Type",
           424: "Bad Location Information", 480: "Temporarily Unavailable",
           481: "Call/Transaction Does Not Exist", 486: "Busy Here",
           487: "Request Terminated", 488: "Not Acceptable Here",
           500: "Server Internal Error", 503: "Service Unavailable",
           600: "Busy Everywhere", 603: "Decline"}
PIDF = "application/pidf+xml"
SDP = "application/sdp"


class Unreadable(ValueError):
    """These bytes are no SIP message."""


def canonical(name):
    name = name.strip().lower()
    return COMPACT.get(name, name)


def split_headers(head):
    """[(name, value)] of the header lines in head, folded lines joined."""
    headers = []
    # Not splitlines(): it would also split at some bytes of UTF-8.
    for line in re.split(r"\r?\n", re.sub(r"\r?\n[ \t]+", " ", head)):
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise Unreadable("a header line without a colon")
        headers.append((name.strip(), value.strip()))
    return headers


def parameter(value, name):
    """Parameter of a header value such as Content-Type, unquoted, or None."""
    found = re.search(r';\s*%s\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;,\s]+))'
                      % re.escape(name), value, re.I)
    if not found:
        return None
    quoted, token = found.groups()
    return token if quoted is None else re.sub(r"\\(.)", r"\1", quoted)


class Headers:
    """What messages and body parts share: a list of (name, value)."""

    def __init__(self, headers, body):
        self.headers = headers
        self.body = body

    def all(self, name):
        want = canonical(name)
        return [v for n, v in self.headers if canonical(n) == want]

    def h(self, name):
        """First value of that header, or None. Compact forms count."""
        return next(iter(self.all(name)), None)

    @property
    def content_type(self):
        """Media type in small letters, without parameters; '' if none."""
        return (self.h("Content-Type") or "").split(";")[0].strip().lower()

    @property
    def content_id(self):
        """Content-ID without its angle brackets, or None."""
        value = self.h("Content-ID")
        return value.strip("<> \t") if value else None

    @property
    def leaves(self):
        """Every body part that is not itself a multipart, in order."""
        return list(leaves(self, MULTIPART_DEPTH))


class Part(Headers):
    """One part of a multipart body."""


class Message(Headers):
    def __init__(self, start, headers, body, raw):
        super().__init__(headers, body)
        self.start = start
        self.raw = raw
        self.parts = self.leaves

    @classmethod
    def parse(cls, data):
        """data: one whole message; what follows Content-Length is left out."""
        split = re.search(rb"\r?\n\r?\n", data)
        if not split:
            raise Unreadable("no empty line")
        start, _, head = data[:split.start()].decode("latin-1").partition("\n")
        start = start.rstrip("\r")
        if not re.fullmatch(r"SIP/2\.0 [1-6]\d\d( .*)?|[A-Za-z]+ \S+ SIP/2\.0",
                            start):
            raise Unreadable("no SIP start line")
        headers = split_headers(head)
        body = data[split.end():]
        end = content_length(headers)
        if end is not None:
            if end > len(body):
                raise Unreadable("shorter than its Content-Length")
            body = body[:end]
        message = cls(start, headers, body, data[:split.end()] + body)
        for name in ("Via", "From", "To", "Call-ID", "CSeq"):
            if not message.h(name):
                raise Unreadable("no " + name)
        if not re.fullmatch(r"\d{1,10}\s+[A-Za-z]+", message.h("CSeq")):
            raise Unreadable("CSeq")
        return message

    @property
    def status(self):
        """Status of a response, 0 for a request."""
        return int(self.start[8:11]) if self.start.startswith("SIP/") else 0

    @property
    def method(self):
        return self.h("CSeq").split()[1] if self.status \
            else self.start.split(" ")[0]

    @property
    def ruri(self):
        return "" if self.status else self.start.split(" ")[1]

    @property
    def call_id(self):
        return self.h("Call-ID")

    @property
    def cseq(self):
        return int(self.h("CSeq").split()[0])

    @property
    def branch(self):
        return parameter(self.h("Via"), "branch")

    def tag(self, name):
        """Tag of From or To, or None."""
        return parameter(self.h(name).rpartition(">")[2], "tag")

    def part(self, content_type):
        """First body part of that media type, or None."""
        return next((p for p in self.parts if p.content_type == content_type),
                    None)

    @property
    def sdp(self):
        part = self.part(SDP)
        return part.body if part else b""

    def location(self):
        """(part with the PIDF-LO or None, remark or None), by Geolocation."""
        cids = [unquote(c) for v in self.all("Geolocation")
                for c in re.findall(r"<cid:([^>]*)>", v, re.I)]
        for part in self.parts:
            if part.content_id in cids:
                return part, None
        part = self.part(PIDF)
        if part is None:
            return None, "no body part is %s" % cids[0] if cids else None
        return part, "no cid of Geolocation names a body part: " \
            "took the first PIDF-LO"


def content_length(headers):
    values = [v for n, v in headers if canonical(n) == "content-length"]
    if not values:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", values[0]):
        raise Unreadable("Content-Length")
    return int(values[0])


def leaves(part, depth):
    if not part.content_type.startswith("multipart/"):
        if part.body:
            yield part
        return
    boundary = parameter(part.h("Content-Type"), "boundary")
    if not boundary or not depth:
        return
    for inner in split_multipart(part.body, boundary.encode("latin-1")):
        yield from leaves(inner, depth - 1)


def split_multipart(body, boundary):
    """Parts between the delimiters of RFC 2046 5.1.1. The line end before a
    delimiter belongs to the delimiter, every other byte to the part."""
    line = re.compile(rb"(?:^|\r?\n)--" + re.escape(boundary)
                      + rb"(--)?[ \t]*(?=\r?\n|$)")
    marks = list(line.finditer(body))
    parts = []
    for here, after in zip(marks, marks[1:]):
        if here.group(1):
            break
        parts.append(read_part(body[here.end():after.start()]))
    return parts


def read_part(data):
    """data begins with the line end of the delimiter line."""
    data = re.sub(rb"^\r?\n", b"", data, count=1)
    split = re.search(rb"^\r?\n|\r?\n\r?\n", data)
    if not split:
        return Part([], data)
    try:
        headers = split_headers(data[:split.start()].decode("latin-1"))
    except Unreadable:
        headers = []
    return Part(headers, data[split.end():])


def take_message(buffer):
    """(one whole message, rest) out of a TCP stream; (None, rest) if there is
    none yet. Raises Unreadable where the stream can no longer be framed."""
    buffer = buffer.lstrip(b"\r\n")
    split = re.search(rb"\r?\n\r?\n", buffer)
    if not split:
        if len(buffer) > HEAD_MAX:
            raise Unreadable("endless headers")
        return None, buffer
    head = buffer[:split.start()].decode("latin-1").partition("\n")[2]
    length = content_length(split_headers(head))
    if length is None:
        raise Unreadable("no Content-Length on TCP")
    if length > MESSAGE_MAX:
        raise Unreadable("too large")
    end = split.end() + length
    if len(buffer) < end:
        return None, buffer
    return buffer[:end], buffer[end:]


def build(start, headers, body=b""):
    """Bytes of a message; Content-Length is added."""
    lines = [start] + ["%s: %s" % h for h in headers]
    lines.append("Content-Length: %d" % len(body))
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def response(request, status, tag, headers=(), body=b""):
    """Bytes of a response to request; tag goes to To where it has none."""
    out = []
    for name, value in request.headers:
        kind = canonical(name)
        if kind == "to" and status > 100 and not request.tag("To"):
            value += ";tag=" + tag
        if kind in ("via", "from", "to", "call-id", "cseq") or (
                kind == "record-route" and 100 < status < 300):
            out.append((name, value))
    reason = REASONS.get(status, "Answer")
    return build("SIP/2.0 %d %s" % (status, reason), out + list(headers), body)
