"""Decrypts files with GnuPG: through pipes, bounded in size and time, and only if one pinned key signed them.

A decrypted file is not trusted by itself: only the pinned signature makes it so.
"""

from __future__ import annotations

import subprocess  # gpg is started with fixed arguments, and a limit that its wrapper cannot set
import sys
from collections.abc import Iterable, Mapping, Sequence

from bensync.core.ports import PreflightFinding
from bensync.delivery.gpg import environment, find_key, program, start
from bensync.delivery.settings import MEGABYTE, OpenerSettings
from bensync.errors import DeliveryError, GuardTripped
from bensync.fault_points import around

WAITING = 4
"""Seconds of elapsed time that gpg may take for each second of processor time: it waits for the disk and the agent."""

_STATUS = "[GNUPG:] "
_ASK = "Ask the sender over another channel; nothing of the file was applied."


class GpgOpener:
    """The decryptor that runs the gpg program."""

    def __init__(self, settings: OpenerSettings) -> None:
        self._settings = settings

    def open(self, sealed: bytes) -> bytes:
        """Decrypt, and verify the signature against the pinned signer; see `Decryptor`.

        A few bytes can decompress to gigabytes, so output and processor time are bounded both.
        """
        self._look_at_keys()
        plain, statuses, code = self._decrypt(sealed)
        # The order of the checks decides what a person reads: a file that is too large also fails in other ways.
        if "CUT" in statuses or len(plain) > self._limit:
            raise GuardTripped(
                "The file cannot be opened.", f"It grows beyond {self._settings.largest} megabytes.", _ASK
            )
        if why := _unopened(statuses, code):
            raise GuardTripped("The file cannot be opened.", why, _ASK)
        # gpg ends with success for a file that was decrypted but not signed, so its statuses are checked.
        if why := _untrusted(statuses, self._settings.signer):
            raise GuardTripped("The file cannot be trusted.", why, _ASK)
        if code != 0:
            raise GuardTripped("The file cannot be opened.", "gpg reported an error.", _ASK)
        return plain

    def check(self) -> Iterable[PreflightFinding]:
        """Preflight: our secret key, and the sender's public one."""
        subject = f"PGP key of the sender {self._settings.signer}"
        try:
            self._look_at_keys()
        except DeliveryError as error:
            return [PreflightFinding(subject, ok=False, detail=str(error), fix=error.fix)]
        return [PreflightFinding(subject, ok=True, detail="is there, and so is a secret key of ours")]

    @property
    def _limit(self) -> int:
        return self._settings.largest * MEGABYTE

    def _look_at_keys(self) -> None:
        gpg = start(self._settings.gnupg_home)
        fix = "Import the sender's public key into gnupg_home, and compare the fingerprint over another channel."
        find_key(gpg, self._settings.signer, "No file can be verified.", fix)
        with around("gpg.keys"):
            ours = gpg.list_keys(True)
        if not ours:
            fix = "Import our own secret key, the one whose public half the sender has."
            raise DeliveryError("No file can be opened.", "gnupg_home holds no secret key.", fix)

    def _decrypt(self, sealed: bytes) -> tuple[bytes, Mapping[str, Sequence[str]], int]:
        """Return the plain text, the arguments of each status that gpg reported, and its exit code."""
        seconds = self._settings.cpu_seconds
        options = ["--no-options", "--batch", "--no-tty", "--quiet", "--status-fd", "2", "--trust-model", "always"]
        # One byte beyond the limit distinguishes a file of exactly that size from one that was cut.
        limits = ["--max-output", str(self._limit + 1)]
        command = [program(), "--homedir", str(self._settings.gnupg_home), *options, *limits, "--decrypt"]
        pipe = subprocess.PIPE
        with (
            around("gpg.open"),
            subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment()) as process,  # noqa: S603  # no shell, every word is ours
        ):
            _limit_cpu(process.pid, seconds)
            try:
                # Waiting for a full disk or a stuck agent takes no processor time, so elapsed time is bounded too.
                plain, status = process.communicate(sealed, timeout=seconds * WAITING)
            except subprocess.TimeoutExpired as error:
                process.kill()
                why = f"gpg did not end within {seconds * WAITING} seconds."
                raise DeliveryError(
                    "A file could not be opened.", why, "Check that gpg-agent runs and answers.", retry=True
                ) from error
        return plain, _statuses(status), process.returncode


def _limit_cpu(pid: int, seconds: int) -> None:
    """Bound the processor time of a process that has not begun yet; elsewhere than on Linux, only the clock does."""
    if sys.platform == "linux":
        import resource

        resource.prlimit(pid, resource.RLIMIT_CPU, (seconds, seconds))


def _statuses(stderr: bytes) -> Mapping[str, Sequence[str]]:
    """Return each status with its arguments, after ``#`` if it came more than once. CUT: the output was cut."""
    statuses: dict[str, Sequence[str]] = {"CUT": ()} if b"--max-output" in stderr else {}
    for line in stderr.decode("utf-8", "replace").splitlines():
        if line.startswith(_STATUS):
            word, *arguments = line.removeprefix(_STATUS).split()
            statuses[word] = ("#", *arguments) if word in statuses else arguments
    return statuses


def _unopened(statuses: Mapping[str, Sequence[str]], code: int) -> str:
    if code < 0:
        return "It took too much processor time."
    if "BADSIG" in statuses or "DECRYPTION_OKAY" in statuses:
        return ""
    if "ENC_TO" in statuses and "DECRYPTION_KEY" not in statuses:
        return "It was sealed for a key that we do not have."
    return "It is cut off, damaged or not encrypted."


def _untrusted(statuses: Mapping[str, Sequence[str]], signer: str) -> str:
    """Return why the file is not trusted; empty for exactly one good signature of the pinned key over one text.

    VALIDSIG names the key that signed first, and its primary key last.
    """
    if "BADSIG" in statuses:
        return "Its signature is wrong: it was altered after it was signed."
    if "VALIDSIG" not in statuses:
        return "It is signed by a key that we do not know." if "ERRSIG" in statuses else "It is not signed."
    # A second text beside the signed one, or a second signature, could pass for signed.
    if statuses["VALIDSIG"][0] == "#" or statuses.get("PLAINTEXT", "#")[0] == "#":
        return "It holds more than one text or signature."
    if signer not in {statuses["VALIDSIG"][0], statuses["VALIDSIG"][-1]}:
        return "It is signed by another key than the pinned one."
    return "" if "GOODSIG" in statuses else "The signature or its key has expired, or was revoked."
