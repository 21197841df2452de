"""Decisions about deliveries in trouble, on the command line."""

from __future__ import annotations

from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite


def test_a_file_that_cannot_be_delivered_ends_with_13_and_can_be_sent_again_manually(begun):
    begun.company.update(begun.actives[1], city="Elsewhere")
    assert begun.run("sync").code == 0
    begun.company.update(begun.actives[0], city="Elsewhere")
    away = begun.files.rename(begun.files.with_name("away"))
    answer = begun.run("sync", "--json")
    assert (answer.code, answer.error["kind"]) == (13, "DeliveryError")
    assert begun.json("status")["sites"][0]["deliveries_in_trouble"] == 1
    assert "1 delivery (`bensync deliveries`)" in begun.run("status").out
    listed = begun.json("deliveries", "list")["deliveries"]
    assert sorted(delivery["state"] for delivery in listed) == ["COMMITTED", "FAILED"]
    (failed,) = (delivery for delivery in listed if delivery["state"] == "FAILED")
    away.rename(begun.files)
    sent = begun.json("deliveries", "retry", str(failed["id"]))["delivery"]
    assert (sent["name"], sent["state"], sent["sha256"]) == (failed["name"], "COMMITTED", failed["sha256"])
    assert begun.json("status")["sites"][0]["deliveries_in_trouble"] == 0
    assert begun.run("deliveries", "retry", str(failed["id"])).code == 14
    shown = begun.json("deliveries", "show", str(failed["id"]))["delivery"]
    assert shown["people"] == [{"employee_id": begun.actives[0], "kind": "UPDATE", "fields": ["city"]}]
