"""A configuration whose sites have files of their own."""

from __future__ import annotations

from pathlib import Path

from tests.unit.config.example import GOOD, written

MAIN = GOOD[: GOOD.index("[sites.acme]")]
OWN = GOOD[GOOD.index("[sites.acme]") :].replace("[sites.acme]", "").replace("[sites.acme.", "[")


def deployed(folder: Path, main: str = MAIN, **sites: str) -> Path:
    """A configuration with these sites in files of their own."""
    (folder / "sites.d").mkdir(exist_ok=True)
    for number, (name, text) in enumerate(sites.items()):
        (folder / "sites.d" / f"{name}.toml").write_text(text.replace("ACME0001", f"SITE{number:04}"))
    return written(folder, main)
