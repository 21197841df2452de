"""Invented people for demos, tests and benchmarks: any number, the same for the same seed, quickly generated.

Nobody is real: names come from short lists, mail goes to example.com, phone numbers are 555-01xx. The SSNs have a valid
form, so that checks accept them, and belong to nobody here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from math import gcd
from random import Random
from typing import TypeVar
from unicodedata import normalize

import msgspec

T = TypeVar("T")


class InventedPerson(msgspec.Struct, frozen=True, gc=False):
    """One invented person; dates are ISO text, money is ``"56000.00 USD"``, an empty text means there is none."""

    number: int
    first: str
    middle: str
    last: str
    preferred: str
    ssn: str
    born: str
    gender: str
    marital: str
    address1: str
    address2: str
    city: str
    state: str
    zipcode: str
    work_email: str
    home_email: str
    phone: str
    hired: str
    left: str
    employment: str
    department: str
    division: str
    location: str
    title: str
    rate: str
    pay_type: str
    paid_per: str
    exempt: str


def people(
    count: int, *, seed: int = 1, today: date = date(2026, 1, 1), inactive: float = 0.08
) -> Iterator[InventedPerson]:
    """Make ``count`` people; a smaller count with the same seed gives the first of the same people.

    Args:
        today: the youngest possible day of hire and of leaving.
        inactive: share of people who have left, 0 to 1.
    """
    rng = Random(seed)
    numbers = ssns(seed)
    for number in range(1, count + 1):
        yield _person(number, next(numbers), rng, today.toordinal(), inactive)


AREAS = tuple(area for area in range(1, 900) if area != 666)
GROUPS, SERIALS = 99, 9999
FAMOUS = frozenset({"078-05-1120", "219-09-9999"})
"""Numbers once printed in advertisements; checks refuse them."""


def ssns(seed: int) -> Iterator[str]:
    """Yield every SSN of valid form once, in an order fixed by the seed: no area 000, 666 or 9xx, no 00, no 0000."""
    space = len(AREAS) * GROUPS * SERIALS
    # A step without a common divisor walks through all numbers once: no list of them, and no SSN twice.
    step = 472_882_027
    while gcd(step, space) != 1:
        step += 2
    at = Random(seed).randrange(space)
    for _ in range(space):
        at = (at + step) % space
        rest, serial = divmod(at, SERIALS)
        area, group = divmod(rest, GROUPS)
        ssn = f"{AREAS[area]:03}-{group + 1:02}-{serial + 1:04}"
        if ssn not in FAMOUS:
            yield ssn


def _person(number: int, ssn: str, rng: Random, today: int, inactive: float) -> InventedPerson:
    roll = rng.random
    gender, firsts = ("Female", WOMEN) if roll() < 0.5 else ("Male", MEN)
    first, last = _one_of(firsts, rng), _surname(rng)
    city, state, prefix, area_code = _one_of(TOWNS, rng)
    department, title, base = _one_of(JOBS, rng)
    born = today - int(365.25 * (20 + 45 * roll()))
    # Squared, so that recent hires are more frequent than those of twenty years ago.
    hired = max(born + 18 * 366, today - 1 - int(20 * 365.25 * roll() ** 2))
    gone = roll() < inactive
    hourly = base < 45_000
    pay = base * (0.85 + 0.4 * roll())
    handle = _mailbox(f"{first}.{last}")
    return InventedPerson(
        number=number,
        first=first,
        middle=_one_of(WOMEN if gender == "Female" else MEN, rng)[0] if roll() < 0.6 else "",
        last=last,
        preferred=first[:3] if roll() < 0.05 else "",
        ssn=ssn,
        born=DAYS[born],
        gender=gender,
        marital=_one_of(MARITAL, rng),
        address1=f"{1 + int(9800 * roll())} {_one_of(STREETS, rng)} {_one_of(WAYS, rng)}",
        address2=_second_line(rng),
        city=city,
        state=state,
        zipcode=f"{prefix}{int(100 * roll()):02}",
        work_email=f"{handle}.{number}@example.com",
        home_email=f"{handle}{number}@mail.example.com" if roll() < 0.7 else "",
        phone=f"{area_code}-555-01{int(100 * roll()):02}",
        hired=DAYS[hired],
        left=DAYS[min(today, hired + 1 + int((today - hired) * roll()))] if gone else "",
        employment="Part-Time" if roll() < 0.12 else "Full-Time",
        department=department,
        division=_one_of(DIVISIONS, rng),
        location=_one_of(LOCATIONS, rng),
        title=title,
        rate=f"{pay / 2080:.2f} USD" if hourly else f"{round(pay, -2):.2f} USD",
        pay_type="Hourly" if hourly else "Salary",
        paid_per="Hour" if hourly else "Year",
        exempt="Non-exempt" if hourly else "Exempt",
    )


def _one_of(choices: Sequence[T], rng: Random) -> T:
    return choices[int(rng.random() * len(choices))]


def _surname(rng: Random) -> str:
    """Return a surname, sometimes a double one, or one that breaks careless CSV code."""
    roll = rng.random()
    if roll < 0.02:
        return _one_of(AWKWARD, rng)
    name = _one_of(STEMS, rng) + _one_of(ENDINGS, rng)
    return f"{name}-{_one_of(STEMS, rng)}{_one_of(ENDINGS, rng)}" if roll < 0.06 else name


def _second_line(rng: Random) -> str:
    roll = rng.random()
    if roll < 0.75:
        return ""
    return (
        f"Bldg {_one_of('ABCDEF', rng)}, Unit {int(90 * rng.random()) + 1}" if roll < 0.85 else f"Apt {int(roll * 400)}"
    )


def _mailbox(name: str) -> str:
    plain = name if name.isascii() else normalize("NFKD", name).encode("ascii", "ignore").decode()
    return plain.lower().replace("'", "").replace(" ", "")


class _Days(dict[int, str]):
    """ISO text of days by ordinal, cached: a million people share some ten thousand texts."""

    def __missing__(self, ordinal: int) -> str:
        text = self[ordinal] = date.fromordinal(ordinal).isoformat()
        return text


DAYS = _Days()

WOMEN = tuple(
    "Ada Bea Cara Dalia Edith Fern Greta Hana Ines Jolie Kaya Lena Mira Nora Odette Petra Quinn Rosa Selma "
    "Tilda Uma Vera Willa Xenia Yara Zelda Alma Brisa Celia Dora Elin Flora Gilda Hedda Iris Juna Klara Lotte "
    "Maren Noemi".split()
)
MEN = tuple(
    "Abel Boris Caleb Dario Emil Felix Gavin Hugo Ivan Jonas Kofi Linus Marek Nils Omar Pablo Quentin Rafael "
    "Silas Tomas Ugo Viktor Wendell Xavier Yusuf Zeno Anton Bruno Cyrus Devin Ezra Fabio Gideon Henrik Isaac "
    "Joel Kenji Lars Milan Noel".split()
)
STEMS = tuple(
    "Ash Birch Cald Dun Elm Fair Glen Hart Ing Kel Lin Mar Nor Oak Pem Quar Rav Stan Thorn Ul Van Whit Yar Zim "
    "Brook Clay Drake Fenn Gal Holl Kirk Lang Merr North Pren Rook Sel Tarr Wex Ald".split()
)
ENDINGS = tuple(
    "berg bridge by croft dale den er field ford gate ham ing land ley low man mark mere more ner ock over "
    "port rick ridge sen shaw son stead stone ter ton ville wall ward way well wick wood worth".split()
)
AWKWARD = ("O'Dell", "de la Fuente", "Núñez", "St. Clair", "Ångström", "D'Arcy", "van der Berg", "Łukasik")
STREETS = tuple(
    "Alder Beacon Cedar Dogwood Eagle Foxglove Granite Harbor Iron Juniper Kestrel Lantern Maple Nettle "
    "Orchard Poplar Quarry River Sycamore Timber Upland Valley Willow Yarrow".split()
)
WAYS = ("Street", "Avenue", "Road", "Lane", "Drive", "Court", "Way", "St, Rear")
TOWNS = (
    ("Portland", "OR", "972", "503"),
    ("Denver", "CO", "802", "303"),
    ("Austin", "TX", "787", "512"),
    ("Columbus", "OH", "432", "614"),
    ("Raleigh", "NC", "276", "919"),
    ("Boise", "ID", "837", "208"),
    ("Madison", "WI", "537", "608"),
    ("Tucson", "AZ", "857", "520"),
    ("Albany", "NY", "122", "518"),
    ("Salt Lake City", "UT", "841", "801"),
    ("Boston", "MA", "021", "617"),
    ("Sacramento", "CA", "958", "916"),
    ("Omaha", "NE", "681", "402"),
    ("Savannah", "GA", "314", "912"),
)
JOBS = (
    ("Engineering", "Software Engineer", 118_000),
    ("Engineering", "Test Engineer", 92_000),
    ("Finance", "Accountant", 74_000),
    ("Finance", "Payroll Specialist", 58_000),
    ("Human Resources", "Recruiter", 63_000),
    ("Operations", "Warehouse Associate", 38_000),
    ("Operations", "Shift Lead", 44_000),
    ("Sales", "Account Executive", 81_000),
    ("Support", "Support Agent", 41_000),
    ("Support", "Support Manager", 86_000),
)
DIVISIONS = ("North", "South", "East", "West")
LOCATIONS = ("Headquarters", "Portland Plant", "Denver Office", "Remote")
MARITAL = ("Single", "Married", "Married", "Domestic Partnership")
