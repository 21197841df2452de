"""The parts that several shapes share: moments in UTC, money without rounding, and fields that are copied by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from pydantic import ValidationError

from bensync.api_shapes.base import Moment, Money, Shape, copied, difference, explained, subject
from bensync.api_shapes.sync import Issue
from bensync.core.changes import FieldChange
from bensync.errors import CONFIRM, DecisionError
from tests.unit.views import ADA, issue_view, visibility


class Payment(Shape):
    at: Moment
    amount: Money


def test_a_moment_is_in_utc_to_the_second_wherever_it_was_taken():
    ohio = timezone(-timedelta(hours=5))
    paid = Payment(at=datetime(2026, 6, 19, 23, 0, 12, 345, tzinfo=ohio), amount=Decimal(1))
    assert paid.model_dump(mode="json")["at"] == "2026-06-20T04:00:12Z"


@pytest.mark.parametrize(("amount", "text"), [("240.00", "240.00"), ("1E+2", "100"), ("0", "0"), ("-3.50", "-3.50")])
def test_an_amount_is_text_that_no_program_rounds(amount, text):
    paid = Payment(at=datetime(2026, 6, 1, tzinfo=UTC), amount=Decimal(amount))
    assert paid.model_dump(mode="json")["amount"] == text


def test_an_invalid_answer_is_refused_without_its_content():
    with pytest.raises(ValidationError) as refusal:
        Payment(at="Ada Vale 123-45-6789", amount=Decimal(1))  # type: ignore[arg-type]
    assert "Ada Vale" not in str(refusal.value)


def test_fields_of_the_same_name_are_copied_and_others_come_beside_or_instead():
    shown = copied(Issue, issue_view(), detail="in words")
    assert (shown.id, shown.employee_id, shown.detail) == (3, "104", "in words")
    with pytest.raises(ValidationError, match="detail"):
        copied(Issue, FieldChange("city", None, None))


def test_a_participant_is_named_as_far_as_the_role_sees_names():
    names = frozenset({"first_name", "last_name"})
    assert subject(ADA).name == "Ada Vale"
    assert subject(ADA, visibility(fields=names)).name == "Ada Vale"
    assert subject(ADA, visibility()).name == "Employee 104"


def test_a_difference_shows_an_empty_field_as_null():
    assert difference(FieldChange("city", None, "Akron")).model_dump() == {"field": "city", "old": None, "new": "Akron"}


def test_an_error_is_explained_with_the_remedy_of_the_api():
    error = DecisionError("Not approved.", "It ends all coverage.", "Add --confirm.", remedy=CONFIRM)
    shown = explained(error)
    assert (shown.what, shown.why) == ("Not approved.", "It ends all coverage.")
    assert "`confirmed: true`" in shown.fix
