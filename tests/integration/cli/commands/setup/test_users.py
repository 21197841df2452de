"""Users and the audit trail from the terminal: what is shown once, what is asked for, and what is named when it broke."""

from __future__ import annotations

from datetime import UTC, datetime

import pyotp
import pytest

from bensync.actions import sign_in
from bensync.cli.app import main
from bensync.core.access import Role
from bensync.wiring import Deployment
from tests.fixtures.databases import SORTS
from tests.fixtures.office import office
from tests.integration.cli.users import PASSWORD, add

pytestmark = pytest.mark.databases(*SORTS)


@pytest.fixture
def acme(tmp_path, keys, capsys, database):
    with office(tmp_path, keys, capsys, database) as employer:
        assert employer.run("migrate").code == 0
        (tmp_path / "password").write_text(PASSWORD + "\n")
        yield employer


def test_a_user_who_was_added_can_sign_in(acme):
    new = add(acme)
    store = Deployment(acme.config).store()
    now = datetime.now(UTC)
    session = sign_in.sign_in(store, "kim", PASSWORD, pyotp.parse_uri(new["totp_uri"]).at(now), "", now)
    again = sign_in.sign_in(store, "kim", PASSWORD, new["recovery_codes"][3], "", now)
    user = sign_in.authenticate(store, session, now)
    store.close()

    assert len(new["recovery_codes"]) == 10
    assert session != again
    assert [(grant.site, grant.role) for grant in user.grants] == [("acme", Role.DATA_OWNER)]


def test_a_person_is_shown_a_qr_code_and_codes_to_write_down(acme):
    shown = acme.run("users", "add", "kim", "--role", "auditor", "--password-file", str(acme.folder / "password")).out

    assert shown.count("▄") > 100
    assert "otpauth://totp/bensync:kim?secret=" in shown
    assert sum(line.count("-") == 3 and len(line.strip()) == 19 for line in shown.splitlines()) == 10
    assert PASSWORD not in shown


def test_without_a_file_the_password_is_asked_for_twice_and_not_shown(acme, monkeypatch, capsys):
    asked = []

    def answer(prompt: str, **how) -> str:
        asked.append((prompt, how["hide_input"], how["confirmation_prompt"]))
        return PASSWORD

    monkeypatch.setattr("typer.prompt", answer)
    assert main(["--config", str(acme.config), "users", "add", "kim", "--role", "auditor"]) == 0
    assert asked == [("Password", True, True)]
    assert PASSWORD not in "".join(capsys.readouterr())


def test_users_are_listed_with_their_roles_and_none_of_their_secrets(acme):
    new = add(acme)
    add(acme, "lee", "broker", "--may", "see-requests")
    users_listed = acme.json("users", "list")["users"]
    shown = acme.run("users", "list").out

    assert [(user["name"], [role["role"] for role in user["roles"]]) for user in users_listed] == [
        ("kim", ["data_owner"]),
        ("lee", ["broker"]),
    ]
    assert users_listed[1]["roles"][0]["may"] == ["see_requests"]
    assert "broker" in shown
    assert not [code for code in new["recovery_codes"] if code in f"{users_listed} {shown}"]
    assert "argon2" not in f"{users_listed} {shown}"


def test_roles_come_and_go_and_each_change_is_audited(acme):
    add(acme)
    acme.json("users", "grant", "kim", "--role", "employee", "--employee", "7", "--may", "correct_own", "--actor", "op")
    assert acme.json("users", "revoke", "kim", "--role", "data_owner")["user"]["roles"][0]["employee_id"] == "7"
    acme.json("users", "disable", "kim")
    acme.json("users", "enable", "kim")
    acme.json("users", "reset", "kim", "--password-file", str(acme.folder / "password"))
    trail = [(entry["site"], entry["verb"], entry["reason"]) for entry in acme.json("audit")["audit"]]

    assert [entry for entry in trail if entry[0] == "acme"] == [
        ("acme", "users.add", "data_owner"),
        ("acme", "users.grant", "employee +correct_own of record 7"),
        ("acme", "users.revoke", "data_owner"),
    ]
    assert [verb for site, verb, _ in trail if site == "-"] == [
        "configuration.change",
        "users.disable",
        "users.enable",
        "users.reset",
    ]
    assert "Audit trail of the deployment" in acme.run("audit").out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("users", "add", "kim", "--role", "king"), 2),
        (("users", "grant", "kim", "--role", "broker", "--may", "fly"), 2),
        (("users", "add", "kim", "--role", "employee"), 15),
        (("users", "disable", "nobody"), 15),
        (("users", "add", "kim", "--role", "auditor", "--password-file", "nowhere"), 10),
    ],
)
def test_what_cannot_be_is_said_in_three_lines(acme, words, code):
    needs_password = words[1] == "add" and "--password-file" not in words
    answer = acme.run(*words, *(("--password-file", str(acme.folder / "password")) if needs_password else ()))

    assert answer.code == code
    assert [line[:5] for line in answer.err.splitlines()] == ["what:", "why: ", "fix: "]


def test_a_weak_password_is_refused_and_not_repeated(acme):
    (acme.folder / "password").write_text("password1234")
    answer = acme.run("users", "add", "kim", "--role", "auditor", "--password-file", str(acme.folder / "password"))

    assert answer.code == 15
    assert "password1234" not in answer.err
