"""One row for all people of whom a run found nothing new, instead of one for each of them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "unchanged",
        sa.Column("run_id", sa.Integer(), sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("employees", sa.LargeBinary(), nullable=False),
    )
    op.create_index("unchanged_by_site", "unchanged", ["site", "run_id"])
