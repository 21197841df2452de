"""The part of the configuration that the daemon's parent process needs: the sites, their schedule, the database.

A child process reads and checks the whole file, so the adapters' libraries stay out of the parent. It reads a copy in
memory, and so does every turn: an edit that breaks the file changes nothing until the file is valid again.
"""

from __future__ import annotations

import contextlib
import gc
import getpass
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, time
from pathlib import Path

from pydantic import SecretStr

from bensync import errors
from bensync.config.files import Files
from bensync.config.settings import Daemon, Receiver, ScheduleSettings, Settings, State
from bensync.config.tables import SettingsTable
from bensync.errors import BensyncError, ConfigError, run_command
from bensync.fault_points import around

_PATIENCE = 120  # seconds; reading a configuration takes about one


class ConfigSummary(SettingsTable):
    """The part of a checked configuration that the parent needs.

    Attributes:
        sites: for each site, whether it only receives.
        broken: for each site whose own file cannot be used, the error as JSON.
        patience_days: a request that is older may be overdue.
    """

    sites: Mapping[str, bool]
    broken: Mapping[str, str] = {}
    patience_days: int
    state: State
    schedule: ScheduleSettings
    daemon: Daemon

    def as_json(self) -> str:
        """Return the summary as JSON; it contains references to secrets, never the secrets."""
        return json.dumps(self.model_dump(), default=_plain)


class ConfigSnapshot:
    """A copy in memory of the files of a configuration; freed when its last holder closes it.

    Args:
        file: the main file.

    Raises:
        ConfigError: the file cannot be read.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._holders = 1
        self._lock = threading.Lock()
        # A file without a name, in memory: nothing of it is left on disk, even after a SIGKILL.
        self.handle = os.memfd_create("bensync.toml")
        try:
            with os.fdopen(os.dup(self.handle), "w+b") as memory:
                Files(file).copy(memory)
        except ConfigError:
            self.close()
            raise

    @property
    def path(self) -> Path:
        """The path at which processes that inherit the handle read the copy."""
        return Path(f"/proc/self/fd/{self.handle}")

    def hold(self) -> None:
        """Add a holder; each holder calls `close` once."""
        with self._lock:
            self._holders += 1

    def close(self) -> None:
        """Remove a holder; the last one frees the copy."""
        with self._lock:
            self._holders -= 1
            if not self._holders:
                os.close(self.handle)


def command(module: str, *words: str) -> list[str]:
    """Return the command that starts a module of this package, with the same Python."""
    # -P: modules are never imported from the working directory, where anybody may have put one.
    return [sys.executable, "-P", "-m", f"bensync.daemon.{module}", *words]


def load_summary(copy: ConfigSnapshot, user: str) -> ConfigSummary:
    """Return the summary of a copied configuration; a changed configuration is recorded in the audit trail.

    Args:
        copy: the configuration.
        user: the process that uses it: ``daemon`` or ``worker``.

    Raises:
        BensyncError: the same error that reading the file raises.
    """
    with around("outline.start"):
        done = subprocess.run(  # noqa: S603  # our own module
            command("config_snapshot", str(copy.path), user),
            pass_fds=(copy.handle,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=_PATIENCE,
            check=False,
        )
    if done.returncode == 0:
        return ConfigSummary.model_validate_json(done.stdout)
    raise _failure(done.stdout, copy)


def outlined(settings: Settings, broken: Mapping[str, BensyncError]) -> ConfigSummary:
    """Return the summary of a whole configuration."""
    sites = {name: isinstance(site, Receiver) for name, site in settings.sites.items()}
    why = {name: json.dumps(error.as_json()) for name, error in broken.items()}
    return ConfigSummary(
        sites=sites,
        broken=why,
        patience_days=min(settings.alerts.queue_days, settings.alerts.high_risk_days),
        state=settings.state,
        schedule=settings.schedule,
        daemon=settings.daemon,
    )


def reported_error(trouble: str) -> BensyncError:
    """Return the error that another process printed as JSON."""
    said = json.loads(trouble)
    kind = getattr(errors, str(said["kind"]), BensyncError)
    error: BensyncError = kind(str(said["what"]), str(said["why"]), str(said["fix"]))
    return error


def _failure(answer: bytes, copy: ConfigSnapshot) -> BensyncError:
    """Return the error of the other process, with the path of the file in place of that of the copy."""
    try:
        return reported_error(answer.decode().replace(str(copy.path), str(copy.file)))
    except (ValueError, KeyError):
        return BensyncError(
            "The configuration could not be checked.",
            "The process that checks it ended early.",
            "Try again; if it happens again, run `bensync check`.",
            remedy=run_command("check"),
        )


def _plain(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(type(value).__name__)


def main(path: str, user: str) -> int:
    """Print the summary of a configuration, or its error or that of its database, as JSON; return the exit code.

    The database is opened with the state key here, so that the parent does not need the key (decision 25).
    """
    # Imported here: the parent imports this module for its classes, and must not load the adapters' libraries.
    from bensync import log
    from bensync.wiring import Deployment

    log.set_up(as_json=True, verbose=True)
    try:
        deployment = Deployment(Path(path))
        with contextlib.closing(deployment.store()) as store:
            store.check()
            deployment.note(store, user, f"the {user} of the system user {_system_user()}", datetime.now(UTC))
    except BensyncError as error:
        sys.stdout.write(json.dumps(error.as_json()))
        return error.code
    sys.stdout.write(outlined(deployment.settings, deployment.broken).as_json())
    return 0


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    gc.freeze()  # what is left ends with the process; see `bensync.__main__`
    sys.exit(code)
