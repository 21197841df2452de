"""Which field of the source feeds which of ours, and mappings that cannot be used."""

from __future__ import annotations

import itertools

import pytest

from bensync.errors import ConfigError
from bensync.mappings.catalogue import FIELDS, Field, FieldType
from bensync.mappings.source import CustomField, TableEntry, TableMapping, load

MAPPING = load("bamboohr", {"fte": "customFte"})


def test_the_mapping_says_what_a_source_must_be_asked_for():
    wanted = MAPPING.wanted()
    assert "ssn" in wanted.fields
    assert wanted.tables["employmentStatus"] == ("date", "benetracStatus", "employmentStatus")


def test_a_source_field_that_feeds_two_of_ours_is_asked_for_once():
    wanted = load("bamboohr", {"employee_class": "department2", "union_code": "department2"}).wanted()
    assert wanted.fields.count("department2") == 1


def test_mapped_fields_stand_in_catalogue_order():
    synced = load("bamboohr", {"fte": "customFte", "rehire_date": "customRehire"}).synced()
    assert list(synced) == sorted(synced, key=list(FIELDS).index)
    assert {"fte", "rehire_date", "benetrac_status", "pay_rate"} <= set(synced)


def test_an_override_names_another_field_another_column_or_nothing():
    mapping = load(
        "bamboohr", {"gender": "customGender", "benetrac_status": "customStatus", "address2": "", "job_title": ""}
    )
    assert mapping.fields["gender"] == "customGender"
    assert mapping.tables["status"].fields["benetrac_status"] == "customStatus"
    assert "address2" not in mapping.fields
    assert "job_title" not in mapping.tables["job"].fields
    assert load("bamboohr", {"fte": "customFte"}) == MAPPING, "the preset itself stays as it ships"


def test_the_order_of_overrides_does_not_matter():
    entries = {"gender": "customGender", "fte": "customFte", "rehire_date": "customRehire"}
    mappings = [load("bamboohr", dict(order)) for order in itertools.permutations(entries.items())]
    assert len({mapping.fingerprint() for mapping in mappings}) == 1
    assert len({tuple(mapping.fields) for mapping in mappings}) == 1


@pytest.mark.parametrize("overrides", [{"gender": "x"}, {"gender": ""}, {"benetrac_status": "x"}, {"fte": "x"}, {}])
def test_another_mapping_has_another_fingerprint(overrides):
    assert load("bamboohr", overrides).fingerprint() != MAPPING.fingerprint()


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        pytest.param({"shoe_size": "shoes"}, ["shoe_size: not a field"], id="unknown"),
        pytest.param({"spouse_name": "x"}, ["spouse_name: fields about dependents"], id="ours is forbidden"),
        pytest.param({"gender": "spouseGender"}, ["gender: 'spouseGender' is about"], id="theirs is forbidden"),
        pytest.param({"fte": "ssn"}, ["mapping.fte: 'ssn' is the SSN"], id="the SSN in another field"),
        pytest.param({"ssn": ""}, ["ssn: people are matched by it"], id="no SSN"),
        pytest.param({"benetrac_status": ""}, ["benetrac_status: it decides"], id="no status"),
        pytest.param(
            {"shoe_size": "", "dependent_ssn": "x", "ssn": ""},
            ["shoe_size: not a field", "dependent_ssn: fields about", "ssn: people are"],
            id="all at once",
        ),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused_with_every_problem(overrides, named):
    with pytest.raises(ConfigError) as caught:
        load("bamboohr", overrides)
    assert all(text in caught.value.why for text in named)
    assert len(caught.value.problems) == len(named)
    assert caught.value.fix


OWN = {
    "fields": {"ssn": "tax number", "gender": "sex"},
    "tables": {"status": {"source": "states", "date": "from", "fields": {"benetrac_status": "state"}}},
}


def test_a_preset_may_come_as_data():
    mapping = load(OWN, {"gender": "", "city": "town"})
    assert mapping.synced() == ("ssn", "city", "benetrac_status")
    assert mapping.wanted().tables == {"states": ("from", "state")}


@pytest.mark.parametrize(
    ("table", "entry", "named"),
    [
        pytest.param(False, {"shoe_size": "x"}, "shoe_size: not a field", id="unknown"),
        pytest.param(False, {"gender": "childGender"}, "'childGender' is about", id="forbidden"),
        pytest.param(True, {"shoe_size": "x"}, "shoe_size: not a field", id="unknown in a table"),
        pytest.param(True, {"spouse_name": "x"}, "spouse_name: fields about", id="forbidden in a table"),
    ],
)
def test_the_entries_of_a_preset_are_judged_like_those_of_a_site(table, entry, named):
    status_table = OWN["tables"]["status"]
    fields = OWN["fields"] if table else {**OWN["fields"], **entry}
    columns = {**status_table["fields"], **(entry if table else {})}
    with pytest.raises(ConfigError) as caught:
        load({"fields": fields, "tables": {"status": {**status_table, "fields": columns}}}, {})
    assert named in caught.value.why


@pytest.mark.parametrize(
    ("overrides", "asked"),
    [
        ({}, []),
        ({"termination_date": "hireDate"}, [(False, "hireDate feeds hire_date and termination_date")]),
        ({"birth_date": "hireDate"}, [(False, "hireDate feeds birth_date and hire_date")]),
        ({"original_hire_date": "hireDate"}, [(True, "hireDate feeds hire_date and original_hire_date")]),
    ],
)
def test_A_91_a_source_field_that_feeds_two_dates_is_asked_about(overrides, asked):
    findings = [(finding.ok, finding.detail.partition(":")[0]) for finding in load("bamboohr", overrides).check()]
    assert findings == asked


def test_each_field_names_its_source_and_the_column_that_dates_it():
    sources = {name: (theirs, dated_by) for name, theirs, dated_by in MAPPING.sources()}
    assert sources.keys() == {*MAPPING.synced()}
    assert sources["fte"] == ("customFte", None)
    assert sources["pay_rate"] == ("compensation.rate", "compensation.startDate")


REASON = TableEntry(fields={"action_reason": "customLeaveReason"})


def test_S4_08_a_site_adds_columns_to_a_dated_table_of_the_preset():
    mapping = load("bamboohr", {}, tables={"status": REASON})
    assert mapping.tables["status"].fields == {
        "benetrac_status": "benetracStatus",
        "employment_status": "employmentStatus",
        "action_reason": "customLeaveReason",
    }
    assert mapping.wanted().tables["employmentStatus"] == (
        "date",
        "benetracStatus",
        "employmentStatus",
        "customLeaveReason",
    )
    assert "action_reason" in mapping.synced()
    assert mapping.fingerprint() != load("bamboohr", {}).fingerprint()


def test_a_site_adds_a_dated_table_that_the_preset_lacks():
    entry = TableEntry("customAddresses", "customFrom", {"state": "customState", "city": "customTown"})
    mapping = load("bamboohr", {}, tables={"address": entry})
    assert mapping.tables["address"] == TableMapping(
        "customAddresses", "customFrom", {"city": "customTown", "state": "customState"}
    )
    assert mapping.fields.keys().isdisjoint({"state", "city"}), "a field that a table brings is read from it alone"


def test_a_custom_field_may_be_a_column_of_a_dated_table():
    field = CustomField("customPosition", Field("position", FieldType.NUMBER, "Position"), "job")
    mapping = load("bamboohr", {}, {"position": field})
    assert mapping.tables["job"].fields["position"] == "customPosition"
    assert "position" not in mapping.fields
    text = CustomField("customPosition", Field("position", FieldType.TEXT, "Position"), "job")
    assert load("bamboohr", {}, {"position": text}).fingerprint() != mapping.fingerprint()


def test_an_empty_column_takes_a_field_out_of_its_table():
    mapping = load("bamboohr", {}, tables={"job": TableEntry(fields={"division": ""})})
    assert "division" not in mapping.synced()


@pytest.mark.parametrize(
    ("tables", "named"),
    [
        pytest.param({"moves": REASON}, "tables.moves: the preset has no such table", id="no source"),
        pytest.param(
            {"hire": TableEntry("x", "y", {"grade": "z"})}, "tables.hire: a table is named by", id="taken name"
        ),
        pytest.param({"status": TableEntry(fields={"shoe": "x"})}, "tables.status.fields.shoe: not a", id="unknown"),
        pytest.param(
            {"status": TableEntry(fields={"grade": "spouseGrade"})}, "fields.grade: 'spouseGrade'", id="forbidden"
        ),
        pytest.param({"status": TableEntry(fields={"ssn": "x"})}, "tables.status.fields.ssn: it is a", id="SSN"),
        pytest.param(
            {"status": TableEntry(fields={"hire_date": "x"})}, "fields.hire_date: it is a field of the", id="hire"
        ),
        pytest.param({"status": TableEntry(fields={"fte": "x"})}, "fields.fte: it is mapped outside", id="twice"),
        pytest.param({"status": REASON, "job": REASON}, "job.fields.action_reason: table status", id="two tables"),
        pytest.param(
            {"leave": TableEntry("jobInfo", "date", {"grade": "x"})},
            "tables.leave.source: 'jobInfo' is table job",
            id="one source twice",
        ),
    ],
)
def test_an_entry_for_a_dated_table_that_cannot_be_used_is_refused(tables, named):
    with pytest.raises(ConfigError) as caught:
        load("bamboohr", {"fte": "customFte"}, tables=tables)
    assert named in caught.value.why


def test_a_custom_field_of_a_table_that_does_not_exist_is_refused():
    field = CustomField("customPosition", Field("position", FieldType.NUMBER, "Position"), "jobs")
    with pytest.raises(ConfigError) as caught:
        load("bamboohr", {}, {"position": field})
    assert "custom_fields.position.table: there is no dated table 'jobs'" in caught.value.why
