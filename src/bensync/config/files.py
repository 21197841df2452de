"""The files of a configuration: a main file, and beside it a folder with one file per site; or a copy of both.

A copy is an archive that later edits do not change. Nothing is checked but that the files can be read.
"""

from __future__ import annotations

import os
import tomllib
import zipfile
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import IO, Any

from bensync.config.references import decoded
from bensync.errors import ASK_OPERATOR, ConfigError, reported

DEFAULT_PATH = Path("bensync.toml")
SITES = "sites.d"
"""The folder beside the main file; ``NAME.toml`` in it contains the table ``[sites.NAME]``."""

_MAIN = "bensync.toml"
_SUFFIX = ".toml"
_WRITE_ONE = "write one with `bensync init`, or name another with --config or BENSYNC_CONFIG"


def located(named: Path | None) -> Path:
    """Return the path of the configuration: ``named``, otherwise `$BENSYNC_CONFIG`, otherwise `./bensync.toml`."""
    return named or Path(os.environ.get("BENSYNC_CONFIG") or DEFAULT_PATH)


def folder(path: Path) -> Path:
    """Return the folder of a configuration, to which its relative paths refer; for a copy, that of the original.

    Raises:
        ConfigError: the copy is gone.
    """
    try:
        if not zipfile.is_zipfile(path):
            return path.parent
        with zipfile.ZipFile(path) as archive:
            return Path(os.fsdecode(archive.comment))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read.", reported(error), "Start the process again.") from error


class Files:
    """The files of one configuration.

    Args:
        path: the main file, or a copy of a whole configuration.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.main: Traversable = path
        self._folder: Traversable = path.parent / SITES
        if zipfile.is_zipfile(path):
            root = zipfile.Path(path)
            self.main, self._folder = root / _MAIN, root / SITES

    def sites(self) -> list[str]:
        """Return the sites that have a file of their own, in order; hidden files do not count.

        Raises:
            ConfigError: the folder cannot be looked into.
        """
        if not self._folder.is_dir():
            return []
        try:
            names = [file.name for file in self._folder.iterdir()]
        except OSError as error:
            raise ConfigError(
                f"{SITES} cannot be read.", reported(error), "Fix the permissions of the folder."
            ) from error
        # Editors leave hidden files beside the one that they write.
        return sorted(name[: -len(_SUFFIX)] for name in names if name.endswith(_SUFFIX) and not name.startswith("."))

    def read(self) -> dict[str, Any]:
        """Return the content of the main file.

        Raises:
            ConfigError: it is missing, unreadable, or not TOML.
        """
        return read_toml(self.main, str(self.path))

    def read_site(self, name: str) -> dict[str, Any]:
        """Return the content of a site's file.

        Raises:
            ConfigError: it is unreadable, or not TOML.
        """
        return read_toml(self._folder / f"{name}{_SUFFIX}", of_site(name))

    def copy(self, into: IO[bytes]) -> None:
        """Write all files, and the path of their folder, into one archive.

        A site's file that cannot be read cannot be read in the copy either.

        Raises:
            ConfigError: the main file cannot be read.
        """
        with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
            # Rulebooks and keys lie beside the original, and a process that reads the copy must find them.
            archive.comment = os.fsencode(folder(self.path.absolute()))
            try:
                archive.writestr(_MAIN, self.main.read_bytes())
            except OSError as error:
                fix = "Fix its permissions, or name another file with --config."
                raise ConfigError(f"{self.path} cannot be read.", reported(error), fix, remedy=ASK_OPERATOR) from error
            for name in self.sites():
                place = f"{SITES}/{name}{_SUFFIX}"
                try:
                    archive.writestr(place, (self._folder / f"{name}{_SUFFIX}").read_bytes())
                except OSError:
                    # A folder in place of the file fails to be read there as well, so each process leaves out the same
                    # site.
                    archive.writestr(f"{place}/", b"")


def of_site(name: str) -> str:
    """Return the name of a site's file, as errors show it."""
    return f"{SITES}/{name}{_SUFFIX}"


def read_toml(file: Traversable, shown: str, what: str = "configuration", fix: str = _WRITE_ONE) -> dict[str, Any]:
    """Return the raw content of a TOML file.

    Args:
        file: the file.
        shown: its name in errors.
        what: its kind in errors.
        fix: the advice if it is missing.

    Raises:
        ConfigError: it is missing, unreadable, or not TOML.
    """
    try:
        return tomllib.loads(decoded(file.read_bytes()))
    except FileNotFoundError:
        raise ConfigError(f"There is no {what} at {shown}.", "The file does not exist.", fix) from None
    except OSError as error:
        raise ConfigError(f"{shown} cannot be read.", reported(error), "Fix the permissions of the file.") from error
    except RecursionError:
        why = "It nests more deeply than any configuration does."
        raise ConfigError(f"{shown} is not valid TOML.", why, "Close the brackets that are left open.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{shown} is not valid TOML.", f"The parser reports: {error}.", "Fix the line that the message names."
        ) from error
