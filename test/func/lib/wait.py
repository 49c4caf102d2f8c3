# SPDX-License-Identifier: GPL-2.0-or-later
"""The one place that polls, for what has no condition to wait on."""
import time


def until(condition, timeout, what="condition", every=0.02):
    """First true result of condition(); AssertionError after timeout."""
    end = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError("not within %g s: %s" % (timeout, what))
        time.sleep(every)
