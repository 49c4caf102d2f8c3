# SPDX-License-Identifier: GPL-2.0-or-later
"""How a figure grows with the size of what it was taken of."""
import math


def exponent(sizes, values):
    """e of value = c * size**e: the slope of the straight line through all
    points, both axes logarithmic. 0: does not grow; 1: grows as the size
    does."""
    x, y = ([math.log(v) for v in axis] for axis in (sizes, values))
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    return (sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y))
            / sum((a - mean_x) ** 2 for a in x))


def listed(values, form="%.0f"):
    """For the words of a row: 1, 10, 100."""
    return ", ".join(form % v for v in values)


def spread(most, shares):
    """Sizes of a table: parts of the full one, small ones first."""
    return [max(1, most // share) for share in shares]
