"""The bodies that programs send: nothing unknown, nothing too long, and nothing that would act on a terminal."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from bensync.api_shapes import bodies
from bensync.api_shapes.bodies import (
    AddActivity,
    Approve,
    ApproveMany,
    Correct,
    Decline,
    Elect,
    MoveActivity,
    Reprocess,
    Synchronize,
    Terminate,
)
from bensync.core.values.limits import LARGEST_NUMBER, SHORTEST_REASON

REASON = "a typo in HR"
REFUSED = [
    (Approve, {"confirmd": True}),
    (ApproveMany, {"ids": []}),
    (ApproveMany, {"ids": [0]}),
    (ApproveMany, {"ids": [LARGEST_NUMBER + 1]}),
    (ApproveMany, {"ids": list(range(1, 1002))}),
    (ApproveMany, {"ids": [1.5]}),
    (ApproveMany, {"ids": [0.0]}),
    (ApproveMany, {"ids": [float("inf")]}),
    (ApproveMany, {"ids": [float("nan")]}),
    (ApproveMany, {"ids": ["1"]}),
    (ApproveMany, {"ids": [True]}),
    (Decline, {"reason": "NO_SUCH_REASON"}),
    (Decline, {"reason": "OTHER", "note": "a\x1b[2Jb"}),
    (Correct, {"fields": {}, "reason": REASON}),
    (Correct, {"fields": {"City": "Akron"}, "reason": REASON}),
    (Correct, {"fields": {"city": "A" * 201}, "reason": REASON}),
    (Correct, {"fields": {"city": "Akron"}, "reason": "x" * (SHORTEST_REASON - 1)}),
    (Terminate, {"on": "someday", "reason": REASON}),
    (Elect, {"elections": [{"plan_type": "medical", "plan": "MED", "contribution": "1e3"}]}),
    (Elect, {"elections": [{"plan_type": "medical plan"}]}),
    (Reprocess, {"how": "UNDO", "reason": REASON}),
    (AddActivity, {"event_class": "", "on": "2026-06-01", "reason": REASON}),
    (MoveActivity, {"how": "burn"}),
]


@pytest.mark.parametrize(
    ("body", "content"), REFUSED, ids=[f"{body.__name__}-{n}" for n, (body, _) in enumerate(REFUSED)]
)
def test_a_body_that_could_be_misunderstood_is_refused(body, content):
    with pytest.raises(ValidationError):
        body.model_validate(content)


def test_a_refused_body_is_not_repeated():
    with pytest.raises(ValidationError) as refusal:
        Correct.model_validate({"fields": {"ssn": "123-45-6789" * 30}, "reason": REASON})
    assert "123-45" not in str(refusal.value)


def test_nothing_is_confirmed_or_sent_by_default():
    assert not Approve.model_validate({}).confirmed
    assert Synchronize.model_validate({}).model_dump() == {"active": False, "inactive": False}


def test_an_integer_may_be_written_with_a_zero_fraction():
    (number,) = ApproveMany.model_validate({"ids": [610.0]}).ids
    assert (number, type(number)) == (610, int)


def test_an_empty_text_clears_a_field():
    assert Correct.model_validate({"fields": {"middle_name": ""}, "reason": REASON}).fields == {"middle_name": ""}


@pytest.mark.parametrize(
    "on",
    [1796083200, 1796083200.0, "1796083200", "2026-05-31T00:00:00", "2026-05-31 ", "20260531", "5/31/2026", True, None],
)
@pytest.mark.parametrize(
    ("body", "others"),
    [
        (bodies.Terminate, {"reason": "a good reason"}),
        (bodies.AddActivity, {"event_class": "BIR", "reason": "a good reason"}),
        (bodies.ReachStep, {"step": "notice_sent"}),
    ],
)
def test_a_date_is_a_text_of_year_month_and_day_and_no_number(body, others, on):
    assert body.model_validate({**others, "on": "2026-05-31"}).on == date(2026, 5, 31)
    with pytest.raises(ValidationError):
        body.model_validate({**others, "on": on})


@pytest.mark.parametrize("confirmed", [1, 0, "true", "yes", None])
@pytest.mark.parametrize("body", [bodies.Approve, bodies.Finish, bodies.Terminate])
def test_only_true_confirms(body, confirmed):
    others = {"on": "2026-05-31"} if body is bodies.Terminate else {}
    reason = {} if body is bodies.Approve else {"reason": "a good reason"}
    with pytest.raises(ValidationError):
        body.model_validate({**others, **reason, "confirmed": confirmed})
