"""A configuration that loads, and how one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bensync.errors import ConfigError
from bensync.wiring import Deployment

GOOD = """
[state]
url = "sqlite:///bensync.db"
key = "env:BENSYNC_STATE_KEY"

[mail]
host = "127.0.0.1"
sender = "bensync@example.com"
admins = ["benefits@example.com"]

[sites.acme]
id = "ACME0001"

[sites.acme.source]
type = "csvfile"
folder = "hr"

[sites.acme.status]
active = ["Active"]
inactive = ["Terminated"]

[sites.acme.feed]
recipient = "0123456789ABCDEF0123456789ABCDEF01234567"
gnupg_home = "gnupg"

[sites.acme.upload_center]
type = "folder"
directory = "out"
"""


def written(folder: Path, text: str) -> Path:
    """The file with this text."""
    path = folder / "bensync.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path, text: str) -> ConfigError:
    """The error of a file with this text."""
    with pytest.raises(ConfigError) as caught:
        Deployment(written(folder, text))
    return caught.value
