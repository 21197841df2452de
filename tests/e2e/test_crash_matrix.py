"""The real process is killed at every fault point, and whatever it left is finished: nothing lost, nothing twice.

The points are those of the source; a new one fails the last test here until a scenario passes it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bensync.core.runs import Outcome
from bensync.errors import DecisionError, DeliveryInDoubt, StateError
from tests.e2e.carrier import Carrier, carrier
from tests.e2e.disaster import RECEIVING, commits, sides, strike
from tests.e2e.killed import STEPS, Step
from tests.e2e.world import World, person
from tests.fixtures.fault_points import names
from tests.fixtures.invariants import hold
from tests.fixtures.openssh import free_port

LONG = os.environ.get("BENSYNC_LONG") == "1"
ROUNDS = range(3 if LONG else 1)
RESTARTS = 2
"""After so many starts everything has come to rest."""


OPENING = ["http.request.before", "http.request.after", *commits("lease.take", "run.start", "run.plan")]
DAILY = [
    *OPENING,
    "run.settled",
    "run.gathered",
    "delivery.rows",
    *commits("delivery.prepare", "delivery.store", "delivery.seal", "delivery.begin", "delivery.uploaded"),
    *sides("gpg.start", "gpg.keys", "gpg.seal"),
    *sides("sftp.connect", "sftp.stat", "sftp.open", "sftp.write", "sftp.fsync", "sftp.close", "sftp.rename"),
    *commits("delivery.intend", "delivery.commit"),
    *sides("sent_log.write"),
    "delivery.requests",
    "delivery.baseline",
    *commits("lease.give_back"),
    "run.over",
    *sides("mail.connect", "mail.send"),
    *commits("notice.sent"),
]


def settle(here: World, there: Carrier) -> None:
    """Start again as a daemon does; a person answers where the upload center cannot."""
    step = Step(here.deployment, here.now)
    for _ in range(RESTARTS):
        try:
            step.daily()
        except DeliveryInDoubt:
            (name,) = (row[0] for row in here.rows("select name from delivery where state = 'UNKNOWN'"))
            (step.confirm if name in there.names() else step.retry)()
        else:
            return
    raise AssertionError("it did not come to rest")


@pytest.mark.parametrize("_round", ROUNDS)
@pytest.mark.parametrize("keeps", [True, False] if LONG else [True], ids=lambda keeps: "keeps" if keeps else "sweeps")
@pytest.mark.parametrize("point", DAILY)
def test_A_54_A_55_A_56_a_killed_daily_run_loses_nothing_and_repeats_nothing(
    staffed: World, point: str, keeps: bool, _round: int
) -> None:
    with carrier(staffed, keeps=keeps) as there:
        staffed.company.update("1", city="Akron")
        staffed.at(staffed.now.date(), 8)  # later than any overlap of two readings could hide
        staffed.company.hire(person(4))
        strike(staffed, "daily", point)
        staffed.company.update("2", city="Toledo")
        staffed.at(staffed.now.date(), 14)

        settle(staffed, there)
        settle(staffed, there)

        assert staffed.sync().outcome is Outcome.NO_CHANGES
        there.read_all()
    assert {who: profile.values["city"] for who, profile in there.told.items()} == {
        "1": "Akron",
        "2": "Toledo",
        "4": "Dayton",
    }
    assert there.repeats == []
    mails = " ".join(str(mail["Subject"]) for mail in staffed.mailbox.messages)
    assert [name for name in there.names() if f"{name} uploaded" not in mails] == []
    assert sorted(request.employee_id for request in staffed.queue()) == ["1", "2", "4"]


def quiet(here: World) -> None:
    """Nothing happened in HR."""


def waiting(here: World) -> None:
    """A change and a newcomer wait for a decision."""
    here.company.update("1", city="Akron")
    here.company.hire(person(4))
    here.sync()


def ended(here: World) -> None:
    """The first participant was ended by hand."""
    Step(here.deployment, here.now).terminate()


def swept(here: World) -> None:
    """A file was renamed and taken away before anybody noted it, so that a person must tell what became of it."""
    taken(here)
    assert isinstance(here.failure(here.sync), DeliveryInDoubt)


def left_over(here: World) -> None:
    """An upload was begun, and only a part of it is there."""
    here.company.update("1", city="Akron")
    strike(here, "daily", "sftp.write.after")


def locked_out(here: World) -> None:
    """The folder at the upload center is gone, and no mail gets through."""
    here.company.update("1", city="Akron")
    here.center.root.rename(here.center.root.with_name("away"))
    here.mailbox.port = free_port()
    here.configure()


def taken(here: World) -> None:
    """A file was renamed and taken away, and nobody has looked yet."""
    here.company.update("1", city="Akron")
    strike(here, "daily", "sftp.rename.after")
    for file in here.files():
        file.unlink()


def keyless(here: World) -> None:
    """The key of HR is not where it should be."""
    here.company.update("1", city="Akron")
    (here.folder / "api.key").rename(here.folder / "away.key")


def stubborn(here: World) -> None:
    """The database refuses to give anybody the lease."""
    if here.database:
        pytest.skip("the trigger is written for SQLite")
    here.company.update("1", city="Akron")
    with here.store.whole("test.stubborn") as connection:
        connection.exec_driver_sql(STUBBORN)


STUBBORN = "create trigger stubborn before update on lease begin select raise(abort, 'no'); end"


def signed(here: World) -> None:
    """The files are signed."""
    here.company.update("1", city="Akron")
    here.configure(
        feed=f'recipient = "{here.keys.recipient}"\nsigner = "{here.keys.signer}"\n'
        f'gnupg_home = "{here.keys.sender.home}"\n'
    )


def in_a_folder(here: World) -> None:
    """The upload center is a folder on this machine."""
    here.company.update("1", city="Akron")
    here.configure(upload_center=f'type = "folder"\ndirectory = "{here.center.root}"\n')


def left_over_in_a_folder(here: World) -> None:
    """The same there, with a part of an upload."""
    in_a_folder(here)
    strike(here, "daily", "folder.write.after")


def marked(here: World) -> None:
    """Receivers look at files with a marker only."""
    here.company.update("1", city="Akron")
    here.configure(upload_center=here.tables["upload_center"] + 'publish = "marker"\n')


SCENES: dict[str, tuple[Callable[[World], None], str, list[str]]] = {
    "quiet end": (quiet, "daily", commits("run.end")),
    "turn away": (waiting, "refuse", commits("admission.refuse")),
    "approve": (waiting, "approve", commits("decision.approve")),
    "decline": (waiting, "decline", commits("decision.decline")),
    "edit": (quiet, "edit", commits("participant.edit")),
    "terminate": (quiet, "terminate", commits("participant.terminate")),
    "reinstate": (ended, "reinstate", commits("participant.reinstate")),
    "retry": (swept, "retry", commits("delivery.reopen")),
    "confirm": (swept, "confirm", commits("delivery.confirm")),
    "left over": (left_over, "daily", sides("sftp.remove")),
    "no way out": (locked_out, "daily", commits("delivery.fail", "run.fail", "notice.failed")),
    "taken": (taken, "daily", commits("recovery.fail")),
    "no key": (keyless, "turn", commits("turn.fail")),
    "no lease": (stubborn, "daily", commits("lease.fail")),
    "signed": (signed, "daily", sides("gpg.sign")),
    "folder": (
        in_a_folder,
        "daily",
        sides(*(f"folder.{act}" for act in ("stat", "open", "write", "fsync", "close", "rename"))),
    ),
    "left over in a folder": (left_over_in_a_folder, "daily", sides("folder.remove")),
    "marker": (marked, "daily", sides("sftp.marker")),
    "migrate": (quiet, "migrate", commits("migrate")),
    "watch": (quiet, "watch", commits("watch.alerts", "watch.keys", "watch.runs")),
}
"""What else a process may be doing: what comes before, the step, and the points that it passes."""

WHERE = [(scene, point) for scene, (_, _, points) in SCENES.items() for point in points]


@pytest.mark.parametrize(("scene", "point"), WHERE)
def test_R1_whatever_else_is_killed_leaves_all_or_nothing_and_comes_to_rest(
    staffed: World, scene: str, point: str
) -> None:
    prepare, step, _ = SCENES[scene]
    prepare(staffed)
    strike(staffed, step, point)
    hold(staffed.store, "acme")

    open_again(staffed)
    again = Step(staffed.deployment, staffed.now)
    with contextlib.suppress(DecisionError, StateError, DeliveryInDoubt):
        STEPS[step](again)  # a decision that was made cannot be made again
    settle(staffed, Carrier(staffed, staffed.center.root))

    assert staffed.sync().outcome is Outcome.NO_CHANGES
    assert staffed.rows("select count(*) from delivery where state not in ('COMMITTED', 'ABANDONED')") == [(0,)]
    assert staffed.rows("select count(*) from run where state = 'RUNNING'") == [(0,)]
    if step in {"approve", "decline"}:
        assert staffed.queue() == []


def open_again(here: World) -> None:
    """Whatever was in the way is mended."""
    away = here.center.root.with_name("away")
    if away.exists():
        away.rename(here.center.root)
    if (here.folder / "away.key").exists():
        (here.folder / "away.key").rename(here.folder / "api.key")
    if not here.database:
        with here.store.whole("test.obliging") as connection:
            connection.exec_driver_sql("drop trigger if exists stubborn")


_ACCESS = "tests/integration/test_access_stopped.py"
ELSEWHERE = {
    **dict.fromkeys(("password.", "session.", "sign_in.", "ssn.", "step_up.", "token.", "users."), _ACCESS),
    **dict.fromkeys(("plan.reject", "web.turn"), "tests/integration/web/test_review.py"),
    "drill.": "tests/e2e/test_drill.py",
    "alerts.": "tests/integration/test_channels.py",
    "backup.": "tests/integration/test_copies.py",
    "copy.": "tests/integration/test_copies.py",
    "restore.": "tests/integration/test_copies.py",
    "delivery.catch_up": "tests/integration/test_aftermath.py",
    "keys.": "tests/integration/test_rotation.py",
    "heartbeat.": "tests/integration/test_heartbeat.py",
    "admission.two": "tests/integration/test_two_people.py",
    "pages.start": "tests/e2e/test_daemon_with_web.py",
    "outline.": "tests/e2e/test_daemon_process.py",
    "turn.": "tests/e2e/test_daemon_process.py",
    "receipt.": "tests/e2e/test_intake.py",
    "run.fill": "tests/e2e/test_resync.py",
}


def test_every_fault_point_of_the_source_is_passed_by_a_scene() -> None:
    mine = {*DAILY, *RECEIVING, *(point for _, point in WHERE)}
    stray = [name for name in names() if name not in mine and not name.startswith(tuple(ELSEWHERE))]

    assert stray == []
    assert [path for path in ELSEWHERE.values() if not Path(path).is_file()] == []
    assert len(names()) >= 52
