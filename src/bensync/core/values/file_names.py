"""The names of files: `SITEID_KIND_NUMBER.csv.gpg`. A number is used once for each site."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bensync.core.runs import DeliveryKind


def file_name(site_id: str, kind: DeliveryKind, sequence: int) -> str:
    """Return the name of a site's file with a number."""
    return f"{site_id}_{kind}_{sequence:06}.csv.gpg"


def kind_and_number(site_id: str, name: str) -> tuple[DeliveryKind, int] | None:
    """Return the kind and the number in the name of a site's file; None for every other name."""
    # ASCII: \d would match the digits of other scripts, too, which int() accepts.
    match = re.fullmatch(rf"{re.escape(site_id)}_(DELTA|FULL)_(\d{{6,12}})\.csv\.gpg", name, re.ASCII)
    return (DeliveryKind(match[1]), int(match[2])) if match else None


def highest_number(site_id: str, names: Iterable[str]) -> int:
    """Return the highest number among a site's files; 0 if none of the names is one of theirs."""
    return max((numbered[1] for name in names if (numbered := kind_and_number(site_id, name))), default=0)
