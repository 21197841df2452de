"""The tables of benefit events. Columns that repeat something of a sealed value are there to be searched by."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, Table

from bensync.state.db.columns import day, flag, json, moment, number, octets, string
from bensync.state.schema.sync import METADATA

ActivityRow = Table(
    "activity",
    METADATA,
    number("id", primary_key=True),
    string("site"),
    number("participant_id", ForeignKey("participant.id")),
    number("number"),
    number("request_id", ForeignKey("request.id"), null=True),
    string("source"),
    string("event_class"),
    day("event_date"),
    string("action"),
    string("reason"),
    number("rank"),
    flag("final"),
    string("state"),
    octets("sealed_origin", null=True),
    Index("activity_by_number", "participant_id", "number", unique=True),
    Index("activity_by_state", "site", "state", "participant_id"),
)
"""The trace of an approved change, of time passing or of a hand, on its way to an event.

``number`` counts within the participant. ``sealed_origin`` holds the dated rows that brought it, and how one of
them was edited.
"""

EventRow = Table(
    "event",
    METADATA,
    number("participant_id", ForeignKey("participant.id"), primary_key=True),
    number("number", primary_key=True),
    string("site"),
    string("event_class"),
    day("event_date"),
    number("priority"),
    string("source"),
    string("status"),
    string("process"),
    string("indicator"),
    json("flags"),
    json("activities"),
    flag("final"),
    string("program"),
    flag("stops_short"),
    flag("pending"),
    day("notified", null=True),
    day("entered", null=True),
    day("finished", null=True),
    octets("sealed_event"),
    Index("event_pending", "site", "pending", "participant_id"),
    Index("event_by_process", "site", "process", "status"),
)
"""A benefit event; ``sealed_event`` is the whole of it.

``pending`` tells whether a run has something to look at, ``stops_short`` whether it would end every coverage and
waits for a mark.
"""

EnrollmentRow = Table(
    "enrollment",
    METADATA,
    number("participant_id", ForeignKey("participant.id"), primary_key=True),
    number("number", primary_key=True),
    string("site"),
    number("event"),
    string("plan_type"),
    string("plan"),
    string("option"),
    string("step"),
    string("coverage"),
    day("effective_date"),
    day("deduction_begin"),
    flag("reversed"),
    octets("sealed_enrollment"),
    Index("enrollment_by_plan", "site", "plan_type", "plan"),
)
"""One coverage row; append only, but for ``reversed``. ``sealed_enrollment`` is the whole of it."""

AssignmentRow = Table(
    "assignment",
    METADATA,
    number("participant_id", ForeignKey("participant.id"), primary_key=True),
    number("number", primary_key=True),
    string("site"),
    number("event"),
    string("program"),
    day("effective_date"),
    flag("reversed"),
)
"""The benefit program from a day on; append only, but for ``reversed``."""

CobraRow = Table(
    "cobra",
    METADATA,
    number("participant_id", ForeignKey("participant.id"), primary_key=True),
    number("event", primary_key=True),
    string("site"),
    day("event_date"),
    string("action"),
    day("occurrence_date"),
    day("until"),
    string("state"),
    json("milestones"),
    number("employment_record"),
    Index("cobra_by_state", "site", "state", "occurrence_date"),
)
"""A COBRA record: one for an event at most."""

PassiveSearchRow = Table(
    "passive_search",
    METADATA,
    number("id", primary_key=True),
    string("site"),
    string("passive"),
    day("first_day"),
    day("last_day"),
    json("found"),
    string("actor"),
    moment("at"),
)
"""A search for what time brought about, and the participants whom it found (S3-95)."""

EventRemarkRow = Table(
    "event_remark",
    METADATA,
    number("id", primary_key=True),
    string("site"),
    number("run_id", ForeignKey("run.id")),
    number("participant_id", ForeignKey("participant.id")),
    string("code"),
    number("event"),
    string("plan_type"),
    string("plan"),
    string("detail"),
    Index("event_remark_by_run", "site", "run_id", "code"),
)
"""One line of the report of a run that is no posting; without personal data."""

EventCheckpointRow = Table(
    "event_checkpoint",
    METADATA,
    string("site", primary_key=True),
    number("run_id", ForeignKey("run.id")),
    string("basis"),
    number("after"),
)
"""How far a run of events came that did not end; ``basis`` names the day, the mode and the rulebook."""

EventCallRow = Table(
    "event_call",
    METADATA,
    string("site", primary_key=True),
    moment("at"),
)
"""When somebody last changed what a run of events should look at, until one did."""
