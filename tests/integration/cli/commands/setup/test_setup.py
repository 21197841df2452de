"""`bensync check`, `migrate` and `connectors`: what they list, and what is missing."""

from __future__ import annotations

from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite


def test_check_reports_line_by_line_and_fails_until_all_is_well(acme, mailbox):
    acme.run("migrate")
    without_mail = acme.run("check", "--json")
    assert without_mail.code == 10
    assert [line["subject"] for line in without_mail.json["findings"] if not line["ok"]] == ["mail"]
    mail = f'host = "{mailbox.host}"\nport = {mailbox.port}\nsender = "b@example.com"\nadmins = ["a@example.com"]\n'
    acme.configure("acme", extra=f"[mail]\n{mail}")
    well = acme.run("check")
    assert well.code == 0, well.out
    assert "acme: no problems." in well.out
    acme.company.forbid("ssn")
    hidden = acme.run("check")
    assert hidden.code == 10
    assert "1 problem to fix" in hidden.out


def test_A_91_check_asks_about_a_source_field_that_feeds_two_dates(acme):
    acme.run("migrate")
    acme.configure("acme", extra='[sites.acme.mapping]\ntermination_date = "hireDate"\n')
    answer = acme.run("check", "--json")
    assert answer.code == 10
    (finding,) = [line for line in answer.json["findings"] if line["subject"] == "mapping"]
    assert not finding["ok"]
    assert finding["detail"] == "hireDate feeds hire_date and termination_date: should one of them be another field?"


def test_a_database_without_tables_asks_for_migrate(acme):
    answer = acme.run("status", "--json")
    assert answer.code == 14
    assert "bensync migrate" in answer.error["fix"]


def test_connectors_lists_what_is_installed(acme):
    assert acme.json("connectors") == {"connectors": ["bamboohr", "csvfile"]}
    assert acme.run("connectors").out.split() == ["bamboohr", "csvfile"]
