"""The fields and columns that a mapping names, looked up in BambooHR's own lists."""

from __future__ import annotations

from bensync.core.ports import FieldSelection
from bensync.demo.company.catalogue import FakeField
from bensync.testing.connectors import collect
from tests.integration.connectors.bamboohr.company import (
    refused,
)


def test_everything_unknown_is_listed_at_once(world):
    wanted = FieldSelection(
        ("firstName", "shoeSize", "Status", "hatSize"), {"employmentStatus": ("date", "shoe"), "shoes": ("a",)}
    )
    error = refused(world, wanted)
    assert error.what == "BambooHR does not show 4 mapped field(s)."
    assert error.why.endswith(": shoeSize, hatSize, employmentStatus.shoe, table shoes.")


def test_a_name_that_two_fields_have_is_not_guessed_between(world):
    world.company.add_field(FakeField(9001, None, "T-Shirt"))
    world.company.add_field(FakeField(9002, None, "T-Shirt"))
    assert "several fields have this name" in refused(world, FieldSelection(("T-Shirt",), {})).why


def test_fields_are_found_by_alias_by_number_by_name_and_by_name_in_any_case(world):
    wanted = FieldSelection(("firstName", "1", "4140", "First Name", "union local", "4020.1", "id"), {})
    fields = collect(world.source.pull(wanted, None))["1"].fields
    assert fields == {
        "firstName": "Zoë1",
        "1": "Zoë1",
        "4140": "L1",
        "First Name": "Zoë1",
        "union local": "L1",
        "4020.1": None,
        "id": "1",
    }
