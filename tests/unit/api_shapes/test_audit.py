"""The shape of audit entries."""

from __future__ import annotations

from bensync.api_shapes.audit import entry
from bensync.core.changes import FieldChange
from tests.unit.views import audit_view


def test_an_entry_shows_actor_action_time_and_changes():
    changed = audit_view(changes=(FieldChange("city", "Akron", None),))
    assert entry(changed).model_dump(mode="json") == {
        "id": 5,
        "site": "acme",
        "at": "2026-06-01T12:00:00Z",
        "actor": "kim",
        "verb": "participant.edit",
        "object": "participant 7",
        "reason": "a typo in HR",
        "changes": [{"field": "city", "old": "Akron", "new": None}],
    }


def test_an_entry_of_a_list_has_no_changes():
    assert entry(audit_view()).changes == []
