"""Activities on the command line."""

from __future__ import annotations

from tests.integration.cli.commands.benefits.office import TODAY


def test_A_72_activities_are_held_released_and_deleted(acme, who):
    added = acme.json("activities", "add", who, "--class", "BIR", "--date", str(TODAY), "--reason", "a form")[
        "activities"
    ]
    name = added[0]["activity"]
    assert acme.json("activities", "hold", name)["activities"][0]["state"] == "HELD"
    acme.json("events", "run")
    assert acme.json("activities", "list", "--state", "held")["activities"][0]["activity"] == name
    assert acme.run("activities", "hold", name).code == 15
    assert acme.json("activities", "release", name)["activities"][0]["state"] == "WAITING"
    assert acme.json("activities", "delete", name)["activities"][0]["state"] == "DELETED"
    acme.json("events", "run")
    assert acme.json("events", "list", "--class", "BIR")["events"] == []
    assert acme.run("activities", "add", who, "--class", "NOPE", "--date", str(TODAY), "--reason", "a form").code == 15
