"""Many employee ids in few bytes, for one look at whether somebody is among them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

_QUICKEST = 1
_SEAM = "\n"


def pack(employee_ids: Iterable[str]) -> bytes:
    """The ids in one value."""
    return zlib.compress(_SEAM.join(("", *employee_ids, "")).encode(), _QUICKEST)


def among(employee_id: str, packed: bytes) -> bool:
    """Whether one of the packed ids is this one."""
    return f"{_SEAM}{employee_id}{_SEAM}".encode() in zlib.decompress(packed)
