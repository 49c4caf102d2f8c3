# SPDX-License-Identifier: GPL-2.0-or-later
"""One private Kamailio: started, asked by RPC, stopped, checked for crashes."""
import contextlib
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from .ports import free_port
from .wait import until

KAMAILIO = os.environ.get("KAMAILIO", "/usr/sbin/kamailio")
SANITIZED = os.path.basename(KAMAILIO) == "asan"  # make asan
ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))
MODULE = os.environ.get("E911_SO", os.path.join(ROOT, "build/e911.so"))
# $LIB: the dynamic linker's own word
FAKETIME = os.environ.get("FAKETIME_SO",
                          "/usr/$LIB/faketime/libfaketimeMT.so.1")
CRASH = re.compile(r"exited by a signal|signal 11|core dumped|AddressSanitizer"
                   r"|LeakSanitizer|runtime error:|BUG: qm_|BUG: fm_")

# Start of a configuration: sockets, RPC and the modules that any test needs.
BASE = """\
debug=2
children=2
tcp_children=2
tcp_rd_buf_size=65536
auto_aliases=no
listen=udp:127.0.0.1:@PORT@
listen=tcp:127.0.0.1:@PORT@
loadmodule "kex.so"
loadmodule "ctl.so"
loadmodule "jsonrpcs.so"
loadmodule "cfg_rpc.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "textopsx.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
modparam("ctl", "binrpc", "unix:@CTL@")
modparam("jsonrpcs", "transport", 4)
modparam("jsonrpcs", "dgram_socket", "@JSONRPC@")
"""


class StartError(AssertionError):
    """Kamailio did not come up; the text holds the end of its log."""


class CrashError(AssertionError):
    """A process of Kamailio crashed, or it did not end when asked to."""


class RpcError(Exception):
    """kamcmd was refused; the text is its answer."""


def fill(template, values):
    """template with each @NAME@ replaced; an unknown NAME is an error."""
    return re.sub(r"@([A-Z][A-Z0-9_]*)@",
                  lambda found: str(values[found.group(1)]), template)


class Kamailio:
    """files: {name: template}, written into @DIR@. More values for templates
    go in as keywords. Placeholders: @PORT@ @CTL@ @JSONRPC@ @MODULE@ @DIR@.
    clock=True: its wall clock may be set, see set_clock()."""

    host = "127.0.0.1"

    def __init__(self, cfg, folder, files=None, args=(), env=None, port=None,
                 clock=False, **values):
        self.folder = str(folder)
        self.port = port or free_port()
        # Paths of AF_UNIX sockets are short: pytest's folders may be too deep.
        self.run_dir = tempfile.mkdtemp(prefix="e911-")
        self.ctl = os.path.join(self.run_dir, "ctl")
        self.json_socket = os.path.join(self.run_dir, "jsonrpc")
        self.values = {"PORT": self.port, "CTL": self.ctl, "MODULE": MODULE,
                       "JSONRPC": self.json_socket, "DIR": self.folder, **values}
        for name, text in {"kamailio.cfg": cfg, **(files or {})}.items():
            self.write(name, text)
        self.no_tcp = re.search(r"^disable_tcp\s*=\s*yes", cfg, re.M)
        self.args = list(args)
        self.env = {**os.environ, **(env or {})}
        if clock:
            if SANITIZED:
                raise unittest.SkipTest(
                    "libfaketime does not go with the sanitizer")
            self.env.update({
                "LD_PRELOAD": FAKETIME + " " + self.env.get("LD_PRELOAD", ""),
                "FAKETIME_TIMESTAMP_FILE": self.path("clock"),
                "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "NO_FAKE_STAT": "1"})
            self.set_clock(0)
        self.log_path = self.path("kamailio.log")
        self.process = None

    @property
    def address(self):
        return self.host, self.port

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, template):
        """Writes a file into the folder; for a reload under way as well."""
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(fill(template, self.values))

    def set_clock(self, offset):
        """Sets the wall clock of all its processes to that many seconds after
        (or before) the true time, at once; the monotonic clock goes on."""
        assert "FAKETIME_TIMESTAMP_FILE" in self.env, "made without clock=True"
        with open(self.path("clock.new"), "w", encoding="ascii") as file:
            file.write("%+.3f\n" % float(offset))
        os.replace(self.path("clock.new"), self.path("clock"))

    # ----- life -----

    def start(self):
        command = [KAMAILIO, "-f", self.path("kamailio.cfg"), "-DD", "-E",
                   "-m", "64", "-M", "8", "-Y", self.run_dir, "-w", self.folder,
                   "-P", os.path.join(self.run_dir, "pid"), *self.args]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.folder, env=self.env, start_new_session=True)
        try:
            until(self.ready, 15, "Kamailio is up; log: " + self.log_path,
                  every=0.01)
        except BaseException:
            self.kill()
            raise
        return self

    def ready(self):
        if self.process.poll() is not None:
            raise StartError("Kamailio ended with %d\n%s" % (
                self.process.returncode, self.log()[-4000:]))
        try:
            return os.path.exists(self.ctl) and self.all_up()
        except (RpcError, subprocess.TimeoutExpired):
            return False

    def all_up(self):
        """True once every process is initialised: one that is not yet would
        lose a SIGTERM. TCP's main process is always forked last."""
        processes = self.rpc("core.psa")
        return "status: 0" not in processes and (
            "tcp main process" in processes or self.no_tcp)

    def stop(self):
        """Ends it by SIGTERM and raises CrashError if it was not healthy."""
        if self.process is None:
            return
        process, self.process = self.process, None
        early = process.poll()
        process.send_signal(signal.SIGTERM)
        late = None
        if not ended(process, 5):
            # Kamailio loses a SIGTERM that a child gets before it is ready.
            kill_group(process, signal.SIGTERM)
            late = None if ended(process, 5) else stacks(process.pid)
        kill_group(process)
        if early is not None:
            raise CrashError("ended by itself with %d\n%s" % (
                early, self.log()[-4000:]))
        if late:
            raise CrashError("did not end on SIGTERM\n%s\n%s" % (
                self.log()[-4000:], late))
        self.check_log()
        if process.returncode and not self.tls_fell(process.returncode):
            raise CrashError("ended with %d" % process.returncode)

    def tls_fell(self, code):
        """Kamailio's tls (5.6) frees all it has when everything else has ended.
        What a process was freeing as it was ended is torn, and the last one
        falls over it: no call is up any more, and nothing of ours is there."""
        with open(self.path("kamailio.cfg"), encoding="utf-8") as file:
            return code == -signal.SIGSEGV and "tls.so" in file.read()

    def restart(self):
        """Stops and starts it on the same port, folder and files."""
        self.stop()
        return self.start()

    def kill(self):
        """Ends it without a word, as a power failure would."""
        if self.process is not None:
            kill_group(self.process)
            forget_clock(self.process.pid)
            self.process = None

    def close(self):
        try:
            self.stop()
        finally:
            self.kill()
            shutil.rmtree(self.run_dir, ignore_errors=True)

    # ----- log -----

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def check_log(self):
        found = [li for li in self.log().splitlines() if CRASH.search(li)]
        if found:
            raise CrashError("\n".join(found[:20]))

    def wait_log(self, pattern, timeout=15):
        """The match of a regular expression in the log."""
        return until(lambda: re.search(pattern, self.log(), re.M), timeout,
                     "%r in the log" % pattern)

    # ----- RPC -----

    def rpc(self, command, *args, timeout=10):
        """Text that kamcmd prints; RpcError if the command was refused.
        kamcmd takes bare digits for a number: write s:911."""
        done = subprocess.run(
            ["kamcmd", "-s", "unix:" + self.ctl, command, *map(str, args)],
            capture_output=True, text=True, timeout=timeout)
        text = done.stdout + done.stderr
        if done.returncode or text.startswith("error:"):
            raise RpcError(text.strip())
        return done.stdout

    def jsonrpc(self, method, params=None, timeout=10):
        """The whole reply, parsed: it has "result" or "error"."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method}
        if params is not None:
            request["params"] = params
        own = tempfile.mktemp(prefix="c", dir=self.run_dir)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.bind(own)
            client.settimeout(timeout)
            client.sendto(json.dumps(request).encode(), self.json_socket)
            reply = client.recv(1 << 20)
        os.unlink(own)
        return json.loads(reply)


def stacks(group):
    """Where the processes of a group stand, for the account of a hang."""
    pids = subprocess.run(["pgrep", "-g", str(group)], capture_output=True,
                          text=True).stdout.split()
    if not shutil.which("gdb"):
        return "still there: %s" % pids
    return "\n".join(
        subprocess.run(["gdb", "-p", pid, "-batch", "-ex", "bt"],
                       capture_output=True, text=True).stdout[-3000:]
        for pid in pids)


def ended(process, seconds):
    try:
        process.wait(seconds)
        return True
    except subprocess.TimeoutExpired:
        return False


def is_alive(group):
    """Has a process of the group its sockets still?"""
    for path in glob.glob("/proc/[0-9]*/stat"):
        with contextlib.suppress(OSError), open(path, encoding="utf-8",
                                                errors="replace") as file:
            state, _, pgrp = file.read().rpartition(")")[2].split()[:3]
            if int(pgrp) == group and state not in "ZX":
                return True
    return False


def kill_group(process, sign=signal.SIGKILL):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, sign)
    if sign == signal.SIGKILL:
        process.wait(10)
        until(lambda: not is_alive(process.pid), 10, "all of it is dead")


def forget_clock(pid):
    """Removes what libfaketime leaves of a process that was killed: the next
    one of that number would not start."""
    for name in "faketime_shm_%d", "sem.faketime_sem_%d":
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join("/dev/shm", name % pid))
