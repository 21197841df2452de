"""Assets: only known names are served."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::ffff]", "localhost.evil"])
def test_only_known_names_are_served(web_pages, host):
    answer = web_pages.visitor().get("/sign-in", host=host)
    assert answer.status_code == 421
