"""Handing a file over by SFTP: lines that break, disks that are full, servers that refuse."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncssh
import pytest

from bensync.delivery.inbox import SftpInbox
from bensync.delivery.ssh import signed_in
from bensync.demo.upload_center import Jail
from bensync.testing.couriers import (
    NAME,
    PART,
    SEALED,
    doubt,
    refusal,
)
from bensync.testing.profiles import DONE
from tests.fixtures.openssh import CutLine, OpenSsh, openssh
from tests.integration.delivery.servers import (
    OTHER_KEY,
    Naps,
    Quiet,
    center_with,
    send,
    server_for,
    settings_for,
)


def test_A_58_a_changed_host_key_stops_before_any_byte_leaves_and_is_not_tried_again(own_sshd: OpenSsh) -> None:
    naps = Naps()
    journal = Quiet()
    with CutLine(own_sshd.port) as line:
        error = refusal(lambda: send(own_sshd.settings(port=line.port, host_keys=(OTHER_KEY,)), naps, journal))
        assert line.connections == 2  # the second one asks for a key of another type
    assert not error.retry
    assert own_sshd.host_key in error.why
    assert naps.seconds == []
    assert journal.steps == []
    assert list(own_sshd.root.iterdir()) == []
    assert "Accepted publickey" not in (own_sshd.root.parent / "sshd" / "sshd.log").read_text()


def test_A_58_one_of_two_pinned_host_keys_is_enough(sshd: OpenSsh) -> None:
    assert send(sshd.settings(host_keys=(OTHER_KEY, sshd.host_key))) == 1


def test_A_55_a_line_that_breaks_during_the_upload_is_tried_again_from_the_start(tmp_path: Path) -> None:
    class Breaking(Jail):
        writes = 0

        def write(self, file_obj: object, offset: int, data: bytes) -> int:
            type(self).writes += 1
            if type(self).writes == 5:
                self.channel.get_connection().abort()
            return super().write(file_obj, offset, data)  # type: ignore[return-value]

    naps, journal = Naps(), Quiet()
    with center_with(tmp_path / "center", Breaking) as center:
        assert send(settings_for(center), naps, journal) == 2
        assert {path.name: path.read_bytes() for path in center.root.iterdir()} == {NAME: SEALED}
    assert len(naps.seconds) == 1
    assert journal.steps == ["begin", "begin", "uploaded", "intend"]
    assert len(set(journal.parts)) == 2


def test_a_full_disk_is_tried_again_in_bounds_and_leaves_nothing(tmp_path: Path) -> None:
    class Full(Jail):
        def write(self, file_obj: object, offset: int, data: bytes) -> int:
            raise asyncssh.SFTPFailure("No space left on device")

    naps, journal = Naps(), Quiet()
    with center_with(tmp_path / "center", Full) as center:
        error = refusal(lambda: send(settings_for(center, attempts=3), naps, journal))
        assert list(center.root.iterdir()) == []
    assert error.retry
    assert "in 3 attempts" in error.what
    assert len(naps.seconds) == 2
    assert journal.steps == ["begin"] * 3


def test_a_written_file_is_flushed_to_the_disk_where_the_server_offers_it(tmp_path: Path) -> None:
    flushed: list[int] = []

    class Flushing(Jail):
        def fsync(self, file_obj: object) -> None:
            flushed.append((root / NAME).stat().st_size)

    root = tmp_path / "center"
    with center_with(root, Flushing) as center:
        assert send(settings_for(center, publish="direct")) == 1
    assert flushed == [len(SEALED)]


def test_a_server_that_cannot_flush_is_not_asked_to(tmp_path: Path) -> None:
    with server_for(tmp_path, "fsync") as server:
        assert send(server.settings()) == 1
        assert (server.root / NAME).read_bytes() == SEALED
        with signed_in(server.settings()) as sftp:
            assert "posix-rename@openssh.com" in sftp.offers
            assert "fsync@openssh.com" not in sftp.offers


@pytest.mark.parametrize("side", ["before", "after"])
def test_trouble_with_removing_what_was_left_behind_is_no_hindrance(
    sshd: OpenSsh, full_at: Callable[[str], None], side: str
) -> None:
    (sshd.root / PART).write_bytes(b"half")
    full_at(f"sftp.remove.{side}")
    assert send(sshd.settings(), part=PART) == 1
    assert (sshd.root / NAME).read_bytes() == SEALED
    assert (sshd.root / PART).exists() is (side == "before")


@pytest.mark.parametrize("point", ["listdir.before", "listdir.after", "read.before", "read.after"])
def test_a_full_disk_while_receiving_is_a_bensync_error(
    sshd: OpenSsh, full_at: Callable[[str], None], point: str
) -> None:
    (sshd.root / NAME).write_bytes(b"1")
    inbox = SftpInbox(sshd.settings(attempts=1))
    full_at(f"sftp.{point}")
    error = refusal(inbox.list if point.startswith("listdir") else lambda: inbox.fetch(NAME, 10))
    assert os.strerror(errno.ENOSPC) in error.why


class Unsized(Jail):
    """Reports no sizes."""

    def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        return _without_size(super().stat(path))

    lstat = stat

    def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
        return _without_size(super().fstat(file_obj))


def _without_size(attributes: object) -> asyncssh.SFTPAttrs:
    assert isinstance(attributes, os.stat_result)
    return asyncssh.SFTPAttrs(permissions=attributes.st_mode)


@pytest.mark.parametrize("publish", ["rename", "direct", "marker"])
def test_a_server_that_reports_no_sizes_gets_the_file_once(tmp_path: Path, publish: str) -> None:
    with center_with(tmp_path / "center", Unsized) as center:
        assert send(settings_for(center, publish=publish)) == 1
        assert (center.root / NAME).read_bytes() == SEALED
        assert {path.name for path in center.root.iterdir()} <= {NAME, DONE}


@pytest.mark.parametrize("publish", ["rename", "direct"])
def test_F28_after_a_crash_a_file_whose_size_nobody_reports_waits_for_a_person(tmp_path: Path, publish: str) -> None:
    with center_with(tmp_path / "center", Unsized) as center:
        (center.root / NAME).write_bytes(SEALED[:1000])
        error = doubt(lambda: send(settings_for(center, publish=publish), publishing=True, part=NAME))
        assert "does not report its size" in error.why
        assert (center.root / NAME).read_bytes() == SEALED[:1000]


@pytest.mark.parametrize(("publish", "suffix"), [("marker", NAME), ("rename", ".part")])
def test_F30_a_file_that_is_gone_as_soon_as_it_is_closed_is_in_doubt_and_not_sent_again(
    tmp_path: Path, publish: str, suffix: str
) -> None:
    taken: list[str] = []

    class Collecting(Jail):
        def close(self, file_obj: object) -> None:
            path = Path(os.fsdecode(file_obj.name))  # type: ignore[attr-defined]
            super().close(file_obj)  # type: ignore[arg-type]
            if path.name.endswith(suffix):
                taken.append(path.name)
                path.unlink()

    journal = Quiet()
    with center_with(tmp_path / "center", Collecting) as center:
        error = doubt(lambda: send(settings_for(center, publish=publish), journal=journal))
        assert "gone as soon as it was closed" in error.why
        part = journal.parts[-1]
        doubt(lambda: send(settings_for(center, publish=publish), publishing=True, part=part))
    assert len(taken) == 1
    assert journal.steps == ["begin", "intend"]


@pytest.mark.parametrize("instead", ["marker", "direct"])
def test_a_server_that_does_not_rename_names_the_profile_and_the_next_one_sends_the_same_file_once(
    tmp_path: Path, instead: str
) -> None:
    class Unrenaming(Jail):
        def rename(self, oldpath: bytes, newpath: bytes) -> None:
            raise asyncssh.SFTPOpUnsupported("Operation unsupported")

    journal = Quiet()
    with center_with(tmp_path / "center", Unrenaming) as center:
        error = refusal(lambda: send(settings_for(center), journal=journal))
        assert not error.retry
        assert "publish" in error.why
        assert instead in error.fix

        part = journal.parts[-1]
        again = Quiet()
        assert send(settings_for(center, publish=instead), journal=again, publishing=True, part=part) == 1

        expected = {NAME: SEALED, DONE: b""} if instead == "marker" else {NAME: SEALED}
        assert {path.name: path.read_bytes() for path in center.root.iterdir()} == expected
    assert journal.steps == ["begin", "uploaded", "intend"]
    assert "intend" not in again.steps


@pytest.mark.parametrize("instead", ["marker", "direct"])
def test_F30_another_profile_does_not_send_again_what_may_have_been_renamed(tmp_path: Path, instead: str) -> None:
    with center_with(tmp_path / "center", Jail) as center:
        doubt(lambda: send(settings_for(center, publish=instead), publishing=True, part=PART))
        assert list(center.root.iterdir()) == []


class Bare(Jail):
    """Lists names alone, or nothing but what ``ls -l`` shows."""

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        for name, kind in self.entries(path):
            long = b"" if self.names_only else kind + b" 1 0 0 " + name
            yield asyncssh.SFTPName(name, long, asyncssh.SFTPAttrs())

    def entries(self, path: bytes) -> list[tuple[bytes, bytes]]:
        files = Path(os.fsdecode(self.map_path(path))).iterdir()
        return [(os.fsencode(file.name), b"drwxr-xr-x" if file.is_dir() else b"-rw-r--r--") for file in files]

    names_only = True


class Long(Bare):
    names_only = False


@pytest.mark.parametrize("jail", [Bare, Long])
def test_a_listing_without_sizes_and_permissions_hides_no_file(tmp_path: Path, jail: type[Jail]) -> None:
    with center_with(tmp_path / "center", jail) as center:
        (center.root / NAME).write_bytes(SEALED)
        if jail is Long:
            (center.root / "folder").mkdir()
        inbox = SftpInbox(settings_for(center))
        (file,) = inbox.list()
        assert (file.name, file.size, file.stamp) == (NAME, None, "")
        assert inbox.fetch(NAME, len(SEALED)) == SEALED


def test_a_folder_that_may_not_be_listed_is_a_finding_and_an_error_but_never_nothing_new(tmp_path: Path) -> None:
    root = tmp_path / "incoming"
    root.mkdir()
    with openssh(tmp_path / "sshd", root, "ForceCommand internal-sftp -P opendir,readdir") as server:
        inbox = SftpInbox(server.settings(attempts=1))
        assert "The server denies permission." in refusal(inbox.list).why
        (finding,) = inbox.check()
    assert not finding.ok
    assert "The server denies permission." in finding.detail
