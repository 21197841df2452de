"""Who else on this machine may read the secrets of a configuration, or change what bensync does (45 CFR 164.312(a))."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel, SecretStr

from bensync.config.files import SITES, of_site
from bensync.core.ports import PreflightFinding

_READABLE = stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP
_WRITABLE = stat.S_IWOTH
_HOME = stat.S_IRWXO | stat.S_IWGRP


def check_permissions(path: Path, name: str, site: BaseModel, state: BaseModel) -> Iterator[PreflightFinding]:
    """Yield a finding for each file whose permissions are too wide, or one that says that none is.

    Args:
        path: the main file of the configuration.
        name: the site.
        site: its settings.
        state: the settings of the database and its key.
    """
    files = (path, path.parent, path.parent / SITES, path.parent / of_site(name))
    others = "can be read or changed by other accounts"
    too_wide = [
        *_wide(files, _WRITABLE, "can be changed by every account of this machine", "chmod o-w"),
        *_wide(_secret_files(state, site), _READABLE, others, "chmod 600"),
        *_wide(_homes(site), _HOME, others, "chmod 700"),
    ]
    yield from too_wide
    if not too_wide:
        yield PreflightFinding("permissions", ok=True, detail="no other account can read the keys or change the files")


def _wide(paths: Iterable[Path], bits: int, why: str, command: str) -> Iterator[PreflightFinding]:
    for path in paths:
        try:
            mode = path.stat().st_mode
        except OSError:
            continue  # the check of what uses the file says that it is missing
        if mode & bits and not mode & stat.S_ISVTX:  # in a folder such as /tmp, only the owner of a file may replace it
            yield PreflightFinding("permissions", ok=False, detail=f"{path} {why}", fix=f"Run `{command} {path}`.")


def _secret_files(*models: BaseModel) -> Iterator[Path]:
    for model in models:
        for _, value in model:
            if isinstance(value, SecretStr) and value.get_secret_value().startswith("file:"):
                yield Path(value.get_secret_value().removeprefix("file:"))
            elif isinstance(value, BaseModel):
                yield from _secret_files(value)


def _homes(model: BaseModel) -> Iterator[Path]:
    for name, value in model:
        if name == "gnupg_home":
            yield value
        elif isinstance(value, BaseModel):
            yield from _homes(value)
