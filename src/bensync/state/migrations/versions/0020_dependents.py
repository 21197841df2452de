"""Dependents and beneficiaries: effective-dated versions that never change."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_FROZEN = "site, participant_id, version, number, effective_date, dropped"
_SQLITE = (
    f"CREATE TRIGGER dependent_no_update BEFORE UPDATE OF {_FROZEN} ON dependent "
    "BEGIN SELECT RAISE(ABORT, 'versions of dependents never change'); END",
)
_POSTGRESQL = (
    "CREATE FUNCTION dependent_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
    "'versions of dependents never change' USING ERRCODE = 'integrity_constraint_violation'; END $$",
    f"CREATE TRIGGER dependent_no_update BEFORE UPDATE OF {_FROZEN} ON dependent "
    "FOR EACH ROW EXECUTE FUNCTION dependent_refuse()",
)


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "dependent",
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("effective_date", sa.Date(), nullable=False),
        sa.Column("dropped", sa.Boolean(), nullable=False),
        sa.Column("sealed_dependent", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"]),
        sa.PrimaryKeyConstraint("participant_id", "version"),
    )
    for statement in _POSTGRESQL if op.get_context().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)
