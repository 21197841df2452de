"""Each migration follows exactly one other, under the number in the name of its file: two of one number break every start."""

from __future__ import annotations

import re
from pathlib import Path

from bensync.state.migrations import versions

FILES = sorted(Path(versions.__file__).parent.glob("[0-9]*.py"))


def entry(file: Path, name: str) -> str:
    line = re.search(rf'^{name}(?::.*)? = "?(\w+)"?$', file.read_text(encoding="utf-8"), re.MULTILINE)
    return line[1] if line else ""


def test_migrations_form_one_chain_in_the_order_of_their_files():
    numbers = [file.name[:4] for file in FILES]
    assert numbers == [f"{number:04}" for number in range(1, len(FILES) + 1)]
    assert [entry(file, "revision") for file in FILES] == numbers
    assert [entry(file, "down_revision") for file in FILES] == ["None", *numbers[:-1]]
