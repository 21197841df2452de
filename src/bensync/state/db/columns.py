"""What tables are made of: a word for each kind of column. It always holds something, unless it says ``null``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, DateTime, Integer, LargeBinary, String, TypeDecorator
from sqlalchemy.engine import Dialect


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: SQLite keeps no zone, and PostgreSQL answers in that of its session."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give moments their zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Bytes(LargeBinary):
    """Bytes as they are; SQLAlchemy would wrap each value into an object of the driver's on its way in."""

    def bind_processor(self, dialect: Dialect) -> None:
        """Nothing is to be done."""
        return


def _kind(of: Any) -> Callable[..., Column[Any]]:
    def column(name: str, *rules: Any, null: bool = False, **options: Any) -> Column[Any]:
        made = Column(of, *rules, nullable=null, **options)
        made.name = made.key = name  # Column() would wrap it, and every row would name its values by the wrapper
        return made

    return column


string, number, flag = _kind(String), _kind(Integer), _kind(Boolean)
day, moment = _kind(Date), _kind(UtcDateTime)
json, octets = _kind(JSON), _kind(Bytes)
