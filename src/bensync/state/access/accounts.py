"""Accounts and their grants: who may sign in to this deployment, and what each may do where.

It stores the proofs of a person, and judges none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, and_, delete, select, update

from bensync.core.access import Grant, Right, Role
from bensync.state.access.row_proofs import RowProofs
from bensync.state.db.sealed_columns import SealedColumn
from bensync.state.db.transaction import DEPLOYMENT, SiteTransaction
from bensync.state.schema import access

_accounts = access.AccountRow.__table__
_grants = access.RoleGrantRow.__table__
_codes = access.RecoveryCodeRow.__table__

# An account gets its number from the database, after its secret is sealed; its name is unique and never changes.
TOTP = SealedColumn(_accounts, "sealed_totp", "name")


class Account(msgspec.Struct, frozen=True):
    """A named person, with everything they were granted and no secret.

    Attributes:
        id: its number.
        name: the name to sign in with.
        created_at: when it was added.
        disabled_at: since when it is disabled; None while it is enabled.
        grants: the roles, without those whose proof does not fit.
        proven: whether bensync wrote this account as it is; nobody signs in to one that is not proven.
    """

    id: int
    name: str
    created_at: datetime
    disabled_at: datetime | None
    grants: tuple[Grant, ...]
    proven: bool = True

    @property
    def enabled(self) -> bool:
        """Whether the account may be used."""
        return self.proven and self.disabled_at is None


class Proofs(msgspec.Struct, frozen=True):
    """The proofs of a person: the hash of the password, the sealed TOTP secret and its last used step."""

    account_id: int
    name: str
    password: str
    sealed_totp: bytes
    totp_step: int
    disabled_at: datetime | None


class Accounts:
    """The accounts of the deployment."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction
        self._account_proofs = RowProofs(transaction, _accounts)
        self._grant_proofs = RowProofs(transaction, _grants)
        self._code_proofs = RowProofs(transaction, _codes)

    def add(self, name: str, password: str, sealed_totp: bytes, now: datetime) -> int | None:
        """Add an account; return its id, or None if the name is taken."""
        new = {
            "site": DEPLOYMENT,
            "name": name,
            "password": password,
            "sealed_totp": sealed_totp,
            "totp_step": 0,
            "created_at": now,
        }
        # The unique name decides, not a look before it: of two people who add the same name at once, one gets None.
        insert = (
            self._transaction.insert(access.AccountRow).values(**new).on_conflict_do_nothing(index_elements=["name"])
        )
        added = self._transaction.connection.execute(insert.returning(_accounts.c.id)).scalar_one_or_none()
        if added is None:
            return None
        self.vouch(int(added))
        return int(added)

    def vouch(self, account_id: int) -> None:
        """Write the proof of an account as it is now; only where an authorized person gave it new means to sign in."""
        self._account_proofs.sign(self._row(account_id))

    def proofs(self, name: str) -> Proofs | None:
        """Return the proofs of the person of this name, or None; also None if the account is not proven."""
        row = self._transaction.connection.execute(select(_accounts).where(_accounts.c.name == name)).one_or_none()
        if row is None or not self._account_proofs.fits(row):
            return None
        fields = {field: row._asdict()[field] for field in Proofs.__struct_fields__ if field != "account_id"}
        return Proofs(account_id=row.id, **fields)

    def get(self, account_id: int) -> Account | None:
        """Return one account."""
        accounts = self._read(_accounts.c.id == account_id)
        return accounts[0] if accounts else None

    def named(self, name: str) -> Account | None:
        """Return the account of this name."""
        accounts = self._read(_accounts.c.name == name)
        return accounts[0] if accounts else None

    def all(self) -> Sequence[Account]:
        """Return every account, by name."""
        return self._read(_accounts.c.id.is_not(None))

    def change_password(self, account_id: int, password: str) -> None:
        """Store the hash of another password."""
        self._set(account_id, password=password)

    def change_totp(self, account_id: int, sealed_totp: bytes) -> None:
        """Store another TOTP secret, of which no code was used yet."""
        self._set(account_id, sealed_totp=sealed_totp, totp_step=0)

    def use_step(self, account_id: int, step: int) -> bool:
        """Use up a TOTP step and all before it; return False if it was used already."""
        # One UPDATE decides: of two sign-ins with the same code, such as one that somebody spied out, one fails.
        unused = and_(_accounts.c.id == account_id, _accounts.c.totp_step < step)
        return (
            self._transaction.connection.execute(update(_accounts).where(unused).values(totp_step=step)).rowcount == 1
        )

    def change_codes(self, account_id: int, macs: Iterable[bytes]) -> None:
        """Replace all recovery codes by these."""
        self._transaction.connection.execute(delete(_codes).where(_codes.c.account_id == account_id))
        rows: list[dict[str, Any]] = [{"mac": mac, "account_id": account_id} for mac in macs]
        proven = [{**row, "proof": self._code_proofs.of(row)} for row in rows]
        self._transaction.connection.execute(_codes.insert(), proven)

    def use_code(self, account_id: int, mac: bytes, now: datetime) -> bool:
        """Use up a recovery code; return False if there is none like it, or it was used already."""
        unused = and_(_codes.c.account_id == account_id, _codes.c.mac == mac, _codes.c.used_at.is_(None))
        row = self._transaction.connection.execute(select(_codes).where(unused).with_for_update()).one_or_none()
        if row is None or not self._code_proofs.fits(row):
            return False
        # Without the proof, nobody makes a used code good again. The UPDATE decides between two sign-ins at once.
        used = update(_codes).where(unused).values(used_at=now, proof=None)
        return self._transaction.connection.execute(used).rowcount == 1

    def disable(self, account_id: int, now: datetime | None) -> None:
        """Disable an account, or with None enable it again."""
        self._set(account_id, disabled_at=now)

    def grant(self, account_id: int, grant: Grant, by: str, now: datetime) -> None:
        """Grant a role on a site; if the account has it already, replace its extras."""
        values = {
            "account_id": account_id,
            "site": grant.site,
            "role": grant.role.value,
            "employee_id": grant.employee_id,
            "extras": sorted(right.value for right in grant.extras),
            "granted_by": by,
            "granted_at": now,
        }
        values["proof"] = self._grant_proofs.of(values)
        anew = {name: values[name] for name in ("extras", "granted_by", "granted_at", "proof")}
        unique = ["account_id", "site", "role", "employee_id"]
        insert = self._transaction.insert(access.RoleGrantRow).values(**values)
        self._transaction.connection.execute(insert.on_conflict_do_update(index_elements=unique, set_=anew))

    def revoke(self, account_id: int, site: str, role: Role) -> bool:
        """Revoke a role on a site; return False if the account did not have it."""
        had = and_(_grants.c.account_id == account_id, _grants.c.site == site, _grants.c.role == role.value)
        return self._transaction.connection.execute(delete(_grants).where(had)).rowcount > 0

    def _row(self, account_id: int) -> Row[Any]:
        query = select(_accounts).where(_accounts.c.id == account_id).with_for_update()
        return self._transaction.connection.execute(query).one()

    def _set(self, account_id: int, **values: Any) -> None:
        # An account that is not proven stays so: a change of one column must not vouch for the others.
        row = self._row(account_id)
        if self._account_proofs.fits(row):
            values["proof"] = self._account_proofs.of({**row._asdict(), **values})
        self._transaction.connection.execute(update(_accounts).where(_accounts.c.id == account_id).values(**values))

    def _read(self, condition: Any) -> list[Account]:
        # Two statements instead of a join: accounts without any grant stay, and each account is read once.
        rows = self._transaction.connection.execute(select(_accounts).where(condition).order_by(_accounts.c.name)).all()
        of_accounts = _grants.c.account_id.in_([row.id for row in rows])
        order = (_grants.c.site, _grants.c.role, _grants.c.employee_id)
        granted: dict[int, list[Grant]] = {}
        for row in self._transaction.connection.execute(select(_grants).where(of_accounts).order_by(*order)):
            if self._grant_proofs.fits(row):
                extras = frozenset(Right(right) for right in row.extras)
                granted.setdefault(row.account_id, []).append(Grant(row.site, Role(row.role), row.employee_id, extras))
        return [
            Account(
                row.id,
                row.name,
                row.created_at,
                row.disabled_at,
                tuple(granted.get(row.id, ())),
                self._account_proofs.fits(row),
            )
            for row in rows
        ]
