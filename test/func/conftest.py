# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures: each is a factory whose things end, checked, with the test."""
import contextlib
import pathlib

import pytest

import lib


@pytest.fixture
def afterwards():
    """ExitStack that ends when all of cleanup has: for connections to a
    Kamailio. A process of it that is ended while it frees one leaves the memory
    torn for the others."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def cleanup(afterwards):
    """ExitStack; what is registered last ends first."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def unsanitized():
    """What does not go with the sanitizers of make asan."""
    if lib.SANITIZED:
        pytest.skip("not with the sanitizers")


@pytest.fixture
def kamailio(tmp_path, cleanup):
    """kamailio(cfg, files=, args=, env=, NAME=value...) -> started Kamailio."""
    count = iter(range(100))

    def make(cfg, **how):
        folder = tmp_path / ("kamailio%d" % next(count))
        folder.mkdir()
        proxy = lib.Kamailio(cfg, folder, **how)
        cleanup.callback(proxy.close)
        return proxy.start()
    return make


@pytest.fixture
def ua(cleanup):
    """ua(proxy, transport=, user=...) -> UA; proxy: a Kamailio, UAS, ErspSim."""
    def make(proxy, *args, **how):
        agent = lib.UA((proxy.host, proxy.port), *args, **how)
        cleanup.callback(agent.close)
        return agent
    return make


@pytest.fixture
def baresip(tmp_path, cleanup):
    """baresip(proxy, host=, transport=, user=...) -> started Baresip, which
    wait_registered() waits for."""
    count = iter(range(100))

    def make(proxy, *args, **how):
        phone = lib.Baresip((proxy.host, proxy.port),
                            tmp_path / ("baresip%d" % next(count)),
                            *args, **how)
        cleanup.callback(phone.close)
        return phone.start()
    return make


@pytest.fixture
def uas(cleanup):
    """uas(*behaviours, ...) -> UAS."""
    def make(*behaviours, **how):
        server = lib.UAS(*behaviours, **how)
        cleanup.callback(server.close)
        return server
    return make


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return lib.Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def tls_port(cleanup, certificates):
    """tls_port(kind[, behind]) -> TlsPort."""
    def make(*args):
        port = lib.TlsPort(args[0], certificates, *args[1:])
        cleanup.callback(port.close)
        return port
    return make


@pytest.fixture
def ersp_sim(tmp_path, cleanup):
    """ersp_sim("--behave", "take", name="ersp-a") -> ErspSim."""
    def make(*args, **how):
        sim = lib.ErspSim(tmp_path, *args, **how)
        cleanup.callback(sim.close)
        return sim
    return make


@pytest.fixture
def sipp(tmp_path):
    """sipp("agent-911.xml", proxy, *args) -> SippResult."""
    def run(scenario, proxy, *args, **how):
        return lib.sipp(scenario, (proxy.host, proxy.port), tmp_path, *args,
                        **how)
    return run


@pytest.fixture
def rtpengine(cleanup):
    """Port of a real rtpengine daemon's ng protocol."""
    daemon = lib.RtpEngine()
    cleanup.callback(daemon.close)
    return daemon.port


@pytest.fixture
def postgres(tmp_path, cleanup):
    """A started PostgreSQL of its own, empty."""
    server = lib.Postgres(tmp_path)
    cleanup.callback(server.close)
    return server.start()


def pidf_sample(kind, name):
    path = pathlib.Path(lib.ROOT) / "test/data/pidf" / kind / (name + ".xml")
    return path.read_text(encoding="utf-8")


@pytest.fixture
def good_pidf():
    """A PIDF-LO document with an address, as text."""
    return pidf_sample("good", "pidf-civic-tuple")


@pytest.fixture
def bad_pidf():
    """bad_pidf(name...) -> [(name, document)]"""
    return lambda *names: [(n, pidf_sample("bad", n)) for n in names]
