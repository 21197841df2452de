"""Losses of all coverage that wait for a mark, counted on every page without a look at all events."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_index(
        "event_losses",
        "event",
        ["site"],
        sqlite_where=sa.text("stops_short = 1"),
        postgresql_where=sa.text("stops_short"),
    )
