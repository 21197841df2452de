"""The system's user who runs this command, also behind sudo; environment variables alone are not believed."""

from __future__ import annotations

import contextlib
import os
import pwd
from pathlib import Path

_NOBODY_SIGNED_IN = 2**32 - 1
_PROC = Path("/proc")


def system_user() -> str:
    """Return the name of the user who signed in to the machine, called sudo, or runs this process, in this order."""
    uid = next(uid for uid in (_signed_in(), _behind_sudo(), os.geteuid()) if uid is not None)
    with contextlib.suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    # In a container the user id often has no name.
    return f"uid {uid}"


def owns(*files: Path) -> bool:
    """Return whether this process runs as root or as the owner of one of these files."""
    owners = {0}
    for file in files:
        with contextlib.suppress(OSError):
            owners.add(file.stat().st_uid)
    return os.geteuid() in owners


def _signed_in() -> int | None:
    # The kernel keeps it through sudo and su, and lets nobody change it who is not root.
    with contextlib.suppress(OSError, ValueError):
        uid = int((_PROC / "self" / "loginuid").read_text())
        return uid if uid != _NOBODY_SIGNED_IN else None
    return None


def _behind_sudo() -> int | None:
    with contextlib.suppress(ValueError):
        uid = int(os.environ.get("SUDO_UID", ""))
        # Anybody can set the variable, but nobody else can have a parent of root's that is called sudo.
        return uid if _has_sudo_above(os.getppid()) else None
    return None


def _has_sudo_above(process: int) -> bool:
    while process > 1:
        try:
            # "12 (sudo) S 11 ...": the name may hold spaces and brackets, so it ends at the last bracket.
            head, _, tail = (_PROC / str(process) / "stat").read_text().rpartition(")")
            if head.partition("(")[2] == "sudo" and (_PROC / str(process)).stat().st_uid == 0:
                return True
            process = int(tail.split()[1])
        except (OSError, ValueError, IndexError):
            return False
    return False
