"""Users, their roles and API tokens, and actions that wait for a second person."""

from __future__ import annotations

from pydantic import Field

from bensync.actions import users
from bensync.api_shapes.base import Moment, Shape, copied
from bensync.core.access import Right, Role
from bensync.state.access import accounts, tokens
from bensync.state.audit.entries import PendingApproval


class UserRole(Shape):
    """A role of a user on one site."""

    site: str
    role: Role
    employee_id: str = Field(description="the user's own record; empty for other roles than the employee's")
    may: list[Right] = Field(description="optional rights of the role that were added")


class User(Shape):
    """One user."""

    name: str
    created_at: Moment
    disabled_at: Moment | None
    roles: list[UserRole]


class NewUser(Shape):
    """The second factor of a new or reset user; it is shown only once."""

    name: str
    totp_uri: str = Field(description="for an authenticator app")
    recovery_codes: list[str]


class ApiToken(Shape):
    """One API token, without its secret."""

    label: str
    expires_at: Moment
    used_at: Moment | None


class Waiting(Shape):
    """An action that waits for a second person."""

    site: str
    act: str
    object: str
    first: str = Field(description="the person who did it first")
    at: Moment


def user(account: accounts.Account) -> User:
    """Return one user with their roles."""
    roles = [
        UserRole(site=grant.site, role=grant.role, employee_id=grant.employee_id, may=sorted(grant.extras, key=str))
        for grant in account.grants
    ]
    return copied(User, account, roles=roles)


def new_user(enrolment: users.Enrolment) -> NewUser:
    """Return the second factor of a new or reset user."""
    return copied(NewUser, enrolment, recovery_codes=list(enrolment.recovery_codes))


def token(entry: tokens.Token) -> ApiToken:
    """Return one API token."""
    return copied(ApiToken, entry)


def waiting(pending: PendingApproval) -> Waiting:
    """Return one action that waits for a second person."""
    return copied(Waiting, pending, object=pending.subject, first=pending.actor)
