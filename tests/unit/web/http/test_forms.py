"""FormFields: what a form holds, within limits."""

from __future__ import annotations

from datetime import date

import pytest
from starlette.datastructures import FormData

from bensync.errors import DecisionError
from bensync.web.http.forms import FormFields


def fields(*pairs: tuple[str, str]) -> FormFields:
    return FormFields(FormData(list(pairs)))


def test_a_text_is_trimmed_and_free_of_control_characters():
    assert fields(("name", "  Ada\x00 Vale  ")).text("name") == "Ada Vale"
    assert fields().text("name") == ""


def test_a_text_that_is_too_long_is_refused_by_its_name_and_not_cut():
    assert fields(("field.home_email", "x" * 500)).text("field.home_email") == "x" * 500
    with pytest.raises(DecisionError) as refused:
        fields(("field.home_email", "x" * 1501)).text("field.home_email")
    assert refused.value.why == "Home email: the text has 1,501 characters, and 500 are the limit."


def test_what_no_person_typed_is_cut():
    form = fields(("token", "a" * 70), ("key", "b" * 70), ("code", "1" * 70))
    assert (form.token(), form.key(), form.code()) == ("a" * 64, "b" * 64, "1" * 64)


def test_what_was_typed_comes_back_with_its_label_and_without_secrets():
    form = fields(
        *(("token", "t"), ("password", "p"), ("code", "123456"), ("ssn", "200110001"), ("how", "NORMAL")),
        *(("reason", "seen \u202e 200-11-0001"), ("on", "soon"), ("note", ""), ("note", "line one\nline two")),
        *(("field.city", "Dayton"), ("was.city", "Akron"), ("field.state", "OH"), ("was.state", "OH")),
    )
    assert form.typed() == [
        ("Reason", "seen  ***-**-0001"),
        ("Date", "soon"),
        ("Note", "line one\nline two"),
        ("City", "Dayton"),
    ]


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
        ("\u0661\u0662", None),
        ("\u00b2", None),
    ],
)
def test_a_number_may_have_commas(text, number):
    assert fields(("count", text)).number("count") == number


def test_several_numbers_leave_other_texts_out():
    assert fields(("id", "1"), ("id", "x"), ("id", "3"), ("id", "2147483648")).numbers("id") == [1, 3]


@pytest.mark.parametrize("text", ["2026-05-04", "05/04/2026", "5/4/2026"])
def test_a_date_is_read_as_a_field_sends_it_and_as_people_type_it(text):
    assert fields(("on", text)).date("on") == date(2026, 5, 4)


@pytest.mark.parametrize(
    "text", ["soon", "13/40/2026", "2026-02-30", "04.05.2026", "20260504", "2026-W19-1", "0000-00-00", "2026-05-04T08"]
)
def test_what_is_not_a_date_says_how_to_enter_one(text):
    with pytest.raises(DecisionError) as refused:
        fields(("on", text)).date("on")
    assert (refused.value.why, refused.value.fix) == ("Date: that is not a date.", "Enter it as MM/DD/YYYY.")


def test_a_missing_date_is_named():
    with pytest.raises(DecisionError) as refused:
        fields(("on", " ")).date("on")
    assert refused.value.why == "Date: no date was entered."


def test_names_are_listed_and_found():
    form = fields(("choice.medical", "PPO/EE"))
    assert list(form) == ["choice.medical"]
    assert "choice.medical" in form
    assert "choice.dental" not in form
