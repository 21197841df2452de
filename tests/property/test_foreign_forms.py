"""A fuzzer of forms: every route that takes a form gets hostile fields, and answers with a page and a whole database."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from httpx import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import select
from starlette.datastructures import FormData

from bensync.core.access import Right, Role
from bensync.state.schema.all_tables import every_table
from bensync.state.upkeep.fsck import check
from bensync.state.upkeep.sealed import check_sealed
from bensync.web.app import RULES
from bensync.web.http.forms import FormFields
from bensync.web.http.jobs import Job, Jobs
from bensync.web.http.routing import API
from tests.conftest import LONG
from tests.fixtures.databases import in_file
from tests.fixtures.pages import OURS, Pages, Visitor, pages
from tests.integration.web.benefit_pages import enrolled, hired, leaving, run
from tests.unit.builders import profile

EXAMPLES = 400 if LONG else 6
SENT = "application/x-www-form-urlencoded"
ROUTES = [rule.path for rule in RULES if rule.method == "POST" and not rule.path.startswith(API)]
UPLOADS = [re.sub(r"\{\w+\}", "[^/]+", rule.path) for rule in RULES if rule.method == "POST" and rule.uploads]
FORM = re.compile(r'<form[^>]*method="post"[^>]*action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
FIELD = re.compile(r"<(?:input|select|textarea|button)\b[^>]*\bname=\"([^\"]+)\"[^>]*>")
ELSEWHERE = re.compile(r'formaction="([^"]+)"')
LINK = re.compile(r'href="(/[^"#]*)"')
SELECTED = re.compile(r'value="([^"]*)"')
OF_EVERY_FORM = {"token", "key"}
# A refused form may leave these: the refusal in the trail, a session that was seen, a wrong code, a try to sign in.
TRACES = {"audit", "audit_head", "session", "attempt", "notice", "sending", "secret"}
BIDI = "\u202etxt\u2066"
HOSTILE = [
    *(
        "",
        " ",
        "\t\r\n",
        "\0",
        "\x1b[2J",
        "\x7f",
        BIDI,
        "\u200b",
        "a\u0301" * 20,
        "\ud83d\ude00",
        "A" * 600,
        "A" * 5000,
    ),
    *(
        "-1",
        "0",
        "00",
        "1e9",
        "9" * 400,
        "2147483647",
        "2147483648",
        "+1",
        "0x1",
        "1,000",
        "\u0661\u0662",
        "\u00b2",
        "NaN",
    ),
    *("0000-00-00", "2026-02-30", "9999-12-31", "13/13/2026", "2026-W01-1", "20260101", "1796083200", "12/31/1899"),
    *(
        "yes",
        "all",
        "TERMINATE",
        "data_owner",
        "FINAL",
        "normal",
        "PPO/EE",
        "waive",
        "../../etc/passwd",
        "//evil.example",
    ),
    *("[" * 2000, '{"a":' * 500, "<script>alert(1)</script>", "{{ 7*7 }}", "${7*7}", "' OR 1=1 --", "%00", "a&b=c;d"),
    *("a good reason", "A\nB", "123-45-6789", "200110001", "=cmd|' /C calc'!A0"),
]


class QuietJobs(Jobs):
    """Every command is one that does nothing: what they do is tested elsewhere."""

    def start(self, site: str, words: Sequence[str], actor: str, now: datetime) -> Job:
        """Take a command, and end it at once."""
        job = Job(site, words, actor, now)
        job.run(["true"], timedelta(minutes=1), "")
        return job


@dataclass
class Office:
    """Pages with something on each of them, and the forms that an administrator finds there.

    Attributes:
        forms: the fields of each form and the values that they had, by the path that it is sent to.
    """

    web: Pages
    owner: Visitor
    auditor: Visitor
    employee: Visitor
    forms: dict[str, dict[str, list[str]]]
    successors: int = 0

    def paths(self, route: str) -> list[str]:
        """Every address of a route that a page has a form for."""
        pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", route))
        return [path for path in self.forms if pattern.fullmatch(path)]

    def signed_in(self, route: str) -> Visitor:
        """The Data Owner, or a new one after a form that took the role or the session away; an employee for their own page."""
        if route.endswith("/own"):
            self.employee.get("/account")
            return self.employee
        if self.owner.get("/sites/acme").status_code != 200:
            self.web.deployment.pass_time(days=1)  # wrong codes and names make the next sign-in wait
            self.successors += 1
            name = f"owner{self.successors}"
            self.owner = self.web.sign_in(self.web.deployment.add(name, Role.DATA_OWNER))
        self.owner.get("/account")
        return self.owner

    def rows(self) -> dict[str, list[Any]]:
        """Everything that is stored, without traces."""
        tables = [table for table in every_table() if table.name not in TRACES]
        with self.web.deployment.store.whole() as connection:
            return {table.name: [tuple(row) for row in connection.execute(select(table))] for table in tables}

    def send(self, visitor: Visitor, path: str, fields: Sequence[tuple[str, str]], **headers: str) -> Response:
        """Send fields, in their order and as often as they come; the last one as a file where the form takes one."""
        if any(re.fullmatch(route, path) for route in UPLOADS) and "content-type" not in headers:
            parts = [(name, (None, text.encode(errors="surrogatepass"))) for name, text in fields]
            file = ("census", ("census.csv", parts[-1][1][1]))
            return visitor.client.post(path, files=[*parts, file], headers={**OURS, **headers}, follow_redirects=False)
        body = urlencode(list(fields), errors="surrogatepass")
        return visitor.client.post(
            path, content=body, headers={"content-type": SENT, **OURS, **headers}, follow_redirects=False
        )


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, quick_passwords: None) -> Iterator[Office]:
    """One deployment for the whole walk: what a form changes is there for the next one."""
    folder = tmp_path_factory.mktemp("office")
    with pages(folder, in_file(folder), benefits=True) as web:
        app = web.app.state.bensync
        web.app.state.bensync = replace(app, jobs=QuietJobs(web.config, timedelta(hours=1), lambda *_: ""))
        owner = web.as_role(Role.DATA_OWNER)
        fill(web, owner)
        employee = web.sign_in(web.deployment.add("someone", Role.EMPLOYEE, Right.CORRECT_OWN, employee_id="1"))
        forms = found_forms(web.visitor()) | found_forms(employee) | found_forms(owner)
        yield Office(web, owner, web.as_role(Role.AUDITOR), employee, forms)


def fill(web: Pages, owner: Visitor) -> None:
    """Requests that wait, a family, somebody who left, and an event with elections."""
    with_family(owner, enrolled(web, owner, 1).id)
    gone = enrolled(web, owner, 2)
    web.deployment.ask(leaving(2), gone)
    open_event = web.deployment.approved(hired(3))
    run(web)
    for number in range(4, 9):
        web.deployment.ask(profile(number))
    web.deployment.ask(profile(3, city="Dayton"), open_event)
    with_family(owner, open_event.id)
    owner.get(f"/sites/acme/people/{open_event.id}/events/1")
    owner.post(f"/sites/acme/people/{open_event.id}/events/1/elections", {"choice.medical": "PPO/FAM"})


def with_family(owner: Visitor, number: int) -> None:
    """Put a child on the list of a participant."""
    child = {"relationship": "child", "first_name": "Ana", "last_name": "Moss", "birth_date": "2018-03-04"}
    owner.get(f"/sites/acme/people/{number}/dependents")
    owner.post(f"/sites/acme/people/{number}/dependents", {**child, "on": "2026-05-01", "reason": "form received"})


def found_forms(visitor: Visitor) -> dict[str, dict[str, list[str]]]:
    """The forms of all pages that links lead to, with every value that their fields offer."""
    forms: dict[str, dict[str, list[str]]] = {}
    seen: set[str] = set()
    waiting = ["/sites/acme", "/sites/acme/own", "/account", "/sign-in", "/code"]
    while waiting and len(seen) < 200:
        path = html.unescape(waiting.pop())
        if path in seen or path.startswith("/static/"):
            continue
        seen.add(path)
        text = visitor.get(path).text
        waiting += LINK.findall(text)
        for action, body in FORM.findall(text):
            for address in (action, *ELSEWHERE.findall(body)):
                fields = forms.setdefault(html.unescape(address).partition("?")[0], {})
                for tag in FIELD.finditer(body):
                    offered = SELECTED.search(tag[0])
                    fields.setdefault(html.unescape(tag[1]), []).append(html.unescape(offered[1]) if offered else "")
    return forms


PLACES = {"site": "acme", "number": "1", "event": "1", "activity": "1", "employee_id": "1", "dependent": "1"}
"""An address for each route, where no page has a form for it."""
ODD_NUMBERS = ["0", "-1", "999999", "2147483647", "2147483648", "9" * 30, "\u0661", "1.0", "%2e%2e", "x"]


@st.composite
def addressed(draw: st.DrawFn, route: str, paths: Sequence[str]) -> str:
    """An address of the route; now and then with another number, or on another site."""
    path = draw(st.sampled_from(list(paths))) if paths else route.format_map(PLACES)
    parts = path.split("/")
    spoil = draw(st.integers(0, 9))
    numbers = [place for place, part in enumerate(parts) if part.isdecimal()]
    if spoil == 0 and numbers:
        parts[draw(st.sampled_from(numbers))] = draw(st.sampled_from(ODD_NUMBERS))
    if spoil == 1 and len(parts) > 2 and parts[1] == "sites":
        parts[2] = draw(st.sampled_from(["globex", "nobody", "-", "%00"]))
    return "/".join(parts)


@st.composite
def filled_in(draw: st.DrawFn, fields: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """What is typed into a form: values that it offers, hostile ones, none, or several under one name."""
    typed = []
    for name, offered in fields.items():
        value = st.sampled_from(HOSTILE) | st.text(max_size=12)
        value = st.sampled_from(sorted(offered)) | value if offered else value
        typed += [(name, text) for text in draw(st.lists(value, max_size=3))]
    return draw(st.permutations(typed))


def fields_of(office: Office, route: str, path: str) -> dict[str, list[str]]:
    """The fields of a form: those of its page, or all that any form has where no page shows it."""
    own = office.forms.get(path)
    if own is None:
        own = {name: values for form in office.forms.values() for name, values in form.items()}
        own = dict(sorted(own.items())[:20])
    return {name: values for name, values in own.items() if name not in OF_EVERY_FORM} | {"reason": [], "surprise": []}


def test_the_walk_finds_the_forms_of_most_routes(office: Office) -> None:
    without = [route for route in ROUTES if not office.paths(route)]

    # Their forms show only after a sync, or after a choice on another page.
    assert len(without) <= len(ROUTES) / 3, without


@pytest.mark.sampled(2)
@pytest.mark.parametrize("route", ROUTES)
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_hostile_form_ends_as_a_page_and_leaves_nothing_half_done(
    route: str, data: st.DataObject, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    visitor = office.signed_in(route)
    path = data.draw(addressed(route, office.paths(route)), label="path")
    typed = data.draw(filled_in(fields_of(office, route, path)), label="typed")
    before = office.rows()
    answer = office.send(visitor, path, [("token", visitor.token), *typed])

    assert answer.status_code in {200, 303, 400, 403, 404, 409, 429}, answer.text
    assert "Traceback" not in answer.text
    assert [record.getMessage() for record in caplog.records if not record.name.startswith("bensync")] == []
    if answer.status_code >= 400:
        assert office.rows() == before, "a form that was refused changed something"
        assert "What to do" in answer.text
    if answer.status_code == 409:
        shown = html.unescape(answer.text)
        lost = [text for _, text in FormFields(FormData(typed)).typed() if text not in shown]
        assert lost == [], "what a person typed did not come back"


@pytest.mark.parametrize("route", ROUTES)
def test_no_form_without_its_token_or_its_right_changes_anything(route: str, office: Office) -> None:
    owner, visitor = office.signed_in(route), office.web.visitor()
    path = next(iter(office.paths(route)), route.format_map(PLACES))
    typed = [(name, text) for name, texts in fields_of(office, route, path).items() for text in texts[:1] or ["reason"]]
    office.auditor.get("/account")
    before = office.rows()
    foreign = [
        office.send(owner, path, typed),
        office.send(owner, path, [("token", "0" * 64), *typed]),
        office.send(owner, path, [("token", office.auditor.token), *typed]),
        office.send(owner, path, [("token", owner.token), *typed], **{"sec-fetch-site": "cross-site"}),
        office.send(owner, path, [("token", owner.token), *typed], **{"content-type": "text/plain"}),
        office.send(owner, path, [("token", owner.token), *typed], **{"content-type": "application/json"}),
        owner.client.post(path, files={"reason": b"a file"}, headers=OURS, follow_redirects=False),
        office.send(visitor, path, [("token", owner.token), *typed]),
    ]

    assert {answer.status_code for answer in foreign} == {403}
    assert office.rows() == before


@pytest.fixture(scope="module", autouse=True)
def _sound(office: Office) -> Iterator[None]:
    """After the whole walk the database is sound."""
    yield
    with office.web.deployment.store.whole() as connection:
        state = office.web.deployment.store.site(connection, "acme")
        findings = [line for line in (*check(state), *check_sealed(state)) if not line.ok]
    assert findings == []
