"""Design errors on purpose, each a small change of the product in this process: the proofs must notice every one.

None of them shows in fair weather; that is what makes them errors of design and not of writing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import msgspec
from sqlalchemy import func, select, true

from bensync.core.ports import OutgoingFile
from bensync.core.runs import Delivery, DeliveryState
from bensync.delivery.rename_transfer import RenameTransfer
from bensync.delivery.sftp import SftpFolder
from bensync.delivery.transfer import Transfer
from bensync.errors import DeliveryError, SourceError
from bensync.fault_points import around
from bensync.mappings.feed import Header, render
from bensync.pipeline import carry_out, gather, runs
from bensync.pipeline.alerting import notify
from bensync.pipeline.context import SenderContext
from bensync.state.schema import sync
from bensync.state.sync.deliveries import Deliveries
from bensync.state.sync.runs import RunLog

VARIABLE = "BENSYNC_BUG"
"""Names the error that a process of its own shall have; read in tests only."""

DELIVERIES = sync.DeliveryRow.__table__
Clock = Callable[[], datetime]
Patch = AbstractContextManager[Any]


def commit_before_rename() -> Patch:
    """State moves first, and the file is sent after it."""

    def deliver(tools: SenderContext, delivery: Delivery, clock: Clock) -> None:
        progress = carry_out._DeliveryJournal(tools, delivery, clock)
        if delivery.state not in {DeliveryState.PUBLISHING, DeliveryState.UNKNOWN}:
            progress.intend()
        content = list(carry_out._chunks(tools, delivery))
        carry_out.commit(tools, delivery, clock())
        deaf = SimpleNamespace(begin=_nothing, uploaded=_nothing, intend=_nothing)
        tools.courier.deliver(
            OutgoingFile(delivery.name, delivery.size, lambda: iter(content), "", publishing=False), deaf
        )

    return _everywhere("deliver", deliver, carry_out, runs)


def intent_after_rename() -> Patch:
    """The intent is written down when the rename is done."""

    def attempt(self: RenameTransfer, folder: Any) -> None:
        if self._is_there(folder):
            return
        self.tries += 1
        self._upload(folder)
        self._intended = True
        self._publish(folder)
        self._intend()

    return patch.object(RenameTransfer, "attempt", attempt)


def doubt_means_no() -> Patch:
    """What is not seen at the upload center is taken as not delivered, and sent again."""

    def require(self: RenameTransfer, folder: Any) -> None:
        if folder.size(self._part) is None:
            self._upload(folder)

    return patch.object(RenameTransfer, "_require_part", require)


def sealed_anew_on_retry() -> Patch:
    """A retry does not keep the bytes: it seals the same rows once more."""

    def settle(tools: SenderContext, clock: Clock) -> None:
        with tools.read() as work:
            begun = work.deliveries.unsettled()
        for delivery in begun:
            with tools.write("delivery.seal") as work:
                again = _sealed_anew(tools, work, delivery, clock())
            carry_out.deliver(tools, again, clock)

    return _everywhere("settle", settle, carry_out, runs)


def _sealed_anew(tools: SenderContext, work: Any, delivery: Delivery, now: datetime) -> Delivery:
    rows = [row.profile for page in work.deliveries._told(delivery.id, true()) for row in page]
    before = select(DELIVERIES.c.sha256).where(DELIVERIES.c.sequence == delivery.sequence - 1)
    previous = work.transaction.connection.scalar(before) or ""
    site = delivery.name.partition("_")[0]
    header = Header(tools.layout.version, site, delivery.kind, delivery.sequence, now, now.date(), previous)
    content = b"".join(tools.cipher.seal(render(tools.layout, header, rows)))
    work.deliveries._drop_bytes(delivery.id)
    work.deliveries.store_chunk(delivery.id, 0, content)
    work.deliveries._set(delivery.id, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    return work.deliveries.get(delivery.id)


def rename_overwrites() -> Patch:
    """The rename that overwrites without a word."""

    def publish(self: SftpFolder, part: str, name: str) -> None:
        with around("sftp.rename"):
            self._sftp.posix_rename(self._path(part), self._path(name))

    return patch.object(SftpFolder, "publish", publish)


def watermark_too_early() -> Patch:
    """The watermark moves with the plan, before anything is delivered."""
    real = runs._note_plan

    def note(tools: SenderContext, options: Any, run_id: int, gathered: Any, now: datetime) -> None:
        with tools.write("run.plan") as work:
            work.runs.remember(gathered.memory)
        real(tools, options, run_id, gathered, now)

    return patch.object(runs, "_note_plan", note)


def diff_from_a_partial_pull() -> Patch:
    """A pull that breaks off is taken for a whole one, and those who came for all whom HR named."""
    real, absence = gather._read, gather._absence

    def read(tools: SenderContext, pull: Any, recall: Any, as_of: Any, *, repeat: bool) -> Any:
        broken = SimpleNamespace(pages=_as_far_as_it_goes(pull.pages), total=None, deleted=pull.deleted)
        return real(tools, broken, recall, as_of, repeat=repeat)

    def absent(tools: SenderContext, state: Any, pull: Any, *others: Any) -> Any:
        return absence(tools, state, msgspec.structs.replace(pull, named=frozenset()), *others)

    return _all(patch.object(gather, "_read", read), patch.object(gather, "_absence", absent))


def _as_far_as_it_goes(pages: Iterator[Any]) -> Iterator[Any]:
    with contextlib.suppress(SourceError):
        yield from pages


def two_transactions() -> Patch:
    """The delivery is committed in one transaction, and what follows from it in another."""
    real = carry_out.commit

    def commit(tools: SenderContext, delivery: Delivery, now: datetime) -> None:
        with tools.write("delivery.commit") as work:
            committed = work.deliveries.commit(delivery.id, now)
        with patch.object(Deliveries, "commit", lambda *_: committed):
            real(tools, delivery, now)

    return _everywhere("commit", commit, carry_out, runs)


def number_anew_on_retry() -> Patch:
    """What was not finished is given up, and the next file has the next number."""

    def settle(tools: SenderContext, clock: Clock) -> None:
        with tools.write("delivery.reopen") as work:
            for delivery in work.deliveries.unsettled():
                work.deliveries._set(delivery.id, state=DeliveryState.ABANDONED)

    def open_slot(self: Deliveries, feed: str) -> Any:
        slot = real(self, feed)
        highest = self._transaction.connection.scalar(select(func.max(DELIVERIES.c.sequence))) or 0
        return type(slot)(highest + 1, slot.previous)

    real = Deliveries.open_slot
    return _all(_everywhere("settle", settle, carry_out, runs), patch.object(Deliveries, "open_slot", open_slot))


def lease_without_epoch() -> Patch:
    """A process that held the lease once may write for ever."""
    return patch.object(RunLog, "keep_lease", _nothing)


def size_not_verified() -> Patch:
    """Whatever the upload center kept is published."""
    return patch.object(Transfer, "_require_whole", _nothing)


def under_the_final_name() -> Patch:
    """The upload goes straight to the final name, with the order of the rename."""

    def upload(self: RenameTransfer, folder: Any) -> None:
        self._begin(self._file.name)
        folder.write(self._file.name, self._file.chunks())
        self._require_whole(folder, self._file.name)
        self._journal.uploaded()

    return _all(patch.object(RenameTransfer, "_upload", upload), patch.object(RenameTransfer, "_publish", _nothing))


def bytes_dropped_before_commit() -> Patch:
    """The bytes are thrown away once they were uploaded."""
    real = Deliveries.uploaded

    def uploaded(self: Deliveries, delivery_id: int) -> None:
        real(self, delivery_id)
        self._drop_bytes(delivery_id)

    return patch.object(Deliveries, "uploaded", uploaded)


def notice_outside_the_transaction() -> Patch:
    """The notice is written down after the commit, in a transaction of its own."""
    real = carry_out.commit

    def commit(tools: SenderContext, delivery: Delivery, now: datetime) -> None:
        later: list[Any] = []
        with patch.object(carry_out, "notify", lambda _context, _state, notice, _now: later.append(notice)):
            real(tools, delivery, now)
        with tools.write("notice.queue") as work:
            for notice in later:
                notify(tools, work, notice, now)

    return _everywhere("commit", commit, carry_out, runs)


def day_not_asked_for() -> Patch:
    """A scheduled run does not look whether another process did the day."""
    return patch.object(runs, "_refuse_twice", _nothing)


def failure_means_not_sent() -> Patch:
    """A file whose rename got no answer is given up, as if it had never left."""
    real = carry_out.settle

    def settle(tools: SenderContext, clock: Clock) -> None:
        with tools.write("delivery.reopen") as work:
            for delivery in work.deliveries.unsettled():
                if delivery.state is DeliveryState.PUBLISHING:
                    work.deliveries._set(delivery.id, state=DeliveryState.FAILED)
        with contextlib.suppress(DeliveryError):
            real(tools, clock)

    return _everywhere("settle", settle, carry_out, runs)


BUGS: Mapping[str, Callable[[], Patch]] = {
    bug.__name__: bug
    for bug in (
        *(commit_before_rename, intent_after_rename, doubt_means_no, sealed_anew_on_retry, rename_overwrites),
        *(watermark_too_early, diff_from_a_partial_pull, two_transactions, number_anew_on_retry, lease_without_epoch),
        *(size_not_verified, under_the_final_name, bytes_dropped_before_commit, notice_outside_the_transaction),
        *(day_not_asked_for, failure_means_not_sent),
    )
}
"""Every error by its name."""


def planted() -> Patch:
    """The error that the environment names, if any.

    Raises:
        SystemExit: it names one outside of a test.
    """
    name = os.environ.get(VARIABLE)
    if not name:
        return nullcontext()
    if os.environ.get("BENSYNC_TEST") != "1":
        raise SystemExit(f"{VARIABLE} is for tests only")
    return BUGS[name]()


@contextlib.contextmanager
def plant(name: str) -> Iterator[None]:
    """Have one error in this process, and in those that `disaster.strike` starts."""
    with patch.dict(os.environ, {VARIABLE: name, "BENSYNC_TEST": "1"}), planted():
        yield


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _everywhere(name: str, value: Any, *places: Any) -> Patch:
    return _all(*(patch.object(place, name, value) for place in places))


@contextlib.contextmanager
def _all(*patches: Patch) -> Iterator[None]:
    with ExitStack() as opened:
        for patched in patches:
            opened.enter_context(patched)
        yield
