"""Visibility: the fields of a person that a role can see; the SSN is always masked (S1-11, S1-22)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from bensync.core.access import Actor
from bensync.core.changes import ChangeKind, FieldChange
from bensync.core.people import Participant, Values
from bensync.core.requests import Risk, WarningCode
from bensync.mappings.catalogue import Catalogue
from bensync.state.read.filtered_lists import NAME_FIELDS
from bensync.state.read.lists import PersonView, RequestView
from bensync.wording import sync

_NAMES = ("first_name", "last_name")
# The kind of the request says the same, in the same line of the list.
_SAID = frozenset({WarningCode.ENDS_COVERAGE, WarningCode.REACTIVATES})
_ALWAYS = frozenset({"status", "employee_id"})
"""Fields that every role sees if it sees the request."""


class FieldLine(msgspec.Struct, frozen=True):
    """One field before and after, as the page shows it."""

    field: str
    label: str
    before: str
    after: str
    cleared: bool
    changed: bool = True


class Fact(msgspec.Struct, frozen=True):
    """One field with its value."""

    field: str
    label: str
    value: str


class RequestListItem(msgspec.Struct, frozen=True):
    """A request as a list shows it."""

    view: RequestView
    name: str
    ssn: str
    brief: str
    warnings: Sequence[str]
    """The warnings that the kind does not imply."""
    cautions: Sequence[str]
    """All warnings."""

    @property
    def low_risk(self) -> bool:
        """Whether the request can be approved in bulk."""
        return self.view.risk is not Risk.HIGH


def name_of(participant: Participant) -> str:
    """Return the name of a participant."""
    values = participant.profile.values
    return " ".join(values[part] for part in _NAMES if part in values)


class Visibility:
    """The fields of people that one user can see at one site.

    Args:
        actor: the user.
        catalogue: the fields of the site.
    """

    def __init__(self, actor: Actor, catalogue: Catalogue) -> None:
        self._actor = actor
        self._catalogue = catalogue

    def name(self, name: str, employee_id: str) -> str:
        """Return the name of a person, or the HR employee id where this role cannot see names."""
        # One part of a name is enough to recognize somebody in a small company.
        seen = all(self._actor.sees(field, employee_id) for field in _NAMES)
        return name if seen and name else f"Employee {employee_id}"

    @property
    def name_fields(self) -> frozenset[str]:
        """The fields of the name that the role sees of other people; a search for others would show who has them."""
        return frozenset(field for field in NAME_FIELDS if self._actor.sees(field))

    def ssn(self, masked: str, employee_id: str) -> str:
        """Return the masked SSN, or nothing where the role cannot see it."""
        return masked if self._actor.sees("ssn", employee_id) else ""

    def row(self, view: RequestView) -> RequestListItem:
        """Return a request as a list shows it."""
        who = view.person
        return RequestListItem(
            view,
            self.name(who.name, who.employee_id),
            self.ssn(who.ssn, who.employee_id),
            self._brief(view),
            [sync.warning(code) for code in view.warnings if code not in _SAID],
            [sync.warning(code) for code in view.warnings],
        )

    def lines(self, changes: Iterable[FieldChange], employee_id: str) -> tuple[list[FieldLine], int]:
        """Return the visible changes and the number of hidden ones."""
        every = list(changes)
        seen = [change for change in every if self.sees(change.field, employee_id)]
        # The number is shown: a reviewer must know that there are changes that the page does not show.
        return [self._line(change) for change in seen], len(every) - len(seen)

    def facts(self, values: Values, employee_id: str) -> list[Fact]:
        """Return the visible fields of a person; the SSN in ``values`` is masked already."""
        return [
            Fact(field, sync.label(field, self._catalogue), sync.value(field, text, self._catalogue))
            for field, text in values.items()
            if self.sees(field, employee_id)
        ]

    def person(self, view: PersonView) -> PersonView:
        """Return a participant without the fields that this role cannot see."""
        return msgspec.structs.replace(
            view, name=self.name(view.name, view.employee_id), ssn=self.ssn(view.ssn, view.employee_id)
        )

    def labels(self, fields: Iterable[str]) -> list[str]:
        """Return the labels of these fields."""
        return [sync.label(field, self._catalogue) for field in fields]

    def sees(self, field: str, employee_id: str) -> bool:
        """Return whether this role can see a field of an employee."""
        return field in _ALWAYS or self._actor.sees(field, employee_id)

    def figures(self, employee_id: str) -> bool:
        """Return whether this role can see sums and costs of coverage, from which the pay follows."""
        # Sums insured and contributions are often multiples of the salary, from which it could be computed.
        return self._actor.sees("pay_rate", employee_id)

    def _line(self, change: FieldChange) -> FieldLine:
        return FieldLine(
            change.field,
            sync.label(change.field, self._catalogue),
            sync.value(change.field, change.old, self._catalogue),
            sync.value(change.field, change.new, self._catalogue),
            change.new is None,
        )

    def _brief(self, view: RequestView) -> str:
        """Return the effect of a request in a few words."""
        if view.kind is ChangeKind.TERMINATE:
            return f"Ends coverage on {sync.day(view.effective_date)}"
        if view.kind is ChangeKind.REACTIVATE:
            return "Reactivates a terminated participant"
        if WarningCode.POSSIBLE_DUPLICATE in view.warnings:
            return "Possibly an existing participant with another SSN"
        if view.kind in (ChangeKind.NEW, ChangeKind.REHIRE):
            return f"Hired {sync.day(view.effective_date)}"
        fields = self.labels(change.field for change in view.changes if self.sees(change.field, ""))
        return sync.listed(fields) if fields else "Corrects rows in the past"
