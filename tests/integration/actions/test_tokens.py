"""Tokens for scripts: shown once, stored as a hash, and of no more use once they end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bensync.actions import tokens, users
from bensync.core.access import Role
from bensync.errors import DecisionError, Denied
from tests.fixtures.databases import content
from tests.fixtures.user_deployment import ROOT, UserDeployment, user_deployment

pytestmark = pytest.mark.usefixtures("quick_passwords")

DAY = timedelta(days=1)


@pytest.fixture
def deployment(database: str) -> Iterator[UserDeployment]:
    with user_deployment(database) as empty:
        empty.add("kim", Role.DATA_OWNER)
        yield empty


def issue(deployment: UserDeployment, label: str = "nightly-report", lives: timedelta = DAY) -> str:
    return tokens.issue(deployment.store, "kim", label, lives, ROOT, deployment.now)


def user_of(deployment: UserDeployment, token: str) -> str | None:
    user = tokens.authenticate(deployment.store, token, deployment.now)
    return user.name if user is not None else None


def test_a_token_acts_as_its_user_and_never_with_a_fresh_code(deployment):
    token = issue(deployment)
    user = tokens.authenticate(deployment.store, token, deployment.now)
    assert user is not None
    assert (user.name, user.fresh, user.ends_at) == ("kim", False, deployment.now + DAY)
    assert user_of(deployment, token + "x") is None


def test_the_token_itself_is_nowhere_in_the_database(deployment):
    token = issue(deployment)
    stored = content(deployment.url)
    assert token.encode() not in stored
    assert token.removeprefix("bensync_").encode() not in stored


def test_a_token_ends_with_its_time(deployment):
    token = issue(deployment)
    deployment.pass_time(hours=23)
    assert user_of(deployment, token) == "kim"
    deployment.pass_time(hours=1)
    assert user_of(deployment, token) is None


def test_a_revoked_token_ends_at_once_and_no_other(deployment):
    first, second = issue(deployment), issue(deployment, "other")
    tokens.revoke(deployment.store, "Kim ", "nightly-report", ROOT, deployment.now)
    assert (user_of(deployment, first), user_of(deployment, second)) == (None, "kim")
    with pytest.raises(DecisionError, match="No token was revoked"):
        tokens.revoke(deployment.store, "kim", "nightly-report", ROOT, deployment.now)
    assert deployment.audit()[-3:] == [
        ("root", "users.token"),
        ("root", "users.token"),
        ("root", "users.token_revoke"),
    ]


def test_a_token_of_a_disabled_account_is_of_no_use(deployment):
    token = issue(deployment)
    users.disable(deployment.store, "kim", ROOT, deployment.now)
    assert user_of(deployment, token) is None


def test_a_label_names_one_token_of_a_user(deployment):
    issue(deployment)
    with pytest.raises(DecisionError, match="No token was made"):
        issue(deployment)


@pytest.mark.parametrize("label", ["", "x", "Nightly", "a b", "-x", "x" * 41, "bericht\n"])
def test_a_label_that_could_be_mistaken_is_refused(deployment, label):
    with pytest.raises(DecisionError, match="No token was made"):
        issue(deployment, label)


@pytest.mark.parametrize("lives", [timedelta(0), -DAY, timedelta(days=366, seconds=1)])
def test_a_token_lives_for_a_year_at_most(deployment, lives):
    with pytest.raises(DecisionError, match="No token was made"):
        issue(deployment, lives=lives)


def test_the_list_says_when_a_token_was_used_last_and_not_what_it_is(deployment):
    token = issue(deployment)
    used = deployment.now
    for _ in range(3):
        assert user_of(deployment, token) == "kim"
        deployment.pass_time(minutes=10)
    (listed,) = tokens.tokens_of(deployment.store, "kim")
    assert (listed.label, listed.used_at) == ("nightly-report", used), "a call a minute does not write each time"
    assert token not in repr(listed)
    assert tokens.tokens_of(deployment.store, "nobody") == ()


def test_nobody_makes_a_token_for_a_user_of_another_site(deployment):
    deployment.add("ines", Role.DATA_OWNER, site="globex")
    stranger = deployment.actor(deployment.add("lee", Role.DATA_OWNER, site="globex"), "globex")
    with pytest.raises(Denied):
        tokens.issue(deployment.store, "kim", "nightly-report", DAY, stranger, deployment.now)
