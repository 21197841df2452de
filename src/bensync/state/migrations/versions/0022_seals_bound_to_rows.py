"""Sealed values are bound to their row; `Store.migrate` seals those that are here already anew."""

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version: no table changes."""
