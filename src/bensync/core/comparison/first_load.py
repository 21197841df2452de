"""The quality of a first load: nothing was sent before, so the people are judged by themselves (sync-rules 3.13.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

from bensync.core.changes import Alarm, Candidate, FieldFill, FirstLoad
from bensync.core.guards import Limit
from bensync.core.values.plausibility import RULES, broken_rules

_LOOKED_AT = frozenset(name for rule in RULES for name in rule.fields)


def examine_first_load(
    filled: Mapping[str, int],
    columns: Sequence[str],
    required: Collection[str],
    candidates: Sequence[Candidate],
    people: int,
    as_of: date,
) -> FirstLoad:
    """Return the quality of a first load.

    Args:
        filled: field -> people who have it.
        columns: the columns of the file.
        required: fields that a participant should have; those that are no column are left out.
        candidates: the people who were read and passed every check.
        people: everybody who was read.
        as_of: the day of the run.
    """
    odd_values: Counter[str] = Counter()
    for candidate in candidates:
        values = candidate.present().values
        for rule in broken_rules(values, _LOOKED_AT, as_of):
            odd_values[f"{rule.fields[0]} {rule.text}"] += 1
    people_by_key = Counter(candidate.key for candidate in candidates)
    return FirstLoad(
        people=people,
        fields=tuple(FieldFill(name, filled.get(name, 0), name in required) for name in columns),
        shared_ssns=sum(count for count in people_by_key.values() if count > 1),
        odd_values=dict(odd_values),
    )


def judge_first_load(load: FirstLoad, limit: Limit) -> Iterator[Alarm]:
    """Yield an alarm, which a person can release, for each property of a first load that passes the limit."""
    counts = {
        f"field {entry.field} is empty for {{}} of {{}} people": load.people - entry.filled
        for entry in load.fields
        if entry.required
    }
    counts["{} of {} people share an SSN"] = load.shared_ssns
    counts |= {f"{text} for {{}} of {{}} people": people for text, people in load.odd_values.items()}
    for text, count in counts.items():
        if limit.exceeded(count, load.people, 1):
            yield Alarm("first_load", count, str(limit), text.format(count, load.people), refuses=True)
