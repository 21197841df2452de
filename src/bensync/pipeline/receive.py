"""receive(): the receiver on another machine. Takes files in, in order, each whole or not at all (sync-rules 3.15).

It sees nothing of HR but the files, and calls the same intake as the embedded receiver. It never touches a file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import msgspec
import structlog

from bensync.core.people import Profile, encode_profile
from bensync.core.ports import IncomingFile
from bensync.core.runs import DeliveryKind
from bensync.errors import DeliveryError, GuardTripped
from bensync.faults import point
from bensync.mappings import received_file
from bensync.mappings.feed import Header, Parsed, Unreadable
from bensync.pipeline.alerting import alert, file_accepted, intake_went_well, notify, record_failure, send_notices
from bensync.pipeline.context import ReceiverContext
from bensync.pipeline.intake import open_requests
from bensync.state.db.transaction import pages
from bensync.state.db.vault import Vault
from bensync.state.sync.baselines import PROFILE
from bensync.state.sync.deliveries import FileRow
from bensync.state.sync.received import ReceivedFile, ReceivedState
from bensync.state.sync.requests import FileRef
from bensync.wording import notices

log = structlog.get_logger()

_MEND = (
    "ask the sender over another channel for the right file, or fix our own keys and settings, then run "
    "`bensync intake`; where the file is lost, let the sender resync everybody, and run `bensync intake --anew`"
)


class IntakeReport(msgspec.Struct, frozen=True):
    """What came of looking into an inbox.

    Attributes:
        files: those that were looked at now, in order, whether accepted or quarantined.
        stopped: why the files behind them wait; None when nothing waits.
        strangers: names of files that are not of this site.
    """

    files: tuple[ReceivedFile, ...]
    stopped: GuardTripped | None = None
    strangers: tuple[str, ...] = ()


class IntakeOptions(msgspec.Struct, frozen=True):
    """Who asked for an intake, and what is wanted.

    Attributes:
        actor: who, for the audit trail.
        again: look at quarantined files again, too.
        anew: give up what is missing, and begin with the next FULL file.
    """

    actor: str
    again: bool = False
    anew: bool = False


class _Found(msgspec.Struct, frozen=True):
    """A file with what its name says."""

    arrival: IncomingFile
    kind: DeliveryKind
    sequence: int


def receive(tools: ReceiverContext, asked: IntakeOptions, clock: Callable[[], datetime]) -> IntakeReport:
    """Take in every file that waits, the oldest first, until one is missing or must be refused.

    Raises:
        DeliveryError: the upload center cannot be read; an alert is on its way.
    """
    try:
        found, strangers = _sorted(tools)
        refused = _look_at_old(tools, found, asked, clock)
        taken, stopped = _take_new(tools, found, asked, clock)
    except DeliveryError as error:
        record_failure(tools, "receipt.fail", notices.unreachable(tools.site, error), clock())
        raise
    else:
        _note_health(tools, clock())
    finally:
        send_notices(tools, clock)
    return IntakeReport((*refused, *taken), stopped, strangers)


def _note_health(tools: ReceiverContext, now: datetime) -> None:
    """The upload center could be read; that is written down where it is news, not once a minute."""
    with tools.read() as work:
        troubled = bool(work.alerts.open())
    if troubled:
        with tools.write("receipt.end") as work:
            intake_went_well(tools, work, now)


def _sorted(tools: ReceiverContext) -> tuple[list[_Found], tuple[str, ...]]:
    """The files of this site in the order of their numbers, and the names of all others."""
    pattern = re.compile(rf"{re.escape(tools.site_id)}_(DELTA|FULL)_(\d{{6,12}})\.csv\.gpg", re.ASCII)
    found: list[_Found] = []
    strangers: list[str] = []
    for arrival in tools.inbox.list():
        if name := pattern.fullmatch(arrival.name):
            found.append(_Found(arrival, DeliveryKind(name[1]), int(name[2])))
        else:
            strangers.append(arrival.name)
    return sorted(found, key=lambda file: (file.sequence, file.arrival.name)), tuple(strangers)


def _look_at_old(
    tools: ReceiverContext, found: Sequence[_Found], asked: IntakeOptions, clock: Callable[[], datetime]
) -> list[ReceivedFile]:
    """Files that were taken in before change nothing; one that holds other bytes by now is quarantined."""
    with tools.read() as work:
        known = work.received.by_name()
    refused = []
    for file in found:
        rows = known.get(file.arrival.name, ())
        accepted = next((row for row in rows if row.state is ReceivedState.ACCEPTED), None)
        if accepted is None or file.arrival.stamp in {row.stamp for row in rows}:
            continue
        sealed = tools.inbox.fetch(file.arrival.name, tools.largest)
        if _sha256(sealed) == accepted.sha256:
            with tools.write("receipt.seen") as work:
                work.received.touch(accepted.id, file.arrival.stamp)
        else:
            why = "a file of this name was taken in before, and it held other bytes"
            refused.append(_quarantine(tools, file, _sha256(sealed), why, asked, clock()))
    return refused


def _take_new(
    tools: ReceiverContext, found: Sequence[_Found], asked: IntakeOptions, clock: Callable[[], datetime]
) -> tuple[list[ReceivedFile], GuardTripped | None]:
    """Take in what follows the last file; returns the files looked at, and why those behind them must wait."""
    with tools.read() as work:
        last, known = work.received.last(), work.received.by_name()
    waiting = [file for file in found if last is None or file.sequence > last.sequence]
    fresh = bool(waiting) and (asked.anew or (last is None and waiting[0].sequence != 1))
    if fresh:
        while waiting and waiting[0].kind is not DeliveryKind.FULL:
            waiting.pop(0)
        if not waiting:
            return [], _missing(tools, "There is no file to begin with", "only a FULL file tells of everybody", clock())
    looked: list[ReceivedFile] = []
    for file in waiting:
        following = last.sequence + 1 if last is not None else 1
        before = next((row for row in known.get(file.arrival.name, ()) if row.stamp == file.arrival.stamp), None)
        if before is not None and not asked.again:
            return looked, _stopped(before)
        if file.sequence != following and not fresh:
            what = f"File {following:06} of {tools.site_id} is missing"
            return looked, _missing(tools, what, f"{file.arrival.name} waits behind it", clock())
        taken = _take(tools, file, asked, clock(), fresh=fresh)
        looked.append(taken)
        if taken.state is ReceivedState.QUARANTINED:
            return looked, _stopped(taken)
        last, fresh = taken, False
    return looked, None


def _take(tools: ReceiverContext, file: _Found, asked: IntakeOptions, now: datetime, *, fresh: bool) -> ReceivedFile:
    """Open a file, check all of it, and apply it; or quarantine all of it."""
    if file.arrival.size > tools.largest:
        why = f"it has {file.arrival.size} bytes, and at most {tools.largest} are read"
        return _quarantine(tools, file, "", why, asked, now)
    sealed = tools.inbox.fetch(file.arrival.name, tools.largest)
    sha256 = _sha256(sealed)
    try:
        parsed = _read(tools, file, tools.opener.open(sealed))
        return _apply(tools, file, sha256, parsed, asked, now, fresh=fresh)
    except GuardTripped as error:
        return _quarantine(tools, file, sha256, f"{error.what}: {error.why}", asked, now)


def _read(tools: ReceiverContext, file: _Found, opened: bytes) -> Parsed:
    try:
        parsed = received_file.read(tools.preset, opened, dated_rows=tools.dated_rows)
    except Unreadable as error:
        raise GuardTripped("The file cannot be read", str(error)) from error
    told = parsed.header
    if told.site != tools.site_id:
        raise GuardTripped("The file is not ours", "it was made for another site than its name says")
    if (told.kind, told.sequence) != (file.kind, file.sequence):
        raise GuardTripped("The file is not what its name says", f"inside it is {told.kind} {told.sequence:06}")
    return parsed


def _apply(
    tools: ReceiverContext,
    file: _Found,
    sha256: str,
    parsed: Parsed,
    asked: IntakeOptions,
    now: datetime,
    *,
    fresh: bool,
) -> ReceivedFile:
    """One transaction: the file and its requests are written down together, or neither is."""
    arrival = file.arrival
    with tools.write("receipt.accept") as work:
        if (earlier := work.received.accepted(arrival.name, sha256)) is not None:
            return earlier  # somebody else took it in while it was opened here
        _refuse_misplaced(parsed.header, work.received.last(), fresh=fresh)
        taken = ReceivedFile(
            name=arrival.name,
            sha256=sha256,
            size=arrival.size,
            stamp=arrival.stamp,
            sequence=file.sequence,
            state=ReceivedState.ACCEPTED,
            received_at=now,
            rows=len(parsed.profiles),
        )
        number = work.received.keep(taken)
        rows = _rows(work.vault, parsed.profiles)
        opened = open_requests(work, FileRef(received_id=number), rows, parsed.header.as_of, tools.rules, now)
        point("receipt.requests")
        work.received.count(number, opened)
        reason = "begun anew" if fresh and asked.anew else ""
        work.audit.record(asked.actor, "file.accept", arrival.name, now, reason=reason)
        notify(tools, work, notices.received(tools.site, arrival.name, taken.rows, opened, tools.queue), now)
        file_accepted(tools, work, arrival.name, now)
    log.info("file.accept", site=tools.site, file_name=arrival.name, rows=taken.rows, requests=opened)
    return msgspec.structs.replace(taken, id=number, requests=opened)


def _refuse_misplaced(header: Header, last: ReceivedFile | None, *, fresh: bool) -> None:
    """A file follows the one that was taken in last, by its number and by the hash of that one's sealed bytes."""
    if fresh:
        return
    number, previous = (last.sequence, last.sha256) if last is not None else (0, "")
    if header.sequence != number + 1:
        raise GuardTripped("The file is out of order", f"the last one taken in has the number {number:06}")
    if header.previous != previous:
        raise GuardTripped("The file is out of order", "it was made to follow another file than the last one taken in")


def _rows(vault: Vault, profiles: Sequence[Profile]) -> Iterator[list[FileRow]]:
    """The rows as intake reads them, under keys and fingerprints of this machine."""
    for page in pages(enumerate(profiles, start=1)):
        yield [_row(vault, number, profile) for number, profile in page]


def _row(vault: Vault, number: int, profile: Profile) -> FileRow:
    key, encoded = vault.index(profile.values["ssn"]), encode_profile(profile)
    return FileRow(number, key, vault.fingerprint(encoded), profile, encoded, vault.seal(encoded, PROFILE, key))


def _quarantine(
    tools: ReceiverContext, file: _Found, sha256: str, why: str, asked: IntakeOptions, now: datetime
) -> ReceivedFile:
    arrival = file.arrival
    refused = ReceivedFile(
        name=arrival.name,
        sha256=sha256,
        size=arrival.size,
        stamp=arrival.stamp,
        sequence=file.sequence,
        state=ReceivedState.QUARANTINED,
        received_at=now,
        reason=why,
    )
    with tools.write("receipt.refuse") as work:
        work.received.keep(refused)
        work.audit.record(asked.actor, "file.quarantine", arrival.name, now, reason=why)
        alert(tools, work, notices.refused(tools.site, arrival.name, _stopped(refused)), now)
    log.warning("file.quarantine", site=tools.site, file_name=arrival.name, why=why)
    return refused


def _stopped(refused: ReceivedFile) -> GuardTripped:
    return GuardTripped(f"{refused.name} is quarantined", refused.reason, _MEND)


def _missing(tools: ReceiverContext, what: str, why: str, now: datetime) -> GuardTripped:
    error = GuardTripped(what, why, _MEND)
    with tools.write("receipt.wait") as work:
        alert(tools, work, notices.missing(tools.site, error), now)
    return error


def _sha256(sealed: bytes) -> str:
    return hashlib.sha256(sealed).hexdigest()
