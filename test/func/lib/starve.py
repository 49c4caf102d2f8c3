# SPDX-License-Identifier: GPL-2.0-or-later
"""Allocations of e911 that fail as the test says, in a running Kamailio: the
other side of test/func/starve."""
import mmap
import os
import struct

from .kamailio import ROOT

BUILT = os.environ.get("E911_STARVE", os.path.join(ROOT, "build/starve"))
LOAD = 'loadmodule "%s/starve.so"\n' % BUILT
OWN, LENT = 1, 2  # our own lines; what core and libraries get for us
NUMBERS = struct.Struct("7i")
WHERE, FAILED = 160, 4
EVER = 1 << 30
LEFT = struct.Struct("2l")
LEFT_AT = -(-(NUMBERS.size + WHERE * FAILED) // 8) * 8


class Starve:
    """env: what Kamailio is started with; LOAD goes into its configuration."""

    def __init__(self, folder):
        self.path = os.path.join(str(folder), "starve")
        with open(self.path, "wb") as file:
            file.write(bytes(mmap.PAGESIZE))
        with open(self.path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self.env = {"STARVE": self.path,
                    "LD_PRELOAD": os.path.join(BUILT, "hunger.so")}

    def set(self, kinds, *ranges):
        """From now on the allocations in these (two at most) ranges fail:
        (first, behind the last), counted from 0 of now."""
        self.rest()
        numbers = [n for r in ranges for n in r] + [0] * (4 - 2 * len(ranges))
        self.page[:LEFT_AT] = bytes(LEFT_AT)
        self.page[4:NUMBERS.size] = NUMBERS.pack(0, *numbers, 0, 0)[4:]
        self.page[:4] = struct.pack("i", kinds)

    def rest(self):
        """Nothing fails, nothing is counted."""
        self.page[:4] = bytes(4)

    def leave(self, size):
        """From the next message on the shared memory is taken, but for so
        many bytes; 0: it is given back."""
        self.page[LEFT_AT:LEFT_AT + 8] = struct.pack("l", size)

    @property
    def left(self):
        """What is left by now; 0: nothing is taken."""
        return LEFT.unpack_from(self.page, LEFT_AT)[1]

    @property
    def seen(self):
        return NUMBERS.unpack_from(self.page)[5]

    @property
    def failed(self):
        return NUMBERS.unpack_from(self.page)[6]

    @property
    def where(self):
        """The first ones that have failed, as words."""
        start = NUMBERS.size
        return [self.page[start + i * WHERE:start + (i + 1) * WHERE]
                .split(b"\0")[0].decode() for i in range(min(self.failed, FAILED))]
