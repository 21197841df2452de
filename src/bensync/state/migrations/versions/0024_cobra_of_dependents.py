"""COBRA records name the dependents who lost coverage; in those of before, everybody did."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("cobra", sa.Column("dependents", sa.JSON(), nullable=False, server_default="[]"))
