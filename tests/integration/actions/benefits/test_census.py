"""A census of present coverage: previewed, loaded as a whole or not at all, and the beginning of benefit events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest

from bensync.actions.benefits import case_edits, census
from bensync.benefits.values.enrollments import coverage_on
from bensync.benefits.values.events import Indicator
from bensync.core.access import Grant, Right, Role, actor_for
from bensync.core.changes import ChangeKind
from bensync.core.intake.proposals import apply
from bensync.errors import DecisionError, Denied, GuardTripped
from tests.fixtures.benefit_site import BOOK, Site, benefit_site
from tests.fixtures.user_deployment import ROOT
from tests.unit.benefits.cases import FACTS
from tests.unit.builders import profile, ssn

HEADING = "employee_number,ssn,plan,option,begin_date\n"


@pytest.fixture
def site(database: str) -> Iterator[Site]:
    with benefit_site(database, begun=False) as site:
        yield site


def line(who, plan="MED", option="EE", begin="2024-03-01", **cells):
    given = cells.get("number", who)
    return f"{given},{cells.get('ssn', ssn(who))},{plan},{option},{begin}\n"


def file(*lines):
    return (HEADING + "".join(lines)).encode()


def preview(site, content, actor=ROOT):
    return census.preview(site.deployment.store, "acme", content, BOOK, actor, site.deployment.now)


def load(site, content, allow=None, actor=ROOT):
    allow = allow if allow is not None else preview(site, content).digest
    return census.load(site.deployment.store, "acme", content, allow, BOOK, actor, site.deployment.now)


def covered(site, who, on=date(2026, 6, 1)):
    rows = site.case(who).enrollments
    return {kind: row.terms.option for kind in ("medical", "vision") if (row := coverage_on(rows, kind, on))}


def fill(site, numbers):
    """Participants as a snapshot of HR leaves them, where nothing had a rulebook yet."""
    with site.deployment.store.write("acme", "test.fill") as state:
        people = (profile(number, **FACTS) for number in numbers)
        state.participants.fill(
            (
                apply(ChangeKind.NEW, row, state.vault.index(row.values["ssn"]), None, date(2024, 2, 1))
                for row in people
            ),
            site.deployment.now,
        )


def stored(site):
    """How many coverage rows, events and audit entries of loads there are."""
    with site.deployment.store.read("acme") as state:
        rows = state.events.coverage(1, 1).total
        verbs = Counter(entry.verb for entry in state.lists.audit().items)
    return rows, verbs["coverage.load"]


def test_A_130_what_is_loaded_is_what_was_previewed(site):
    who, other = site.hired(1), site.hired(2)
    content = file(line(1), line(1, "VIS"))
    shown = preview(site, content)
    assert [(total.plan, total.people) for total in shown.options] == [("MED", 1), ("VIS", 1)]
    assert (shown.people, shown.uncovered_ids, shown.begins, shown.loaded) == (1, ["2"], True, False)
    assert stored(site) == (0, 0)

    done = load(site, content, shown.digest)
    assert (done.loaded, done.digest) == (True, shown.digest)
    assert covered(site, who) == {"medical": "EE", "vision": "EE"}
    assert (site.stands(who), site.stands(other)) == ([("FE", "CLOSED")], [("FE", "CLOSED")])
    assert covered(site, other) == {}
    with site.deployment.store.read("acme") as state:
        (entry,) = [entry for entry in state.lists.audit().items if entry.verb == "coverage.load"]
        board = [finding for finding in state.events.board() if not finding.ok]
    assert (entry.actor, done.file_digest in entry.object, done.digest in entry.object) == ("root", True, True)
    assert board == []


def test_A_130_a_first_load_opens_no_event_back_to_a_hire_and_backdates_no_deduction(site):
    who, other = site.hired(1), site.hired(2)
    load(site, file(line(1)))
    site.run()
    assert [event.event_class for event in site.case(who).events] == ["SNP"]
    assert [event.event_class for event in site.case(other).events] == ["SNP"]
    (row,) = site.case(who).enrollments
    assert (row.effective_date, row.deduction_begin) == (date(2024, 3, 1), site.deployment.now.date())


def test_A_130_a_hire_of_the_last_days_without_a_line_still_becomes_an_event(site):
    site.hired(1)
    new = site.hired(2, hire_date="2026-05-20")
    shown = load(site, file(line(1)))
    assert (shown.uncovered, shown.hires) == (1, 1)
    site.run()
    assert [event.event_class for event in site.case(new).events] == ["HIR"]


def test_A_131_a_termination_right_after_the_load_ends_the_loaded_coverage(site):
    who = site.hired(1)
    load(site, file(line(1), line(1, "VIS")))
    assert site.approve(site.ask(1, active=False, since="2026-05-20")).done
    site.run()
    case = site.case(who)
    ends = [(row.plan_type, str(row.coverage), str(row.effective_date)) for row in case.enrollments if row.event == 2]
    assert ends == [("medical", "TERM", "2026-06-01"), ("vision", "TERM", "2026-05-21")]
    assert [str(record.occurrence_date) for record in case.cobra] == ["2026-06-01"]


def test_A_132_of_5000_lines_with_40_wrong_ones_the_40_are_listed_and_nothing_is_loaded(site):
    fill(site, range(1, 2501))
    wrong = set(range(100, 4100, 100))
    lines = [line(number, plan) for number in range(1, 2501) for plan in ("MED", "VIS")]
    bad = file(*(text.replace("EE", "OLD") if place in wrong else text for place, text in enumerate(lines)))
    shown = preview(site, bad)
    assert {problem.line for problem in shown.problems} == {place + 2 for place in wrong}
    assert dict(shown.counts) == {"option_unknown": 40}
    refused = load(site, bad, shown.digest)
    assert (refused.loaded, len(refused.problems)) == (False, 40)
    assert stored(site) == (0, 0)
    assert site.look(lambda state: state.event_runs.begun()) is False

    good = load(site, file(*lines))
    assert (good.loaded, good.people, stored(site)) == (True, 2500, (5000, 1))


def test_A_133_another_file_or_another_day_than_the_preview_loads_nothing(site):
    site.hired(1)
    digest = preview(site, file(line(1))).digest
    with pytest.raises(DecisionError, match="census_changed"):
        load(site, file(line(1), line(1, "VIS")), digest)
    site.hired(2)
    with pytest.raises(DecisionError, match="census_changed"):
        load(site, file(line(1)), digest)
    assert stored(site) == (0, 0)


def test_lines_name_their_person_by_both_numbers(site):
    site.hired(1)
    site.hired(2)
    content = file(
        line(1, number="2"), line(1, ssn=ssn(9)), line(9, number="99"), line(2), line(2, "VIS", begin="2023-01-01")
    )
    problems = [(problem.line, str(problem.code), problem.employee_id) for problem in preview(site, content).problems]
    assert problems == [
        (2, "ssn_mismatch", ""),
        (3, "ssn_mismatch", ""),
        (4, "person_unknown", ""),
        (6, "begin_before_hire", "2"),
    ]


def test_a_second_load_adds_people_and_leaves_the_others(site):
    who = site.hired(1)
    load(site, file(line(1)))
    late, waiting = site.hired(2), site.hired(3)
    again = load(site, file(line(2)))
    assert (again.begins, again.loaded, covered(site, late)) == (False, True, {"medical": "EE"})
    site.run()
    assert [event.event_class for event in site.case(waiting).events] == ["HIR"]
    assert [str(problem.code) for problem in load(site, file(line(1)), "x").problems] == ["already_covered"]

    site.change(who, case_edits.reprocess(1, Indicator.VOID))
    site.run()
    assert covered(site, who) == {}
    assert load(site, file(line(1, option="FAM"))).loaded
    assert covered(site, who) == {"medical": "FAM"}


def test_S3_13_no_run_processes_events_before_they_have_begun(site):
    who = site.hired(1)
    for how in ({}, {"report_only": True}, {"only": (who.id,)}):
        with pytest.raises(GuardTripped, match="not_begun"):
            site.run(**how)
    assert site.stands(who) == []
    load(site, file(line(1)))
    assert site.run().counts.get("events", 0) == 0


def test_only_who_may_load_coverage_sees_what_a_census_holds(site):
    site.hired(1)
    user = actor_for("user", [Grant("acme", Role.HR_USER, extras=frozenset({Right.EVENTS}))], "acme")
    for act in (preview, load):
        with pytest.raises(Denied):
            act(site, file(line(1)), actor=user) if act is preview else act(site, file(line(1)), "x", user)
    assert ("user", "load_coverage.refused") in site.deployment.audit("acme")
    granted = Grant("acme", Role.HR_USER, extras=frozenset({Right.LOAD_COVERAGE}))
    assert load(site, file(line(1)), actor=actor_for("kim", [granted], "acme")).loaded
