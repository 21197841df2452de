"""Refused attempts to sign in."""

from __future__ import annotations

import pytest

from bensync.errors import SignInRefused
from tests.fixtures.house import House, Person


def refused(here: House, who: Person, **how: str) -> SignInRefused:
    with pytest.raises(SignInRefused) as caught:
        here.sign_in(who, **how)
    return caught.value
