"""Errors of runs and deliveries name their advice ``fix``; version 0.1 wrote ``mend``."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

OLD, NEW = "mend", "fix"


def upgrade() -> None:
    """Bring the schema to this version."""
    connection = op.get_bind()
    for name in ("run", "delivery"):
        rows = sa.table(name, sa.column("id", sa.Integer), sa.column("error", sa.JSON))
        old = sa.select(rows).where(sa.cast(rows.c.error, sa.String).contains(f'"{OLD}"'))
        for row in connection.execute(old).all():
            error = {NEW if key == OLD else key: value for key, value in row.error.items()}
            connection.execute(rows.update().where(rows.c.id == row.id).values(error=error))
