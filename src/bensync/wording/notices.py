"""The texts of upload notices and alerts: no personal data, only counts, file names and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time

from bensync.core.alerts import AlertCondition, AlertKey, alert_for_error, as_bensync_error
from bensync.core.changes import Alarm, ChangeKind, Issue
from bensync.core.ports import Notice
from bensync.core.requests import Risk
from bensync.core.runs import Delivery, RunKind
from bensync.core.values.limits import PAGE_SIZE
from bensync.errors import BensyncError, DeliveryError

_WORDS = {
    ChangeKind.NEW: "new",
    ChangeKind.UPDATE: "updated",
    ChangeKind.TERMINATE: "terminated",
    ChangeKind.REACTIVATE: "reactivated",
    ChangeKind.REHIRE: "rehired",
    ChangeKind.UNCHANGED: "unchanged",
    ChangeKind.LAST_SENT: "as last sent",
}

EVENTS = "events"
"""The part of an alert about runs of events."""

"""Employees listed in one alert; the others are counted."""


def brief(
    run: RunKind,
    kinds: Mapping[ChangeKind, int],
    file: str | None,
    counts: Mapping[str, int],
    waiting: Mapping[Risk, int],
) -> str:
    """Return one sentence without personal data: what a run did, and what waits for a decision.

    Args:
        run: the kind of run.
        kinds: rows of its file by kind.
        file: the name of its file, if there is one.
        counts: the counts of the run.
        waiting: pending requests by risk.
    """
    read = counts.get("pulled", 0)
    if run is RunKind.SNAPSHOT:
        did = f"The snapshot took over {_people(counts.get('changed', 0))}"
    elif file is None:
        nothing = "sent nothing" if counts.get("held") else "found nothing to send"
        did = f"The {run.lower()} run read {_people(read)} and {nothing}"
    else:
        rows = ", ".join(f"{kinds[kind]} {word}" for kind, word in _WORDS.items() if kinds.get(kind))
        did = f"The {run.lower()} run sent {_people(sum(kinds.values()))} ({rows}) in {file}"
    blocked = _some(counts.get("kept_back", 0), "{} blocked by data issues")
    # Named apart as well: their change, which can be a termination, was not read.
    if unseen := counts.get("not_shown", 0):
        blocked += f", {unseen} of them not shown by HR"
    held = _some(counts.get("held", 0), "{} held for review")
    total = sum(waiting.values())
    # Named apart, because a termination that waits is what must not be overlooked.
    high = waiting.get(Risk.HIGH, 0)
    queue = _requests(total) + (f", {high} of high risk" if high else "")
    return "; ".join(part for part in (did, blocked, held, queue) if part) + "."


def _plea(queue: str) -> str:
    """Ask the administrator to decide, with the address of the requests if it is known."""
    where = f":\n\n  {queue}\n\n" if queue else ". "
    return f"Please sign in and review the pending requests{where}Nothing is applied until you decide."


def events_brief(counts: Mapping[str, int]) -> str:
    """Return one sentence without personal data: what a run of events did."""
    events, people = counts.get("finished", 0), counts.get("people", 0)
    did = f"The events run processed {_people(people)} and finished {_counted(events, 'event')}"
    parts = (
        _counted(counts.get("posted", 0), "coverage row") + " posted" if counts.get("posted") else "",
        _counted(counts.get("cobra", 0), "COBRA record") + " opened" if counts.get("cobra") else "",
        _counted(counts.get("loss_of_all", 0), "loss") + " of all coverage to confirm"
        if counts.get("loss_of_all")
        else "",
        _some(counts.get("failed", 0), "{} could not be processed"),
    )
    return "; ".join([did, *filter(None, parts)]) + "."


def events_processed(site: str, run: int, counts: Mapping[str, int], carriers: Sequence[str]) -> Notice:
    """Return the notice of a run of events that changed coverage, with the carriers concerned (S0-25)."""
    carrier_lines = "".join(f"  - {name}\n" for name in carriers) or "  none\n"
    if carriers:
        carrier_lines += "bensync sends carriers nothing: notify each of them.\n"
    body = (
        f"Benefit events of site {site} were processed.\n\n{events_brief(counts)}\n\n"
        f"Carriers whose members' coverage changed:\n{carrier_lines}\n"
        f"See `bensync events list --site {site}`, and `bensync enrollments list --site {site}`.\n"
    )
    subject = f"[bensync] {site}: {_counted(counts.get('finished', 0), 'benefit event')} finished"
    return Notice(f"events:{site}:{run}", subject, body)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 'es' if noun.endswith('s') else 's'}"


def _new(requests: int) -> str:
    return f"{requests} new request{'' if requests == 1 else 's'}"


def _people(count: int) -> str:
    return f"{count} {'person' if count == 1 else 'people'}"


def _requests(count: int) -> str:
    if count == 0:
        return "no requests are waiting for review"
    return "1 request is waiting for review" if count == 1 else f"{count} requests are waiting for review"


def _some(count: int, words: str) -> str:
    return words.format(_people(count)) if count else ""


def uploaded(site: str, delivery: Delivery, requests: int | None, brief: str, head: str, queue: str = "") -> Notice:
    """Return the upload notice to the administrator after a committed delivery (S0-35, S0-36).

    ``requests`` is None if a receiver on another machine opens them; ``head`` is the last entry of the audit trail, so
    that a later check can show whether its end was cut off; ``queue`` is the address of the requests.
    """
    waiting = _new(requests) if requests is not None else "to be received"
    plea = (
        _plea(queue) if requests is not None else "The receiver opens the requests and sends a notice when it is done."
    )
    body = (
        f"A new file was uploaded to the secure upload center of {site}.\n\n"
        f"  File:      {delivery.name}\n"
        f"  Employees: {delivery.rows}\n"
        f"  Requests:  {'opened by the receiver' if requests is None else requests}\n\n"
        f"{brief}\n\n{plea}\n\n"
        f"The audit trail ends with this line; keep it for `bensync audit verify --against FILE`:\n{head}\n"
    )
    # The key makes it one notice for each file, however often a crash lets the step run again.
    return Notice(f"upload:{site}:{delivery.name}", f"[bensync] {site}: {delivery.name} uploaded, {waiting}", body)


def heads(site: str, on: date, lines: Iterable[str]) -> Notice:
    """Return the ends of the audit trails on a day, for an auditor who keeps them."""
    body = (
        f"The audit trails of {site} and of the deployment (-) ended with these lines on {on} (UTC). Keep this\n"
        "mail: with `bensync audit verify --against FILE` it proves whether any entry was changed or removed since.\n\n"
        + "".join(f"{line}\n" for line in lines)
    )
    return Notice(f"heads:{site}:{on}", f"[bensync] {site}: ends of the audit trails, {on}", body)


def received(site: str, file: str, rows: int, requests: int, queue: str = "") -> Notice:
    """Return the notice of an accepted file, the receiver's counterpart of the upload notice (S0-35)."""
    body = (
        f"A file from the secure upload center of {site} was accepted.\n\n"
        f"  File:      {file}\n  Employees: {rows}\n  Requests:  {requests}\n\n{_plea(queue)}\n"
    )
    return Notice(f"received:{site}:{file}", f"[bensync] {site}: {file} received, {_new(requests)}", body)


# The usual lead says that nothing was lost; where that is not known, or a person must act first, another one stands
# here.
_LEADS = {
    AlertKey.DELIVERY_UNKNOWN: "It is unknown whether a file of site {site} arrived. Nothing more is sent until a "
    "person has asked the receiver.",
    AlertKey.RESTORED: "The database of site {site} was restored from a backup. Nothing is sent until a person says "
    "which files left since the backup was made.",
    AlertKey.HOST_KEY: "The upload center of site {site} has another host key than the pinned one. Nothing was sent, "
    "and nothing is sent until a person has checked the key.",
    AlertKey.DISK: "A disk of the machine that runs site {site} is full. Nothing was lost: undelivered changes are "
    "sent once there is space.",
}
_LEAD = "{what} of site {site} failed. Nothing was lost: undelivered changes are sent with the next run."


def failed(site: str, what: str, error: BaseException) -> AlertCondition:
    """Return the alert for a run, or a turn of the daemon, that failed."""
    key, trouble = alert_for_error(error), as_bensync_error(error)
    lead = _LEADS.get(key, _LEAD).format(what=what, site=site)
    return AlertCondition(key, f"{what.lower()} failed ({type(trouble).__name__})", f"{lead}\n\n{_lines(trouble)}")


def events_failed(site: str, error: BaseException) -> AlertCondition:
    """Return the alert for a failed run of events; a successful daily run does not clear it."""
    condition = failed(site, "The events run", error)
    # With a part of its own, or the next good sync would clear an alert about the events.
    return AlertCondition(condition.key, condition.subject, condition.detail, EVENTS)


def held(site: str, alarms: Iterable[Alarm], plan: str, *, sent: bool) -> AlertCondition:
    """Return the alert for changes that reached a safety limit and are held for review (A-53).

    ``sent`` says whether other changes of the same run were sent.
    """
    lines = "\n".join(f"  - {alarm.text} (limit {alarm.limit})" for alarm in alarms)
    rest = "all others were sent" if sent else "there were no others to send"
    detail = (
        f"Changes of site {site} reached a safety limit and are held for review; {rest}:\n\n{lines}\n\n"
        f"`bensync plan --site {site}` lists them. If they are right, approve exactly this plan today with\n"
        f"`bensync sync --site {site} --allow {plan}`.\n"
    )
    return AlertCondition(AlertKey.ROWS_HELD, "changes held for review", detail)


def blocked(site: str, issues: Sequence[Issue]) -> AlertCondition:
    """Return the alert for employees newly blocked by data issues, listed by employee id only (A-28)."""
    # By id only: mails pass servers that nobody here controls.
    lines = [f"  - employee {issue.employee_id}: {issue.code} ({issue.detail})" for issue in issues[:PAGE_SIZE]]
    if len(issues) > PAGE_SIZE:
        lines.append(f"  - and {len(issues) - PAGE_SIZE} more")
    detail = (
        f"These employees of site {site} are blocked by data issues in HR; all others were processed:\n\n"
        + "\n".join(lines)
        + f"\n\nEvery run checks them again. `bensync issues --site {site}` lists all of them.\n"
    )
    return AlertCondition(AlertKey.KEPT_BACK, "employees blocked by data issues", detail)


def refused(site: str, file: str, error: BensyncError) -> AlertCondition:
    """Return the alert for a quarantined file (sync-rules 3.15)."""
    detail = f"The file {file} of site {site} is quarantined. Nothing of it was applied.\n\n{_lines(error)}"
    return AlertCondition(AlertKey.FILE_REFUSED, f"{file} is quarantined", detail, file)


def missing(site: str, error: BensyncError) -> AlertCondition:
    """Return the alert for files that wait because one before them is missing."""
    detail = (
        f"Files of site {site} are waiting; they are not applied until the missing file has arrived.\n\n{_lines(error)}"
    )
    return AlertCondition(AlertKey.FILE_MISSING, "a file is missing", detail)


def unreachable(site: str, error: DeliveryError) -> AlertCondition:
    """Return the alert for an upload center that cannot be read, or has another host key."""
    # A wrong host key is no outage that ends by itself: it may be somebody between us and the receiver.
    if alert_for_error(error) is AlertKey.HOST_KEY:
        return failed(site, "The intake", error)
    detail = f"No files can be received for site {site}. bensync tries again automatically.\n\n{_lines(error)}"
    return AlertCondition(AlertKey.UNREACHABLE, "the upload center cannot be read", detail)


def no_run(site: str, by: time) -> AlertCondition:
    """Return the alert for a daily run that was due and is not done."""
    detail = (
        f"The daily run of site {site} should have been done by {by:%H:%M} UTC, but it is not. Nothing was lost, but\n"
        f"changes are waiting.\n\n"
        f"Check that the daemon is running, then look at `bensync status --site {site}` and\n"
        f"`bensync runs --site {site}`. `bensync sync --site {site}` runs it now.\n"
    )
    return AlertCondition(AlertKey.NO_RUN, "no daily run", detail)


def overdue(site: str, days: int, *, high: bool) -> AlertCondition:
    """Return the alert for requests that wait too long."""
    which = "requests of high risk" if high else "requests"
    detail = (
        f"Some {which} of site {site} have waited for more than {days} days.\n"
        "Nothing is applied until a person decides.\n\n"
        f"`bensync requests --site {site}` lists them.\n"
    )
    return AlertCondition(AlertKey.QUEUE_OVERDUE, f"{which} have waited too long", detail, "high" if high else "")


def not_shown(site: str, days: int) -> AlertCondition:
    """Return the alert for employees whom HR named as changed, and has not shown since."""
    detail = (
        f"HR named employees of site {site} as changed more than {days} days ago, and has not shown them since.\n"
        "Their changes, which can be terminations, are not sent until HR shows the employees.\n\n"
        "Ask the HR administrator whether the API key may still see them, or whether they were deleted.\n"
        f"`bensync issues --site {site}` lists them with the issue not_shown; every run asks HR for them again.\n"
    )
    return AlertCondition(AlertKey.NOT_SHOWN, "HR does not show employees whom it named as changed", detail)


def termination_waits(site: str, count: int, days: int) -> AlertCondition:
    """Return the alert for approved terminations that wait behind an open event while the coverage goes on."""
    detail = (
        f"Approved terminations of site {site} wait behind an earlier benefit event that is still open: {count}. The\n"
        f"coverage of these people goes on. The oldest termination took effect {_counted(days, 'day')} ago.\n\n"
        f"`bensync events waiting --site {site}` lists them with the event that each waits for. Finish that event\n"
        "(`bensync events final`), close it (`bensync events close`) or void it (`bensync events reprocess`).\n"
    )
    return AlertCondition(AlertKey.TERMINATION_WAITS, "approved terminations wait, and coverage goes on", detail)


def events_not_begun(site: str) -> AlertCondition:
    """Return the alert for a site with participants whose benefit events have not begun (S3-13)."""
    detail = (
        f"Site {site} has participants and a rulebook, but nobody said which coverage they have. No benefit event\n"
        "is processed, so an approved termination ends no coverage.\n\n"
        f"Load the present coverage: `bensync enrollments preview FILE --site {site}` checks a census of it. Where\n"
        f"nobody has coverage yet, `bensync events begin --site {site}` begins without any.\n"
    )
    return AlertCondition(AlertKey.EVENTS_NOT_BEGUN, "no benefit events are processed", detail)


def key_ends(site: str, ends: datetime, stage: int) -> AlertCondition:
    """Return the alert for a PGP key that expires soon; each stage sends a new one."""
    when = f"in {stage} day{'s' if stage > 1 else ''} or less" if stage else "and can no longer be used"
    detail = (
        f"A PGP key that encrypts or signs the files of site {site} expires on {ends:%Y-%m-%d}, {when}.\n"
        "After that, nothing is delivered.\n\n"
        "Ask the receiver for a key that lasts longer (or renew our own, if that is the one that expires), compare\n"
        f"fingerprints, and import it. `bensync check --site {site}` shows when each key expires.\n"
    )
    return AlertCondition(AlertKey.KEY_EXPIRES, "a PGP key expires" if stage else "a PGP key has expired", detail)


def channel_failed(site: str, channel: str, why: str) -> AlertCondition:
    """Return the alert for a failing channel, which people read on another channel, or later."""
    shown = "mail to one of the recipients" if channel.startswith("mail:") else channel
    detail = (
        f"Notices of site {site} cannot be sent over {shown}. bensync keeps them and tries again automatically.\n\n"
        f"  Last:  {why}\n\n`bensync check --site {site}` tries every channel.\n"
    )
    return AlertCondition(AlertKey.MAIL_FAILED, f"notices over {shown} fail", detail, channel)


def _lines(error: BensyncError) -> str:
    return f"  What: {error.what}\n  Why:  {error.why}\n  Fix:  {error.fix}\n"
