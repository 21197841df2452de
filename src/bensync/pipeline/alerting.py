"""Puts notices and alerts on their way. They are written down with what they tell, sent later, and never undo anything.

Only where the database cannot be used does an alert go out without having been written down.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path

import structlog

from bensync.core.alerts import FILE_ARRIVED, INTAKE_WENT_WELL, RUN_WENT_WELL, AlertCondition, AlertKey
from bensync.core.ports import Notice, Notifier
from bensync.errors import DeliveryError, StateError
from bensync.pipeline.context import SiteContext
from bensync.state.audit.entries import Sending
from bensync.state.site_state import SiteState
from bensync.wording import notices

log = structlog.get_logger()

MAIL = "mail"
"""The channel that news go over, where there is one; alerts go over every channel."""


def notify(place: SiteContext, work: SiteState, notice: Notice, now: datetime, *, avoid: str = "") -> None:
    """Queue a notice for the channels that it should go over.

    Args:
        avoid: a channel that is in trouble itself, and used only where there is no other.
    """
    work.audit.notify(notice, now, _ways(place.channels, notice, avoid))


def alert(place: SiteContext, work: SiteState, trouble: AlertCondition, now: datetime) -> None:
    """Note that something is wrong, and tell people if that is news."""
    notice = work.alerts.raise_(trouble, now)
    if notice is not None:
        avoid = trouble.part if trouble.key is AlertKey.MAIL_FAILED else ""
        notify(place, work, notice, now, avoid=avoid)
        log.info("alert.raised", site=place.site, alert=trouble.name)


def clear_alerts(place: SiteContext, work: SiteState, keys: Iterable[AlertKey], now: datetime) -> None:
    """Note that troubles of these kinds are over, and tell people of those that were."""
    for notice in work.alerts.clear_all(keys, now):
        notify(place, work, notice, now)
        log.info("alert.over", site=place.site, key=notice.key)


def clear_alert(place: SiteContext, work: SiteState, key: AlertKey, part: str, now: datetime) -> None:
    """The same for one of several troubles of a kind: one file, one channel."""
    notice = work.alerts.clear(key, now, part)
    if notice is not None:
        notify(place, work, notice, now)
        log.info("alert.over", site=place.site, key=notice.key)


def run_went_well(place: SiteContext, work: SiteState, now: datetime) -> None:
    """A run succeeded, in this transaction: whatever that disproves is over."""
    keys = set(RUN_WENT_WELL)
    if work.runs.memory().restored_at is not None:
        keys.discard(AlertKey.RESTORED)
    if not work.alerts.is_anybody(held=False):
        keys.add(AlertKey.KEPT_BACK)
    if not work.alerts.is_anybody(held=True):
        keys.add(AlertKey.ROWS_HELD)
    if work.runs.daily_done(now.date()):
        keys.add(AlertKey.NO_RUN)
    clear_alerts(place, work, keys, now)


def file_arrived(place: SiteContext, work: SiteState, now: datetime) -> None:
    """A delivery is committed, in this transaction: no doubt about one is left, nor about the way to the receiver."""
    clear_alerts(place, work, FILE_ARRIVED, now)


def file_accepted(place: SiteContext, work: SiteState, file: str, now: datetime) -> None:
    """A file was taken in, in this transaction: it is neither missing nor refused any more."""
    clear_alerts(place, work, {AlertKey.FILE_MISSING}, now)
    clear_alert(place, work, AlertKey.FILE_REFUSED, file, now)


def intake_went_well(place: SiteContext, work: SiteState, now: datetime) -> None:
    """The upload center could be read, whatever lay there."""
    clear_alerts(place, work, INTAKE_WENT_WELL, now)


def record_failure(
    place: SiteContext,
    step: str,
    trouble: AlertCondition,
    now: datetime,
    record: Callable[[SiteState], object] = lambda _: None,
) -> None:
    """Write a failure down, and its alert with it; where the database cannot take that, tell people at once.

    Args:
        place: where it happened.
        step: names the transaction.
        trouble: what `notices.failed` or `notices.unreachable` makes of the error.
        now: the moment.
        record: what else is written down in the same transaction.

    Raises:
        BusyError: somebody else has taken over; the alert is theirs to raise.
    """
    try:
        with place.write(step) as work:
            record(work)
            alert(place, work, trouble, now)
    except (StateError, OSError) as error:
        log.warning("alert.unwritten", site=place.site, alert=trouble.name, why=str(error))
        alert_without_database(place, trouble, now)
        alert_without_database(place, notices.failed(place.site, "The database", error), now)


def alert_without_database(place: SiteContext, trouble: AlertCondition, now: datetime) -> None:
    """Tell people at once, without the database: once per trouble and UTC day, whatever process it is that cries."""
    key = f"alert:{place.site}:{trouble.name}:{now.date()}"
    mark = _mark(place, key)
    if mark.exists():
        return
    notice = Notice(key, f"[bensync] {place.site}: {trouble.subject}", trouble.detail, alert=True)
    for name, channel in place.channels.items():
        try:
            channel.send(notice)
        except DeliveryError as error:
            log.warning("notice.failed", site=place.site, channel=name, key=key, why=str(error))
        else:
            with contextlib.suppress(OSError):  # then it is told again, which is better than not at all
                mark.touch(mode=0o600)


def _mark(place: SiteContext, key: str) -> Path:
    """An empty file that remembers a cry; without a database there is no other memory."""
    digest = hashlib.sha256(f"{place.store.file}:{key}".encode()).hexdigest()
    return Path(tempfile.gettempdir()) / f"bensync-cried-{digest[:24]}"


def send_notices(place: SiteContext, clock: Callable[[], datetime], *, patient: bool = False) -> None:
    """Send what waits. What fails is tried again later, and never undoes anything (A-60).

    A channel that fails is left alone for the rest of the round.

    Args:
        place: whose notices.
        clock: tells the moment.
        patient: leave what failed alone until its pause is over.
    """
    with place.read() as work:
        waiting = work.audit.unsent(now=clock() if patient else None)
    down: set[str] = set()
    for sending in waiting:
        channel = place.channels.get(sending.channel)
        if channel is not None and sending.channel not in down and not _sent(place, channel, sending, clock):
            down.add(sending.channel)


def _sent(place: SiteContext, channel: Notifier, sending: Sending, clock: Callable[[], datetime]) -> bool:
    """Try one notice once; whether it left."""
    try:
        channel.send(sending.notice)
    except DeliveryError as error:
        log.warning("notice.failed", site=place.site, channel=sending.channel, key=sending.notice.key, why=str(error))
        with place.write("notice.failed") as work:
            work.audit.mark_failed(sending, str(error))
        return False
    with place.write("notice.sent") as work:
        work.audit.mark_sent(sending, clock())
    return True


def _ways(channels: Mapping[str, Notifier], notice: Notice, avoid: str) -> Collection[str]:
    if not notice.alert and MAIL in channels:
        return [MAIL]
    others = [name for name in channels if name != avoid]
    return others or list(channels)
