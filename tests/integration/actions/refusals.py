"""Refused attempts to sign in."""

from __future__ import annotations

import pytest

from bensync.errors import SignInRefused
from tests.fixtures.user_deployment import Person, UserDeployment


def refused(deployment: UserDeployment, who: Person, **how: str) -> SignInRefused:
    with pytest.raises(SignInRefused) as caught:
        deployment.sign_in(who, **how)
    return caught.value
