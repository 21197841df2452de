"""The copy that the drill runs on: a copy of the live database, a recording of HR, a folder as the upload center."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from bensync.config.references import resolved
from bensync.connectors import registry
from bensync.core.changes import SyncPlan
from bensync.core.people import Status
from bensync.core.ports import Cipher, Courier, Source
from bensync.core.runs import Delivery, DeliveryKind, DeliveryState, RunKind
from bensync.delivery.folder import FolderCourier
from bensync.delivery.gpg import Gpg
from bensync.delivery.settings import FolderSettings
from bensync.drill.sources import Recorded
from bensync.errors import BensyncError
from bensync.pipeline.context import MANUAL, RunOptions, SenderContext
from bensync.pipeline.runs import recover, run
from bensync.state.store import Store
from bensync.state.sync.sent_log import SentLog
from bensync.state.upkeep.backup import backup
from bensync.state.upkeep.fsck import check
from bensync.wiring import Deployment

_EVERYBODY = frozenset(Status)
_A_HUNDRED_LATER = 100


class DrillRun(msgspec.Struct, frozen=True):
    """The result of one run on a copy.

    Attributes:
        error: the error that it failed with, if it failed.
        plan: the plan; None if the run failed before.
        alerts: the alerts that were raised.
        arrived: the number of files under a final name.
        active_before: the number of people who were active in the baseline before the run.
        active_after: the same number after the run.
        kept_back: the data issues that blocked people.
        broken: invariants that no longer hold.
        settled: whether the run came to the right end without a person.
        said: how it did, in words.
    """

    error: BensyncError | None
    plan: SyncPlan | None
    alerts: tuple[str, ...]
    arrived: int
    active_before: int
    active_after: int
    kept_back: tuple[str, ...]
    broken: tuple[str, ...]
    settled: bool = False
    said: str = ""


class DrillStage:
    """A copy of one site, on which scenes are run.

    Args:
        deployment: the live configuration.
        site: the name of the site, which must be a sender.
        folder: a private folder for copies and files; the caller removes it.
        now: the time of the drill.
    """

    def __init__(self, deployment: Deployment, site: str, folder: Path, now: datetime) -> None:
        self._deployment = deployment
        self._site = site
        self._folder = folder
        self._now = now
        self._takes = 0
        self._live = deployment.store()
        self._context = deployment.sender_context(site, self._live)
        self.settings = deployment.sender(site)
        self.ssn_field = self._context.reader.mapping.fields["ssn"]
        self.folder = folder
        self._copy: Store = self._live

    def prepare(self, progress: Callable[[str], None]) -> None:
        """Copy the database, read HR once, and sync the copy with it.

        Raises:
            BensyncError: one of these steps failed, so there is nothing to run the drill on.
        """
        progress("copying the database")
        backup(self._live, self._folder / "master.db")
        progress("reading HR")
        pull = self._context.source.pull(self._context.wanted, None)
        records = [record for page in pull.pages for record in page]
        self.recorded = Recorded(records, pull.watermark, pull.clock)
        self.people = len(records)
        progress(f"bringing the copy in step with {len(records):,} people")
        # A daemon may be working on the live site; its lease is part of the copy, where nobody works.
        with self._at(self._folder / "master.db") as store, store.write(self._site, "drill.copy") as state:
            state.runs.forget_lease()
        # Without a fault first: every scene must differ from this run by its fault alone.
        undisturbed = self._play(self._folder / "master.db", self._options, {})
        if undisturbed.error is not None:
            raise undisturbed.error

    def resync(self, **changes: Any) -> DrillRun:
        """Run a full resync on a fresh copy, and return its result.

        Args:
            changes: other adapters than the usual ones, by their name in `SenderContext`; ``late`` moves our clock,
                ``during`` is a context manager around the run.
        """
        return self._play(self._fresh_copy(), self._options, changes)

    def daily(self, **changes: Any) -> DrillRun:
        """Run a daily run on a fresh copy, and return its result; see `resync`."""
        return self._play(self._fresh_copy(), RunOptions(RunKind.DAILY, MANUAL, "drill"), changes)

    def sent_people(self) -> dict[str, bool]:
        """Return whether each employee who was sent was sent as active, before any disaster."""
        with self._at(self._folder / "master.db") as store, store.read(self._site) as state:
            return state.baselines.live_people()

    def _fresh_copy(self) -> Path:
        self._takes += 1
        take = self._folder / f"take-{self._takes}.db"
        shutil.copyfile(self._folder / "master.db", take)
        self.folder = self._folder / f"center-{self._takes}"
        self.folder.mkdir()
        return take

    def recover(self, courier: Courier) -> DrillRun:
        """Finish the interrupted delivery on the last copy, as the next start does, and return the result."""
        return self._play(self._folder / f"take-{self._takes}.db", None, {"courier": courier})

    @property
    def upload_center(self) -> Any:
        """The settings of the live upload center, with its secrets."""
        return resolved(self.settings.upload_center)

    def source_at(self, address: str) -> Source | None:
        """Return the live connector with another address of HR; None if it has no such setting."""
        table: Any = resolved(self.settings.source)
        if "base_url" not in type(table).model_fields:
            return None
        near = {"base_url": address, "attempts": 1}
        source: Source = registry.load(table.type)(table.model_copy(update=near))
        return source

    def cipher_for(self, recipient: str, home: Path) -> Cipher:
        """Return the live cipher with another recipient, and without a signer."""
        settings: Any = self.settings.feed
        return Gpg(settings.model_copy(update={"recipient": recipient, "gnupg_home": home, "signer": None}))

    def later_log(self, folder: Path) -> SentLog:
        """Return a sent log with a later file than the database has."""
        log = SentLog(folder / "sent")
        later = Delivery(
            0, 0, self._context.feed, DeliveryKind.DELTA, self._last + _A_HUNDRED_LATER, "a later file",
            DeliveryState.COMMITTED, 0, 0, "", "", 0, self._now,
        )  # fmt: skip
        log.note(self._site, later, self._now)
        return log

    @property
    def _last(self) -> int:
        with self._at(self._folder / "master.db") as store, store.read(self._site) as state:
            return state.deliveries.last_sequence(self._context.feed)

    @property
    def _options(self) -> RunOptions:
        return RunOptions(RunKind.RESYNC, MANUAL, "drill", _EVERYBODY)

    def _at(self, file: Path) -> AbstractContextManager[Store]:
        return closing(self._live.beside(file))

    def _play(self, file: Path, options: RunOptions | None, changes: dict[str, Any]) -> DrillRun:
        hands = dict(changes)
        late: timedelta = hands.pop("late", timedelta())
        during: AbstractContextManager[None] = hands.pop("during", nullcontext())
        now = self._now + late
        error, plan = None, None
        # No channel, no sent log, a folder as the upload center: whatever a scene does stays in the temporary folder.
        usual: dict[str, Any] = {
            "source": getattr(self, "recorded", self._context.source),
            "courier": FolderCourier(FolderSettings(directory=self.folder)),
            "channels": {},
            "sent_log": None,
        }
        with self._at(file) as store:
            context: SenderContext = msgspec.structs.replace(self._context, **{**usual, **hands, "store": store})
            with store.read(self._site) as state:
                before = state.baselines.active()
            try:
                with during:
                    if options is None:
                        recover(context, lambda: now)
                    else:
                        plan = run(context, options, lambda: now).plan
            except BensyncError as failure:
                error = failure
            with store.read(self._site) as state:
                return DrillRun(
                    error=error,
                    plan=plan,
                    alerts=tuple(alert.name for alert in state.alerts.open()),
                    arrived=len(list(self.folder.glob("*.gpg"))),
                    active_before=before,
                    active_after=state.baselines.active(),
                    kept_back=tuple(sorted({issue.code.value for issue in plan.issues})) if plan else (),
                    broken=tuple(finding.detail for finding in check(state) if not finding.ok),
                )
