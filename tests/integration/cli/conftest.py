"""Offices at whose terminal somebody types."""

from __future__ import annotations

import pytest

from tests.fixtures.office import Office, office


@pytest.fixture
def acme(tmp_path, keys, capsys, database):
    with office(tmp_path, keys, capsys, database) as employer:
        yield employer


@pytest.fixture
def begun(acme: Office) -> Office:
    acme.begin()
    return acme
