"""The scenes of the drill: what goes wrong, and what must stop it."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from bensync.core.changes import ChangeKind, IssueCode
from bensync.core.people import Status
from bensync.core.ports import OutgoingFile, TransferJournal
from bensync.delivery.folder import FolderCourier
from bensync.delivery.settings import FolderSettings
from bensync.delivery.sftp import Sftp
from bensync.demo.keys import Keyring
from bensync.drill.sources import (
    Alter,
    NamedOnly,
    blank,
    cutting_server,
    ended,
    every_second,
    missing,
    nobody,
    without,
)
from bensync.drill.stage import DrillRun, DrillStage
from bensync.errors import DeliveryError
from bensync.fault_points import InjectedFault, struck

_ANOTHER_HOST = "SHA256:" + "A" * 43


class SceneResult(StrEnum):
    """The result of a scene."""

    CAUGHT = "caught"
    MISSED = "MISSED"
    NOT_TRIED = "not tried"


class Scene(msgspec.Struct, frozen=True):
    """One disaster.

    Attributes:
        fault: what goes wrong, in words.
        words: the error or the alarm that stops it must contain one of these.
        play: makes it happen on a copy; returns None if this site cannot meet it.
        why_not: why it was not tried in that case.
    """

    fault: str
    words: tuple[str, ...]
    play: Callable[[DrillStage], DrillRun | None]
    why_not: str = ""


def scenes() -> Sequence[Scene]:
    """Return all scenes, the worst mistakes in HR first."""
    shrunk = ("headcount_fell", "active_person_missing", "source_empty")
    hidden = ("field_restricted", "rows_in_error")
    return (
        Scene("HR answers with nobody", ("source_empty",), _altered(lambda _: nobody)),
        Scene("HR answers with half of the people", shrunk, _altered(lambda _: every_second)),
        Scene("an export that is read whole every day is cut to one person", shrunk, _cut_export),
        Scene(
            "HR hides a third of the active employees",
            shrunk,
            _hidden(active=True),
            "this site has too few active employees for a group of them to be missed",
        ),
        Scene(
            "HR hides all inactive employees",
            ("inactive_person_missing",),
            _hidden(active=False),
            "this site has too few inactive employees for a group of them to be missed",
        ),
        Scene("one employee is missing from HR", (), _one_missing, "nobody was sent as active"),
        Scene("HR names a changed employee and does not show them", (), _not_shown, "nobody was sent as active"),
        Scene(
            "an employee is blocked when a full file is sent", (), _blocked_in_full_file, "nobody was sent as active"
        ),
        Scene("the key may not see the SSN any more", hidden, _altered(lambda stage: without(stage.ssn_field))),
        Scene("the SSN is blank for everybody", hidden, _altered(lambda stage: blank(stage.ssn_field))),
        Scene("everybody is ended in HR at once", ("terminations",), _altered(_everybody_ended)),
        Scene(
            "HR's answer is cut in the middle",
            ("HR gave no usable answer", "HR"),
            _cut,
            "this connector has no address that could be changed",
        ),
        Scene(
            "our clock is 400 days ahead",
            ("clock_skew",),
            _skewed(timedelta(days=400)),
            "this HR system does not send its own time",
        ),
        Scene(
            "our clock is two days behind",
            ("clock_skew",),
            _skewed(timedelta(days=-2)),
            "this HR system does not send its own time",
        ),
        Scene(
            "the upload center refuses the rename",
            ("could not be put",),
            _refused("folder.rename.before", errno.EACCES),
        ),
        Scene(
            "the disk of the upload center is full",
            ("could not be put",),
            _refused("folder.write.before", errno.ENOSPC),
        ),
        Scene("the answer to the rename is lost", (), _lost_answer),
        Scene("the receiver's PGP key has expired", ("Nothing can be sealed",), _expired_key),
        Scene(
            "the upload center shows another host key",
            ("is not the host we know",),
            _other_host,
            "this site delivers to a folder, which has no host key",
        ),
        Scene("the database is older than what was sent", ("older_state",), _older_database),
    )


def _altered(alter: Callable[[DrillStage], Alter]) -> Callable[[DrillStage], DrillRun]:
    return lambda stage: stage.resync(source=stage.recorded.with_fault(alter(stage)))


def _everybody_ended(stage: DrillStage) -> Alter:
    status = stage.settings.status
    return ended(status.active, status.inactive[0])


def _cut_export(stage: DrillStage) -> DrillRun:
    return stage.daily(source=stage.recorded.with_fault(lambda records: records[:1]))


def _hidden(*, active: bool) -> Callable[[DrillStage], DrillRun | None]:
    def play(stage: DrillStage) -> DrillRun | None:
        group = [employee for employee, is_active in stage.sent_people().items() if is_active is active]
        hidden = group[::3] if active else group
        guards = stage.settings.guards.guards()
        limit = guards.missing if active else guards.missing_inactive
        # Fewer people than the number of the limit are an issue each, and no group.
        if limit.number is not None and len(hidden) <= limit.number:
            return None
        return stage.daily(source=stage.recorded.with_fault(missing(frozenset(hidden))))

    return play


def _one_missing(stage: DrillStage) -> DrillRun | None:
    """Leave out one employee: one issue, and everybody else as before."""
    employee = _somebody(stage)
    if employee is None:
        return None
    lacking = stage.daily(source=stage.recorded.with_fault(missing({employee})))
    return _reported(lacking, employee, IssueCode.ABSENT, "nobody was terminated, and everybody else was processed")


def _not_shown(stage: DrillStage) -> DrillRun | None:
    """Name one employee as changed, and leave them out: an issue, by which the next run asks for them."""
    employee = _somebody(stage)
    if employee is None:
        return None
    lacking = stage.daily(source=NamedOnly(stage.recorded, employee))
    return _reported(lacking, employee, IssueCode.NOT_SHOWN, "every run asks for them again")


def _blocked_in_full_file(stage: DrillStage) -> DrillRun | None:
    """Block one employee before a full file: the file repeats what was last sent of them, and holds everybody."""
    employee = _somebody(stage)
    if employee is None:
        return None
    trial = stage.resync(source=stage.recorded.with_fault(blank(stage.ssn_field, {employee})))
    rows = trial.plan.sends if trial.error is None and trial.plan is not None else ()
    repeated = any(row.kind is ChangeKind.LAST_SENT and row.candidate.employee_id == employee for row in rows)
    complete = sum(row.candidate.status is Status.ACTIVE for row in rows) == trial.active_after
    said = "the file repeats what was last sent of them, and holds every active employee"
    return msgspec.structs.replace(trial, settled=repeated and complete, said=said if repeated and complete else "")


def _somebody(stage: DrillStage) -> str | None:
    return next((employee for employee, active in stage.sent_people().items() if active), None)


def _reported(trial: DrillRun, employee: str, code: IssueCode, rest: str) -> DrillRun:
    issues = trial.plan.issues if trial.error is None and trial.plan is not None else ()
    reported = any((issue.employee_id, issue.code) == (employee, code) for issue in issues)
    return msgspec.structs.replace(trial, settled=reported, said=f"{code}: one issue; {rest}" if reported else "")


def _cut(stage: DrillStage) -> DrillRun | None:
    with cutting_server() as address:
        source = stage.source_at(address)
        return None if source is None else stage.resync(source=source)


def _skewed(by: timedelta) -> Callable[[DrillStage], DrillRun | None]:
    return lambda stage: stage.resync(late=by) if stage.recorded.tells_time else None


def _refused(point: str, number: int) -> Callable[[DrillStage], DrillRun]:
    def strike() -> None:
        raise OSError(number, os.strerror(number))

    return lambda stage: stage.resync(during=struck(InjectedFault(point, strike)))


class _Forgetful:
    """A courier that delivers, and loses the answer the first time."""

    def __init__(self, stage: DrillStage) -> None:
        self._stage = stage
        self._lost = False

    def deliver(self, outgoing_file: OutgoingFile, journal: TransferJournal) -> int:
        tries = FolderCourier(FolderSettings(directory=self._stage.folder)).deliver(outgoing_file, journal)
        if not self._lost:
            self._lost = True
            raise DeliveryError(
                "The answer to the rename was lost.", "The line was cut.", "Wait for the next attempt.", retry=True
            )
        return tries

    def names(self) -> None:
        return None

    def check(self) -> tuple[()]:
        return ()


def _lost_answer(stage: DrillStage) -> DrillRun:
    """Lose the answer to the rename: the next start must find the file, count it, and send nothing more."""
    courier = _Forgetful(stage)
    lost = stage.resync(courier=courier)
    again = stage.recover(courier)
    once = again.error is None and again.arrived == 1 and lost.arrived == 1
    said = (
        "the next start found the file under its name, and sent nothing" if once else f"{again.arrived} files arrived"
    )
    return msgspec.structs.replace(again, settled=once, said=said)


def _expired_key(stage: DrillStage) -> DrillRun:
    with Keyring() as ring:
        fingerprint = ring.create("Expired", expire="30d", at="20240101T000000")
        return stage.resync(cipher=stage.cipher_for(fingerprint, ring.home))


def _other_host(stage: DrillStage) -> DrillRun | None:
    settings: Any = stage.upload_center
    if settings.type != "sftp":
        return None
    # The real upload center is contacted, and the connection ends at its host key, before the sign-in.
    changed = {"host_keys": (_ANOTHER_HOST,), "attempts": 1}
    return stage.resync(courier=Sftp(settings.model_copy(update=changed)))


def _older_database(stage: DrillStage) -> DrillRun:
    with tempfile.TemporaryDirectory() as folder:
        return stage.resync(sent_log=stage.later_log(Path(folder)))
