"""The rulebook on the command line: checked before it is used, and asked for where it is missing."""

from __future__ import annotations


def test_a_rulebook_is_checked_before_any_site_uses_it(acme, tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('[[plans]]\ncode = "P"\n')
    answer = acme.run("--json", "rules", "check", str(wrong))
    assert (answer.code, "plans[0].type" in answer.error["why"]) == (10, True)
    assert acme.run("rules", "check", str(tmp_path / "nowhere.toml")).code == 2
    acme.config.write_text(acme.config.read_text().replace('benefits = "benefits.toml"', 'benefits = "wrong.toml"'))
    assert acme.run("rules", "check").code == 10


def test_without_a_rulebook_commands_say_how_to_switch_it_on(acme):
    acme.config.write_text(acme.config.read_text().replace('benefits = "benefits.toml"\n', ""))
    assert "Name one as `benefits`" in acme.run("rules", "check").out
    answer = acme.run("--json", "events", "run")
    assert (answer.code, "benefits" in answer.error["fix"]) == (10, True)
