"""The case of one participant as a value that can be stored."""

from __future__ import annotations

import msgspec

from bensync.benefits.values.cases import Case
from tests.unit.benefits.cases import (
    activity,
    after_run,
    case,
    person,
    with_activities,
)
from tests.unit.benefits.situations import termination_result


def test_a_case_survives_being_written_and_read():
    actual = termination_result().case
    assert actual.cobra
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(actual), type=Case) == actual
    waiting = after_run(with_activities(case(person(), "medical"), activity("FSC")))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(waiting), type=Case) == waiting
