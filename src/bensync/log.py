"""Logs: dotted event names with key-value pairs, to standard error. Personal fields are struck out."""

from __future__ import annotations

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

_PERSONAL = re.compile(r"ssn|birth|name$|address|email|phone|pay_rate|note", re.IGNORECASE)
# The last resort, for a value under a key that does not sound personal.
_SSN = re.compile(r"\b\d{3}-?\d{2}-?\d{4}\b")
_STRUCK = "***-**-****"
# Our own names of files hold no person; operators need them to find a delivery.
_ALLOWED = frozenset({"file_name"})


def set_up(*, as_json: bool, verbose: bool = False) -> None:
    """Send all logs to standard error, as JSON lines or for people; libraries log from WARNING on."""
    level = logging.INFO if verbose else logging.WARNING
    renderer = (
        structlog.processors.JSONRenderer()
        if as_json
        # A plain traceback has no local variables: they hold people.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # The text of an exception may quote a value, so it becomes a field before fields are struck out.
            structlog.processors.format_exc_info,
            strike_out,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_StruckOut("%(levelname)s %(name)s %(message)s"))
    # At INFO, httpx logs the whole address of each request.
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


class _StruckOut(logging.Formatter):
    """Formats a log line of a library, with its traceback, without anything that looks like an SSN."""

    def format(self, record: logging.LogRecord) -> str:
        return _SSN.sub(_STRUCK, super().format(record))


def strike_out(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Remove values of personal fields, and anything that looks like an SSN, from a log line."""
    for key, value in event.items():
        if key not in _ALLOWED and _PERSONAL.search(key):
            event[key] = "(personal)"
        elif isinstance(value, str) and _SSN.search(value):
            event[key] = _SSN.sub(_STRUCK, value)
    return event
