"""Alerts that come and go, notices over several channels, days that are done, and how far an upload got."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version; a file in doubt under the old rules is settled like any other."""
    op.add_column("site", sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("delivery", sa.Column("part", sa.String(), nullable=False, server_default=""))
    op.execute("UPDATE delivery SET state = 'SEALED', part = name || '.part' WHERE state = 'PREPARED'")
    op.execute("UPDATE delivery SET part = name || '.part' WHERE state = 'PUBLISHING'")
    op.create_table(
        "day",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("site", "day"),
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("site", "key"),
    )
    op.create_table(
        "sending",
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"]),
        sa.PrimaryKeyConstraint("notice_id", "channel"),
    )
    op.create_index("sending_unsent", "sending", ["site", "sent_at"], unique=False)
    op.execute(
        "INSERT INTO sending (notice_id, channel, site, attempts, error, sent_at) "
        "SELECT id, 'mail', site, attempts, error, sent_at FROM notice"
    )
    for column in ("attempts", "error", "sent_at"):
        op.drop_column("notice", column)
