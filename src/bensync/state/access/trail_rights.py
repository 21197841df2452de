"""The rights that the audit trails give, which accounts and roles must equal, whatever else was written."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Table, delete, select

from bensync.core.access import Grant, Right, Role
from bensync.core.values.ssn import without_ssn
from bensync.state.access.row_proofs import PROVEN, RowProofs
from bensync.state.audit.chain import Chain
from bensync.state.db.transaction import SiteTransaction
from bensync.state.schema import access, sync

_VERBS = ("add", "grant", "revoke", "disable", "enable", "token", "token_revoke", "reset")

_accounts = access.AccountRow.__table__
_audit = sync.AuditRow.__table__
_codes = access.RecoveryCodeRow.__table__
_grants = access.RoleGrantRow.__table__
_sessions = access.SessionRow.__table__
_tokens = access.TokenRow.__table__


class TrailRights(msgspec.Struct):
    """The sum of all entries about users.

    Attributes:
        accounts: whether each account is enabled, by its name.
        grants: name, site and text of each role.
        tokens: name and label of each token.
    """

    accounts: dict[str, bool] = {}
    grants: set[tuple[str, str, str]] = set()
    tokens: set[tuple[str, str]] = set()

    def follow(self, site: str, verb: str, name: str, reason: str) -> None:
        """Apply one entry."""
        match verb:
            case "add" | "grant":
                self.accounts.setdefault(name, True)
                # A grant replaces the extras of the same role.
                self._revoke(site, name, _role_and_record(reason))
                self.grants.add((name, site, reason))
            case "revoke":
                self.grants -= {grant for grant in self.grants if grant[:2] == (name, site) and _role(grant) == reason}
            case "disable" | "enable":
                self.accounts[name] = verb == "enable"
            case "token":
                self.tokens.add((name, reason))
            case "token_revoke":
                self.tokens.discard((name, reason))
            case "reset":
                self.tokens = {token for token in self.tokens if token[0] != name}

    def _revoke(self, site: str, name: str, role: tuple[str, str]) -> None:
        self.grants -= {
            grant for grant in self.grants if grant[:2] == (name, site) and _role_and_record(grant[2]) == role
        }


def rights_in_trails(connection: Connection, sites: Collection[str] | None = None) -> TrailRights:
    """Return what the audit trails say about users.

    Args:
        connection: an open transaction.
        sites: only the trails of these sites; None for all.
    """
    rights = TrailRights()
    query = select(_audit).where(_audit.c.verb.in_([f"users.{verb}" for verb in _VERBS]))
    for row in connection.execute(query.order_by(_audit.c.site, _audit.c.id)):
        if sites is None or row.site in sites:
            rights.follow(row.site, row.verb.removeprefix("users."), row.object.removeprefix("user "), row.reason)
    return rights


def grant_text(row: Row[Any]) -> str:
    """Return a stored role as the audit trail names it."""
    extras = frozenset(Right(right) for right in row.extras)
    return without_ssn(Grant(row.site, Role(row.role), row.employee_id, extras).text())


def unproven(transaction: SiteTransaction) -> Iterator[str]:
    """Yield each row that gives a right although its proof does not fit."""
    for table in PROVEN:
        proofs = RowProofs(transaction, table)
        for row in transaction.connection.execute(_giving(table)):
            if not proofs.fits(row):
                values = row._asdict()
                about, number = ("", values["id"]) if "id" in values else (" of account", values["account_id"])
                yield f"{table.name}{about} {number} was not written by bensync as it is, and gives no right"


def differences(transaction: SiteTransaction) -> Iterator[str]:
    """Yield each difference of accounts and roles from the audit trails."""
    rights = rights_in_trails(transaction.connection)
    names = {row.id: row.name for row in transaction.connection.execute(select(_accounts.c.id, _accounts.c.name))}
    for row in transaction.connection.execute(select(_accounts)):
        if row.name not in rights.accounts:
            yield f"no entry added the user {row.name}"
        elif row.disabled_at is None and not rights.accounts[row.name]:
            yield f"no entry enabled the user {row.name} again"
    yield from (f"the user {name} is missing" for name in sorted(rights.accounts.keys() - set(names.values())))
    stored = {
        (names[row.account_id], row.site, grant_text(row)) for row in transaction.connection.execute(select(_grants))
    }
    yield from (
        f"no entry gave {name} the role {text} on {site}" for name, site, text in sorted(stored - rights.grants)
    )
    yield from (
        f"no entry took the role {text} on {site} from {name}" for name, site, text in sorted(rights.grants - stored)
    )


def adopt(transaction: SiteTransaction) -> None:
    """Write the proofs of a database whose rows had none, once: of what a sound audit trail knows; end all sessions."""
    connection, vault = transaction.connection, transaction.vault
    sites = connection.scalars(select(_audit.c.site).distinct()).all()
    sound = [
        site for site in sites if Chain(SiteTransaction(connection, site, vault.beside(site))).verify().fault is None
    ]
    rights = rights_in_trails(connection, sound)
    names = {row.id: row.name for row in connection.execute(select(_accounts.c.id, _accounts.c.name))}
    connection.execute(delete(_sessions))
    for table in PROVEN:
        proofs = RowProofs(transaction, table)
        for row in connection.execute(_giving(table)).all():
            if _in_trail(table, row, rights, names):
                proofs.sign(row)


def _giving(table: Table) -> Any:
    """Return the query for rows that are not ended."""
    ended = {"session": "revoked_at", "recovery_code": "used_at"}.get(table.name)
    query = select(table).order_by(*table.primary_key.columns)
    return query if ended is None else query.where(table.c[ended].is_(None))


def _in_trail(table: Table, row: Row[Any], rights: TrailRights, names: dict[int, str]) -> bool:
    if table is _accounts:
        return rights.accounts.get(row.name, False) or (row.name in rights.accounts and row.disabled_at is not None)
    name = names[row.account_id]
    if table is _grants:
        return (name, row.site, grant_text(row)) in rights.grants
    if table is _tokens:
        return (name, row.label) in rights.tokens
    # Nobody can make the MAC of a recovery code without the state key.
    return table is _codes


def _role(grant: tuple[str, str, str]) -> str:
    return grant[2].partition(" ")[0]


def _role_and_record(text: str) -> tuple[str, str]:
    """Return what distinguishes two roles of a user on a site: the role, and the record of an employee."""
    return text.partition(" ")[0], text.partition(" of record ")[2]
