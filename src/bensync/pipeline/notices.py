"""The words of upload notices and alerts: no personal data, only counts, file names and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from bensync.core.model import Alarm, Delivery, Issue
from bensync.core.ports import Notice
from bensync.errors import BensyncError


def uploaded(site: str, delivery: Delivery, requests: int) -> Notice:
    """The upload notice to the administrator after a committed delivery (S0-35, S0-36)."""
    waiting = f"{requests} request{'' if requests == 1 else 's'} now wait{'s' if requests == 1 else ''} for a decision"
    body = (
        f"A new file was uploaded to the secure upload center of {site}.\n\n"
        f"  File:      {delivery.name}\n"
        f"  Employees: {delivery.rows}\n"
        f"  Requests:  {requests}\n\n"
        f"Please sign in and work the queue: {waiting}. Nothing is applied before you decide.\n"
    )
    return Notice(f"upload:{site}:{delivery.name}", f"[bensync] {site}: {delivery.name} uploaded, {waiting}", body)


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
