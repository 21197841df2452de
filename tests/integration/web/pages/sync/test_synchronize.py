"""The page that starts a sync or a preview."""

from __future__ import annotations

import pytest

from bensync.core.access import Role
from tests.fixtures.pages import Pages


@pytest.mark.parametrize("path", ["/sites/acme/synchronize", "/sites/acme/synchronize/preview"])
def test_a_full_resync_without_a_population_is_a_refusal_and_no_failure_of_the_server(
    web_pages: Pages, path: str
) -> None:
    jo = web_pages.as_role(Role.OPERATOR)
    jo.get("/sites/acme/synchronize")
    answer = jo.post(path, {"what": "everybody"})
    assert answer.status_code == 409
    assert "Select active or inactive employees, or both." in answer.text
