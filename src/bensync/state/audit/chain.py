"""The chain of audit entries of one site: each carries a MAC that rests on the one before.

A change, removal, insertion or new order of entries without the vault's key breaks it. Only a head that was kept
elsewhere shows that the whole trail was put back to an earlier day.
"""

from __future__ import annotations

import contextlib
import hmac
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, column, func, inspect, select, table, text, update
from sqlmodel import UTCDateTime

from bensync.errors import ASK_OPERATOR, StateError
from bensync.state.db.sealed_columns import SealedColumn
from bensync.state.db.transaction import SiteTransaction
from bensync.state.db.vault import Vault
from bensync.state.schema import sync
from bensync.state.schema.base import Bytes

_LINK, _DIGEST, _HEAD = b"audit link", b"audit detail", b"audit head"

_LINE = re.compile(r"(?:^|\s)(\S+) (\d+) ([0-9a-f]{64})\s*$", re.MULTILINE)

GENESIS = "trails"
"""The name of the secret that holds the genesis of every trail."""
_genesis = msgspec.json.Decoder(dict[str, datetime])

_table = sync.AuditRow.__table__
_secrets = sync.SecretRow.__table__
_heads = sync.AuditHeadRow.__table__

DETAIL = SealedColumn(_table, "sealed_detail", "id")


class Head(msgspec.Struct, frozen=True):
    """The last entry of a site's trail at some moment; kept elsewhere, it is the anchor of all before it.

    Attributes:
        site: whose trail; ``-`` for that of the deployment.
        id: number of the entry; 0 while there is none.
        mac: its MAC.
    """

    site: str
    id: int = 0
    mac: bytes = b""

    def line(self) -> str:
        """Return one line for a mail or a file: site, number, MAC in hexadecimal."""
        return f"{self.site} {self.id} {self.mac.hex()}"


def heads_in(content: str) -> list[Head]:
    """Return the heads in a text that somebody kept, such as a mail; other lines are passed over."""
    return [Head(site, int(number), bytes.fromhex(mac)) for site, number, mac in _LINE.findall(content)]


class ChainFault(msgspec.Struct, frozen=True):
    """The first entry of a trail that is not as it was written, and what is wrong."""

    id: int
    why: str


class Trail(msgspec.Struct, frozen=True):
    """The result of checking a whole trail: its last sound entry, and the first fault if there is one."""

    head: Head
    fault: ChainFault | None


class AuditEntry(msgspec.Struct, frozen=True):
    """One audit entry: the actor, the verb, the object, the time and the reason; the detail is stored sealed."""

    at: datetime
    actor: str
    verb: str
    subject: str
    reason: str = ""
    detail: bytes | None = None


class Chain:
    """The audit trail of one site."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction
        self._begun = BegunTrails(transaction.connection, transaction.vault)
        self._head: Head | None = None
        self._proven = True

    def append(self, entries: Iterable[AuditEntry]) -> int:
        """Append entries in their order; return the number of the last.

        Writers of one site wait for each other from here to the end of the transaction.
        """
        to_write = list(entries)
        # The head is locked once a transaction: every further entry follows the one that this transaction wrote last.
        head = self._head or self._lock()
        if to_write and not head.id:
            # A trail that begins a second time was removed in between, and its new head never gets a proof.
            self._proven = self._proven and self._begun.add(self._transaction.site, to_write[0].at)
        rows = []
        for entry in to_write:
            row = self._linked(entry, head)
            head = Head(self._transaction.site, row["id"], row["mac"])
            rows.append(row)
        self._transaction.add_all(sync.AuditRow, rows)
        self._keep(head)
        return head.id

    def _linked(self, entry: AuditEntry, before: Head) -> dict[str, Any]:
        """Return the row of an entry that follows the given head."""
        vault = self._transaction.vault
        columns = {
            "id": before.id + 1,
            "at": entry.at,
            "actor": entry.actor,
            "verb": entry.verb,
            "object": entry.subject,
            "reason": entry.reason,
            # The MAC covers this digest and not the sealed bytes: a rotation of the state key seals the detail anew,
            # and the chain stays. A keyed digest, because somebody could try all values of a plain hash of an SSN.
            "digest": vault.mac(entry.detail, _DIGEST) if entry.detail is not None else None,
        }
        sealed = DETAIL.seal(vault, entry.detail, columns) if entry.detail is not None else None
        return {**columns, "sealed_detail": sealed, "mac": _mac(vault, self._transaction.site, columns, before.mac)}

    def head(self) -> Head:
        """Return the last entry."""
        query = select(_table.c.id, _table.c.mac).where(self._mine()).order_by(_table.c.id.desc()).limit(1)
        row = self._transaction.connection.execute(query).one_or_none()
        return Head(self._transaction.site, row.id, row.mac) if row is not None else Head(self._transaction.site)

    def verify(self, anchors: Iterable[Head] = ()) -> Trail:
        """Walk the whole trail; ``anchors`` are heads that were kept elsewhere, of this site or others."""
        wanted = {anchor.id: anchor.mac for anchor in anchors if anchor.site == self._transaction.site and anchor.id}
        at = Head(self._transaction.site)
        query = select(_table).where(self._mine()).order_by(_table.c.id).execution_options(yield_per=1000)
        # A walk that ends at a fault leaves rows unread, so the cursor is closed here and not when it happens to be
        # collected.
        with self._transaction.connection.execute(query) as rows:
            for row in rows:
                why = self._wrong(row, at, wanted)
                if why:
                    return Trail(at, ChainFault(min(row.id, at.id + 1), why))
                at = Head(self._transaction.site, row.id, row.mac)
        return Trail(at, self._cut(at, wanted))

    def _wrong(self, row: Row[Any], before: Head, wanted: Mapping[int, bytes]) -> str:
        # The number distinguishes a removed entry (a gap) from an inserted one (a repetition); the MAC alone would only
        # show that something is wrong.
        if row.id != before.id + 1:
            return "It is missing." if row.id > before.id + 1 else "It was inserted."
        if not hmac.compare_digest(
            row.mac, _mac(self._transaction.vault, self._transaction.site, row._asdict(), before.mac)
        ):
            return "It, or the entry right before it, was changed after it was written."
        if not self._detail_fits(row):
            return "Its detail was changed after it was written."
        # Somebody with database and state key can write a trail whose MACs all fit. Only a head that they could not
        # reach shows that it is another one.
        if wanted.get(row.id, row.mac) != row.mac:
            return "It, or an entry before it, does not match the head that was kept elsewhere."
        return ""

    def _detail_fits(self, row: Row[Any]) -> bool:
        if row.sealed_detail is None or row.digest is None:
            return row.sealed_detail is row.digest
        try:
            plain = DETAIL.open(self._transaction.vault, row)
        except StateError:
            return False
        return hmac.compare_digest(self._transaction.vault.mac(plain, _DIGEST), row.digest)

    def _cut(self, last: Head, wanted: Mapping[int, bytes]) -> ChainFault | None:
        if any(number > last.id for number in wanted):
            return ChainFault(last.id + 1, "It is missing: a head that was kept elsewhere names a later one.")
        row = self._transaction.connection.execute(
            select(_heads).where(_heads.c.site == self._transaction.site)
        ).one_or_none()
        begun_at = self._begun.get(self._transaction.site)
        if begun_at is not None and not last.id:
            return ChainFault(1, f"It is missing, like all others: the trail began at {begun_at:%Y-%m-%d %H:%M} UTC.")
        kept = Head(row.site, row.id, row.mac) if row is not None else Head(self._transaction.site)
        # Entries that were cut off the end leave a chain that fits; the head of the trail still names the last of them,
        # and nobody without the vault's key can write another.
        if kept != last or (row is not None and not self._fits(kept, row.proof)):
            return ChainFault(min(kept.id, last.id) + 1, "It is missing, or the head of the trail was changed.")
        return None

    def _lock(self) -> Head:
        """Return the head, which nobody else can move before this transaction ends."""
        first = self._transaction.insert(sync.AuditHeadRow).values(
            site=self._transaction.site, id=0, mac=b"", proof=b""
        )
        self._transaction.connection.execute(first.on_conflict_do_nothing(index_elements=["site"]))
        query = select(_heads).where(_heads.c.site == self._transaction.site).with_for_update()
        row = self._transaction.connection.execute(query).one()
        head = Head(row.site, row.id, row.mac)
        self._proven = self._fits(head, row.proof)
        return head

    def _keep(self, head: Head) -> None:
        # A head that somebody changed is never made good by the next entry: the fault stays for all to see.
        proof = self._proof(head) if self._proven else b""
        moved = {"id": head.id, "mac": head.mac, "proof": proof}
        self._transaction.connection.execute(update(_heads).where(_heads.c.site == head.site).values(**moved))
        self._head = head

    def _fits(self, head: Head, proof: bytes) -> bool:
        # Only an empty trail may have a head without a proof.
        return hmac.compare_digest(proof, self._proof(head) if head.id else b"")

    def _proof(self, head: Head) -> bytes:
        return self._transaction.vault.mac(head.line().encode(), _HEAD)

    def _mine(self) -> Any:
        return _table.c.site == self._transaction.site


class BegunTrails:
    """The sealed genesis of every trail, without which the database does not open: no trail is removed unseen.

    Args:
        connection: an open transaction.
        vault: of any site.
    """

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def all(self) -> Mapping[str, datetime]:
        """Return when each trail began, by its site."""
        return self._read(select(_secrets.c.sealed).where(_secrets.c.name == GENESIS))

    def get(self, site: str) -> datetime | None:
        """Return when the trail of a site began; None if it has not begun."""
        return self.all().get(site)

    def add(self, site: str, at: datetime) -> bool:
        """Record that the trail of a site begins; return False if it began before."""
        begun = dict(self._read(select(_secrets.c.sealed).where(_secrets.c.name == GENESIS).with_for_update()))
        if site in begun:
            return False
        sealed = self.seal({**begun, site: at})
        self._connection.execute(update(_secrets).where(_secrets.c.name == GENESIS).values(sealed=sealed))
        return True

    def adopt(self) -> None:
        """Record every trail of a database that had no genesis."""
        query = select(_table.c.site, func.min(_table.c.at).label("at")).group_by(_table.c.site)
        begun = {row.site: row.at for row in self._connection.execute(query)}
        self._connection.execute(_secrets.insert().values(name=GENESIS, sealed=self.seal(begun)))

    def seal(self, begun: Mapping[str, datetime]) -> bytes:
        """Return the value that holds these trails."""
        return self._vault.seal_secret(msgspec.json.encode(begun), GENESIS)

    def _read(self, query: Any) -> Mapping[str, datetime]:
        sealed = self._connection.scalar(query)
        if sealed is None:
            raise no_genesis()
        return _genesis.decode(self._vault.unseal_secret(sealed, GENESIS))


def no_genesis() -> StateError:
    """Return the error of a database that lost the genesis of its trails."""
    why = "Somebody removed it, and with it the proof that no trail was removed."
    fix = "Keep the database as it is, find out who could write to it, then restore a backup."
    return StateError("The record of the audit trails is missing.", why, fix, remedy=ASK_OPERATOR)


@contextlib.contextmanager
def replacing_trails(connection: Connection) -> Iterator[None]:
    """Let a restore remove all entries at once, within its own transaction; those of the backup take their place.

    A SQLite database is replaced as a file, so that its triggers need no exception.
    """
    postgresql = connection.dialect.name == "postgresql"
    if postgresql:
        connection.exec_driver_sql("ALTER TABLE audit DISABLE TRIGGER audit_no_delete")
    yield
    if postgresql:
        connection.exec_driver_sql("ALTER TABLE audit ENABLE TRIGGER audit_no_delete")


def _mac(vault: Vault, site: str, entry: Mapping[str, Any], before: bytes) -> bytes:
    """Return the MAC of an entry: over all that it says, its number, and the MAC of the entry before."""
    at = entry["at"].astimezone(UTC).isoformat()
    texts = [entry[name] for name in ("actor", "verb", "object", "reason")]
    digest = entry["digest"].hex() if entry["digest"] is not None else ""
    # JSON, and not joined texts: a separator inside a reason must not make two entries alike. The time is in UTC: the
    # same moment with another offset would be another text.
    return vault.mac(msgspec.json.encode([site, entry["id"], at, *texts, digest, before.hex()]), _LINK)


def adopt(connection: Connection, vault_of: Callable[[str], Vault]) -> None:
    """Chain the entries of a database that knew no chain, once; they were set aside by migration 0004."""
    if not inspect(connection).has_table("audit_before"):
        return
    plain: list[Any] = [column(name) for name in ("id", "site", "actor", "verb", "object", "reason")]
    old = table("audit_before", *plain, column("at", UTCDateTime()), column("sealed_detail", Bytes()))
    chains: dict[str, Chain] = {}
    for row in connection.execute(select(old).order_by(old.c.id)).all():
        vault = vault_of(row.site)
        chain = chains.setdefault(row.site, Chain(SiteTransaction(connection, row.site, vault)))
        detail = vault.unseal_loose(row.sealed_detail, b"audit") if row.sealed_detail is not None else None
        chain.append([AuditEntry(row.at, row.actor, row.verb, row.object, row.reason, detail)])
    connection.execute(text("DROP TABLE audit_before"))
