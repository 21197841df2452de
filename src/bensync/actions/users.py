"""Users and their roles: add, grant, revoke, disable. A change of a user's rights ends their sessions."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from bensync.actions import credentials
from bensync.actions.authorization import authorize, refuse, require_second_person
from bensync.actions.sign_in import RECOVERY
from bensync.core.access import POLICY, Actor, Grant, Right, Role
from bensync.core.values.employee_ids import refuse_bad_id
from bensync.core.values.ssn import without_ssn
from bensync.errors import DecisionError, Denied, run_command
from bensync.state.access.accounts import TOTP, Account
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.site_state import SiteState
from bensync.state.store import Store

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}", re.ASCII)


class Enrolment(msgspec.Struct, frozen=True):
    """The proofs that are shown to a new user once; nobody can look them up later.

    Attributes:
        name: the name of the account.
        totp_uri: the content of the QR code for an authenticator app; it holds the secret.
        recovery_codes: each replaces a lost phone, once.
    """

    name: str
    totp_uri: str
    recovery_codes: tuple[str, ...]


class _Fresh(msgspec.Struct, frozen=True):
    """New proofs of a person, hashed and sealed for the database."""

    password: str
    sealed_totp: bytes
    code_macs: tuple[bytes, ...]
    enrolment: Enrolment


def everybody(store: Store) -> Sequence[Account]:
    """Return every account, by name, with its grants."""
    with store.read(DEPLOYMENT) as state:
        return state.accounts.all()


def add(
    store: Store, name: str, password: str, given: Grant, by: Actor, now: datetime, *, issuer: str, two: bool = False
) -> Enrolment:
    """Add a user with a first role.

    Args:
        store: the state.
        name: to sign in with; small letters, digits, and ``. _ @ -``.
        password: their first one.
        given: their first role.
        by: who adds them.
        now: the moment.
        issuer: what an authenticator app calls this deployment.
        two: whether two people must want it (`second_approver` of the site); the first user of a site needs only one.

    Raises:
        DecisionError: another person must want it, too; or the name is taken or none, or the password is a weak one, or
            the role is not whole.
    """
    name = _good_name(name)
    _whole(given)
    authorize(store, given.site, by, Right.MANAGE_USERS, now)
    fresh = _fresh(store, name, password, issuer)
    if two and any(grant.site == given.site for account in everybody(store) for grant in account.grants):
        require_second_person(store, given.site, by, "users.add", f"user {name}, {given.text()}", now)
    with store.write(given.site, "users.add") as state:
        number = state.accounts.add(name, fresh.password, fresh.sealed_totp, now)
        if number is None:
            fix = "Use another name, or grant the existing user a role."
            raise DecisionError(f"The user {name} was not added.", "A user with this name exists.", fix)
        state.accounts.change_codes(number, fresh.code_macs)
        state.accounts.grant(number, given, by.name, now)
        state.audit.record(by.name, "users.add", f"user {name}", now, reason=given.text())
    return fresh.enrolment


def grant(store: Store, name: str, given: Grant, by: Actor, now: datetime, *, two: bool = False) -> None:
    """Give a user a role on a site, or the one that they have with other extras; their sessions end.

    With ``two`` another person must want the same first (`second_approver` of the site).

    Raises:
        DecisionError: another person must want it, too; or there is no such user, or the role is not whole.
    """
    _whole(given)
    authorize(store, given.site, by, Right.MANAGE_USERS, now)
    if two:
        with store.read(DEPLOYMENT) as state:
            # The stored spelling, or two people who type "Ann" and "ann" would ask for two different acts.
            name = _account(state, name).name
        require_second_person(store, given.site, by, "users.grant", f"user {name}, {given.text()}", now)
    with store.write(given.site, "users.grant") as state:
        account = _account(state, name)
        state.accounts.grant(account.id, given, by.name, now)
        state.sessions.revoke_all(account.id, now)
        state.audit.record(by.name, "users.grant", f"user {account.name}", now, reason=given.text())


def revoke(store: Store, name: str, site: str, role: Role, by: Actor, now: datetime) -> None:
    """Take a role on a site away; their sessions end.

    Raises:
        DecisionError: there is no such user, or they do not have this role there.
    """
    authorize(store, site, by, Right.MANAGE_USERS, now)
    with store.write(site, "users.revoke") as state:
        account = _account(state, name)
        if not state.accounts.revoke(account.id, site, role):
            why = f"The user does not have the role {POLICY[role].label} there."
            raise DecisionError(
                f"No role was revoked from {account.name}.",
                why,
                "See `bensync users list`.",
                remedy=run_command("users list"),
            )
        state.sessions.revoke_all(account.id, now)
        state.audit.record(by.name, "users.revoke", f"user {account.name}", now, reason=role)


def disable(store: Store, name: str, by: Actor, now: datetime) -> None:
    """Disable an account and end its sessions; `enable` enables it again.

    Raises:
        DecisionError: there is no such user.
    """
    _shut(store, name, by, now, now)


def enable(store: Store, name: str, by: Actor, now: datetime, *, two: Collection[str] = ()) -> None:
    """Enable an account again, with the password, phone and roles that it had.

    Args:
        store: the state.
        name: whose.
        by: who opens it.
        now: the moment.
        two: sites on which a role takes two people (`second_approver`).

    Raises:
        DecisionError: another person must want it, too; or there is no such user.
    """
    _shut(store, name, by, now, None, two)


def reset(
    store: Store, name: str, password: str, by: Actor, now: datetime, *, issuer: str, two: Collection[str] = ()
) -> Enrolment:
    """Give a user another password, another TOTP secret and other recovery codes; their sessions and tokens end.

    The person who holds these can act as the user, so a second person is needed if one of the user's sites is in
    ``two`` (`second_approver`).

    Raises:
        DecisionError: another person must want it, too; or there is no such user, or the password is a weak one.
    """
    name = name.strip().lower()
    authorize_everywhere(store, name, by, now)
    # Before the second person is asked: a weak password must not use up that approval.
    credentials.refuse_weak(password, name)
    require_second_person_for(store, name, by, "users.reset", f"user {name}", now, two)
    fresh = _fresh(store, name, password, issuer)
    with store.write(DEPLOYMENT, "users.reset") as state:
        account = _account(state, name)
        state.accounts.change_password(account.id, fresh.password)
        state.accounts.change_totp(account.id, fresh.sealed_totp)
        state.accounts.change_codes(account.id, fresh.code_macs)
        state.accounts.vouch(account.id)
        state.sessions.revoke_all(account.id, now)
        state.tokens.revoke_all(account.id)
        state.audit.record(by.name, "users.reset", f"user {name}", now)
    return fresh.enrolment


def _shut(store: Store, name: str, by: Actor, now: datetime, since: datetime | None, two: Collection[str] = ()) -> None:
    name = name.strip().lower()
    authorize_everywhere(store, name, by, now)
    verb = "enable" if since is None else "disable"
    require_second_person_for(store, name, by, f"users.{verb}", f"user {name}", now, two)
    with store.write(DEPLOYMENT, f"users.{verb}") as state:
        account = _account(state, name)
        state.accounts.disable(account.id, since)
        state.sessions.revoke_all(account.id, now)
        state.audit.record(by.name, f"users.{verb}", f"user {name}", now)


def authorize_everywhere(store: Store, name: str, by: Actor, now: datetime) -> None:
    """Check the right to manage users on every site of an account, for an act that concerns the whole account."""
    with store.read(DEPLOYMENT) as state:
        sites = {given.site for given in _account(state, name).grants}
    for site in sites or {DEPLOYMENT}:
        if by.site not in {None, site}:
            refuse(store, by.site or site, by, Right.MANAGE_USERS, now, "not of this site alone")
            raise Denied(
                f"The account {name} was not changed.",
                "The account also has a role at another site.",
                "Ask your bensync operator.",
            )
        authorize(store, site, by, Right.MANAGE_USERS, now)


def require_second_person_for(
    store: Store, name: str, by: Actor, act: str, subject: str, now: datetime, two: Collection[str]
) -> None:
    """Require a second person for an act that gives somebody the roles of an account, if one of these roles does.

    Raises:
        DecisionError: somebody else must want it, too.
    """
    with store.read(DEPLOYMENT) as state:
        sites = {given.site for given in _account(state, name).grants}
    if not sites.isdisjoint(two):
        require_second_person(store, DEPLOYMENT, by, act, subject, now)


def _fresh(store: Store, name: str, password: str, issuer: str) -> _Fresh:
    credentials.refuse_weak(password, name)
    secret, codes = credentials.new_totp_secret(), credentials.new_recovery_codes()
    vault = store.vault(DEPLOYMENT)
    return _Fresh(
        credentials.hash_password(password),
        TOTP.seal(vault, secret.encode(), {"name": name}),
        # Recovery codes are random, so a keyed hash protects them; only passwords need Argon2.
        tuple(vault.mac(credentials.plain_recovery_code(code).encode(), RECOVERY) for code in codes),
        Enrolment(name, credentials.totp_uri(secret, name, issuer), codes),
    )


def _good_name(name: str) -> str:
    plain_name = name.strip().lower()
    # Names stand in audit trails and logs, where no SSN may be.
    if not _NAME.fullmatch(plain_name) or without_ssn(plain_name) != plain_name:
        why = (
            "A name has 2 to 64 lowercase letters, digits, or the characters . _ @ -, begins with a letter or "
            "digit, and is not an SSN."
        )
        raise DecisionError("The user was not added.", why, "Choose another name.")
    return plain_name


def _whole(given: Grant) -> None:
    allowance = POLICY[given.role]
    if (given.role is Role.EMPLOYEE) != bool(given.employee_id):
        why = "The role of an employee needs the id of their HR record, and no other role has one."
        raise DecisionError(
            "The role was not granted.",
            why,
            "Give the HR employee id with the role of an employee, and with no other role.",
        )
    try:
        refuse_bad_id(given.employee_id or "none")
    except ValueError as error:
        why = f"The id of the HR record {error}."
        raise DecisionError("The role was not granted.", why, "Correct the HR employee id.") from None
    if not given.extras <= allowance.optional:
        choices = ", ".join(sorted(allowance.optional)) or "none"
        why = f"It cannot be added to {allowance.label}; these can: {choices}."
        raise DecisionError(
            "The role was not granted.", why, "See docs/reference/roles.md for the roles and their rights."
        )


def _account(state: SiteState, name: str) -> Account:
    account = state.accounts.named(name.strip().lower())
    if account is None:
        raise DecisionError(
            f"There is no user {name}.",
            "No user was added under this name.",
            "See `bensync users list`.",
            remedy=run_command("users list"),
        )
    return account
