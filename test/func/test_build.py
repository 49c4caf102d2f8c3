# SPDX-License-Identifier: GPL-2.0-or-later
"""How it comes to an operator: a Debian package, and a place in Kamailio's own
tree."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from lib import ROOT, e911_proxy
from lib.ctl import e911ctl

NAME = "kamailio-e911-module"
TREE = os.environ.get("TREE", os.path.join(ROOT, "build/kamailio"))


def run(*words, **how):
    done = subprocess.run([str(w) for w in words], capture_output=True,
                          text=True, **how)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def package():
    """Packed anew."""
    return run("make", "-s", "deb", cwd=ROOT).splitlines()[-1]


def dpkg(root, *words):
    return run("dpkg", "--root=%s" % root, "--force-depends", "--log=/dev/null",
               *words)


def files_in(root):
    """But for what dpkg keeps of its own."""
    return {str(p.relative_to(root)) for p in root.rglob("*")
            if not p.is_dir() and "var" not in p.relative_to(root).parts[:1]}


@pytest.fixture
def installed(package, tmp_path):
    """A folder into which it is installed, as into a machine of its own."""
    root = tmp_path / "machine"
    for folder in "var/lib/dpkg/info", "var/lib/dpkg/updates", "etc/dpkg":
        (root / folder).mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()
    (root / "etc/keep").write_text("of the machine")
    dpkg(root, "-i", package)
    return root


def test_the_package_installs_loads_and_purges(installed, kamailio, uas, ua):
    module, = installed.rglob("e911.so")
    assert str(module.parent).endswith("/kamailio/modules")
    ersp = uas("take")
    proxy = e911_proxy(kamailio, ersp, MODULE=module)
    assert ua(proxy).invite("sip:911@example.test").final().status == 200
    program = installed / "usr/bin/e911ctl"
    done = e911ctl(proxy.json_socket, "calls", "--json", program=str(program))
    assert done.code == 0 and len(done.json) == 1
    assert e911ctl("/nowhere", "record", "calls", "/nowhere",
                   program=str(program)).code == 2
    dpkg(installed, "--purge", NAME)
    assert files_in(installed) == {"etc/keep"}
    left = [p for p in installed.rglob("*") if "var" not in p.parts
            and p.name in ("e911", "kamailio", NAME)]
    assert left == []


def test_it_may_be_installed_here(package):
    """Its dependencies are those of this machine, and there."""
    depends = run("dpkg-deb", "-f", package, "Depends")
    for name in re.findall(r"(?:^|, )([\w.+-]+)", depends):
        assert "ok installed" in run("dpkg-query", "-W", "-f", "${Status}",
                                     name), name
    assert {"libxml2", "libjson-c5", "kamailio"} <= set(
        re.findall(r"[\w.+-]+", depends))
    assert "Inst " + NAME in run("apt-get", "-s", "-q", "install", package)


def test_the_same_source_gives_the_same_package(package):
    with open(package, "rb") as file:
        before = file.read()
    with open(run("make", "-s", "deb", cwd=ROOT).splitlines()[-1], "rb") as file:
        assert file.read() == before


def test_no_file_of_it_is_a_stranger(package):
    """Neither paths of the machine it was made on, nor of who made it."""
    names = run("dpkg-deb", "-c", package)
    assert "__pycache__" not in names
    assert all(" root/root " in li for li in names.splitlines())
    assert ROOT.encode() not in run_bytes("dpkg-deb", "--fsys-tarfile", package)


def run_bytes(*words):
    return subprocess.run(words, capture_output=True, check=True).stdout


@pytest.mark.skipif(not os.environ.get("SOAK"), reason="takes half a minute")
def test_it_builds_inside_of_kamailio(tmp_path):
    """With make; TREE=... of 6.x: with CMake."""
    folder = tmp_path / "tree"
    out = run(os.path.join(ROOT, "utils/in-tree"), TREE, folder)
    module = pathlib.Path(out.splitlines()[-1])
    assert module.name == "e911.so" and module.stat().st_size > 100000
    assert " module_exports" in run("nm", "-D", module) or \
        " exports" in run("nm", "-D", module)
    shutil.rmtree(folder)
