"""What the arguments of commands mean: a participant who is named by an HR id or a number, a member of a list."""

from __future__ import annotations

import pytest
import typer

from bensync.cli.arguments import number_of, one_of
from bensync.core.requests import RequestState
from bensync.errors import DecisionError
from tests.fixtures.databases import in_file
from tests.fixtures.user_deployment import user_deployment
from tests.unit.builders import profile


def test_a_member_is_named_in_any_case_and_may_be_left_out():
    assert one_of(RequestState, "pending", "--state") is RequestState.PENDING
    assert one_of(RequestState, None, "--state") is None
    with pytest.raises(typer.BadParameter, match="PENDING, APPROVED"):
        one_of(RequestState, "asleep", "--state")


def test_a_participant_is_named_by_the_hr_employee_or_by_number(tmp_path):
    with user_deployment(in_file(tmp_path)) as deployment:
        participant = deployment.approved(profile(1))
        assert number_of(deployment.store, "acme", "1") == participant.id
        assert number_of(deployment.store, "acme", f"p{participant.id}") == participant.id
        for stranger in ("2", f"p{participant.id + 1}", "p", ""):
            with pytest.raises(DecisionError, match="There is no participant"):
                number_of(deployment.store, "acme", stranger)


def test_of_two_participants_of_one_employee_none_is_chosen(tmp_path):
    with user_deployment(in_file(tmp_path)) as deployment:
        numbers = [deployment.approved(profile(1)).id, deployment.approved(profile(1, ssn="123459999")).id]
        with pytest.raises(DecisionError) as refusal:
            number_of(deployment.store, "acme", "1")
        assert all(f"p{number}" in refusal.value.fix for number in numbers)
