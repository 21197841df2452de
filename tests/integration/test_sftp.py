from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import resource
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncssh
import pydantic
import pytest

from bensync import faults
from bensync.core.ports import Parcel, Witness
from bensync.delivery.gpg import Gpg
from bensync.delivery.inbox import SftpInbox
from bensync.delivery.sftp import Sftp, SftpSettings
from bensync.delivery.ssh import signed_in
from bensync.demo import upload_center as upload_center_module
from bensync.demo.upload_center import Jail, UploadCenter
from bensync.testing.couriers import (
    NAME,
    PART,
    SEALED,
    CourierContract,
    Notes,
    SweptContract,
    doubt,
    parcel,
    refusal,
)
from bensync.testing.profiles import DONE, BlindContract, DirectContract, MarkerContract
from tests.fixtures.gnupg import Correspondence
from tests.fixtures.openssh import CutLine, OpenSsh, free_port, openssh
from tests.fixtures.places import PROFILES, RootPlace, Swept, swept

OTHER_KEY = "SHA256:" + "A" * 43


class Naps:
    """Stands in for waiting, and remembers how long it would have been."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def settings_for(center: UploadCenter, **other: object) -> SftpSettings:
    known: dict[str, object] = {
        "host": center.host,
        "port": center.port,
        "user": center.user,
        "private_key": center.client_key,
        "host_keys": (center.host_key,),
    }
    return SftpSettings.model_validate(known | other)


@contextlib.contextmanager
def center_with(root: Path, jail: type[Jail]) -> Iterator[UploadCenter]:
    root.mkdir()
    with UploadCenter(root, jail=jail) as center:
        yield center


def notes_at(root: Path, **then: Callable[[], object]) -> Notes:
    """A witness who looks into the folder."""
    return Notes(RootPlace(Sftp.__new__(Sftp), root), then)


class Quiet:
    """A witness who only remembers the steps."""

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


def send(settings: SftpSettings, naps: Naps | None = None, witness: Witness | None = None, **of: object) -> int:
    return Sftp(settings, wait=naps or Naps()).deliver(parcel(**of), witness or Quiet())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    """An OpenSSH server that allows everything."""
    with server_for(tmp_path_factory.mktemp("lenient"), "") as server:
        yield server


@pytest.fixture(scope="module")
def unrenaming(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    """An OpenSSH server where nobody may rename."""
    with server_for(tmp_path_factory.mktemp("unrenaming"), "rename,posix-rename,hardlink,symlink") as server:
        yield server


@pytest.fixture(scope="module")
def blind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    """An OpenSSH server where nobody can see anything, nor change what is there."""
    forbidden = "stat,lstat,fstat,opendir,readdir,realpath,read,remove,rename,posix-rename,hardlink,symlink,statvfs"
    with server_for(tmp_path_factory.mktemp("blind"), forbidden) as server:
        yield server


@contextlib.contextmanager
def server_for(folder: Path, forbidden: str) -> Iterator[OpenSsh]:
    root = folder / "incoming"
    root.mkdir()
    command = f"ForceCommand internal-sftp -P {forbidden}" if forbidden else ""
    with openssh(folder / "sshd", root, command) as server:
        yield server


@pytest.fixture(autouse=True)
def emptied(request: pytest.FixtureRequest) -> None:
    """The servers that live for the whole module begin each test with an empty folder."""
    for name in {"lenient", "unrenaming", "blind"} & set(request.fixturenames):
        for path in request.getfixturevalue(name).root.iterdir():
            path.unlink()


def place_at(server: OpenSsh, publish: str) -> RootPlace:
    return RootPlace(Sftp(server.settings(publish=publish), wait=Naps()), server.root)


def place_in(center: UploadCenter, publish: str) -> RootPlace:
    return RootPlace(Sftp(settings_for(center, publish=publish), wait=Naps()), center.root)


class TestOpenSshKeepsTheContract(CourierContract):
    @pytest.fixture
    def place(self, lenient: OpenSsh) -> RootPlace:
        return place_at(lenient, "rename")


class TestOpenSshKeepsTheContractOfDirect(DirectContract):
    @pytest.fixture
    def place(self, unrenaming: OpenSsh) -> RootPlace:
        return place_at(unrenaming, "direct")


class TestOpenSshKeepsTheContractOfMarkers(MarkerContract):
    @pytest.fixture
    def place(self, unrenaming: OpenSsh) -> RootPlace:
        return place_at(unrenaming, "marker")


class TestOpenSshKeepsTheContractOfBlind(BlindContract):
    @pytest.fixture
    def place(self, blind: OpenSsh) -> RootPlace:
        return place_at(blind, "blind")


class TestTheUploadCenterKeepsTheContract(CourierContract):
    @pytest.fixture
    def place(self, upload_center: UploadCenter) -> RootPlace:
        return place_in(upload_center, "rename")


class TestTheUploadCenterKeepsTheContractOfDirect(DirectContract):
    @pytest.fixture
    def place(self, upload_center: UploadCenter) -> RootPlace:
        return place_in(upload_center, "direct")


class TestTheUploadCenterKeepsTheContractOfMarkers(MarkerContract):
    @pytest.fixture
    def place(self, upload_center: UploadCenter) -> RootPlace:
        return place_in(upload_center, "marker")


class TestTheUploadCenterKeepsTheContractOfBlind(BlindContract):
    @pytest.fixture
    def place(self, upload_center: UploadCenter) -> RootPlace:
        return place_in(upload_center, "blind")


class TestASweptOpenSshKeepsTheContract(SweptContract):
    @pytest.fixture(params=PROFILES)
    def place(self, request: pytest.FixtureRequest, lenient: OpenSsh) -> Iterator[Swept]:
        courier = Sftp(lenient.settings(publish=request.param), wait=Naps())
        with swept(Swept(courier, lenient.root), request.param) as place:
            yield place


class TestASweptUploadCenterKeepsTheContract(SweptContract):
    """Here the file is gone before the answer is on its way."""

    @pytest.fixture(params=PROFILES)
    def place(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Swept]:
        profile: str = request.param
        place = Swept(Sftp.__new__(Sftp), tmp_path / "center")

        class Sweeping(Jail):
            def rename(self, oldpath: bytes, newpath: bytes) -> None:
                super().rename(oldpath, newpath)
                self.sweep()

            def close(self, file_obj: object) -> None:
                super().close(file_obj)
                self.sweep()

            def sweep(self) -> None:
                if place.counts(profile):
                    place.take()

        with center_with(place.root, Sweeping) as center:
            place.courier = Sftp(settings_for(center, publish=profile), wait=Naps())
            yield place


def test_A_58_a_changed_host_key_stops_before_any_byte_leaves_and_is_not_tried_again(sshd: OpenSsh) -> None:
    naps = Naps()
    witness = Quiet()
    with CutLine(sshd.port) as line:
        error = refusal(lambda: send(sshd.settings(port=line.port, host_keys=(OTHER_KEY,)), naps, witness))
        assert line.connections == 1
    assert not error.retry
    assert sshd.host_key in error.why
    assert naps.seconds == []
    assert witness.steps == []
    assert list(sshd.root.iterdir()) == []
    assert "Accepted publickey" not in (sshd.root.parent / "sshd" / "sshd.log").read_text()


def test_A_58_one_of_two_pinned_host_keys_is_enough(sshd: OpenSsh) -> None:
    assert send(sshd.settings(host_keys=(OTHER_KEY, sshd.host_key))) == 1


def test_A_56_a_lost_answer_to_the_rename_is_looked_up_and_not_sent_twice(sshd: OpenSsh) -> None:
    reads = 0

    def chunks() -> Iterator[bytes]:
        nonlocal reads
        reads += 1
        yield SEALED

    with CutLine(sshd.port) as line:
        courier = Sftp(sshd.settings(port=line.port), wait=Naps())
        witness = notes_at(sshd.root, intend=line.deafen)
        assert courier.deliver(Parcel(NAME, len(SEALED), chunks, part="", publishing=False), witness) == 2
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

    witness = Quiet()
    with center_with(tmp_path / "center", Dropping) as center:
        assert send(settings_for(center), witness=witness) == 2
        assert {path.name: path.read_bytes() for path in center.root.iterdir()} == {NAME: SEALED}
    assert len(renames) == 1
    assert witness.steps == ["begin", "uploaded", "intend"]


def test_A_55_a_line_that_breaks_during_the_upload_is_tried_again_from_the_start(tmp_path: Path) -> None:
    class Breaking(Jail):
        writes = 0

        def write(self, file_obj: object, offset: int, data: bytes) -> int:
            type(self).writes += 1
            if type(self).writes == 5:
                self.channel.get_connection().abort()
            return super().write(file_obj, offset, data)  # type: ignore[return-value]

    naps, witness = Naps(), Quiet()
    with center_with(tmp_path / "center", Breaking) as center:
        assert send(settings_for(center), naps, witness) == 2
        assert {path.name: path.read_bytes() for path in center.root.iterdir()} == {NAME: SEALED}
    assert len(naps.seconds) == 1
    assert witness.steps == ["begin", "begin", "uploaded", "intend"]
    assert len(set(witness.parts)) == 2


def test_a_full_disk_is_tried_again_in_bounds_and_leaves_nothing(tmp_path: Path) -> None:
    class Full(Jail):
        def write(self, file_obj: object, offset: int, data: bytes) -> int:
            raise asyncssh.SFTPFailure("No space left on device")

    naps, witness = Naps(), Quiet()
    with center_with(tmp_path / "center", Full) as center:
        error = refusal(lambda: send(settings_for(center, attempts=3), naps, witness))
        assert list(center.root.iterdir()) == []
    assert error.retry
    assert "in 3 attempts" in error.what
    assert len(naps.seconds) == 2
    assert witness.steps == ["begin"] * 3


def test_a_refused_rename_is_tried_again_but_the_intent_is_written_once(tmp_path: Path) -> None:
    class Refusing(Jail):
        tries = 0

        def rename(self, oldpath: bytes, newpath: bytes) -> None:
            type(self).tries += 1
            if type(self).tries == 1:
                raise asyncssh.SFTPFailure("busy")
            super().rename(oldpath, newpath)

    witness = Quiet()
    with center_with(tmp_path / "center", Refusing) as center:
        assert send(settings_for(center), witness=witness) == 2
        assert {path.name: path.read_bytes() for path in center.root.iterdir()} == {NAME: SEALED}
    assert witness.steps == ["begin", "uploaded", "intend"]


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

        def refuse(self, here: str) -> None:
            if here == step:
                raise asyncssh.SFTPFailure("quota exceeded")

    witness = Quiet()
    with center_with(tmp_path / "center", Refusing) as center:
        error = doubt(lambda: send(settings_for(center, publish="blind"), witness=witness))
        again = {"part": witness.parts[-1], "publishing": True}
        doubt(lambda: send(settings_for(center, publish="blind"), **again))
    assert "quota exceeded" in error.why
    assert witness.steps == ["begin", "intend"]


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
    assert [found.name for found in SftpInbox(sshd.settings(publish="marker")).list()] == ["a.csv"]
    assert len(SftpInbox(sshd.settings()).list()) == 4


@pytest.fixture
def full_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Lets the disk be full at a named point."""

    def arm(point: str) -> None:
        monkeypatch.setenv(faults.VARIABLE, f"{point}=full")
        monkeypatch.setenv("BENSYNC_TEST", "1")
        faults.arm()

    yield arm
    monkeypatch.undo()
    faults.arm()


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
def test_a_full_disk_while_receiving_is_an_error_of_the_house(
    sshd: OpenSsh, full_at: Callable[[str], None], point: str
) -> None:
    (sshd.root / NAME).write_bytes(b"1")
    inbox = SftpInbox(sshd.settings(attempts=1))
    full_at(f"sftp.{point}")
    error = refusal(inbox.list if point.startswith("listdir") else lambda: inbox.fetch(NAME, 10))
    assert os.strerror(errno.ENOSPC) in error.why


def test_a_server_that_does_not_answer_is_given_up_after_the_time_limit(sshd: OpenSsh) -> None:
    naps = Naps()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        begin = time.monotonic()
        error = refusal(lambda: send(sshd.settings(port=port, timeout=0.3, attempts=2), naps))
        assert time.monotonic() - begin < 10
    assert error.retry
    assert len(naps.seconds) == 1


def test_an_operation_that_hangs_is_given_up_after_the_time_limit(tmp_path: Path) -> None:
    class Hanging(Jail):
        async def stat(self, path: bytes) -> asyncssh.SFTPAttrs:  # type: ignore[override]
            await asyncio.sleep(60)
            return asyncssh.SFTPAttrs()

    with center_with(tmp_path / "center", Hanging) as center:
        begin = time.monotonic()
        error = refusal(lambda: send(settings_for(center, timeout=0.5, attempts=1)))
        assert time.monotonic() - begin < 10
    assert error.retry


def test_a_sign_in_that_hangs_half_way_is_given_up_after_the_time_limit(tmp_path: Path) -> None:
    gate = threading.Event()

    class Stuck(Jail):
        def __init__(self, channel: asyncssh.SSHServerChannel[bytes]) -> None:
            gate.wait(20)
            super().__init__(channel)

    with center_with(tmp_path / "center", Stuck) as center:
        begin = time.monotonic()
        error = refusal(lambda: send(settings_for(center, timeout=0.3, attempts=1)))
        seconds = time.monotonic() - begin
        gate.set()
    assert error.retry
    assert seconds < 10


def test_a_server_that_is_down_is_tried_again_in_bounds(sshd: OpenSsh) -> None:
    naps = Naps()
    error = refusal(lambda: send(sshd.settings(port=free_port(), attempts=4), naps))
    assert error.retry
    assert error.code == 13
    assert "127.0.0.1" in error.what
    assert NAME in error.what
    assert len(naps.seconds) == 3
    assert all(0 < seconds <= 61 for seconds in naps.seconds)


def test_no_attempt_begins_after_the_time_to_give_up(sshd: OpenSsh) -> None:
    naps = Naps()
    error = refusal(lambda: send(sshd.settings(port=free_port(), attempts=50, give_up_after=0.5), naps))
    assert error.retry
    assert naps.seconds == []


def test_a_server_that_comes_back_gets_the_file(tmp_path: Path) -> None:
    center = UploadCenter(tmp_path, port=free_port())
    with contextlib.ExitStack() as later:
        courier = Sftp(settings_for(center), wait=lambda _: later.enter_context(center) and None)
        assert courier.deliver(parcel(), Quiet()) == 2
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {NAME: SEALED}


def test_a_refused_key_is_not_tried_again(sshd: OpenSsh, upload_center: UploadCenter) -> None:
    naps = Naps()
    error = refusal(lambda: send(sshd.settings(private_key=upload_center.client_key), naps))
    assert not error.retry
    assert "refused our key" in error.why
    assert naps.seconds == []
    assert "PRIVATE KEY" not in repr(error.as_json())


def test_an_unknown_user_is_refused_by_the_upload_center(upload_center: UploadCenter) -> None:
    error = refusal(lambda: send(settings_for(upload_center, user="somebody")))
    assert not error.retry


def test_a_line_lost_while_signing_in_is_tried_again(tmp_path: Path) -> None:
    naps = Naps()
    root = tmp_path / "incoming"
    root.mkdir()
    with openssh(tmp_path / "sshd", root) as server, CutLine(server.port) as line:
        line.deafen()
        assert send(server.settings(port=line.port), naps) == 2
        assert line.cuts == 1
    assert len(naps.seconds) == 1


def test_a_line_lost_after_our_key_was_shown_is_no_refusal(
    upload_center: UploadCenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = upload_center_module._Doorkeeper.begin_auth
    losses: list[str] = []

    def lose(self: upload_center_module._Doorkeeper, username: str) -> bool:
        if not losses:
            losses.append(username)
            self._connection.abort()
        return ask(self, username)

    monkeypatch.setattr(upload_center_module._Doorkeeper, "begin_auth", lose)
    assert send(settings_for(upload_center)) == 2
    assert len(losses) == 1


def test_a_missing_folder_is_not_tried_again(sshd: OpenSsh) -> None:
    naps = Naps()
    error = refusal(lambda: send(sshd.settings(directory="/no/such/folder"), naps))
    assert not error.retry
    assert "/no/such/folder" in error.what
    assert naps.seconds == []


def test_a_folder_where_writing_is_forbidden_is_not_tried_again(tmp_path: Path) -> None:
    root = tmp_path / "incoming"
    root.mkdir()
    naps = Naps()
    with openssh(tmp_path / "sshd", root, "ForceCommand internal-sftp -R") as server:
        error = refusal(lambda: send(server.settings(), naps))
    assert not error.retry
    assert "permission denied" in error.why
    assert naps.seconds == []
    assert list(root.iterdir()) == []


def test_a_server_with_outdated_ciphers_only_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "incoming"
    root.mkdir()
    with openssh(tmp_path / "sshd", root, "Ciphers aes128-cbc") as server:
        error = refusal(lambda: send(server.settings()))
    assert not error.retry
    assert list(root.iterdir()) == []


def test_the_line_is_sealed_with_aes_gcm_where_the_server_offers_it(sshd: OpenSsh) -> None:
    with signed_in(sshd.settings()) as sftp:
        channel = sftp.get_channel()
        assert channel is not None
        assert channel.get_transport().remote_cipher == "aes128-gcm@openssh.com"


@pytest.mark.parametrize(
    ("options", "passphrase"),
    [
        (("-t", "ed25519"), ""),
        (("-t", "ed25519"), "sesame-open"),
        (("-t", "ecdsa"), ""),
        (("-t", "rsa"), ""),
        (("-t", "rsa", "-m", "PEM"), "sesame-open"),
    ],
)
def test_keys_of_every_kind_sign_in(sshd: OpenSsh, tmp_path: Path, options: tuple[str, ...], passphrase: str) -> None:
    file = tmp_path / "another"
    subprocess.run(["ssh-keygen", "-q", *options, "-N", passphrase, "-f", str(file)], check=True)
    (tmp_path / "sshd" / "authorized_keys").write_text(file.with_suffix(".pub").read_text())
    settings = sshd.settings(private_key=file.read_text(), passphrase=passphrase or None)
    assert send(settings) == 1


@pytest.mark.parametrize(
    "text", ["", "not a key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"]
)
def test_a_key_that_cannot_be_read_is_told_without_its_text(sshd: OpenSsh, text: str) -> None:
    error = refusal(lambda: send(sshd.settings(private_key=text)))
    assert not error.retry
    assert "private key" in error.what
    assert text.strip() == "" or text not in repr(error.as_json())


def test_the_preflight_tells_a_changed_host_key_and_a_missing_folder(sshd: OpenSsh) -> None:
    for other in ({"host_keys": (OTHER_KEY,)}, {"directory": "/no/such/folder"}, {"port": free_port()}):
        (finding,) = Sftp(sshd.settings(**other)).check()
        assert not finding.ok
        assert finding.mend


@pytest.mark.parametrize("pins", [(), ("MD5:00:11",), ("SHA256:short",)])
def test_settings_without_a_true_pin_are_refused_and_keep_the_key_to_themselves(pins: tuple[str, ...]) -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        SftpSettings(host="sftp.example.test", user="me", private_key=pydantic.SecretStr("secret-key"), host_keys=pins)
    assert "secret-key" not in str(caught.value)


def test_twenty_megabytes_are_sealed_and_sent_in_flat_memory(sshd: OpenSsh, keys: Correspondence) -> None:
    size = 20 << 20
    block = os.urandom(1 << 16)
    sent = 0

    def plain() -> Iterator[bytes]:
        for _ in range(size // len(block)):
            yield block

    def sealed() -> Iterator[bytes]:
        nonlocal sent
        for chunk in Gpg(keys.settings(compress="none")).seal(plain()):
            sent += len(chunk)
            yield chunk

    send(sshd.settings(), name="warm-up")
    total = sum(map(len, sealed()))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sent = 0
    # gpg pads nothing, so that a second sealing of the same size has the same length.
    assert Sftp(sshd.settings()).deliver(Parcel(NAME, total, sealed, "", publishing=False), Quiet()) == 1
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert sent == total == (sshd.root / NAME).stat().st_size
    assert grown < 12 << 10  # kibibytes
    assert keys.receiver.decrypt((sshd.root / NAME).read_bytes()) == block * (size // len(block))
