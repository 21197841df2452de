"""Reaching an SFTP server and signing in: time limits, keys, ciphers, folders, and the preflight."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from bensync.core.ports import OutgoingFile
from bensync.delivery.gpg import Gpg
from bensync.delivery.sftp import Sftp
from bensync.delivery.ssh import signed_in
from bensync.demo import upload_center as upload_center_module
from bensync.demo.upload_center import Jail, UploadCenter
from bensync.errors import HostKeyRefused
from bensync.testing.couriers import (
    NAME,
    SEALED,
    outgoing_file,
    refusal,
)
from tests.fixtures.gnupg import Correspondence
from tests.fixtures.openssh import CutLine, OpenSsh, free_port, openssh
from tests.integration.delivery.servers import OTHER_KEY, Naps, Quiet, center_with, send, settings_for


def test_a_server_that_does_not_answer_is_given_up_after_the_time_limit(sshd: OpenSsh) -> None:
    naps = Naps()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        begin = time.monotonic()
        error = refusal(lambda: send(sshd.settings(port=port, timeout=0.3, attempts=2), naps))
        assert time.monotonic() - begin < 60
    assert error.retry
    assert len(naps.seconds) == 1


def test_an_operation_that_hangs_is_given_up_after_the_time_limit(tmp_path: Path) -> None:
    class Hanging(Jail):
        async def stat(self, path: bytes) -> asyncssh.SFTPAttrs:  # type: ignore[override]
            await asyncio.sleep(600)
            return asyncssh.SFTPAttrs()

    with center_with(tmp_path / "center", Hanging) as center:
        begin = time.monotonic()
        error = refusal(lambda: send(settings_for(center, timeout=0.5, attempts=1)))
        assert time.monotonic() - begin < 60
    assert error.retry


def test_a_sign_in_that_hangs_half_way_is_given_up_after_the_time_limit(tmp_path: Path) -> None:
    gate = threading.Event()

    class Stuck(Jail):
        def __init__(self, channel: asyncssh.SSHServerChannel[bytes]) -> None:
            gate.wait(600)
            super().__init__(channel)

    with center_with(tmp_path / "center", Stuck) as center:
        begin = time.monotonic()
        error = refusal(lambda: send(settings_for(center, timeout=0.3, attempts=1)))
        seconds = time.monotonic() - begin
        gate.set()
    assert error.retry
    assert seconds < 60


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
        assert courier.deliver(outgoing_file(), Quiet()) == 2
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
    assert "The server denies permission." in error.why
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
def test_keys_of_every_kind_sign_in(
    own_sshd: OpenSsh, tmp_path: Path, options: tuple[str, ...], passphrase: str
) -> None:
    file = tmp_path / "another"
    subprocess.run(["ssh-keygen", "-q", *options, "-N", passphrase, "-f", str(file)], check=True)
    (tmp_path / "sshd" / "authorized_keys").write_text(file.with_suffix(".pub").read_text())
    settings = own_sshd.settings(private_key=file.read_text(), passphrase=passphrase or None)
    assert send(settings) == 1


@pytest.mark.parametrize(
    "text", ["", "not a key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"]
)
def test_a_key_that_cannot_be_read_is_reported_without_its_text(sshd: OpenSsh, text: str) -> None:
    error = refusal(lambda: send(sshd.settings(private_key=text)))
    assert not error.retry
    assert "private key" in error.what
    assert text.strip() == "" or text not in repr(error.as_json())


def test_the_preflight_reports_a_changed_host_key_and_a_missing_folder(sshd: OpenSsh) -> None:
    for other in ({"host_keys": (OTHER_KEY,)}, {"directory": "/no/such/folder"}, {"port": free_port()}):
        (finding,) = Sftp(sshd.settings(**other)).check()
        assert not finding.ok
        assert finding.fix


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
    assert Sftp(sshd.settings()).deliver(OutgoingFile(NAME, total, sealed, "", publishing=False), Quiet()) == 1
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert sent == total == (sshd.root / NAME).stat().st_size
    assert grown < 12 << 10  # kibibytes
    assert keys.receiver.decrypt((sshd.root / NAME).read_bytes()) == block * (size // len(block))


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
def test_A_58_a_pinned_host_key_is_found_whatever_type_the_server_shows_first(tmp_path: Path, kind: str) -> None:
    root = tmp_path / "incoming"
    root.mkdir()
    extra = [another_host_key(tmp_path, other) for other in ("rsa", "ecdsa", "ed25519")]
    with openssh(tmp_path / "sshd", root, "\n".join(f"HostKey {file}" for file in extra)) as server:
        pin = (tmp_path / f"host_{kind}.pub").read_text()
        assert send(server.settings(host_keys=(pin,))) == 1
        error = refusal(lambda: send(server.settings(host_keys=(OTHER_KEY,))))
    assert isinstance(error, HostKeyRefused)
    assert all(f"{name} SHA256:" in error.why for name in ("ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519"))


def another_host_key(folder: Path, kind: str) -> Path:
    file = folder / f"host_{kind}"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(file)], check=True)
    return file


@pytest.mark.parametrize("more", ["password", "keyboard-interactive"])
def test_a_server_that_accepts_the_key_and_asks_for_more_says_so_and_asks_nobody(tmp_path: Path, more: str) -> None:
    root = tmp_path / "incoming"
    root.mkdir()
    extra = f"AuthenticationMethods publickey,{more}\nPasswordAuthentication yes\nKbdInteractiveAuthentication yes"
    with openssh(tmp_path / "sshd", root, extra) as server:
        error = refusal(lambda: send(server.settings()))
        assert "Partial publickey" in (tmp_path / "sshd" / "sshd.log").read_text()
    assert not error.retry
    assert "accepted our key" in error.why
    assert more in error.why


def test_a_server_that_takes_no_keys_says_what_it_takes(tmp_path: Path) -> None:
    root = tmp_path / "incoming"
    root.mkdir()
    extra = "PubkeyAuthentication no\nPasswordAuthentication yes"
    with openssh(tmp_path / "sshd", root, extra) as server:
        error = refusal(lambda: send(server.settings()))
    assert not error.retry
    assert "takes no keys" in error.why
    assert "password" in error.why


@pytest.mark.parametrize(
    ("line", "which"),
    [
        ("KexAlgorithms diffie-hellman-group14-sha1", "kex"),
        ("Ciphers aes256-cbc", "ciphers"),
        ("MACs hmac-sha1\nCiphers aes128-ctr", "macs"),
    ],
)
def test_a_server_with_outdated_algorithms_says_which_ones(tmp_path: Path, line: str, which: str) -> None:
    root = tmp_path / "incoming"
    root.mkdir()
    with openssh(tmp_path / "sshd", root, line) as server:
        error = refusal(lambda: send(server.settings()))
    assert not error.retry
    assert "outdated" in error.why
    assert which in error.why
