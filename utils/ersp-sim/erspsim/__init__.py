"""Parts of ersp-sim: SIP messages, PIDF-LO, PSAP table, a scripted UAS."""
