"""The tables. Every one carries the site; columns named ``sealed_...`` can be opened by the vault only.

Whoever signs in has tables of their own in `access_tables`, benefit events in `benefit_tables`; indexes of some rows
only stand in `schema`.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, MetaData, Table, UniqueConstraint

from bensync.state.db.columns import day, flag, json, moment, number, octets, string

METADATA = MetaData()
"""All tables of the state, once the modules of the others are loaded, too."""

SecretRow = Table(
    "secret",
    METADATA,
    string("name", primary_key=True),
    octets("sealed"),
)
"""Data keys of the deployment, sealed by the state key."""

SiteRow = Table(
    "site",
    METADATA,
    string("site", primary_key=True),
    string("watermark", null=True),
    string("mapping", null=True),
    number("headcount", null=True),
    json("fill_rates"),
    moment("restored_at", null=True),
)
"""What is remembered per site beside its people."""

DailyRunRow = Table(
    "day",
    METADATA,
    string("site", primary_key=True),
    day("day", primary_key=True),
    number("run_id", ForeignKey("run.id")),
    Index("day_by_date", "day"),
)
"""A UTC date on which the daily run of a site is done."""

LeaseRow = Table(
    "lease",
    METADATA,
    string("site", primary_key=True),
    string("holder", default=""),
    number("epoch", default=0),
    moment("since", null=True),
    moment("expires", null=True),
)
"""Who may work on a site now; taken by conditional update."""

RunRow = Table(
    "run",
    METADATA,
    number("id", primary_key=True),
    string("site"),
    string("kind"),
    string("cause"),
    string("actor"),
    day("as_of"),
    json("boxes"),
    moment("started_at"),
    moment("ended_at", null=True),
    string("state"),
    string("outcome", null=True),
    json("counts"),
    json("alarms"),
    json("error"),
    string("plan", null=True),
    json("ledger"),
    json("fill_rates"),
    string("brief", default=""),
    Index("run_by_day", "site", "kind", "as_of"),
    Index("run_by_start", "started_at"),
    Index("run_by_state", "site", "state", "id"),
)
"""One execution for one site."""

UnchangedRow = Table(
    "unchanged",
    METADATA,
    number("run_id", ForeignKey("run.id"), primary_key=True),
    string("site"),
    octets("employees"),
    Index("unchanged_by_site", "site", "run_id"),
)
"""Of whom a run found nothing new: all in one row, for where HR lists everybody these are nearly everybody."""

VerdictRow = Table(
    "verdict",
    METADATA,
    number("run_id", ForeignKey("run.id"), primary_key=True),
    string("employee_id", primary_key=True),
    string("site"),
    string("outcome"),
    string("reason"),
    Index("verdict_by_employee", "site", "employee_id"),
)
"""Why somebody else whom a run looked at was not sent; who was sent has a row in its delivery."""

DeliveryRow = Table(
    "delivery",
    METADATA,
    number("id", primary_key=True),
    string("site"),
    string("feed"),
    number("run_id", ForeignKey("run.id")),
    string("kind"),
    number("sequence"),
    string("name"),
    string("state"),
    number("rows"),
    number("size", default=0),
    string("sha256", default=""),
    string("part", default=""),
    number("attempts", default=0),
    json("error"),
    moment("created_at"),
    moment("committed_at", null=True),
    json("consequences"),
    Index("delivery_by_run", "run_id"),
)
"""One sealed file with its life; the number of an abandoned one is used again."""

DeliveryChunkRow = Table(
    "delivery_chunk",
    METADATA,
    number("delivery_id", ForeignKey("delivery.id"), primary_key=True),
    number("number", primary_key=True),
    octets("content"),
)
"""A piece of the sealed bytes of a delivery, kept until it is committed."""

DeliveryLineRow = Table(
    "delivery_row",
    METADATA,
    number("delivery_id", ForeignKey("delivery.id"), primary_key=True),
    number("number", primary_key=True),
    string("site"),
    octets("key"),
    string("employee_id"),
    string("kind"),
    string("fields", default=""),
    octets("fingerprint"),
    flag("active"),
    day("due", null=True),
    octets("sealed_profile"),
    octets("mark", null=True),
    Index("delivery_row_by_employee", "site", "employee_id"),
)
"""One row of a delivery: what the baseline becomes, and what intake reads."""

BaselineRow = Table(
    "baseline",
    METADATA,
    number("id", primary_key=True),
    string("site"),
    octets("key"),
    string("employee_id"),
    octets("fingerprint"),
    flag("active"),
    string("state"),
    day("due", null=True),
    number("delivery_id", null=True),
    octets("sealed_profile"),
    octets("mark", null=True),
    UniqueConstraint("site", "key"),
    Index("baseline_by_employee", "site", "employee_id"),
    Index("baseline_by_due", "site", "due"),
)
"""What the benefits side was last told of one person."""

IssueRow = Table(
    "issue",
    METADATA,
    number("id", primary_key=True),
    string("site"),
    string("employee_id"),
    string("code"),
    string("detail"),
    moment("first_seen"),
    moment("last_seen"),
    moment("resolved_at", null=True),
    Index("issue_open", "site", "resolved_at", "employee_id"),
)
"""A person kept back, while it lasts and after."""

ReceivedFileRow = Table(
    "received",
    METADATA,
    number("id", primary_key=True),
    string("site"),
    string("name"),
    string("sha256"),
    number("size"),
    string("stamp"),
    number("sequence"),
    number("rows", default=0),
    number("requests", default=0),
    string("state"),
    string("reason", default=""),
    moment("received_at"),
    UniqueConstraint("site", "name", "sha256"),
)
"""One file that was taken in from an upload center, or refused whole; the file itself is not kept."""

RequestRow = Table(
    "request",
    METADATA,
    number("id", primary_key=True),
    string("site"),
    octets("key"),
    string("employee_id"),
    number("participant_id", null=True),
    number("duplicate_of", null=True),
    string("kind"),
    string("risk"),
    string("state"),
    string("origin"),
    json("warnings"),
    day("effective_date"),
    octets("fingerprint"),
    number("basis_version"),
    number("delivery_id", ForeignKey("delivery.id"), null=True),
    number("received_id", ForeignKey("received.id"), null=True),
    number("row_number", null=True),
    moment("opened_at"),
    moment("decided_at", null=True),
    string("decided_by", null=True),
    string("decline_code", null=True),
    number("superseded_by", null=True),
    string("closed_because", null=True),
    octets("sealed_profile"),
    octets("sealed_changes"),
    octets("sealed_note", null=True),
    UniqueConstraint("delivery_id", "row_number"),
    Index("request_by_received_row", "received_id", "row_number", unique=True),
    Index("request_by_employee", "site", "employee_id"),
    Index("request_by_key", "site", "key"),
    Index("request_by_state", "site", "state", "id"),
)
"""A proposal in the queue."""

ParticipantRow = Table(
    "participant",
    METADATA,
    number("id", primary_key=True),
    string("site"),
    octets("key"),
    string("employee_id"),
    string("standing"),
    day("hire_date", null=True),
    day("termination_date", null=True),
    string("program"),
    number("benefit_record"),
    number("version"),
    octets("sealed_profile"),
    octets("fingerprint", null=True),
    moment("created_at"),
    moment("updated_at"),
    UniqueConstraint("site", "key"),
    Index("participant_by_employee", "site", "employee_id"),
)
"""One person as the benefits side knows them."""

NoticeRow = Table(
    "notice",
    METADATA,
    number("id", primary_key=True),
    string("site"),
    string("key"),
    string("subject"),
    string("body"),
    moment("created_at"),
    UniqueConstraint("site", "key"),
)
"""A message to people; written in the transaction of what it tells."""

NoticeSendingRow = Table(
    "sending",
    METADATA,
    number("notice_id", ForeignKey("notice.id"), primary_key=True),
    string("channel", primary_key=True),
    string("site"),
    number("attempts", default=0),
    string("error", default=""),
    moment("sent_at", null=True),
    Index("sending_unsent", "site", "sent_at"),
)
"""One notice on its way over one channel."""

AlertRow = Table(
    "alert",
    METADATA,
    number("id", primary_key=True),
    string("site"),
    string("key"),
    string("subject"),
    string("detail"),
    number("episode"),
    moment("raised_at"),
    moment("seen_at"),
    moment("cleared_at", null=True),
    UniqueConstraint("site", "key"),
)
"""A trouble that somebody must know of: one row per trouble, which comes and goes."""

ApprovalRow = Table(
    "approval",
    METADATA,
    number("request_id", ForeignKey("request.id"), primary_key=True),
    string("site"),
    string("actor"),
    moment("at"),
    octets("digest"),
)
"""The first of two approvals of a request: it holds for exactly what was looked at."""

AuditRow = Table(
    "audit",
    METADATA,
    string("site", primary_key=True),
    number("id", primary_key=True, autoincrement=False),
    moment("at"),
    string("actor"),
    string("verb"),
    string("object"),
    string("reason"),
    octets("sealed_detail", null=True),
    octets("digest", null=True),
    octets("mac"),
    Index("audit_by_verb", "site", "verb", "id"),
)
"""Who did what when. Append only: triggers refuse changes, and each MAC rests on the one before.

``id`` counts 1, 2, 3 within a site. ``sealed_detail`` may be sealed anew under another key; ``digest`` holds what
it says.
"""

AuditHeadRow = Table(
    "audit_head",
    METADATA,
    string("site", primary_key=True),
    number("id"),
    octets("mac"),
    octets("proof"),
)
"""The last audit entry of a site, under a MAC of its own: it shows a cut tail, and keeps writers in line."""
