"""The bodies that programs send: nothing unknown, nothing too long, and nothing that would act on a terminal."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

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


def test_an_empty_text_clears_a_field():
    assert Correct.model_validate({"fields": {"middle_name": ""}, "reason": REASON}).fields == {"middle_name": ""}
