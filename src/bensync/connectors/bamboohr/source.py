"""The source BambooHR as others know it. What speaks HTTP is loaded with the first one that is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import ClassVar

from bensync.connectors.bamboohr.settings import BambooHRSettings
from bensync.core.ports import FieldSelection, PreflightFinding, Pull


class BambooHR:
    """The source BambooHR; implements :class:`bensync.core.ports.Source`.

    Args:
        settings: where and how to read.
        sleep: how to wait between attempts, in seconds.
    """

    Settings: ClassVar = BambooHRSettings

    def __init__(self, settings: BambooHRSettings, *, sleep: Callable[[float], None] = time.sleep) -> None:
        from bensync.connectors.bamboohr.reading import Reading  # every command reads the settings, few of them HR

        self._reading = Reading(settings, sleep)

    def pull(self, wanted: FieldSelection, since: str | None, also: frozenset[str] = frozenset()) -> Pull:
        """Read the people changed since a watermark, and those named in ``also``; everybody when ``since`` is None.

        Raises:
            SourceError: BambooHR cannot be read, does not know a wanted field, or hides one.
        """
        return self._reading.pull(wanted, since, also)

    def check(self, wanted: FieldSelection) -> Iterable[PreflightFinding]:
        """Preflight: sign-in, and every wanted field and table column one by one. Raises nothing."""
        return self._reading.check(wanted)

    def close(self) -> None:
        """Close the kept connections."""
        self._reading.close()
