"""What bensync does with a finished file: seals it, keeps the sealed bytes, hands them over. See sealing.py."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from bensync.core.ports import OutgoingFile
from bensync.delivery.gpg import Gpg, GpgSettings
from bensync.delivery.sftp import Sftp, SftpSettings

_PIECE = 1 << 20


class Silent:
    """A journal that writes nothing down."""

    def begin(self, part: str) -> None:
        """Nothing."""

    def uploaded(self) -> None:
        """Nothing."""

    def intend(self) -> None:
        """Nothing."""


def pieces(file: Path) -> Iterator[bytes]:
    """A file piece by piece."""
    with file.open("rb") as source:
        while piece := source.read(_PIECE):
            yield piece


if __name__ == "__main__":
    task = json.loads(Path(sys.argv[1]).read_text())
    sealed = Path(task["sealed"])
    with sealed.open("wb") as target:
        for chunk in Gpg(GpgSettings(recipient=task["recipient"], gnupg_home=task["home"])).seal(
            pieces(Path(task["plain"]))
        ):
            target.write(chunk)
    name = f"ours-{sys.argv[2] if len(sys.argv) > 2 else sealed.stat().st_mtime_ns}.gpg"
    outgoing_file = OutgoingFile(name, sealed.stat().st_size, lambda: pieces(sealed), "", False)
    Sftp(SftpSettings.model_validate(task["center"])).deliver(outgoing_file, Silent())
