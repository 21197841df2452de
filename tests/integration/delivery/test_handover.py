"""The handover under every fault: killed for real, or a full disk, at each point of each upload profile (F22 to F30)."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bensync.delivery.sftp import Sftp
from bensync.testing.couriers import NAME, SEALED
from bensync.testing.profiles import DONE
from tests.fixtures.dying import Diary, session
from tests.fixtures.openssh import OpenSsh, openssh
from tests.fixtures.places import Swept, swept

SIGNED_IN = ("sftp.connect.before", "sftp.connect.after")
WRITTEN = (
    "journal.begin.before",
    "journal.begin.after",
    "sftp.open.before",
    "sftp.open.after",
    "sftp.write.before",
    "sftp.write.after@16",
    "sftp.write.after@32",
    "sftp.fsync.before",
    "sftp.fsync.after",
    "sftp.close.before",
    "sftp.close.after",
)
CHECKED = ("journal.uploaded.before", "journal.uploaded.after")
INTENDED = ("journal.intend.before", "journal.intend.after")
POINTS = {
    "rename": (
        *SIGNED_IN,
        *(f"sftp.stat.before@{number}" for number in (1, 2, 3, 4)),
        *WRITTEN,
        *CHECKED,
        *INTENDED,
        "sftp.rename.before",
        "sftp.rename.after",
        "sftp.stat.after@4",
    ),
    "direct": (
        *SIGNED_IN,
        *(f"sftp.stat.before@{number}" for number in (1, 2, 3)),
        *WRITTEN,
        *INTENDED,
        "sftp.stat.after@3",
    ),
    "marker": (
        *SIGNED_IN,
        *(f"sftp.stat.before@{number}" for number in (1, 2, 3, 4, 5)),
        *WRITTEN,
        *CHECKED,
        *INTENDED,
        "sftp.marker.before",
        "sftp.open.after@2",
        "sftp.close.before@2",
        "sftp.marker.after",
    ),
    "blind": (*SIGNED_IN, *WRITTEN, *INTENDED),
}
KILLS = [(profile, point) for profile, points in POINTS.items() for point in points]
FULL = [(profile, point) for profile, point in KILLS if point.startswith("sftp.")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    folder = tmp_path_factory.mktemp("handover")
    (folder / "incoming").mkdir()
    with openssh(folder / "sshd", folder / "incoming") as running:
        yield running


@pytest.fixture
def root(server: OpenSsh) -> Path:
    for path in server.root.iterdir():
        path.unlink()
    return server.root


def files(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.iterdir()}


def left(profile: str) -> dict[str, bytes]:
    return {NAME: SEALED, DONE: b""} if profile == "marker" else {NAME: SEALED}


def unknowable(profile: str, diary: Diary, there: bool) -> bool:
    """Whether nobody could know from here if the file arrived: only where the place shows nothing, or nothing any more."""
    return diary.intended and (profile == "blind" or (profile == "direct" and not there))


def after(profile: str, server: OpenSsh, root: Path, notes: Path) -> None:
    """The next session ends what the one before it began: delivered once, or in doubt where nobody can know."""
    diary, before = Diary(notes), files(root)
    settings = server.settings(publish=profile, attempts=1)
    ended = session(settings, notes, "")
    if unknowable(profile, diary, NAME in before):
        assert ended.trouble.startswith("DeliveryInDoubt")
        assert files(root).keys() == before.keys()
        # The server may still write down what it got before the kill; nothing of it comes from this session.
        assert "begin" not in Diary(notes).steps[len(diary.steps) :]
    else:
        assert ended.trouble == ""
        assert files(root) == left(profile)
    assert Diary(notes).steps.count("intend") <= 1


@pytest.mark.sampled(4)
@pytest.mark.parametrize(("profile", "point"), KILLS)
def test_F22_to_F29_a_session_killed_at_any_point_is_ended_by_the_next_without_a_second_file(
    server: OpenSsh, root: Path, tmp_path: Path, profile: str, point: str
) -> None:
    notes = tmp_path / "notes"
    name, _, nth = point.partition("@")
    fault = f"{name}=kill@{nth or 1}"
    assert session(server.settings(publish=profile), notes, fault).killed, "the point was never reached"
    after(profile, server, root, notes)


@pytest.mark.sampled(4)
@pytest.mark.parametrize(("profile", "point"), FULL)
def test_a_full_disk_at_any_point_is_a_bensync_error_and_the_next_session_ends_it(
    server: OpenSsh, root: Path, tmp_path: Path, profile: str, point: str
) -> None:
    notes = tmp_path / "notes"
    name, _, nth = point.partition("@")
    ended = session(server.settings(publish=profile, attempts=1), notes, f"{name}=full@{nth or 1}")
    assert not ended.killed
    if ended.trouble == "":  # the effect had happened, and the look after it has seen so
        assert files(root) == left(profile)
        return
    assert os.strerror(errno.ENOSPC) in ended.trouble
    after(profile, server, root, notes)


@pytest.mark.parametrize(
    ("profile", "point"),
    [
        ("rename", "sftp.rename.after"),
        ("rename", "sftp.stat.before@4"),
        ("direct", "sftp.close.after"),
        ("direct", "sftp.stat.before@3"),
        ("marker", "sftp.marker.after"),
        ("marker", "sftp.stat.before@5"),
        ("blind", "sftp.close.after"),
    ],
)
def test_F30_a_file_that_was_taken_before_the_kill_is_never_sent_again(
    server: OpenSsh, root: Path, tmp_path: Path, profile: str, point: str
) -> None:
    notes = tmp_path / "notes"
    name, _, nth = point.partition("@")
    settings = server.settings(publish=profile, attempts=1)
    with swept(Swept(Sftp(settings), root), profile) as place:
        assert session(settings, notes, f"{name}=kill@{nth or 1}").killed
        assert place.taken() == [SEALED]
        ended = session(settings, notes, "")
        assert place.taken() == [SEALED]
    # A marker stays as evidence; otherwise nobody can know.
    assert ended.trouble.partition(" ")[0] == ("" if profile == "marker" else "DeliveryInDoubt")
    assert NAME not in files(root)
