"""An SSN in full: who may, for which reason, how often, and that nobody sees one unnoticed."""

from __future__ import annotations

import pytest

from bensync.actions.reveal import Holder, Subject, reveal
from bensync.core.access import Grant, Right, Role, actor_for, command_line_actor
from bensync.core.ports import Notice
from bensync.errors import DecisionError, Denied, StepUpNeeded
from tests.fixtures.user_deployment import UserDeployment as Deployment
from tests.fixtures.user_deployment import user_deployment
from tests.unit.builders import profile, ssn

REASON = "the carrier asks for it on the phone"


@pytest.fixture
def deployment(database):
    with user_deployment(database) as begun:
        yield begun


class Post:
    """Queues nothing, but keeps what was sent, and what the trail held then."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    def __call__(self, work, notice, now) -> None:
        assert work.lists.audit().items[-1].verb == "ssn.reveal"
        self.notices.append(notice)


@pytest.fixture
def post() -> Post:
    return Post()


def owner(fresh: bool = True, role: Role = Role.DATA_OWNER):
    return actor_for("kim", [Grant("acme", role)], "acme", fresh=fresh)


def show(deployment: Deployment, subject: Subject, actor, post: Post, reason: str = REASON, site: str = "acme") -> str:
    return reveal(deployment.store, site, subject, actor, reason, deployment.now, post)


def test_S1_12_the_data_owner_sees_the_ssn_of_a_participant_and_of_a_request(deployment, post):
    someone = Subject(Holder.PARTICIPANT, deployment.approved(profile(1)).id)
    asking = Subject(Holder.REQUEST, deployment.ask(profile(2)))

    assert show(deployment, someone, owner(), post) == ssn(1)
    assert show(deployment, asking, owner(), post) == ssn(2)
    assert deployment.audit("acme")[-2:] == [("kim", "ssn.reveal")] * 2
    assert [notice.key for notice in post.notices] == ["reveal:acme:2", "reveal:acme:3"]


def test_the_notice_says_who_saw_whose_and_nothing_personal(deployment, post):
    show(deployment, Subject(Holder.PARTICIPANT, deployment.approved(profile(1)).id), owner(), post)
    (notice,) = post.notices

    assert "kim saw the SSN of HR employee 1 of acme in full" in notice.body
    assert not [word for word in (ssn(1), "Robin", "Example", REASON) if word in f"{notice.subject} {notice.body}"]
    assert not notice.alert


def test_nobody_sees_one_when_it_cannot_be_written_down_and_reported(deployment):
    someone = Subject(Holder.PARTICIPANT, deployment.approved(profile(1)).id)
    before = deployment.audit("acme")

    def fail(work, notice, now) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        show(deployment, someone, owner(), fail)
    assert deployment.audit("acme") == before


def test_it_is_written_down_before_anybody_sees_it(deployment, post, monkeypatch):
    someone = Subject(Holder.PARTICIPANT, deployment.approved(profile(1)).id)

    def fail(work, subject) -> str:
        raise RuntimeError

    monkeypatch.setattr("bensync.actions.reveal._ssn", fail)
    with pytest.raises(RuntimeError):
        show(deployment, someone, owner(), post)
    assert deployment.audit("acme")[-1] == ("kim", "ssn.reveal")


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.DATA_OWNER, Role.SENIOR_USER}])
def test_no_other_role_sees_one(deployment, post, role):
    someone = Subject(Holder.PARTICIPANT, deployment.approved(profile(1)).id)
    actor = actor_for("kim", [Grant("acme", role, "1" if role is Role.EMPLOYEE else "")], "acme", fresh=True)

    with pytest.raises(Denied):
        show(deployment, someone, actor, post)
    assert deployment.audit("acme")[-1] == ("kim", "break_glass.refused")
    assert not post.notices


@pytest.mark.parametrize("role", [Role.DATA_OWNER, Role.SENIOR_USER])
def test_a_fresh_code_comes_first(deployment, post, role):
    with pytest.raises(StepUpNeeded):
        show(
            deployment,
            Subject(Holder.PARTICIPANT, deployment.approved(profile(1)).id),
            owner(fresh=False, role=role),
            post,
        )
    assert not post.notices


@pytest.mark.parametrize("reason", ["", "   ", "because", "x y", "aaaaaaaaaaaaaaaa"])
def test_without_a_reason_nothing_is_shown(deployment, post, reason):
    with pytest.raises(DecisionError, match="not shown"):
        show(deployment, Subject(Holder.PARTICIPANT, deployment.approved(profile(1)).id), owner(), post, reason)
    assert not post.notices


def test_nobody_is_shown_who_is_not_of_the_site(deployment, post):
    subject = Subject(Holder.PARTICIPANT, deployment.approved(profile(1), site="beta").id)
    for holder in Holder:
        with pytest.raises(DecisionError, match="There is no"):
            show(deployment, Subject(holder, subject.id), owner(), post)
    with pytest.raises(Denied):
        show(deployment, subject, owner(), post, site="beta")
    assert not post.notices


def test_an_emergency_is_an_emergency_five_times_in_24_hours(deployment, post):
    someone = Subject(Holder.PARTICIPANT, deployment.approved(profile(1)).id)
    senior = owner(role=Role.SENIOR_USER)
    for _ in range(5):
        assert show(deployment, someone, senior, post) == ssn(1)
        deployment.pass_time(hours=1)
    with pytest.raises(Denied, match="not shown"):
        show(deployment, someone, senior, post)
    assert len(post.notices) == 5
    assert deployment.audit("acme")[-1] == ("kim", "break_glass.refused")
    deployment.pass_time(hours=20)

    assert show(deployment, someone, senior, post) == ssn(1)
    assert "broke the glass" in post.notices[0].body


def test_the_data_owner_has_no_such_limit_and_the_terminal_is_reported_too(deployment, post):
    someone = Subject(Holder.PARTICIPANT, deployment.approved(profile(1)).id)
    for _ in range(7):
        show(deployment, someone, owner(), post)
    show(deployment, someone, command_line_actor("op"), post)

    assert post.notices[-1].body.startswith("op saw")
    assert Right.REVEAL in command_line_actor("op").rights
