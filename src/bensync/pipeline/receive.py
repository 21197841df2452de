"""The receiver on another machine: accepts files in order, each completely or not at all (sync-rules 3.15).

It sees only the files, never HR, and opens requests as the embedded receiver does. It never changes a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import msgspec
import structlog

from bensync.core.people import Profile, encode_profile
from bensync.core.ports import IncomingFile
from bensync.core.runs import DeliveryKind
from bensync.core.values.file_names import kind_and_number
from bensync.errors import DeliveryError, GuardTripped
from bensync.fault_points import point
from bensync.mappings import received_file
from bensync.mappings.feed import Header, Parsed, Unreadable
from bensync.pipeline.alerting import alert, file_accepted, intake_went_well, notify, record_failure, send_notices
from bensync.pipeline.context import ReceiverContext
from bensync.pipeline.intake import open_requests
from bensync.state.db.transaction import pages
from bensync.state.db.vault import Vault
from bensync.state.sync.deliveries import FileRow
from bensync.state.sync.received import ReceivedFile, ReceivedState
from bensync.state.sync.requests import FileRef
from bensync.wording import notices

log = structlog.get_logger()

_FIX = (
    "Ask the sender over another channel for the right file, or fix our own keys and settings, then run "
    "`bensync intake`; where the file is lost, let the sender resync everybody, and run `bensync intake --anew`."
)


class IntakeReport(msgspec.Struct, frozen=True):
    """The result of reading an inbox.

    Attributes:
        files: the files read now, in order, accepted or quarantined.
        stopped: why later files wait; None when nothing waits.
        strangers: names of files of other sites.
    """

    files: tuple[ReceivedFile, ...]
    stopped: GuardTripped | None = None
    strangers: tuple[str, ...] = ()


class IntakeOptions(msgspec.Struct, frozen=True):
    """Who requested an intake, and which files it considers.

    Attributes:
        actor: the person or program, for the audit trail.
        again: whether to read quarantined files again.
        anew: whether to skip missing files and start with the next FULL file.
    """

    actor: str
    again: bool = False
    anew: bool = False


class _NumberedFile(msgspec.Struct, frozen=True):
    """A file, with the kind and number in its name."""

    arrival: IncomingFile
    kind: DeliveryKind
    sequence: int


def receive(context: ReceiverContext, options: IntakeOptions, clock: Callable[[], datetime]) -> IntakeReport:
    """Accept every waiting file, the oldest first, until one is missing or must be refused.

    Raises:
        DeliveryError: the upload center cannot be read; an alert is on its way.
    """
    try:
        files, strangers = _sorted(context)
        refused = _check_accepted(context, files, options, clock)
        taken, stopped = _take_new(context, files, options, clock)
    except DeliveryError as error:
        record_failure(context, "receipt.fail", notices.unreachable(context.site, error), clock())
        raise
    else:
        _note_health(context, clock())
    finally:
        send_notices(context, clock)
    return IntakeReport((*refused, *taken), stopped, strangers)


def _note_health(context: ReceiverContext, now: datetime) -> None:
    """Record that the upload center could be read, if an alert is open; not once a minute."""
    with context.read() as state:
        troubled = bool(state.alerts.open())
    if troubled:
        with context.write("receipt.end") as state:
            intake_went_well(context, state, now)


def _sorted(context: ReceiverContext) -> tuple[list[_NumberedFile], tuple[str, ...]]:
    """Return the files of this site in the order of their numbers, and the names of all other files."""
    files: list[_NumberedFile] = []
    strangers: list[str] = []
    for arrival in context.inbox.list():
        if numbered := kind_and_number(context.site_id, arrival.name):
            files.append(_NumberedFile(arrival, *numbered))
        else:
            strangers.append(arrival.name)
    return sorted(files, key=lambda file: (file.sequence, file.arrival.name)), tuple(strangers)


def _check_accepted(
    context: ReceiverContext, files: Sequence[_NumberedFile], options: IntakeOptions, clock: Callable[[], datetime]
) -> list[ReceivedFile]:
    """Return the accepted files whose bytes have changed since: they are quarantined. All others change nothing."""
    with context.read() as state:
        rows_by_name = state.received.by_name()
    refused = []
    for file in files:
        rows = rows_by_name.get(file.arrival.name, ())
        accepted = next((row for row in rows if row.state is ReceivedState.ACCEPTED), None)
        # A known stamp (size and time of change) saves fetching every accepted file at each look.
        seen = file.arrival.stamp and file.arrival.stamp in {row.stamp for row in rows}
        if accepted is None or seen:
            continue
        sealed = context.inbox.fetch(file.arrival.name, context.largest)
        if _sha256(sealed) == accepted.sha256:
            with context.write("receipt.seen") as state:
                state.received.touch(accepted.id, file.arrival.stamp)
        else:
            why = "a file of this name was taken in before, and it held other bytes"
            refused.append(_quarantine(context, file, len(sealed), _sha256(sealed), why, options, clock()))
    return refused


def _take_new(
    context: ReceiverContext, files: Sequence[_NumberedFile], options: IntakeOptions, clock: Callable[[], datetime]
) -> tuple[list[ReceivedFile], GuardTripped | None]:
    """Accept the files that follow the last one; return the files read, and why later files must wait."""
    with context.read() as state:
        last, rows_by_name = state.received.last(), state.received.by_name()
    waiting = [file for file in files if last is None or file.sequence > last.sequence]
    fresh = bool(waiting) and (options.anew or (last is None and waiting[0].sequence != 1))
    if fresh:  # a DELTA says nothing about everybody else, so a receiver cannot begin with one
        while waiting and waiting[0].kind is not DeliveryKind.FULL:
            waiting.pop(0)
        if not waiting:
            return [], _missing(
                context, "There is no file to begin with.", "Only a FULL file holds everybody.", clock()
            )
    looked: list[ReceivedFile] = []
    for file in waiting:
        following = last.sequence + 1 if last is not None else 1
        before = next((row for row in rows_by_name.get(file.arrival.name, ()) if row.stamp == file.arrival.stamp), None)
        if before is not None and not options.again:
            return looked, _stopped(before)
        if file.sequence != following and not fresh:
            what = f"File {following:06} of {context.site_id} is missing."
            return looked, _missing(context, what, f"{file.arrival.name} waits behind it.", clock())
        taken = _take(context, file, options, clock(), fresh=fresh)
        looked.append(taken)
        if taken.state is ReceivedState.QUARANTINED:
            return looked, _stopped(taken)
        last, fresh = taken, False
    return looked, None


def _take(
    context: ReceiverContext, file: _NumberedFile, options: IntakeOptions, now: datetime, *, fresh: bool
) -> ReceivedFile:
    """Open a file, check all of it, and apply it, or quarantine all of it."""
    size = file.arrival.size
    if size is not None and size > context.largest:  # refused before it is fetched: the limit also bounds memory
        why = f"It has {size} bytes, and at most {context.largest} are read."
        return _quarantine(context, file, size, "", why, options, now)
    sealed = context.inbox.fetch(file.arrival.name, context.largest)
    size, sha256 = len(sealed), _sha256(sealed)
    try:
        parsed = _read(context, file, context.opener.open(sealed))
        return _apply(context, file, size, sha256, parsed, options, now, fresh=fresh)
    except GuardTripped as error:
        return _quarantine(context, file, size, sha256, str(error), options, now)


def _read(context: ReceiverContext, file: _NumberedFile, opened: bytes) -> Parsed:
    try:
        parsed = received_file.read(context.preset, opened, dated_rows=context.dated_rows)
    except Unreadable as error:
        raise GuardTripped("The file cannot be read.", str(error), _FIX) from error
    header = parsed.header
    if header.site != context.site_id:
        raise GuardTripped("The file is not ours.", "It was made for another site than its name says.")
    if (header.kind, header.sequence) != (file.kind, file.sequence):
        raise GuardTripped("The file is not what its name says.", f"Inside it is {header.kind} {header.sequence:06}.")
    return parsed


def _apply(
    context: ReceiverContext,
    file: _NumberedFile,
    size: int,
    sha256: str,
    parsed: Parsed,
    options: IntakeOptions,
    now: datetime,
    *,
    fresh: bool,
) -> ReceivedFile:
    """Store a file and its requests in one transaction."""
    arrival = file.arrival
    with context.write("receipt.accept") as state:
        if (earlier := state.received.accepted(arrival.name, sha256)) is not None:
            return earlier  # another process accepted it while it was opened here
        # Checked in the transaction: the last file that `_take_new` read may not be the last one any more.
        _refuse_misplaced(parsed.header, state.received.last(), fresh=fresh)
        taken = ReceivedFile(
            name=arrival.name,
            sha256=sha256,
            size=size,
            stamp=arrival.stamp,
            sequence=file.sequence,
            state=ReceivedState.ACCEPTED,
            received_at=now,
            rows=len(parsed.profiles),
        )
        number = state.received.keep(taken)
        rows = _rows(state.vault, parsed.profiles)
        opened = open_requests(state, FileRef(received_id=number), rows, parsed.header.as_of, context.rules, now)
        point("receipt.requests")
        state.received.count(number, opened)
        reason = "begun anew" if fresh and options.anew else ""
        state.audit.record(options.actor, "file.accept", arrival.name, now, reason=reason)
        notify(context, state, notices.received(context.site, arrival.name, taken.rows, opened, context.queue), now)
        file_accepted(context, state, arrival.name, now)
    log.info("file.accept", site=context.site, file_name=arrival.name, rows=taken.rows, requests=opened)
    return msgspec.structs.replace(taken, id=number, requests=opened)


def _refuse_misplaced(header: Header, last: ReceivedFile | None, *, fresh: bool) -> None:
    """Raise unless a file follows the last accepted one, by its number and by the hash of its predecessor."""
    if fresh:
        return
    number, previous = (last.sequence, last.sha256) if last is not None else (0, "")
    if header.sequence != number + 1:
        raise GuardTripped("The file is out of order.", f"The last one taken in has the number {number:06}.")
    if header.previous != previous:
        raise GuardTripped(
            "The file is out of order.", "It was made to follow another file than the last one taken in."
        )


def _rows(vault: Vault, profiles: Sequence[Profile]) -> Iterator[list[FileRow]]:
    """Yield the rows as intake reads them, with keys and fingerprints of this machine."""
    for page in pages(enumerate(profiles, start=1)):
        yield [_row(vault, number, profile) for number, profile in page]


def _row(vault: Vault, number: int, profile: Profile) -> FileRow:
    key, encoded = vault.index(profile.values["ssn"]), encode_profile(profile)
    return FileRow(number, key, vault.fingerprint(encoded), profile, encoded)


def _quarantine(
    context: ReceiverContext,
    file: _NumberedFile,
    size: int,
    sha256: str,
    why: str,
    options: IntakeOptions,
    now: datetime,
) -> ReceivedFile:
    arrival = file.arrival
    refused = ReceivedFile(
        name=arrival.name,
        sha256=sha256,
        size=size,
        stamp=arrival.stamp,
        sequence=file.sequence,
        state=ReceivedState.QUARANTINED,
        received_at=now,
        reason=why,
    )
    with context.write("receipt.refuse") as state:
        state.received.keep(refused)
        state.audit.record(options.actor, "file.quarantine", arrival.name, now, reason=why)
        alert(context, state, notices.refused(context.site, arrival.name, _stopped(refused)), now)
    log.warning("file.quarantine", site=context.site, file_name=arrival.name, why=why)
    return refused


def _stopped(refused: ReceivedFile) -> GuardTripped:
    return GuardTripped(f"{refused.name} is quarantined.", refused.reason, _FIX)


def _missing(context: ReceiverContext, what: str, why: str, now: datetime) -> GuardTripped:
    error = GuardTripped(what, why, _FIX)
    with context.write("receipt.wait") as state:
        alert(context, state, notices.missing(context.site, error), now)
    return error


def _sha256(sealed: bytes) -> str:
    return hashlib.sha256(sealed).hexdigest()
