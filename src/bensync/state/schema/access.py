"""The tables of accounts, grants, sessions, tokens and sign-in attempts. They belong to no site.

`bensync.state.access.row_proofs` says what ``proof`` covers; without one that fits, a row gives no right.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field

from bensync.state.schema.base import Bytes, StateTable


class AccountRow(StateTable, table=True):
    """A person who may sign in; ``site`` is that of the deployment, whose vault seals the TOTP secret."""

    __tablename__ = "account"
    id: int | None = Field(default=None, primary_key=True)
    site: str
    name: str = Field(unique=True)
    password: str
    sealed_totp: bytes = Field(sa_type=Bytes)
    totp_step: int = 0
    created_at: datetime
    disabled_at: datetime | None = None
    proof: bytes | None = Field(default=None, sa_type=Bytes)


class RoleGrantRow(StateTable, table=True):
    """A role of an account on a site."""

    __tablename__ = "role_grant"
    # employee_id is an empty text and never NULL: in a unique constraint no NULL equals another.
    __table_args__ = (UniqueConstraint("account_id", "site", "role", "employee_id"),)
    id: int | None = Field(default=None, primary_key=True)
    site: str
    account_id: int = Field(foreign_key="account.id")
    role: str
    employee_id: str = ""
    extras: list[str] = Field(sa_type=JSON)
    granted_by: str
    granted_at: datetime
    proof: bytes | None = Field(default=None, sa_type=Bytes)


class RecoveryCodeRow(StateTable, table=True):
    """A single-use code for an account whose phone is lost; only its MAC is stored."""

    __tablename__ = "recovery_code"
    mac: bytes = Field(primary_key=True, sa_type=Bytes)
    account_id: int = Field(foreign_key="account.id", index=True)
    used_at: datetime | None = None
    proof: bytes | None = Field(default=None, sa_type=Bytes)


class SessionRow(StateTable, table=True):
    """A signed-in session; only the hash of its id is stored."""

    __tablename__ = "session"
    digest: bytes = Field(primary_key=True, sa_type=Bytes)
    account_id: int = Field(foreign_key="account.id", index=True)
    created_at: datetime
    seen_at: datetime
    stepped_up_at: datetime | None = None
    revoked_at: datetime | None = None
    proof: bytes | None = Field(default=None, sa_type=Bytes)


class TokenRow(StateTable, table=True):
    """An API token of a script or a service; only its hash is stored."""

    __tablename__ = "token"
    __table_args__ = (UniqueConstraint("account_id", "label"),)
    digest: bytes = Field(primary_key=True, sa_type=Bytes)
    account_id: int = Field(foreign_key="account.id")
    label: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    proof: bytes | None = Field(default=None, sa_type=Bytes)


class AttemptRow(StateTable, table=True):
    """Failed sign-ins of one name or address, stored as a MAC because people type passwords into the name field."""

    __tablename__ = "attempt"
    subject: bytes = Field(primary_key=True, sa_type=Bytes)
    failures: int = 0
    since: datetime
    last_at: datetime
