"""How long to wait before a request is made again, and when it is enough; knows nothing of requests themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import structlog
from tenacity import RetryCallState, wait_exponential_jitter

log = structlog.get_logger()

_backoff = wait_exponential_jitter(initial=1, max=60, jitter=1)


class Passing(Exception):
    """A trouble that may pass by itself; it never leaves this room.

    Args:
        why: the cause in a few words.
        wait: seconds the server asked to wait; None when it did not say.
    """

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.wait = wait


def trouble(state: RetryCallState) -> Passing:
    """What went wrong in the last attempt."""
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, Passing) else Passing("unknown")


def next_wait(state: RetryCallState) -> float:
    """Seconds until the next attempt: longer each time, or what the server asked for, never earlier than that."""
    resolved, own = trouble(state).wait, _backoff(state)
    return own if resolved is None else resolved + min(1.0, own / 10)


def note_wait(state: RetryCallState) -> None:
    """Write one log line before a wait."""
    log.warning(
        "source.retry", attempt=state.attempt_number, why=trouble(state).why, wait=round(state.upcoming_sleep, 1)
    )


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds asked for in ``retry-after``, as a number or as an HTTP date; None when there is no sense in it."""
    resolved = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", resolved, re.ASCII):
        return float(resolved)
    until = http_date(resolved)
    if until is None:
        return None
    # The server's own clock counts, so that a wrong clock of ours does no harm.
    now = http_date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def http_date(text: str) -> datetime | None:
    """The moment in UTC that an HTTP date means; None when the text is no date."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
