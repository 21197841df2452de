"""Upload centers that forbid renaming, read markers, or show no files."""

from __future__ import annotations

from pathlib import Path

import asyncssh
import pytest

from bensync.delivery.inbox import SftpInbox
from bensync.demo.upload_center import Jail
from bensync.testing.couriers import (
    NAME,
    SEALED,
    doubt,
)
from bensync.testing.profiles import DONE
from tests.fixtures.openssh import OpenSsh
from tests.fixtures.places import PROFILES
from tests.integration.delivery.servers import (
    Quiet,
    center_with,
    send,
    settings_for,
)


@pytest.mark.parametrize("step", ["fsync", "close", "write"])
def test_a_no_to_the_last_write_or_to_the_closing_is_heard_where_nothing_can_be_looked_at(
    tmp_path: Path, step: str
) -> None:
    class Refusing(Jail):
        def fsync(self, file_obj: object) -> None:
            self.refuse("fsync")
            super().fsync(file_obj)

        def close(self, file_obj: object) -> None:
            super().close(file_obj)
            self.refuse("close")

        def write(self, file_obj: object, offset: int, data: bytes) -> int:
            if offset + len(data) == len(SEALED):
                self.refuse("write")
            return super().write(file_obj, offset, data)  # type: ignore[return-value]

        def refuse(self, path: str) -> None:
            if path == step:
                raise asyncssh.SFTPFailure("quota exceeded")

    journal = Quiet()
    with center_with(tmp_path / "center", Refusing) as center:
        error = doubt(lambda: send(settings_for(center, publish="blind"), journal=journal))
        again = {"part": journal.parts[-1], "publishing": True}
        doubt(lambda: send(settings_for(center, publish="blind"), **again))
    assert "quota exceeded" in error.why
    assert journal.steps == ["begin", "intend"]


@pytest.mark.parametrize("publish", PROFILES)
def test_a_line_that_breaks_during_the_upload_is_settled_by_each_profile_in_its_way(
    tmp_path: Path, publish: str
) -> None:
    class Breaking(Jail):
        writes = 0

        def write(self, file_obj: object, offset: int, data: bytes) -> int:
            type(self).writes += 1
            if type(self).writes == 5:
                self.channel.get_connection().abort()
            return super().write(file_obj, offset, data)  # type: ignore[return-value]

    with center_with(tmp_path / "center", Breaking) as center:
        if publish == "blind":
            doubt(lambda: send(settings_for(center, publish=publish)))
            assert len((center.root / NAME).read_bytes()) < len(SEALED)
        else:
            assert send(settings_for(center, publish=publish)) == 2
            assert {path.name: path.read_bytes() for path in center.root.iterdir()} == {
                NAME: SEALED,
                **({DONE: b""} if publish == "marker" else {}),
            }


def test_a_file_of_ours_never_shrinks_while_it_is_written_again(tmp_path: Path) -> None:
    sizes: list[int] = []

    class Measuring(Jail):
        def write(self, file_obj: object, offset: int, data: bytes) -> int:
            sizes.append((root / NAME).stat().st_size)
            return super().write(file_obj, offset, data)  # type: ignore[return-value]

    root = tmp_path / "center"
    with center_with(root, Measuring) as center:
        (root / NAME).write_bytes(SEALED[:500_000])
        assert send(settings_for(center, publish="direct"), part=NAME, publishing=True) == 1
    assert min(sizes) == 500_000
    assert (root / NAME).read_bytes() == SEALED


def test_a_receiver_of_marked_files_sees_no_others_and_no_markers(sshd: OpenSsh) -> None:
    for name in ("a.csv", "a.csv.done", "b.csv", "c.csv.done"):
        (sshd.root / name).write_bytes(b"1")
    assert [file.name for file in SftpInbox(sshd.settings(publish="marker")).list()] == ["a.csv"]
    assert len(SftpInbox(sshd.settings()).list()) == 4
