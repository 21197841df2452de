"""Many employee ids in few bytes, for one check whether an employee is among them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

_QUICKEST = 1
_SEAM = "\n"


def pack(employee_ids: Iterable[str]) -> bytes:
    """Return the ids in one value."""
    # A seam at both ends, too: one search for "\n12\n" finds a whole id, and never a part of 4123.
    return zlib.compress(_SEAM.join(("", *employee_ids, "")).encode(), _QUICKEST)


def among(employee_id: str, packed: bytes) -> bool:
    """Return whether one of the packed ids is this one."""
    return f"{_SEAM}{employee_id}{_SEAM}".encode() in zlib.decompress(packed)
