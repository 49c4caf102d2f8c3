# SPDX-License-Identifier: GPL-2.0-or-later
"""What is printed: tables, details, JSON; a location in one line."""
import json
import unicodedata

def clean(value):
    """Nothing in it moves a cursor or ends a line."""
    text = "" if value is None else str(value)
    return "".join(c if c.isprintable() else "?" for c in text)


def width(text):
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


def pad(text, size, right):
    space = " " * (size - width(text))
    return space + text if right else text + space


def table(rows, columns):
    """columns: names of members, or (TITLE, function of a row)."""
    columns = [(c.replace("_", " ").upper(), lambda r, c=c: r.get(c))
               if isinstance(c, str) else c for c in columns]
    cells = [[get(r) for _, get in columns] for r in rows]
    right = [bool(cells) and all(isinstance(line[i], int) for line in cells)
             for i in range(len(columns))]
    lines = [[title for title, _ in columns],
             *([clean(c) for c in line] for line in cells)]
    sizes = [max(width(line[i]) for line in lines)
             for i in range(len(columns))]
    for line in lines:
        print("  ".join(map(pad, line, sizes, right)).rstrip())


def details(row):
    """One member a line; what is inside of one is set in."""
    for name, value in row.items():
        if isinstance(value, dict):
            print("%s:" % name)
            for inner in value.items():
                print("    %s: %s" % tuple(map(clean, inner)))
        elif isinstance(value, list):
            print("%s:" % name)
            for one in value:
                print("    " + clean(address(one) if isinstance(one, dict)
                                     else one))
        elif value != "":
            print("%s: %s" % (name, clean(value)))


def dump(value):
    print(json.dumps(value, indent=1, ensure_ascii=False))


def show(args, rows, columns):
    if args.json:
        dump(rows)
    else:
        table(rows, columns)


def show_one(args, row):
    if args.json:
        dump(row)
    elif isinstance(row, dict):
        details(row)
    else:
        print(clean(row))

LINES = (("HNP", "HNO", "HNS", "PRD", "STP", "RD", "STS", "POD"),
         ("BLD", "FLR", "UNIT", "ROOM", "SEAT", "LOC"), ("A3",), ("A1", "PC"),
         ("country",))


def address(location):
    """In one line, for people."""
    parts = [" ".join(location[k] for k in line if location.get(k))
             for line in LINES]
    if location.get("pos"):
        parts.append("%s %s" % (location.get("shape", ""), location["pos"]))
    return ", ".join(p for p in parts if p)
