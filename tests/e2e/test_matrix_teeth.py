"""The proofs have teeth: with an error of design planted on purpose, a story of theirs fails (R2).

The stories are those of the crash matrix, of two daemons, and of the state machine, not copies of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bensync.core.guards import Guards
from bensync.demo.company.company import Company
from bensync.demo.mailbox import Mailbox
from bensync.errors import BensyncError
from bensync.mappings.feed import Unreadable
from tests.e2e.bugs import BUGS, VARIABLE, plant
from tests.e2e.carrier import Carrier
from tests.e2e.conftest import staff
from tests.e2e.test_crash_matrix import settle
from tests.e2e.test_crash_matrix import (
    test_A_54_A_55_A_56_a_killed_daily_run_loses_nothing_and_repeats_nothing as killed_at,
)
from tests.e2e.test_two_daemons import asleep, compete, oversleep, wake
from tests.e2e.world import START, World, person, world
from tests.fixtures.databases import in_file, on_sqlite
from tests.fixtures.gnupg import Correspondence
from tests.fixtures.openssh import OpenSsh
from tests.property.hr_system import HrWeather
from tests.property.promises import Promises
from tests.property.small_world import SmallWorld
from tests.property.upload_center import UploadWeather

pytestmark = [pytest.mark.slow, on_sqlite]

LONG = os.environ.get("BENSYNC_LONG") == "1"
CAUGHT = (AssertionError, BensyncError, Unreadable)
Story = Callable[[World], None]


def killed(point: str, *, keeps: bool = True) -> Story:
    """The matrix, at one point."""
    return lambda employer: killed_at(employer, point, keeps, 0)


def overslept(point: str) -> Story:
    """A run that slept beyond its lease."""
    return lambda employer: oversleep(employer, point)


def raced(employer: World) -> None:
    """Processes that want the same days."""
    compete(employer, 2, processes=3)


def in_the_way(employer: World) -> None:
    """Somebody puts a file of our name there between the look and the rename."""
    employer.company.update("1", city="Akron")
    with asleep(employer, "sftp.rename.before") as sleeper:
        (part,) = employer.files()
        theirs = employer.center.root / part.name.partition(".csv.gpg")[0]
        theirs = theirs.with_name(f"{theirs.name}.csv.gpg")
        theirs.write_bytes(b"not ours")
        assert wake(sleeper) == 13
    assert theirs.read_bytes() == b"not ours", "it was overwritten"


def in_small(hr: HrWeather = HrWeather.FAIR, upload: UploadWeather = UploadWeather.FAIR) -> Story:
    """A day of bad weather in the world of the state machine, then fair weather until it rests."""

    def story(_: World) -> None:
        small = SmallWorld(Guards())
        for number in (1, 2, 3):
            small.company.hire(person(number), job={"jobTitle": "Clerk"})
        small.snapshot()
        promises = Promises(small)
        small.pass_time(days=1)
        # One city for all three is held, and then no file leaves in this weather.
        for number, values in {"1": {"city": "Akron"}, "2": {"city": "Akron"}, "3": {"lastName": "Baker"}}.items():
            small.pass_time(minutes=1)
            small.company.update(number, **values)
        with promises.by_a_run():
            small.suffer(small.daily, hr, upload)
        promises.finish()

    return story


CATCHES: dict[str, tuple[Story, ...]] = {
    "commit_before_rename": (killed("sftp.rename.before"), killed("sftp.write.after")),
    "intent_after_rename": (killed("sftp.rename.after"),),
    "doubt_means_no": (killed("sftp.rename.after", keeps=False),),
    "sealed_anew_on_retry": (killed("sftp.rename.after"), killed("delivery.commit.commit.before")),
    "rename_overwrites": (in_the_way,),
    "watermark_too_early": (killed("gpg.seal.before"), killed("run.plan.commit.after")),
    "diff_from_a_partial_pull": (in_small(hr=HrWeather.HALF_WAY),),
    "two_transactions": (killed("delivery.commit.commit.after"),),
    "number_anew_on_retry": (killed("sftp.rename.before"), killed("delivery.seal.commit.after")),
    "lease_without_epoch": (overslept("delivery.intend.commit.after"), overslept("run.gathered")),
    "size_not_verified": (in_small(upload=UploadWeather.CUT_SHORT),),
    "under_the_final_name": (killed("sftp.open.after"), killed("sftp.fsync.before")),
    "bytes_dropped_before_commit": (killed("delivery.uploaded.commit.after"),),
    "notice_outside_the_transaction": (killed("delivery.commit.commit.after"),),
    "day_not_asked_for": (raced,),
    "failure_means_not_sent": (killed("sftp.rename.after"), killed("delivery.commit.commit.before")),
}
"""Which stories catch which error; the first of them in every `make test`, all of them in `make long`."""

SHORT = (
    "commit_before_rename",
    "intent_after_rename",
    "sealed_anew_on_retry",
    "watermark_too_early",
    "two_transactions",
)
SHORT += ("diff_from_a_partial_pull", "size_not_verified", "rename_overwrites", "lease_without_epoch")
CASES = [
    (bug, number)
    for bug, stories in CATCHES.items()
    for number in range(len(stories))
    if LONG or (bug in SHORT and not number)
]


@pytest.mark.parametrize(("bug", "number"), CASES)
def test_R2_a_planted_error_of_design_is_caught(
    tmp_path: Path, keys: Correspondence, sshd: OpenSsh, mailbox: Mailbox, bug: str, number: int
) -> None:
    with pytest.raises(CAUGHT) as caught, plant(bug):
        live(tmp_path, keys, sshd, mailbox, CATCHES[bug][number])

    assert "was not passed" not in str(caught.value), caught.value


@pytest.mark.parametrize("bug", BUGS if LONG else ("commit_before_rename", "under_the_final_name"))
def test_a_planted_error_of_design_does_not_show_in_fair_weather(
    tmp_path: Path, keys: Correspondence, sshd: OpenSsh, mailbox: Mailbox, bug: str
) -> None:
    with plant(bug):
        live(tmp_path, keys, sshd, mailbox, fair)


def live(folder: Path, keys: Correspondence, center: OpenSsh, mailbox: Mailbox, story: Story) -> None:
    """A story in a world of its own; what must hold at its end is part of the story."""
    with world(folder, keys, center, mailbox, Company(now=START - timedelta(days=1)), in_file(folder)) as employer:
        staff(employer)
        story(employer)


def fair(employer: World) -> None:
    """Two days on which nothing goes wrong."""
    there = Carrier(employer, employer.center.root)
    for city in ("Akron", "Toledo"):
        employer.company.update("1", city=city)
        settle(employer, there)
        employer.next_day()
    there.read_all()
    assert there.last_sent["1"].values["city"] == "Toledo"
    assert len(there.names()) == 2


@pytest.mark.parametrize(
    "story", [in_the_way, raced, in_small(hr=HrWeather.HALF_WAY), in_small(upload=UploadWeather.CUT_SHORT)]
)
def test_without_an_error_these_stories_end_well(staffed: World, story: Story) -> None:
    story(staffed)


def test_every_planted_error_has_a_story_that_catches_it() -> None:
    assert CATCHES.keys() == BUGS.keys()
    assert len(BUGS) >= 10


def test_an_error_is_planted_in_tests_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.e2e.bugs import planted

    monkeypatch.setenv(VARIABLE, "two_transactions")
    monkeypatch.delenv("BENSYNC_TEST", raising=False)

    with pytest.raises(SystemExit, match="for tests only"):
        planted()
