"""A census of present coverage on the command line, from its template to a termination that ends what was loaded."""

from __future__ import annotations

import re
import shlex
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bensync.benefits.census.census_file import COLUMNS
from tests.fixtures.databases import in_file
from tests.fixtures.office import office
from tests.integration.cli.commands.benefits.office import HIRED, NEWCOMER, RULEBOOK, TODAY, employee_named, in_force

ROOT = Path(__file__).parents[5]


@pytest.fixture
def fresh(tmp_path, keys, capsys):
    """An office whose first load waits for approval: nothing is known about coverage."""
    with office(tmp_path, keys, capsys, in_file(tmp_path)) as employer:
        shutil.copy(RULEBOOK, tmp_path / "benefits.toml")
        text = employer.config.read_text()
        employer.config.write_text(text.replace('id = "ACME0001"\n', 'id = "ACME0001"\nbenefits = "benefits.toml"\n'))
        employer.company.hire(NEWCOMER, hire_date=HIRED)
        assert employer.run("migrate").code == 0
        assert employer.run("resync", "--active").code in (0, 3)
        waiting = [str(request["id"]) for request in employer.json("requests", "list")["requests"]]
        assert employer.run("requests", "approve", *waiting, "--confirm").code == 0
        employer.company.now = datetime.now(UTC) + timedelta(seconds=1)
        yield employer


def census(employer, who, *coverages, ssn=NEWCOMER["ssn"]):
    """A file with lines of one person; returns its path."""
    path = employer.folder / "census.csv"
    heading = employer.run("enrollments", "template").out
    lines = [
        ",".join({"employee_number": who, "ssn": ssn, **cells}.get(column.name, "") for column in COLUMNS)
        for cells in coverages
    ]
    path.write_text(heading + "\n".join(lines) + "\n")
    return str(path)


MEDICAL = {"plan": "PPO", "option": "FAM", "begin_date": str(HIRED)}
DENTAL = {"plan": "DENTAL", "option": "EE", "begin_date": str(HIRED)}


def test_A_131_a_first_load_is_approved_covered_and_a_termination_ends_the_loaded_coverage(fresh):
    who = employee_named(fresh, "Maren Oakes")
    refused = fresh.run("--json", "events", "run")
    assert (refused.code, "not_begun" in refused.error["what"]) == (12, True)
    assert fresh.json("sync")["run"]["events"] is None

    path = census(fresh, who, MEDICAL, DENTAL)
    shown = fresh.json("enrollments", "preview", path)["census"]
    assert (shown["people"], shown["coverages"], shown["problems"], shown["begins"]) == (1, 2, [], True)
    assert (shown["employee"], shown["company"]) == ("250.00", "990.00")
    loaded = fresh.json("enrollments", "load", path, "--allow", shown["digest"])["census"]
    assert loaded["loaded"] is True
    assert in_force(fresh, who) == {"medical": "FAM", "dental": "EE"}
    assert fresh.json("events", "run")["run"]["counts"].get("posted", 0) == 0

    fresh.company.terminate(who, TODAY)
    fresh.json("sync")
    requests = fresh.json("requests", "list")["requests"]
    (request,) = [str(request["id"]) for request in requests if request["kind"] == "TERMINATE"]
    assert fresh.run("requests", "approve", request, "--confirm").code == 0
    assert fresh.json("events", "run")["run"]["counts"]["posted"] == 2
    assert in_force(fresh, who, TODAY + timedelta(days=32)) == {}
    (record,) = fresh.json("cobra", "list")["cobra"]
    assert (record["person"]["employee_id"], record["action"]) == (who, "TERMINATION")
    assert fresh.run("events", "board").code == 0


def test_A_132_a_wrong_line_is_shown_with_its_reason_and_its_fix_and_nothing_is_loaded(fresh):
    who = employee_named(fresh, "Maren Oakes")
    path = census(fresh, who, MEDICAL, {**DENTAL, "option": "OLD"})
    answer = fresh.run("enrollments", "preview", path)
    assert answer.code == 15
    assert "option_unknown" in answer.out
    assert "Nothing is loaded while a line has a problem" in answer.out
    assert fresh.run("enrollments", "load", path, "--allow", "0" * 16).code == 15
    assert in_force(fresh, who) == {}
    assert fresh.run("enrollments", "preview", census(fresh, who, MEDICAL, ssn="123-41-0009")).code == 15


def test_A_133_only_the_load_that_was_previewed_is_done(fresh):
    who = employee_named(fresh, "Maren Oakes")
    path = census(fresh, who, MEDICAL)
    text = fresh.run("enrollments", "preview", path)
    assert (text.code, "Nothing was written" in text.out, "PPO" in text.out) == (0, True, True)
    assert fresh.run("enrollments", "load", path, "--allow", "0" * 16).code == 15
    assert in_force(fresh, who) == {}
    digest = fresh.json("enrollments", "preview", path)["census"]["digest"]
    done = fresh.run("enrollments", "load", path, "--allow", digest)
    assert (done.code, "Benefit events of acme begin with this coverage" in done.out) == (0, True)


def test_what_cannot_be_read_is_wrong_usage(fresh, monkeypatch):
    assert fresh.run("enrollments", "preview", str(fresh.folder / "none.csv")).code == 2
    monkeypatch.setattr("bensync.cli.commands.benefits.census.LARGEST_CENSUS", 10)
    path = census(fresh, "1", MEDICAL)
    assert fresh.run("enrollments", "preview", path).code == 2
    assert [column["name"] for column in fresh.json("enrollments", "template")["columns"]][:2] == [
        "employee_number",
        "ssn",
    ]


def test_the_how_to_page_leads_from_the_template_to_another_load(fresh, monkeypatch):
    who = employee_named(fresh, "Maren Oakes")
    page = (ROOT / "docs" / "how-to" / "load-present-coverage.md").read_text()
    commands = [line for block in re.findall(r"```bash\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    monkeypatch.chdir(fresh.folder)
    census(fresh, who, MEDICAL)
    digest = fresh.json("enrollments", "preview", "census.csv")["census"]["digest"]
    names = {"DIGEST": digest, "104/1": f"{who}/1", "104": who}
    for command in commands:
        words = [names.get(word, word) for word in shlex.split(command)[1:]]
        assert fresh.run(*words).code == 0, command
    assert in_force(fresh, who) == {}
    again = fresh.json("enrollments", "preview", "census.csv")["census"]
    assert fresh.json("enrollments", "load", "census.csv", "--allow", again["digest"])["census"]["loaded"] is True
    assert in_force(fresh, who) == {"medical": "FAM"}
