"""Dependents and beneficiaries on the command line."""

from __future__ import annotations

import re
import shlex

from tests.fixtures.repository import ROOT
from tests.integration.cli.commands.benefits.office import HIRED, TODAY, covered, hired

WHY = ("--reason", "form received")
SINCE = ("--date", HIRED.isoformat())
ROBIN = ("--set", "relationship=spouse", "--set", "first_name=Robin", "--set", "last_name=Oakes")
ANA = (
    "--set",
    "relationship=child",
    "--set",
    "first_name=Ana",
    "--set",
    "last_name=Oakes",
    "--set",
    "birth_date=2018-03-04",
)


def with_family(acme, who):
    acme.json("dependents", "add", who, *ROBIN, *SINCE, *WHY)
    return acme.json("dependents", "add", who, *ANA, *SINCE, *WHY)["dependents"]


def test_S3_173_a_family_is_entered_elected_and_changed(acme, who):
    robin, ana = with_family(acme, who)
    assert (robin["number"], robin["relationship"], robin["name"]) == (1, "spouse", "Robin Oakes")
    assert (ana["number"], ana["birth_date"], ana["ssn"], ana["covered"]) == (2, "2018-03-04", None, [])

    event = hired(acme, who)
    chosen = ("--choose", "medical=PPO/FAM", "--choose", "life=LIFE/1X", "--cover", "medical=1,2")
    acme.json("events", "elect", event, *chosen, "--share", "life=1:60", "--share", "life=2:40")
    acme.json("events", "run")
    rows = acme.json("enrollments", "show", who)["coverage"]["in_force"]
    assigned = {row["plan_type"]: (row["dependents"], row["beneficiaries"]) for row in rows}
    assert assigned["medical"] == ([1, 2], [])
    assert [(share["dependent"], share["percent"], share["kind"]) for share in assigned["life"][1]] == [
        (1, "60", "primary"),
        (2, "40", "primary"),
    ]

    (_, ana) = acme.json("dependents", "change", who, "2", "--set", "student=yes", *WHY)["dependents"]
    assert (ana["student"], ana["covered"], ana["since"]) == (True, ["medical"], str(TODAY))
    listed = acme.run("dependents", "list", who)
    assert listed.code == 0
    assert "Ana Oakes" in listed.out
    assert "student" in listed.out


def test_a_dropped_dependent_loses_the_coverage_after_a_confirmation(acme, who):
    with_family(acme, who)
    event = hired(acme, who)
    acme.json("events", "elect", event, "--choose", "medical=PPO/FAM", "--cover", "medical=1,2")
    acme.json("events", "run")
    drop = ("dependents", "drop", who, "2", "--why", "other", "--date", str(TODAY.replace(day=1)), *WHY)
    assert acme.run(*drop).code == 15
    (_, ana) = acme.json(*drop, "--confirm")["dependents"]
    assert ana["dropped"] == "other"
    acme.json("events", "run")
    rows = acme.json("enrollments", "show", who)["coverage"]["rows"]
    assert [row["dependents"] for row in rows if row["coverage"] == "ELECT"] == [[1, 2], [1]]
    assert [entry["number"] for entry in acme.json("dependents", "list", who)["dependents"]] == [1]
    everybody = acme.json("dependents", "list", who, "--all")["dependents"]
    assert [entry["number"] for entry in everybody] == [1, 2]


def test_enroll_all_names_what_it_replaces_and_then_replaces_it(acme, who):
    with_family(acme, who)
    event = hired(acme, who)
    acme.json("events", "elect", event, "--choose", "medical=PPO/FAM", "--cover", "medical=1")
    refused = acme.run("dependents", "enroll-all", event)
    assert refused.code == 15
    assert "replaces the assignments of medical" in refused.err
    acme.json("dependents", "enroll-all", event, "--confirm")
    acme.json("events", "run")
    people = acme.json("dependents", "list", who)["dependents"]
    assert [person["covered"] for person in people] == [["medical"], ["medical"]]


def test_beneficiaries_are_set_for_the_coverage_that_they_belong_to(acme, who):
    with_family(acme, who)
    covered(acme, who)
    assign = ("dependents", "beneficiaries", who, "--type", "life", *WHY)
    acme.json(*assign, "--share", "1:100", "--share", "2:100:contingent")
    rows = acme.json("enrollments", "show", who)["coverage"]["in_force"]
    (shares,) = [row["beneficiaries"] for row in rows if row["plan_type"] == "life"]
    assert [(share["dependent"], share["kind"]) for share in shares] == [(1, "primary"), (2, "contingent")]
    refused = acme.run(*assign, "--share", "1:60", "--json")
    assert refused.code == 15
    assert "shares_not_100" in refused.out + refused.err


def test_a_wrong_entry_is_refused_with_its_code_and_a_wrong_option_with_its_form(acme, who):
    refused = acme.run("dependents", "add", who, *ANA, "--set", "birth_date=2099-01-01", *WHY, "--json")
    assert refused.code == 15
    assert "born_after_today" in refused.out + refused.err
    assert "2099" not in refused.out + refused.err
    assert acme.json("dependents", "list", who)["dependents"] == []
    for words in (
        ("beneficiaries", who, "--type", "life", "--share", "all", *WHY),
        ("beneficiaries", who, "--type", "life", "--share", "1:NaN", *WHY),
        ("beneficiaries", who, "--type", "life", "--share", "1:50:maybe", *WHY),
        ("add", who, "--set", "first_name", *WHY),
        ("drop", who, "1", "--why", "boredom", *WHY),
    ):
        assert acme.run("dependents", *words).code == 2
    event = hired(acme, who)
    for words in (("--cover", "medical=x"), ("--cover", "dental=1"), ("--share", "life=1:100")):
        assert acme.run("events", "elect", event, "--choose", "medical=PPO/EE", *words).code == 2


def test_the_how_to_page_leads_from_an_entry_to_a_drop(acme, who):
    page = (ROOT / "docs" / "how-to" / "manage-families.md").read_text()
    commands = [line for block in re.findall(r"```bash\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    names = {"104/1": hired(acme, who), "104": who}
    for command in commands:
        words = [names.get(word, word) for word in shlex.split(command)[1:]]
        assert acme.run(*words).code == 0, command
    rows = acme.json("enrollments", "show", who)["coverage"]["in_force"]
    assert {row["plan_type"]: row["option"] for row in rows} == {"medical": "FAM", "life": "1X"}
    assert [person["dropped"] for person in acme.json("dependents", "list", who, "--all")["dependents"]] == [
        None,
        "other",
    ]
