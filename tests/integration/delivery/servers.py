"""Servers that misbehave in their own ways, and a sender whose waiting costs no time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from bensync.core.ports import TransferJournal
from bensync.delivery.sftp import Sftp, SftpSettings
from bensync.demo.upload_center import Jail, UploadCenter
from bensync.testing.couriers import (
    Notes,
    outgoing_file,
)
from tests.fixtures.openssh import OpenSsh, openssh
from tests.fixtures.places import RootPlace

OTHER_KEY = "SHA256:" + "A" * 43


class Naps:
    """Stands in for waiting, and remembers how long it would have been."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def settings_for(center: UploadCenter, **other: object) -> SftpSettings:
    values: dict[str, object] = {
        "host": center.host,
        "port": center.port,
        "user": center.user,
        "private_key": center.client_key,
        "host_keys": (center.host_key,),
    }
    return SftpSettings.model_validate(values | other)


@contextlib.contextmanager
def center_with(root: Path, jail: type[Jail]) -> Iterator[UploadCenter]:
    root.mkdir()
    with UploadCenter(root, jail=jail) as center:
        yield center


def notes_at(root: Path, **then: Callable[[], object]) -> Notes:
    """A journal that looks into the folder."""
    return Notes(RootPlace(Sftp.__new__(Sftp), root), then)


class Quiet:
    """A journal that only remembers the steps."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.parts: list[str] = []

    def begin(self, part: str) -> None:
        self.steps.append("begin")
        self.parts.append(part)

    def uploaded(self) -> None:
        self.steps.append("uploaded")

    def intend(self) -> None:
        self.steps.append("intend")


def send(settings: SftpSettings, naps: Naps | None = None, journal: TransferJournal | None = None, **of: object) -> int:
    return Sftp(settings, wait=naps or Naps()).deliver(outgoing_file(**of), journal or Quiet())  # type: ignore[arg-type]


@contextlib.contextmanager
def server_for(folder: Path, forbidden: str) -> Iterator[OpenSsh]:
    root = folder / "incoming"
    root.mkdir()
    command = f"ForceCommand internal-sftp -P {forbidden}" if forbidden else ""
    with openssh(folder / "sshd", root, command) as server:
        yield server
