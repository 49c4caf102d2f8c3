# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of locations: its memory, and how it is read back after a restart;
beside it htable with a PIDF-LO for each agent."""


def memory_per_contact():
    return []


def reload():
    return []
