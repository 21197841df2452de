"""What proves a person: passwords (Argon2id), codes of a phone (TOTP) and recovery codes. It keeps nothing."""

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
"""How many characters a password has. Twelve will do, as a code is always wanted, too."""
RECOVERY_CODES = 10

_STEP_SECONDS = 30
_CODE_BYTES = 10
_SHORTEST_CORE = 4
_hasher = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1, type=Type.ID)
_at_once = threading.BoundedSemaphore(2)
"""Each hash takes 46 MiB; no more than two are made at once, whoever knocks."""


def hash_password(password: str) -> str:
    """The Argon2id hash to keep."""
    with _at_once:
        return _hasher.hash(_same(password))


def password_fits(kept: str | None, password: str) -> bool:
    """Whether a password is the one behind a hash; without a hash the same work is done, and the answer is no."""
    nobodys = _nobodys()
    with _at_once:
        try:
            _hasher.verify(kept or nobodys, _same(password[: LONGEST * 4]))
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None


def outdated(kept: str) -> bool:
    """Whether a hash was made with other costs than today's."""
    return _hasher.check_needs_rehash(kept)


def refuse_weak(password: str, name: str) -> None:
    """Let no password pass that is short or among the first that anybody would try; nothing else is asked of it.

    Raises:
        DecisionError: another one must be chosen.
    """
    what = "The password was not taken"
    if len(_same(password)) < SHORTEST:
        raise DecisionError(what, f"it has less than {SHORTEST} characters", "choose a longer one; spaces are fine")
    if len(password) > LONGEST:
        raise DecisionError(what, f"it has more than {LONGEST} characters", "choose a shorter one")
    core = _core(password)
    if len(core) < _SHORTEST_CORE or core in _commonest() or core == _core(name):
        raise DecisionError(what, "it is one of the first that anybody would try", "take several unrelated words")


def new_totp_secret() -> str:
    """A fresh secret for an authenticator app, 160 bits in base32."""
    return pyotp.random_base32()


def totp_uri(secret: str, name: str, issuer: str) -> str:
    """What the QR code for an authenticator app says; it holds the secret."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def totp_step(secret: str, code: str, now: datetime) -> int | None:
    """The time step that a code belongs to: this one, the one before or the next; None when it fits none."""
    totp = pyotp.TOTP(secret, interval=_STEP_SECONDS)
    digits = re.sub(r"\s", "", code)
    step = int(now.timestamp()) // _STEP_SECONDS
    fitting = [near for near in (step - 1, step, step + 1) if strings_equal(digits, totp.generate_otp(near))]
    return fitting[0] if fitting else None


def new_recovery_codes() -> tuple[str, ...]:
    """Fresh codes of 80 bits, to be written down on paper: ``abcd-efgh-ijkl-mnop``."""
    return tuple(_code() for _ in range(RECOVERY_CODES))


def plain_recovery_code(typed: str) -> str:
    """A recovery code without what people add to it: dashes, spaces, capitals."""
    return re.sub(r"[\s-]", "", typed).lower()


def _code() -> str:
    text = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _same(password: str) -> str:
    """One form for characters that keyboards write in several ways."""
    return unicodedata.normalize("NFC", password)


def _core(password: str) -> str:
    """The word that is left without the ornaments that people put around it: capitals, digits and signs, repetition."""
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
