"""Corrections of participants: who may change which field of whom, and what the audit trail keeps of it."""

from __future__ import annotations

from datetime import date

import pytest

from bensync.actions import corrections
from bensync.core.access import Grant, Right, Role, actor_for
from bensync.core.people import Standing
from bensync.errors import Denied
from tests.fixtures.house import house
from tests.unit.builders import profile

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def here(database):
    with house(database) as found:
        yield found


@pytest.mark.parametrize("kind", ["edit", "terminate", "reinstate"])
def test_corrections_want_the_right_to_correct(here, kind):
    someone = here.approved(profile())
    user = here.actor(here.add("kim", Role.HR_USER))
    calls = {
        "edit": lambda: corrections.edit(
            here.store, "acme", someone.id, {"city": "Erie"}, "a good reason", user, here.now
        ),
        "terminate": lambda: corrections.terminate(
            here.store, "acme", someone.id, date(2026, 5, 1), "a good reason", user, here.now
        ),
        "reinstate": lambda: corrections.reinstate(here.store, "acme", someone.id, "a good reason", user, here.now),
    }

    with pytest.raises(Denied):
        calls[kind]()
    with here.store.read("acme") as work:
        assert work.participants.by_ids([someone.id])[someone.id] == someone


def test_S1_12_the_data_owner_corrects_everything_and_it_is_audited(here):
    someone = here.approved(profile())
    kim = here.actor(here.add("kim", Role.DATA_OWNER))

    corrections.edit(
        here.store, "acme", someone.id, {"city": "Erie", "pay_rate": "12.00 USD"}, "a phone call", kim, here.now
    )
    corrections.terminate(here.store, "acme", someone.id, date(2026, 5, 1), "left the company", kim, here.now)

    assert here.audit("acme")[-2:] == [("kim", "participant.edit"), ("kim", "participant.terminate")]
    with here.store.read("acme") as work:
        assert work.participants.by_ids([someone.id])[someone.id].standing is Standing.TERMINATED


def test_nobody_sets_a_field_that_they_do_not_see(here):
    someone = here.approved(profile())
    grant = Grant("acme", Role.ADMINISTRATOR, extras=frozenset({Right.CORRECT}))
    visible = {Role.ADMINISTRATOR: ["city"]}
    actor = actor_for("lee", [grant], "acme", visible=visible)

    corrections.edit(here.store, "acme", someone.id, {"city": "Erie"}, "a good reason", actor, here.now)
    with pytest.raises(Denied, match="pay_rate"):
        corrections.edit(
            here.store, "acme", someone.id, {"city": "Rome", "pay_rate": "1.00 USD"}, "a good reason", actor, here.now
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
def test_S1_10_an_employee_corrects_where_they_live_on_their_own_record_only(here, own, fields, allowed):
    someone = here.approved(profile(1))
    kim = here.actor(here.add("kim", Role.EMPLOYEE, Right.CORRECT_OWN, employee_id=own))
    reader = here.actor(here.add("lee", Role.EMPLOYEE, employee_id="1"))

    with pytest.raises(Denied):
        corrections.edit(here.store, "acme", someone.id, fields, "moved", reader, here.now)
    if allowed:
        corrections.edit(here.store, "acme", someone.id, fields, "moved", kim, here.now)
    else:
        with pytest.raises(Denied):
            corrections.edit(here.store, "acme", someone.id, fields, "moved", kim, here.now)
    with pytest.raises(Denied):
        corrections.terminate(here.store, "acme", someone.id, date(2026, 5, 1), "a good reason", kim, here.now)
    with here.store.read("acme") as work:
        assert (work.participants.by_ids([someone.id])[someone.id].version > someone.version) is allowed
