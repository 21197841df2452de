"""The date of a site's last read of everybody: the weekly reconciliation counts from it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("site", sa.Column("everybody_on", sa.Date(), nullable=True))
