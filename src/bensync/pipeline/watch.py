"""watch(): raises and clears the alerts that come with time alone. It changes nothing else, and sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import structlog

from bensync.core.alerts import AlertKey, Limits, is_missing, is_overdue, key_stage
from bensync.core.requests import Risk
from bensync.errors import DeliveryError
from bensync.pipeline import alerting
from bensync.pipeline.context import SenderContext, SiteContext
from bensync.state.audit.entries import Sending
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.site_state import SiteState
from bensync.wording import notices

log = structlog.get_logger()


def check_alerts(place: SiteContext, now: datetime, limits: Limits) -> None:
    """Look for a daily run that is missing, requests that wait too long, keys that end, and channels that fail.

    Once a day it tells the ends of the audit trails, where somebody wants to keep them.

    Cheap, but not free: the PGP program is asked. Once every few minutes is often enough, at least once an hour.
    """
    if isinstance(place, SenderContext):
        _watch_keys(place, now)
        _watch_runs(place, now, limits)
    ends = place.store.heads(DEPLOYMENT, place.site) if limits.audit_heads else []
    with place.write("watch.alerts") as work:
        if ends:
            lines = [head.line() for head in ends if head.id]
            alerting.notify(place, work, notices.heads(place.site, now.date(), lines), now)
        _watch_queue(place, work, now, limits)
        _watch_channels(place, work, now, limits)


def _watch_runs(place: SenderContext, now: datetime, limits: Limits) -> None:
    with place.write("watch.runs") as work:
        missing = is_missing(work.alerts.run_times(), place.daily_after, limits.no_run_by, now)
        if missing:
            alerting.alert(place, work, notices.no_run(place.site, limits.no_run_by), now)
        elif missing is False:
            alerting.clear_alerts(place, work, [AlertKey.NO_RUN], now)


def _watch_keys(place: SenderContext, now: datetime) -> None:
    """A key that cannot be used at all is for the run to tell."""
    try:
        ends = place.cipher.expires()
    except DeliveryError as error:
        log.info("watch.keys", site=place.site, why=str(error))
        return
    stage = key_stage(ends, now)
    with place.write("watch.keys") as work:
        if ends is not None and stage is not None:
            alerting.alert(place, work, notices.key_ends(place.site, ends, stage), now)
        else:
            alerting.clear_alerts(place, work, [AlertKey.KEY_EXPIRES], now)


def _watch_queue(place: SiteContext, work: SiteState, now: datetime, limits: Limits) -> None:
    for high, days in ((False, limits.queue_days), (True, limits.high_risk_days)):
        trouble = notices.overdue(place.site, days, high=high)
        if is_overdue(work.alerts.oldest(Risk.HIGH if high else None), days, now):
            alerting.alert(place, work, trouble, now)
        else:
            alerting.clear_alert(place, work, trouble.key, trouble.part, now)


def _watch_channels(place: SiteContext, work: SiteState, now: datetime, limits: Limits) -> None:
    failing = _failing(place, work, limits)
    for name, sending in failing.items():
        alerting.alert(place, work, notices.channel_failed(place.site, name, sending.error), now)
    for alert in work.alerts.open():
        key, _, name = alert.name.partition(":")
        if key == AlertKey.MAIL_FAILED and name not in failing:
            alerting.clear_alert(place, work, AlertKey.MAIL_FAILED, name, now)


def _failing(place: SiteContext, work: SiteState, limits: Limits) -> Mapping[str, Sending]:
    """The channels of today that failed too often with one notice, with the newest of these."""
    return {
        sending.channel: sending
        for sending in work.audit.unsent()
        if sending.attempts >= limits.attempts and sending.channel in place.channels
    }
