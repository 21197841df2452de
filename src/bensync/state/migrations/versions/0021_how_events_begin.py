"""Benefit events of a site begin once; sites that processed events before have begun."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_BEGUN = (
    "SELECT site FROM event UNION SELECT site FROM run WHERE kind = 'EVENTS' AND state = 'SUCCEEDED' "
    "UNION SELECT site FROM passive_search"
)


def upgrade() -> None:
    """Bring the schema to this version."""
    table = op.create_table(
        "event_begin",
        sa.Column("site", sa.String(), primary_key=True),
        sa.Column("began_with", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    connection, now = op.get_bind(), datetime.now(UTC)
    rows = [{"site": site, "began_with": "RUNS", "at": now} for site in connection.scalars(sa.text(_BEGUN)).all()]
    if rows:
        connection.execute(table.insert(), rows)
