"""The marks of records, by which people of whom HR says nothing new are recognised."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    for table in ("baseline", "delivery_row"):
        op.add_column(table, sa.Column("mark", sa.LargeBinary(), nullable=True))
