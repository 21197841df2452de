"""A client that a library generates from the description works on every operation, and understands every answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiopenapi3 import OpenAPI
from aiopenapi3.errors import HTTPStatusIndicatedError
from starlette.testclient import TestClient

from bensync.core.access import Role
from bensync.core.runs import RunKind
from bensync.web.app import description
from bensync.web.http.jobs import Job
from tests.fixtures.databases import in_file
from tests.fixtures.pages import ADDRESS, Pages, pages
from tests.integration.web.benefit_pages import enrolled, hired, run
from tests.unit.builders import profile, ssn


class Client:
    """The client, on the first site; it remembers the operations that it called."""

    def __init__(self, web_pages: Pages, token: str) -> None:
        class Session(TestClient):
            def __init__(self, **_options: Any) -> None:
                super().__init__(web_pages.app, base_url=ADDRESS)

        self._api = OpenAPI(f"{ADDRESS}/openapi.json", description(), session_factory=Session)
        self._api.authenticate(token=token)
        self.operations = {
            f"{method.upper()} {path.removeprefix('/api/sites/{site}')}": operation["operationId"]
            for path, item in description()["paths"].items()
            for method, operation in item.items()
        }
        self.called: set[str] = set()

    def call(self, operation: str, body: Mapping[str, Any] | None = None, **parameters: Any) -> Any:
        """Call one operation with valid parameters; the library validates both ways."""
        self.called.add(operation)
        wanted = {"site": "acme", **parameters}
        return getattr(self._api._, self.operations[operation])(parameters=wanted, data=body)


@pytest.fixture
def web_pages(tmp_path: Path) -> Iterator[Pages]:
    with pages(tmp_path, in_file(tmp_path), benefits=True) as deployed:
        yield deployed


@pytest.fixture
def client(web_pages: Pages) -> Client:
    web_pages.deployment.add("robot", Role.DATA_OWNER)
    return Client(web_pages, web_pages.token("robot"))


def test_a_generated_client_calls_every_operation(web_pages: Pages, client: Client) -> None:
    participant = enrolled(web_pages, web_pages.as_role(Role.DATA_OWNER))
    at = {"number": participant.id}
    asked = [web_pages.deployment.ask(profile(number)) for number in range(2, 6)]

    assert client.call("GET /status").pending.root == {"NEW": 4}
    assert client.call("GET /requests", state="PENDING", page=1).total == 4
    assert client.call("GET /requests/{number}", number=asked[0]).kind == "NEW"
    assert client.call("GET /requests/{number}/outlook", number=asked[0]).sentences is not None
    assert client.call("POST /requests/{number}/approve", {}, number=asked[0]).done
    assert len(client.call("POST /requests/approve", {"ids": asked[1:3]}).decisions) == 2
    assert client.call("POST /requests/{number}/decline", {"reason": "OTHER", "note": "x"}, number=asked[3]).done
    assert client.call("POST /requests/{number}/ask-again", {"reason": "by mistake"}, number=asked[3]).successor

    assert client.call("GET /people").total >= 1
    assert client.call("GET /people/{number}", **at).status == "ACTIVE"
    assert client.call("GET /people/{number}/benefits", **at).rows
    assert client.call("GET /people/{number}/events/{event}", **at, event=1).number == 1
    assert client.call("GET /events").events is not None
    assert client.call("GET /events/board").configured
    assert client.call("GET /issues").issues == []
    with pytest.raises(HTTPStatusIndicatedError) as caught:  # nobody is gone from HR
        client.call(
            "POST /employees/{employee_id}/release", {"reason": "gone for good", "confirmed": True}, employee_id="7"
        )
    assert caught.value.data.error.kind == "DecisionError"

    correction = {"fields": {"city": "Akron"}, "reason": "seen on the phone"}
    assert client.call("POST /people/{number}/correct", correction, **at) is None
    activity = {"event_class": "BIR", "on": "2026-05-28", "reason": "seen on the phone"}
    assert client.call("POST /people/{number}/activities", activity, **at) is None
    moved = client.call("POST /people/{number}/activities/{activity}", {"how": "hold"}, **at, activity=2)
    assert moved is None

    second = web_pages.deployment.approved(hired(9))
    run(web_pages)
    event = {"number": second.id, "event": 1}
    elected = [
        {"plan_type": "medical", "plan": "PPO", "option": "EE"},
        {"plan_type": "life", "plan": "LIFE", "option": "1X"},
    ]
    elections = {"elections": elected}
    assert client.call("POST /people/{number}/events/{event}/elections", elections, **event).process == "ET"
    assert client.call("POST /people/{number}/events/{event}/enroll-all", {"confirmed": True}, **event) is None

    web_pages.deployment.approved(hired(11))
    content = f"employee_number,ssn,plan,option,begin_date\n11,{ssn(11)},PPO,EE,2024-01-01\n"
    preview = client.call("POST /census/preview", {"content": content})
    assert client.call("POST /census", {"content": content, "digest": preview.digest}).digest == preview.digest

    child = {"relationship": "child", "first_name": "Ana", "last_name": "Moss", "birth_date": "2018-03-04"}
    entry = {"fields": child, "on": "2026-05-01", "reason": "form received"}
    assert client.call("POST /people/{number}/dependents", entry, **at).dependents[0].number == 1
    shares = {
        "plan_type": "life",
        "shares": [{"dependent": 1, "percent": "100"}],
        "on": "2026-06-01",
        "reason": "form received",
    }
    assert client.call("POST /people/{number}/beneficiaries", shares, **at) is None
    student = {**entry, "fields": {"student": "yes"}, "on": "2026-05-20"}
    assert client.call("POST /people/{number}/dependents/{dependent}", student, **at, dependent=1).dependents[0].student
    drop = {"why": "other", "on": "2026-05-25", "reason": "form received"}
    dropped = client.call("POST /people/{number}/dependents/{dependent}/drop", drop, **at, dependent=1)
    assert dropped.dependents[0].dropped == "other"
    assert client.call("GET /people/{number}/dependents", **at).dependents == []
    third = web_pages.deployment.approved(hired(10))
    run(web_pages)
    final = client.call(
        "POST /people/{number}/events/{event}/final", {"reason": "seen by two"}, number=third.id, event=1
    )
    assert final.final
    voided = {"how": "VOID", "reason": "a mistake"}
    assert client.call("POST /people/{number}/events/{event}/reprocess", voided, **event).indicator == "VOID"

    leave = {"on": "2026-05-31", "reason": "left the company", "confirmed": True}
    assert client.call("POST /people/{number}/terminate", leave, **at) is None
    run(web_pages)
    step = {"step": "notice_sent", "on": "2026-06-01"}
    losses = client.call("GET /people/{number}/benefits", **at).cobra
    assert client.call("POST /people/{number}/cobra/{event}", step, **at, event=losses[0].event) is None
    close = {"reason": "nobody elected"}
    assert client.call("POST /people/{number}/cobra/{event}/close", close, **at, event=losses[0].event) is None
    assert client.call("POST /people/{number}/reinstate", {"reason": "a mistake"}, **at) is None

    with web_pages.deployment.store.write("acme", "test.run") as state:
        number = state.runs.start(
            RunKind.DAILY, "MANUAL", "test", web_pages.deployment.now.date(), web_pages.deployment.now
        )
    assert client.call("GET /runs").total == 1
    assert client.call("GET /runs/{number}", number=number).id == number
    web_pages.app.state.bensync.jobs._last["acme", False] = Job("acme", ["sync"], "somebody", datetime.now(UTC))
    with pytest.raises(HTTPStatusIndicatedError) as caught:  # a run that somebody started is at work
        client.call("POST /runs", {"active": True})
    assert caught.value.data.error.kind == "BusyError"

    assert client.called == client.operations.keys()


def test_a_generated_client_sends_the_idempotency_key_and_understands_refusals(
    web_pages: Pages, client: Client
) -> None:
    number = web_pages.deployment.ask(profile(1))
    key = {"Idempotency-Key": "one-and-only"}
    first, second = (client.call("POST /requests/{number}/approve", {}, number=number, **key) for _ in range(2))
    assert first == second

    with pytest.raises(HTTPStatusIndicatedError) as caught:
        client.call("POST /requests/{number}/approve", {}, number=number)
    assert caught.value.data.error.kind == "DecisionError"
