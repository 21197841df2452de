"""The headcount ledger: active before, plus who came, minus who went, is active after. It must balance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bensync.core.model import BaselineState, Change, Kind, Known, Ledger, Status


def reckon(
    before: int,
    sends: Sequence[Change],
    by_key: Mapping[bytes, Known],
    by_employee: Mapping[str, Known],
    missing: Sequence[bytes],
    returned: Sequence[bytes],
) -> Ledger:
    """The ledger of a plan.

    Args:
        before: live active baselines.
        sends: the rows of the file.
        by_key: baselines by key.
        by_employee: live baselines by HR employee.
        missing: keys of employees gone from HR.
        returned: keys of employees who are back unchanged.
    """
    entries: Counter[str] = Counter()
    sent = {change.candidate.key for change in sends}
    for change in sends:
        known = by_key.get(change.candidate.key)
        was, becomes = _active(known), change.candidate.status is Status.ACTIVE
        if was != becomes:
            entries[_entry(change, known)] += 1 if becomes else -1
        own = by_employee.get(change.candidate.employee_id)
        if own is not None and own.key not in sent and own.active:
            entries["moved"] -= 1
    entries["moved"] -= sum(by_key[key].active for key in missing if key in by_key and key not in sent)
    entries["moved"] += sum(by_key[key].active for key in returned if key in by_key)
    return Ledger(before, **{name: abs(count) if name != "moved" else count for name, count in entries.items()})


def _active(known: Known | None) -> bool:
    return known is not None and known.active and known.state is BaselineState.LIVE


def _entry(change: Change, known: Known | None) -> str:
    if change.kind is Kind.NEW:
        return "moved" if change.ssn_changed else "hires"
    if known is not None and known.state is not BaselineState.LIVE:
        return "moved"
    return {Kind.TERMINATE: "terminations", Kind.REHIRE: "rehires", Kind.REACTIVATE: "reactivations"}.get(
        change.kind, "moved"
    )
