"""Audit entries on the command line: actor, action, object and reason, with their changes."""

from __future__ import annotations

from bensync.cli.render.audit import print_audit, print_audit_entry
from bensync.core.changes import FieldChange
from bensync.mappings.catalogue import FIELDS
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.read.lists import Listing
from tests.unit.cli.render.printing import printed
from tests.unit.views import audit_view


def test_a_trail_without_entries_says_so():
    assert printed(print_audit, {"acme": Listing([], 0)}) == "acme: there are no audit entries yet."


def test_the_trail_of_the_deployment_is_called_that():
    text = printed(print_audit, {DEPLOYMENT: Listing([audit_view()], 1)})
    assert "Audit trail of the deployment" in text
    assert "5 2026-06-01 12:00 kim participant.edit participant 7 a typo in HR" in text


def test_an_entry_shows_each_field_before_and_after():
    entry = audit_view(changes=(FieldChange("city", "Akron", "Dayton"), FieldChange("middle_name", "Q", None)))
    text = printed(print_audit_entry, entry, FIELDS)
    assert "City Akron Dayton" in text
    assert "Middle name Q (cleared)" in text
