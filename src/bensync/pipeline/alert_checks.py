"""Raises and clears the alerts that time alone causes. It changes nothing else, and sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import structlog

from bensync.core.alerts import AlertKey, Limits, is_missing, is_overdue, key_stage
from bensync.core.changes import IssueCode
from bensync.core.requests import Risk
from bensync.errors import DeliveryError
from bensync.pipeline import alerting
from bensync.pipeline.benefits.events import processes_events
from bensync.pipeline.context import SenderContext, SiteContext
from bensync.state.audit.notices import Sending
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.site_state import SiteState
from bensync.wording import notices

log = structlog.get_logger()


def check_alerts(context: SiteContext, now: datetime, limits: Limits) -> None:
    """Check for a missing daily run, requests and employees that wait too long, expiring keys, and failing channels.

    Once a day it mails the heads of the audit trails, where this is configured.

    It starts the PGP program, so run it every few minutes, and at least once an hour.
    """
    if isinstance(context, SenderContext):
        _watch_keys(context, now)
        _watch_runs(context, now, limits)
    ends = context.store.heads(DEPLOYMENT, context.site) if limits.audit_heads else []
    with context.write("watch.alerts") as state:
        if ends:
            lines = [head.line() for head in ends if head.id]
            alerting.notify(context, state, notices.heads(context.site, now.date(), lines), now)
        _watch_queue(context, state, now, limits)
        _watch_issues(context, state, now, limits)
        _watch_channels(context, state, now, limits)
        _watch_terminations(context, state, now)
        _watch_begin(context, state, now)


def _watch_terminations(context: SiteContext, state: SiteState, now: datetime) -> None:
    """Check for approved terminations that wait behind an open event; a run takes no step there without a person."""
    count, oldest = state.events.held_up()
    if oldest is None:
        alerting.clear_alerts(context, state, [AlertKey.TERMINATION_WAITS], now)
    else:
        days = max(0, (now.date() - oldest).days)
        alerting.alert(context, state, notices.termination_waits(context.site, count, days), now)


def _watch_begin(context: SiteContext, state: SiteState, now: datetime) -> None:
    """Check for participants whose benefit events cannot be processed: nobody said what coverage they have."""
    waits = processes_events(context) and state.participants.any() and not state.event_runs.begun()
    if waits:
        alerting.alert(context, state, notices.events_not_begun(context.site), now)
    else:
        alerting.clear_alerts(context, state, [AlertKey.EVENTS_NOT_BEGUN], now)


def _watch_runs(context: SenderContext, now: datetime, limits: Limits) -> None:
    with context.write("watch.runs") as state:
        missing = is_missing(state.alerts.run_times(), context.daily_after, limits.no_run_by, now)
        if missing:
            alerting.alert(context, state, notices.no_run(context.site, limits.no_run_by), now)
        elif missing is False:
            alerting.clear_alerts(context, state, [AlertKey.NO_RUN], now)


def _watch_keys(context: SenderContext, now: datetime) -> None:
    """Check when the keys expire; a key that cannot be used at all is reported by the run."""
    try:
        ends = context.cipher.expires()
    except DeliveryError as error:
        log.info("watch.keys", site=context.site, why=str(error))
        return
    stage = key_stage(ends, now)
    with context.write("watch.keys") as state:
        if ends is not None and stage is not None:
            alerting.alert(context, state, notices.key_ends(context.site, ends, stage), now)
        else:
            alerting.clear_alerts(context, state, [AlertKey.KEY_EXPIRES], now)


def _watch_queue(context: SiteContext, state: SiteState, now: datetime, limits: Limits) -> None:
    for high, days in ((False, limits.queue_days), (True, limits.high_risk_days)):
        trouble = notices.overdue(context.site, days, high=high)
        if is_overdue(state.alerts.oldest(Risk.HIGH if high else None), days, now):
            alerting.alert(context, state, trouble, now)
        else:
            alerting.clear_alert(context, state, trouble.key, trouble.part, now)


def _watch_issues(context: SiteContext, state: SiteState, now: datetime, limits: Limits) -> None:
    if is_overdue(state.alerts.oldest_issue(IssueCode.NOT_SHOWN), limits.not_shown_days, now):
        alerting.alert(context, state, notices.not_shown(context.site, limits.not_shown_days), now)
    else:
        alerting.clear_alerts(context, state, [AlertKey.NOT_SHOWN], now)


def _watch_channels(context: SiteContext, state: SiteState, now: datetime, limits: Limits) -> None:
    failing = _failing(context, state, limits)
    for name, sending in failing.items():
        alerting.alert(context, state, notices.channel_failed(context.site, name, sending.error), now)
    # From the open alerts, not from the channels: an alert about a channel that was removed is over as well.
    for alert in state.alerts.open():
        key, _, name = alert.name.partition(":")
        if key == AlertKey.MAIL_FAILED and name not in failing:
            alerting.clear_alert(context, state, AlertKey.MAIL_FAILED, name, now)


def _failing(context: SiteContext, state: SiteState, limits: Limits) -> Mapping[str, Sending]:
    """Return the configured channels that failed too often with one notice, each with its newest such notice."""
    # The notices come oldest first, so the newest of a channel is the one that stays in the dictionary.
    return {
        sending.channel: sending
        for sending in state.notices.unsent()
        if sending.attempts >= limits.attempts and alerting.is_configured(context, sending)
    }
