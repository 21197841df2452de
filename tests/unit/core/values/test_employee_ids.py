"""The form of an employee id: nothing that acts on a reader, and nothing that could be an SSN."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bensync.core.values.employee_ids import refuse_bad_id


@pytest.mark.parametrize(
    "text", ["1", "0042", "E-1001", "a.b@acme.com", "X_9+2/7", "900000001", "A" * 64, "1234567890"]
)
def test_an_id_of_letters_digits_and_some_signs_is_taken(text):
    refuse_bad_id(text)


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 2", "-1", "A" * 65, "1\n2", "1\x1b[31m", "12\u202e34", "1\u200b2", "\u0661", "<b>", "1,2", "1\x9b2"],
)
def test_other_characters_are_refused(text):
    with pytest.raises(ValueError, match="other characters"):
        refuse_bad_id(text)


@pytest.mark.parametrize("text", ["512446789", "512-44-6789", "512.44.6789", "SSN512446789", "E-512-44-6789"])
def test_an_id_that_could_be_an_ssn_is_refused_without_being_quoted(text):
    with pytest.raises(ValueError, match=r"^could be an SSN$"):
        refuse_bad_id(text)


@given(st.text())
def test_what_is_taken_is_ascii_on_one_line(text):
    try:
        refuse_bad_id(text)
    except ValueError:
        return
    assert text.isascii()
    assert text.isprintable()
    assert " " not in text
