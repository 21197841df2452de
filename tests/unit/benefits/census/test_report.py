"""The report of a census counts everybody, and its digest names exactly what would be written."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from bensync.benefits.census.judgment import JudgedPerson, PresentCoverage
from bensync.benefits.census.problems import CensusCode, CensusFinding
from bensync.benefits.census.report import LISTED, CensusTally
from tests.unit.benefits.cases import OPTIONS
from tests.unit.builders import TODAY

MEDICAL = PresentCoverage("medical", OPTIONS["medical"], TODAY, TODAY)
VISION = PresentCoverage("vision", OPTIONS["vision"], TODAY, TODAY)


def tally(*people, content=b"file", findings=()):
    counted = CensusTally(content)
    counted.note(findings)
    for number, rows in enumerate(people, 1):
        counted.take(JudgedPerson(number, tuple(rows), ()))
    return counted


def report(*people, uncovered=0, **how):
    return tally(*people, **how).report(uncovered, ["9"] * uncovered, 0, begins=True)


def test_coverages_are_counted_by_option_with_their_costs():
    shown = report([MEDICAL, VISION], [MEDICAL], [], uncovered=1)
    assert [(total.plan, total.option, total.people, total.employee, total.company) for total in shown.options] == [
        ("MED", "EE", 2, Decimal(160), Decimal(840)),
        ("VIS", "EE", 1, Decimal(0), Decimal(9)),
    ]
    assert (shown.people, shown.coverages, shown.employee, shown.company) == (2, 3, Decimal(160), Decimal(849))
    assert (shown.uncovered, shown.uncovered_ids, shown.begins, shown.loaded) == (1, ["9"], True, False)


def test_the_digest_changes_with_the_file_and_with_everything_that_comes_of_it():
    dearer = replace(MEDICAL, terms=replace(MEDICAL.terms, employee=Decimal(81)))
    digests = [
        report([MEDICAL]).digest,
        report([MEDICAL], content=b"another file").digest,
        report([dearer]).digest,
        report([MEDICAL], [VISION]).digest,
        report([MEDICAL], uncovered=1).digest,
    ]
    assert len(set(digests)) == len(digests)
    assert report([MEDICAL]).digest == digests[0]


def test_findings_are_listed_by_line_and_counted_beyond_the_list():
    many = [CensusFinding(CensusCode.SSN_MALFORMED, line) for line in range(LISTED + 2, 1, -1)]
    counted = tally(findings=[*many, CensusFinding(CensusCode.NOT_ELIGIBLE, 1)])
    shown = counted.report(0, [], 0, begins=False)
    assert not counted.sound
    assert (len(shown.problems), shown.problems[0].line, len(shown.warnings)) == (LISTED, 3, 1)
    assert shown.counts == {"not_eligible": 1, "ssn_malformed": LISTED + 1}


def test_a_warning_leaves_a_census_sound():
    assert tally(findings=[CensusFinding(CensusCode.NOT_ELIGIBLE, 1)]).sound
