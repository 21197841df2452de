"""A delivery that nobody knows the end of is in trouble, too: the index of those in trouble holds it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

IN_TROUBLE = sa.text("state IN ('FAILED', 'PUBLISHING', 'UNKNOWN')")


def upgrade() -> None:
    """Bring the schema to this version."""
    op.drop_index("delivery_in_trouble", "delivery")
    op.create_index("delivery_in_trouble", "delivery", ["site"], sqlite_where=IN_TROUBLE, postgresql_where=IN_TROUBLE)
