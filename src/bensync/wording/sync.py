"""How the trade speaks on pages: kinds, states, warnings and values in plain words. It knows no person and no page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TypeVar

from bensync.core.changes import ChangeKind, IssueCode
from bensync.core.people import Standing
from bensync.core.requests import WARNING_WORDS, DeclineCode, RequestState, WarningCode
from bensync.core.runs import DeliveryState, Outcome, RunKind
from bensync.mappings.catalogue import Catalogue, FieldType
from bensync.state.read.filtered_lists import RequestGroup, SortOrder

E = TypeVar("E", bound=StrEnum)

BUCKETS: Mapping[RequestGroup, tuple[str, str]] = {
    RequestGroup.IDENTITY: ("Identity", "Is it the same person? Compare before anything else."),
    RequestGroup.TERMINATED: ("Terminated", "People who left. Approving ends their coverage."),
    RequestGroup.RETURNING: ("Returning", "People who come back, or are active in HR but not here."),
    RequestGroup.NEW: ("New", "People nobody here knows yet."),
    RequestGroup.CHANGED: ("Changed", "New details of people you know: addresses, jobs, pay."),
}
"""The heaps of the queue: name, and what lies in them."""

ORDERS: Mapping[SortOrder, str] = {
    SortOrder.URGENT: "What hurts first",
    SortOrder.OLDEST: "Waiting longest",
    SortOrder.NEWEST: "Newest first",
    SortOrder.EFFECTIVE: "Effective date",
}

KINDS: Mapping[ChangeKind, str] = {
    ChangeKind.NEW: "New person",
    ChangeKind.UPDATE: "Changed details",
    ChangeKind.TERMINATE: "Termination",
    ChangeKind.REACTIVATE: "Reactivation",
    ChangeKind.REHIRE: "Rehire",
    ChangeKind.CORRECTION: "Corrected history",
    ChangeKind.UNCHANGED: "Unchanged",
}

STATES: Mapping[RequestState, str] = {
    RequestState.PENDING: "Waits for a decision",
    RequestState.APPROVED: "Approved",
    RequestState.DECLINED: "Declined",
    RequestState.SUPERSEDED: "Replaced",
}

STANDINGS: Mapping[Standing, str] = {Standing.ACTIVE: "Active", Standing.TERMINATED: "Terminated"}

DECLINES: Mapping[DeclineCode, tuple[str, str]] = {
    DeclineCode.INELIGIBLE: ("Not eligible", "This person shall not have benefits here."),
    DeclineCode.DUPLICATE: ("Duplicate", "The same person is here already."),
    DeclineCode.ERROR: ("Wrong in HR", "HR must be corrected first."),
    DeclineCode.OTHER: ("Something else", "Say it in the note."),
}

RUNS: Mapping[str, str] = {
    RunKind.DAILY: "Daily update",
    RunKind.RESYNC: "Full resync",
    RunKind.SNAPSHOT: "First take-over",
    RunKind.EVENTS: "Benefit events",
    "RESTORE": "Back from a backup",
}

OUTCOMES: Mapping[str, str] = {
    Outcome.DELIVERED: "A file was delivered",
    Outcome.NO_CHANGES: "Nothing had changed, no file was needed",
    Outcome.FILLED: "Both sides were filled from HR",
    Outcome.WORKED_OFF: "Benefit events were worked off",
    "CAUGHT_UP": "Numbers were caught up after a backup",
}

DELIVERIES: Mapping[str, tuple[str, str]] = {
    "PREPARED": ("Prepared", "Written down here; nothing has left yet."),
    "SEALED": ("Sealed", "Encrypted and ready; nothing has left yet."),
    "UPLOADED": ("Uploading", "At the upload center under a temporary name."),
    "PUBLISHING": ("Publishing", "The last step was begun; the next run finishes it."),
    "UNKNOWN": ("In doubt", "It may have arrived or not. Ask the receiver, then decide below."),
    DeliveryState.COMMITTED: ("Delivered", "It arrived, and its requests were opened."),
    DeliveryState.FAILED: ("Failed", "It did not arrive. The next run sends the same news again."),
    DeliveryState.ABANDONED: ("Replaced", "It never left; a newer file took its place."),
    "VOID": ("Void", "Its number was used after the backup that this database came from."),
}
ISSUES: Mapping[IssueCode, tuple[str, str]] = {
    IssueCode.SSN_MISSING: ("No SSN in HR", "Enter the SSN in HR."),
    IssueCode.SSN_INVALID: ("Impossible SSN", "Correct the SSN in HR."),
    IssueCode.SSN_DUPLICATE: ("Two people with one SSN", "Find out whose it is, and correct the other one in HR."),
    IssueCode.STATUS_MISSING: ("No BeneTrac Status", "Fill in the status in HR."),
    IssueCode.STATUS_UNKNOWN: ("Unknown BeneTrac Status", "Correct the status in HR, or have the option configured."),
    IssueCode.NOT_STARTED: ("Has not started yet", "Nothing to do: they are sent on their first day."),
    IssueCode.FIELD_RESTRICTED: ("HR hides a field", "Let the HR administrator give the API key access to it."),
    IssueCode.FIELD_INVALID: ("A value is not readable", "Correct it in HR."),
    IssueCode.VALUE_UNKNOWN: ("A value that nobody translated", "Correct it in HR, or have the code table extended."),
    IssueCode.HR_EMPLOYEE_DELETED: (
        "Deleted in HR",
        "If that was meant, end the coverage on the person's page; else restore them in HR.",
    ),
    IssueCode.HELD: ("Held by a guard", "Look at the held changes, then allow or reject them."),
}
"""Why a person is kept back, and what fixes it."""

LEDGER = {
    "hires": "hired",
    "rehires": "rehired",
    "reactivations": "reactivated",
    "terminations": "left",
    "moved": "moved otherwise",
}

COUNTS: Mapping[str, str] = {
    "pulled": "read in HR",
    "changed": "changed",
    "unchanged": "unchanged",
    "kept_back": "kept back",
    "held": "held by a guard",
    "requests": "requests opened",
}

_VERBS: Mapping[str, str] = {
    "request.approve": "approved",
    "request.approve_first": "approved as the first of two",
    "request.approve_as_ssn_correction": "approved as an SSN correction",
    "request.decline": "declined",
    "decision.refused": "tried to decide without the right",
    "participant.edit": "corrected",
    "participant.terminate": "terminated",
    "participant.reinstate": "reinstated",
    "plan.allow": "allowed a held plan",
    "plan.allow.first": "allowed a held plan, as the first of two",
    "plan.allow.second": "allowed a held plan as the second of two",
    "users.add.first": "wanted to add a user, as the first of two",
    "users.add.second": "agreed to add a user",
    "users.grant.first": "wanted to give a role, as the first of two",
    "users.grant.second": "agreed to give a role",
    "users.reset.first": "wanted to give new sign-in means, as the first of two",
    "users.reset.second": "agreed to give new sign-in means",
    "users.enable.first": "wanted to open an account again, as the first of two",
    "users.enable.second": "agreed to open an account again",
    "users.token.first": "wanted to make a token, as the first of two",
    "users.token.second": "agreed to make a token",
    "keys.rotate.first": "wanted to change the state key, as the first of two",
    "keys.rotate.second": "agreed to change the state key",
    "keys.retire.first": "wanted to retire an old state key, as the first of two",
    "keys.retire.second": "agreed to retire an old state key",
    "plan.reject": "rejected a held plan",
    "delivery.retry": "had a file sent again",
    "delivery.confirm": "confirmed a file",
    "delivery.commit": "delivered a file",
    "delivery.caught_up": "told which files had left",
    "file.accept": "took a file in",
    "file.quarantine": "put a file aside",
    "event.elect": "entered elections",
    "event.final": "marked an event final",
    "event.notify": "handed out a statement",
    "event.open": "opened an event",
    "event.close": "closed an event",
    "event.clear": "took a flag away",
    "event.assign": "had an event started over",
    "event.prepare": "had an event prepared again",
    "event.re_enter": "had elections entered anew",
    "event.void": "had an event voided",
    "event.unmark": "withdrew a mark",
    "event.cobra": "wrote down a step of COBRA",
    "activity.add": "added an activity",
    "activity.hold": "put an activity on hold",
    "activity.release": "let an activity go on",
    "activity.delete": "deleted an activity",
    "configuration.change": "used a changed configuration",
    "keys.rotate": "changed the state key",
    "keys.retire": "retired an old state key",
    "database.restore": "put a backup back",
    "sign_in": "signed in",
    "sign_in.refuse": "was refused at sign-in",
    "sign_out": "signed out",
    "step_up": "showed a fresh code",
    "step_up.refuse": "showed a wrong code",
    "ssn.reveal": "saw an SSN in full",
    "users.add": "added a user",
    "users.grant": "gave a role",
    "users.revoke": "took a role away",
    "users.disable": "shut an account",
    "users.enable": "opened an account again",
    "users.token": "made a token",
    "users.token_revoke": "ended a token",
    "users.reset": "gave new sign-in means",
    "password.change": "changed the password",
    "password.refuse": "was refused another password",
}

_KIND = re.compile(rf"\b(?:{'|'.join(ChangeKind)})\b")
_NAME = re.compile(r"\b[a-z]\w*\b")
_HELD = {
    "terminations": "Too many terminations at once",
    "new_hires": "Too many new people at once",
    "ssn_changes": "Too many changed SSNs at once",
    "one_field": "The same field changed on too many people",
}
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_MONEY = re.compile(r"(\d+)(\.\d+) ([A-Z]{3})")


def one_of(choices: type[E], text: str | None) -> E | None:
    """The member that a text names; None when it names none."""
    return next((one for one in choices if one.value == text), None)


def did(verb: str) -> str:
    """What somebody did, from the verb of an audit entry."""
    return _VERBS.get(verb) or verb.replace(".refused", ": refused").replace(".", " ").replace("_", " ")


def episode(event: str, reason: str, catalogue: Catalogue) -> tuple[str, str]:
    """One thing that happened to somebody, as a title and what is to be said of it."""
    kind = one_of(ChangeKind, event.removesuffix(" row").upper())
    if kind is not None and event.endswith(" row"):
        fields, _, file = reason.partition("; the file is ")
        arrived = "" if file == "committed" else f" (the file: {file})"
        return f"Sent as {KINDS[kind].lower()}", _named(fields, catalogue) + arrived
    return event.capitalize(), _named(reason, catalogue)


def _named(text: str, catalogue: Catalogue) -> str:
    """Names of fields, kinds and dates in a text, as people write them."""
    text = _ISO.sub(lambda found: day(date.fromisoformat(found[0])), text)
    text = _KIND.sub(lambda found: KINDS[ChangeKind(found[0])].lower(), text)
    return _NAME.sub(lambda found: label(found[0], catalogue) if found[0] in catalogue else found[0], text)


def held(detail: str) -> str:
    """Why a guard holds a row."""
    code = detail.rpartition(": ")[2] if detail.startswith("a guard holds") else detail
    return _HELD.get(code.partition(":")[0], detail)


def warning(code: WarningCode) -> str:
    """What a warning says, as a sentence."""
    return _sentence(WARNING_WORDS[code])


def issue(code: str) -> tuple[str, str]:
    """Why somebody is kept back, and what fixes it."""
    known = one_of(IssueCode, code)
    return ISSUES[known] if known is not None else (plain(code), "Look at the detail.")


def day(when: date | None) -> str:
    """A day as people write it: 4 May 2026."""
    return f"{when.day} {when:%b %Y}" if when is not None else ""


def moment(when: datetime | None) -> str:
    """A moment in UTC, to the minute."""
    return f"{day(when.astimezone(UTC).date())}, {when.astimezone(UTC):%H:%M} UTC" if when is not None else ""


def ago(when: datetime | None, now: datetime) -> str:
    """How long ago, roughly."""
    if when is None:
        return ""
    minutes = max(0, int((now - when).total_seconds() // 60))
    for size, noun in ((60 * 24, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            return f"{count(minutes // size, noun)} ago"
    return "just now"


def ahead(when: datetime, now: datetime) -> str:
    """How long from now, roughly."""
    minutes = int((when - now).total_seconds() // 60)
    if minutes < 1:
        return "any moment now"
    if minutes < 60:
        return f"in {count(minutes, 'minute')}"
    return f"in {count(round(minutes / 60), 'hour')}"


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 person`, `1,200 people`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def size(number: int) -> str:
    """Bytes in a unit that people read."""
    amount, units = float(number), ("B", "kB", "MB", "GB")
    for unit in units:
        if amount < 1000 or unit == units[-1]:
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def listed(words: Iterable[str], most: int = 3) -> str:
    """`Address, City and 2 more`."""
    found = list(words)
    if len(found) > most:
        return f"{', '.join(found[:most])} and {len(found) - most} more"
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)


def label(field: str, catalogue: Catalogue) -> str:
    """What people call a field; one that was mapped once, and is not any more, by its name."""
    if field == "employee_id":
        return "HR employee"
    return catalogue[field].label if field in catalogue else plain(field)


def value(field: str, text: str | None, catalogue: Catalogue) -> str:
    """A value as people write it; empty for none."""
    if text is None:
        return ""
    if field == "status" and (standing := one_of(Standing, text)) is not None:
        return STANDINGS[standing]
    kind = catalogue[field].type if field in catalogue else None
    if kind is FieldType.DATE and _ISO.fullmatch(text):
        return day(date.fromisoformat(text))
    if kind is FieldType.MONEY and (found := _MONEY.fullmatch(text)):
        return f"{int(found[1]):,}{found[2]} {found[3]}"
    return text


def plain(code: str) -> str:
    """A name of ours as words: `long_term` becomes `Long term`."""
    return code.replace("_", " ").capitalize()


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
