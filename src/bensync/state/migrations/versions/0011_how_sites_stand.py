"""How all sites stand, found without a walk through their history: last runs, their deliveries, what lasts."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

IN_TROUBLE = sa.text("state IN ('FAILED', 'PUBLISHING')")
LASTING = sa.text("resolved_at IS NULL")


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_index("run_by_state", "run", ["site", "state", "id"])
    op.create_index("delivery_by_run", "delivery", ["run_id"])
    op.create_index("delivery_in_trouble", "delivery", ["site"], sqlite_where=IN_TROUBLE, postgresql_where=IN_TROUBLE)
    op.create_index("issue_lasting", "issue", ["site"], sqlite_where=LASTING, postgresql_where=LASTING)
