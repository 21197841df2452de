"""Temporary GnuPG homes: one for the receiver with the secret key, one for the sender with the public key alone.

The keys have no passphrase, and must not be used outside demos and tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from bensync.errors import ConfigError

_KEY = """%no-protection
Key-Type: eddsa
Key-Curve: ed25519
Key-Usage: sign,cert
Subkey-Type: ecdh
Subkey-Curve: cv25519
Subkey-Usage: encrypt
Name-Real: {name}
Expire-Date: {expire}
%commit
"""

_LONGEST_SOCKET = "S.gpg-agent.browser"
_LONGEST_PATH = 106


class Keyring:
    """A GnuPG home; as a context manager it removes the home at the end, unless the folder was given.

    Attributes:
        home: its folder.
    """

    def __init__(self, home: Path | None = None) -> None:
        self._given = home is not None
        # A short path: the agent's socket lies in it.
        self.home = home or Path(tempfile.mkdtemp(prefix="g-", dir="/tmp"))
        if len(os.fsencode(self.home.resolve() / _LONGEST_SOCKET)) > _LONGEST_PATH:
            raise ConfigError(
                f"The folder {self.home} is too long a path for GnuPG.",
                f"GnuPG puts a socket into it, and GnuPG allows {_LONGEST_PATH} bytes for the path of a socket.",
                "Name a shorter folder with --folder.",
            )
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        """Return the home itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the home, or only end its agent if the folder was given."""
        if self._given:
            self.rest()
        else:
            self.drop()

    def create(self, name: str, *, expire: str = "2y", at: str | None = None) -> str:
        """Create a key that signs, with a subkey that encrypts, and return its fingerprint.

        Args:
            name: the name on the key.
            expire: the lifetime of both, as gpg writes it: ``30d``, ``2y``, ``0`` for unlimited.
            at: the time of creation, such as ``20240101T000000``, for keys that have expired since.
        """
        clock = ["--faked-system-time", at] if at else []
        answer = self._gpg(
            *clock, "--status-fd", "1", "--gen-key", stdin=_KEY.format(name=name, expire=expire).encode()
        )
        return next(line.split()[3] for line in answer.decode().splitlines() if "KEY_CREATED" in line)

    def export(self, fingerprint: str) -> bytes:
        """Return the public half of a key."""
        return self._gpg("--export", fingerprint)

    def take(self, key: bytes) -> None:
        """Import a key."""
        self._gpg("--import", stdin=key)

    def decrypt(self, sealed: bytes) -> bytes:
        """Decrypt a file that was sealed for a key of this home, as a receiver does."""
        return self._gpg("--trust-model", "always", "--decrypt", stdin=sealed)

    def drop(self) -> None:
        """End the agent of this home, and remove the folder."""
        self.rest()
        shutil.rmtree(self.home, ignore_errors=True)

    def rest(self) -> None:
        """End the agent of this home and no other; gpg starts it again when needed."""
        # Each home starts an agent, which outlives both the process and the folder.
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=False, capture_output=True)  # noqa: S603, S607  # no shell, fixed words; as the search path finds gpg

    def _gpg(self, *arguments: str, stdin: bytes = b"") -> bytes:
        command = ["gpg", "--homedir", str(self.home), "--batch", "--quiet", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, check=True, timeout=60).stdout  # noqa: S603  # no shell, every word is ours
