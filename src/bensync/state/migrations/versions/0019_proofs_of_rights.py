"""Rows that give rights have a proof; `Store.migrate` writes those of the rows that are here already."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    for table in ("account", "role_grant", "recovery_code", "session", "token"):
        op.add_column(table, sa.Column("proof", sa.LargeBinary()))
