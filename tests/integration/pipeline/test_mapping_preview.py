"""Trying the mapping on one employee in HR: each value with its way, and nothing stored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bensync.errors import SourceError
from tests.e2e.test_mapping import GENDERS
from tests.e2e.world import World
from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite


def test_mapping_try_shows_the_way_of_each_value_and_stores_nothing(staffed: World, bensync: Any) -> None:
    staffed.configure(**{"codes.gender": GENDERS})
    # The trail notes the configuration, and the secrets hold the beginning of each trail.
    tables = [table for table in staffed.table_names() if not table.startswith(("audit", "secret"))]
    before = [staffed.rows(f'select * from "{table}"') for table in tables]

    code, out, _ = bensync(staffed, "mapping", "try", "1", "--json")

    assert code == 0
    trial = json.loads(out)["trial"]
    assert (trial["employee_id"], trial["status"], trial["issue"]) == ("1", "ACTIVE", None)
    fields = {field["field"]: field for field in trial["fields"]}
    assert (fields["gender"]["raw"], fields["gender"]["steps"], fields["gender"]["value"]) == (
        *("Female", "trim, code table", "F"),
    )
    assert fields["pay_rate"]["source"] == "compensation.rate"
    assert fields["pay_rate"]["date"] == "2020-03-02"
    assert fields["ssn"]["value"].startswith("***-**-")
    people, words, _ = bensync(staffed, "mapping", "try", "1")
    assert people == 0
    assert "compensation.rate of 2020-03-02" in words
    assert "Would be read as ACTIVE" in words
    secret = str(staffed.company.employee("1").fields["ssn"])
    assert not [text for text in (secret, secret.replace("-", "")) if text in out + words]
    assert [staffed.rows(f'select * from "{table}"') for table in tables] == before


def test_mapping_try_asks_hr_for_one_person_and_not_for_everybody(staffed: World, bensync: Any) -> None:
    staffed.next_day()
    staffed.sync()
    staffed.company.requests.clear()

    assert bensync(staffed, "mapping", "try", "2")[0] == 0

    paths = [seen.path for seen in staffed.company.requests]
    assert any("changed" in path for path in paths)
    assert not any(path.endswith(("/employees", "/directory")) for path in paths)


@pytest.mark.parametrize("unknown", ["hold", "reject"])
def test_mapping_try_says_why_a_person_would_be_blocked(staffed: World, bensync: Any, unknown: str) -> None:
    staffed.company.update("1", gender="Non-Binary")
    staffed.configure(**{"codes.gender": f'{GENDERS}unknown = "{unknown}"\n'})

    code, out, _ = bensync(staffed, "mapping", "try", "1")

    assert code == 3
    assert "Non-Binary" in out
    assert f"code table does not list ({unknown})" in " ".join(out.split())
    assert "Would be blocked by a data issue (value_unknown)" in out


def test_mapping_try_knows_issues_of_ssn_and_status(staffed: World, bensync: Any) -> None:
    staffed.company.update("1", ssn="000-12-3456")
    staffed.company.add_row("2", "employmentStatus", date=staffed.now.date(), employmentStatus="x", benetracStatus="?")
    codes = [json.loads(bensync(staffed, "mapping", "try", who, "--json")[1])["trial"]["issue"]["code"] for who in "12"]
    assert codes == ["ssn_invalid", "status_unknown"]


@pytest.mark.parametrize("who", ["99", "E-1"])
def test_mapping_try_of_nobody_says_so(staffed: World, bensync: Any, who: str) -> None:
    code, out, _ = bensync(staffed, "mapping", "try", who, "--json")
    assert code == SourceError.code
    assert f"no employee {who}" in json.loads(out)["error"]["what"]
