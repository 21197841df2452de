"""The fingerprint of the rules of scope at a site's last read of everybody: with other rules everybody is read again."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("site", sa.Column("scope", sa.String(), nullable=False, server_default=""))
