"""The vault: a keyed index to match people by, and sealed values to keep. Without its key nothing starts.

The state key is the only secret outside the database: ``VERSION:BASE64`` of 32 bytes, several joined by commas while
old values are re-sealed. The keys of index and fingerprint live in the database, sealed by it, so that they
survive a rotation of the state key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bensync.errors import ASK_OPERATOR, ConfigError, StateError

_KEY_BYTES = 32
_NONCE_BYTES = 12
_INDEX_BYTES = 16
_encode = msgspec.msgpack.Encoder().encode


def new_state_key(version: int = 1) -> str:
    """Return a fresh state key, in the form that the configuration refers to."""
    return f"{version}:{base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()}"


def with_new_version(state_key: str) -> str:
    """Return the state key with one more version in front; the old ones stay readable."""
    taken = _parse(state_key)
    # A sealed value has one byte for its version, so after 255 the numbers that were dropped begin again.
    version = next(number for number in (max(taken) + 1, *range(1, 256)) if number < 256 and number not in taken)
    return f"{new_state_key(version)},{state_key}"


def without_version(state_key: str, version: int) -> str:
    """Return the state key without one of its versions."""
    parts = [part.strip() for part in state_key.split(",")]
    return ",".join(part for part in parts if int(part.partition(":")[0]) != version)


def new_data_key() -> bytes:
    """Return a fresh key for index or fingerprint."""
    return secrets.token_bytes(_KEY_BYTES)


class Seal:
    """AES-256-GCM with a random nonce per value; the context is bound to it, so that a value fits only its own place.

    Args:
        state_key: ``VERSION:BASE64``, newest first where there are several.
        again: looks the key up once more, for a version that was added while we were at work.

    Raises:
        ConfigError: the key is not of this form.
    """

    def __init__(self, state_key: str, again: Callable[[], str] | None = None) -> None:
        self._again = again
        self._ciphers = _ciphers(state_key)

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions that we hold, the one that seals first."""
        return tuple(self._ciphers)

    def use(self, state_key: str) -> None:
        """Seal and open with this key from now on."""
        self._ciphers = _ciphers(state_key)

    def renew(self) -> None:
        """Read the state key again, if its source can be read twice."""
        if self._again is not None:
            self.use(self._again())

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Encrypt under the newest key: version byte, nonce, cipher text with its tag."""
        # A random nonce of 96 bits is safe for 2**32 values under one key (NIST SP 800-38D, 8.3). A counter would have
        # to survive restores, and be shared by all processes.
        version, cipher = next(iter(self._ciphers.items()))
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return bytes((version,)) + nonce + cipher.encrypt(nonce, plain, context)

    def unseal(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt a value of this context.

        Raises:
            StateError: the key does not fit, or the value was moved or damaged.
        """
        # The version byte is not authenticated, and need not be: a false one only chooses a key that does not fit.
        if sealed[0] not in self._ciphers:
            self.renew()
        cipher = self._ciphers.get(sealed[0])
        if cipher is None:
            why = f"It was sealed with version {sealed[0]} of the state key."
            raise StateError("A sealed value cannot be opened.", why, "Add that version to the state key.")
        try:
            return cipher.decrypt(sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], context)
        except InvalidTag as error:
            raise StateError(
                "A sealed value cannot be opened.",
                "The state key is not the one of this database, or the value was moved, replaced or damaged.",
                "Put back the copy of the key that belongs to this database; if the key is right, "
                "`bensync fsck --deep` names the row: find out who could write to the database, then restore a backup.",
                remedy=ASK_OPERATOR,
            ) from error


class Vault:
    """Index, fingerprint and seal for the people of one site."""

    def __init__(self, site: str, seal: Seal, index_key: bytes, fingerprint_key: bytes, mac_key: bytes) -> None:
        self._site = site.encode()
        self._seal = seal
        self._keys = (index_key, fingerprint_key, mac_key)
        self._index_key = index_key
        self._mac_key = mac_key
        self._digest = hashlib.blake2b(key=fingerprint_key, digest_size=_INDEX_BYTES)

    def beside(self, site: str) -> Vault:
        """Return the vault of another site, with the same keys."""
        return Vault(site, self._seal, *self._keys)

    def index(self, ssn: str) -> bytes:
        """Return the key of a person: HMAC-SHA256 of site and SSN, 16 bytes. Nobody can guess it without the vault."""
        # The site is part of it, so that nobody who reads the database can see that two employers share an employee.
        return hmac.digest(self._index_key, self._site + b"|" + ssn.encode(), "sha256")[:_INDEX_BYTES]

    def fingerprint(self, encoded: bytes) -> bytes:
        """Return a keyed BLAKE2b of a profile's canonical bytes, 16 bytes."""
        digest = self._digest.copy()
        digest.update(encoded)
        return digest.digest()

    def record_digester(self, outlook: bytes) -> Callable[[str, bytes], bytes]:
        """Return a function that computes the digest of a person's record: a keyed BLAKE2b of 16 bytes.

        Args:
            outlook: everything besides the record that decides what is read from it; it is part of each digest.
        """
        begun = self._digest.copy()
        begun.update(hashlib.sha256(b"mark|" + outlook).digest())

        def mark(person: str, record: bytes) -> bytes:
            digest = begun.copy()
            # The zero byte keeps the two apart: "12" with "3..." must not get the digest of "1" with "23...".
            digest.update(person.encode() + b"\x00" + record)
            return digest.digest()

        return mark

    def mac(self, message: bytes, purpose: bytes) -> bytes:
        """HMAC-SHA256 under a key for this purpose and site alone. Without the vault's key nobody can compute it."""
        # A key for each purpose and site: the MAC of an approval must not pass for that of an audit entry.
        return hmac.digest(hmac.digest(self._mac_key, purpose + b"|" + self._site, "sha256"), message, "sha256")

    def seal(self, plain: bytes, place: str, *bound: object) -> bytes:
        """Seal a value of this site for one place and one row; see `bensync.state.db.sealed_columns`."""
        return self._seal.seal(plain, self._context(place, bound))

    def unseal(self, sealed: bytes, place: str, *bound: object) -> bytes:
        """Open a value that was sealed for this place and row.

        Raises:
            StateError: see `Seal.unseal`.
        """
        return self._seal.unseal(sealed, self._context(place, bound))

    def unseal_loose(self, sealed: bytes, purpose: bytes, key: bytes = b"") -> bytes:
        """Open a value that version 0.2 sealed for a purpose and a person, but for no row.

        Raises:
            StateError: see `Seal.unseal`.
        """
        return self._seal.unseal(sealed, b"|".join((self._site, purpose, key)))

    def seal_secret(self, plain: bytes, name: str) -> bytes:
        """Seal a value of the table of secrets, which belong to no site."""
        return self._seal.seal(plain, name.encode())

    def unseal_secret(self, sealed: bytes, name: str) -> bytes:
        """Open a value of the table of secrets.

        Raises:
            StateError: see `Seal.unseal`.
        """
        return self._seal.unseal(sealed, name.encode())

    def _context(self, place: str, bound: tuple[object, ...]) -> bytes:
        # Without it, somebody who can write to the database could swap the sealed profiles of two people unnoticed.
        # MessagePack, and not joined texts: a separator inside a key must not make two rows alike.
        return _encode((self._site, place, *bound))


def _ciphers(state_key: str) -> Mapping[int, AESGCM]:
    return {version: AESGCM(key) for version, key in _parse(state_key).items()}


def _parse(state_key: str) -> Mapping[int, bytes]:
    keys: dict[int, bytes] = {}
    try:
        for part in state_key.split(","):
            version, _, text = part.strip().partition(":")
            keys[int(version)] = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        keys = {}
    if not keys or any(len(key) != _KEY_BYTES or not 0 < version < 256 for version, key in keys.items()):
        raise ConfigError(
            "The state key is not usable.",
            "It is not VERSION:BASE64 of 32 bytes.",
            "Put back the copy of this key that you keep apart, unaltered; another key opens nothing in the database.",
            remedy=ASK_OPERATOR,
        )
    return keys
