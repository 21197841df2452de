"""The upload center from the receiver's side: real OpenSSH, a folder, and files that somebody names."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bensync.core.ports import Inbox
from bensync.delivery.inbox import FolderInbox, FolderInboxSettings, HandedFile, SftpInbox
from bensync.delivery.publish_modes import MARKER
from bensync.errors import DeliveryError
from tests.fixtures.openssh import CutLine, OpenSsh, free_port

NAME = "ACME0001_DELTA_000001.csv.gpg"


@pytest.fixture
def publish() -> str:
    """How files get their names there."""
    return "rename"


@pytest.fixture(params=["sftp", "folder"])
def place(request: pytest.FixtureRequest, tmp_path: Path, publish: str) -> tuple[Inbox, Path]:
    """An inbox, and the folder behind it."""
    if request.param == "folder":
        root = tmp_path / "folder"
        root.mkdir()
        return FolderInbox(FolderInboxSettings(directory=root, publish=publish)), root
    sshd: OpenSsh = request.getfixturevalue("sshd")
    return SftpInbox(sshd.settings(attempts=1, publish=publish)), sshd.root


def test_plain_files_are_listed_with_size_and_stamp(place: tuple[Inbox, Path]) -> None:
    inbox, root = place
    assert list(inbox.list()) == []
    (root / NAME).write_bytes(b"abc")
    (root / "folder").mkdir()

    (only,) = inbox.list()

    assert (only.name, only.size) == (NAME, 3)
    assert list(inbox.list()) == [only]
    os.utime(root / NAME, (1, 1))
    assert list(inbox.list()) != [only]


@pytest.mark.parametrize("publish", ["marker"])
def test_F23_where_files_are_published_by_markers_only_a_marked_file_has_arrived(place: tuple[Inbox, Path]) -> None:
    inbox, root = place
    (root / NAME).write_bytes(b"abc")
    assert list(inbox.list()) == []

    (root / f"{NAME}{MARKER}").touch()

    assert [file.name for file in inbox.list()] == [NAME]


@pytest.mark.parametrize("size", [0, 1, 32_768, 3_000_001])
def test_a_file_is_read_whole_and_left_where_it_is(place: tuple[Inbox, Path], size: int) -> None:
    inbox, root = place
    content = os.urandom(size)
    (root / NAME).write_bytes(content)

    assert inbox.fetch(NAME, size) == content

    assert (root / NAME).read_bytes() == content


def test_no_more_than_the_limit_is_read(place: tuple[Inbox, Path]) -> None:
    inbox, root = place
    (root / NAME).write_bytes(bytes(101))
    with pytest.raises(DeliveryError, match="grew"):
        inbox.fetch(NAME, 100)


def test_a_file_that_is_gone_is_a_bensync_error(place: tuple[Inbox, Path]) -> None:
    inbox, _ = place
    with pytest.raises(DeliveryError, match=NAME):
        inbox.fetch(NAME, 100)


def test_the_preflight_sees_a_missing_folder(place: tuple[Inbox, Path]) -> None:
    inbox, root = place
    assert all(finding.ok for finding in inbox.check())
    root.rename(root.with_name("away"))
    assert not all(finding.ok for finding in inbox.check())
    with pytest.raises(DeliveryError):
        inbox.list()


def nap(_seconds: float) -> None:
    """No time is lost in tests."""


@pytest.mark.parametrize("act", [lambda inbox: inbox.list(), lambda inbox: inbox.fetch(NAME, 10)])
def test_a_lost_line_is_tried_again(sshd: OpenSsh, act: Callable[[Inbox], object]) -> None:
    (sshd.root / NAME).write_bytes(b"abc")
    with CutLine(sshd.port) as line:
        line.deafen()
        act(SftpInbox(sshd.settings(port=line.port), wait=nap))
        assert (line.cuts, line.connections) == (1, 2)


def test_an_unknown_host_is_not_tried_again(sshd: OpenSsh) -> None:
    with CutLine(sshd.port) as line:
        inbox = SftpInbox(sshd.settings(port=line.port, host_keys=("SHA256:" + "A" * 43,)), wait=nap)
        with pytest.raises(DeliveryError, match="not the host we know"):
            inbox.list()
        assert line.connections == 2  # the second one asks for a key of another type


def test_a_place_out_of_reach_is_given_up_after_some_attempts(sshd: OpenSsh) -> None:
    naps: list[float] = []
    inbox = SftpInbox(sshd.settings(port=free_port(), attempts=3), wait=naps.append)
    with pytest.raises(DeliveryError, match="3 attempts") as caught:
        inbox.list()
    assert caught.value.retry
    assert len(naps) == 2


def test_named_files_are_an_inbox_wherever_they_lie(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"abc")
    inbox = HandedFile([tmp_path / NAME])

    assert [(file.name, file.size) for file in inbox.list()] == [(NAME, 3)]
    assert inbox.fetch(NAME, 3) == b"abc"
    assert list(inbox.check()) == []
    with pytest.raises(DeliveryError, match="No such file"):
        HandedFile([tmp_path / "nothing"]).list()
