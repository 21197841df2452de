"""Queues notices and alerts in the transaction that they report, and sends them later; a failure undoes nothing.

An alert is sent without the queue only when the database cannot be used.
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
from bensync.state.audit.notices import Sending
from bensync.state.site_state import SiteState
from bensync.wording import notices

log = structlog.get_logger()

MAIL = "mail"
"""The channel for notices, where it is configured; alerts go to every channel."""


def notify(context: SiteContext, state: SiteState, notice: Notice, now: datetime, *, avoid: str = "") -> None:
    """Queue a notice for its channels.

    Args:
        avoid: a failing channel, used only where there is no other.
    """
    state.notices.add(notice, now, _ways(context.channels, notice, avoid))


def alert(context: SiteContext, state: SiteState, trouble: AlertCondition, now: datetime) -> None:
    """Record that something is wrong, and queue an alert if it was not known."""
    notice = state.alerts.raise_(trouble, now)
    if notice is not None:
        avoid = trouble.part if trouble.key is AlertKey.MAIL_FAILED else ""
        notify(context, state, notice, now, avoid=avoid)
        log.info("alert.raised", site=context.site, alert=trouble.name)


def clear_alerts(context: SiteContext, state: SiteState, keys: Iterable[AlertKey], now: datetime) -> None:
    """Record that alerts of these kinds are over, and queue a notice for each that was open."""
    for notice in state.alerts.clear_all(keys, now):
        notify(context, state, notice, now)
        log.info("alert.over", site=context.site, key=notice.key)


def clear_alert(context: SiteContext, state: SiteState, key: AlertKey, part: str, now: datetime) -> None:
    """Clear one of several alerts of a kind: that of one file or one channel."""
    notice = state.alerts.clear(key, now, part)
    if notice is not None:
        notify(context, state, notice, now)
        log.info("alert.over", site=context.site, key=notice.key)


def run_went_well(context: SiteContext, state: SiteState, now: datetime) -> None:
    """Clear the alerts that a successful run disproves."""
    keys = set(RUN_WENT_WELL)
    if state.runs.memory().restored_at is not None:
        keys.discard(AlertKey.RESTORED)
    if not state.alerts.is_anybody(held=False):
        keys.add(AlertKey.KEPT_BACK)
    if not state.alerts.is_anybody(held=True):
        keys.add(AlertKey.ROWS_HELD)
    if state.runs.daily_done(now.date()):
        keys.add(AlertKey.NO_RUN)
    clear_alerts(context, state, keys, now)


def file_arrived(context: SiteContext, state: SiteState, now: datetime) -> None:
    """Clear the alerts about deliveries and about the way to the receiver, after a commit."""
    clear_alerts(context, state, FILE_ARRIVED, now)


def file_accepted(context: SiteContext, state: SiteState, file: str, now: datetime) -> None:
    """Clear the alerts about a missing or refused file, after it was accepted."""
    clear_alerts(context, state, {AlertKey.FILE_MISSING}, now)
    clear_alert(context, state, AlertKey.FILE_REFUSED, file, now)


def intake_went_well(context: SiteContext, state: SiteState, now: datetime) -> None:
    """Clear the alerts that reading the upload center disproves."""
    clear_alerts(context, state, INTAKE_WENT_WELL, now)


def record_failure(
    context: SiteContext,
    step: str,
    trouble: AlertCondition,
    now: datetime,
    record: Callable[[SiteState], object] = lambda _: None,
) -> None:
    """Record a failure with its alert; if the database cannot be written, send the alert at once.

    Args:
        context: the site.
        step: names the transaction.
        trouble: what `notices.failed` or `notices.unreachable` makes of the error.
        now: the moment.
        record: what else is recorded in the same transaction.

    Raises:
        BusyError: another process has taken over the site, and raises the alert.
    """
    try:
        with context.write(step) as state:
            record(state)
            alert(context, state, trouble, now)
    except (StateError, OSError) as error:
        # Two alerts: the failure itself, and that bensync can no longer record anything.
        log.warning("alert.unwritten", site=context.site, alert=trouble.name, why=str(error))
        alert_without_database(context, trouble, now)
        alert_without_database(context, notices.failed(context.site, "The database", error), now)


def alert_without_database(context: SiteContext, trouble: AlertCondition, now: datetime) -> None:
    """Send an alert at once, without the database: once per alert and UTC day, from whichever process."""
    key = f"alert:{context.site}:{trouble.name}:{now.date()}"
    mark = _mark(context, key)
    if mark.exists():
        return
    notice = Notice(key, f"[bensync] {context.site}: {trouble.subject}", trouble.detail, alert=True)
    for name, channel in context.channels.items():
        try:
            channel.send(notice)
        except DeliveryError as error:
            log.warning("notice.failed", site=context.site, channel=name, key=key, why=str(error))
        else:
            # Only after one channel took it: an alert that reached nobody is sent again by the next process.
            with contextlib.suppress(OSError):  # then it is sent again, which is better than not at all
                mark.touch(mode=0o600)


def _mark(context: SiteContext, key: str) -> Path:
    """Return the path of the empty file that remembers an alert; without a database there is no other memory."""
    digest = hashlib.sha256(f"{context.store.file}:{key}".encode()).hexdigest()
    return Path(tempfile.gettempdir()) / f"bensync-cried-{digest[:24]}"


def send_notices(context: SiteContext, clock: Callable[[], datetime], *, patient: bool = False) -> None:
    """Send the waiting notices. A failed one is tried again later, and undoes nothing (A-60).

    A channel that fails is skipped for the rest of the round.

    Args:
        context: the site.
        clock: returns the current time.
        patient: skip failed notices until their pause is over.
    """
    with context.read() as state:
        waiting = state.notices.unsent(now=clock() if patient else None)
    down: set[str] = set()
    for sending in waiting:
        if is_configured(context, sending) and sending.channel not in down and not _sent(context, sending, clock):
            down.add(sending.channel)


def is_configured(context: SiteContext, sending: Sending) -> bool:
    """Return whether the channel of a sending is still in the configuration."""
    return _channel_and_recipient(context, sending)[0] in context.channels


def _channel_and_recipient(context: SiteContext, sending: Sending) -> tuple[str, str]:
    """Return the channel of a sending, and the one recipient who gets it; empty for all."""
    # References, which name all other channels, hold a colon, too, so a whole name comes first.
    if sending.channel in context.channels:
        return sending.channel, ""
    channel, _, recipient = sending.channel.partition(":")
    return channel, recipient


def _sent(context: SiteContext, sending: Sending, clock: Callable[[], datetime]) -> bool:
    """Send one notice once; return whether it was sent."""
    channel, only = _channel_and_recipient(context, sending)
    try:
        refused = context.channels[channel].send(sending.notice, only)
    except DeliveryError as error:
        log.warning("notice.failed", site=context.site, channel=sending.channel, key=sending.notice.key, why=str(error))
        with context.write("notice.failed") as state:
            state.notices.mark_failed(sending, str(error))
        return False
    # Marked after sending, one notice per transaction: a crash in between repeats one notice, and loses none.
    with context.write("notice.sent") as state:
        state.notices.mark_sent(sending, clock())
        state.notices.add_refused(sending, [f"{channel}:{recipient}" for recipient in refused])
    return True


def _ways(channels: Mapping[str, Notifier], notice: Notice, avoid: str) -> Collection[str]:
    # News go by mail alone; an alert goes over every channel, because the mail server may be the trouble (decision 24).
    if not notice.alert and MAIL in channels:
        return [MAIL]
    others = [name for name in channels if name != avoid]
    return others or list(channels)
