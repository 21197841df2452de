"""The command line with --json and the API show one thing with the same keys and values, and never a full SSN."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import TypeAdapter

from bensync.api_shapes.contract import ANSWERS
from bensync.cli.app import main
from bensync.cli.commands import COMMANDS
from bensync.core.access import Right, Role
from bensync.core.changes import Issue, IssueCode
from tests.fixtures.databases import in_file
from tests.fixtures.filled import fill
from tests.fixtures.pages import Pages, Visitor, pages
from tests.integration.web.benefit_pages import enrolled, hired, leaving, run
from tests.unit.builders import ssn

API = "/api/sites/acme"
CHECKS = {"explain", "fsck", "keys status", "status", "audit verify", "audit head", "connectors"}
EMPTY = {"waiting", "dependents"}
"""Keys of answers that are empty here: no action waits for a second person, and nobody has dependents."""


@dataclass
class Site:
    """A site with something of everything, which both interfaces show."""

    web_pages: Pages
    owner: Visitor
    person: int
    """A participant with coverage, whose fewer hours end all of it."""
    pending: int
    """A request to terminate somebody else with coverage."""
    printed: list[str] = field(default_factory=list)

    def cli(self, *words: str) -> Any:
        """Return what a command answers under --json."""
        with contextlib.redirect_stdout(io.StringIO()) as output:
            code = main(["--config", str(self.web_pages.config), "--site", "acme", "--json", *words])
        assert code in {0, 15}, output.getvalue()
        self.printed.append(output.getvalue())
        return json.loads(output.getvalue())

    def api(self, path: str) -> Any:
        """Return what the API answers to somebody who sees everything."""
        answer = self.owner.ask_api("GET", API + path)
        assert answer.status_code == 200, answer.text
        self.printed.append(answer.text)
        return answer.json()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, quick_passwords: None) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("contract")
    with pages(folder, in_file(folder), benefits=True) as web_pages:
        deployment, owner = web_pages.deployment, web_pages.as_role(Role.DATA_OWNER)
        fill(deployment.store, "acme")
        participant = enrolled(web_pages, owner)
        fewer_hours = deployment.ask(hired(fte="0.2"), participant)
        owner.ask_api("POST", f"{API}/requests/{fewer_hours}/approve", {"confirmed": True})
        run(web_pages)
        final = f"{API}/people/{participant.id}/events/2/final"
        owner.ask_api("POST", final, {"reason": "seen by two", "confirmed": True})
        run(web_pages)
        other = deployment.approved(hired(2))
        run(web_pages)
        pending = deployment.ask(leaving(2), other)
        issues = [Issue("77", IssueCode.SSN_MISSING, "ssn is empty")]
        with deployment.store.write("acme", "test") as state:
            state.issues.record(issues, (), (), deployment.now)
        yield Site(web_pages, owner, participant.id, pending)


def parts(site: Site) -> dict[str, tuple[Any, Any]]:
    """Return each thing as the command line and as the API show it."""
    person, event = f"p{site.person}", f"p{site.person}/2"
    benefits = site.api(f"/people/{site.person}/benefits")
    requests = site.cli("requests", "list", "--state", "pending")["requests"]
    outlook = site.cli("requests", "show", str(site.pending))["request"].pop("outlook")
    shown = site.cli("requests", "show", str(site.pending))["request"]
    shown.pop("outlook")
    entries = site.cli("events", "list", "--employee", person)["events"]
    activities = site.cli("activities", "list", "--employee", person)["activities"]
    return {
        "requests": (requests, site.api("/requests?order=oldest")["requests"]),
        "request": (shown, site.api(f"/requests/{site.pending}")),
        "outlook": (outlook, site.api(f"/requests/{site.pending}/outlook")),
        "participants": (site.cli("people", "list")["people"][::-1], site.api("/people")["people"]),
        "participant": (site.cli("people", "show", person)["person"], site.api(f"/people/{site.person}")),
        "runs": (site.cli("runs", "list")["runs"][::-1], site.api("/runs")["runs"]),
        "run": (site.cli("runs", "show", "1")["run"], site.api("/runs/1")),
        "issues": (site.cli("issues", "list")["issues"], site.api("/issues")["issues"]),
        "events": (by_name(entries), by_name(benefits["events"])),
        "event": (site.cli("events", "show", event)["event"], site.api(f"/people/{site.person}/events/2")),
        "activities": (by_name(activities), by_name(benefits["activities"])),
        "coverage": (site.cli("enrollments", "show", person)["coverage"]["rows"], benefits["rows"]),
        "programs": (site.cli("enrollments", "show", person)["coverage"]["programs"], benefits["programs"]),
        "cobra": (site.cli("enrollments", "show", person)["coverage"]["cobra"], benefits["cobra"]),
        "invariants": (site.cli("events", "board")["invariants"], site.api("/events/board")["invariants"]),
    }


def by_name(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(entries, key=lambda entry: entry["number"])


def test_both_interfaces_show_one_thing_in_the_same_way(site):
    for name, (printed, answered) in parts(site).items():
        assert printed == answered, name
        assert printed, f"nothing was compared: {name}"


def test_both_interfaces_show_the_status_of_a_site_with_the_same_keys(site):
    printed, answered = site.cli("status")["sites"][0], site.api("/status")
    assert printed.keys() - answered.keys() == {"alerts", "disabled"}
    later = {"next_run", "overdue"}  # they depend on the moment, and the clock of the API stands still
    assert {key: printed[key] for key in answered.keys() - later} == {
        key: answered[key] for key in answered.keys() - later
    }
    assert {type(printed[key]) for key in later} == {str, bool}


def test_a_run_of_benefit_events_has_the_same_keys_in_both_interfaces(site):
    site.cli("events", "run")
    (summary,) = site.cli("events", "summary")["summaries"]
    assert summary.pop("lines") is not None
    assert summary == site.api("/events/board")["last_run"]


def test_every_command_says_what_it_answers():
    named = {entry.words for entries in COMMANDS.values() for entry in entries}
    assert set(ANSWERS) == named


COMPARED = [name for name in ANSWERS if name.split()[-1] in {"list", "show", "board"} or name in CHECKS]


@pytest.mark.parametrize("command", COMPARED)
def test_a_command_answers_with_the_shapes_of_the_contract(site, command):
    words = {
        "explain": ["1"],
        "runs show": ["1"],
        "deliveries show": ["1"],
        "issues show": ["1"],
        "audit show": ["1"],
        "requests show": [str(site.pending)],
        "people show": [f"p{site.person}"],
        "events show": [f"p{site.person}/2"],
        "enrollments show": [f"p{site.person}"],
        "rules show": ["--employee", f"p{site.person}"],
        "dependents list": [f"p{site.person}"],
    }
    answer = site.cli(*command.split(), *words.get(command, []))
    for key, kind in ANSWERS[command].items():
        adapter: TypeAdapter[Any] = TypeAdapter(kind)
        assert adapter.dump_python(adapter.validate_python(answer[key]), mode="json") == answer[key]
        assert answer[key] or key in EMPTY, f"nothing was compared: {key}"


def test_what_was_last_sent_has_its_old_name_beside_the_new_one(site):
    explanation = site.cli("explain", "1")["explain"]
    assert explanation["last_sent"]
    assert list(explanation.values()).count(explanation["last_sent"]) == 2


@pytest.mark.parametrize("command", ["approve", "decline"])
def test_a_decision_has_the_same_keys_in_both_interfaces(site, command):
    printed = site.cli("requests", command, "1", *(["--reason", "OTHER"] if command == "decline" else []))["decisions"]
    body = {"reason": "OTHER"} if command == "decline" else {}
    answer = site.owner.ask_api("POST", f"{API}/requests/1/{command}", body)
    decision = answer.json()["decision"]
    assert decision.keys() == printed[0].keys()
    assert {**decision, "fix": ""} == {**printed[0], "fix": ""}


def test_a_role_without_names_and_pay_sees_the_same_keys_masked(site):
    deployment = site.web_pages.deployment
    deployment.add("narrow", Role.BROKER, Right.SEE_PEOPLE)
    broker = site.web_pages.visitor()
    broker.api_token = site.web_pages.token("narrow")
    for path in (f"/people/{site.person}/benefits", f"/people/{site.person}/events/2", f"/people/{site.person}"):
        whole, masked = site.api(path), broker.ask_api("GET", API + path).json()
        assert masked.keys() == whole.keys()
    rows = broker.ask_api("GET", f"{API}/people/{site.person}/benefits").json()["rows"]
    assert {row[key] for row in rows for key in ("amount", "employee", "company", "contribution")} == {None}


def test_no_answer_shows_a_full_ssn(site):
    parts(site)
    for command in ("deliveries list", "deliveries show 1", "audit list", "audit show 1", "cobra list"):
        site.cli(*command.split())
    numbers = [ssn(1), ssn(2), *(f"2001{number + 10000:05}" for number in range(6))]
    full = [text for number in numbers for text in (number, f"{number[:3]}-{number[3:5]}-{number[5:]}")]
    assert len(site.printed) > 20
    assert not [number for number in full for text in site.printed if number in text]
    assert any(f"***-**-{ssn(1)[5:]}" in text for text in site.printed)
