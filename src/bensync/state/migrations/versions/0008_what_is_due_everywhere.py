"""What is due and what waits, found over all sites without a look at their history."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_UNSETTLED = sa.text("state IN ('SEALED', 'UPLOADED', 'PUBLISHING', 'UNKNOWN')")
_WAITING = sa.text("sent_at IS NULL")


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_index("run_by_start", "run", ["started_at"])
    op.create_index("day_by_date", "day", ["day"])
    op.create_index(
        "delivery_unsettled", "delivery", ["site"], sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED
    )
    op.create_index("sending_waiting", "sending", ["site"], sqlite_where=_WAITING, postgresql_where=_WAITING)
