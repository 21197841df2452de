"""What helps against an error reads differently on a page, in the API, and on the command line."""

from __future__ import annotations

import pytest

from bensync.errors import CONFIRM, DecisionError, Remedy, RemedyKind, run_command
from bensync.wording import remedies


def error(remedy: Remedy | None) -> DecisionError:
    """An error whose advice is meant for the command line."""
    return DecisionError("It was not done", "a reason", "run `bensync x` with --confirm", remedy=remedy)


@pytest.mark.parametrize("kind", list(RemedyKind))
def test_neither_pages_nor_the_api_advise_a_command_where_there_is_a_remedy(kind):
    failure = error(Remedy(kind, "x", 7))
    for text in (remedies.on_page(failure), remedies.in_api(failure)):
        assert text
        assert "--" not in text
        assert "`bensync" not in text


def test_a_caution_is_ticked_on_a_page_and_a_field_in_the_api():
    assert remedies.on_page(error(CONFIRM)) == "Read the caution and select its checkbox."
    assert "`confirmed: true`" in remedies.in_api(error(CONFIRM))


def test_a_command_that_has_a_page_is_that_page():
    assert remedies.on_page(error(run_command("people list"))) == "See the list of people."
    assert remedies.on_page(error(run_command("fsck"))).startswith("Ask your bensync operator")


def test_advice_without_a_remedy_stays():
    assert remedies.on_page(error(None)) == remedies.in_api(error(None)) == "run `bensync x` with --confirm"
