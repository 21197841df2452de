"""Decisions about deliveries in trouble, on the command line."""

from __future__ import annotations

from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite


def test_a_file_that_cannot_be_delivered_ends_with_13_and_can_be_sent_again_by_hand(begun):
    begun.company.update(begun.actives[0], city="Elsewhere")
    begun.files.rmdir()
    answer = begun.run("sync", "--json")
    assert (answer.code, answer.error["kind"]) == (13, "DeliveryError")
    assert begun.json("status")["sites"][0]["deliveries_in_trouble"] == 1
    assert "1 delivery (`bensync deliveries`)" in begun.run("status").out
    (failed,) = begun.json("deliveries", "list")["deliveries"]
    assert failed["state"] == "FAILED"
    begun.files.mkdir()
    sent = begun.json("deliveries", "retry", str(failed["id"]))["delivery"]
    assert (sent["name"], sent["state"], sent["sha256"]) == (failed["name"], "COMMITTED", failed["sha256"])
    assert begun.json("status")["sites"][0]["deliveries_in_trouble"] == 0
    assert begun.run("deliveries", "retry", str(failed["id"])).code == 14
    shown = begun.json("deliveries", "show", "1")["delivery"]
    assert shown["people"] == [{"employee_id": begun.actives[0], "kind": "UPDATE", "fields": ["city"]}]
