"""The migrations are one chain: two people who add one at the same time must not take the same number."""

from __future__ import annotations

import re

from tests.architecture.checks.pages import SOURCE

VERSIONS = SOURCE / "state" / "migrations" / "versions"
HEAD = re.compile(r'^revision = "(\w+)"$.*?^down_revision = (?:"(\w+)"|None)$', re.MULTILINE | re.DOTALL)


def test_each_migration_follows_the_one_before_it():
    heads = []
    for path in sorted(VERSIONS.glob("0*.py")):
        match = HEAD.search(path.read_text(encoding="utf-8"))
        assert match is not None, path.name
        assert path.name.startswith(match[1]), path.name
        heads.append((match[1], match[2]))
    numbers = [f"{number:04}" for number in range(1, len(heads) + 1)]
    assert heads == list(zip(numbers, [None, *numbers[:-1]], strict=True))
