"""Changes that a second person must approve: of users, and of the SSN of a participant."""

from __future__ import annotations

from collections.abc import Iterable

from bensync.actions.authorization import ACCOUNTS, SSN_CORRECTION, waiting
from bensync.actions.users import everybody
from bensync.state.access.accounts import Account
from bensync.state.audit.entries import PendingApproval, subject
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.site_state import SiteState
from bensync.web.http.context import PageContext


def accounts_of_site(context: PageContext) -> list[Account]:
    """Return the users with a role on this site."""
    return [
        account for account in everybody(context.store) if any(grant.site == context.site for grant in account.grants)
    ]


def pending_account_approvals(context: PageContext, accounts: Iterable[Account]) -> list[PendingApproval]:
    """Return the changes of users that wait for a second person; of whole accounts only those given."""
    # A whole account belongs to the deployment, so its approvals lie there, with those for the users of other sites.
    subjects = {f"user {account.name}" for account in accounts}
    with context.read() as state:
        pending = waiting(state, context.now, ACCOUNTS)
    with context.store.read(DEPLOYMENT) as state:
        pending += [
            approval for approval in waiting(state, context.now, ACCOUNTS) if approval.subject.split(",")[0] in subjects
        ]
    return pending


def pending_for(
    context: PageContext, state: SiteState, number: int, acts: Iterable[str] = (SSN_CORRECTION,)
) -> list[PendingApproval]:
    """Return the manual changes of a participant that wait for the second person; without ``acts``, of the SSN."""
    about = subject(number)
    return [
        approval
        for approval in waiting(state, context.now, acts)
        if approval.subject == about or approval.subject.startswith(f"{about}, ")
    ]
