# SPDX-License-Identifier: GPL-2.0-or-later
"""All that a call centre needs, on loopback: Kamailio with kamailio.cfg.sample,
its locations in a SQLite file, agents with passwords, a guide of streets, two
simulated ERSPs and a carrier that echo what they hear, rtpengine if it is
installed, and a web site with the softphone."""
import contextlib
import secrets
import shutil
import sqlite3

from scene import ROOT, Scene
from web import Site

DOMAIN = "cc.example.com"
AGENTS = {"alice": "alice-secret", "bob": "bob-secret"}
SOFTPHONE = ROOT / "build/softphone/www"
# Locations are checked against the sample guide of streets; the PSAP calls back
# from an address of its own.
ROWS = """\
site name=agents;domain=%(domain)s;set=911;last=1;country=US;gate=require;\
validate=msag;invalid=refuse;max_age=30d;\
page=%(page)sagent/
profile name=psap;source=127.0.0.2
key id=agents;use=agent;file=%(folder)s/agents.key
key id=operator;use=operator;role=admin;file=%(folder)s/operator.key
"""
SUBSCRIBERS = """
create table version (table_name text, table_version integer);
insert into version values ('subscriber', 7);
create table subscriber (username text, domain text, password text,
                         ha1 text, ha1b text);
"""

def create(path, sql):
    """The database, if it is not there yet."""
    if path.exists():
        return
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(sql)
        db.commit()


def secret(path):
    """Made once, for this machine alone."""
    if not path.exists():
        path.touch(0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text()


def link_pages(folder):
    """The pages as they are in utils, laid out as Kamailio wants them."""
    pages = folder / "pages"
    shutil.rmtree(pages, ignore_errors=True)
    for name in ("agent", "operator"):
        source = ROOT / "utils" / (name + "-page")
        if source.exists():
            shutil.copytree(source, pages / name)
    return pages


class Town:
    """folder: for files, logs and sockets; stack: an ExitStack that ends it
    all; port: for phones; site: for the softphone; web: for browsers."""

    def __init__(self, folder, stack, port, site, web):
        self.folder = folder
        self.stack = stack
        self.scene = Scene(folder, stack, port)
        self.port, self.site_port, self.web_port = port, site, web
        self.relay = None
        self.site = None

    @property
    def page(self):
        return "http://localhost:%d/e911/" % self.web_port

    @property
    def softphone(self):
        return "http://localhost:%d/" % self.site_port

    def start(self):
        scene = self.scene
        values = self.prepare()
        flags = ["WITH_STORE", "WITH_AUTH", "WITH_WEBSOCKET", "WITH_WEB"]
        if shutil.which("rtpengine"):
            self.relay, values["RTPENGINE"] = scene.start_rtpengine()
            flags.append("WITH_RTPENGINE")
        first = scene.start_ersp("ersp-a", "refuse:503", "--echo")
        second = scene.start_ersp("ersp-b", "take", "--echo")
        carrier = scene.start_ersp("carrier", "take", "--echo")
        scene.start_kamailio(first, second, *flags, carrier=carrier, **values)
        self.serve()
        return self

    def prepare(self):
        """Writes the files that Kamailio reads; its values for them."""
        folder = self.folder
        create(folder / "e911.sqlite",
               (ROOT / "utils/db/sqlite/e911-create.sql").read_text())
        create(folder / "agents.sqlite", SUBSCRIBERS + "".join(
            "insert into subscriber (username, domain, password) "
            "values ('%s', '%s', '%s');\n" % (user, DOMAIN, password)
            for user, password in AGENTS.items()))
        secret(folder / "agents.key")
        self.operator_key = secret(folder / "operator.key")
        (folder / "e911.rows").write_text(
            ROWS % {"domain": DOMAIN, "page": self.page, "folder": folder})
        return {"STORE_DB": '"sqlite:///%s"' % (folder / "e911.sqlite"),
                "AUTH_DB": '"sqlite:///%s"' % (folder / "agents.sqlite"),
                "SETTINGS_FILE": '"%s"' % (folder / "e911.rows"),
                "MSAG": '"file=%s"' % (ROOT / "test/data/msag/sample.csv"),
                "PAGE_DIR": '"%s"' % link_pages(folder),
                "WEB_ORIGIN": '"http://localhost:%d"' % self.site_port,
                "MY_DOMAIN": '"%s"' % DOMAIN,
                "MY_WEB": "tcp:127.0.0.1:%d" % self.web_port}

    def config(self, web=None):
        """The softphone's."""
        return {"websocket": "ws://localhost:%d/" % (web or self.web_port),
                "domain": DOMAIN, "agents": list(AGENTS),
                "numbers": ["911", "933", "112"]}

    def serve(self):
        if not (SOFTPHONE / "index.html").exists():
            print("There is no softphone: it needs npm once, to fetch JsSIP.")
            return
        links = {"/%s/" % n: self.page + n + "/" for n in ("agent", "operator")}
        self.site = Site(SOFTPHONE, self.config(), links, self.site_port)
        self.stack.callback(self.site.close)
