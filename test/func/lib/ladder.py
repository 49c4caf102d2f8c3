# SPDX-License-Identifier: GPL-2.0-or-later
"""What is true of every emergency call, however its destinations behave."""
from .wait import until

# tm sends the CANCEL of a step just behind the INVITE of the next one
MOMENT = 0.25


def has_location(message):
    return any(p.content_type == "application/pidf+xml" for p in message.parts)


def end_of(server, arrival):
    """When an INVITE was acknowledged or cancelled; None: not yet."""
    branches = [a.message.branch for a in server.invites]
    invite = arrival.message
    times = [a.time for a in server.of("CANCEL") + server.of("ACK")
             if (a.message.call_id, a.message.cseq) == (invite.call_id, invite.cseq)
             # the ACK to a 2xx has a branch of its own
             and (a.message.branch == invite.branch
                  or a.message.branch not in branches)]
    return min((t for t in times if t >= arrival.time), default=None)


def begun(servers):
    """[(begin, end)] of all INVITEs. One that was not answered at all rings
    nowhere, and nothing can cancel it (RFC 3261 section 9.1)."""
    return [(a.time, end_of(s, a)) for s in servers for a in s.invites if a.answers]


def in_progress(*servers):
    """Most INVITEs ever at once without a final answer or a CANCEL."""
    events = []
    for begin, end in begun(servers):
        end = float("inf") if end is None else max(begin, end - MOMENT)
        events += [(begin, 1), (end, -1)]
    most = now = 0
    for _, change in sorted(events):
        now += change
        most = max(most, now)
    return most


def left_ringing(*servers):
    """How many INVITEs got neither an ACK nor a CANCEL so far."""
    return sum(end is None for _, end in begun(servers))


def settle(call, *servers):
    """Ends a call: one final answer, one INVITE at any time, none that is left
    ringing. The answer."""
    answer = call.final(8)
    if answer.status < 300:
        call.ack()
        assert call.bye().final().status == 200
    until(lambda: not left_ringing(*servers), 4, "nothing is left ringing")
    assert len(call.finals) == 1, call.statuses
    assert in_progress(*servers) <= 1
    return answer
