"""The words of upload notices and alerts: no personal data, only counts, file names and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from bensync.core.model import (
    Alarm,
    Issue,
    Kind,
    Risk,
)
from bensync.core.ports import Notice
from bensync.core.runs import Delivery, RunKind
from bensync.errors import BensyncError

_WORDS = {
    Kind.NEW: "new",
    Kind.UPDATE: "updated",
    Kind.TERMINATE: "terminated",
    Kind.REACTIVATE: "reactivated",
    Kind.REHIRE: "rehired",
    Kind.UNCHANGED: "unchanged",
}


_PLEA = "Please sign in and work the pending requests. Nothing is applied before you decide."


def brief(
    run: RunKind, kinds: Mapping[Kind, int], file: str | None, counts: Mapping[str, int], waiting: Mapping[Risk, int]
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
    kept = _some(counts.get("kept_back", 0), "{} kept back until HR is mended")
    held = _some(counts.get("held", 0), "{} held by a guard until somebody looks")
    total = sum(waiting.values())
    high = waiting.get(Risk.HIGH, 0)
    queue = f"{_requests(total)} for the administrator" + (f", {high} of high risk" if high else "")
    return "; ".join(part for part in (did, kept, held, queue) if part) + "."


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


def uploaded(site: str, delivery: Delivery, requests: int | None, brief: str) -> Notice:
    """The upload notice to the administrator after a committed delivery (S0-35, S0-36).

    ``requests`` is None where a receiver elsewhere opens them.
    """
    waiting = _new(requests) if requests is not None else "to be received"
    plea = _PLEA if requests is not None else "The receiver opens the requests, and says so when it is done."
    body = (
        f"A new file was uploaded to the secure upload center of {site}.\n\n"
        f"  File:      {delivery.name}\n"
        f"  Employees: {delivery.rows}\n"
        f"  Requests:  {'opened elsewhere' if requests is None else requests}\n\n"
        f"{brief}\n\n{plea}\n"
    )
    return Notice(f"upload:{site}:{delivery.name}", f"[bensync] {site}: {delivery.name} uploaded, {waiting}", body)


def received(site: str, file: str, rows: int, requests: int) -> Notice:
    """The notice that a file was taken in, the receiver's side of the upload notice (S0-35)."""
    body = (
        f"A file was taken in from the secure upload center of {site}.\n\n"
        f"  File:      {file}\n  Employees: {rows}\n  Requests:  {requests}\n\n{_PLEA}\n"
    )
    return Notice(f"received:{site}:{file}", f"[bensync] {site}: {file} received, {_new(requests)}", body)


def refused(site: str, file: str, sha256: str, error: BensyncError) -> Notice:
    """The alert that a file is quarantined; one per file and content (sync-rules 3.15)."""
    body = (
        f"The file {file} of site {site} is quarantined. Nothing of it was applied.\n\n"
        f"  What: {error.what}\n  Why:  {error.why}\n  Mend: {error.mend}\n"
    )
    return Notice(f"refused:{site}:{file}:{sha256}", f"[bensync] {site}: {file} is quarantined", body)


def missing(site: str, error: BensyncError) -> Notice:
    """The alert that files cannot be taken in because one before them is missing; one per gap."""
    body = (
        f"Files of site {site} wait, and are not applied before what is missing has come.\n\n"
        f"  What: {error.what}\n  Why:  {error.why}\n  Mend: {error.mend}\n"
    )
    return Notice(f"missing:{site}:{error.what}", f"[bensync] {site}: a file is missing", body)


def unreachable(site: str, error: BensyncError, day: date) -> Notice:
    """The alert that the upload center cannot be read; one per site and day."""
    body = (
        f"Nothing can be taken in for site {site}. It is tried again by itself.\n\n"
        f"  What: {error.what}\n  Why:  {error.why}\n  Mend: {error.mend}\n"
    )
    return Notice(f"unreachable:{site}:{day.isoformat()}", f"[bensync] {site}: the upload center cannot be read", body)


def failed(site: str, what: str, error: BensyncError, day: date) -> Notice:
    """The alert that a run failed; one per site, sort of trouble and day (A-57)."""
    body = (
        f"{what} of site {site} failed. Nothing was lost: what was not delivered goes out with the next run.\n\n"
        f"  What: {error.what}\n  Why:  {error.why}\n  Mend: {error.mend}\n"
    )
    key = f"failed:{site}:{type(error).__name__}:{day.isoformat()}"
    return Notice(key, f"[bensync] {site}: {what.lower()} failed ({type(error).__name__})", body)


def held(site: str, alarms: Iterable[Alarm], plan: str, day: date) -> Notice:
    """The alert that guards hold rows until a person looks (A-53)."""
    lines = "\n".join(f"  - {alarm.text} (limit {alarm.limit})" for alarm in alarms)
    body = (
        f"Rows of site {site} are held because they look like an accident; the others went out:\n\n{lines}\n\n"
        f"`bensync plan --site {site}` lists them. If they are right, release exactly this plan today with\n"
        f"`bensync sync --site {site} --allow {plan}`.\n"
    )
    return Notice(f"held:{site}:{plan}:{day.isoformat()}", f"[bensync] {site}: rows held, a person must look", body)


def kept_back(site: str, issues: Iterable[Issue], run_id: int) -> Notice:
    """The alert about people who are newly kept back; named by their employee id only (A-28)."""
    lines = "\n".join(f"  - employee {issue.employee_id}: {issue.code} ({issue.detail})" for issue in issues)
    body = (
        f"These employees of site {site} are kept back until HR is mended; all others went on:\n\n{lines}\n\n"
        f"They are looked at again in every run. `bensync issues --site {site}` lists all of them.\n"
    )
    return Notice(f"issues:{site}:{run_id}", f"[bensync] {site}: employees kept back", body)
