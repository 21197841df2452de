"""Files that are whole or not there: written under a temporary name, made durable, then put in place."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path


def draft(target: Path) -> Path:
    """Return the temporary name of a file that this process is about to make beside its place."""
    return target.with_name(f".{target.name}.{os.getpid()}.part")


def remove_drafts(target: Path) -> None:
    """Remove what killed processes left of a file; one that is still being made stays."""
    pattern = re.compile(rf"\.{re.escape(target.name)}\.(\d+)\.part(-wal|-shm|-journal)?")
    for file in target.parent.glob(".*.part*"):
        match = pattern.fullmatch(file.name)
        # The name holds the number of its writer, so that a backup that another process is writing stays (F52).
        if match is not None and not _alive(int(match[1])):
            file.unlink(missing_ok=True)


def discard(file: Path) -> None:
    """Remove a file with what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)


def put_in_place(draft: Path, target: Path) -> None:
    """Give a finished file its name, durably; whatever had the name before is gone."""
    # Content first, then the name, then the folder: after a power failure a name must never lead to an empty file.
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(target)
    sync(target.parent)


def sync(folder: Path) -> None:
    """Make durable which names a folder holds."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _alive(process: int) -> bool:
    if process == os.getpid():
        return False  # of an earlier life under the same number: what we are about to make is not there yet
    with suppress(ProcessLookupError):
        with suppress(PermissionError):
            os.kill(process, 0)
        return True
    return False
