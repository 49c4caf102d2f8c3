# SPDX-License-Identifier: GPL-2.0-or-later
"""Kamailio to be measured: as it is, or under callgrind."""
import glob
import os
import re
import shutil
import statistics
import subprocess
import tempfile

from harness import KAMAILIO, ROOT, Kamailio, StartError, kill_group, until

KEPT = os.path.join(ROOT, "build/bench")
START_SECONDS = 600


class Proxy(Kamailio):
    """Ends by SIGKILL: nothing of it is needed any more."""

    before = ()  # words of the command line before Kamailio's own

    def __init__(self, cfg, **how):
        folder = tempfile.mkdtemp(prefix="e911-bench-")
        super().__init__(cfg, folder, **how)
        self.log_read = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def begin(self):
        """Starts it and does not wait."""
        command = [*self.before, KAMAILIO, "-f", self.path("kamailio.cfg"),
                   "-DD", "-E", "-Y", self.run_dir,
                   "-P", os.path.join(self.run_dir, "pid"), *self.args]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.folder, env=self.env, start_new_session=True)

    def start(self):
        self.begin()
        until(self.ready, START_SECONDS, "Kamailio is up", every=0.05)
        return self

    def alive(self):
        if self.process.poll() is not None:
            raise StartError(self.log()[-2000:])
        return True

    def has_said(self, pattern):
        """Of its log, only what is new is read: calls fill it."""
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            file.seek(self.log_read)
            line = file.readline()
            while line.endswith("\n"):
                self.log_read = file.tell()
                if re.search(pattern, line):
                    return True
                line = file.readline()
        return False

    def shm(self, which="real_used"):
        """Bytes of shared memory in use."""
        found = re.search(r"\b%s: (\d+)" % which, self.rpc("core.shmmem"))
        return int(found.group(1))

    def close(self):
        try:
            self.check_log()
        finally:
            if self.process is not None:
                kill_group(self.process)
                self.process = None
            shutil.rmtree(self.run_dir, ignore_errors=True)
            shutil.rmtree(self.folder, ignore_errors=True)


class Counted(Proxy):
    """Under callgrind: the instructions of its one worker are counted."""

    def __init__(self, name, cfg, **how):
        super().__init__(cfg, **how)
        self.worker = None  # its pid
        self.kept = os.path.join(KEPT, name)
        shutil.rmtree(self.kept, ignore_errors=True)
        os.makedirs(self.kept)
        self.prefix = "--vgdb-prefix=" + os.path.join(self.run_dir, "vgdb")
        self.before = ["valgrind", "-q", "--tool=callgrind", self.prefix,
                       "--trace-children=yes", "--callgrind-out-file=%s"
                       % os.path.join(self.kept, "callgrind.%p")]

    def start(self):
        super().start()
        self.worker = re.search(r"PID: (\d+)\s+DSC: udp receiver",
                                self.rpc("core.psx")).group(1)
        return self

    def dump(self, keep=True):
        """Instructions since the last dump."""
        subprocess.run(["vgdb", self.prefix, "--pid=" + self.worker, "dump"],
                       check=True, capture_output=True, timeout=60)
        files = glob.glob(self.dumps() + "*")
        newest = max(files, key=lambda f: int(f.rpartition(".")[2]))
        with open(newest, encoding="utf-8") as file:
            found = re.search(r"^totals: (\d+)", file.read(), re.M)
        if not keep:
            os.unlink(newest)
        return int(found.group(1))

    def dumps(self):
        return os.path.join(self.kept, "callgrind.%s." % self.worker)

    def per_request(self, request, batches, size, after=None):
        """Instructions of one request: median of some batches, after as many
        requests as one of them has. after: done behind each batch, and does not
        count."""
        counts = []
        for _ in range(batches + 1):
            for _ in range(size):
                request()
            counts.append(self.dump())
            if after:
                after()
                self.dump(keep=False)
        return round(statistics.median(counts[1:]) / size)

    def close(self):
        super().close()
        for path in glob.glob(os.path.join(self.kept, "*")):
            if not path.startswith(self.dumps()):
                os.unlink(path)
