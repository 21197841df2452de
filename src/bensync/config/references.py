"""Secrets by reference: never in the file itself, and looked up only when they are needed."""

from __future__ import annotations

import codecs
import os
import re
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    SecretStr,
)

from bensync.errors import ConfigError, reported

M = TypeVar("M", bound=BaseModel)

_REFERENCE = re.compile(r"^(env:\w+|file:/.+|keyring:[^/]+/.+)$")


def _reference(value: SecretStr) -> SecretStr:
    if not _REFERENCE.match(value.get_secret_value()):
        raise ValueError("must be a reference: env:NAME, file:/path or keyring:service/user, never the secret itself")
    return value


Reference = Annotated[SecretStr, AfterValidator(_reference)]
"""A reference to a secret; the file never holds the secret itself."""


def resolved(table: M) -> M:
    """Return the table with its secret references resolved.

    Raises:
        ConfigError: a reference leads nowhere.
    """
    secrets = {name: SecretStr(resolve(value)) for name, value in table if isinstance(value, SecretStr)}
    return table.model_copy(update=secrets)


def resolve(reference: SecretStr) -> str:
    """Return the secret behind a reference, without surrounding white space.

    Raises:
        ConfigError: the variable, file or key ring entry is missing or empty.
    """
    kind, _, name = reference.get_secret_value().partition(":")
    try:
        # Files that an editor wrote end in a newline, which is never part of the secret.
        secret = _LOOK_UP[kind](name).strip()
    except UnicodeDecodeError:
        # Without a cause: the error carries the whole content of the file.
        fix = "Write the file as plain text in UTF-8."
        raise ConfigError(
            f"The secret {kind}:{name} cannot be read.", "The file is not plain text in UTF-8.", fix
        ) from None
    except OSError as error:
        raise ConfigError(
            f"The secret {kind}:{name} cannot be read.", reported(error), "Fix the permissions of the file."
        ) from error
    if not secret:
        raise ConfigError(
            f"The secret {kind}:{name} is empty or missing.", "This configuration needs it.", f"Set {kind}:{name}."
        )
    return secret


def _from_keyring(name: str) -> str:
    try:
        import keyring
    except ImportError as error:
        fix = "Install it with `pip install keyring`, or use a reference of the form env:NAME or file:PATH."
        raise ConfigError("The key ring cannot be read.", "The package keyring is not installed.", fix) from error
    service, _, user = name.partition("/")
    return keyring.get_password(service, user) or ""


def decoded(content: bytes) -> str:
    """Return the text of a file that a person or a shell wrote: UTF-8, or UTF-16 with its byte order mark.

    Raises:
        UnicodeDecodeError: it is neither.
    """
    # Shells of Windows write UTF-16, and editors put a mark in front of UTF-8; neither is part of a secret.
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = content.decode("utf-16" if wide else "utf-8-sig")
    if "\0" in text:  # UTF-16 without its mark is valid UTF-8, with a zero byte beside each letter
        raise UnicodeDecodeError("utf-8", b"", 0, 1, "it holds zero bytes")
    return text


_LOOK_UP = {
    "env": lambda name: os.environ.get(name, ""),
    "file": lambda name: decoded(Path(name).read_bytes()),
    "keyring": _from_keyring,
}
