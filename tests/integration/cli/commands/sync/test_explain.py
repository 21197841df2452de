"""`bensync explain`: why an employee was sent, skipped or blocked."""

from __future__ import annotations

from tests.fixtures.databases import on_sqlite
from tests.integration.cli.moves import changed

pytestmark = on_sqlite


def test_explain_gives_the_history_of_an_employee_as_values_and_in_words(begun):
    _, leaving = changed(begun)
    (high,) = (str(request["id"]) for request in begun.json("requests", "list", "--kind", "terminate")["requests"])
    assert begun.run("requests", "approve", high, "--confirm", "--actor", "kim").code == 0
    *_, sent, opened, closed = begun.json("explain", leaving)["explain"]["history"]
    assert (sent["kind"], sent["change"], sent["delivery"]) == ("sent", "TERMINATE", "COMMITTED")
    assert (sent["event"], sent["file"], sent["request"]) == (
        "Sent as termination",
        "ACME0001_DELTA_000001.csv.gpg",
        None,
    )
    assert "status" in sent["fields"]
    assert (opened["kind"], opened["request"], opened["warnings"]) == ("request_opened", int(high), ["ends_coverage"])
    assert (closed["event"], closed["reason"], closed["state"]) == ("Request approved", "by kim (by root)", "APPROVED")
    assert "by kim" in begun.run("explain", leaving).out
