# SPDX-License-Identifier: GPL-2.0-or-later
import itertools
import os
import random

from erspsim.uas import bind

# below those that the system gives to outgoing connections: what is free now is
# free until its server has it
LOWEST, HIGHEST, SHARE = 10000, 32000, 5500


def candidates():
    """Each worker's own, of tests that run side by side."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    lowest = LOWEST + worker * SHARE % (HIGHEST - LOWEST)
    start = random.randrange(SHARE)
    for i in range(SHARE):
        yield lowest + (start + i) % SHARE


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
