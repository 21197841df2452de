"""A process that dies while somebody signs in or is given a role leaves all of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from bensync.access import reveal, sign_in, users
from bensync.core.access import Grant, Right, Role
from bensync.core.model import Profile, Status
from bensync.faults import Fault, struck
from tests.fixtures.house import PASSWORD, ROOT, House, Person, house
from tests.fixtures.invariants import hold

HER_WAY_IN = ("users.revoke", "users.reset", "password.change")
NEW = "another orange teapot, quietly"
GRANT = Grant("acme", Role.AUDITOR)


class PowerCut(BaseException):
    """The process is gone."""


@pytest.fixture
def here(tmp_path):
    with house(tmp_path) as found:
        yield found


def cut() -> None:
    raise PowerCut


def look_at_an_ssn(here: House, kim: Person) -> None:
    values = {"ssn": "123456789", "first_name": "Ada", "last_name": "Vale", "hire_date": "2020-01-01"}
    with here.store.look("acme") as work:
        known = work.register.by_keys([work.vault.index(values["ssn"])])
    found = next(iter(known.values()), None) or here.approved(Profile("1", Status.ACTIVE, date(2020, 1, 1), values))
    subject = reveal.Subject(reveal.Holder.PARTICIPANT, found.id)
    reveal.reveal(here.store, "acme", subject, here.actor(kim), "a question of the carrier", here.now, lambda *_: None)


def touch(here: House, session_id: str) -> None:
    here.pass_time(minutes=5)
    sign_in.authenticate(here.store, session_id, here.now)


def change(here: House, kim: Person) -> None:
    sign_in.change_password(here.store, here.sign_in(kim), PASSWORD, NEW, here.code(kim), here.now)


ACTS: dict[str, Callable[[House, Person], object]] = {
    "sign_in.try": lambda here, kim: here.sign_in(kim),
    "sign_in.decide": lambda here, kim: here.sign_in(kim),
    "step_up.try": lambda here, kim: sign_in.step_up(here.store, here.sign_in(kim), here.code(kim), here.now),
    "step_up.decide": lambda here, kim: sign_in.step_up(here.store, here.sign_in(kim), here.code(kim), here.now),
    "session.end": lambda here, kim: sign_in.sign_out(here.store, here.sign_in(kim), here.now),
    "session.touch": lambda here, kim: touch(here, here.sign_in(kim)),
    "password.try": change,
    "password.change": change,
    "users.add": lambda here, kim: users.add(here.store, "lee", PASSWORD, GRANT, ROOT, here.now, issuer="test"),
    "users.grant": lambda here, kim: users.grant(here.store, "kim", GRANT, ROOT, here.now),
    "users.revoke": lambda here, kim: users.revoke(here.store, "kim", "acme", Role.DATA_OWNER, ROOT, here.now),
    "users.reset": lambda here, kim: users.reset(here.store, "kim", PASSWORD, ROOT, here.now, issuer="test"),
    "ssn.reveal": look_at_an_ssn,
}


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("act", ACTS)
def test_R1_an_act_of_access_is_whole_or_did_not_happen(here: House, act: str, side: str) -> None:
    kim = here.add("kim", Role.DATA_OWNER)

    with struck(Fault(f"{act}.commit.{side}", cut)), pytest.raises(PowerCut):
        ACTS[act](here, kim)

    hold(here.store, "acme")
    with here.store.look("acme") as work:
        assert work.journal.trail.verify().fault is None
    if act not in HER_WAY_IN:
        assert here.actor(kim).may(Right.DECIDE, "acme")
