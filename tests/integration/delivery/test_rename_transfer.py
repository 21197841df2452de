"""The usual transfer: upload, record the intent, rename, and look again; nothing is sent twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import asyncssh

from bensync.core.ports import OutgoingFile
from bensync.delivery.sftp import Sftp
from bensync.demo.upload_center import Jail
from bensync.testing.couriers import (
    NAME,
    SEALED,
)
from tests.fixtures.openssh import CutLine, OpenSsh
from tests.integration.delivery.servers import (
    Naps,
    Quiet,
    center_with,
    notes_at,
    send,
    settings_for,
)


def test_A_56_a_lost_answer_to_the_rename_is_looked_up_and_not_sent_twice(sshd: OpenSsh) -> None:
    reads = 0

    def chunks() -> Iterator[bytes]:
        nonlocal reads
        reads += 1
        yield SEALED

    with CutLine(sshd.port) as line:
        courier = Sftp(sshd.settings(port=line.port), wait=Naps())
        journal = notes_at(sshd.root, intend=line.deafen)
        assert courier.deliver(OutgoingFile(NAME, len(SEALED), chunks, part="", publishing=False), journal) == 2
        assert line.cuts == 1
        assert line.connections == 2
    assert reads == 1
    assert {path.name: path.read_bytes() for path in sshd.root.iterdir()} == {NAME: SEALED}


def test_A_56_a_server_that_drops_the_line_after_the_rename_has_our_file_once(tmp_path: Path) -> None:
    renames: list[bytes] = []

    class Dropping(Jail):
        def rename(self, oldpath: bytes, newpath: bytes) -> None:
            super().rename(oldpath, newpath)
            renames.append(newpath)
            self.channel.get_connection().abort()

    journal = Quiet()
    with center_with(tmp_path / "center", Dropping) as center:
        assert send(settings_for(center), journal=journal) == 2
        assert {path.name: path.read_bytes() for path in center.root.iterdir()} == {NAME: SEALED}
    assert len(renames) == 1
    assert journal.steps == ["begin", "uploaded", "intend"]


def test_a_refused_rename_is_tried_again_but_the_intent_is_written_once(tmp_path: Path) -> None:
    class Refusing(Jail):
        tries = 0

        def rename(self, oldpath: bytes, newpath: bytes) -> None:
            type(self).tries += 1
            if type(self).tries == 1:
                raise asyncssh.SFTPFailure("busy")
            super().rename(oldpath, newpath)

    journal = Quiet()
    with center_with(tmp_path / "center", Refusing) as center:
        assert send(settings_for(center), journal=journal) == 2
        assert {path.name: path.read_bytes() for path in center.root.iterdir()} == {NAME: SEALED}
    assert journal.steps == ["begin", "uploaded", "intend"]


def test_A_56_a_file_taken_at_once_is_not_sent_again_when_the_line_breaks_after_the_rename(tmp_path: Path) -> None:
    taken: list[bytes] = []

    class SweepingAndDropping(Jail):
        drops = 0

        def rename(self, oldpath: bytes, newpath: bytes) -> None:
            super().rename(oldpath, newpath)
            path = Path(os.fsdecode(self.map_path(newpath)))
            taken.append(path.read_bytes())
            path.unlink()

        def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
            if taken and not type(self).drops:
                type(self).drops += 1
                self.channel.get_connection().abort()
            return super().stat(path)  # type: ignore[return-value]

    with center_with(tmp_path / "center", SweepingAndDropping) as center:
        assert send(settings_for(center)) == 2
    assert taken == [SEALED]
