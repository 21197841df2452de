"""Users of this site and their roles: each change needs a new code, and ends the sessions of the user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import segno
from starlette.responses import Response

from bensync.actions import users as access
from bensync.core.access import POLICY, RIGHTS, Grant, Right, Role
from bensync.core.values.limits import LONGEST_NAME
from bensync.errors import DecisionError
from bensync.state.access.accounts import Account
from bensync.web.http.context import Entered, NotFound, Number, PageContext
from bensync.web.http.routing import SITE_PAGES, MenuEntry, Router
from bensync.web.shared.pending_approvals import accounts_of_site, pending_account_approvals
from bensync.wording.sync import one_of

route = Router(SITE_PAGES)


@route.get("/users", Right.MANAGE_USERS, menu=MenuEntry("Users", 130))
def users(context: Entered) -> Response:
    """Show the users with a role on this site, and the form for a new user."""
    accounts = accounts_of_site(context)
    pending = pending_account_approvals(context, accounts)
    return context.page("access/users.html", accounts=accounts, pending_approvals=pending, **_form_values(context))


@route.post("/users", Right.MANAGE_USERS)
def add(context: Entered) -> Response:
    """Add a user; the sign-in details are shown only once."""
    return _enrol(
        context,
        lambda password: access.add(
            context.store,
            context.form.text("name", LONGEST_NAME),
            password,
            _grant(context),
            context.actor,
            context.now,
            issuer=context.app.web.product,
            two=_two(context),
        ),
    )


@route.get("/users/{number}", Right.MANAGE_USERS)
def user(context: Entered, number: Number) -> Response:
    """Show one user."""
    account = _account(context, number)
    elsewhere = any(given.site != context.site for given in account.grants)
    return context.page(
        "access/user.html",
        account=account,
        grants=_grants(context, account),
        elsewhere=elsewhere,
        **_form_values(context),
    )


@route.post("/users/{number}/grant", Right.MANAGE_USERS)
def grant(context: Entered, number: Number) -> Response:
    """Add a role."""

    def change(name: str) -> str:
        access.grant(context.store, name, _grant(context), context.actor, context.now, two=_two(context))
        return "has a new role and must sign in again"

    return _change(context, number, change)


@route.post("/users/{number}/revoke", Right.MANAGE_USERS)
def revoke(context: Entered, number: Number) -> Response:
    """Remove a role."""

    def change(name: str) -> str:
        access.revoke(context.store, name, context.site, _role(context), context.actor, context.now)
        return "no longer has this role"

    return _change(context, number, change)


@route.post("/users/{number}/shut", Right.MANAGE_USERS)
def disable(context: Entered, number: Number) -> Response:
    """Disable the account, or enable it again."""

    def change(name: str) -> str:
        if context.form.text("open") == "yes":
            access.enable(context.store, name, context.actor, context.now, two=_sites_with_two_approvers(context))
            return "can sign in again"
        access.disable(context.store, name, context.actor, context.now)
        return "can no longer sign in and was signed out everywhere"

    return _change(context, number, change)


@route.post("/users/{number}/reset", Right.MANAGE_USERS)
def reset(context: Entered, number: Number) -> Response:
    """Reset the password and the authenticator of a user."""
    name = _account(context, number).name
    return _enrol(
        context,
        lambda password: access.reset(
            context.store,
            name,
            password,
            context.actor,
            context.now,
            issuer=context.app.web.product,
            two=_sites_with_two_approvers(context),
        ),
    )


def _enrol(context: PageContext, make: Callable[[str], access.Enrolment]) -> Response:
    enrolments: list[access.Enrolment] = []

    def act() -> Response:
        enrolments.append(make(context.form.password("password")))
        return context.go(context.at("/users"))  # the secrets are shown to the first who asks, and never again

    again = context.once(act)
    if not enrolments:
        return again
    # Drawn into the page: the content policy allows no data: images, and an address of its own would serve the secret
    # a second time.
    drawn = segno.make_qr(enrolments[0].totp_uri).svg_inline(
        scale=5, border=2, dark="#000", light="#fff", omitsize=True
    )
    return context.page("access/enrollment.html", enrolment=enrolments[0], drawn=drawn)


def _change(context: PageContext, number: int, change: Callable[[str], str]) -> Response:
    name = _account(context, number).name

    def act() -> Response:
        context.flash(f"{name} {change(name)}.")
        return context.go(context.at("/users"))

    return context.once(act)


def _two(context: PageContext) -> bool:
    """Return whether a role needs two approvers on this site."""
    return context.app.deployment.settings.sites[context.site].grants_take_two


def _sites_with_two_approvers(context: PageContext) -> list[str]:
    """Return the sites on which a role needs two approvers."""
    sites = context.app.deployment.settings.sites
    return [name for name, site in sites.items() if site.grants_take_two]


def _form_values(context: PageContext) -> dict[str, Any]:
    return {
        "policy": POLICY,
        "rights": RIGHTS,
        "optional": _optional(),
        "needs_code": context.must_step_up(Right.MANAGE_USERS),
        "two": _two(context),
    }


def _optional() -> dict[Right, list[str]]:
    """Return the rights that can be added, each with the roles that allow it."""
    rights = sorted({right for allowance in POLICY.values() for right in allowance.optional})
    return {
        right: [allowance.label for allowance in POLICY.values() if right in allowance.optional] for right in rights
    }


def _grant(context: PageContext) -> Grant:
    role = _role(context)
    # From the policy, not from the form: a form that was tampered with cannot name a right that the role does not
    # allow.
    extras = {right for right in POLICY[role].optional if right.value in context.form.texts("extra")}
    return Grant(
        context.site,
        role,
        context.form.text("employee_id", LONGEST_NAME) if role is Role.EMPLOYEE else "",
        frozenset(extras),
    )


def _role(context: PageContext) -> Role:
    role = one_of(Role, context.form.text("role"))
    if role is None:
        raise DecisionError("Nothing was changed.", "No role is selected.", "Go back and select a role.")
    return role


def _account(context: PageContext, number: int) -> Account:
    account = next((account for account in access.everybody(context.store) if account.id == number), None)
    # For the Data Owner of this site, a user of other sites does not exist; counting up the numbers shows nobody.
    if account is None or not _grants(context, account):
        raise NotFound
    return account


def _grants(context: PageContext, account: Account) -> list[Grant]:
    return [given for given in account.grants if given.site == context.site]
