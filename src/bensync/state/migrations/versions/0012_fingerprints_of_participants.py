"""What participants were last approved as, told apart without opening it; filled in as people are met again."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("participant", sa.Column("fingerprint", sa.LargeBinary(), nullable=True))
