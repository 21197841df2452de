"""What the parent knows of the configuration: which sites there are, when they run, where the database is.

The file is read and checked whole in a process of its own, so that no hand's library stays in the parent, and from a
copy in memory, which every turn reads too: a file that is broken later changes nothing until it is right again.
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
from bensync.config.settings import Daemon, Receiver, ScheduleSettings, Settings, SettingsTable, State
from bensync.errors import BensyncError, ConfigError
from bensync.faults import around

_PATIENCE = 120  # seconds; reading a configuration takes one


class ConfigSummary(SettingsTable):
    """A checked configuration, as far as the parent needs it.

    Attributes:
        sites: whether each of them only receives.
        broken: sites whose own file cannot be used: what, why and fix, as JSON.
        patience_days: after so many a request may be one that waits for too long.
    """

    sites: Mapping[str, bool]
    broken: Mapping[str, str] = {}
    patience_days: int
    state: State
    schedule: ScheduleSettings
    daemon: Daemon

    def as_json(self) -> str:
        """The same as JSON; secrets are in it as references only."""
        return json.dumps(self.model_dump(), default=_plain)


class ConfigSnapshot:
    """The files of a configuration as they were, in memory; gone when nobody holds it any more.

    Args:
        file: the main file.

    Raises:
        ConfigError: it cannot be read.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._holders = 1
        self._lock = threading.Lock()
        self.handle = os.memfd_create("bensync.toml")
        try:
            with os.fdopen(os.dup(self.handle), "w+b") as memory:
                Files(file).copy(memory)
        except ConfigError:
            self.close()
            raise

    @property
    def path(self) -> Path:
        """Where processes that inherit the handle read it."""
        return Path(f"/proc/self/fd/{self.handle}")

    def hold(self) -> None:
        """One more holder; each closes it once."""
        with self._lock:
            self._holders += 1

    def close(self) -> None:
        """Let go of it."""
        with self._lock:
            self._holders -= 1
            if not self._holders:
                os.close(self.handle)


def command(module: str, *words: str) -> list[str]:
    """How a module of this room is started: by the same Python, and never from the folder we happen to be in."""
    return [sys.executable, "-P", "-m", f"bensync.daemon.{module}", *words]


def load_summary(copy: ConfigSnapshot, user: str) -> ConfigSummary:
    """The outline of a copied configuration; the audit trail hears of it, if it is another one than before.

    Args:
        copy: the configuration.
        user: who uses it: ``daemon`` or ``worker``.

    Raises:
        BensyncError: as reading the file itself would raise it.
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
    """The outline of a whole configuration."""
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


def told(trouble: str) -> BensyncError:
    """The error that another process told as JSON."""
    said = json.loads(trouble)
    kind = getattr(errors, str(said["kind"]), BensyncError)
    error: BensyncError = kind(str(said["what"]), str(said["why"]), str(said["fix"]))
    return error


def _failure(answer: bytes, copy: ConfigSnapshot) -> BensyncError:
    """The error of the other process, with the name that people know the file by."""
    try:
        return told(answer.decode().replace(str(copy.path), str(copy.file)))
    except (ValueError, KeyError):
        return BensyncError("The configuration could not be checked", "the process for it ended early", "try again")


def _plain(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(type(value).__name__)


def main(path: str, user: str) -> int:
    """Print the outline of a file, or the error that it has, or its database; note what changed in the file.

    The database is opened with its key here, so that the parent needs none.
    """
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
