"""What was declined for each person, the fields that an approval left out, and requests that HR took back."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "declined",
        sa.Column("site", sa.String(), primary_key=True),
        sa.Column("key", sa.LargeBinary(), primary_key=True),
        sa.Column("sealed_declines", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.add_column("request", sa.Column("sealed_hr_profile", sa.LargeBinary(), nullable=True))
    op.add_column("request", sa.Column("sealed_declined", sa.LargeBinary(), nullable=True))
    op.add_column("request", sa.Column("left_out", sa.String(), nullable=False, server_default=""))
    op.add_column("approval", sa.Column("left_out", sa.String(), nullable=True))
