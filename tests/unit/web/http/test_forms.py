"""FormFields: what a form holds, within limits."""

from __future__ import annotations

from datetime import date

import pytest
from starlette.datastructures import FormData

from bensync.errors import DecisionError
from bensync.web.http.forms import FormFields


def fields(*pairs: tuple[str, str]) -> FormFields:
    return FormFields(FormData(list(pairs)))


def test_a_text_is_trimmed_cut_and_free_of_control_characters():
    assert fields(("name", "  Ada\x00 Vale  ")).text("name") == "Ada Vale"
    assert fields(("name", "abcdef")).text("name", 3) == "abc"
    assert fields().text("name") == ""


def test_a_password_stays_as_it_was_typed():
    assert fields(("old", " pass word ")).password("old") == " pass word "
    assert len(fields(("old", "x" * 5000)).password("old")) == 5000


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("1,200", 1200),
        ("-1", None),
        ("x", None),
        ("", None),
        ("9" * 12, None),
        ("2147483647", 2147483647),
        ("2147483648", None),
    ],
)
def test_a_number_may_have_commas(text, number):
    assert fields(("count", text)).number("count") == number


def test_several_numbers_leave_other_texts_out():
    assert fields(("id", "1"), ("id", "x"), ("id", "3"), ("id", "2147483648")).numbers("id") == [1, 3]


@pytest.mark.parametrize("text", ["2026-05-04", "05/04/2026", "5/4/2026"])
def test_a_date_is_read_as_a_field_sends_it_and_as_people_type_it(text):
    assert fields(("on", text)).date("on") == date(2026, 5, 4)


@pytest.mark.parametrize("text", ["", "soon", "13/40/2026", "2026-02-30", "04.05.2026"])
def test_what_is_not_a_date_says_how_to_enter_one(text):
    with pytest.raises(DecisionError) as refused:
        fields(("on", text)).date("on")
    assert (refused.value.why, refused.value.fix) == ("That is not a date.", "Enter it as MM/DD/YYYY.")


def test_names_are_listed_and_found():
    form = fields(("choice.medical", "PPO/EE"))
    assert list(form) == ["choice.medical"]
    assert "choice.medical" in form
    assert "choice.dental" not in form
