# SPDX-License-Identifier: GPL-2.0-or-later
"""An invented guide of streets, and addresses with errors in them. What names
look like, how often they are used again, and how communities differ in size is
as in real guides; the same for the same count."""
import csv
import random

COLUMNS = ("state", "county", "community", "predir", "street", "suffix", "low",
           "high", "parity", "esn", "psap")
QUERY = ("state", "community", "other", "predir", "typed", "suffix", "number",
         "street")
PEOPLE = """Smith Johnson Williams Brown Jones Garcia Miller Davis Martinez
Hernandez Lopez Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee
Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young
Allen King Wright Scott Torres Hill Flores Green Adams Nelson Baker Hall Rivera
Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz
Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Ortiz Morgan
Cooper Peterson Bailey Reed Kelly Howard Ramos Cox Ward Richardson Watson Brooks
Wood James Bennett Gray Mendoza Ruiz Hughes Price Castillo Sanders Myers Long
Ross Foster Powell Jenkins Perry Russell Sullivan Bell Coleman Butler Henderson
Barnes Fisher Simmons Romero Jordan Patterson Alexander Hamilton Graham Reynolds
Griffin Wallace West Cole Hayes Bryant Gibson Ellis Stevens Murray Ford Marshall
Owens Harrison McDonald Woods Washington Kennedy Wells Henry Freeman Webb Tucker
Burns Crawford Olson Simpson Porter Hunter Gordon Shaw Snyder Mason Dixon Hunt
Hicks Holmes Palmer Wagner Black Robertson Boyd Rose Stone Fox Warren Mills
Meyer Rice Schmidt Daniels Ferguson Nichols Stephens Weaver Ryan Gardner Payne
Grant Dunn Spencer Hawkins Arnold Pierce Hansen Peters Hart Bradley Knight
Elliott Cunningham Duncan Armstrong Hudson Carroll Lane Riley Andrews Ray Berry
Perkins Hoffman Johnston Matthews Richards Willis Carpenter Lawrence George
Chapman Watkins Wheeler Harper Burke Larson Morrison Franklin Carlson Austin
Carr Lawson Jacobs Lynch Bishop Montgomery Oliver Jensen Harvey Gilbert Dean
Sims Howell Reid Hanson Garrett Burton Fuller Weber Welch Lucas Fields Park
Little Banks Day Walsh Bowman Schultz Fowler""".split()
NATURE = """Oak Maple Cedar Pine Elm Walnut Willow Birch Cherry Chestnut Hickory
Magnolia Poplar Spruce Sycamore Aspen Cypress Dogwood Juniper Laurel Mulberry
Pecan Redwood Hawthorn Holly Ivy Fern Clover Heather Lavender Violet Lily Iris
Daisy Meadow Prairie Valley River Lake Creek Brook Spring Ridge Canyon Mesa
Summit Forest Grove Orchard Garden Vineyard Pasture Granite Flint Copper Silver
Golden Amber Crystal Ruby Eagle Hawk Falcon Heron Robin Cardinal Quail Dove Swan
Deer Elk Wolf Bear Buffalo Mustang Antelope Beaver Otter""".split()
KINDS = """Old New Little Big Upper Lower North South East West Sunny Shady
Windy Quiet Hidden Lone Twin Red Blue Golden Autumn Summer Winter Misty Rolling
Rocky Sandy Clear Fallen Running Whispering Royal Country Colonial""".split()
PARTS = """Creek Ridge Hill Hollow Run Trail Meadow Valley Branch Bend Bluff
Brook Canyon Cove Crossing Falls Field Forest Fork Glen Grove Harbor Knoll Lake
Landing Mill Mountain Oaks Park Pass Pines Point Pond Prairie Ranch River Rock
Shore Spring Station View Village Wood Farm Church Bridge Ferry School""".split()
CIVIC = """Main Church Park Washington Lincoln Jefferson Madison Monroe Center
Market Water High School Mill Railroad Depot Court College University Union
Liberty Industrial Congress Broadway Front Broad Central Grand State
Canal""".split()
FIRST = """Mary Elizabeth Anna John William Robert Charles Joseph David Edward
Helen Ruth Alice Clara Emma Sarah Laura Julia Henry Walter Arthur Frank Samuel
Daniel Benjamin Nathan Peter Andrew Dr Rev Gen Judge Martin Rosa""".split()
ROADS = ("County Road", "State Highway", "Farm To Market", "Old Highway",
         "Township Road")
BEGIN = """ba be bo bri ca cal co cre da del do el fa fer ga glen go ha hal ho in
ja ka kel ki la lan le lo ma mar me mi mon na nor o pa per po que ra ri ro sa
sel sha so ta ter to tri ur va ver vi wa wen wi ya zu""".split()
END = """ton ville ford field burg wood dale land mont view more ley worth ham
ria na lia do ra lo""".split()
SUFFIXES = {"ST": 22, "AVE": 16, "RD": 18, "DR": 16, "LN": 9, "CT": 8, "WAY": 3,
            "BLVD": 2, "PL": 3, "CIR": 4, "TRL": 2, "TER": 1, "LOOP": 1,
            "PKWY": 1, "HWY": 1}
DIRECTIONS = {"": 70, "N": 7, "S": 7, "E": 7, "W": 7, "NE": 1, "NW": 1}
STATES = """AL AZ CA CO FL GA IL IN KS KY LA MA MD MI MN MO NC NJ NM NY OH OK OR
PA SC TN TX UT VA WA WI""".split()
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Names:
    def __init__(self, dice, count):
        self.dice = dice
        self.invented = [self.invent() for _ in range(count)]

    def invent(self):
        return "".join(self.dice.choices(BEGIN, k=self.dice.choice((1, 2, 2, 3)))
                       ) + self.dice.choice(END)

    def ordinal(self):
        n = min(250, int(self.dice.expovariate(1 / 25)) + 1)
        end = "th" if 10 <= n % 100 <= 20 else {
            1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
        return "%d%s" % (n, end)

    def two(self, *lists):
        return " ".join(self.dice.choice(one) for one in lists)

    def street(self):
        kinds = {
            self.ordinal: 10,
            lambda: self.two(CIVIC): 8,
            lambda: self.two(PEOPLE): 15,
            lambda: self.two(NATURE): 9,
            lambda: self.two(KINDS, PARTS): 15,
            lambda: self.two(NATURE, PARTS): 15,
            lambda: self.two(FIRST, PEOPLE): 6,
            lambda: "%s %d" % (self.two(ROADS), self.dice.randint(1, 3000)): 4,
            lambda: self.two(PEOPLE, PARTS): 4,
            lambda: self.dice.choice(self.invented): 14,
        }
        return self.dice.choices(*zip(*kinds.items()))[0]().upper()

    def community(self):
        return (self.invent() if self.dice.random() < .7 else
                self.two(NATURE + PEOPLE, PARTS)).upper()


def pick(dice, weighed):
    return dice.choices(*zip(*weighed.items()))[0]


def blocks(dice, want):
    """low, high, parity of the ranges of a street."""
    low = dice.choice((1, 1, 1, 100, 100, 200, 500, 1000, 1201, 4000, 10001))
    step = dice.choice((98, 98, 198, 398, 998))
    split = dice.random() < .35
    for _ in range(min(dice.choice((1, 1, 2, 2, 3, 4, 6, 8)), want)):
        high = low + step
        if split:
            yield low | 1, high | 1, "O"
            yield low + 1 & ~1, high + 1 & ~1, "E"
        else:
            yield low, high, "B"
        low = high + 2


def communities(dice, names, count):
    places = {}
    while len(places) < count:
        place = dice.choice(STATES), names.community()
        places.setdefault(place, dice.lognormvariate(0, 1.3))
    return places


def rows(count):
    dice = random.Random(911)
    names = Names(dice, 12000)
    places = communities(dice, names, max(20, count // 250))
    whole = sum(places.values())
    for i, ((state, community), weight) in enumerate(places.items()):
        county = "COUNTY %d" % (i % 254)
        want, used = max(3, int(count * weight / whole)), set()
        while want > 0:
            street = (pick(dice, DIRECTIONS), names.street(),
                      pick(dice, SUFFIXES))
            if street in used:
                continue
            used.add(street)
            for low, high, parity in blocks(dice, want):
                want -= 1
                yield (state, county, community, *street, low, high, parity,
                       "%05d" % dice.randint(1, 999), "PSAP%04d" % (i % 900))


def misspelt(dice, word):
    """One or two errors: a letter too many, missing, another one, or two in
    the wrong order."""
    for _ in range(1 if dice.random() < .7 else 2):
        at, kind = dice.randrange(len(word)), dice.randrange(4)
        letter = dice.choice(LETTERS)
        if kind == 0:
            word = word[:at] + letter + word[at:]
        elif kind == 1 and len(word) > 2:
            word = word[:at] + word[at + 1:]
        elif kind == 2 and at + 1 < len(word):
            word = word[:at] + word[at + 1] + word[at] + word[at + 2:]
        else:
            word = word[:at] + letter + word[at + 1:]
    return " ".join(word.split())


def queries(guide, count):
    """Addresses of the guide, the street misspelt, and another community of the
    state."""
    dice = random.Random(112)
    towns = {}
    for row in guide:
        towns.setdefault(row[0], set()).add(row[2])
    towns = {state: sorted(names) for state, names in towns.items()}
    for row in dice.choices(guide, k=count):
        state, _, community, predir, street, suffix, low, high = row[:8]
        typed = street
        while typed == street or not typed:
            typed = misspelt(dice, street)
        other = community
        while other == community and len(towns[state]) > 1:
            other = dice.choice(towns[state])
        yield (state, community, other, predir, typed, suffix,
               low + 2 * dice.randint(0, (high - low) // 2), street)


def write(path, header, lines):
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows(lines)


def make(guide_path, query_path, ranges, asked):
    guide = list(rows(ranges))
    write(guide_path, COLUMNS, guide)
    write(query_path, QUERY, queries(guide, asked))
