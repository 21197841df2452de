"""Which command answers with which shapes under --json; the reference page and the contract tests read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bensync.api_shapes import audit, base, people, requests, setup, status, sync, users
from bensync.api_shapes.benefits import activities, coverage, dependents, event_runs, events, outlook, rules

Answer = Mapping[str, Any]
"""The keys of an answer with their types: a model, a list of one, or a plain value."""

_RUN: Answer = {"run": event_runs.RunReport}
_DELIVERY: Answer = {"delivery": sync.Delivery}
_PERSON: Answer = {"person": people.ParticipantDetail}
_DECISIONS: Answer = {"decisions": list[requests.Decision], "left": list[int]}
_ACTIVITIES: Answer = {"activities": list[activities.Activity]}
_CHECKED: Answer = {"ok": bool, "findings": list[status.Finding]}
_DEPENDENTS: Answer = {"dependents": list[dependents.Dependent]}
_USER: Answer = {"user": users.User}
_NEW_USER: Answer = {"user": users.NewUser}
_HOLDS: Answer = {"holds": list[audit.LegalHold]}
_EVENTS: Answer = {"events": list[events.EventEntry]}

ANSWERS: Mapping[str, Answer] = {
    "status": {
        "sites": list[status.SiteReport],
        "total": status.SiteTotal,
        "daemon": status.DaemonState,
        "waiting": list[users.Waiting],
    },
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
    "deliveries caught-up": {"caught_up": sync.CaughtUp},
    "issues list": {"issues": list[sync.Issue]},
    "issues show": {"issue": sync.Issue},
    "issues release": {"released": sync.Released},
    "audit list": {"audit": list[audit.AuditEntry]},
    "audit show": {"audit": audit.AuditEntry},
    "audit verify": {"audit": list[audit.VerifiedTrail]},
    "audit head": {"heads": list[audit.TrailHead]},
    "requests list": {"requests": list[requests.Request]},
    "requests show": {"request": outlook.RequestDetail},
    "requests approve": _DECISIONS,
    "requests decline": _DECISIONS,
    "requests ask-again": {"decisions": list[requests.Decision]},
    "people list": {"people": list[people.Participant]},
    "people show": _PERSON,
    "people edit": _PERSON,
    "people correct-ssn": _PERSON,
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
    "events begin": {"begun": event_runs.BegunEvents},
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
    "enrollments proof": {"coverage": coverage.PersonCoverage},
    "enrollments template": {"columns": list[coverage.CensusColumn]},
    "enrollments salary": {"coverage": coverage.PersonCoverage},
    "dependents list": _DEPENDENTS,
    "dependents add": _DEPENDENTS,
    "dependents change": _DEPENDENTS,
    "dependents drop": _DEPENDENTS,
    "dependents enroll-all": _DEPENDENTS,
    "dependents beneficiaries": _DEPENDENTS,
    "cobra list": {"cobra": list[coverage.CobraEntry]},
    "cobra close": {"cobra": list[coverage.CobraEntry]},
    "cobra reach": {"cobra": list[coverage.CobraEntry]},
    "intake": {"intake": sync.Intake},
    "received": {"received": list[sync.ReceivedFile]},
    "mapping show": {"mappings": list[setup.SiteMapping]},
    "mapping try": {"trial": setup.MappingTrial},
    "sites list": {"sites": list[setup.SiteEntry]},
    "explain": {"explain": people.Explanation},
    "init": {"init": setup.NewConfiguration},
    "migrate": {"schema": str},
    "connectors": {"connectors": list[str]},
    "demo": {"demo": setup.DemoFolder},
    "daemon": {"daemon": str},
    "worker": {"worker": str},
    "serve": {"serve": setup.Serving},
    "drill": {"drill": setup.Drill},
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
    "keys retire": {"retired": status.RetiredKey},
    "users add": _NEW_USER,
    "users reset": _NEW_USER,
    "users list": {"users": list[users.User], "waiting": list[users.Waiting]},
    "users grant": _USER,
    "users revoke": _USER,
    "users disable": _USER,
    "users enable": _USER,
    "users token": {"token": str},
    "users tokens": {"tokens": list[users.ApiToken]},
    "users revoke-token": {"revoked": str},
    "passive run": {"searches": list[event_runs.SearchHits]},
    "passive history": {"searches": list[event_runs.Search]},
    "rules check": {"rulebooks": list[rules.RulebookCheck], "people": list[rules.PersonGaps]},
    "rules actions": {"actions": list[rules.ActionMeaning]},
    "rules show": {"eligibility": list[events.Eligibility]},
}

ERROR: Answer = {"error": base.Error}
"""The answer of every command that fails."""
