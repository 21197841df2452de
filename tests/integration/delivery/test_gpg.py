from __future__ import annotations

import os
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pydantic
import pytest

from bensync.delivery.gpg import Gpg, GpgSettings
from bensync.demo.keys import Keyring
from bensync.errors import DeliveryError
from tests.fixtures.gnupg import Correspondence

PLAIN = b"".join(b"%06d,canary-of-plain-text,2026-01-05\n" % number for number in range(40_000))
CANARY = b"canary-of-plain-text"


def blocks(content: bytes = PLAIN, size: int = 10_007) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def untouched() -> Iterator[bytes]:
    raise AssertionError("no byte of the plain text may be read")
    yield b""


def refused(settings: GpgSettings) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        Gpg(settings).seal(untouched())
    assert caught.value.why
    assert caught.value.fix
    assert not caught.value.retry
    return caught.value


def threads() -> set[threading.Thread]:
    return set(threading.enumerate())


def canaries(*folders: Path) -> list[Path]:
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if CANARY in path.read_bytes()]


@pytest.mark.parametrize("compress", ["fast", "none"])
def test_plain_gpg_of_the_receiver_opens_the_same_bytes(keys: Correspondence, compress: str) -> None:
    sealed = b"".join(Gpg(keys.settings(compress=compress)).seal(blocks()))
    assert CANARY not in sealed
    assert not sealed.startswith(b"-----")
    assert keys.receiver.decrypt(sealed) == PLAIN
    assert (len(sealed) < len(PLAIN) / 2) == (compress == "fast")


@pytest.mark.parametrize("content", [b"", b"x", PLAIN])
def test_any_length_and_empty_blocks_arrive(keys: Correspondence, content: bytes) -> None:
    sealed = b"".join(Gpg(keys.settings()).seal([b"", content, b"", b""]))
    assert keys.receiver.decrypt(sealed) == content


def test_a_signed_file_carries_a_good_signature_of_the_pinned_signer(keys: Correspondence) -> None:
    sealed = b"".join(Gpg(keys.settings(signer=keys.signer)).seal(blocks()))
    command = ["gpg", "--homedir", str(keys.receiver.home), "--batch", "--status-fd", "2", "--decrypt"]
    opened = subprocess.run(command, input=sealed, capture_output=True, check=True)
    assert opened.stdout == PLAIN
    assert f"VALIDSIG {keys.signer}" in opened.stderr.decode()


def test_the_sealed_file_is_for_the_pinned_key_alone_whatever_gpg_conf_says(keys: Correspondence) -> None:
    with Keyring() as sender:
        sender.take(keys.receiver.export(keys.recipient))
        other = sender.create("Somebody else")
        (sender.home / "gpg.conf").write_text(f"encrypt-to {other}\nhidden-encrypt-to {other}\narmor\n")
        sealed = b"".join(Gpg(keys.settings(gnupg_home=sender.home)).seal(blocks()))
        with pytest.raises(subprocess.CalledProcessError):
            sender.decrypt(sealed)
    command = ["gpg", "--homedir", str(keys.receiver.home), "--batch", "--list-packets"]
    packets = subprocess.run(command, input=sealed, capture_output=True, check=True).stdout
    assert packets.count(b":pubkey enc packet:") == 1
    assert keys.receiver.decrypt(sealed) == PLAIN


def test_A_59_a_missing_key_yields_nothing(keys: Correspondence) -> None:
    error = refused(keys.settings(recipient="0123456789ABCDEF0123456789ABCDEF01234567"))
    assert "0123456789ABCDEF0123456789ABCDEF01234567" in error.what
    assert canaries(keys.sender.home) == []


def test_A_59_an_expired_key_yields_nothing(keys: Correspondence) -> None:
    with Keyring() as receiver, Keyring() as sender:
        fingerprint = receiver.create("Expired", expire="30d", at="20240101T000000")
        sender.take(receiver.export(fingerprint))
        settings = keys.settings(recipient=fingerprint, gnupg_home=sender.home)
        assert "has expired" in refused(settings).why
        (finding,) = Gpg(settings).check()
        assert not finding.ok
        assert "has expired" in finding.detail


def test_A_59_a_key_whose_encryption_part_expired_yields_nothing(keys: Correspondence) -> None:
    with Keyring() as receiver, Keyring() as sender:
        fingerprint = receiver.create("Half", expire="30d", at="20240101T000000")
        gpg(receiver.home, "--quick-set-expire", fingerprint, "0")
        sender.take(receiver.export(fingerprint))
        settings = keys.settings(recipient=fingerprint, gnupg_home=sender.home)
        assert "no part that can encrypt" in refused(settings).why


def test_A_59_a_key_that_can_only_sign_yields_nothing(keys: Correspondence) -> None:
    with Keyring() as sender:
        gpg(sender.home, "--passphrase", "", "--quick-gen-key", "Signer only", "ed25519", "sign", "1y")
        fingerprint = primary(sender.home)
        error = refused(keys.settings(recipient=fingerprint, gnupg_home=sender.home))
        assert "no part that can encrypt" in error.why


def test_A_59_a_revoked_key_yields_nothing(keys: Correspondence) -> None:
    with Keyring() as receiver, Keyring() as sender:
        fingerprint = receiver.create("Revoked")
        certificate = (receiver.home / "openpgp-revocs.d" / f"{fingerprint}.rev").read_text()
        receiver.take(certificate.replace(":-----BEGIN", "-----BEGIN").encode())
        sender.take(receiver.export(fingerprint))
        error = refused(keys.settings(recipient=fingerprint, gnupg_home=sender.home))
        assert "revoked" in error.why


def test_A_59_the_fingerprint_of_a_subkey_is_not_the_pinned_key(keys: Correspondence) -> None:
    listing = gpg(keys.sender.home, "--with-colons", "--with-subkey-fingerprint", "--list-keys", keys.recipient)
    subkey = [line.split(":")[9] for line in listing.splitlines() if line.startswith("fpr")][1]
    assert subkey != keys.recipient
    refused(keys.settings(recipient=subkey))


def test_a_signer_without_secret_key_yields_nothing(keys: Correspondence) -> None:
    error = refused(keys.settings(signer=keys.recipient))
    assert "secret" in error.why


def test_a_signer_whose_passphrase_nobody_gives_yields_nothing(keys: Correspondence) -> None:
    with Keyring() as sender:
        sender.take(keys.receiver.export(keys.recipient))
        (sender.home / "gpg-agent.conf").write_text(
            "s2k-count 65536\nallow-loopback-pinentry\npinentry-program /bin/false\n"
        )
        gpg(
            sender.home,
            "--pinentry-mode",
            "loopback",
            "--passphrase",
            "sesame",
            "--quick-gen-key",
            "Locked",
            "ed25519",
            "sign",
            "1y",
        )
        listing = gpg(sender.home, "--with-colons", "--list-secret-keys")
        locked = next(line.split(":")[9] for line in listing.splitlines() if line.startswith("fpr"))
        subprocess.run(["gpgconf", "--homedir", str(sender.home), "--kill", "gpg-agent"], check=True)
        error = refused(keys.settings(signer=locked, gnupg_home=sender.home))
        assert "signed" in error.what


def test_A_59_plain_text_is_in_no_file_while_sealing_and_after_a_break(
    keys: Correspondence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    halfway = threading.Event()
    go_on = threading.Event()

    def plain() -> Iterator[bytes]:
        yield from blocks()
        halfway.set()
        assert go_on.wait(60)
        raise ZeroDivisionError("a bug in rendering")

    results: queue.Queue[BaseException] = queue.Queue()

    def work() -> None:
        try:
            list(Gpg(keys.settings()).seal(plain()))
        except ZeroDivisionError as error:
            results.put(error)

    worker = threading.Thread(target=work)
    worker.start()
    assert halfway.wait(60)
    (program,) = [child for child in psutil.Process().children() if child.name() == "gpg"]
    targets = [str(link.readlink()) for link in Path(f"/proc/{program.pid}/fd").iterdir()]
    regular = [target for target in targets if target.startswith("/") and not target.startswith("/dev/")]
    command = " ".join(program.cmdline()).encode() + "".join(program.environ()).encode()
    writable = [file.path for file in program.open_files() if file.mode not in {"r", "rt"}]
    go_on.set()
    worker.join(60)
    assert isinstance(results.get_nowait(), ZeroDivisionError)
    assert writable == []
    assert all(Path(target).is_relative_to(keys.sender.home) for target in regular)
    assert CANARY not in command
    assert canaries(tmp_path, keys.sender.home) == []


def test_an_error_of_the_plain_text_passes_as_it_is_and_is_not_logged(
    keys: Correspondence, caplog: pytest.LogCaptureFixture
) -> None:
    def plain() -> Iterator[bytes]:
        yield PLAIN
        raise LookupError("canary-in-an-error")

    before = threads()
    with pytest.raises(LookupError, match="canary-in-an-error"):
        list(Gpg(keys.settings()).seal(plain()))
    assert threads() == before
    assert "canary" not in caplog.text


def test_a_reader_who_stops_early_leaves_no_thread_and_no_program(keys: Correspondence) -> None:
    before = threads()
    noise = os.urandom(1 << 20)
    sealed = Gpg(keys.settings()).seal(noise for _ in range(200))
    assert len(next(sealed)) == 1 << 20
    sealed.close()  # type: ignore[attr-defined]
    assert threads() == before
    assert [child for child in psutil.Process().children() if child.name() == "gpg"] == []


def test_a_killed_gpg_is_a_delivery_error(keys: Correspondence) -> None:
    def plain() -> Iterator[bytes]:
        yield PLAIN
        for child in psutil.Process().children():
            if child.name() == "gpg":
                child.kill()
        for _ in range(64):
            yield os.urandom(1 << 16)

    before = threads()
    with pytest.raises(DeliveryError) as caught:
        list(Gpg(keys.settings()).seal(plain()))
    assert caught.value.why
    assert threads() == before


def test_the_worker_waits_for_a_slow_reader_instead_of_filling_memory(keys: Correspondence) -> None:
    read = 0

    def plain() -> Iterator[bytes]:
        nonlocal read
        for _ in range(64):
            read += 1
            yield os.urandom(1 << 20)

    sealed = Gpg(keys.settings(compress="none")).seal(plain())
    next(sealed)
    settled = -1
    end = time.monotonic() + 10
    while settled != read and time.monotonic() < end:
        settled = read
        time.sleep(0.3)
    assert read < 16
    assert sum(map(len, sealed)) > 60 << 20
    assert read == 64


def test_a_machine_without_gpg_learns_how_to_fix_it(
    keys: Correspondence, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Install GnuPG" in refused(keys.settings()).fix
    (finding,) = Gpg(keys.settings()).check()
    assert not finding.ok


def test_a_missing_gnupg_home_is_reported_and_not_made(keys: Correspondence, tmp_path: Path) -> None:
    refused(keys.settings(gnupg_home=tmp_path / "missing"))
    assert not (tmp_path / "missing").exists()


def test_the_preflight_counts_the_days_to_expiry(keys: Correspondence) -> None:
    findings = list(Gpg(keys.settings(signer=keys.signer)).check())
    assert [finding.ok for finding in findings] == [True, True]
    assert all("expires in 729 days" in finding.detail for finding in findings)
    with Keyring() as home:
        endless = home.create("Endless", expire="0")
        (finding,) = Gpg(keys.settings(recipient=endless, gnupg_home=home.home)).check()
    assert finding.detail == "does not expire"


def test_a_fingerprint_may_be_written_with_spaces_and_in_small_letters(keys: Correspondence) -> None:
    spaced = " ".join(keys.recipient[start : start + 4] for start in range(0, 40, 4)).lower()
    assert keys.settings(recipient=spaced).recipient == keys.recipient


@pytest.mark.parametrize("text", ["", "receiver@example.test", "0123456789ABCDEF", "0x" + "A" * 38, "G" * 40, "A" * 41])
def test_anything_but_a_full_fingerprint_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(pydantic.ValidationError, match="40 hexadecimal digits"):
        GpgSettings(recipient=text, gnupg_home=tmp_path)


def test_dropping_a_home_ends_its_agent_and_no_other() -> None:
    first, second = Keyring(), Keyring()
    try:
        first.create("First")
        second.create("Second")
        first.drop()
        assert not first.home.exists()
        assert agents(first.home) == []
        assert len(agents(second.home)) == 1
    finally:
        second.drop()
        shutil.rmtree(first.home, ignore_errors=True)


def agents(home: Path) -> list[int]:
    deadline = time.monotonic() + 60
    while True:
        processes = [
            p.pid
            for p in psutil.process_iter(["cmdline"])
            if str(home) in (p.info["cmdline"] or []) and "gpg-agent" in p.info["cmdline"][0]
        ]
        if not processes or home.exists() or time.monotonic() > deadline:
            return processes
        time.sleep(0.05)


def gpg(home: Path, *arguments: str) -> str:
    command = ["gpg", "--homedir", str(home), "--batch", "--yes", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def fingerprints(home: Path) -> list[str]:
    return [
        line.split(":")[9] for line in gpg(home, "--with-colons", "--list-keys").splitlines() if line.startswith("fpr")
    ]


def primary(home: Path) -> str:
    return fingerprints(home)[0]
