"""What takes two people: roles, releases and keys. The first is written down, only another one completes it (S1-08)."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bensync.actions import approvals, tokens, users
from bensync.actions.approvals import Decision
from bensync.actions.authorization import ACCOUNTS, require_second_person, waiting
from bensync.cli.app import main
from bensync.core.access import Actor, Grant, Role, command_line_actor
from bensync.core.intake.proposals import IntakeRules
from bensync.errors import DecisionError
from bensync.state.db.transaction import DEPLOYMENT
from tests.fixtures.databases import in_file
from tests.fixtures.deployed import Deployed, deployed
from tests.fixtures.fault_points import commits
from tests.fixtures.pages import pages
from tests.fixtures.user_deployment import UserDeployment, user_deployment
from tests.unit.builders import profile

ONE, OTHER = command_line_actor("kim"), command_line_actor("alex")
AUDITOR = Grant("acme", Role.AUDITOR)

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def deployment(database: str) -> Iterator[UserDeployment]:
    with user_deployment(database) as empty_deployment:
        empty_deployment.add("pat", Role.HR_USER)
        yield empty_deployment


def give(deployment: UserDeployment, who: object, given: Grant = AUDITOR) -> None:
    users.grant(deployment.store, "pat", given, who, deployment.now, two=True)  # type: ignore[arg-type]


def roles(deployment: UserDeployment) -> set[Role]:
    (pat,) = [user for user in users.everybody(deployment.store) if user.name == "pat"]
    return {grant.role for grant in pat.grants}


def test_a_role_is_given_by_the_second_person_only(deployment: UserDeployment) -> None:
    for _ in range(2):
        with pytest.raises(DecisionError, match="waits for a second person"):
            give(deployment, ONE)
    with pytest.raises(DecisionError):
        give(deployment, command_line_actor("KIM"))
    assert roles(deployment) == {Role.HR_USER}
    give(deployment, OTHER)
    assert roles(deployment) == {Role.HR_USER, Role.AUDITOR}
    assert [verb for _, verb in deployment.audit("acme")][-3:] == [
        "users.grant.first",
        "users.grant.second",
        "users.grant",
    ]


def test_another_role_is_another_act_and_a_first_step_counts_once_and_for_a_day(deployment: UserDeployment) -> None:
    with pytest.raises(DecisionError):
        give(deployment, ONE)
    with pytest.raises(DecisionError):
        give(deployment, OTHER, Grant("acme", Role.SENIOR_USER))
    deployment.pass_time(hours=25)
    with pytest.raises(DecisionError):
        give(deployment, OTHER)
    give(deployment, ONE)
    with pytest.raises(DecisionError):
        give(deployment, ONE)
    with pytest.raises(DecisionError):
        users.add(deployment.store, "new", "quietly orange teapot", AUDITOR, ONE, deployment.now, issuer="x", two=True)
    assert "new" not in {user.name for user in users.everybody(deployment.store)}
    enrolment = users.add(
        deployment.store, "new", "quietly orange teapot", AUDITOR, OTHER, deployment.now, issuer="x", two=True
    )
    assert enrolment.name == "new"


def test_what_two_agreed_to_may_be_finished_for_a_while(deployment: UserDeployment) -> None:
    hour = timedelta(hours=1)
    with pytest.raises(DecisionError):
        require_second_person(deployment.store, DEPLOYMENT, ONE, "keys.rotate", "state key", deployment.now, hour)
    require_second_person(deployment.store, DEPLOYMENT, OTHER, "keys.rotate", "state key", deployment.now, hour)
    require_second_person(
        deployment.store, DEPLOYMENT, ONE, "keys.rotate", "state key", deployment.now + hour / 2, hour
    )
    with pytest.raises(DecisionError):
        require_second_person(
            deployment.store, DEPLOYMENT, ONE, "keys.rotate", "state key", deployment.now + 2 * hour, hour
        )


@pytest.mark.parametrize("act", ["users.reset", "users.enable", "users.token"])
def test_what_lets_somebody_act_with_the_roles_of_a_user_takes_two_and_is_listed_meanwhile(
    deployment: UserDeployment, act: str
) -> None:
    kettle = "slowly purple kettle"
    acts: dict[str, Callable[[Actor, tuple[str, ...]], object]] = {
        "users.reset": lambda by, two: users.reset(
            deployment.store, "pat", kettle, by, deployment.now, issuer="x", two=two
        ),
        "users.enable": lambda by, two: users.enable(deployment.store, "pat", by, deployment.now, two=two),
        "users.token": lambda by, two: tokens.issue(
            deployment.store, "pat", "nightly", timedelta(days=9), by, deployment.now, two
        ),
    }
    before = len(deployment.audit())
    with pytest.raises(DecisionError, match="waits for a second person"):
        acts[act](ONE, ("acme", "beta"))
    with deployment.store.read(DEPLOYMENT) as work:
        (half,) = waiting(work, deployment.now, ACCOUNTS)
        assert waiting(work, deployment.now + timedelta(hours=25), ACCOUNTS) == []
    assert (half.act, half.actor, half.subject.split(",")[0]) == (act, "kim", "user pat")
    acts[act](OTHER, ("acme", "beta"))
    assert [verb for _, verb in deployment.audit()][before:] == [f"{act}.first", f"{act}.second", act]
    with deployment.store.read(DEPLOYMENT) as work:
        assert waiting(work, deployment.now, ACCOUNTS) == []
    if act != "users.token":
        acts[act](ONE, ("beta",))


@pytest.mark.parametrize("gives", ["kim", "eve"])
@pytest.mark.parametrize("way", ["add", "reset", "token"])
def test_nobody_is_the_second_beside_somebody_who_made_their_account_lately(
    deployment: UserDeployment, gives: str, way: str
) -> None:
    first, second = command_line_actor("kim"), command_line_actor("eve")
    maker, name = (first, "eve") if gives == "kim" else (second, "kim")
    if way != "add":
        deployment.add(name, Role.HR_USER)
        deployment.pass_time(days=30)
    acts: dict[str, Callable[[], object]] = {
        "add": lambda: users.add(
            deployment.store, name, "slowly purple kettle", AUDITOR, maker, deployment.now, issuer="x"
        ),
        "reset": lambda: users.reset(deployment.store, name, "slowly purple kettle", maker, deployment.now, issuer="x"),
        "token": lambda: tokens.issue(deployment.store, name, "nightly", timedelta(days=9), maker, deployment.now),
    }
    acts[way]()
    for _ in range(2):
        with pytest.raises(DecisionError, match="waits for a second person"):
            give(deployment, first)
        with pytest.raises(DecisionError, match="eve cannot be the second person beside kim"):
            give(deployment, second)
        deployment.pass_time(hours=25)
    assert roles(deployment) == {Role.HR_USER}
    deployment.pass_time(days=8)
    with pytest.raises(DecisionError, match="waits for a second person"):
        give(deployment, first)
    give(deployment, second)
    assert roles(deployment) == {Role.HR_USER, Role.AUDITOR}


def test_an_account_that_one_person_made_does_not_complete_the_approval_of_a_request(
    deployment: UserDeployment,
) -> None:
    number = deployment.ask(profile(1))
    rules = IntakeRules(second_approver=frozenset({"new"}))

    def approve(name: str) -> Decision:
        actor = command_line_actor(name)
        (decision,) = approvals.approve(deployment.store, "acme", [number], actor, deployment.now, rules)
        return decision

    eve = Grant("acme", Role.HR_USER)
    users.add(deployment.store, "eve", "slowly purple kettle", eve, ONE, deployment.now, issuer="x")
    assert approve("kim").waits
    refused = approve("eve").error
    assert refused is not None
    assert "eve cannot be the second person beside kim" in refused.what
    assert approve("eve (by kim)").error is not None
    assert approve("alex").done


def test_the_first_user_of_a_site_needs_one_person(deployment: UserDeployment) -> None:
    other = Grant("globex", Role.DATA_OWNER)
    for name in ("first", "second"):
        with contextlib.nullcontext() if name == "first" else pytest.raises(DecisionError, match="second person"):
            users.add(deployment.store, name, "slowly purple kettle", other, ONE, deployment.now, issuer="x", two=True)


@pytest.mark.parametrize("rule", ["terminate", "far_back", "keys", "grant"])
def test_any_rule_of_two_people_makes_a_second_account_take_two(tmp_path: Path, rule: str) -> None:
    with pages(tmp_path, in_file(tmp_path), site=f'second_approver = ["{rule}"]') as web_pages:
        owner = web_pages.sign_in(web_pages.deployment.add("owner", Role.DATA_OWNER))
        owner.get("/sites/acme/users")
        answer = owner.post(
            "/sites/acme/users", {"name": "eve", "password": "slowly purple kettle", "role": "data_owner"}
        )
        assert answer.status_code == 409
        assert "waits for a second person" in answer.text


def test_on_the_pages_two_data_owners_give_a_role(tmp_path: Path) -> None:
    with pages(tmp_path, in_file(tmp_path), site='second_approver = ["grant"]') as web_pages:
        first, second = (
            web_pages.sign_in(web_pages.deployment.add(name, Role.DATA_OWNER)) for name in ("owner", "partner")
        )
        web_pages.deployment.add("pat", Role.HR_USER)
        (pat,) = [user.id for user in users.everybody(web_pages.deployment.store) if user.name == "pat"]
        form = {"role": "auditor"}
        assert "needs two approvers" in first.get(f"/sites/acme/users/{pat}").text
        answer = first.post(f"/sites/acme/users/{pat}/grant", form)
        assert answer.status_code == 409
        assert "waits for a second person" in answer.text
        assert "1 change waiting for a second approver" in second.get("/sites/acme/users").text
        assert "gave the first approval to add a role: user pat, auditor" in second.get("/sites/acme/users").text
        assert "is waiting for a second approver" in second.get("/sites/acme").text
        second.get(f"/sites/acme/users/{pat}")
        assert second.post(f"/sites/acme/users/{pat}/grant", form).status_code == 303
        assert roles(web_pages.deployment) == {Role.HR_USER, Role.AUDITOR}
        assert "second approver" not in second.get("/sites/acme/users").text.split("<form")[0]
        kettle = {"password": "slowly purple kettle"}
        assert first.post(f"/sites/acme/users/{pat}/reset", kettle).status_code == 409
        assert "gave the first approval to reset sign-in details: user pat" in second.get("/sites/acme/users").text
        with web_pages.deployment.store.write("acme", "test.release") as work:
            work.audit.record("owner", "plan.allow.first", "plan 0123abcd", web_pages.deployment.now)
        assert "gave the first approval to held changes: plan 0123abcd" in second.get("/sites/acme/held").text
        assert "is waiting for a second approver" in second.get("/sites/acme").text


@pytest.fixture
def command(tmp_path: Path) -> Deployed:
    deployed_site = deployed(tmp_path / "acme", "", "", "acme")
    deployed_site.config.write_text(
        deployed_site.config.read_text().replace(
            'id = "SITE0000"\n', 'id = "SITE0000"\nsecond_approver = ["keys", "release"]\n'
        )
    )
    assert main(["--config", str(deployed_site.config), "migrate"]) == 0
    return deployed_site


def test_keys_and_releases_wait_on_the_command_line_too(
    command: Deployed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["--config", str(command.config)]
    monkeypatch.setattr("bensync.cli.session.system_user", lambda: "kim")
    for rotation in (["keys", "rotate"], ["sync", "--allow", "0123abcd"]):
        assert main([*words, *rotation]) == 15
        assert "waits for a second person" in capsys.readouterr().err
    assert main([*words, "--json", "status"]) == 0
    listed = json.loads(capsys.readouterr().out)["waiting"]
    assert [(entry["site"], entry["act"], entry["first"]) for entry in listed] == [
        (DEPLOYMENT, "keys.rotate", "kim"),
        ("acme", "plan.allow", "kim"),
    ]
    assert main([*words, "status"]) == 0
    assert "Waiting for a second person" in capsys.readouterr().out
    assert main([*words, "users", "list"]) == 0
    assert "second person" not in capsys.readouterr().out, "none of these is about users"
    assert main([*words, "keys", "rotate", "--actor", "alex"]) == 15, "the same system user under another name"
    monkeypatch.setattr("bensync.cli.session.system_user", lambda: "alex")
    assert main([*words, "keys", "rotate"]) == 0
    assert main([*words, "sync", "--allow", "0123abcd"]) == 10, "HR has no key here"
    assert main([*words, "audit", "verify"]) == 0


FIRST = commits("admission.two")


@pytest.mark.slow
@pytest.mark.parametrize("point", FIRST)
def test_a_first_step_that_is_killed_is_whole_or_not_there(
    command: Deployed, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    command.killed(point, "keys", "rotate")
    monkeypatch.setattr("bensync.cli.session.system_user", lambda: "alex")
    code = 15 if point.endswith("before") else 0
    assert main(["--config", str(command.config), "keys", "rotate"]) == code
