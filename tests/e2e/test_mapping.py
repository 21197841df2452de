"""Mapping as data: code tables, custom fields, a changed mapping, and what the start refuses (S0-05, S0-14, S0-16)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bensync.core.changes import IssueCode
from bensync.core.runs import Outcome, RunKind
from bensync.demo.company.catalogue import FakeField
from bensync.errors import ConfigError, GuardTripped
from bensync.pipeline.context import MANUAL, RunOptions
from bensync.pipeline.runs import rehearse
from tests.e2e.world import BOTH, World, person
from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite
T_SHIRT = {"custom_fields.t_shirt": 'source = "customTShirt"\nlabel = "T-shirt size"\n'}
GENDERS = 'values = { Female = "F", Male = "M" }\n'
NO_LIMIT = 'one_field = "100%"\n'  # three people are soon most of them


def read(employer: World) -> dict[str, dict[str, str]]:
    """The people of the newest file."""
    newest = max(map(employer.read, employer.files()), key=lambda parsed: parsed.header.sequence)
    return {profile.employee_id: dict(profile.values) for profile in newest.profiles}


@pytest.fixture
def crowd(acme: World) -> World:
    """Sixty people in step on both sides, whose shirts HR knows and nobody asked for yet."""
    acme.company.add_field(FakeField(9001, "customTShirt", "T-Shirt"))
    for number in range(1, 61):
        acme.company.hire(person(number, customTShirt="XL"))
    acme.begin()
    return acme


def test_S0_16_fields_about_dependents_are_refused_at_start_all_at_once_with_their_paths(acme: World) -> None:
    error = acme.failure(
        lambda: acme.configure(
            **{
                "mapping": 'spouse_name = "x"\ngender = "customChildGender"\nshoe_size = "y"\n',
                "custom_fields.kids": 'source = "customDependents"\n',
                "custom_fields.Gender": 'source = "customGender"\ntype = "ssn"\n',
                "codes.beneficiary": 'values = { a = "b" }\n',
                "codes.gender": 'values = { a = "b" }\ndefault = "c"\n',
            }
        )
    )
    assert isinstance(error, ConfigError)
    paths = [problem.partition(": ")[0].removeprefix("sites.acme.") for problem in error.problems]
    assert {
        *("mapping.spouse_name", "mapping.gender", "mapping.shoe_size"),
        *("custom_fields.kids.source", "custom_fields.Gender", "custom_fields.Gender.type"),
        *("codes.beneficiary", "codes.gender"),
    } <= set(paths)
    assert len(error.problems) == len(set(error.problems))


def test_a_mapping_that_does_not_fit_together_is_refused_at_start(acme: World) -> None:
    error = acme.failure(
        lambda: acme.configure(
            **{
                "mapping": 'ssn = ""\n',
                "codes.fte": 'values = { a = "b" }\n',
                "codes.birth_date": 'values = { a = "b" }\n',
            }
        )
    )
    assert isinstance(error, ConfigError)
    assert all(path in error.why for path in ("acme.mapping.ssn:", "acme.codes.fte:", "acme.codes.birth_date: 'a'"))


@pytest.mark.parametrize("name", ["status", "left_date", "address_1"])
def test_a_custom_field_cannot_take_a_column_that_the_file_has(acme: World, name: str) -> None:
    error = acme.failure(lambda: acme.configure(**{f"custom_fields.{name}": 'source = "customTShirt"\n'}))
    assert f"custom_fields.{name}: the file has a column {name.upper()} already" in error.why


def test_a_preset_of_a_source_is_no_layout(acme: World) -> None:
    error = acme.failure(lambda: acme.configure(feed=acme.settings.get("feed", "") + 'layout = "bamboohr"\n'))
    assert isinstance(error, ConfigError)


def test_a_code_table_translates_what_the_file_says(staffed: World) -> None:
    codes = {"codes.gender": GENDERS, "codes.employment_status": 'values = { Full-Time = "FT" }\n'}
    staffed.configure(**codes, guards=NO_LIMIT)

    report = staffed.resync()

    assert report.outcome is Outcome.DELIVERED
    assert {(entry["gender"], entry["employment_status"]) for entry in read(staffed).values()} == {("F", "FT")}


def test_a_value_that_is_held_keeps_back_its_person_alone_until_the_table_lists_it(staffed: World) -> None:
    staffed.configure(**{"codes.gender": GENDERS}, guards=NO_LIMIT)
    staffed.resync()
    staffed.next_day()
    staffed.company.update("1", gender="Non-Binary")
    staffed.company.update("2", city="Akron")

    report = staffed.sync()

    assert [change.candidate.employee_id for change in report.plan.sends] == ["2"]
    (issue,) = report.plan.issues
    assert (issue.employee_id, issue.code) == ("1", IssueCode.VALUE_UNKNOWN)
    assert "gender" in issue.detail
    assert "Non-Binary" not in str(staffed.rows("select * from issue"))

    staffed.configure(**{"codes.gender": 'values = { Female = "F", Male = "M", Non-Binary = "X" }\n'})
    staffed.next_day()
    assert "mapping_changed" in staffed.failure(staffed.sync).what
    staffed.resync()
    assert read(staffed)["1"]["gender"] == "X"
    assert staffed.rows("select count(*) from issue where resolved_at is null") == [(0,)]


def test_a_value_that_is_rejected_refuses_the_run(staffed: World) -> None:
    staffed.configure(**{"codes.gender": f'{GENDERS}unknown = "reject"\n'}, guards=NO_LIMIT)
    staffed.resync()
    staffed.next_day()
    staffed.company.update("1", gender="Weiblich")
    staffed.company.update("2", city="Akron")
    before = staffed.files()

    error = staffed.failure(staffed.sync)

    assert isinstance(error, GuardTripped)
    assert "gender" in error.what
    assert "Employee 1" in error.why
    assert "Weiblich" not in str(staffed.rows("select * from run")) + str(staffed.mailbox.messages[-1])
    assert staffed.files() == before
    staffed.company.update("1", gender="Male")
    assert {change.candidate.employee_id for change in staffed.sync().plan.sends} == {"1", "2"}


def test_a_default_stands_in_for_a_value_that_is_not_listed(staffed: World) -> None:
    staffed.configure(**{"codes.gender": f'{GENDERS}unknown = "default"\ndefault = "U"\n'}, guards=NO_LIMIT)
    staffed.resync()
    staffed.next_day()
    staffed.company.update("1", gender="Non-Binary")
    staffed.company.update("2", gender="")

    staffed.sync()

    people = read(staffed)
    assert people["1"]["gender"] == "U"
    assert "gender" not in people["2"]


def test_a_custom_field_goes_all_the_way(crowd: World, bensync: Any) -> None:
    crowd.configure(**T_SHIRT, guards='one_field = "100%"\n')
    crowd.resync()

    columns = crowd.tools.layout.columns
    assert columns[-1] == ("t_shirt", "T_SHIRT")
    assert read(crowd)["1"]["t_shirt"] == "XL"
    request = crowd.queue()[0]
    assert [(change.field, change.old, change.new) for change in request.changes] == [("t_shirt", None, "XL")]
    code, out, _ = bensync(crowd, "requests", "show", str(request.id))
    assert code == 0
    assert "T-shirt size" in out

    crowd.approve([request.id])
    who = crowd.participants()[request.employee_id]
    assert who.profile.values["t_shirt"] == "XL"
    code, out, _ = bensync(
        crowd, "people", "edit", request.employee_id, "--set", "t_shirt= M ", "--reason", "confirmed by HR"
    )
    assert code == 0
    assert "T-shirt size" in out
    assert crowd.participants()[request.employee_id].profile.values["t_shirt"] == "M"
    bensync(crowd, "people", "edit", request.employee_id, "--set", "city=Akron", "--reason", "moved")
    assert crowd.participants()[request.employee_id].profile.values["t_shirt"] == "M"


def test_a_field_that_left_the_mapping_is_kept_by_corrections(crowd: World, bensync: Any) -> None:
    crowd.configure(**T_SHIRT, guards='one_field = "100%"\n')
    crowd.resync()
    (request, *_) = crowd.queue()
    crowd.approve([request.id])
    del crowd.settings["custom_fields.t_shirt"]
    crowd.configure()

    refused, *_ = bensync(crowd, "people", "edit", request.employee_id, "--set", "t_shirt=M", "--reason", "moved")
    accepted, *_ = bensync(crowd, "people", "edit", request.employee_id, "--set", "city=Akron", "--reason", "moved")

    assert (refused, accepted) == (15, 0)
    values = crowd.participants()[request.employee_id].profile.values
    assert (values["city"], values["t_shirt"]) == ("Akron", "XL")


def test_a_changed_mapping_refuses_the_daily_run_and_the_plan_says_why(crowd: World, bensync: Any) -> None:
    crowd.configure(**T_SHIRT)

    error = crowd.failure(crowd.sync)

    assert isinstance(error, GuardTripped)
    assert "mapping_changed" in error.what
    assert (crowd.files(), crowd.queue()) == ([], [])
    code, out, _ = bensync(crowd, "plan", "--json")
    assert code == 12
    assert "mapping_changed" in json.loads(out)["error"]["what"]
    assert "resync" in json.loads(out)["error"]["fix"]


def test_a_mass_change_by_the_mapping_is_held_until_it_is_allowed_then_daily_runs_go_on(crowd: World) -> None:
    crowd.configure(**T_SHIRT)

    report = crowd.resync()

    assert len(report.plan.held) == 60
    assert [alarm.code for alarm in report.plan.alarms] == ["one_field:t_shirt"]
    assert crowd.queue() == []
    crowd.resync(allow=report.plan.fingerprint)
    assert len(crowd.queue()) == 60
    crowd.next_day()
    assert crowd.sync().outcome is Outcome.NO_CHANGES


def test_a_field_that_is_taken_out_of_the_mapping_is_not_taken_for_lost(crowd: World) -> None:
    crowd.configure(mapping='gender = ""\n')

    plan = rehearse(crowd.tools, RunOptions(RunKind.RESYNC, MANUAL, "test", BOTH), crowd.now)

    assert [alarm.code for alarm in plan.alarms] == ["one_field:gender"]


def test_a_label_alone_changes_nothing(crowd: World) -> None:
    crowd.configure(**T_SHIRT, guards='one_field = "100%"\n')
    crowd.resync()
    crowd.configure(**{"custom_fields.t_shirt": 'source = "customTShirt"\nlabel = "Shirt"\n'})
    crowd.next_day()
    assert crowd.sync().outcome is Outcome.NO_CHANGES


def test_mapping_show_prints_what_is_in_force_and_its_hash(acme: World, bensync: Any) -> None:
    acme.configure(
        **T_SHIRT, mapping='fte = "customFte"\n', **{"codes.gender": f'{GENDERS}unknown = "default"\ndefault = ""\n'}
    )

    code, out, _ = bensync(acme, "mapping", "show", "--json")

    assert code == 0
    (shown,) = json.loads(out)["mappings"]
    assert (shown["site"], shown["hash"]) == ("acme", acme.tools.mapping)
    fields = {field["field"]: field for field in shown["fields"]}
    assert [fields[name]["from"] for name in ("city", "fte", "t_shirt")] == ["preset", "site", "custom"]
    assert (fields["job_title"]["source"], fields["job_title"]["dated_by"]) == ("jobInfo.jobTitle", "jobInfo.date")
    assert fields["gender"]["codes"] == {"Female": "F", "Male": "M"}
    _, words, _ = bensync(acme, "mapping", "show")
    assert acme.tools.mapping in words
    # The columns before it are so wide that the last one continues in further lines.
    assert "others:" in words
    assert "value)" in words
