"""The safeguards of 45 CFR 164.312: all of them are listed, and what they name exists."""

from __future__ import annotations

import pytest

from bensync.retention.safeguards import SAFEGUARDS
from tests.architecture.checks.pages import ROOT, SOURCE

# The standards and implementation specifications of the section, written down a second time on purpose.
PARAGRAPHS = {
    "(a)(1)": "standard",
    "(a)(2)(i)": "required",
    "(a)(2)(ii)": "required",
    "(a)(2)(iii)": "addressable",
    "(a)(2)(iv)": "addressable",
    "(b)": "standard",
    "(c)(1)": "standard",
    "(c)(2)": "addressable",
    "(d)": "standard",
    "(e)(1)": "standard",
    "(e)(2)(i)": "addressable",
    "(e)(2)(ii)": "addressable",
}


def test_every_paragraph_is_listed_in_its_order():
    assert [(rule.citation, rule.demand) for rule in SAFEGUARDS] == list(PARAGRAPHS.items())


@pytest.mark.parametrize("rule", SAFEGUARDS, ids=lambda rule: rule.citation)
def test_the_modules_and_tests_of_a_safeguard_exist(rule):
    assert [place for place in rule.places if not (SOURCE / place).is_file()] == []
    assert (ROOT / rule.test).is_file()
    assert rule.met and rule.duty
