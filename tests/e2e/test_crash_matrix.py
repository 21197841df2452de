"""The real process is killed at every fault point, and whatever it left is finished: nothing lost, nothing twice.

The points are those of the source; a new one fails the last test here until a scenario passes it.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import os
from collections.abc import Callable, Mapping, Sequence

import pytest

from bensync.benefits.values.activities import Activity, ActivitySource
from bensync.core.runs import Outcome
from bensync.errors import DecisionError, DeliveryInDoubt, StateError
from bensync.state.benefits.event_runs import BeganWith
from tests.e2e.carrier import Carrier, carrier
from tests.e2e.disaster import strike
from tests.e2e.killed import CORRECTED, STEPS, Step
from tests.e2e.world import World, person
from tests.fixtures.databases import SORTS
from tests.fixtures.fault_points import called, calls, commits, names, sides
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


DECISIVE = [
    *commits("lease.take", "delivery.prepare", "delivery.seal", "delivery.intend", "delivery.commit"),
    *sides("sftp.rename"),
]
"""Where what is remembered and what was sent could part; `make test` kills there on both sorts of database."""


def settle(employer: World, there: Carrier) -> None:
    """Start again as a daemon does; a person answers where the upload center cannot."""
    step = Step(employer.deployment, employer.now)
    for _ in range(RESTARTS):
        try:
            step.daily()
        except DeliveryInDoubt:
            (name,) = (row[0] for row in employer.rows("select name from delivery where state = 'UNKNOWN'"))
            (step.confirm if name in there.names() else step.retry)()
        else:
            return
    raise AssertionError("it did not come to rest")


@pytest.mark.sampled(3)
@pytest.mark.parametrize("_round", ROUNDS)
@pytest.mark.parametrize("keeps", [True, False] if LONG else [True], ids=lambda keeps: "keeps" if keeps else "sweeps")
@pytest.mark.parametrize(
    ("point", "database"),
    [
        pytest.param(point, sort, marks=pytest.mark.every_day if point in DECISIVE else ())
        for point in DAILY
        for sort in SORTS
        if sort == "sqlite" or LONG or point in DECISIVE
    ],
    indirect=["database"],
)
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
    assert {who: profile.values["city"] for who, profile in there.last_sent.items()} == {
        "1": "Akron",
        "2": "Toledo",
        "4": "Dayton",
    }
    assert there.repeats == []
    mails = " ".join(str(mail["Subject"]) for mail in staffed.mailbox.messages)
    assert [name for name in there.names() if f"{name} uploaded" not in mails] == []
    assert sorted(request.employee_id for request in staffed.queue()) == ["1", "2", "4"]


def quiet(employer: World) -> None:
    """Nothing happened in HR."""


def waiting(employer: World) -> None:
    """A change and a newcomer wait for a decision."""
    employer.company.update("1", city="Akron")
    employer.company.hire(person(4))
    employer.sync()


def ended(employer: World) -> None:
    """The first participant was ended manually."""
    Step(employer.deployment, employer.now).terminate()


def lost(employer: World) -> None:
    """HR names an employee as changed and does not show them."""
    employer.company.update("2", city="Akron")
    employer.company.lagging.add("2")
    employer.sync()


def swept(employer: World) -> None:
    """A file was renamed and taken away before anybody noted it, so that a person must say what became of it."""
    taken(employer)
    assert isinstance(employer.failure(employer.sync), DeliveryInDoubt)


def left_over(employer: World) -> None:
    """An upload was begun, and only a part of it is there."""
    employer.company.update("1", city="Akron")
    strike(employer, "daily", "sftp.write.after")


def locked_out(employer: World) -> None:
    """The folder at the upload center is gone after a first file, and no mail gets through."""
    employer.company.update("2", city="Akron")
    employer.sync()
    employer.company.update("1", city="Akron")
    employer.center.root.rename(employer.center.root.with_name("away"))
    employer.mailbox.port = free_port()
    employer.configure()


def taken(employer: World) -> None:
    """A file was renamed and taken away, and nobody has looked yet."""
    employer.company.update("1", city="Akron")
    strike(employer, "daily", "sftp.rename.after")
    for file in employer.files():
        file.unlink()


def keyless(employer: World) -> None:
    """The key of HR is not where it should be."""
    employer.company.update("1", city="Akron")
    (employer.folder / "api.key").rename(employer.folder / "away.key")


def stubborn(employer: World) -> None:
    """The database refuses to give anybody the lease."""
    if "postgresql" in employer.database:
        pytest.skip("the trigger is written for SQLite")
    employer.company.update("1", city="Akron")
    with employer.store.whole("test.stubborn") as connection:
        connection.exec_driver_sql(STUBBORN)


STUBBORN = "create trigger stubborn before update on lease begin select raise(abort, 'no'); end"


def signed(employer: World) -> None:
    """The files are signed."""
    employer.company.update("1", city="Akron")
    employer.configure(
        feed=f'recipient = "{employer.keys.recipient}"\nsigner = "{employer.keys.signer}"\n'
        f'gnupg_home = "{employer.keys.sender.home}"\n'
    )


def in_a_folder(employer: World) -> None:
    """The upload center is a folder on this machine."""
    employer.company.update("1", city="Akron")
    employer.configure(upload_center=f'type = "folder"\ndirectory = "{employer.center.root}"\n')


def left_over_in_a_folder(employer: World) -> None:
    """The same there, with a part of an upload."""
    in_a_folder(employer)
    strike(employer, "daily", "folder.write.after")


def marked(employer: World) -> None:
    """Receivers look at files with a marker only."""
    employer.company.update("1", city="Akron")
    employer.configure(upload_center=employer.tables["upload_center"] + 'publish = "marker"\n')


RULES = """
[eligibility.everybody]
all = [{ field = "standing", one_of = ["ACTIVE"] }]
[[programs]]
code = "ALL"
eligibility = "everybody"
plans = ["MED"]
[[plans]]
code = "MED"
type = "medical"
options = [{ code = "EE", company = "400" }]
[[add_rules]]
plans = ["MED"]
events = ["HIR"]
begin = { base = "event_date" }
default = "EE"
auto_add = true
[[termination_rules]]
stop = { base = "last_day" }
cobra = true
[[passive]]
code = "TEN"
measure = "service_years"
reaches = 6
[events.HIR]
label = "Hire"
priority = 100
employment = "begins"
automatic = true
"""


def insured(employer: World) -> None:
    """Benefit events have begun, and everybody's hire waits to be processed."""
    insured_soon(employer)
    with employer.store.write("acme", "test.begin") as work:
        work.event_runs.begin(BeganWith.BEGIN, employer.now)


def insured_soon(employer: World) -> None:
    """There is a rulebook, and everybody's hire waits for benefit events to begin."""
    (employer.folder / "rulebook.toml").write_text(RULES)
    employer.benefits = "rulebook.toml"
    employer.configure()
    with employer.store.write("acme", "test.hire") as work:
        for number in work.cases.everybody(0, 10):
            work.cases.add(number, None, [Activity(0, ActivitySource.JOB, "HIR", employer.now.date(), "hire")])


def insured_and_stuck(employer: World) -> None:
    """The same, and the database refuses to remember how far a run of events came."""
    insured(employer)
    if "postgresql" in employer.database:
        pytest.skip("the trigger is written for SQLite")
    with employer.store.whole("test.stubborn") as connection:
        connection.exec_driver_sql(STUBBORN.replace("update on lease", "insert on event_checkpoint"))


def called_for_nothing(employer: World) -> None:
    """Somebody changed what a run of events should look at, and there is no rulebook."""
    with employer.store.write("acme", "test.call") as work:
        work.event_runs.call(employer.now)


SCENES: dict[str, tuple[Callable[[World], None], str, list[str]]] = {
    "quiet end": (quiet, "daily", commits("run.end")),
    "sign of life": (quiet, "renew", commits("lease.renew")),
    "turn away": (waiting, "refuse", commits("admission.refuse")),
    "approve": (waiting, "approve", commits("decision.approve")),
    "decline": (waiting, "decline", commits("decision.decline")),
    "edit": (quiet, "edit", commits("participant.edit")),
    "terminate": (quiet, "terminate", commits("participant.terminate")),
    "reinstate": (ended, "reinstate", commits("participant.reinstate")),
    "correct an SSN": (quiet, "correct_ssn", commits("ssn.correct")),
    "release": (lost, "release", commits("employee.release")),
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
    "events": (
        insured,
        "events",
        [*commits("events.start", "events.search", "events.commit", "events.end"), "events.worked_off"],
    ),
    "events of a turn": (insured, "turn", commits("events.commit")),
    "events that fail": (insured_and_stuck, "events", commits("events.fail")),
    "call without a rulebook": (called_for_nothing, "turn", commits("turn.answer")),
    "beginning of events": (insured_soon, "begin", commits("events.begin")),
    "passive events": (insured, "seek", commits("events.seek")),
    "manual events": (insured, "insert", commits("events.change")),
    "watch": (quiet, "watch", commits("watch.alerts", "watch.keys", "watch.runs")),
}
"""What else a process may be doing: what comes before, the step, and the points that it passes."""

WHERE = [(scene, point) for scene, (_, _, points) in SCENES.items() for point in points]
BOTH = {"approve", "decline", "edit", "retry", "confirm", "migrate"}
"""Scenes that `make test` plays on both sorts of database."""


@pytest.mark.sampled(3)
@pytest.mark.parametrize("_round", ROUNDS)
@pytest.mark.parametrize(
    ("scene", "point", "database"),
    [(*where, sort) for where in WHERE for sort in SORTS if sort == "sqlite" or LONG or where[0] in BOTH],
    indirect=["database"],
)
def test_R1_whatever_else_is_killed_leaves_all_or_nothing_and_comes_to_rest(
    staffed: World, scene: str, point: str, _round: int
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
    if step == "release":
        with staffed.store.read("acme") as work:
            assert work.issues.open_codes() == {}
    if step == "correct_ssn":
        assert CORRECTED in {participant.profile.values["ssn"] for participant in staffed.participants().values()}
    if staffed.benefits:
        again.events()
        hold(staffed.store, "acme")
        covered = staffed.rows("select participant_id, count(*) from enrollment where not reversed group by 1")
        assert [rows for _, rows in covered] == [1] * 3
        assert staffed.rows("select count(*) from activity where state = 'WAITING'") == [(0,)]


def open_again(employer: World) -> None:
    """Whatever was in the way is fixed."""
    employer.company.lagging.clear()
    away = employer.center.root.with_name("away")
    if away.exists():
        away.rename(employer.center.root)
    if (employer.folder / "away.key").exists():
        (employer.folder / "away.key").rename(employer.folder / "api.key")
    if "sqlite" in employer.database:
        with employer.store.whole("test.obliging") as connection:
            connection.exec_driver_sql("drop trigger if exists stubborn")


ELSEWHERE: Mapping[str, Sequence[str]] = {
    "tests.e2e.test_crash_elsewhere": ("PARENT", "CHANNELS", "FILLED", "REHEARSED", "CAUGHT_UP", "BEGUN", "REJECTED"),
    "tests.e2e.test_daemon_with_web": ("TENDED",),
    "tests.e2e.test_workers": ("ASKED",),
    "tests.e2e.intake.test_killed": ("RECEIVING", "TROUBLED"),
    "tests.integration.actions.test_access_stopped": ("ACCESS",),
    "tests.integration.state.upkeep.test_killed_copies": (
        "BACKUP",
        "BACKUP_OF_POSTGRESQL",
        "RESTORE",
        "RESTORE_INTO_POSTGRESQL",
        "ASIDE",
    ),
    "tests.integration.actions.departed.test_retention_killed": ("POINTS",),
    "tests.integration.actions.test_decisions_killed": ("DECIDED",),
    "tests.integration.actions.test_config_audit": ("NOTED",),
    "tests.integration.actions.test_authorization": ("FIRST",),
    "tests.integration.state.upkeep.test_key_rotation": ("ROTATED", "RETIRED"),
}
"""Where other tests kill the real process: the lists of points that they go through, one by one."""


def test_every_fault_point_of_the_source_is_passed_by_a_scene() -> None:
    passed = {*DAILY, *(point for _, point in WHERE)}
    theirs = {point for module, lists in ELSEWHERE.items() for name in lists for point in points_of(module, name)}

    assert sorted(names().keys() - passed - theirs) == []
    assert sorted((passed | theirs) - names().keys()) == []
    assert len(names()) >= 52


def points_of(module: str, name: str) -> set[str]:
    """The points of a list, if some test of the module takes it for its parameters and kills a process at each."""
    imported = importlib.import_module(module)
    tree = ast.parse(inspect.getsource(imported))
    tests = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    over = [test for test in tests if any(f", {name})" in ast.unparse(mark) for mark in test.decorator_list)]
    assert any(KILLS & {called(call) for call in calls(test)} for test in over), f"nobody kills at {name} of {module}"
    return {point.partition("=")[0] for point in getattr(imported, name)}


KILLS = {"kill_at", "strike", "killed", "die", "serving", "started", "with_web", "start"}
"""What starts a process with a fault that kills it, and asserts that it did."""
