"""An office with a rulebook, and somebody in it."""

from __future__ import annotations

import shutil

import pytest

from tests.fixtures.databases import in_file
from tests.fixtures.office import Office, office
from tests.integration.cli.commands.benefits.office import COLLEAGUE, HIRED, NEWCOMER, RULEBOOK, employee_named


@pytest.fixture
def acme(tmp_path, keys, capsys):
    with office(tmp_path, keys, capsys, in_file(tmp_path)) as employer:
        shutil.copy(RULEBOOK, tmp_path / "benefits.toml")
        text = employer.config.read_text()
        employer.config.write_text(text.replace('id = "ACME0001"\n', 'id = "ACME0001"\nbenefits = "benefits.toml"\n'))
        employer.company.hire(NEWCOMER, hire_date=HIRED)
        employer.company.hire(COLLEAGUE, hire_date=HIRED)
        employer.begin()
        yield employer


@pytest.fixture
def who(acme: Office) -> str:
    """Somebody who has worked full-time since HIRED."""
    return employee_named(acme, "Maren Oakes")
