# SPDX-License-Identifier: GPL-2.0-or-later
"""Parts of ersp-sim: SIP messages, PIDF-LO, PSAP table, a scripted UAS."""
