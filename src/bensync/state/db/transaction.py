"""The transaction that every repository of a `SiteState` shares: one connection, one site, its vault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite

from bensync.state.db import bulk

if TYPE_CHECKING:  # the resting daemon, which only counts rows, loads no cryptography
    from bensync.state.db.vault import Vault
    from bensync.state.schema.base import StateTable

T = TypeVar("T")
DEPLOYMENT = "-"
"""Stands for a site where something is about the deployment as a whole: who signs in, not whose people."""

PAGE = 500
"""Rows per statement where many are named; below the limit on variables of every database."""


class SiteTransaction:
    """One transaction for one site.

    Args:
        connection: an open transaction.
        site: whose rows may be seen.
        vault: opens and seals their values.
    """

    def __init__(self, connection: Connection, site: str, vault: Vault) -> None:
        self.connection = connection
        self.site = site
        self.vault = vault

    def insert(self, model: type[StateTable]) -> Any:
        """Return an INSERT with ON CONFLICT, in the dialect of the database."""
        if self.connection.dialect.name != "postgresql":
            return sqlite.insert(model.__table__)
        from sqlalchemy.dialects import postgresql  # several drivers come with it, and SQLite needs none of them

        return postgresql.insert(model.__table__)

    def add(self, model: type[StateTable], **values: Any) -> int:
        """Insert one row of this site, and return its id."""
        result = self.connection.execute(model.__table__.insert(), {"site": self.site, **values})
        return int(result.inserted_primary_key[0])  # type: ignore[index]  # every such table has an id

    def add_all(self, model: type[StateTable], rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert rows of this site in bulk."""
        # A page bounds the memory: the bulk insert into SQLite takes its rows as one list.
        for page in pages(rows, PAGE * 4):
            bulk.write(self.connection, model.__table__, page, site=self.site)


def pages(items: Iterable[T], size: int = PAGE) -> Iterator[Sequence[T]]:
    """Yield the items in pages, so that no statement names too many rows."""
    source = iter(items)
    while page := tuple(islice(source, size)):
        yield page
