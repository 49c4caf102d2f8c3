# SPDX-License-Identifier: GPL-2.0-or-later
"""Audio for a simulated ERSP: the caller hears himself."""
import asyncio


class Echo(asyncio.DatagramProtocol):
    """Each RTP packet goes back to where it came from: one port for all
    calls."""

    def connection_made(self, transport):
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data, address):
        self.transport.sendto(data, address)


async def listen(host):
    """Port of the echo, and what closes it."""
    transport, echo = await asyncio.get_running_loop(
        ).create_datagram_endpoint(Echo, local_addr=(host, 0))
    return echo.port, transport
