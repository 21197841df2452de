from datetime import date
from itertools import islice

import pytest
from stdnum.us import ssn as ssn_rules

from bensync.demo.company.people import people, ssns

TODAY = date(2026, 3, 2)
MANY = list(people(5000, seed=7, today=TODAY))


def test_the_same_seed_gives_the_same_people_and_another_seed_others():
    assert list(people(50, seed=7, today=TODAY)) == MANY[:50]
    assert list(people(50, seed=8, today=TODAY)) != MANY[:50]


def test_every_ssn_is_valid_by_form_and_belongs_to_one_person():
    assert all(ssn_rules.is_valid(person.ssn) for person in MANY)
    assert len({person.ssn for person in MANY}) == len(MANY)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ssns_stay_unique_and_valid_over_a_long_run(seed: int):
    numbers = list(islice(ssns(seed), 200_000))
    assert len(set(numbers)) == len(numbers)
    areas, groups, serials = ({number.split("-")[part] for number in numbers} for part in range(3))
    assert not areas & {"000", "666"}
    assert not any(area.startswith("9") for area in areas)
    assert "00" not in groups
    assert "0000" not in serials


def test_most_names_are_distinct():
    assert len({(person.first, person.last) for person in MANY}) > 0.9 * len(MANY)


def test_nobody_can_be_reached():
    assert all(person.work_email.endswith("@example.com") and person.work_email.isascii() for person in MANY)
    assert all(person.home_email.endswith(".example.com") for person in MANY if person.home_email)
    assert all("-555-01" in person.phone for person in MANY)


def test_dates_are_in_order_and_nobody_works_as_a_child():
    for person in MANY:
        born, hired = date.fromisoformat(person.born), date.fromisoformat(person.hired)
        assert hired < TODAY
        assert (hired - born).days >= 18 * 365
        assert not person.left or person.hired < person.left <= TODAY.isoformat()


def test_about_the_asked_share_has_left():
    assert 0.06 < sum(bool(person.left) for person in MANY) / len(MANY) < 0.10
    assert not any(person.left for person in people(200, inactive=0))
    assert all(person.left for person in people(200, inactive=1))


def test_some_values_tempt_a_careless_csv_writer():
    assert any("," in person.address1 for person in MANY)
    assert any("," in person.address2 for person in MANY)
    assert any("'" in person.last for person in MANY)
    assert any(not person.last.isascii() for person in MANY)
