"""Proofs of identity: passwords (Argon2id), codes of a phone (TOTP) and recovery codes. Stores nothing."""

from __future__ import annotations

import base64
import re
import secrets
import threading
import unicodedata
from datetime import datetime
from functools import cache
from importlib import resources

import pyotp
from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from pyotp.utils import strings_equal

from bensync.errors import DecisionError

SHORTEST, LONGEST = 12, 256
"""The least and the most characters of a password. Twelve are enough because a code is always needed, too."""
RECOVERY_CODES = 10

_STEP_SECONDS = 30
_CODE_BYTES = 10
_SHORTEST_CORE = 4
_hasher = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1, type=Type.ID)
_at_once = threading.BoundedSemaphore(2)
"""Each hash takes 46 MiB: without a bound, a flood of sign-ins would use up the memory (decision 31)."""


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password, to be stored."""
    with _at_once:
        return _hasher.hash(_same(password))


def password_fits(kept: str | None, password: str) -> bool:
    """Return whether a password belongs to a hash; without a hash, do the same work and return False."""
    # An unknown name takes as long as a known one, so the time of an answer does not show which names exist.
    nobodys = _nobodys()
    with _at_once:
        try:
            _hasher.verify(kept or nobodys, _same(password[: LONGEST * 4]))
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None


def outdated(kept: str) -> bool:
    """Return whether a hash was made with other costs than today's."""
    return _hasher.check_needs_rehash(kept)


def refuse_weak(password: str, name: str) -> None:
    """Refuse a password that is too short, too long or among the commonest; nothing else is asked of it (decision 31).

    Raises:
        DecisionError: another one must be chosen.
    """
    what = "The password was not accepted."
    if len(_same(password)) < SHORTEST:
        raise DecisionError(what, f"It has less than {SHORTEST} characters.", "Choose a longer one; spaces are fine.")
    if len(password) > LONGEST:
        raise DecisionError(what, f"It has more than {LONGEST} characters.", "Choose a shorter one.")
    core = _core(password)
    if len(core) < _SHORTEST_CORE or core in _commonest() or core == _core(name):
        raise DecisionError(
            what, "It is among the first passwords that an attacker tries.", "Use several unrelated words."
        )


def new_totp_secret() -> str:
    """Return a new secret for an authenticator app: 160 bits in base32."""
    return pyotp.random_base32()


def totp_uri(secret: str, name: str, issuer: str) -> str:
    """Return the otpauth address for an authenticator app, which holds the secret."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def totp_step(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step of a code: this one, the one before or the next; None if it fits none (RFC 6238)."""
    totp = pyotp.TOTP(secret, interval=_STEP_SECONDS)
    digits = re.sub(r"\s", "", code)
    step = int(now.timestamp()) // _STEP_SECONDS
    # Clocks of phones are off by some seconds, and typing takes time. The caller stores the step, so a code works once.
    fitting = [near for near in (step - 1, step, step + 1) if strings_equal(digits, totp.generate_otp(near))]
    return fitting[0] if fitting else None


def new_recovery_codes() -> tuple[str, ...]:
    """Return new recovery codes of 80 bits each, such as ``abcd-efgh-ijkl-mnop``."""
    return tuple(_code() for _ in range(RECOVERY_CODES))


def plain_recovery_code(typed: str) -> str:
    """Return a recovery code without dashes, spaces and capitals, which people add when they type it."""
    return re.sub(r"[\s-]", "", typed).lower()


def _code() -> str:
    text = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _same(password: str) -> str:
    """Return one form of characters that keyboards write in several ways; otherwise the hashes would differ."""
    return unicodedata.normalize("NFC", password)


def _core(password: str) -> str:
    """Return the word without capitals, digits and signs around it, and repetition: "Password123!" is "password"."""
    folded = unicodedata.normalize("NFKC", password).casefold()
    word = folded.strip("0123456789 !?.,;:-_*#$%&@+=()") or folded
    for length in range(1, len(word) // 2 + 1):
        if len(word) % length == 0 and word == word[:length] * (len(word) // length):
            return word[:length]
    return word


@cache
def _commonest() -> frozenset[str]:
    text = (resources.files("bensync.actions") / "common_passwords.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


@cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_hex())
