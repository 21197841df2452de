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


def test_S4_11_the_meanings_of_actions_are_listed_with_their_history(acme):
    rules = acme.config.parent / "benefits.toml"
    rules.write_text(
        '[[actions]]\naction = "Leave"\nevent = "MSC"\n'
        '[[actions]]\naction = "Leave"\nsince = 2026-07-01\nstatus = "PAID_LEAVE"\n'
        '[[actions]]\naction = "Leave"\nreason = "Medical"\nevent = "LVE"\n'
        '[[actions]]\naction = "Laid off"\ncobra = "LAYOFF"\n' + rules.read_text()
    )

    def listed(*words):
        entries = acme.run("--json", "rules", "actions", *words).json["actions"]
        return [(entry["action"], entry["reason"], entry["since"], entry["in_force"]) for entry in entries]

    leave = [("Leave", "", "2026-07-01", True), ("Leave", "", None, False)]
    assert listed("--date", "2026-07-01") == [
        ("Laid off", "", None, True),
        *leave,
        ("Leave", "Medical", None, True),
    ]
    assert listed("--action", "Leave", "--reason", "", "--date", "2026-06-30") == [
        ("Leave", "", "2026-07-01", False),
        ("Leave", "", None, True),
    ]
    assert listed("--reason", "Medical") == [("Leave", "Medical", None, True)]
    shown = acme.run("rules", "actions", "--action", "Leave", "--date", "2026-07-01").out
    assert "any other" in shown
    assert "Counts on 2026-07-01" in shown
    assert "No entry of [[actions]] fits" in acme.run("rules", "actions", "--action", "Nothing").out


def test_the_data_of_everybody_is_checked_before_a_run(acme):
    answer = acme.run("--json", "rules", "check", "--people")
    listed = answer.json["people"]
    assert answer.code == (3 if listed else 0)
    rules = acme.config.parent / "benefits.toml"
    rules.write_text(rules.read_text() + '\n[required_data]\nshoe_size = "Ask for the shoe size."\n')
    config = acme.config.read_text()
    acme.config.write_text(f'{config}\n[sites.acme.custom_fields.shoe_size]\nsource = "shoe_size"\n')
    answer = acme.run("--json", "rules", "check", "--people")
    gaps = [(entry["site"], gap["text"]) for entry in answer.json["people"] for gap in entry["gaps"]]
    assert answer.code == 3
    assert ("acme", "Ask for the shoe size.") in gaps
    shown = acme.run("rules", "check", "--people").out
    assert "Ask for the shoe size." in shown
    assert "could not be processed" in shown
    refused = acme.run("--json", "rules", "check", str(rules), "--people")
    assert (refused.code, "--people" in refused.error["what"]) == (2, True)
