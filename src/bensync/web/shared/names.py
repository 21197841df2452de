"""Names of HR employees who are participants, for the visitors who may see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bensync.state.site_state import SiteState
from bensync.web.http.context import PageContext
from bensync.wording.visibility import name_of


def names_by_employee(context: PageContext, state: SiteState, employee_ids: Iterable[str]) -> Mapping[str, str]:
    """Return the names of those employees who are participants already, by HR employee id."""
    participants = state.participants.by_employees(dict.fromkeys(employee_ids))
    return {
        employee_id: context.visibility.name(name_of(participant), employee_id)
        for employee_id, participant in participants.items()
    }
