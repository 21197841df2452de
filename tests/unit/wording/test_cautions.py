"""The statements that a person confirms before a risky request is approved."""

from __future__ import annotations

import pytest

from bensync.core.requests import Caution
from bensync.wording.cautions import statement, unconfirmed


@pytest.mark.parametrize("caution", Caution)
def test_every_caution_is_a_statement_that_a_person_can_confirm(caution):
    assert statement(caution, "Ada Vale").startswith("I ")
    assert statement(caution, "Ada Vale").endswith(".")


def test_no_caution_is_no_statement():
    assert statement(None) == ""


def test_a_name_with_braces_is_only_a_name():
    assert "{0}" in statement(Caution.REACTIVATES, "{0}")


def test_an_error_says_which_statement_is_not_confirmed_without_a_name():
    assert unconfirmed(Caution.ENDS_BENEFITS) == (
        "The caution is not confirmed: I understand that this ends all benefits of this person, that bensync notifies "
        "no carrier, and that a person must notify each carrier that bensync lists."
    )
