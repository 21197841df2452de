"""How long to wait before a request is repeated; it knows nothing about the requests themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import structlog
from tenacity import RetryCallState, wait_exponential_jitter

log = structlog.get_logger()

# With jitter, so that many sites that were throttled together do not come back together.
_backoff = wait_exponential_jitter(initial=1, max=60, jitter=1)


class Passing(Exception):
    """A failure that may pass by itself; raised and caught within this package only.

    Args:
        why: the cause in a few words.
        wait: seconds that the server asked to wait; None if it did not say.
    """

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.wait = wait


def trouble(state: RetryCallState) -> Passing:
    """Return the failure of the last attempt."""
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, Passing) else Passing("unknown")


def next_wait(state: RetryCallState) -> float:
    """Return the seconds until the next attempt: longer each time, and never less than the server asked for."""
    resolved, own = trouble(state).wait, _backoff(state)
    return own if resolved is None else resolved + min(1.0, own / 10)


def note_wait(state: RetryCallState) -> None:
    """Write one log line before a wait."""
    log.warning(
        "source.retry", attempt=state.attempt_number, why=trouble(state).why, wait=round(state.upcoming_sleep, 1)
    )


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds in ``retry-after``, given as a number or as an HTTP date; None if it is neither."""
    resolved = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", resolved, re.ASCII):
        return float(resolved)
    until = http_date(resolved)
    if until is None:
        return None
    # Measured by the server's own clock, so that a wrong clock of ours does not change the wait.
    now = http_date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def http_date(text: str) -> datetime | None:
    """Return the time in UTC of an HTTP date; None if the text is not a date."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
