# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that play a part in a test: ersp-sim and sipp."""
import json
import os
import re
import signal
import socket
import subprocess
from dataclasses import dataclass

from .ports import free_port, media_ports
from .wait import until

HERE = os.path.dirname(os.path.realpath(__file__))
ERSP_SIM = os.path.join(HERE, "../../../utils/ersp-sim/ersp-sim")
SCENARIOS = os.path.join(HERE, "../sipp")
SIPP = os.environ.get("SIPP", "/usr/bin/sipp")


class ErspSim:
    """A running utils/ersp-sim; its events are parsed from --json."""

    def __init__(self, folder, *args, name="ersp"):
        self.host = "127.0.0.1"
        self.json_path = os.path.join(str(folder), name + ".json")
        self.out_path = os.path.join(str(folder), name + ".out")
        with open(self.out_path, "wb") as out:
            self.process = subprocess.Popen(
                [ERSP_SIM, "--listen", self.host + ":0", "--name", name,
                 "--json", self.json_path, *args],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        until(self.ready, 10, "ersp-sim is ready")
        self.port = int(re.search(r":(\d+), UDP and TCP", self.output()).group(1))

    def ready(self):
        assert self.process.poll() is None, self.output()
        return re.search(r"^ready$", self.output(), re.M)

    def output(self):
        with open(self.out_path, encoding="utf-8") as file:
            return file.read()

    def events(self, kind=None):
        with open(self.json_path, encoding="utf-8") as file:
            whole = [json.loads(li) for li in file if li.endswith("\n")]
        return [e for e in whole if kind in (None, e["event"])]

    def wait_event(self, kind, n=1, timeout=5):
        """The nth event of that kind."""
        until(lambda: len(self.events(kind)) >= n, timeout,
              "%d %s at ersp-sim" % (n, kind))
        return self.events(kind)[n - 1]

    def uri(self, transport=None):
        end = ";transport=" + transport if transport else ""
        return "sip:%s:%d%s" % (self.host, self.port, end)

    def close(self):
        """Ends it by SIGTERM, which must give status 0."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(5)
        finally:
            self.process.kill()
        assert status == 0, "ersp-sim ended with %d\n%s" % (
            status, self.output()[-2000:])


@dataclass
class SippResult:
    status: int
    output: str


def sipp(scenario, proxy, folder, *args, timeout=20):
    """Runs sipp once with a file of test/func/sipp (or a path) against
    proxy; output also holds sipp's own account of what went wrong."""
    path = os.path.join(SCENARIOS, scenario)
    errors = os.path.join(str(folder), "sipp-errors.log")
    done = subprocess.run(
        [SIPP, "-sf", path, "%s:%d" % proxy, "-i", "127.0.0.1",
         "-p", str(free_port()), "-m", "1", "-nostdin", "-timeout_error",
         "-timeout", "%ds" % timeout, "-trace_err", "-error_file", errors,
         *map(str, args)],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=timeout + 10)
    output = done.stdout.decode(errors="replace")
    if os.path.exists(errors):
        with open(errors, encoding="utf-8", errors="replace") as file:
            output += file.read()
    return SippResult(done.returncode, output)


class RtpEngine:
    """A real rtpengine in user space, on loopback."""

    def __init__(self):
        self.port = free_port()
        lowest, highest = media_ports()
        self.process = subprocess.Popen(
            ["/usr/bin/rtpengine", "--config-file=none", "--table=-1",
             "--interface=127.0.0.1", "--listen-ng=127.0.0.1:%d" % self.port,
             "--port-min=%d" % lowest, "--port-max=%d" % highest,
             "--foreground", "--log-stderr", "--log-level=3"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        until(self.ready, 10, "rtpengine answers")

    def ready(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.1)
            probe.connect(("127.0.0.1", self.port))
            try:
                probe.send(b"1 d7:command4:pinge")
                return b"pong" in probe.recv(200)
            except OSError:
                return False

    def close(self):
        self.process.kill()
        self.process.wait(5)
