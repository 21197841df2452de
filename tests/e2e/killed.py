"""One step of the product in a process of its own, at a given moment, with the fault that ``BENSYNC_FAULT`` names.

``BENSYNC_BUG`` names an error of `tests.e2e.bugs` to have besides. Both are refused unless ``BENSYNC_TEST=1``.

Usage: python -m tests.e2e.killed CONFIG MOMENT STEP
"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from bensync import fault_points
from bensync.actions import approvals, corrections
from bensync.actions.authorization import authorize
from bensync.actions.benefits import case_edits
from bensync.actions.departed.release import release
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.core.access import Right, command_line_actor
from bensync.core.people import Status
from bensync.core.requests import DeclineCode
from bensync.core.runs import DeliveryState, RunKind
from bensync.daemon.turn import take_turn
from bensync.drill import rehearse
from bensync.errors import EXIT_ASKED_TO_END, BensyncError, DecisionError, Denied
from bensync.pipeline import leases, runs
from bensync.pipeline import receive as receiving
from bensync.pipeline.alert_checks import check_alerts
from bensync.pipeline.alerting import send_notices
from bensync.pipeline.benefits.events import begin_events, follow_up
from bensync.pipeline.benefits.passive_events import search_site
from bensync.pipeline.context import MANUAL, SCHEDULE, RunOptions, SenderContext
from bensync.pipeline.receive import IntakeOptions
from bensync.pipeline.runs import recover, run
from bensync.wiring import Deployment
from tests.e2e.bugs import planted

BOTH = frozenset({Status.ACTIVE, Status.INACTIVE})
NEXT = DeclineCode.INELIGIBLE
CORRECTED = "345678901"


class Step:
    """What a process may be asked to do, on the only site of its configuration.

    Args:
        deployment: the configuration.
        now: what its clock shows, always.
    """

    def __init__(self, deployment: Deployment, now: datetime) -> None:
        self._deployment = deployment
        self._store = deployment.store()
        (self._site,) = deployment.names()
        self._now = now

    def daily(self) -> None:
        """What the daemon does once the day is due."""
        recover(self._tools, self._clock)
        run(self._tools, RunOptions(RunKind.DAILY, MANUAL, "test"), self._clock)

    def turn(self) -> None:
        """A whole turn of the daemon; it ends with its exit code."""
        code = take_turn(self._deployment, self._store, self._site, self._clock)
        if code:
            sys.exit(code)

    def scheduled(self) -> None:
        """The daily run, unless the day is done."""
        run(self._tools, RunOptions(RunKind.DAILY, SCHEDULE, "daemon"), self._clock)

    def renew(self) -> None:
        """Take the lease, and say once that we are still at work."""
        with leases.leased(self._tools, self._clock) as held:
            leases.renew(held)

    def resync(self) -> None:
        """A full file."""
        run(self._tools, RunOptions(RunKind.RESYNC, MANUAL, "test", BOTH), self._clock)

    def snapshot(self) -> None:
        """Both sides in step, without a file."""
        run(self._tools, RunOptions(RunKind.SNAPSHOT, MANUAL, "test", BOTH), self._clock)

    def approve(self) -> None:
        """Approve whatever waits."""
        with self._store.read(self._site) as work:
            waiting = work.requests.pending_ids()
        approvals.approve(
            self._store, self._site, waiting, command_line_actor("admin"), self._now, self._tools.rules, confirmed=True
        )

    def refuse(self) -> None:
        """Turn somebody away who may not decide."""
        with contextlib.suppress(Denied):
            authorize(self._store, self._site, command_line_actor("stranger"), Right.DECIDE, self._now, {"admin"})

    def decline(self) -> None:
        """Decline whatever waits."""
        with self._store.read(self._site) as work:
            waiting = work.requests.pending_ids()
        approvals.decline(
            self._store, self._site, waiting, command_line_actor("admin"), self._now, NEXT, "not eligible"
        )

    def terminate(self) -> None:
        """End the first participant manually."""
        corrections.terminate(
            self._store,
            self._site,
            1,
            self._now.date(),
            "left the company",
            command_line_actor("admin"),
            self._now,
            confirmed=True,
        )

    def reinstate(self) -> None:
        """Take that back."""
        corrections.reinstate(self._store, self._site, 1, "an error", command_line_actor("admin"), self._now)

    def edit(self) -> None:
        """Correct the first participant manually."""
        corrections.edit(
            self._store, self._site, 1, {"city": "Akron"}, "typing error", command_line_actor("admin"), self._now
        )

    def correct_ssn(self) -> None:
        """Enter another SSN for the first participant, as each of two people."""
        for name in ("kim", "alex"):
            with contextlib.suppress(DecisionError):  # the first of them waits for the second
                corrections.correct_ssn(
                    self._store,
                    self._site,
                    1,
                    CORRECTED,
                    "a letter",
                    command_line_actor(name),
                    self._now,
                    notify=lambda *_: None,
                )

    def release(self) -> None:
        """Release the second employee, whom HR does not show; the participant stays."""
        release(self._store, self._site, "2", "gone for good", command_line_actor("admin"), self._now, confirmed=True)

    def receive(self) -> None:
        """Take in what arrived."""
        reception = self._deployment.receiver_context(self._site, self._store)
        receiving.receive(reception, IntakeOptions("daemon"), self._clock)

    def events(self) -> None:
        """Work benefit events off."""
        follow_up(self._tools, "test", self._clock)

    def begin(self) -> None:
        """Take stock of participants without events."""
        begin_events(self._tools, self._book, "test", self._clock)

    def seek(self) -> None:
        """Look for whom time has reached."""
        day = self._now.date()
        search_site(self._tools, self._book, "TEN", day.replace(year=2020), day, "test", self._now)

    def insert(self) -> None:
        """Add an activity to the first participant manually."""
        edit = case_edits.add_activity("FSC", self._now.date(), "a new plan")
        admin = command_line_actor("admin")
        case_edits.change(self._store, self._site, 1, edit, self._book, admin, now=self._now, reason="a new plan")

    def confirm(self) -> None:
        """A person says that what is in doubt has arrived."""
        runs.confirm(self._tools, self._in_doubt(), "admin", self._clock)

    def retry(self) -> None:
        """A person says that what is in doubt has not arrived."""
        runs.retry(self._tools, self._in_doubt(), "admin", self._clock)

    def migrate(self) -> None:
        """Bring the database to this version's schema."""
        self._store.migrate()

    def watch(self) -> None:
        """Look around as the daemon does, and send what waits."""
        check_alerts(self._tools, self._now, self._deployment.settings.alerts.limits())
        send_notices(self._tools, self._clock)

    def drill(self) -> None:
        """Rehearse every disaster on a copy."""
        rehearse(self._deployment, self._site, self._now, lambda _: None)

    def _in_doubt(self) -> int:
        with self._store.read(self._site) as work:
            return next(
                (delivery.id for delivery in work.deliveries.unsettled() if delivery.state is DeliveryState.UNKNOWN), 0
            )

    def _clock(self) -> datetime:
        return self._now

    @property
    def _book(self) -> Rulebook:
        return self._deployment.rulebook(self._site)

    @property
    def _tools(self) -> SenderContext:
        return self._deployment.sender_context(self._site, self._store)


STEPS: Mapping[str, Callable[[Step], None]] = {
    name: step for name, step in vars(Step).items() if not name.startswith("_") and callable(step)
}


def main(words: Sequence[str]) -> None:
    """Take one step; asked to stop, it leaves as the daemon's turn does.

    Raises:
        SystemExit: with the exit code of the trouble that it met.
    """
    fault_points.arm()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_ASKED_TO_END))
    config, moment, step = words
    try:
        with planted():
            STEPS[step](Step(Deployment(Path(config)), datetime.fromisoformat(moment)))
    except BensyncError as error:
        print(type(error).__name__, error, file=sys.stderr)  # noqa: T201  # for the person who repeats it manually
        sys.exit(error.code)


if __name__ == "__main__":
    main(sys.argv[1:])
