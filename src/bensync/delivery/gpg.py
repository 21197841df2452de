"""Seals a file with GnuPG for one pinned key, from stream to stream; no plain text is written to a disk.

No key is trusted by its name, and nothing is yielded before the keys were checked.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gnupg

from bensync.core.ports import PreflightFinding
from bensync.delivery.settings import GpgSettings
from bensync.errors import DeliveryError, reported, run_command
from bensync.fault_points import around

_CHUNK = 1 << 20  # bytes; the size of the sealed chunks and of the pieces fed to gpg
_WAITING = 4  # sealed chunks that may wait for their reader, so that memory stays flat
_PATIENCE = 30.0  # seconds to wait for the plain text's reader to notice that gpg has ended
# Measured on 100 MB: gpg's own default (zlib 6) takes three times as long as -z 1, and saves a sixth of the size.
_COMPRESS = {"fast": ["--compress-algo", "zip", "-z", "1"], "none": ["--compress-algo", "none"]}
_UNUSABLE = {"r": "was revoked", "e": "has expired", "i": "is invalid", "d": "is disabled"}
_DAY = 86_400


class Gpg:
    """The cipher that runs the gpg program."""

    def __init__(self, settings: GpgSettings) -> None:
        self._settings = settings

    def seal(self, plain: Iterable[bytes]) -> Iterator[bytes]:
        """Encrypt, and sign if a signer is set; the keys are checked before this call returns (A-59).

        ``plain`` is read in another thread; its errors are raised here unchanged.

        Raises:
            DeliveryError: gpg or a key is missing or cannot be used (nothing is yielded then), or gpg failed later.
        """
        gpg = start(self._settings.gnupg_home)
        self._look_at_recipient(gpg)
        self._look_at_signer(gpg)
        return _Sealing(gpg, self._settings, plain).chunks()

    def expires(self) -> datetime | None:
        """Return when the first of the keys expires; None if none of them does.

        Raises:
            DeliveryError: a key cannot be used now.
        """
        gpg = start(self._settings.gnupg_home)
        ends = (self._look_at_recipient(gpg), self._look_at_signer(gpg))
        first = min((end for end in ends if end is not None), default=None)
        return None if first is None else datetime.fromtimestamp(first, UTC)

    def check(self) -> Iterable[PreflightFinding]:
        """Preflight: the keys, and when they expire."""
        subject = f"PGP key {self._settings.recipient}"
        findings = []
        try:
            gpg = start(self._settings.gnupg_home)
            findings.append(PreflightFinding(subject, ok=True, detail=_lasts(self._look_at_recipient(gpg))))
            if self._settings.signer:
                subject = f"PGP signing key {self._settings.signer}"
                findings.append(PreflightFinding(subject, ok=True, detail=_lasts(self._look_at_signer(gpg))))
        except DeliveryError as error:
            findings.append(PreflightFinding(subject, ok=False, detail=str(error), fix=error.fix))
        return findings

    def _look_at_recipient(self, gpg: Any) -> float | None:
        """Check that the pinned key can encrypt; return its end in seconds since 1970, None if it never expires."""
        fingerprint = self._settings.recipient
        what = f"Nothing can be sealed for the PGP key {fingerprint}."
        fix = "Ask the receiver for the current key, compare the fingerprint with them, and import it into gnupg_home."
        key = find_key(gpg, fingerprint, what, fix)
        # gpg itself says only "no specific reason given" for an expired key. Capabilities are those of each part: a
        # primary key that signs is of use only with a valid subkey that encrypts.
        fit = [part for part in (key, *key.get("subkey_info", {}).values()) if "e" in part["cap"] and not _flaw(part)]
        if not fit:
            raise DeliveryError(what, "It has no part that can encrypt and is still valid.", fix)
        # gpg takes the best valid part, so the parts end with their last; the primary key's own end counts in any case.
        ends = [_end(part) for part in fit]
        latest = None if None in ends else max(end for end in ends if end is not None)
        return min((end for end in (_end(key), latest) if end is not None), default=None)

    def _look_at_signer(self, gpg: Any) -> float | None:
        """Sign nothing once with our own key, so that it cannot fail after the first sealed byte; return its end."""
        fingerprint = self._settings.signer
        if fingerprint is None:
            return None
        what = f"Nothing can be signed with the PGP key {fingerprint}."
        fix = "Import our own secret key into gnupg_home, or remove signer from the configuration."
        key = find_key(gpg, fingerprint, what, fix, secret=True)
        with around("gpg.sign"):
            proof = gpg.sign("", keyid=fingerprint, binary=True)
        if not proof:
            raise DeliveryError(
                what,
                f"gpg reports: {proof.status}." if proof.status else "gpg refused to sign.",
                "Check the passphrase of the key, and that gpg-agent runs.",
            )
        return _end(key)


def program() -> str:
    """Return the path of the gpg program.

    Raises:
        DeliveryError: gpg is not installed.
    """
    binary = shutil.which("gpg")
    if binary is None:
        raise DeliveryError("gpg cannot be started.", "No program gpg is installed.", "Install GnuPG (Debian: gnupg).")
    return binary


def environment() -> dict[str, str]:
    """Return the environment for gpg: only the search path, and the language of its messages."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def start(home: Path) -> Any:
    """Return a wrapper around gpg that knows only the keys of one home.

    Raises:
        DeliveryError: gpg or the home cannot be used.
    """
    # A gpg.conf in the home could add a recipient or another compression; neither may depend on a file.
    binary = program()
    try:
        with around("gpg.start"):
            gpg = gnupg.GPG(binary, str(home), options=["--no-options", "--no-encrypt-to"], env=environment())
    except (OSError, ValueError) as error:
        fix = f"Check that {home} is a folder of the account that runs bensync."
        raise DeliveryError("gpg cannot be started.", f"The library reports: {error}.", fix) from error
    gpg.buffer_size = _CHUNK
    return gpg


class _Sealing:
    """One run of gpg in a worker thread; the sealed chunks come back over a bounded queue."""

    def __init__(self, gpg: Any, settings: GpgSettings, plain: Iterable[bytes]) -> None:
        self._gpg = gpg
        self._settings = settings
        self._plain = _Reader(plain)
        self._sealed: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self._stopped = threading.Event()
        self._failure: BaseException | None = None
        self._why = ""

    def chunks(self) -> Iterator[bytes]:
        """Start gpg and yield its output; gpg has ended when the generator ends, whatever happens."""
        worker = threading.Thread(target=self._work, name="bensync-seal")
        worker.start()
        try:
            while (chunk := self._sealed.get()) is not None:
                yield chunk
        finally:
            self._stop(worker)
        self._raise_trouble()

    def _work(self) -> None:
        # python-gnupg collects the whole output in memory unless a callback takes it.
        self._gpg.on_data = self._take
        try:
            with around("gpg.seal"):
                result = self._gpg.encrypt_file(
                    self._plain,
                    [self._settings.recipient],
                    sign=self._settings.signer,
                    always_trust=True,  # gpg refuses an imported key that nobody signed; ours is pinned and checked
                    armor=False,
                    extra_args=_COMPRESS[self._settings.compress],
                )
            # A failure raises nothing in python-gnupg; it shows in `ok` and in gpg's exit code.
            self._why = "" if result.ok and result.returncode == 0 else f"gpg reports: {result.status or 'failure'}."
        except BaseException as error:  # noqa: BLE001  # carried to the caller's thread
            self._failure = error
        finally:
            self._put(None)

    def _take(self, chunk: bytes) -> bool:
        if chunk:
            self._put(chunk)
        return False  # python-gnupg must not collect it

    def _put(self, chunk: bytes | None) -> None:
        # In short waits: a reader that has given up takes nothing from the queue any more.
        while not self._stopped.is_set():
            with contextlib.suppress(queue.Full):
                self._sealed.put(chunk, timeout=0.1)
                return

    def _stop(self, worker: threading.Thread) -> None:
        self._stopped.set()
        self._plain.stop()
        worker.join()
        self._plain.join()

    def _raise_trouble(self) -> None:
        if self._plain.failure is not None:
            raise self._plain.failure
        if self._failure is not None or self._why:
            why = reported(self._failure) if self._failure is not None else self._why
            fix = "Run `bensync check`; look at the keys and the free space in gnupg_home."
            raise DeliveryError(
                "Sealing failed before the end of the file.", why, fix, remedy=run_command("check")
            ) from self._failure


class _Reader:
    """The plain text as a file-like object, for the thread of python-gnupg that feeds gpg."""

    def __init__(self, plain: Iterable[bytes]) -> None:
        self.failure: BaseException | None = None
        self._plain = iter(plain)
        self._rest = memoryview(b"")
        self._stopped = False
        self._feeder: threading.Thread | None = None

    def read(self, size: int) -> memoryview:
        """Return up to ``size`` bytes; none at the end, after a failure and after a stop.

        A failure is kept and not raised here, because the library would write it to its log.
        """
        self._feeder = threading.current_thread()
        try:
            while not self._rest and not self._stopped:
                self._rest = memoryview(next(self._plain))
        except StopIteration:
            pass
        except BaseException as error:  # noqa: BLE001  # carried to the caller's thread
            self.failure = error
            self._stopped = True
        if self._stopped:
            return memoryview(b"")
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece

    def stop(self) -> None:
        """Make the next read return the end."""
        self._stopped = True

    def join(self) -> None:
        """Wait until the feeding thread has ended."""
        if self._feeder is not None:
            self._feeder.join(_PATIENCE)


def find_key(gpg: Any, fingerprint: str, what: str, fix: str, *, secret: bool = False) -> dict[str, Any]:
    """Return the key with exactly this fingerprint, neither expired nor revoked.

    Raises:
        DeliveryError: the key is not in the home, or cannot be used.
    """
    # gpg also lists a primary key by the fingerprint of its subkey, so the answer is compared once more.
    with around("gpg.keys"):
        keys = gpg.list_keys(secret, keys=[fingerprint])
    key: dict[str, Any] | None = next((key for key in keys if key["fingerprint"] == fingerprint), None)
    if key is None:
        key_kind = "Our secret" if secret else "A primary"
        raise DeliveryError(what, f"{key_kind} key of this fingerprint is not in gnupg_home.", fix)
    if flaw := _flaw(key):
        raise DeliveryError(what, f"It {flaw}.", fix)
    return key


def _flaw(part: dict[str, Any]) -> str:
    """Return why gpg would not use a key or subkey; empty if it would."""
    # gpg writes "disabled" as a capital D among the capabilities, and the other states as the trust.
    if "D" in part["cap"]:
        return _UNUSABLE["d"]
    return _UNUSABLE.get(part["trust"], "")


def _end(part: dict[str, Any]) -> float | None:
    return float(part["expires"]) if part["expires"] else None


def _lasts(end: float | None) -> str:
    return "does not expire" if end is None else f"expires in {int((end - time.time()) // _DAY)} days"
