"""The procrastinate queue for the commands that use it: an optional extra, loaded only where it is configured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bensync.errors import ConfigError

if TYPE_CHECKING:
    from bensync.state.db.database import Database
    from bensync.state.store import Store
    from bensync.wiring import Deployment
    from bensync.workers.adhoc_runs import AdhocRuns
    from bensync.workers.dispatch import Dispatcher
    from bensync.workers.queue import JobQueue


def deferral(database: Database) -> Dispatcher:
    """Return what hands the turns of the daemon to workers.

    Raises:
        ConfigError: the extra part is not installed.
    """
    _require()
    from bensync.workers.dispatch import Dispatcher

    return Dispatcher(database)


def queue(deployment: Deployment, store: Store) -> JobQueue | None:
    """Return the queue; None where the deployment has none.

    Raises:
        ConfigError: the extra part is not installed.
    """
    if deployment.settings.daemon.queue == "own":
        return None
    _require()
    from bensync.workers.queue import JobQueue

    return JobQueue(store.reach())


def adhoc_runs(deployment: Deployment, store: Store) -> AdhocRuns | None:
    """Return the queue for runs that users start on the pages; None where the deployment has no workers.

    Raises:
        BensyncError: the extra part is not installed, or the queue cannot be reached.
    """
    if deployment.settings.daemon.queue == "own":
        return None
    _require()
    from bensync.workers.adhoc_runs import AdhocRuns
    from bensync.workers.schema import bring_up as change

    change(store)
    return AdhocRuns(store.reach())


def bring_up(deployment: Deployment, store: Store) -> str | None:
    """Upgrade the tables of the queue, where the deployment has one.

    Raises:
        ConfigError: the extra part is not installed.
    """
    if deployment.settings.daemon.queue == "own":
        return None
    _require()
    from bensync.workers.schema import bring_up as change

    return change(store)


def work(file: Path, form: str) -> None:
    """Run a worker until it is stopped.

    Raises:
        BensyncError: configuration or database are not usable.
    """
    _require()
    from bensync.workers.worker import serve

    serve(file, form)


def _require() -> None:
    try:
        # Tried here, before any module of ours imports it, so that the error names the extra.
        import procrastinate  # noqa: F401  # only whether it is there
    except ImportError as error:
        fix = "Install it: pip install 'bensync[workers]'."
        raise ConfigError("The procrastinate queue needs an extra.", "It is not installed here.", fix) from error
