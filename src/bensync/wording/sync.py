"""Labels and sentences about syncs, requests, data issues and the audit trail, and how dates and values are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TypeVar

from bensync.core.changes import ChangeKind, IssueCode
from bensync.core.people import Standing
from bensync.core.ports import ChangeRoute
from bensync.core.requests import WARNING_WORDS, DeclineCode, RequestState, WarningCode
from bensync.core.runs import DeliveryState, Outcome, RunKind
from bensync.mappings.catalogue import Catalogue, FieldType
from bensync.state.read.filtered_lists import RequestGroup, SortOrder

E = TypeVar("E", bound=StrEnum)

BUCKETS: Mapping[RequestGroup, tuple[str, str]] = {
    RequestGroup.IDENTITY: ("Identity", "It is not certain who these people are. Compare the details first."),
    RequestGroup.TERMINATED: ("Terminated", "People who left. Approval ends their coverage."),
    RequestGroup.RETURNING: (
        "Returning",
        "People who were rehired, or are active in HR but terminated in the benefits platform.",
    ),
    RequestGroup.NEW: ("New", "People who are not in the benefits platform yet."),
    RequestGroup.CHANGED: ("Changed", "Changed details of participants: addresses, jobs, pay."),
}
"""The groups of requests: label and description."""

ORDERS: Mapping[SortOrder, str] = {
    SortOrder.URGENT: "Most urgent",
    SortOrder.OLDEST: "Oldest first",
    SortOrder.NEWEST: "Newest first",
    SortOrder.EFFECTIVE: "Effective date",
}

KINDS: Mapping[ChangeKind, str] = {
    ChangeKind.NEW: "New employee",
    ChangeKind.UPDATE: "Changed details",
    ChangeKind.TERMINATE: "Termination",
    ChangeKind.REACTIVATE: "Reactivation",
    ChangeKind.REHIRE: "Rehire",
    ChangeKind.CORRECTION: "Corrected history",
    ChangeKind.UNCHANGED: "Unchanged",
    ChangeKind.LAST_SENT: "As last sent",
}

APPROVE_BUTTONS: Mapping[ChangeKind, str] = {
    ChangeKind.NEW: "Approve new participant",
    ChangeKind.UPDATE: "Approve changes",
    ChangeKind.TERMINATE: "Approve termination",
    ChangeKind.REACTIVATE: "Approve reactivation",
    ChangeKind.REHIRE: "Approve rehire",
    ChangeKind.CORRECTION: "Approve correction",
}

STATES: Mapping[RequestState, str] = {
    RequestState.PENDING: "Waiting for review",
    RequestState.APPROVED: "Approved",
    RequestState.DECLINED: "Declined",
    RequestState.SUPERSEDED: "Replaced",
    RequestState.WITHDRAWN: "Withdrawn",
}

STANDINGS: Mapping[Standing, str] = {Standing.ACTIVE: "Active", Standing.TERMINATED: "Terminated"}

DECLINES: Mapping[DeclineCode, tuple[str, str]] = {
    DeclineCode.INELIGIBLE: ("Not eligible", "This person is not eligible for benefits."),
    DeclineCode.DUPLICATE: ("Duplicate", "This person is a participant already."),
    DeclineCode.ERROR: ("Wrong in HR", "HR must be corrected first."),
    DeclineCode.OTHER: ("Other", "Explain it in the note."),
}

RUNS: Mapping[str, str] = {
    RunKind.DAILY: "Daily sync",
    RunKind.RESYNC: "Full resync",
    RunKind.SNAPSHOT: "Initial load",
    RunKind.EVENTS: "Benefit events",
    "RESTORE": "Restore from a backup",
}

OUTCOMES: Mapping[str, str] = {
    Outcome.DELIVERED: "A file was delivered",
    Outcome.NO_CHANGES: "Nothing had changed, so no file was needed",
    Outcome.FILLED: "Loaded from HR; HR and the benefits platform are the same",
    Outcome.WORKED_OFF: "Benefit events were processed",
    "CAUGHT_UP": "File numbers were updated after a restore",
}


def run_result(outcome: str | None, counts: Mapping[str, int]) -> str:
    """Return the result of a run that ended well, as a sentence without its full stop; pages and commands share it.

    Args:
        outcome: the outcome of the run.
        counts: its counts: what was held, and who was blocked, is part of the result.
    """
    held, blocked = counts.get("held", 0), counts.get("kept_back", 0)
    result = OUTCOMES.get(outcome or "", "Completed")
    if held and outcome == Outcome.NO_CHANGES:
        result = f"All changes, of {count(held, 'person', 'people')}, were held for review, so no file was sent"
    elif held:
        result += f"; changes of {count(held, 'person', 'people')} were held for review"
    if blocked:
        result += f"; {count(blocked, 'person is', 'people are')} blocked by data issues"
    return result


def alarm_effect(*, refuses: bool, sent: bool) -> str:
    """Return what a safety limit did to the changes of a run, which did or did not send a file."""
    if refuses:
        return "nothing was sent"
    return "these changes were held, all others were sent" if sent else "these changes were held, and no file was sent"


DELIVERIES: Mapping[str, tuple[str, str]] = {
    "PREPARED": ("Prepared", "The file is recorded. Nothing has been sent yet."),
    "SEALED": ("Sealed", "The file is encrypted and ready. Nothing has been sent yet."),
    "UPLOADED": ("Uploading", "The file is at the upload center under a temporary name."),
    "PUBLISHING": ("Publishing", "The last step of the upload has started. The next sync finishes it."),
    "UNKNOWN": ("In doubt", "It is not known whether the file arrived. Ask the receiver, then decide."),
    DeliveryState.COMMITTED: ("Delivered", "The file arrived, and its requests were opened."),
    DeliveryState.FAILED: ("Failed", "The file did not arrive. The next sync sends the same changes again."),
    DeliveryState.ABANDONED: ("Replaced", "The file was never sent. A newer file replaced it."),
    "VOID": ("Void", "The number of this file was used after the backup that this database was restored from."),
}
ISSUES: Mapping[IssueCode, tuple[str, str]] = {
    IssueCode.SSN_MISSING: ("No SSN in HR", "Enter the SSN in HR."),
    IssueCode.SSN_INVALID: ("Invalid SSN", "Correct the SSN in HR."),
    IssueCode.SSN_DUPLICATE: (
        "SSN used by two employees",
        "Find out whose SSN it is, and correct the other employee in HR.",
    ),
    IssueCode.STATUS_MISSING: ("No BeneTrac Status", "Enter the status in HR."),
    IssueCode.STATUS_UNKNOWN: (
        "Unknown BeneTrac Status",
        "Correct the status in HR, or ask your bensync operator to configure it.",
    ),
    IssueCode.START_POSTPONED: (
        "Start postponed after it was sent",
        "Ask HR which date is right. If the start is really later, terminate the participant until then.",
    ),
    IssueCode.NOT_STARTED: ("Not started yet", "No action needed. The employee is sent on the first day of work."),
    IssueCode.FIELD_RESTRICTED: (
        "No access to a field in HR",
        "Ask the HR administrator to give the API key access to the field.",
    ),
    IssueCode.FIELD_INVALID: ("Invalid value", "Correct the value in HR."),
    IssueCode.VALUE_UNKNOWN: (
        "Value not in the code table",
        "Correct the value in HR, or ask your bensync operator to add it to the code table.",
    ),
    IssueCode.VALUE_IMPLAUSIBLE: ("Value that cannot be right", "Correct the value in HR."),
    IssueCode.HR_EMPLOYEE_DELETED: (
        "Deleted in HR",
        "If it was meant, terminate the participant, or release the employee as gone. Otherwise restore them in HR.",
    ),
    IssueCode.NOT_SHOWN: (
        "Changed in HR, but not shown",
        "Every sync asks HR again. After two days, ask the HR administrator whether the API key may see the employee.",
    ),
    IssueCode.ABSENT: (
        "Missing from HR",
        "If they left, terminate the participant, or release the employee as gone. Otherwise make HR show them again.",
    ),
    IssueCode.LEFT_SCOPE: (
        "Out of scope",
        "If coverage must end, terminate the participant. Otherwise release the employee, or correct the scope rules.",
    ),
    IssueCode.HELD: ("Held for review", "Review the held changes, then allow or reject them."),
}
"""The data issues of employees: label and fix."""

CHANGE_ROUTES: Mapping[ChangeRoute, str] = {
    ChangeRoute.CHANGE_FEED: "change feed",
    ChangeRoute.WHOLE_TABLE: "whole table",
    ChangeRoute.RECONCILIATION: "reconciliation only",
}
"""How changes of a field reach a daily run."""

LEDGER = {
    "hires": "hires",
    "rehires": "rehires",
    "reactivations": "reactivations",
    "terminations": "terminations",
    "moved": "other changes",
}

COUNTS: Mapping[str, str] = {
    "pulled": "read from HR",
    "changed": "changed",
    "unchanged": "unchanged",
    "kept_back": "with data issues",
    "not_shown": "not shown by HR",
    "out_of_scope": "out of scope",
    "held": "held for review",
    "requests": "requests opened",
}

_VERBS: Mapping[str, str] = {
    "request.approve": "approved",
    "request.approve_first": "gave the first approval",
    "request.ask_again": "asked again about what was declined",
    "request.approve_as_ssn_correction": "approved as an SSN correction",
    "request.decline": "declined",
    "request.decline_fields": "declined a part",
    "request.withdraw": "closed, because HR took the change back",
    "decision.refused": "tried to decide without permission",
    "participant.edit": "corrected",
    "employee.release": "released as gone from HR",
    "participant.terminate": "terminated",
    "participant.reinstate": "reinstated",
    "plan.allow": "allowed held changes",
    "plan.allow.first": "gave the first approval to held changes",
    "plan.allow.second": "gave the second approval to held changes",
    "users.add.first": "gave the first approval to add a user",
    "users.add.second": "gave the second approval to add a user",
    "users.grant.first": "gave the first approval to add a role",
    "users.grant.second": "gave the second approval to add a role",
    "users.reset.first": "gave the first approval to reset sign-in details",
    "users.reset.second": "gave the second approval to reset sign-in details",
    "users.enable.first": "gave the first approval to enable an account",
    "users.enable.second": "gave the second approval to enable an account",
    "users.token.first": "gave the first approval to create a token",
    "users.token.second": "gave the second approval to create a token",
    "keys.rotate.first": "gave the first approval to rotate the state key",
    "keys.rotate.second": "gave the second approval to rotate the state key",
    "keys.retire.first": "gave the first approval to retire an old state key",
    "keys.retire.second": "gave the second approval to retire an old state key",
    "plan.reject": "rejected held changes",
    "delivery.retry": "sent a file again",
    "delivery.confirm": "marked a file as delivered",
    "delivery.commit": "delivered a file",
    "delivery.caught_up": "recorded which files had been sent",
    "file.accept": "accepted a file",
    "file.quarantine": "quarantined a file",
    "event.elect": "entered elections",
    "event.final": "marked an event final",
    "event.notify": "recorded a statement as sent",
    "event.open": "opened an event",
    "event.close": "closed an event",
    "event.clear": "cleared a flag",
    "event.assign": "marked an event to start over",
    "event.prepare": "marked an event to prepare again",
    "event.re_enter": "marked an event for other elections",
    "event.void": "marked an event as void",
    "event.unmark": "removed a mark",
    "event.cobra": "recorded a COBRA step",
    "event.cobra_close": "closed a COBRA record",
    "event.enroll_all": "assigned all dependents to elections",
    "enrollment.beneficiaries": "set beneficiaries",
    "dependent.add": "added a dependent or beneficiary",
    "dependent.change": "changed a dependent or beneficiary",
    "dependent.drop": "dropped a dependent",
    "dependent.ssn_refused": "entered an SSN of a dependent that was not accepted",
    "activity.add": "added an activity",
    "activity.hold": "put an activity on hold",
    "activity.release": "released an activity",
    "activity.delete": "deleted an activity",
    "configuration.change": "changed the configuration",
    "keys.rotate": "rotated the state key",
    "keys.retire": "retired an old state key",
    "retention.apply": "deleted records whose period is over",
    "retention.apply.first": "gave the first approval to delete records",
    "retention.apply.second": "gave the second approval to delete records",
    "retention.people": "deleted everything about former employees",
    "hold.place": "placed a legal hold",
    "hold.release": "released a legal hold",
    "database.restore": "restored a backup",
    "sign_in": "signed in",
    "sign_in.refuse": "was refused at sign-in",
    "sign_out": "signed out",
    "step_up": "entered a new code",
    "step_up.refuse": "entered a wrong code",
    "ssn.reveal": "revealed an SSN",
    "participant.terminate.first": "gave the first approval to terminate",
    "participant.terminate.second": "gave the second approval to terminate",
    "participant.reinstate.first": "gave the first approval to reinstate",
    "participant.reinstate.second": "gave the second approval to reinstate",
    "ssn.correct": "entered an SSN",
    "ssn.correct.first": "gave the first approval to correct an SSN",
    "ssn.correct.second": "gave the second approval to correct an SSN",
    "users.add": "added a user",
    "users.grant": "added a role",
    "users.revoke": "removed a role",
    "users.disable": "disabled an account",
    "users.enable": "enabled an account",
    "users.token": "created a token",
    "users.token_revoke": "revoked a token",
    "users.reset": "reset sign-in details",
    "password.change": "changed the password",
    "password.refuse": "was refused a password change",
}

_HELD = {
    "terminations": "Too many terminations in one sync",
    "new_hires": "Too many new employees in one sync",
    "ssn_changes": "Too many changed SSNs in one sync",
    "emptied": "A required field was cleared for too many employees",
    "one_field": "The same field changed for too many employees",
}
_LABELS: Mapping[str, str] = {"employee_id": "Employee ID", "history": "Dated rows in the past"}
_CLOSED: Mapping[str, str] = {
    "withdrawn": "HR took the change back before anybody decided.",
    "reverted": "No difference is left: HR and the benefits platform agree.",
    "replaced": "HR sent a newer change.",
    "the participant changed": "The participant was changed in the meantime.",
}
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_MONEY = re.compile(r"(\d+)(\.\d+) ([A-Z]{3})")


def one_of(choices: type[E], text: str | None) -> E | None:
    """Return the member whose value is this text; None where there is none."""
    return next((member for member in choices if member.value == text), None)


def did(verb: str) -> str:
    """Return what a person did, from the verb of an audit entry: `approved`."""
    return _VERBS.get(verb) or verb.replace(".refused", ": refused").replace(".", " ").replace("_", " ")


def issue_detail(code: str, detail: str) -> str:
    """Return the detail of a data issue; for a held change, why it is held."""
    # The detail of a held change is the code of its guard, such as `one_field:city`.
    return _HELD.get(detail.partition(":")[0], detail) if code == IssueCode.HELD else detail


def warning(code: WarningCode) -> str:
    """Return what a warning says, as a sentence."""
    return WARNING_WORDS[code]


def issue(code: str) -> tuple[str, str]:
    """Return the label and the fix of a data issue."""
    issue_code = one_of(IssueCode, code)
    return ISSUES[issue_code] if issue_code is not None else (plain(code), "See the detail.")


def closed(because: str | None) -> str:
    """Return why bensync closed a request, as a sentence; empty for none."""
    return _CLOSED.get(because, because) if because else ""


def day(when: date | None) -> str:
    """Return a date as people write it: `May 4, 2026`; empty for none."""
    return f"{when:%b} {when.day}, {when.year}" if when is not None else ""


def moment(when: datetime | None) -> str:
    """Return a time in UTC, to the minute: `May 4, 2026, 4:05 PM UTC`; empty for none."""
    if when is None:
        return ""
    at = when.astimezone(UTC)
    return f"{day(at.date())}, {at.hour % 12 or 12}:{at:%M %p} UTC"


def ago(when: datetime | None, now: datetime) -> str:
    """Return roughly how long ago a time was: `2 hours ago`; empty for none."""
    if when is None:
        return ""
    minutes = max(0, int((now - when).total_seconds() // 60))
    for size, noun in ((60 * 24, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            return f"{count(minutes // size, noun)} ago"
    return "just now"


def ahead(when: datetime, now: datetime) -> str:
    """Return roughly how long it is until a time: `in 2 hours`."""
    minutes = int((when - now).total_seconds() // 60)
    if minutes < 1:
        return "in less than a minute"
    if minutes < 60:
        return f"in {count(minutes, 'minute')}"
    return f"in {count(round(minutes / 60), 'hour')}"


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 person`, `1,200 people`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


HELD_UP = "Its benefit event waits behind an earlier one that is still open, and the coverage goes on."
"""What an approved termination says while its event waits."""


def held_up_terminations(number: int) -> str:
    """Return how many approved terminations wait behind an open event; empty for none."""
    if not number:
        return ""
    verb, their = ("waits", "its") if number == 1 else ("wait", "their")
    return f"{count(number, 'approved termination')} {verb} behind an open event, and {their} coverage goes on"


def size(number: int) -> str:
    """Return a number of bytes in a unit that people read: `1.2 MB`."""
    amount, units = float(number), ("B", "kB", "MB", "GB")
    for unit in units:
        if amount < 1000 or unit == units[-1]:
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def listed(words: Iterable[str], most: int = 3) -> str:
    """Return words as a list in a sentence: `Address, City, and 2 more`."""
    items = list(words)
    if len(items) > most:
        items = [*items[:most], f"{len(items) - most:,} more"]
    return ", ".join([*items[:-1], f"and {items[-1]}"]) if len(items) > 2 else " and ".join(items)


def label(field: str, catalogue: Catalogue) -> str:
    """Return the label of a field; a field that is no longer mapped gets a label from its name."""
    if field in _LABELS:
        return _LABELS[field]
    # Facts of dependents have a dot in their names: `dependents.children` is "Dependents: children".
    return catalogue[field].label if field in catalogue else plain(field.replace(".", ": "))


def value(field: str, text: str | None, catalogue: Catalogue) -> str:
    """Return a value as people write it: dates, money and the status in words; empty for none."""
    if text is None:
        return ""
    if field == "status" and (standing := one_of(Standing, text)) is not None:
        return STANDINGS[standing]
    kind = catalogue[field].type if field in catalogue else None
    if kind is FieldType.DATE and _ISO.fullmatch(text):
        return day(date.fromisoformat(text))
    if kind is FieldType.MONEY and (money := _MONEY.fullmatch(text)):
        whole, cents, currency = int(money[1]), money[2], money[3]
        return f"${whole:,}{cents}" if currency == "USD" else f"{whole:,}{cents} {currency}"
    return text


def plain(code: str) -> str:
    """Return a name in code as words: `long_term` becomes `Long term`."""
    return code.replace("_", " ").capitalize()
