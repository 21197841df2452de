"""Users of this site and their roles: every change wants a fresh code, and ends their sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import segno
from fastapi import APIRouter
from starlette.responses import Response

from bensync.actions import users as access
from bensync.actions.authorization import ACCOUNTS, waiting
from bensync.core.access import POLICY, RIGHTS, Grant, Right, Role
from bensync.errors import DecisionError
from bensync.state.access.accounts import Account
from bensync.state.audit.entries import Half
from bensync.state.db.transaction import DEPLOYMENT
from bensync.web.http.context import Entered, NotFound, Number, Visit
from bensync.wording.sync import one_of

router = APIRouter()

_PATH = "/sites/{site}/users/{number}"
_LONGEST = 1024


@router.get("/sites/{site}/users")
def users(visit: Entered) -> Response:
    """Everybody with a role here, and the form for somebody new."""
    here = [one for one in access.everybody(visit.store) if _grants(visit, one)]
    return visit.page("users.html", accounts=here, halves=halves(visit, here), **_known(visit))


@router.post("/sites/{site}/users")
def add(visit: Entered) -> Response:
    """Add somebody; what proves them is shown this once."""
    return _enrol(
        visit,
        lambda password: access.add(
            visit.store,
            visit.text("name", 64),
            password,
            _grant(visit),
            visit.actor,
            visit.now,
            issuer=visit.hall.web.product,
            two=_two(visit),
        ),
    )


@router.get(_PATH)
def user(visit: Entered, number: Number) -> Response:
    """One user."""
    account = _account(visit, number)
    elsewhere = any(given.site != visit.site for given in account.grants)
    return visit.page(
        "user.html", account=account, grants=_grants(visit, account), elsewhere=elsewhere, **_known(visit)
    )


@router.post(f"{_PATH}/grant")
def grant(visit: Entered, number: Number) -> Response:
    """Give a role."""

    def change(name: str) -> str:
        access.grant(visit.store, name, _grant(visit), visit.actor, visit.now, two=_two(visit))
        return "has another role now, and must sign in again"

    return _change(visit, number, change)


@router.post(f"{_PATH}/revoke")
def revoke(visit: Entered, number: Number) -> Response:
    """Take a role away."""

    def change(name: str) -> str:
        access.revoke(visit.store, name, visit.site, _role(visit), visit.actor, visit.now)
        return "has lost this role"

    return _change(visit, number, change)


@router.post(f"{_PATH}/shut")
def shut(visit: Entered, number: Number) -> Response:
    """Shut the account, or open it again."""

    def change(name: str) -> str:
        if visit.text("open") == "yes":
            access.enable(visit.store, name, visit.actor, visit.now, two=_careful(visit))
            return "can sign in again"
        access.disable(visit.store, name, visit.actor, visit.now)
        return "cannot sign in any more, and was signed out everywhere"

    return _change(visit, number, change)


@router.post(f"{_PATH}/reset")
def reset(visit: Entered, number: Number) -> Response:
    """Give somebody a new password and a new code generator."""
    name = _account(visit, number).name
    return _enrol(
        visit,
        lambda password: access.reset(
            visit.store,
            name,
            password,
            visit.actor,
            visit.now,
            issuer=visit.hall.web.product,
            two=_careful(visit),
        ),
    )


def _enrol(visit: Visit, make: Callable[[str], access.Enrolment]) -> Response:
    made: list[access.Enrolment] = []

    def act() -> Response:
        made.append(make(str(visit.form.get("password", ""))[:_LONGEST]))
        return visit.go(visit.at("/users"))  # the secrets are shown to the first who asks, and never again

    again = visit.once(act)
    if not made:
        return again
    drawn = segno.make_qr(made[0].totp_uri).svg_inline(scale=5, border=2, dark="#000", light="#fff", omitsize=True)
    return visit.page("enrolment.html", enrolment=made[0], drawn=drawn)


def _change(visit: Visit, number: int, change: Callable[[str], str]) -> Response:
    name = _account(visit, number).name

    def act() -> Response:
        visit.tell(f"{name} {change(name)}.")
        return visit.go(visit.at("/users"))

    return visit.once(act)


def _two(visit: Visit) -> bool:
    """Whether a role takes two people here."""
    return "grant" in visit.hall.deployment.settings.sites[visit.site].second_approver


def halves(visit: Visit, accounts: Iterable[Account]) -> list[Half]:
    """What waits for a second person of changes of users here; of whole accounts those of these only."""
    known = {f"user {account.name}" for account in accounts}
    with visit.look() as work:
        found = waiting(work, visit.now, ACCOUNTS)
    with visit.store.look(DEPLOYMENT) as work:
        found += [half for half in waiting(work, visit.now, ACCOUNTS) if half.subject.split(",")[0] in known]
    return found


def _careful(visit: Visit) -> list[str]:
    """The sites on which a role takes two people."""
    sites = visit.hall.deployment.settings.sites
    return [name for name, site in sites.items() if "grant" in site.second_approver]


def _known(visit: Visit) -> dict[str, Any]:
    return {
        "policy": POLICY,
        "rights": RIGHTS,
        "optional": _optional(),
        "needs_code": visit.must_step_up(Right.MANAGE_USERS),
        "two": _two(visit),
    }


def _optional() -> dict[Right, list[str]]:
    """Rights that can be added, and to which roles."""
    rights = sorted({right for allowance in POLICY.values() for right in allowance.optional})
    return {
        right: [allowance.label for allowance in POLICY.values() if right in allowance.optional] for right in rights
    }


def _grant(visit: Visit) -> Grant:
    role = _role(visit)
    extras = {right for right in POLICY[role].optional if right.value in visit.form.getlist("extra")}
    return Grant(visit.site, role, visit.text("employee_id", 64) if role is Role.EMPLOYEE else "", frozenset(extras))


def _role(visit: Visit) -> Role:
    role = one_of(Role, visit.text("role"))
    if role is None:
        raise DecisionError("Nothing was changed", "no role was chosen", "go back and choose one")
    return role


def _account(visit: Visit, number: int) -> Account:
    found = next((one for one in access.everybody(visit.store) if one.id == number), None)
    if found is None or not _grants(visit, found):
        raise NotFound
    return found


def _grants(visit: Visit, account: Account) -> list[Grant]:
    return [given for given in account.grants if given.site == visit.site]
