"""ARCHITECTURE.md and the tour are true: the layers are those of the linter, and what the pages name exists."""

from __future__ import annotations

import re
import tomllib

from tests.architecture.checks.pages import MODULES, ROOT, SOURCE, rows_of, text_of


def test_the_layers_are_those_of_the_linter():
    contracts = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "layers")
    assert [re.findall(r"\w+", row[0]) for row in rows_of("ARCHITECTURE.md", "Layers")] == [
        re.findall(r"\w+", layer) for layer in layers
    ]


def test_every_function_and_file_that_is_named_exists():
    text = text_of("ARCHITECTURE.md") + text_of("docs/explanation/architecture-tour.md")
    code = " ".join(path.read_text(encoding="utf-8") for path in MODULES)
    functions = set(re.findall(r"`(\w+)\(\)`", text))
    files = set(re.findall(r"`((?:\w+/)*\w+\.py)`", text))
    assert len(functions) >= 10
    assert len(files) >= 25
    assert [name for name in functions if not re.search(rf"def {name}\(", code)] == []
    assert [name for name in files if not (SOURCE / name).exists() and not (ROOT / name).exists()] == []


def test_the_page_stays_short():
    assert len(text_of("ARCHITECTURE.md").splitlines()) <= 90
