"""Corrections of participants: who may change which field of whom, and what the audit trail keeps of it."""

from __future__ import annotations

from datetime import date

import pytest

from bensync.actions import corrections
from bensync.core.access import Grant, Right, Role, actor_for
from bensync.core.intake.proposals import IntakeRules
from bensync.core.people import Standing
from bensync.core.requests import Caution
from bensync.errors import CONFIRM, DecisionError, Denied
from bensync.wording.cautions import unconfirmed
from tests.fixtures.user_deployment import ROOT, user_deployment
from tests.unit.builders import profile

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def deployment(database):
    with user_deployment(database) as deployment:
        yield deployment


@pytest.mark.parametrize("kind", ["edit", "terminate", "reinstate"])
def test_corrections_want_the_right_to_correct(deployment, kind):
    someone = deployment.approved(profile())
    user = deployment.actor(deployment.add("kim", Role.HR_USER))
    calls = {
        "edit": lambda: corrections.edit(
            deployment.store, "acme", someone.id, {"city": "Erie"}, "a good reason", user, deployment.now
        ),
        "terminate": lambda: corrections.terminate(
            deployment.store,
            "acme",
            someone.id,
            date(2026, 5, 1),
            "a good reason",
            user,
            deployment.now,
            confirmed=True,
        ),
        "reinstate": lambda: corrections.reinstate(
            deployment.store, "acme", someone.id, "a good reason", user, deployment.now
        ),
    }

    with pytest.raises(Denied):
        calls[kind]()
    with deployment.store.read("acme") as work:
        assert work.participants.by_ids([someone.id])[someone.id] == someone


def test_S1_12_the_data_owner_corrects_everything_and_it_is_audited(deployment):
    someone = deployment.approved(profile())
    kim = deployment.actor(deployment.add("kim", Role.DATA_OWNER))

    corrections.edit(
        deployment.store,
        "acme",
        someone.id,
        {"city": "Erie", "pay_rate": "12.00 USD"},
        "a phone call",
        kim,
        deployment.now,
    )
    corrections.terminate(
        deployment.store, "acme", someone.id, date(2026, 5, 1), "left the company", kim, deployment.now, confirmed=True
    )

    assert deployment.audit("acme")[-2:] == [("kim", "participant.edit"), ("kim", "participant.terminate")]
    with deployment.store.read("acme") as work:
        assert work.participants.by_ids([someone.id])[someone.id].standing is Standing.TERMINATED


def test_nobody_sets_a_field_that_they_do_not_see(deployment):
    someone = deployment.approved(profile())
    grant = Grant("acme", Role.ADMINISTRATOR, extras=frozenset({Right.CORRECT}))
    visible = {Role.ADMINISTRATOR: ["city"]}
    actor = actor_for("lee", [grant], "acme", visible=visible)

    corrections.edit(deployment.store, "acme", someone.id, {"city": "Erie"}, "a good reason", actor, deployment.now)
    with pytest.raises(Denied, match="pay_rate"):
        corrections.edit(
            deployment.store,
            "acme",
            someone.id,
            {"city": "Rome", "pay_rate": "1.00 USD"},
            "a good reason",
            actor,
            deployment.now,
        )


@pytest.mark.parametrize(
    ("own", "fields", "allowed"),
    [
        ("1", {"city": "Erie"}, True),
        ("1", {"city": "Erie", "home_phone": "555"}, True),
        ("1", {"city": "Erie", "pay_rate": "1.00 USD"}, False),
        ("1", {"ssn": "123450002"}, False),
        ("2", {"city": "Erie"}, False),
    ],
)
def test_S1_10_an_employee_corrects_where_they_live_on_their_own_record_only(deployment, own, fields, allowed):
    someone = deployment.approved(profile(1))
    kim = deployment.actor(deployment.add("kim", Role.EMPLOYEE, Right.CORRECT_OWN, employee_id=own))
    reader = deployment.actor(deployment.add("lee", Role.EMPLOYEE, employee_id="1"))

    with pytest.raises(Denied):
        corrections.edit(deployment.store, "acme", someone.id, fields, "moved", reader, deployment.now)
    if allowed:
        corrections.edit(deployment.store, "acme", someone.id, fields, "moved", kim, deployment.now)
    else:
        with pytest.raises(Denied):
            corrections.edit(deployment.store, "acme", someone.id, fields, "moved", kim, deployment.now)
    with pytest.raises(Denied):
        corrections.terminate(
            deployment.store, "acme", someone.id, date(2026, 5, 1), "a good reason", kim, deployment.now, confirmed=True
        )
    with deployment.store.read("acme") as work:
        assert (work.participants.by_ids([someone.id])[someone.id].version > someone.version) is allowed


@pytest.mark.parametrize(
    ("on", "why"),
    [
        (date(1970, 1, 1), "before the last hire date"),
        (date(1900, 1, 1), "before the last hire date"),
        (date(2199, 1, 1), "years ahead"),
    ],
)
def test_a_termination_on_a_day_that_cannot_be_is_refused(deployment, on, why):
    someone = deployment.approved(profile())
    with pytest.raises(DecisionError) as caught:
        corrections.terminate(deployment.store, "acme", someone.id, on, "a slip", ROOT, deployment.now, confirmed=True)
    assert why in caught.value.why
    with deployment.store.read("acme") as state:
        assert state.participants.by_ids([someone.id])[someone.id] == someone


def test_a_termination_that_nobody_confirmed_is_refused_with_the_caution_of_an_approval(deployment):
    someone = deployment.approved(profile())
    with pytest.raises(DecisionError) as caught:
        corrections.terminate(
            deployment.store, "acme", someone.id, date(2026, 5, 1), "left the company", ROOT, deployment.now
        )
    assert caught.value.remedy is CONFIRM
    assert caught.value.why == unconfirmed(Caution.ENDS_BENEFITS)
    with deployment.store.read("acme") as state:
        assert state.participants.by_ids([someone.id])[someone.id] == someone


def rules(*second: str) -> IntakeRules:
    return IntakeRules(second_approver=frozenset(second))


@pytest.mark.parametrize("second", ["terminate", "high_risk", "far_back"])
def test_a_manual_termination_takes_two_people_where_the_approval_of_one_does(deployment, second):
    someone = deployment.approved(profile())
    kim, lee = (deployment.actor(deployment.add(name, Role.DATA_OWNER)) for name in ("kim", "lee"))

    def terminate(actor, on=date(2026, 3, 1), *, confirmed=True):
        corrections.terminate(
            deployment.store,
            "acme",
            someone.id,
            on,
            "left the company",
            actor,
            deployment.now,
            confirmed=confirmed,
            rules=rules(second),
        )

    with pytest.raises(DecisionError, match="waits for a second person"):
        terminate(kim)
    with pytest.raises(DecisionError, match="waits for a second person"):
        terminate(kim)
    with pytest.raises(DecisionError, match="waits for a second person"):
        terminate(lee, date(2026, 3, 2))
    with pytest.raises(DecisionError) as caught:
        terminate(lee, confirmed=False)
    assert caught.value.remedy is CONFIRM
    terminate(lee)

    with deployment.store.read("acme") as state:
        assert state.participants.by_ids([someone.id])[someone.id].standing is Standing.TERMINATED
    assert deployment.audit("acme")[-2:] == [("lee", "participant.terminate.second"), ("lee", "participant.terminate")]


def test_far_back_asks_for_two_people_only_where_the_termination_reaches_far_back(deployment):
    someone = deployment.approved(profile())
    corrections.terminate(
        deployment.store,
        "acme",
        someone.id,
        deployment.now.date(),
        "left the company",
        ROOT,
        deployment.now,
        confirmed=True,
        rules=rules("far_back"),
    )
    with deployment.store.read("acme") as state:
        assert state.participants.by_ids([someone.id])[someone.id].standing is Standing.TERMINATED


def test_a_termination_that_cannot_be_is_refused_before_anybody_is_the_first_of_two(deployment):
    someone = deployment.approved(profile())
    with pytest.raises(DecisionError, match="not terminated"):
        corrections.terminate(
            deployment.store,
            "acme",
            someone.id,
            date(2199, 1, 1),
            "a slip",
            ROOT,
            deployment.now,
            confirmed=True,
            rules=rules("terminate"),
        )
    assert not [verb for _, verb in deployment.audit("acme") if verb.startswith("participant.terminate")]


@pytest.mark.parametrize("second", ["reactivate", "high_risk"])
def test_a_manual_reinstatement_takes_two_people_where_the_approval_of_a_reactivation_does(deployment, second):
    someone = deployment.approved(profile())
    kim, lee = (deployment.actor(deployment.add(name, Role.DATA_OWNER)) for name in ("kim", "lee"))
    corrections.terminate(
        deployment.store, "acme", someone.id, date(2026, 5, 1), "a slip", kim, deployment.now, confirmed=True
    )

    def reinstate(actor):
        corrections.reinstate(
            deployment.store, "acme", someone.id, "a good reason", actor, deployment.now, rules=rules(second)
        )

    with pytest.raises(DecisionError, match="waits for a second person"):
        reinstate(kim)
    reinstate(lee)
    with pytest.raises(DecisionError, match="already active"):
        reinstate(lee)
    with deployment.store.read("acme") as state:
        assert state.participants.by_ids([someone.id])[someone.id].standing is Standing.ACTIVE
