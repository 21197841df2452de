"""Fingerprints of host keys, in every form in which a receiver sends one."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from itertools import pairwise

_WANTED = (
    "is not the SHA-256 fingerprint of a host key: paste what `ssh-keygen -lf KEY.pub` prints, such as SHA256: and 43 "
    "characters, or the line of the .pub file itself"
)
_MD5 = "is an MD5 fingerprint, which can be forged: ask for the SHA-256 one, which `ssh-keygen -lf KEY.pub` prints"
_TYPE = re.compile(r"ssh-\w+|ecdsa-sha2-\w+|sk-\S+")
_BASE64 = re.compile(r"(?:SHA256:)?([A-Za-z0-9+/]{43})=?")
_HEXADECIMAL = re.compile(r"(?:SHA256:)?((?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2})")
_OLD = re.compile(r"(?:MD5:)?(?:[0-9A-Fa-f]{2}:){15}[0-9A-Fa-f]{2}")


def fingerprint_of(text: str) -> str:
    """Return ``SHA256:`` and 43 characters of base64, as OpenSSH and paramiko write a fingerprint.

    Args:
        text: that, the same without its prefix or in hexadecimal digits, a whole line of ``ssh-keygen -l``, or a line
            of a ``.pub`` or ``known_hosts`` file.

    Raises:
        ValueError: it is none of these; the text says which form is wanted.
    """
    words = text.split()
    for before, word in pairwise(words):
        if _TYPE.fullmatch(before):
            return _of_key(word)
    for word in words:
        if match := _BASE64.fullmatch(word):
            return f"SHA256:{match[1]}"
        if match := _HEXADECIMAL.fullmatch(word):
            return _written(bytes.fromhex(match[1].replace(":", "")))
    raise ValueError(_MD5 if any(map(_OLD.fullmatch, words)) else _WANTED)


def _of_key(encoded: str) -> str:
    """Return the fingerprint of a public key in base64."""
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise ValueError(_WANTED) from None
    return _written(hashlib.sha256(key).digest())


def _written(digest: bytes) -> str:
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"
