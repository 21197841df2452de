"""Fingerprints of host keys, in the forms in which receivers send them."""

from __future__ import annotations

import base64
import hashlib

import pytest

from bensync.delivery.host_keys import fingerprint_of

_BLOB = b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00 " + bytes(range(32))
_KEY = base64.b64encode(_BLOB).decode()
_DIGEST = hashlib.sha256(_BLOB).digest()
_BARE = base64.b64encode(_DIGEST).decode().rstrip("=")
_HEXADECIMAL = _DIGEST.hex()
PIN = f"SHA256:{_BARE}"


@pytest.mark.parametrize(
    "text",
    [
        PIN,
        f"  {PIN}\n",
        f"{PIN}=",
        _BARE,
        f"256 {PIN} root@sftp (ED25519)",
        f"256 {PIN} no comment (ED25519)",
        f"ssh-ed25519 {_KEY}",
        f"ssh-ed25519 {_KEY} root@sftp",
        f"[sftp.example.com]:2222 ssh-ed25519 {_KEY}",
        f"sftp.example.com,192.0.2.7 ecdsa-sha2-nistp256 {_KEY}",
        _HEXADECIMAL,
        _HEXADECIMAL.upper(),
        ":".join(f"{byte:02x}" for byte in _DIGEST),
    ],
)
def test_every_form_in_which_a_receiver_sends_a_fingerprint_gives_the_same(text: str) -> None:
    assert fingerprint_of(text) == PIN


@pytest.mark.parametrize(
    "text", ["", "SHA256:short", "sftp.example.com", f"{PIN}x", "ssh-ed25519 no-base64!", _KEY[:40]]
)
def test_anything_else_is_refused_and_the_error_names_the_command_that_prints_the_right_form(text: str) -> None:
    with pytest.raises(ValueError, match="ssh-keygen -lf"):
        fingerprint_of(text)


@pytest.mark.parametrize("text", ["MD5:" + ":".join(["0a"] * 16), "2048 " + ":".join(["0a"] * 16) + " root (RSA)"])
def test_an_md5_fingerprint_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(ValueError, match=r"MD5.*can be forged"):
        fingerprint_of(text)
