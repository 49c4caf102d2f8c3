# SPDX-License-Identifier: GPL-2.0-or-later
"""Which PSAP is responsible for an address, from a table of invented ones."""
import csv

# A town says more than its county, which says more than the state.
WEIGHTS = {"country": 1, "A1": 2, "A2": 4, "A3": 8}
NO_PSAP = "no PSAP for this address: national emergency call centre (screened)"
NO_ADDRESS = "no address in the call: national emergency call centre (screened)"


def plain(value):
    value = " ".join((value or "").casefold().split())
    return value.removesuffix(" county")


class Table:
    def __init__(self, path):
        with open(path, encoding="utf-8", newline="") as file:
            self.rows = list(csv.DictReader(file))
        missing = {*WEIGHTS, "psap"} - set(self.rows[0] if self.rows else ())
        if missing:
            raise ValueError("%s: no column %s" % (path, sorted(missing)))

    def find(self, civic):
        """Name of the PSAP of the most specific row, or None."""
        best, name = 0, None
        for row in self.rows:
            said = [f for f in WEIGHTS if row[f]]
            weight = sum(WEIGHTS[f] for f in said)
            if weight > best and all(
                    plain(row[f]) == plain(civic.get(f)) for f in said):
                best, name = weight, row["psap"]
        return name

    def verdict(self, civic):
        """(PSAP or None, verdict in words)."""
        if not civic:
            return None, NO_ADDRESS
        name = self.find(civic)
        return name, "PSAP: " + name if name else NO_PSAP
