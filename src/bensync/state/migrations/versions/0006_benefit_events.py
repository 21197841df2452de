"""Benefit events: activities with their numbers and origins, events, coverage, COBRA records, searches, remarks."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_FROZEN = "site, participant_id, number, event, plan_type, plan, option, step, coverage, effective_date, deduction_begin"
_SQLITE = (
    f"CREATE TRIGGER enrollment_no_update BEFORE UPDATE OF {_FROZEN} ON enrollment "
    "BEGIN SELECT RAISE(ABORT, 'coverage rows never change'); END",
)
_POSTGRESQL = (
    "CREATE FUNCTION enrollment_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'coverage rows never change' USING ERRCODE = 'integrity_constraint_violation'; END $$",
    f"CREATE TRIGGER enrollment_no_update BEFORE UPDATE OF {_FROZEN} ON enrollment "
    "FOR EACH ROW EXECUTE FUNCTION enrollment_refuse()",
)


def upgrade() -> None:
    """Bring the schema to this version; activities of before are numbered in their order, and wait."""
    _activities()
    _events()
    _coverage()
    _runs()
    for statement in _POSTGRESQL if op.get_context().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)


def _activities() -> None:
    op.add_column("activity", sa.Column("number", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("activity", sa.Column("source", sa.String(), nullable=False, server_default="JOB"))
    op.add_column("activity", sa.Column("reason", sa.String(), nullable=False, server_default=""))
    op.add_column("activity", sa.Column("rank", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("activity", sa.Column("sealed_origin", sa.LargeBinary(), nullable=True))
    op.execute(
        "UPDATE activity SET number = (SELECT COUNT(*) FROM activity AS earlier "
        "WHERE earlier.participant_id = activity.participant_id AND earlier.id <= activity.id)"
    )
    op.execute("UPDATE activity SET source = 'ADDRESS' WHERE event_class = 'ADR'")
    op.drop_index(op.f("ix_activity_participant_id"), "activity")
    op.create_index("activity_by_number", "activity", ["participant_id", "number"], unique=True)
    op.create_index("activity_by_state", "activity", ["site", "state", "participant_id"], unique=False)


def _events() -> None:
    op.create_table(
        "event",
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("event_class", sa.String(), nullable=False),
        sa.Column("event_date", sa.Date(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("indicator", sa.String(), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("activities", sa.JSON(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("program", sa.String(), nullable=False),
        sa.Column("stops_short", sa.Boolean(), nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("notified", sa.Date(), nullable=True),
        sa.Column("entered", sa.Date(), nullable=True),
        sa.Column("finished", sa.Date(), nullable=True),
        sa.Column("sealed_event", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"]),
        sa.PrimaryKeyConstraint("participant_id", "number"),
    )
    op.create_index(
        "event_open",
        "event",
        ["participant_id"],
        unique=True,
        sqlite_where=sa.text("status = 'OPEN'"),
        postgresql_where=sa.text("status = 'OPEN'"),
    )
    op.create_index("event_pending", "event", ["site", "pending", "participant_id"], unique=False)
    op.create_index("event_by_process", "event", ["site", "process", "status"], unique=False)


def _coverage() -> None:
    op.create_table(
        "enrollment",
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("event", sa.Integer(), nullable=False),
        sa.Column("plan_type", sa.String(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("option", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("coverage", sa.String(), nullable=False),
        sa.Column("effective_date", sa.Date(), nullable=False),
        sa.Column("deduction_begin", sa.Date(), nullable=False),
        sa.Column("reversed", sa.Boolean(), nullable=False),
        sa.Column("sealed_enrollment", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"]),
        sa.PrimaryKeyConstraint("participant_id", "number"),
    )
    op.create_index("enrollment_by_plan", "enrollment", ["site", "plan_type", "plan"], unique=False)
    op.create_table(
        "assignment",
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("event", sa.Integer(), nullable=False),
        sa.Column("program", sa.String(), nullable=False),
        sa.Column("effective_date", sa.Date(), nullable=False),
        sa.Column("reversed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"]),
        sa.PrimaryKeyConstraint("participant_id", "number"),
    )
    op.create_table(
        "cobra",
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("event_date", sa.Date(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("occurrence_date", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("milestones", sa.JSON(), nullable=False),
        sa.Column("employment_record", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"]),
        sa.PrimaryKeyConstraint("participant_id", "event"),
    )
    op.create_index("cobra_by_state", "cobra", ["site", "state", "occurrence_date"], unique=False)


def _runs() -> None:
    op.create_table(
        "passive_search",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("passive", sa.String(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "event_remark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("event", sa.Integer(), nullable=False),
        sa.Column("plan_type", sa.String(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"]),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("event_remark_by_run", "event_remark", ["site", "run_id", "code"], unique=False)
    op.create_table(
        "event_checkpoint",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("site"),
    )
    op.create_table(
        "event_call",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("site"),
    )
