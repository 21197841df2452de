"""Outlooks of changes to benefit events: what a mark takes away, and what a change adds to the next run."""

from __future__ import annotations

from bensync.actions.benefits.outlooks import can_mark, change_effect, event_loss, reprocessed
from bensync.benefits.engine.event_order import set_indicator
from bensync.benefits.values.events import Indicator
from tests.unit.benefits.situations import run_context, termination_result


def test_the_loss_of_an_event_is_what_the_next_run_reverses() -> None:
    case = termination_result().case
    event = case.events[-1]
    loss = event_loss(case, event, Indicator.VOID, run_context())
    result = reprocessed(case, event, Indicator.VOID, run_context())
    assert loss.rows == sum(row.event == event.number for row in result.reversed) > 0
    assert loss.cobra == 1
    assert loss.refused == ""


def test_an_event_that_is_void_already_says_why_it_loses_nothing() -> None:
    case = termination_result().case
    event = case.events[-1]
    void = reprocessed(case, event, Indicator.VOID, run_context()).case
    loss = event_loss(void, void.event(event.number), Indicator.VOID, run_context())
    assert loss.refused
    assert (loss.rows, loss.cobra, loss.elections) == (0, 0, 0)


def test_a_mark_is_offered_once() -> None:
    case = termination_result().case
    event = case.events[-1]
    assert can_mark(case, event, Indicator.VOID)
    marked = set_indicator(case, event.number, Indicator.VOID)
    assert not can_mark(marked, marked.event(event.number), Indicator.VOID)


def test_a_change_that_changes_nothing_has_no_effect() -> None:
    case = termination_result().case
    effect = change_effect(case, lambda unchanged: unchanged, run_context())
    assert (effect.shifts, list(effect.cobra)) == ((), [])


def test_the_effect_of_a_change_is_the_difference_of_two_runs() -> None:
    case = termination_result().case
    number = case.events[-1].number
    effect = change_effect(case, lambda now: set_indicator(now, number, Indicator.VOID), run_context())
    assert effect.shifts
