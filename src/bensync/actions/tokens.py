"""Tokens for scripts and services, with the rights of a user that need no fresh code. Each is shown once."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from bensync.actions.sign_in import User
from bensync.actions.users import authorize_everywhere, require_second_person_for
from bensync.core.access import Actor
from bensync.errors import DecisionError, run_command
from bensync.state.access.tokens import Token
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.store import Store

LONGEST = timedelta(days=366)
"""The longest life of a token."""

# Makes a leaked token easy to find in code and logs, also for secret scanners.
_PREFIX = "bensync_"
_BYTES = 32
_LABEL = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}", re.ASCII)
# A script may call every second; the time of last use is written once an hour at most.
_TOUCH = timedelta(hours=1)


def issue(
    store: Store, name: str, label: str, lives: timedelta, by: Actor, now: datetime, two: Collection[str] = ()
) -> str:
    """Return a new token of a user, to be shown once; only its hash is stored.

    Args:
        store: the state.
        name: whose.
        label: what it is for, such as ``nightly-report``; one of each label per user.
        lives: how long.
        by: who asks for it.
        now: the moment.
        two: sites on which a role takes two people (`second_approver`): the holder of the token acts with it.

    Raises:
        DecisionError: another person must want it, too; or there is no such user, the label is taken or none, or it
            would live too long.
    """
    name = name.strip().lower()
    authorize_everywhere(store, name, by, now)
    if not _LABEL.fullmatch(label):
        why = "A label has 2 to 40 lowercase letters, digits, or the characters . _ -."
        raise DecisionError("No token was made.", why, "Enter what the token is for, such as nightly-report.")
    if not timedelta(0) < lives <= LONGEST:
        raise DecisionError("No token was made.", "Its lifetime is not between 1 and 366 days.", "Enter 1 to 366 days.")
    require_second_person_for(store, name, by, "users.token", f"user {name}, {label}, {lives.days} days", now, two)
    token = _PREFIX + secrets.token_urlsafe(_BYTES)
    with store.write(DEPLOYMENT, "token.issue") as state:
        account = state.accounts.named(name)
        if account is None or not state.tokens.add(_digest(token), account.id, label, now, now + lives):
            raise DecisionError(
                "No token was made.",
                f"{name} already has a token with this label.",
                "Revoke that token, or use another label.",
            )
        state.audit.record(by.name, "users.token", f"user {name}", now, reason=label)
    return token


def revoke(store: Store, name: str, label: str, by: Actor, now: datetime) -> None:
    """End a token at once.

    Raises:
        DecisionError: there is none of this label.
    """
    name = name.strip().lower()
    authorize_everywhere(store, name, by, now)
    with store.write(DEPLOYMENT, "token.revoke") as state:
        account = state.accounts.named(name)
        if account is None or not state.tokens.revoke(account.id, label):
            raise DecisionError(
                "No token was revoked.",
                f"{name} has no token with this label.",
                "See `bensync users tokens`.",
                remedy=run_command("users tokens"),
            )
        state.audit.record(by.name, "users.token_revoke", f"user {name}", now, reason=label)


def tokens_of(store: Store, name: str) -> Sequence[Token]:
    """Return the tokens of a user, without their hashes."""
    with store.read(DEPLOYMENT) as state:
        account = state.accounts.named(name.strip().lower())
        return state.tokens.of(account.id) if account is not None else ()


def authenticate(store: Store, token: str, now: datetime) -> User | None:
    """Return the user of a token; None if it is expired, revoked or unknown, or the account is disabled."""
    digest = _digest(token)
    with store.read(DEPLOYMENT) as state:
        token_row = state.tokens.find(digest)
        account = (
            state.accounts.get(token_row.account_id) if token_row is not None and now < token_row.expires_at else None
        )
    if token_row is None or account is None or not account.enabled:
        return None
    if token_row.used_at is None or now - token_row.used_at >= _TOUCH:
        with store.write(DEPLOYMENT, "token.touch") as state:
            state.tokens.touch(digest, now)
    # Never fresh: a token lies in a file, so it cannot do what a person must confirm with the phone.
    return User(account.id, account.name, account.grants, fresh=False, ends_at=token_row.expires_at)


def _digest(token: str) -> bytes:
    # 256 random bits cannot be guessed from their hash, so it needs neither salt nor the cost of Argon2.
    return hashlib.sha256(token.encode()).digest()
