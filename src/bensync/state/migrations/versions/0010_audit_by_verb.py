"""The newest audit entry of a kind, found without a walk along the trail."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_index("audit_by_verb", "audit", ["site", "verb", "id"])
