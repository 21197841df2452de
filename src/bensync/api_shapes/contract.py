"""Which command answers with which shapes under --json; the reference page and the contract tests read it.

Commands that are not named here answer with an object of their own that the API does not show.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bensync.api_shapes import audit, base, people, requests, status, sync, users
from bensync.api_shapes.benefits import activities, coverage, event_runs, events, outlook, rules

Answer = Mapping[str, Any]
"""The keys of an answer with their types: a model, or a list of one."""

_RUN: Answer = {"run": event_runs.RunReport}
_DELIVERY: Answer = {"delivery": sync.Delivery}
_PERSON: Answer = {"person": people.ParticipantDetail}
_DECISIONS: Answer = {"decisions": list[requests.Decision], "left": list[int]}
_ACTIVITIES: Answer = {"activities": list[activities.Activity]}
_CHECKED: Answer = {"ok": bool, "findings": list[status.Finding]}
_USER: Answer = {"user": users.User}
_NEW_USER: Answer = {"user": users.NewUser}
_HOLDS: Answer = {"holds": list[audit.LegalHold]}
_EVENTS: Answer = {"events": list[events.EventEntry]}

ANSWERS: Mapping[str, Answer] = {
    "status": {"sites": list[status.SiteReport]},
    "plan": {"plan": sync.Plan},
    "sync": _RUN,
    "resync": _RUN,
    "snapshot": _RUN,
    "runs list": {"runs": list[sync.Run]},
    "runs show": {"run": sync.Run},
    "deliveries list": {"deliveries": list[sync.Delivery]},
    "deliveries show": {"delivery": sync.DeliveryDetail},
    "deliveries retry": _DELIVERY,
    "deliveries confirm": _DELIVERY,
    "issues list": {"issues": list[sync.Issue]},
    "issues show": {"issue": sync.Issue},
    "issues release": {"released": sync.Released},
    "audit list": {"audit": list[audit.AuditEntry]},
    "audit show": {"audit": audit.AuditEntry},
    "requests list": {"requests": list[requests.Request]},
    "requests show": {"request": outlook.RequestDetail},
    "requests approve": _DECISIONS,
    "requests decline": _DECISIONS,
    "requests ask-again": {"decisions": list[requests.Decision]},
    "people list": {"people": list[people.Participant]},
    "people show": _PERSON,
    "people edit": _PERSON,
    "people terminate": _PERSON,
    "people reinstate": _PERSON,
    "activities list": _ACTIVITIES,
    "activities add": _ACTIVITIES,
    "activities hold": _ACTIVITIES,
    "activities release": _ACTIVITIES,
    "activities delete": _ACTIVITIES,
    "events list": _EVENTS,
    "events flagged": _EVENTS,
    "events terminations": _EVENTS,
    "events waiting": _EVENTS,
    "events show": {"event": events.Event},
    "events board": {"invariants": list[event_runs.Invariant]},
    "events run": {"run": event_runs.EventRunResult},
    "events summary": {"summaries": list[event_runs.EventRunDetail]},
    "events open": _EVENTS,
    "events close": _EVENTS,
    "events final": {**_EVENTS, "next_run": list[event_runs.EventOutcome]},
    "events void": {**_EVENTS, "next_run": list[event_runs.EventOutcome]},
    "events reprocess": {**_EVENTS, "next_run": list[event_runs.EventOutcome]},
    "events clear": _EVENTS,
    "events notify": _EVENTS,
    "events elect": _EVENTS,
    "enrollments list": {"enrollments": list[coverage.CoverageEntry]},
    "enrollments show": {"coverage": coverage.PersonCoverage},
    "enrollments preview": {"census": coverage.Census},
    "enrollments load": {"census": coverage.Census},
    "enrollments salary": {"coverage": coverage.PersonCoverage},
    "cobra list": {"cobra": list[coverage.CobraEntry]},
    "cobra close": {"cobra": list[coverage.CobraEntry]},
    "cobra reach": {"cobra": list[coverage.CobraEntry]},
    "explain": {"explain": people.Explanation},
    "check": _CHECKED,
    "fsck": _CHECKED,
    "backup": {"backup": status.BackupFile},
    "restore": {"restore": status.RestoredDatabase},
    "keys status": {"keys": list[status.KeyVersion]},
    "keys rotate": {"rotation": status.KeyRotation},
    "retention preview": {"retention": list[audit.RetentionPlan]},
    "retention apply": {"retention": audit.RetentionRun},
    "retention holds": _HOLDS,
    "retention hold": _HOLDS,
    "retention release": _HOLDS,
    "users add": _NEW_USER,
    "users reset": _NEW_USER,
    "users list": {"users": list[users.User], "waiting": list[users.Waiting]},
    "users grant": _USER,
    "users revoke": _USER,
    "users disable": _USER,
    "users enable": _USER,
    "users tokens": {"tokens": list[users.ApiToken]},
    "passive run": {"searches": list[event_runs.SearchHits]},
    "passive history": {"searches": list[event_runs.Search]},
    "rules check": {"rulebooks": list[rules.RulebookCheck], "people": list[rules.PersonGaps]},
    "rules actions": {"actions": list[rules.ActionMeaning]},
    "rules show": {"eligibility": list[events.Eligibility]},
}

ERROR: Answer = {"error": base.Error}
"""The answer of every command that fails."""
