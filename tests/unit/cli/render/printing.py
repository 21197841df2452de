"""What a command prints, as text without colors on a wide terminal."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

from rich.console import Console


def printed(show: Callable[..., None], *arguments: Any, **options: Any) -> str:
    """Return what a printing function writes, with each run of blanks as one."""
    screen = StringIO()
    show(Console(file=screen, width=200, color_system=None), *arguments, **options)
    return "\n".join(" ".join(line.split()) for line in screen.getvalue().splitlines())
