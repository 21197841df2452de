"""The one error tree. Every error says what happened, why, and how to fix it; each class has one exit code.

No error text may hold personal data: people are named by their employee id.
"""

from __future__ import annotations

from typing import ClassVar


class BensyncError(Exception):
    """Something unforeseen went wrong; the other classes are the troubles we know.

    Args:
        what: what happened, one sentence without a full stop.
        why: the cause, as far as it is known.
        fix: what the reader can do about it.
        retry: whether the same attempt may succeed later without anybody's help.
    """

    code: ClassVar[int] = 1

    def __init__(self, what: str, why: str = "", fix: str = "", *, retry: bool = False) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix
        self.retry = retry

    def __str__(self) -> str:
        return f"{self.what} ({self.why})" if self.why else self.what

    def as_json(self) -> dict[str, str | int]:
        """The shape that scripts rely on: ``{"code", "kind", "what", "why", "fix"}``."""
        return {
            "code": self.code,
            "kind": type(self).__name__,
            "what": self.what,
            "why": self.why,
            "fix": self.fix,
        }


class ConfigError(BensyncError):
    """The configuration file, a key or a mapping is wrong or missing."""

    code = 10


class SourceError(BensyncError):
    """The HR system cannot be read, or its answer cannot be trusted."""

    code = 11


class GuardTripped(BensyncError):
    """Stopped for safety: the plan looks like an accident, and a person must look at it."""

    code = 12


class DeliveryError(BensyncError):
    """Sealing or sending the file failed."""

    code = 13


class DeliveryInDoubt(DeliveryError):
    """The file may have arrived or not; only the receiver can tell, and it is not sent again unasked."""


class StateError(BensyncError):
    """The database is locked, damaged, of another version, or its key does not fit."""

    code = 14


class DecisionError(BensyncError):
    """The request is not pending any more, or what it was based on has moved."""

    code = 15


class Denied(DecisionError):
    """This person may not do this; the attempt is in the audit trail."""


class StepUpNeeded(Denied):
    """They may, after a fresh code."""


class SignInRefused(DecisionError):
    """Nobody was signed in. It never says which part was wrong, nor whether there is such a user.

    Args:
        what: as always.
        why: as always.
        fix: as always.
        wait: seconds before another try can succeed; 0 for none.
    """

    def __init__(self, what: str, why: str = "", fix: str = "", *, wait: int = 0) -> None:
        super().__init__(what, why, fix, retry=wait > 0)
        self.wait = wait


class BusyError(BensyncError):
    """Another run of this site holds the lease."""

    code = 16


EXIT_DONE = 0
EXIT_USAGE = 2
EXIT_HELD = 3
"""Done, but people were kept back or rows were held."""
EXIT_INTERRUPTED = 130
EXIT_ASKED_TO_END = 143
