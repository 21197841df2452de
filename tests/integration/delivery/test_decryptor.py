"""The opener drives real gpg: only what the pinned signer sealed comes out, at a bounded price."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bensync.delivery.decryptor import GpgOpener, OpenerSettings
from bensync.demo.keys import Keyring
from bensync.errors import DeliveryError, GuardTripped
from tests.fixtures.gnupg import Correspondence

PLAIN = b"E,1,ACTIVE\r\n" * 100


def opener(keys: Correspondence, **other: object) -> GpgOpener:
    """The receiver's opener, with some settings changed."""
    values = {"gnupg_home": keys.receiver.home, "signer": keys.signer, "largest": 1, "cpu_seconds": 10}
    return GpgOpener(OpenerSettings.model_validate(values | other))


def sealed(keys: Correspondence, plain: bytes, *options: str, ring: Keyring | None = None) -> bytes:
    """Sealed for the receiver by plain gpg."""
    command = ("--trust-model", "always", "--recipient", keys.recipient, *options, "--encrypt")
    return (ring or keys.sender)._gpg(*command, stdin=plain)


def refusal(keys: Correspondence, content: bytes, **settings: object) -> str:
    """Why a file is refused."""
    with pytest.raises(GuardTripped) as caught:
        opener(keys, **settings).open(content)
    return str(caught.value)


def test_what_the_pinned_signer_sealed_is_opened(keys: Correspondence) -> None:
    assert opener(keys).open(sealed(keys, PLAIN, "--sign")) == PLAIN
    assert opener(keys).open(sealed(keys, b"", "--sign")) == b""
    assert all(finding.ok for finding in opener(keys).check())


def test_a_file_that_is_decrypted_well_but_not_signed_is_refused(keys: Correspondence) -> None:
    assert "It is not signed." in refusal(keys, sealed(keys, PLAIN))


@pytest.mark.parametrize("cut", [0, 1, 50, 200])
def test_a_file_that_was_cut_is_refused(keys: Correspondence, cut: int) -> None:
    assert "cut off, damaged" in refusal(keys, sealed(keys, PLAIN, "--sign")[:cut])


def test_no_flipped_bit_anywhere_goes_unseen(keys: Correspondence) -> None:
    content = sealed(keys, PLAIN, "--sign")
    gpg = opener(keys)
    for place in range(0, len(content), len(content) // 12):
        spoilt = bytearray(content)
        spoilt[place] ^= 0x10
        with pytest.raises(GuardTripped):
            gpg.open(bytes(spoilt))


@pytest.mark.parametrize("kind", ["--sign", "--clearsign"])
def test_a_file_that_is_signed_but_not_encrypted_is_refused(keys: Correspondence, kind: str) -> None:
    assert "not encrypted" in refusal(keys, keys.sender._gpg(kind, stdin=PLAIN))


def test_two_files_in_one_are_refused(keys: Correspondence) -> None:
    content = sealed(keys, PLAIN, "--sign")
    assert "The file" in refusal(keys, content + content)
    assert "The file" in refusal(keys, content + sealed(keys, b"more"))


@pytest.fixture
def stranger(keys: Correspondence) -> Iterator[Keyring]:
    """Somebody who has the receiver's public key, too."""
    with Keyring() as ring:
        ring.create("Somebody")
        ring.take(keys.receiver.export(keys.recipient))
        yield ring


def test_another_signer_is_refused_though_the_signature_is_good(keys: Correspondence, stranger: Keyring) -> None:
    content = sealed(keys, PLAIN, "--sign", ring=stranger)
    assert "a key that we do not know" in refusal(keys, content)
    assert "another key than the pinned one" in refusal(keys, sealed(keys, PLAIN, "--sign"), signer=keys.recipient)


def test_a_file_for_somebody_else_is_refused(keys: Correspondence, stranger: Keyring) -> None:
    key = stranger.create("Else")
    content = stranger._gpg("--trust-model", "always", "--recipient", key, "--sign", "--encrypt", stdin=PLAIN)
    assert "a key that we do not have" in refusal(keys, content)


@pytest.mark.parametrize("options", [("--sign",), (), ("--sign", "--compress-algo", "bzip2")])
def test_a_bomb_is_stopped_at_the_limit(keys: Correspondence, options: tuple[str, ...]) -> None:
    bomb = sealed(keys, bytes(100_000_000), *options)
    assert len(bomb) < 200_000
    began = time.monotonic()

    assert "grows beyond 1 megabytes" in refusal(keys, bomb)

    assert time.monotonic() - began < 60


def test_the_limit_is_exact(keys: Correspondence) -> None:
    assert len(opener(keys).open(sealed(keys, bytes(1_000_000), "--sign"))) == 1_000_000
    assert "grows beyond" in refusal(keys, sealed(keys, bytes(1_000_001), "--sign"))


def test_a_file_that_takes_too_much_processor_time_is_stopped(
    keys: Correspondence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bensync.delivery.decryptor.WAITING", 100)  # the processor is shared with other tests
    slow = sealed(keys, bytes(400_000_000), "--sign", "--compress-algo", "bzip2", "-z", "1")

    assert "too much processor time" in refusal(keys, slow, cpu_seconds=1, largest=2000)


@pytest.mark.parametrize("missing", ["signer", "secret"])
def test_a_missing_key_of_ours_is_our_trouble_and_not_the_file_s(keys: Correspondence, missing: str) -> None:
    with Keyring() as ring:
        ring.take(keys.sender.export(keys.signer))
        gpg = opener(keys, gnupg_home=ring.home) if missing == "secret" else opener(keys, signer="0" * 40)
        with pytest.raises(DeliveryError):
            gpg.open(sealed(keys, PLAIN, "--sign"))
        assert [finding.ok for finding in gpg.check()] == [False]


def test_plain_text_never_touches_the_disk(keys: Correspondence, tmp_path: Path) -> None:
    word = b"Quillfeather-31337"
    opener(keys).open(sealed(keys, word * 100, "--sign"))
    refusal(keys, sealed(keys, word * 100))

    for path in (*keys.receiver.home.rglob("*"), *tmp_path.rglob("*")):
        assert not (path.is_file() and word in path.read_bytes()), path
