# SPDX-License-Identifier: GPL-2.0-or-later
"""The web pages as Kamailio serves them: files of a folder, out of memory."""
import http.client
import json
import os
import socket

import pytest

from lib import ROOT, PLAIN_SITE, StartError, e911_proxy

XHTTP = """
loadmodule "xhttp.so"
tcp_accept_no_cl=yes
"""
ROUTE = """
event_route[xhttp:request] {
    if(e911_http()) exit;
    xhttp_reply("404", "Somebody Else's", "text/plain", "other");
}
"""
PAGES = {"agent": os.path.join(ROOT, "utils/agent-page"),
         "operator": os.path.join(ROOT, "utils/operator-page")}


@pytest.fixture
def pages(tmp_path):
    """page_dir with the real pages."""
    folder = tmp_path / "pages"
    folder.mkdir()
    for name, source in PAGES.items():
        (folder / name).symlink_to(source)
    return folder


@pytest.fixture
def server(kamailio, uas):
    """server(folder, *more parameters) -> Kamailio"""
    def make(folder, *params):
        return e911_proxy(
            kamailio, uas("take"), LOAD=XHTTP, ROUTES=ROUTE, PARAMS="\n".join(
                [PLAIN_SITE, 'modparam("e911", "page_dir", "%s")' % folder,
                 *params]))
    return make


def ask(proxy, path, method="GET", **headers):
    """(status, headers, body)"""
    connection = http.client.HTTPConnection(proxy.host, proxy.port, timeout=5)
    try:
        connection.request(method, path, headers={
            k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def test_who_asks_for_too_much_waits(server, pages):
    proxy = server(pages, 'modparam("e911", "web_rate", 30)')
    answers = [ask(proxy, "/e911/agent/") for _ in range(40)]
    assert answers[0][0] == 200 and answers[-1][0] == 429
    assert int(answers[-1][1]["Retry-After"]) >= 1 and answers[-1][2] == b""


def test_every_file_arrives_whole(server, pages):
    proxy = server(pages)
    for folder, source in PAGES.items():
        for name in os.listdir(source):
            with open(os.path.join(source, name), "rb") as file:
                wanted = file.read()
            status, headers, body = ask(proxy, "/e911/%s/%s" % (folder, name))
            assert (status, body) == (200, wanted), name
            assert headers["Content-Type"].startswith(("text/", "application/json"))
            # what Kamailio keeps for a peer who reads slowly
            assert len(body) < 30000, name


def test_a_browser_is_told_what_the_page_may_do(server, pages):
    proxy = server(pages, 'modparam("e911", "web_origin", "https://a.example.com")')
    status, headers, body = ask(proxy, "/e911/agent/")
    assert status == 200 and body.startswith(b"<!doctype html>")
    policy = dict(p.split(" ", 1) for p in
                  headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'",
        "connect-src": "'self'", "img-src": "'self' data:", "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self' https://a.example.com"}
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-cache"
    assert json.loads(ask(proxy, "/e911/agent/config.json")[2]) == {
        "origins": ["https://a.example.com"]}


def test_a_page_is_sent_once(server, pages):
    proxy = server(pages)
    etag = ask(proxy, "/e911/agent/")[1]["ETag"]
    assert etag.startswith('"')
    status, headers, body = ask(proxy, "/e911/agent/", If_None_Match=etag)
    assert (status, body, headers["ETag"]) == (304, b"", etag)
    assert ask(proxy, "/e911/agent/page.css", If_None_Match=etag)[0] == 200


def raw(proxy, path):
    """The status line of a request that no client would write."""
    with socket.create_connection((proxy.host, proxy.port), 5) as s:
        s.sendall(b"GET %s HTTP/1.1\r\nHost: a\r\nVia: SIP/2.0/TCP a\r\n"
                  b"Content-Length: 0\r\n\r\n" % path)
        return s.recv(65536).split(b"\r\n")[0]


@pytest.mark.parametrize("path", [
    b"/e911/agent/../agent/page.css", b"/e911/agent/../../../../etc/passwd",
    b"/e911/agent/%2e%2e/%2e%2e/etc/passwd", b"/e911/agent//etc/passwd",
    b"/e911/agent/..\\page.css", b"/e911/agent/\x00page.css",
    b"/e911/agent/" + b"a" * 8000])
def test_no_path_leads_elsewhere(server, pages, path):
    proxy = server(pages)
    assert b" 404 " in raw(proxy, path)
    assert ask(proxy, "/e911/agent/page.css")[0] == 200


def test_other_methods_are_refused(server, pages):
    proxy = server(pages)
    for method in "POST", "PUT", "DELETE":
        status, headers, _ = ask(proxy, "/e911/agent/", method)
        assert (status, headers["Allow"]) == (405, "GET, HEAD")
    status, headers, body = ask(proxy, "/e911/agent/", "HEAD")
    assert (status, body) == (200, b"") and headers["ETag"]


def test_a_forgotten_slash_is_put_there(server, pages):
    status, headers, _ = ask(server(pages), "/e911/agent")
    assert (status, headers["Location"]) == (308, "agent/")


def test_another_path_is_somebody_elses(server, pages):
    proxy = server(pages, 'modparam("e911", "web_path", "/emergency/")')
    assert ask(proxy, "/emergency/agent/")[0] == 200
    assert ask(proxy, "/e911/agent/")[2] == b"other"
    assert ask(proxy, "/emergency/")[2] == b"other"


def test_without_its_pages_it_runs(server, ua, uas, tmp_path):
    proxy = server(tmp_path / "nothing")
    proxy.wait_log("there are no pages")
    assert ask(proxy, "/e911/agent/")[2] == b"other"
    call = ua(proxy).invite("sip:911@example.test")
    assert call.final().status == 200
    call.ack()
    call.bye()


def test_an_origin_that_is_none_is_refused(server, pages):
    with pytest.raises(StartError, match="web_origin"):
        server(pages, 'modparam("e911", "web_origin", "https://a.example.com/")')


def test_pages_want_xhttp(kamailio, uas, pages):
    with pytest.raises(StartError, match="page_dir: module xhttp"):
        e911_proxy(kamailio, uas("take"), PARAMS='%s\nmodparam("e911", '
                   '"page_dir", "%s")' % (PLAIN_SITE, pages))
