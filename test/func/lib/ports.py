# SPDX-License-Identifier: GPL-2.0-or-later
from erspsim.uas import bind

given = set()


def free_port(host="127.0.0.1"):
    """Port free for both UDP and TCP, never given twice in one run."""
    while True:
        udp, tcp = bind(host, 0)
        port = udp.getsockname()[1]
        udp.close()
        tcp.close()
        if port not in given:
            given.add(port)
            return port
