# SPDX-License-Identifier: GPL-2.0-or-later
import itertools
import os
import random

from erspsim.uas import bind

# below those that the system gives to outgoing connections: what is free now is
# free until its server has it
LOWEST, SHARE, MEDIA_SHARE, WORKERS = 10000, 5500, 180, 4
MEDIA_LOWEST = LOWEST + WORKERS * SHARE
# each worker has its own, of tests that run side by side
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % WORKERS


def candidates():
    start = random.randrange(SHARE)
    for i in range(SHARE):
        yield LOWEST + WORKER * SHARE + (start + i) % SHARE


def media_ports():
    """Lowest and highest of a range that no free_port() is of."""
    lowest = MEDIA_LOWEST + WORKER * MEDIA_SHARE
    return lowest, lowest + MEDIA_SHARE - 1


ports = itertools.cycle(candidates())


def free_port(host="127.0.0.1"):
    """Port free for both UDP and TCP, long not given before."""
    while True:
        port = next(ports)
        try:
            udp, tcp = bind(host, port)
        except OSError:
            continue
        udp.close()
        tcp.close()
        return port
