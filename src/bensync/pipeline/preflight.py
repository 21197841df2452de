"""Checks what a source can miss: changes that its list does not name, and groups of people whom it hides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from bensync.core.changes import UNSEEN, IssueCode
from bensync.core.ports import ChangeRoute, PreflightFinding, Pull
from bensync.errors import BensyncError
from bensync.pipeline.context import SenderContext
from bensync.wording.sync import CHANGE_ROUTES, count

_OFF = "off: no daily run reads everybody to find what the change feed leaves out"
_TURN_ON = 'Set reconcile_on = "sunday" under [schedule].'
_ASK_HR = "Ask the HR administrator whether the API key may see all employees, whatever their status."


def findings(context: SenderContext) -> Iterator[PreflightFinding]:
    """Yield what is odd in the mapping, how changes of each field reach us, and whether HR shows who was sent."""
    yield from context.reader.mapping.check()
    yield from _changes(context)
    yield from _scope(context)
    try:
        yield from _people(context)
    except BensyncError as error:
        yield PreflightFinding("people", ok=False, detail=str(error), fix=error.fix)


def _changes(context: SenderContext) -> Iterator[PreflightFinding]:
    fields_by_route: dict[ChangeRoute, list[str]] = defaultdict(list)
    for field, route in context.source.routes(context.wanted).items():
        fields_by_route[route].append(field)
    for route, fields in sorted(fields_by_route.items()):
        missed = route is ChangeRoute.RECONCILIATION and context.reconcile_on is None
        yield PreflightFinding(
            f"changes: {CHANGE_ROUTES[route]}", not missed, ", ".join(fields), _TURN_ON if missed else ""
        )
    if set(fields_by_route) != {ChangeRoute.WHOLE_TABLE}:
        on = context.reconcile_on
        yield PreflightFinding("reconciliation", ok=True, detail=f"every {on.capitalize()}" if on is not None else _OFF)


def _scope(context: SenderContext) -> Iterator[PreflightFinding]:
    if context.scope.out:
        rules = "; ".join(f"{field}: {', '.join(sorted(values))}" for field, values in context.scope.out.items())
        with context.read() as state:
            left = state.baselines.out_of_scope()
        detail = f"{rules}; {count(left, 'employee')} left the scope after being sent"
        yield PreflightFinding("out of scope", ok=True, detail=detail)


def _people(context: SenderContext) -> Iterator[PreflightFinding]:
    """Compare whom HR shows with whom it showed when they were sent."""
    with context.read() as state:
        sent = state.baselines.live_people()
        codes = state.issues.open_codes()
        since = state.runs.memory().watermark
    if not sent:
        yield PreflightFinding("people", ok=True, detail="nobody was sent yet, so there is nothing to compare with")
        return
    shown = _shown(context, None)
    guards = context.guards
    for word, active, limit in (("active", True, guards.missing), ("inactive", False, guards.missing_inactive)):
        group = [person for person, is_active in sent.items() if is_active is active]
        # A missing person with an open issue was reported already.
        lacking = [person for person in group if person not in shown and UNSEEN.isdisjoint(codes.get(person, ()))]
        if group:
            well = not limit.exceeded(len(lacking), len(group), 1)
            seen = len(shown.intersection(group))
            detail = f"{seen:,} of {len(group):,} people that were sent are shown"
            yield PreflightFinding(f"people sent as {word}", well, detail, "" if well else _ASK_HR)
    terminated = next((person for person, is_active in sent.items() if not is_active), None)
    future = next((person for person, own in sorted(codes.items()) if IssueCode.NOT_STARTED in own), None)
    samples = {"a terminated employee": terminated, "an employee who starts later": future}
    wanted = {word: person for word, person in samples.items() if person is not None}
    answer = _shown(context, since, frozenset(wanted.values())) if wanted else frozenset[str]()
    for word, person in wanted.items():
        ok = person in answer
        detail = f"employee {person} is {'shown' if ok else 'not shown'} when a run asks for them"
        yield PreflightFinding(word, ok, detail, "" if ok else _ASK_HR)


def _shown(context: SenderContext, since: str | None, also: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the ids of the people whom HR shows: everybody, or those who changed and those asked for."""
    shown: set[str] = set()

    def note(person: str, _record: bytes) -> bool:
        shown.add(person)
        return True  # no record needs to be opened

    # One field is enough, and the same that a run asks for: an answer without fields may lack people.
    wanted = msgspec.structs.replace(context.wanted, fields=context.wanted.fields[:1], tables={}, is_unchanged=note)
    pull: Pull = context.source.pull(wanted, since, also)
    for page in pull.pages:
        shown.update(record.id for record in page)
    return frozenset(shown)
