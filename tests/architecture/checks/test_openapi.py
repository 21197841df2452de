"""The description of the JSON API is valid, for two validators that know nothing of each other."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from aiopenapi3 import OpenAPI
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.architecture.checks.pages import ROOT

CONTRACT: dict[str, Any] = json.loads((ROOT / "docs" / "reference" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, item in CONTRACT["paths"].items()
    for method, operation in item.items()
}


def test_a_validator_of_the_specification_finds_nothing() -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(CONTRACT).iter_errors()] == []


def test_a_library_makes_a_client_with_every_operation_of_it() -> None:
    assert len(list(OpenAPI("http://127.0.0.1/openapi.json", CONTRACT)._)) == len(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_names_its_path_parameters_its_headers_and_what_slows_it_down(name: str) -> None:
    operation = OPERATIONS[name]
    named = {(parameter["in"], parameter["name"]) for parameter in operation.get("parameters", ())}
    assert {match for kind, match in named if kind == "path"} == set(re.findall(r"\{(\w+)\}", name))
    assert (("header", "Idempotency-Key") in named) == name.startswith("POST")
    assert "Retry-After" in operation["responses"]["429"]["headers"]
