"""A manual correction of an SSN: it is no way to find out whether somebody has a number, and two people do it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bensync.actions import corrections
from bensync.core.access import SSN_CORRECTIONS_A_DAY, Actor, Grant, Right, Role, actor_for, command_line_actor
from bensync.core.people import Participant
from bensync.core.ports import Notice
from bensync.errors import BensyncError, DecisionError, Denied, StepUpNeeded
from tests.fixtures.user_deployment import UserDeployment as Deployment
from tests.fixtures.user_deployment import user_deployment
from tests.unit.builders import profile, ssn

REASON = "the card shows another number"
TAKEN, FREE = ssn(2), ssn(3)


@pytest.fixture
def deployment(database: str) -> Iterator[Deployment]:
    with user_deployment(database) as begun:
        yield begun


@pytest.fixture
def robin(deployment: Deployment) -> Participant:
    deployment.approved(profile(2))
    return deployment.approved(profile(1))


class Notices:
    """Collects the notices."""

    def __init__(self) -> None:
        self.sent: list[Notice] = []

    def __call__(self, _work: object, notice: Notice, _now: object) -> None:
        self.sent.append(notice)


def owner(name: str = "kim", *, fresh: bool = True, role: Role = Role.DATA_OWNER, extra: Right | None = None) -> Actor:
    extras = frozenset({extra}) if extra is not None else frozenset()
    return actor_for(name, [Grant("acme", role, extras=extras)], "acme", fresh=fresh)


def enter(deployment: Deployment, who: Participant, number: str, actor: Actor, notify: Notices | None = None) -> None:
    corrections.correct_ssn(
        deployment.store, "acme", who.id, number, REASON, actor, deployment.now, notify=notify or Notices()
    )


def answer(
    deployment: Deployment, who: Participant, number: str, actor: Actor
) -> tuple[type[BensyncError], str, str, str]:
    with pytest.raises(BensyncError) as caught:
        enter(deployment, who, number, actor)
    return type(caught.value), caught.value.what, caught.value.why, caught.value.fix


def stored(deployment: Deployment, who: Participant) -> str:
    with deployment.store.read("acme") as work:
        return work.participants.by_ids([who.id])[who.id].profile.values["ssn"]


def test_the_first_person_gets_the_same_answer_for_a_taken_and_a_free_number(deployment, robin):
    taken, free, own = (answer(deployment, robin, number, owner()) for number in (TAKEN, FREE, ssn(1)))

    assert taken == free == own
    assert taken[1] == "The change waits for a second person."
    assert stored(deployment, robin) == ssn(1)


def test_no_other_correction_sets_an_ssn_and_each_number_gets_the_same_answer(deployment, robin):
    answers = set()
    for number in (TAKEN, FREE, "no number", ""):
        with pytest.raises(DecisionError) as caught:
            corrections.edit(
                deployment.store, "acme", robin.id, {"ssn": number}, REASON, command_line_actor("op"), deployment.now
            )
        answers.add((caught.value.what, caught.value.why, caught.value.fix))
    assert len(answers) == 1
    assert stored(deployment, robin) == ssn(1)


def test_two_people_who_enter_the_same_number_correct_it(deployment, robin):
    answer(deployment, robin, FREE, owner())
    enter(deployment, robin, f"{FREE[:3]}-{FREE[3:5]}-{FREE[5:]}", owner("lee"))

    assert stored(deployment, robin) == FREE
    assert [verb for _, verb in deployment.audit("acme")][-5:] == [
        "ssn.correct",
        "ssn.correct.first",
        "ssn.correct",
        "ssn.correct.second",
        "participant.edit",
    ]


def test_another_number_of_the_second_person_is_another_correction(deployment, robin):
    answer(deployment, robin, FREE, owner())

    assert answer(deployment, robin, TAKEN, owner("lee"))[1] == "The change waits for a second person."
    assert stored(deployment, robin) == ssn(1)


def test_the_second_person_learns_that_the_number_is_taken(deployment, robin):
    answer(deployment, robin, TAKEN, owner())

    assert answer(deployment, robin, TAKEN, owner("lee"))[2] == "Another participant has it."
    assert stored(deployment, robin) == ssn(1)


def test_one_person_enters_five_numbers_a_day(deployment, robin):
    for number in range(3, 3 + SSN_CORRECTIONS_A_DAY):
        answer(deployment, robin, ssn(number), owner())
        deployment.pass_time(minutes=1)
    assert answer(deployment, robin, ssn(20), owner())[0] is Denied
    assert deployment.audit("acme")[-1] == ("kim", "reveal.refused")
    deployment.pass_time(hours=24)

    assert answer(deployment, robin, ssn(20), owner())[1] == "The change waits for a second person."


def test_each_attempt_is_reported_without_the_number(deployment, robin):
    notices = Notices()
    with pytest.raises(DecisionError):
        enter(deployment, robin, FREE, owner(), notices)

    (notice,) = notices.sent
    assert "kim entered an SSN for HR employee 1" in notice.body
    with deployment.store.read("acme") as work:
        trail = [f"{entry.object} {entry.reason}" for entry in work.lists.audit().items]
    assert not [text for text in [notice.subject, notice.body, *trail] if FREE in text or FREE[-4:] in text]


@pytest.mark.parametrize(
    ("actor", "error"),
    [
        (owner(fresh=False), StepUpNeeded),
        (owner(role=Role.HR_USER, extra=Right.CORRECT), Denied),
        (owner(role=Role.ADMINISTRATOR, extra=Right.CORRECT), Denied),
        (owner(role=Role.AUDITOR), Denied),
    ],
    ids=["without a fresh code", "HR user", "administrator", "auditor"],
)
def test_it_needs_a_fresh_code_and_the_right_to_reveal(deployment, robin, actor, error):
    notices = Notices()
    with pytest.raises(error):
        enter(deployment, robin, FREE, actor, notices)
    assert not notices.sent


@pytest.mark.parametrize(
    "number", ["", "12345678", "000-12-3456", "666123456", "912-34-5678", "123450000", "078-05-1120"]
)
def test_a_typed_ssn_passes_the_checks_of_those_from_hr(deployment, robin, number):
    for name in ("kim", "lee"):
        assert answer(deployment, robin, number, owner(name))[2] == "It is not nine digits of a number that can exist."
    assert stored(deployment, robin) == ssn(1)
