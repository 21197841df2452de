"""Sign-in, the session that follows, and its end. A refusal never shows which part was wrong."""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import msgspec

from bensync.actions import credentials
from bensync.core.access import ABSOLUTE, FRESH, IDLE, Actor, Grant, Role, actor_for, delay_after
from bensync.errors import SignInRefused
from bensync.state.access.accounts import TOTP, Account, Proofs
from bensync.state.access.sessions import Session
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.site_state import SiteState
from bensync.state.store import Store

RECOVERY = b"recovery code"
"""The purpose of the MAC of a recovery code in the vault."""

_ID_BYTES = 32
_TOUCH = timedelta(minutes=1)
"""A session is written to once a minute at most; it may end so much before its idle limit, never after."""
_DAY = timedelta(days=1)
_ADDRESS_WINDOW = timedelta(minutes=15)
_ADDRESS_BUDGET = 30
"""Tries from one address within the window, for all names: a whole office may share one address."""


class User(msgspec.Struct, frozen=True):
    """A user who is signed in, as of this moment.

    Attributes:
        account_id: the id of their account.
        name: the name in the audit trail.
        grants: all their roles, on every site.
        fresh: whether they entered a code within `FRESH`.
        ends_at: when the session ends, however busy it is.
    """

    account_id: int
    name: str
    grants: tuple[Grant, ...]
    fresh: bool
    ends_at: datetime

    def sites(self) -> list[str]:
        """Return the sites on which they have a role."""
        return list(dict.fromkeys(grant.site for grant in self.grants))

    def actor(self, site: str, visible: Mapping[Role, Collection[str]] | None = None) -> Actor:
        """Return them as the actor on one site; ``visible`` holds the fields of roles that the site sets."""
        return actor_for(self.name, self.grants, site, fresh=self.fresh, visible=visible)


def sign_in(store: Store, name: str, password: str, code: str, address: str, now: datetime) -> str:
    """Begin a session and return its id, which goes into the cookie; only its hash is stored.

    Args:
        store: the state.
        name: the name of the account, as typed.
        password: the password, as typed.
        code: a code of the phone, or a recovery code.
        address: the network address of the client.
        now: the time.

    Raises:
        SignInRefused: name, password or code is wrong, the account is shut, or there were too many tries.
    """
    name = name.strip().lower()
    with store.write(DEPLOYMENT, "sign_in.try") as state:
        _let_try(state, _by_name(name), address, now)
        proofs = state.accounts.proofs(name)
    # Between the transactions: hashing is slow on purpose, and no lock on the database may be held for it. So the
    # second transaction checks with `_still` that the account is unchanged.
    fits = credentials.password_fits(proofs.password if proofs else None, password)
    with store.write(DEPLOYMENT, "sign_in.decide") as state:
        if proofs is not None and fits and _still(state, proofs) and (by := _proof(state, proofs, code, now)):
            _keep_costs(state, proofs, password)
            return _open(state, proofs, by, address, now)
        # Never the typed name: people type passwords into the wrong field.
        reason = "unknown name" if proofs is None else "wrong" if proofs.disabled_at is None else "disabled"
        state.audit.record(
            proofs.name if proofs else "unknown", "sign_in.refuse", f"address {address}", now, reason=reason
        )
    raise SignInRefused(
        "You were not signed in.", "The name, the password, or the code is wrong.", "Try again, with a new code."
    )


def authenticate(store: Store, session_id: str, now: datetime) -> User | None:
    """Return the user of a session; None if it is over, ended or unknown. Each request calls this (S1-14)."""
    digest = _digest(session_id)
    with store.read(DEPLOYMENT) as state:
        session = state.sessions.find(digest)
        account = state.accounts.get(session.account_id) if session is not None and not _over(session, now) else None
    if session is None or account is None or not account.enabled:
        return None
    if now - session.seen_at >= _TOUCH:
        with store.write(DEPLOYMENT, "session.touch") as state:
            state.sessions.touch(digest, now)
    return _user(account, session, now)


def step_up(store: Store, session_id: str, code: str, now: datetime) -> None:
    """Accept a fresh code of the phone, which the rights in `bensync.core.access.STEP_UP` need.

    Raises:
        SignInRefused: the session is over, the code does not fit, or there were too many tries.
    """
    digest = _digest(session_id)
    with store.write(DEPLOYMENT, "step_up.try") as state:
        proofs = _owner(state, digest, now)
        if proofs is not None:
            _let_try(state, _by_session(proofs.name), "", now)
    with store.write(DEPLOYMENT, "step_up.decide") as state:
        if proofs is not None and _use_totp(state, proofs, code, now):
            state.attempts.clear(_by_session(proofs.name))
            state.sessions.step_up(digest, now)
            state.audit.record(proofs.name, "step_up", "session", now)
            return
        if proofs is not None:
            state.audit.record(proofs.name, "step_up.refuse", "session", now, reason="wrong")
    raise SignInRefused("The code was not accepted.", "It is wrong or was used before.", "Wait for the next code.")


def sign_out(store: Store, session_id: str, now: datetime) -> None:
    """End a session at once."""
    digest = _digest(session_id)
    with store.write(DEPLOYMENT, "session.end") as state:
        proofs = _owner(state, digest, now)
        if state.sessions.revoke(digest, now) and proofs is not None:
            state.audit.record(proofs.name, "sign_out", "session", now)


def change_password(store: Store, session_id: str, old: str, new: str, code: str, now: datetime) -> str:
    """Change the password of a session's user: end all their sessions, and return the id of a new one.

    Raises:
        SignInRefused: the old password or the code is wrong, or there were too many tries.
        DecisionError: the new password is a weak one.
    """
    with store.write(DEPLOYMENT, "password.try") as state:
        proofs = _owner(state, _digest(session_id), now)
        if proofs is not None:
            credentials.refuse_weak(new, proofs.name)
            _let_try(state, _by_session(proofs.name), "", now)
    fits = credentials.password_fits(proofs.password if proofs else None, old)
    fresh = credentials.hash_password(new)
    with store.write(DEPLOYMENT, "password.change") as state:
        if proofs is not None and fits and _still(state, proofs) and _use_totp(state, proofs, code, now):
            state.accounts.change_password(proofs.account_id, fresh)
            # All sessions: the password may be changed because somebody else has it.
            state.sessions.revoke_all(proofs.account_id, now)
            state.audit.record(proofs.name, "password.change", f"user {proofs.name}", now)
            return _open(state, proofs, "code", "", now)
        if proofs is not None:
            state.audit.record(proofs.name, "password.refuse", f"user {proofs.name}", now, reason="wrong")
    raise SignInRefused(
        "The password was not changed.", "The old password or the code is wrong.", "Try again, with a new code."
    )


def form_token(session_id: str) -> str:
    """Return the token that every form of a session carries, so that no other site can send one (CSRF)."""
    return hmac.new(session_id.encode(), b"form", hashlib.sha256).hexdigest()


def form_token_fits(session_id: str, token: str) -> bool:
    """Return whether a token belongs to this session."""
    return hmac.compare_digest(form_token(session_id).encode(), token.encode())


def _let_try(state: SiteState, subject: str, address: str, now: datetime) -> None:
    """Count a try before it is judged, so that many at once cannot slip through; refuse it when it comes too soon."""
    # Two bounds: per name with growing waits, and per address, because one machine may try many names.
    tallies = {subject: state.attempts.attempts_of(subject, now, _DAY)}
    wait = [tally.last_at + delay_after(tally.failures) - now for tally in tallies.values()]
    if address:
        tally = tallies[_by_address(address)] = state.attempts.attempts_of(_by_address(address), now, _ADDRESS_WINDOW)
        wait += [tally.since + _ADDRESS_WINDOW - now] if tally.failures >= _ADDRESS_BUDGET else []
    seconds = math.ceil(max(wait).total_seconds())
    if seconds > 0:
        why = "There were too many attempts within a short time."
        raise SignInRefused("You were not signed in.", why, f"Try again in {seconds} seconds.", wait=seconds)
    for counted, tally in tallies.items():
        state.attempts.count(counted, tally, now)


def _by_name(name: str) -> str:
    return f"name:{name}"


def _by_session(name: str) -> str:
    # Apart from sign-ins: a stranger who guesses at the password of a user must not lock the one who is signed in.
    return f"signed in:{name}"


def _by_address(address: str) -> str:
    return f"address:{address}"


def _still(state: SiteState, proofs: Proofs) -> bool:
    """Return whether the account is enabled and its password is unchanged since it was read."""
    now = state.accounts.proofs(proofs.name)
    return now is not None and now.disabled_at is None and now.password == proofs.password


def _proof(state: SiteState, proofs: Proofs, code: str, now: datetime) -> str:
    """Use up the code and return its kind: ``code`` of the phone, ``recovery code``, or empty if it is neither."""
    if _use_totp(state, proofs, code, now):
        return "code"
    mac = state.vault.mac(credentials.plain_recovery_code(code).encode(), RECOVERY)
    return "recovery code" if state.accounts.use_code(proofs.account_id, mac, now) else ""


def _use_totp(state: SiteState, proofs: Proofs, code: str, now: datetime) -> bool:
    secret = TOTP.open(state.vault, proofs).decode()
    step = credentials.totp_step(secret, code, now)
    # Each step is accepted once and never an older one: a code that was read over a shoulder is of no use.
    return step is not None and state.accounts.use_step(proofs.account_id, step)


def _keep_costs(state: SiteState, proofs: Proofs, password: str) -> None:
    if credentials.outdated(proofs.password):
        state.accounts.change_password(proofs.account_id, credentials.hash_password(password))


def _open(state: SiteState, proofs: Proofs, by: str, address: str, now: datetime) -> str:
    session_id = secrets.token_urlsafe(_ID_BYTES)
    state.attempts.clear(_by_name(proofs.name))
    state.attempts.forgive(_by_address(address))
    state.attempts.forget(now - _DAY)
    state.sessions.forget(now - ABSOLUTE - _DAY)
    # A recovery code is on paper and does not count as a fresh code: it opens a session and no right of STEP_UP.
    state.sessions.open(_digest(session_id), proofs.account_id, now, stepped_up=by == "code")
    state.audit.record(proofs.name, "sign_in", f"address {address}" if address else "session", now, reason=f"by {by}")
    return session_id


def _owner(state: SiteState, digest: bytes, now: datetime) -> Proofs | None:
    session = state.sessions.find(digest)
    if session is None or _over(session, now):
        return None
    account = state.accounts.get(session.account_id)
    return state.accounts.proofs(account.name) if account is not None and account.enabled else None


def _over(session: Session, now: datetime) -> bool:
    return now - session.seen_at > IDLE or now - session.created_at > ABSOLUTE


def _user(account: Account, session: Session, now: datetime) -> User:
    fresh = session.stepped_up_at is not None and now - session.stepped_up_at <= FRESH
    return User(account.id, account.name, account.grants, fresh, session.created_at + ABSOLUTE)


def _digest(session_id: str) -> bytes:
    return hashlib.sha256(session_id.encode()).digest()
