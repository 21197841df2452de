"""Logs: dotted event names with key-value pairs, to standard error. Personal fields are struck out.

What libraries log, warn of, or fail with in a thread of theirs becomes one line of ours, too.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

_PERSONAL = re.compile(r"ssn|birth|name$|address|email|phone|pay_rate|note", re.IGNORECASE)
# The last resort, for a value under a key that does not sound personal.
_SSN = re.compile(r"(?<!\d)\d{3}[-\s.\u2010-\u2015]?\d{2}[-\s.\u2010-\u2015]?\d{4}(?!\d)")
_STRUCK = "***-**-****"
# Our own names of files hold no person; operators need them to find a delivery.
_ALLOWED = frozenset({"file_name"})


# Each failure of these reaches us as an exception, and an error with its cause and its fix follows. Their own messages
# would only repeat it, some of them with secrets or a traceback.
_SILENCED = ("apprise", "gnupg", "paramiko", "procrastinate", "psycopg.pool", "requests", "urllib3")

_log = structlog.get_logger()


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
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _StandardError())),
    )
    _route_libraries()


def _route_libraries() -> None:
    for name in _SILENCED:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns of each skipped tick, which is by design
    if not any(isinstance(handler, _Library) for handler in logging.root.handlers):
        logging.root.addHandler(_Library())
    # At INFO, httpx logs the whole address of each request.
    logging.root.setLevel(logging.WARNING)
    # Warnings of Python are for developers, who see them in the tests.
    logging.captureWarnings(capture=True)
    logging.getLogger("py.warnings").setLevel(logging.CRITICAL + 1)
    # A test runner has hooks of its own in these places.
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _thread_failed
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _not_raised


class _StandardError:
    """Standard error, where a line that cannot be written is lost: a full disk must not end what is being logged."""

    def write(self, line: str) -> None:
        """Write one line, in one piece where the stream allows it."""
        # Past the buffers of Python: what stays in them would be tried again, and fail the process at its end.
        raw = getattr(getattr(sys.stderr, "buffer", None), "raw", None)
        try:
            if raw is None:
                sys.stderr.write(line)
            else:
                raw.write(line.encode(errors="backslashreplace"))
        except (OSError, ValueError):
            return

    def flush(self) -> None:
        """Do nothing more: each line was written."""


class _Library(logging.Handler):
    """Turns a log record of a library into one line of ours, without its traceback."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = " ".join(record.getMessage().split())
        except (TypeError, ValueError):  # the library's own mistake in its placeholders
            text = str(record.msg)
        error = record.exc_info[1] if record.exc_info else None
        _log.log(record.levelno, "library.message", library=record.name, text=text, **_failure(error))


def _thread_failed(failure: threading.ExceptHookArgs) -> None:
    """Log an exception that ended a thread; Python itself would print a traceback."""
    name = failure.thread.name if failure.thread is not None else ""
    _log.error("thread.failed", thread=name, **_failure(failure.exc_value))


def _not_raised(failure: object) -> None:
    """Log an exception that could not be raised, such as one of a destructor, only where more logs are wanted."""
    _log.info("cleanup.failed", **_failure(getattr(failure, "exc_value", None)))


def _failure(error: BaseException | None) -> dict[str, str]:
    """Return the kind of an exception and where it was raised; its text may hold values."""
    if error is None:
        return {}
    return {"error": type(error).__name__, **_place(error.__traceback__)}


def _place(trace: TracebackType | None) -> dict[str, str]:
    frames = traceback.extract_tb(trace)
    return {"place": f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"} if frames else {}


def strike_out(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Remove values of personal fields, and anything that looks like an SSN, from a log line."""
    for key, value in event.items():
        event[key] = _struck(str(key), value)
    return event


def _struck(key: str, value: object) -> object:
    """Return a value without personal data, however deep it is nested; anything but plain values becomes text."""
    if key not in _ALLOWED and _PERSONAL.search(key):
        return "(personal)"
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {_SSN.sub(_STRUCK, str(name)): _struck(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_struck("", inner) for inner in value]
    return _SSN.sub(_STRUCK, value.decode(errors="replace") if isinstance(value, bytes) else str(value))
