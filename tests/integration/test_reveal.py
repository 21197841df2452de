"""An SSN in full: who may, for which reason, how often, and that nobody sees one in silence."""

from __future__ import annotations

import pytest

from bensync.actions.reveal import Holder, Subject, reveal
from bensync.core.access import Grant, Right, Role, actor_for, command_line_actor
from bensync.core.ports import Notice
from bensync.errors import DecisionError, Denied, StepUpNeeded
from tests.fixtures.house import House, house
from tests.unit.builders import profile, ssn

REASON = "the carrier asks for it on the phone"


@pytest.fixture
def here(database):
    with house(database) as found:
        yield found


class Post:
    """Queues nothing, but keeps what was told, and what the trail held then."""

    def __init__(self) -> None:
        self.told: list[Notice] = []

    def __call__(self, work, notice, now) -> None:
        assert work.lists.audit().items[-1].verb == "ssn.reveal"
        self.told.append(notice)


@pytest.fixture
def post() -> Post:
    return Post()


def owner(fresh: bool = True, role: Role = Role.DATA_OWNER):
    return actor_for("kim", [Grant("acme", role)], "acme", fresh=fresh)


def show(here: House, subject: Subject, actor, post: Post, reason: str = REASON, site: str = "acme") -> str:
    return reveal(here.store, site, subject, actor, reason, here.now, post)


def test_S1_12_the_data_owner_sees_the_ssn_of_a_participant_and_of_a_request(here, post):
    someone = Subject(Holder.PARTICIPANT, here.approved(profile(1)).id)
    asking = Subject(Holder.REQUEST, here.ask(profile(2)))

    assert show(here, someone, owner(), post) == ssn(1)
    assert show(here, asking, owner(), post) == ssn(2)
    assert here.audit("acme")[-2:] == [("kim", "ssn.reveal")] * 2
    assert [notice.key for notice in post.told] == ["reveal:acme:2", "reveal:acme:3"]


def test_the_notice_says_who_saw_whose_and_nothing_personal(here, post):
    show(here, Subject(Holder.PARTICIPANT, here.approved(profile(1)).id), owner(), post)
    (notice,) = post.told

    assert "kim saw the SSN of HR employee 1 of acme in full" in notice.body
    assert not [word for word in (ssn(1), "Robin", "Example", REASON) if word in f"{notice.subject} {notice.body}"]
    assert not notice.alert


def test_nobody_sees_one_when_it_cannot_be_written_down_and_told(here):
    someone = Subject(Holder.PARTICIPANT, here.approved(profile(1)).id)
    before = here.audit("acme")

    def fail(work, notice, now) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        show(here, someone, owner(), fail)
    assert here.audit("acme") == before


def test_it_is_written_down_before_anybody_sees_it(here, post, monkeypatch):
    someone = Subject(Holder.PARTICIPANT, here.approved(profile(1)).id)

    def fail(work, subject) -> str:
        raise RuntimeError

    monkeypatch.setattr("bensync.actions.reveal._ssn", fail)
    with pytest.raises(RuntimeError):
        show(here, someone, owner(), post)
    assert here.audit("acme")[-1] == ("kim", "ssn.reveal")


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.DATA_OWNER, Role.SENIOR_USER}])
def test_no_other_role_sees_one(here, post, role):
    someone = Subject(Holder.PARTICIPANT, here.approved(profile(1)).id)
    actor = actor_for("kim", [Grant("acme", role, "1" if role is Role.EMPLOYEE else "")], "acme", fresh=True)

    with pytest.raises(Denied):
        show(here, someone, actor, post)
    assert here.audit("acme")[-1] == ("kim", "break_glass.refused")
    assert not post.told


@pytest.mark.parametrize("role", [Role.DATA_OWNER, Role.SENIOR_USER])
def test_a_fresh_code_comes_first(here, post, role):
    with pytest.raises(StepUpNeeded):
        show(here, Subject(Holder.PARTICIPANT, here.approved(profile(1)).id), owner(fresh=False, role=role), post)
    assert not post.told


@pytest.mark.parametrize("reason", ["", "   ", "because", "x y", "aaaaaaaaaaaaaaaa"])
def test_without_a_reason_nothing_is_shown(here, post, reason):
    with pytest.raises(DecisionError, match="not shown"):
        show(here, Subject(Holder.PARTICIPANT, here.approved(profile(1)).id), owner(), post, reason)
    assert not post.told


def test_nobody_is_shown_who_is_not_of_the_site(here, post):
    subject = Subject(Holder.PARTICIPANT, here.approved(profile(1), site="beta").id)
    for holder in Holder:
        with pytest.raises(DecisionError, match="There is no"):
            show(here, Subject(holder, subject.id), owner(), post)
    with pytest.raises(Denied):
        show(here, subject, owner(), post, site="beta")
    assert not post.told


def test_an_emergency_is_an_emergency_five_times_in_24_hours(here, post):
    someone = Subject(Holder.PARTICIPANT, here.approved(profile(1)).id)
    senior = owner(role=Role.SENIOR_USER)
    for _ in range(5):
        assert show(here, someone, senior, post) == ssn(1)
        here.pass_time(hours=1)
    with pytest.raises(Denied, match="not shown"):
        show(here, someone, senior, post)
    assert len(post.told) == 5
    assert here.audit("acme")[-1] == ("kim", "break_glass.refused")
    here.pass_time(hours=20)

    assert show(here, someone, senior, post) == ssn(1)
    assert "broke the glass" in post.told[0].body


def test_the_data_owner_has_no_such_limit_and_the_terminal_is_told_of_too(here, post):
    someone = Subject(Holder.PARTICIPANT, here.approved(profile(1)).id)
    for _ in range(7):
        show(here, someone, owner(), post)
    show(here, someone, command_line_actor("op"), post)

    assert post.told[-1].body.startswith("op saw")
    assert Right.REVEAL in command_line_actor("op").rights
