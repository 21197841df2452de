"""The tables of access: accounts, their grants, sessions and tries. They belong to the deployment, and to no site."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from bensync.state.db.columns import Bytes, UtcDateTime
from bensync.state.schema.sync import METADATA


class DeploymentTable(SQLModel):
    """A row of a table that lies beside all others."""

    metadata = METADATA


class AccountRow(DeploymentTable, table=True):
    """A named person who may sign in; ``site`` is that of the deployment, for whose vault the secret is sealed."""

    __tablename__ = "account"
    id: int | None = Field(default=None, primary_key=True)
    site: str
    name: str = Field(sa_type=String, unique=True)
    password: str
    sealed_totp: bytes = Field(sa_type=Bytes)
    totp_step: int = 0
    created_at: datetime = Field(sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RoleGrantRow(DeploymentTable, table=True):
    """A role that an account was given on a site."""

    __tablename__ = "role_grant"
    __table_args__ = (UniqueConstraint("account_id", "site", "role", "employee_id"),)
    id: int | None = Field(default=None, primary_key=True)
    site: str
    account_id: int = Field(foreign_key="account.id")
    role: str
    employee_id: str = ""
    extras: list[str] = Field(sa_type=JSON)
    granted_by: str
    granted_at: datetime = Field(sa_type=UtcDateTime)


class RecoveryCodeRow(DeploymentTable, table=True):
    """A code that stands in for a lost phone, once; only its MAC is kept."""

    __tablename__ = "recovery_code"
    mac: bytes = Field(primary_key=True, sa_type=Bytes)
    account_id: int = Field(foreign_key="account.id", index=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SessionRow(DeploymentTable, table=True):
    """One sign-in until it ends; only the hash of its id is kept."""

    __tablename__ = "session"
    digest: bytes = Field(primary_key=True, sa_type=Bytes)
    account_id: int = Field(foreign_key="account.id", index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    stepped_up_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class TokenRow(DeploymentTable, table=True):
    """What a script or a service is known by; only the hash is kept."""

    __tablename__ = "token"
    __table_args__ = (UniqueConstraint("account_id", "label"),)
    digest: bytes = Field(primary_key=True, sa_type=Bytes)
    account_id: int = Field(foreign_key="account.id")
    label: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AttemptRow(DeploymentTable, table=True):
    """Failures to sign in of one name or from one address, which is kept as a MAC: people type passwords as names."""

    __tablename__ = "attempt"
    subject: bytes = Field(primary_key=True, sa_type=Bytes)
    failures: int = 0
    since: datetime = Field(sa_type=UtcDateTime)
    last_at: datetime = Field(sa_type=UtcDateTime)
