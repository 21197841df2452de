"""Settings of BambooHR: the address they lead to, and mistakes that they refuse."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bensync.connectors.bamboohr import BambooHRSettings


@pytest.mark.parametrize(
    "wrong",
    [
        {"company": "evil.example.com/"},
        {"company": "a.b"},
        {"api_key": ""},
        {"base_url": "http://acme.bamboohr.com/api/v1"},
        {"base_url": "https://user:key@acme.bamboohr.com/api/v1"},
        {"base_url": "https://acme.bamboohr.com/api/v1?x=1"},
        {"batch": 0},
        {"batch": 1001},
        {"colour": "red"},
    ],
)
def test_settings_that_could_leak_the_key_are_refused_without_showing_it(wrong):
    with pytest.raises(ValidationError) as caught:
        BambooHRSettings.model_validate({"company": "acme", "api_key": "0123456789", **wrong})
    assert "0123456789" not in str(caught.value)


def test_the_address_follows_from_the_company():
    make = BambooHRSettings.model_validate
    assert make({"company": "acme", "api_key": "k"}).address == "https://acme.bamboohr.com/api/v1"
    older = make({"company": "acme", "api_key": "k", "gateway": True})
    assert older.address == "https://api.bamboohr.com/api/gateway.php/acme/v1"
