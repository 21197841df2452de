"""The connector for BambooHR. The HTTP library is loaded when the first source is created."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import ClassVar

from bensync.connectors.bamboohr.change_routes import field_route, table_route
from bensync.connectors.bamboohr.settings import BambooHRSettings
from bensync.core.ports import ChangeRoute, FieldSelection, PreflightFinding, Pull, routed


class BambooHR:
    """BambooHR as a source; implements :class:`bensync.core.ports.Source`.

    Args:
        settings: where and how to read.
        sleep: waits for a number of seconds between attempts.
    """

    Settings: ClassVar = BambooHRSettings

    def __init__(self, settings: BambooHRSettings, *, sleep: Callable[[float], None] = time.sleep) -> None:
        from bensync.connectors.bamboohr.reading import Reading  # every command reads the settings, few of them HR

        self._reading = Reading(settings, sleep)

    def pull(
        self,
        wanted: FieldSelection,
        since: str | None,
        also: frozenset[str] = frozenset(),
        *,
        everybody: bool = False,
    ) -> Pull:
        """Read the employees changed since a watermark, and those in ``also``; everybody if ``since`` is None.

        Raises:
            SourceError: BambooHR cannot be read, does not know a wanted field, or hides one.
        """
        return self._reading.pull(wanted, since, also, everybody=everybody)

    def check(self, wanted: FieldSelection) -> Iterable[PreflightFinding]:
        """Preflight: sign-in, and every wanted field and table column one by one. Raises nothing."""
        return self._reading.check(wanted)

    @staticmethod
    def routes(wanted: FieldSelection) -> dict[str, ChangeRoute]:
        """Return how changes of each wanted field and column reach a daily run, as BambooHR documents it."""
        return routed(wanted, field_route, table_route)

    def close(self) -> None:
        """Close the open connections."""
        self._reading.close()
