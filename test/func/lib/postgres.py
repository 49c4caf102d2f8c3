# SPDX-License-Identifier: GPL-2.0-or-later
"""A private PostgreSQL that can stop, die and hang."""
import contextlib
import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile

from .ports import free_port
from .wait import until

USER = "e911"
DATABASE = "postgres"  # the one that initdb makes


def program(name):
    """Path of a program of the newest PostgreSQL there is."""
    found = glob.glob("/usr/lib/postgresql/*/bin/" + name)
    assert found, "no PostgreSQL: " + name
    return max(found, key=lambda p: [int(n) for n in re.findall(r"\d+", p)])


def unprivileged(command):
    """As user postgres if we are root, whom PostgreSQL refuses. The process
    is the program itself all the same."""
    if os.geteuid():
        return command
    return ["setpriv", "--reuid=postgres", "--regid=postgres",
            "--clear-groups", *command]


class Postgres:
    """A cluster on loopback, everybody trusted. folder takes its log."""

    host = "127.0.0.1"

    def __init__(self, folder):
        self.log_path = os.path.join(str(folder), "postgres.log")
        # Paths of AF_UNIX sockets are short, and pytest's folders are root's.
        self.run_dir = tempfile.mkdtemp(prefix="e911-")
        self.data = os.path.join(self.run_dir, "data")
        self.port = free_port()
        self.process = None
        self.hung = []
        if not os.geteuid():
            shutil.chown(self.run_dir, "postgres")
        try:
            self.run(unprivileged([
                program("initdb"), "-D", self.data, "-U", USER, "-A", "trust",
                "-E", "UTF8", "--locale=C", "--no-sync"]))
        except BaseException:
            self.close()
            raise

    @property
    def url(self):
        """As modules of Kamailio take it."""
        return "postgres://%s@%s:%d/%s" % (USER, self.host, self.port, DATABASE)

    # ----- life -----

    def start(self):
        command = [program("postgres"), "-D", self.data, "-k", self.run_dir,
                   "-p", str(self.port), "-c", "listen_addresses=" + self.host,
                   # else a killed one leaves files in /dev/shm
                   "-c", "dynamic_shared_memory_type=mmap"]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                unprivileged(command), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.run_dir, start_new_session=True)
        until(self.ready, 20, "PostgreSQL is up; log: " + self.log_path)
        return self

    def ready(self):
        assert self.process.poll() is None, self.log()[-4000:]
        lines = self.pid_file()
        return len(lines) > 7 and lines[0] == str(self.process.pid) \
            and lines[7].strip() == "ready"

    def pid_file(self):
        """Lines: pid, folder, time, port, sockets, address, shared memory,
        state."""
        with contextlib.suppress(FileNotFoundError), \
                open(os.path.join(self.data, "postmaster.pid"),
                     encoding="utf-8") as file:
            return file.read().splitlines()
        return []

    def stop(self):
        """Ends it in good order; its clients lose their connections."""
        if self.process is None:
            return
        self.resume()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        self.process = None

    def kill(self):
        """Ends it without a word, as a power failure would."""
        if self.process is None:
            return
        self.hang()
        memory = self.pid_file()[6:7]
        for pid in self.hung:
            send(pid, signal.SIGKILL)
        self.process.wait(10)
        until(lambda: not any(map(alive, self.hung)), 10, "all are dead")
        self.process, self.hung = None, []
        for name in " ".join(memory).split()[1:2]:
            subprocess.run(["ipcrm", "-m", name], capture_output=True)

    def hang(self):
        """Stops all its processes where they are: connections stand, also
        new ones come about, and nobody answers."""
        if self.hung:
            return
        parent = self.process.pid
        send(parent, signal.SIGSTOP)  # first: no new children from here on
        until(lambda: state(parent) in "TZX", 10, "it has stopped")
        done = subprocess.run(["pgrep", "-P", str(parent)],
                              capture_output=True, text=True)
        self.hung = [parent, *map(int, done.stdout.split())]
        for pid in self.hung[1:]:
            send(pid, signal.SIGSTOP)
        until(lambda: all(state(p) in "TZX" for p in self.hung), 10,
              "all have stopped")

    def resume(self):
        """Ends a hang(); what was asked meanwhile is answered now."""
        for pid in self.hung:
            send(pid, signal.SIGCONT)
        self.hung = []

    def close(self):
        try:
            if self.process is not None:
                self.resume()
                self.process.send_signal(signal.SIGQUIT)  # at once
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(10)
            self.kill()
        finally:
            shutil.rmtree(self.run_dir, ignore_errors=True)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    # ----- content -----

    def create(self, sql_path):
        """Loads a file of SQL."""
        self.psql("-f", sql_path)

    def query(self, sql):
        """Rows of one statement, as tuples of text, NULL being None."""
        # separators that no text has; the last row ends with a newline
        out = self.psql("-At", "-F", "\x1f", "-R", "\x1e", "-P", "null=\x1d",
                        "-c", sql)
        return [tuple(None if v == "\x1d" else v for v in row.split("\x1f"))
                for row in out[:-1].split("\x1e")] if out else []

    def psql(self, *args):
        return self.run([
            program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1",
            "-h", self.run_dir, "-p", str(self.port), "-U", USER,
            "-d", DATABASE, *map(str, args)])

    def run(self, command):
        """What a program printed; an AssertionError with it, if it failed."""
        # not in our own folder, which another user may not enter
        done = subprocess.run(
            command, cwd=self.run_dir, stdin=subprocess.DEVNULL, timeout=60,
            capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def state(pid):
    """Letter of ps: T stopped, Z dead but not waited for, X gone."""
    try:
        with open("/proc/%d/stat" % pid, encoding="latin-1") as file:
            return file.read().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def alive(pid):
    return state(pid) not in "ZX"


def send(pid, sign):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, sign)
