"""The one error tree. Every error says what happened, why, and how to fix it; each class has one exit code.

No error text may hold personal data: people are named by their employee id.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

import msgspec


class RemedyKind(StrEnum):
    """What helps against an error, for programs; `bensync.wording.remedies` words it for people."""

    CONFIRM = "confirm"
    """Read the caution, then accept it."""
    GIVE_REASON = "give_reason"
    """Say why, in a few words."""
    SECOND_PERSON = "second_person"
    """Another person must do exactly the same."""
    FRESH_CODE = "fresh_code"
    """Enter a fresh code of the authenticator app."""
    SIGN_IN_AGAIN = "sign_in_again"
    ASK_OWNER = "ask_owner"
    """Ask the Data Owner of the site for the right."""
    ASK_OPERATOR = "ask_operator"
    """Only the people who operate bensync can help."""
    RELOAD = "reload"
    """Look at the newest state of the thing, then decide again."""
    SEE_REQUEST = "see_request"
    """Decide another request instead."""
    CORRECT_SSN = "correct_ssn"
    """Two people must enter the same SSN; nothing else sets one."""
    RUN = "run"
    """Run a command of bensync."""
    NOTHING = "nothing"
    """Nothing needs to be done."""


class Remedy(msgspec.Struct, frozen=True):
    """A remedy and what it needs to be carried out.

    Attributes:
        kind: which one.
        command: the words of the command that `RemedyKind.RUN` names, such as ``requests list``.
        request: the number of the request that `RemedyKind.SEE_REQUEST` names.
    """

    kind: RemedyKind
    command: str = ""
    request: int | None = None


CONFIRM = Remedy(RemedyKind.CONFIRM)
GIVE_REASON = Remedy(RemedyKind.GIVE_REASON)
SECOND_PERSON = Remedy(RemedyKind.SECOND_PERSON)
FRESH_CODE = Remedy(RemedyKind.FRESH_CODE)
ASK_OWNER = Remedy(RemedyKind.ASK_OWNER)
ASK_OPERATOR = Remedy(RemedyKind.ASK_OPERATOR)
RELOAD = Remedy(RemedyKind.RELOAD)
CORRECT_SSN = Remedy(RemedyKind.CORRECT_SSN)
NOTHING = Remedy(RemedyKind.NOTHING)


def run_command(command: str) -> Remedy:
    """Return the remedy of running a command, such as ``requests list``."""
    return Remedy(RemedyKind.RUN, command)


def reported(error: BaseException) -> str:
    """Return the cause of a foreign error as a sentence: the words of the operating system, else its kind alone.

    The texts of libraries may quote values of people.
    """
    text = error.strerror if isinstance(error, OSError) else None
    return f"The operating system reports: {text}." if text else f"The underlying error is {type(error).__name__}."


class BensyncError(Exception):
    """An unforeseen error; its subclasses are the foreseen ones.

    Args:
        what: what happened, a full sentence.
        why: the cause as far as it is known, in full sentences.
        fix: what the reader can do about it, in full sentences worded for the command line.
        remedy: the same for programs, where it is one of those that each interface words for its own reader.
        retry: whether the same attempt may succeed later without anybody's help.
    """

    code: ClassVar[int] = 1

    def __init__(
        self, what: str, why: str = "", fix: str = "", *, retry: bool = False, remedy: Remedy | None = None
    ) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix
        self.retry = retry
        self.remedy = remedy

    def __str__(self) -> str:
        # Logs and parents of this error get one line; interfaces read the three parts.
        return f"{self.what} {self.why}".rstrip()

    def as_json(self) -> dict[str, str | int]:
        """Return the shape that scripts rely on: ``{"code", "kind", "what", "why", "fix", "remedy"}``.

        ``remedy`` is empty where there is none; ``command`` and ``request`` come with the remedies that have them.
        """
        shape: dict[str, str | int] = {
            "code": self.code,
            "kind": type(self).__name__,
            "what": self.what,
            "why": self.why,
            "fix": self.fix,
            "remedy": self.remedy.kind.value if self.remedy is not None else "",
        }
        # Absent rather than null where they do not apply, so that the six keys stay the contract.
        if self.remedy is not None and self.remedy.command:
            shape["command"] = self.remedy.command
        if self.remedy is not None and self.remedy.request is not None:
            shape["request"] = self.remedy.request
        return shape


class ConfigError(BensyncError):
    """The configuration file, a key or a mapping is wrong or missing."""

    code = 10

    def __init__(
        self, what: str, why: str = "", fix: str = "", *, problems: Sequence[str] = (), remedy: Remedy | None = None
    ) -> None:
        super().__init__(what, why or " ".join(problems), fix, remedy=remedy)
        # Each entry that is wrong, such as ``state.url: Field required.``: the command line prints one below the other.
        self.problems = tuple(problems)


class SourceError(BensyncError):
    """The HR system cannot be read, or its answer cannot be trusted."""

    code = 11


class GuardTripped(BensyncError):
    """Stopped for safety: the plan looks like an accident, and a person must look at it."""

    code = 12


class DatabaseOutdated(GuardTripped):
    """The database does not know the files that left last: it is a restored backup, or an older copy."""


class DeliveryError(BensyncError):
    """Sealing or sending the file failed."""

    code = 13


class HostKeyRefused(DeliveryError):
    """The upload center shows a host key that is not pinned; a person must check it."""


class DeliveryInDoubt(DeliveryError):
    """The file may have arrived or not; only the receiver knows, and it is not sent again unasked."""


class StateError(BensyncError):
    """The database is locked, damaged, of another version, or its key does not fit."""

    code = 14


class DecisionError(BensyncError):
    """The request is not pending any more, or its basis has changed."""

    code = 15


class Denied(DecisionError):
    """The actor does not have this right; the attempt is in the audit trail."""


class StepUpNeeded(Denied):
    """The actor has the right, and needs a fresh code first."""


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
"""Done, but some people are blocked by a data issue, or rows are held for review."""
EXIT_INTERRUPTED = 130
EXIT_ASKED_TO_END = 143
