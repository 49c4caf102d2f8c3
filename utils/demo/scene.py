# SPDX-License-Identifier: GPL-2.0-or-later
"""Kamailio with kamailio.cfg.sample and simulated ERSPs, on loopback."""
import contextlib
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULE = ROOT / "build/e911.so"
SCENARIOS = ROOT / "test/func/sipp"


def until(condition, what, timeout=10):
    end = time.monotonic() + timeout
    while not (result := condition()):
        if time.monotonic() > end:
            raise RuntimeError("not within %d s: %s" % (timeout, what))
        time.sleep(0.02)
    return result


def free_port():
    """Free for UDP and TCP alike, and not of those that a system gives to who
    asks for any."""
    while True:
        address = "127.0.0.1", random.randrange(20000, 32000)
        with socket.socket() as tcp, socket.socket(
                socket.AF_INET, socket.SOCK_DGRAM) as udp:
            with contextlib.suppress(OSError):
                tcp.bind(address)
                udp.bind(address)
                return address[1]


class Scene:
    """folder: for logs and sockets; stack: an ExitStack that ends it all."""

    config = ROOT / "kamailio.cfg.sample"

    def __init__(self, folder, stack, port=None):
        self.folder = folder
        self.stack = stack
        self.port = port or free_port()
        self.ctl = "unix:%s" % (folder / "ctl")

    # ----- programs -----

    def start(self, command, log):
        out = self.stack.enter_context(open(self.folder / log, "wb"))
        process = subprocess.Popen(
            [str(c) for c in command], stdin=subprocess.DEVNULL, stdout=out,
            stderr=out, cwd=self.folder, start_new_session=True)
        self.stack.callback(end, process)
        return process

    def log(self, name):
        return (self.folder / name).read_text(errors="replace")

    def start_ersp(self, name, behave, *more):
        self.start([ROOT / "utils/ersp-sim/ersp-sim", "--listen", "127.0.0.1:0",
                    "--name", name, "--behave", behave, *more,
                    "--json", self.folder / (name + ".json")], name + ".log")
        until(lambda: "ready" in self.log(name + ".log"), name + " is ready")
        return int(re.search(r":(\d+), UDP", self.log(name + ".log")).group(1))

    def start_rtpengine(self):
        """The process, and its address as Kamailio wants it."""
        port = free_port()
        process = self.start(
            ["rtpengine", "--config-file=none", "--table=-1", "--foreground",
             "--interface=127.0.0.1", "--listen-ng=127.0.0.1:%d" % port,
             "--port-min=41000", "--port-max=41999", "--log-stderr"],
            "rtpengine.log")
        until(lambda: process.poll() is not None or listens_udp(port),
              "rtpengine is up")
        if process.poll() is not None:
            raise RuntimeError("rtpengine ended\n" + self.log("rtpengine.log"))
        return process, '"udp:127.0.0.1:%d"' % port

    def start_kamailio(self, first, second, *flags, carrier=None, **more):
        """flags: of the sample (WITH_STORE); more: its values, as it quotes
        them. first and second: ports of ERSPs."""
        rows = ("911 sip:127.0.0.1:%d;transport=tcp 0 20 profile=value\n"
                "911 sip:127.0.0.1:%d 0 10 profile=value;large=tcp\n"
                % (first, second))
        if carrier:
            rows += "1 sip:127.0.0.1:%d\n" % carrier
        (self.folder / "dispatcher.list").write_text(rows)
        defines = {"MY_UDP": "udp:127.0.0.1:%d" % self.port,
                   "MY_TCP": "tcp:127.0.0.1:%d" % self.port,
                   "DISPATCHER_LIST": '"%s"' % (self.folder / "dispatcher.list"),
                   "E911_MODULE": '"%s"' % MODULE, "CTL": '"%s"' % self.ctl,
                   **more}
        args = [a for n, v in defines.items() for a in ("-A", n + "=" + v)]
        args += [a for flag in flags for a in ("-A", flag)]
        process = self.start(
            ["kamailio", "-f", self.config, "-DD", "-E",
             "-x", "fm", "-X", "fm", "-Y", self.folder,
             "-P", self.folder / "pid", *args], "kamailio.log")
        until(lambda: process.poll() is not None or self.is_up(),
              "Kamailio is up", 20)
        if process.poll() is not None:
            raise RuntimeError("Kamailio ended\n" + self.log("kamailio.log"))

    def is_up(self):
        """All processes are; the TCP main process starts last."""
        done = self.kamcmd("core.psx", check=False)
        return "tcp main process" in done and "status: 0" not in done

    def kamcmd(self, *args, check=True):
        done = subprocess.run(["kamcmd", "-s", self.ctl, *args],
                              capture_output=True, text=True, timeout=10)
        out = done.stdout + done.stderr
        if check and (done.returncode or out.startswith("error")):
            raise RuntimeError("kamcmd %s: %s" % (args[0], out))
        return out

    def sipp(self, scenario, service, port, *args):
        done = subprocess.run(
            ["sipp", "-sf", str(SCENARIOS / scenario), "-s", service,
             "127.0.0.1:%d" % self.port, "-i", "127.0.0.1", "-p", str(port),
             "-m", "1", "-nostdin", "-timeout", "20s", "-timeout_error", *args],
            cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=30)
        if done.returncode:
            raise RuntimeError("sipp %s %s: status %d\n%s" % (
                scenario, service, done.returncode,
                done.stderr.decode(errors="replace")[-1500:]))

    def events(self, name, kind):
        path = self.folder / (name + ".json")
        lines = path.read_text().splitlines() if path.exists() else []
        return [e for e in map(json.loads, lines) if e["event"] == kind]


def listens_udp(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def end(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
