"""One call of the command line: with --json it prints one object and nothing else."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from bensync.api_shapes.contract import ANSWERS
from tests.fixtures.databases import on_sqlite
from tests.integration.cli.moves import changed

pytestmark = on_sqlite


def test_every_command_says_one_json_object_and_nothing_else(begun):
    changed(begun)
    commands = (
        ("status",),
        ("plan",),
        ("runs",),
        ("runs", "show", "1"),
        ("deliveries",),
        ("deliveries", "show", "1"),
        ("issues", "list", "--resolved"),
        ("people",),
        ("people", "show", "1"),
        ("audit",),
        ("audit", "show", "1"),
        ("requests", "list"),
        ("requests", "show", "1"),
        ("connectors",),
        ("migrate",),
        ("sync", "--verbose"),
    )
    for words in commands:
        answer = begun.run(*words, "--json")
        assert answer.code == 0, (words, answer)
        assert isinstance(answer.json, dict), words
        for key, kind in ANSWERS.get(" ".join(words[:2]).removesuffix(" --verbose"), {}).items():
            shape: TypeAdapter[Any] = TypeAdapter(kind)
            assert shape.dump_python(shape.validate_python(answer.json[key]), mode="json") == answer.json[key], words
        assert answer.out.count("\n") == 1, words
        shown = begun.run(*words)
        assert shown.code == 0, words
        assert shown.out.strip(), words
