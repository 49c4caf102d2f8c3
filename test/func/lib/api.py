# SPDX-License-Identifier: GPL-2.0-or-later
"""The HTTP API as somebody uses it. Each answer is checked against
utils/openapi.json: what is not written there fails."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import socket
import time
from urllib.parse import quote, urlsplit

import jsonschema

from .kamailio import ROOT

PATH = "/e911/api/v1"
SECRET = "agent-secret-0123456789abcdef0123456789"
KEYS = {"read": "read-secret-0123456789abcdef0123456789",
        "edit": "edit-secret-0123456789abcdef0123456789",
        "admin": "admin-secret-0123456789abcdef012345678"}
# on every answer, good or bad
ALWAYS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
          "Referrer-Policy": "no-referrer"}

with open(os.path.join(ROOT, "utils/openapi.json"), encoding="utf-8") as _file:
    SPEC = json.load(_file)


def keys(folder):
    """modparams of one agents' key and of a key of each role; the secrets are
    in files of that folder."""
    rows = []
    secrets = {"agents": SECRET, **KEYS}
    for name, secret in secrets.items():
        path = os.path.join(str(folder), name + ".key")
        with open(path, "w", encoding="ascii") as file:
            file.write(secret + "\n")
        use = "use=agent" if name == "agents" else "use=operator;role=" + name
        rows.append('modparam("e911", "key", "id=%s;%s;file=%s")' % (name, use, path))
    return "\n".join(rows) + "\n"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(aor, contact="", secret=SECRET, life=600, header=None, **claims):
    """An agent's token, signed here."""
    now = int(time.time())
    head = {"alg": "HS256", "typ": "JWT", "kid": "agents", **(header or {})}
    body = {"sub": aor.removeprefix("sip:"), "contact": contact, "aud": "e911",
            "iat": now, "exp": now + life, **claims}
    text = b64(json.dumps(head).encode()) + "." + b64(json.dumps(body).encode())
    return text + "." + b64(hmac.new(secret.encode(), text.encode(),
                                     hashlib.sha256).digest())


# ----- the description -----

def resolve(thing):
    while "$ref" in thing:
        found = SPEC
        for part in thing["$ref"][2:].split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        thing = found
    return thing


def described(path):
    """The path of the description that a path is one of; None."""
    def fits(pattern):
        return re.fullmatch("".join("[^/]+" if p.startswith("{") else re.escape(p)
                                    for p in re.split(r"(\{\w+\})", pattern)), path)
    found = [p for p in SPEC["paths"] if fits(p)]
    return min(found, key=lambda p: p.count("{")) if found else None


def validator(schema):
    resolver = jsonschema.RefResolver.from_schema(SPEC)
    return jsonschema.Draft202012Validator(
        schema, resolver=resolver, format_checker=jsonschema.FormatChecker())


def problem_schema():
    return SPEC["components"]["schemas"]["Problem"]


def check(method, path, answer):
    """An answer is as it is described."""
    for name, value in ALWAYS.items():
        assert answer.headers[name] == value, name
    name = described(path)
    operation = SPEC["paths"][name].get(method.lower()) if name else None
    if answer.status in (404, 405) and not operation:
        schema, kind = problem_schema(), "application/problem+json"
    else:
        assert str(answer.status) in operation["responses"], (
            method, path, answer.status, answer.body)
        response = resolve(operation["responses"][str(answer.status)])
        for header in response.get("headers", ()):
            assert header in answer.headers, header
        kind, schema = None, None
        for kind, content in response.get("content", {}).items():
            schema = content["schema"]
    if schema is None or answer.bare:
        assert answer.body == b""
        return
    assert answer.headers["Content-Type"].split(";")[0] == kind
    validator(schema).validate(answer.json)
    if answer.status >= 400:
        assert answer.json["status"] == answer.status


def operations():
    """[(method, path of the description, operation)]"""
    return [(m.upper(), p, o) for p, item in SPEC["paths"].items()
            for m, o in item.items() if m in ("get", "put", "post", "delete")]


class Answer:
    def __init__(self, response, method):
        self.status = response.status
        self.headers = response.headers
        self.bare = method == "HEAD"
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def etag(self):
        return self.headers["ETag"]


class Client:
    """One who asks, over one connection. bearer: his token, None: he has
    none."""

    def __init__(self, proxy, bearer=None, checked=True):
        self.proxy, self.bearer, self.checked = proxy, bearer, checked
        self.connection = None

    def ask(self, method, path, body=None, headers=(), raw=None, timeout=15):
        """body: what becomes JSON; raw: bytes as they are."""
        all_headers = dict(headers)
        if self.bearer:
            all_headers.setdefault("Authorization", "Bearer " + self.bearer)
        if body is not None:
            raw = json.dumps(body).encode()
        if raw is not None:
            all_headers.setdefault("Content-Type", "application/json")
        if self.connection is None:
            self.connection = http.client.HTTPConnection(
                self.proxy.host, self.proxy.port, timeout=timeout)
        self.connection.timeout = timeout
        try:
            self.connection.request(method, PATH + path, raw, all_headers)
            answer = Answer(self.connection.getresponse(), method)
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if self.checked and method != "OPTIONS":
            check("GET" if method == "HEAD" else method, urlsplit(path).path, answer)
        return answer

    def get(self, path, **how):
        return self.ask("GET", path, **how)

    def put(self, path, body=None, **how):
        return self.ask("PUT", path, body, **how)

    def post(self, path, body=None, **how):
        return self.ask("POST", path, body, **how)

    def delete(self, path, **how):
        return self.ask("DELETE", path, **how)

    def state(self, location, **headers):
        return self.put("/me/location", {"location": location}, headers={
            k.replace("_", "-"): v for k, v in headers.items()})

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


def named(aor, contact=None):
    """The path of somebody's location, for an operator."""
    path = "/locations/" + quote(aor, safe="")
    return path + "/" + quote(contact, safe="") if contact is not None else path


def raw_request(proxy, data, timeout=3):
    """What comes back for these bytes until the connection is closed or there
    is nothing more; (bytes, closed)."""
    with socket.create_connection((proxy.host, proxy.port), timeout) as sock:
        sock.sendall(data)
        came = b""
        while True:
            try:
                part = sock.recv(65536)
            except (TimeoutError, ConnectionResetError):
                return came, False
            if not part:
                return came, True
            came += part
