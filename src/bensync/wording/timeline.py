"""The history of an employee in words, for the pages and `bensync explain`."""

from __future__ import annotations

from bensync.core.changes import ChangeKind, IssueCode
from bensync.core.people import Profile
from bensync.core.requests import WARNING_WORDS, RequestState
from bensync.core.runs import DeliveryState
from bensync.core.status import STATUS_FIELD, STATUS_TABLE
from bensync.mappings.catalogue import Catalogue
from bensync.state.read.timeline import Episode, EpisodeKind
from bensync.wording.sync import (
    DECLINES,
    DELIVERIES,
    ISSUES,
    KINDS,
    STATES,
    closed,
    day,
    issue_detail,
    label,
    one_of,
    plain,
)


def episode(past: Episode, catalogue: Catalogue) -> tuple[str, str]:
    """Return one event in the history of an employee as a title and a text, which may be empty.

    Args:
        past: the event.
        catalogue: the fields of the site, for their labels.
    """
    match past.kind:
        case EpisodeKind.SENT:
            return f"Sent as {_change(past)}", _row(past, catalogue)
        case EpisodeKind.UNCHANGED:
            return "Unchanged", "same as last sent"
        case EpisodeKind.SKIPPED:
            return _outcome(past.outcome), issue_detail(past.outcome, past.detail)
        case EpisodeKind.REQUEST_OPENED:
            warnings = " ".join(WARNING_WORDS[code] for code in past.warnings) or "No warnings."
            return "Request opened", f"{_change(past)}, effective {day(past.effective_date)}. {warnings}"
        case EpisodeKind.REQUEST_CLOSED:
            return f"Request {STATES[past.state].lower() if past.state else 'closed'}", _decision(past, catalogue)
        case EpisodeKind.RELEASED:
            return "Released as gone from HR", f"by {past.decided_by}: {past.detail}"


def code(past: Episode) -> str:
    """Return why an event happened, as a stable word for programs.

    That is the kind of the row or of the request, the code of the data issue, ``outside``, ``unchanged``, ``released``,
    the reason of a decline, or why bensync closed the request.
    """
    match past.kind:
        case EpisodeKind.SENT | EpisodeKind.REQUEST_OPENED:
            return past.change or ChangeKind.UNCHANGED
        case EpisodeKind.SKIPPED:
            return past.outcome
        case EpisodeKind.REQUEST_CLOSED:
            declined = past.state is RequestState.DECLINED
            return (past.decline_code if declined else past.closed_because) or past.state or ""
        case EpisodeKind.UNCHANGED | EpisodeKind.RELEASED:
            return past.kind


def rule_code(profile: Profile) -> str:
    """Return which row of the status table decides, as a stable word for programs: ``only_row`` or ``last_row``."""
    rows = [row for row in profile.rows if row.table == STATUS_TABLE]
    return "only_row" if len(rows) == 1 else "last_row"


def status_rule(profile: Profile) -> str:
    """Return why an employee is active or inactive, with the row of the status table that decided."""
    rows = [row for row in profile.rows if row.table == STATUS_TABLE]
    option = profile.values.get(STATUS_FIELD, "")
    # The usual question is why HR counts somebody as inactive, and the row answers it.
    which = "the only row" if len(rows) == 1 else f"the last of {len(rows)} rows"
    return f"{profile.status} because {which} of the status table, dated {profile.status_date}, says {option!r}"


def _change(past: Episode) -> str:
    return KINDS[past.change or ChangeKind.UNCHANGED].lower()


def _row(past: Episode, catalogue: Catalogue) -> str:
    """Return the fields of a row, and the state of its file unless the file was delivered."""
    fields = ", ".join(label(field, catalogue) for field in past.fields) or "all fields"
    # The usual end of a file needs no word; any other means that the row may never have arrived.
    if past.delivery is None or past.delivery is DeliveryState.COMMITTED:
        return fields
    return f"{fields} (the file: {DELIVERIES[past.delivery][0].lower()})"


def _outcome(code: str) -> str:
    issue = one_of(IssueCode, code)
    return ISSUES[issue][0] if issue is not None else plain(code)


def _decision(past: Episode, catalogue: Catalogue) -> str:
    """Return who decided a request and why, or why bensync closed it."""
    if past.decided_by is not None:
        reason = f", {_lower(DECLINES[past.decline_code][0])}" if past.decline_code else ""
        return f"by {past.decided_by}{_left_out(past, catalogue)}{reason}"
    return f"request {past.superseded_by} replaced it" if past.superseded_by else closed(past.closed_because)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _left_out(past: Episode, catalogue: Catalogue) -> str:
    fields = ", ".join(label(name, catalogue) for name in past.fields)
    return f", without {fields}" if fields else ""
