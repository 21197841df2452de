"""The words of upload notices and alerts: no personal data, only counts, file names and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time

from bensync.core.alerts import AlertCondition, AlertKey, alert_for_error, as_bensync_error
from bensync.core.changes import Alarm, ChangeKind, Issue
from bensync.core.ports import Notice
from bensync.core.requests import Risk
from bensync.core.runs import Delivery, RunKind
from bensync.errors import BensyncError, DeliveryError

_WORDS = {
    ChangeKind.NEW: "new",
    ChangeKind.UPDATE: "updated",
    ChangeKind.TERMINATE: "terminated",
    ChangeKind.REACTIVATE: "reactivated",
    ChangeKind.REHIRE: "rehired",
    ChangeKind.UNCHANGED: "unchanged",
}

EVENTS = "events"
"""The part of an alert that is about runs of events."""

_SHOWN = 50
"""People who are named in one alert; more are counted."""


def brief(
    run: RunKind,
    kinds: Mapping[ChangeKind, int],
    file: str | None,
    counts: Mapping[str, int],
    waiting: Mapping[Risk, int],
) -> str:
    """One sentence without personal data: what a run did, and what now waits for whom.

    Args:
        run: the kind of run.
        kinds: rows of its file by kind.
        file: the name of its file, if there is one.
        counts: the counts of the run.
        waiting: pending requests by risk.
    """
    looked = counts.get("pulled", 0)
    if run is RunKind.SNAPSHOT:
        did = f"The snapshot took over {_people(counts.get('changed', 0))}"
    elif file is None:
        did = f"The {run.lower()} run looked at {_people(looked)} and had nothing to tell"
    else:
        told = ", ".join(f"{kinds[kind]} {word}" for kind, word in _WORDS.items() if kinds.get(kind))
        did = f"The {run.lower()} run told of {_people(sum(kinds.values()))} ({told}) in {file}"
    kept = _some(counts.get("kept_back", 0), "{} kept back until HR is fixed")
    held = _some(counts.get("held", 0), "{} held by a guard until somebody looks")
    total = sum(waiting.values())
    high = waiting.get(Risk.HIGH, 0)
    queue = f"{_requests(total)} for the administrator" + (f", {high} of high risk" if high else "")
    return "; ".join(part for part in (did, kept, held, queue) if part) + "."


def _plea(queue: str) -> str:
    """What the administrator is asked for, with the address of the requests where it is known."""
    where = f":\n\n  {queue}\n\n" if queue else ". "
    return f"Please sign in and work the pending requests{where}Nothing is applied before you decide."


def events_brief(counts: Mapping[str, int]) -> str:
    """One sentence without personal data: what a run of events did."""
    events, people = counts.get("finished", 0), counts.get("people", 0)
    did = f"The events run looked at {_people(people)} and finished {_counted(events, 'event')}"
    parts = (
        _counted(counts.get("posted", 0), "coverage row") + " posted" if counts.get("posted") else "",
        _counted(counts.get("cobra", 0), "COBRA record") + " opened" if counts.get("cobra") else "",
        _counted(counts.get("loss_of_all", 0), "loss") + " of all coverage to confirm"
        if counts.get("loss_of_all")
        else "",
        _some(counts.get("failed", 0), "{} could not be worked off"),
    )
    return "; ".join([did, *filter(None, parts)]) + "."


def worked_off(site: str, run: int, counts: Mapping[str, int], carriers: Sequence[str]) -> Notice:
    """The notice behind a run of events that touched coverage: which carriers must hear of it (S0-25)."""
    told = "".join(f"  - {name}\n" for name in carriers) or "  none\n"
    body = (
        f"Benefit events of site {site} were worked off.\n\n{events_brief(counts)}\n\n"
        f"Carriers whose members' coverage changed:\n{told}\n"
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
        return "no request waits"
    return f"{count} request{'' if count == 1 else 's'} wait{'s' if count == 1 else ''}"


def _some(count: int, words: str) -> str:
    return words.format(_people(count)) if count else ""


def uploaded(site: str, delivery: Delivery, requests: int | None, brief: str, head: str, queue: str = "") -> Notice:
    """The upload notice to the administrator after a committed delivery (S0-35, S0-36).

    ``requests`` is None where a receiver elsewhere opens them; ``head`` is the last entry of the audit trail, so that
    whoever keeps the mail can tell later whether its end was cut off; ``queue`` is the address of the requests.
    """
    waiting = _new(requests) if requests is not None else "to be received"
    plea = _plea(queue) if requests is not None else "The receiver opens the requests, and says so when it is done."
    body = (
        f"A new file was uploaded to the secure upload center of {site}.\n\n"
        f"  File:      {delivery.name}\n"
        f"  Employees: {delivery.rows}\n"
        f"  Requests:  {'opened elsewhere' if requests is None else requests}\n\n"
        f"{brief}\n\n{plea}\n\n"
        f"The audit trail ends with this line; keep it for `bensync audit verify --against FILE`:\n{head}\n"
    )
    return Notice(f"upload:{site}:{delivery.name}", f"[bensync] {site}: {delivery.name} uploaded, {waiting}", body)


def heads(site: str, on: date, lines: Iterable[str]) -> Notice:
    """The ends of the audit trails on a day, for an auditor who keeps them elsewhere."""
    body = (
        f"The audit trails of {site} and of the deployment (-) ended like this on {on} (UTC). Keep this mail: with\n"
        "`bensync audit verify --against FILE` it shows whether anything before was changed, or taken away, since.\n\n"
        + "".join(f"{line}\n" for line in lines)
    )
    return Notice(f"heads:{site}:{on}", f"[bensync] {site}: ends of the audit trails, {on}", body)


def received(site: str, file: str, rows: int, requests: int, queue: str = "") -> Notice:
    """The notice that a file was taken in, the receiver's side of the upload notice (S0-35)."""
    body = (
        f"A file was taken in from the secure upload center of {site}.\n\n"
        f"  File:      {file}\n  Employees: {rows}\n  Requests:  {requests}\n\n{_plea(queue)}\n"
    )
    return Notice(f"received:{site}:{file}", f"[bensync] {site}: {file} received, {_new(requests)}", body)


# Alerts


_LEADS = {
    AlertKey.DELIVERY_UNKNOWN: "It is unknown whether a file of site {site} arrived. Nothing more is sent before a "
    "person has asked the receiver.",
    AlertKey.RESTORED: "The database of site {site} came from a backup. Nothing is sent before a person says what left "
    "since it was made.",
    AlertKey.HOST_KEY: "The upload center of site {site} shows another host key than the pinned one. Nothing was sent, "
    "and nothing is before a person looks.",
    AlertKey.DISK: "A disk of the machine that works for site {site} is full. Nothing was lost: what was not delivered "
    "goes out once there is room.",
}
_LEAD = "{what} of site {site} failed. Nothing was lost: what was not delivered goes out with the next run."


def failed(site: str, what: str, error: BaseException) -> AlertCondition:
    """A run, or a turn of the daemon, ended with an error."""
    key, trouble = alert_for_error(error), as_bensync_error(error)
    lead = _LEADS.get(key, _LEAD).format(what=what, site=site)
    return AlertCondition(key, f"{what.lower()} failed ({type(trouble).__name__})", f"{lead}\n\n{_lines(trouble)}")


def events_failed(site: str, error: BaseException) -> AlertCondition:
    """A run of events ended with an error; the daily run, which goes well, does not disprove that."""
    found = failed(site, "The events run", error)
    return AlertCondition(found.key, found.subject, found.detail, EVENTS)


def held(site: str, alarms: Iterable[Alarm], plan: str) -> AlertCondition:
    """Guards hold rows until a person looks (A-53)."""
    lines = "\n".join(f"  - {alarm.text} (limit {alarm.limit})" for alarm in alarms)
    detail = (
        f"Rows of site {site} are held because they look like an accident; the others went out:\n\n{lines}\n\n"
        f"`bensync plan --site {site}` lists them. If they are right, release exactly this plan today with\n"
        f"`bensync sync --site {site} --allow {plan}`.\n"
    )
    return AlertCondition(AlertKey.ROWS_HELD, "rows held, a person must look", detail)


def kept_back(site: str, issues: Sequence[Issue]) -> AlertCondition:
    """People are newly kept back; they are named by their employee id only (A-28)."""
    lines = [f"  - employee {issue.employee_id}: {issue.code} ({issue.detail})" for issue in issues[:_SHOWN]]
    if len(issues) > _SHOWN:
        lines.append(f"  - and {len(issues) - _SHOWN} more")
    detail = (
        f"These employees of site {site} are kept back until HR is fixed; all others went on:\n\n"
        + "\n".join(lines)
        + f"\n\nThey are looked at again in every run. `bensync issues --site {site}` lists all of them.\n"
    )
    return AlertCondition(AlertKey.KEPT_BACK, "employees kept back", detail)


def refused(site: str, file: str, error: BensyncError) -> AlertCondition:
    """A file is quarantined (sync-rules 3.15)."""
    detail = f"The file {file} of site {site} is quarantined. Nothing of it was applied.\n\n{_lines(error)}"
    return AlertCondition(AlertKey.FILE_REFUSED, f"{file} is quarantined", detail, file)


def missing(site: str, error: BensyncError) -> AlertCondition:
    """Files cannot be taken in because one before them is missing."""
    detail = f"Files of site {site} wait, and are not applied before what is missing has come.\n\n{_lines(error)}"
    return AlertCondition(AlertKey.FILE_MISSING, "a file is missing", detail)


def unreachable(site: str, error: DeliveryError) -> AlertCondition:
    """The upload center cannot be read; a changed host key is told as such."""
    if alert_for_error(error) is AlertKey.HOST_KEY:
        return failed(site, "The intake", error)
    detail = f"Nothing can be taken in for site {site}. It is tried again by itself.\n\n{_lines(error)}"
    return AlertCondition(AlertKey.UNREACHABLE, "the upload center cannot be read", detail)


def no_run(site: str, by: time) -> AlertCondition:
    """The daily run that was due did not come to an end."""
    detail = (
        f"The daily run of site {site} should have been done by {by:%H:%M} UTC, and it is not. Nothing was lost, but\n"
        f"changes wait.\n\n"
        f"See that the daemon runs and stays up, then look at `bensync status --site {site}` and\n"
        f"`bensync runs --site {site}`. `bensync sync --site {site}` does today's run now.\n"
    )
    return AlertCondition(AlertKey.NO_RUN, "no daily run", detail)


def overdue(site: str, days: int, *, high: bool) -> AlertCondition:
    """Requests wait for too long."""
    which = "requests of high risk" if high else "requests"
    detail = (
        f"Some {which} of site {site} wait for more than {days} days. Nothing is applied before somebody decides.\n\n"
        f"`bensync requests --site {site}` lists them.\n"
    )
    return AlertCondition(AlertKey.QUEUE_OVERDUE, f"{which} wait for too long", detail, "high" if high else "")


def key_ends(site: str, ends: datetime, stage: int) -> AlertCondition:
    """A PGP key ends soon; told anew at each of the stages."""
    when = f"in {stage} day{'s' if stage > 1 else ''} or less" if stage else "and is no longer of use"
    detail = (
        f"A PGP key that seals or signs the files of site {site} ends on {ends:%Y-%m-%d}, {when}.\n"
        "From then on nothing is delivered.\n\n"
        "Ask the receiver for a key that lasts longer (or renew our own, where that is the one that ends), compare\n"
        f"fingerprints, and import it. `bensync check --site {site}` tells how long each key lasts.\n"
    )
    return AlertCondition(AlertKey.KEY_EXPIRES, "a PGP key expires" if stage else "a PGP key has expired", detail)


def channel_failed(site: str, channel: str, why: str) -> AlertCondition:
    """Notices do not get through; whoever reads this reads it somewhere else, or later."""
    detail = (
        f"Notices of site {site} cannot be sent over {channel}. They wait, and are tried again by themselves.\n\n"
        f"  Last:  {why}\n\n`bensync check --site {site}` tries every channel.\n"
    )
    return AlertCondition(AlertKey.MAIL_FAILED, f"notices over {channel} fail", detail, channel)


def _lines(error: BensyncError) -> str:
    return f"  What: {error.what}\n  Why:  {error.why}\n  Fix: {error.fix}\n"
