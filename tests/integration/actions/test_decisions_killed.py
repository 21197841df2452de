"""A legal hold, a question that is asked again, and a load of coverage: killed at their commit, they are whole or never were."""

from __future__ import annotations

from functools import partial

import pytest

from bensync.actions.approvals import decline
from bensync.actions.asking_again import ask_again
from bensync.actions.benefits import census
from bensync.actions.departed.holds import hold, release_hold
from bensync.core.intake.proposals import IntakeRules
from bensync.core.requests import DeclineCode
from tests.fixtures import invariants
from tests.fixtures.benefit_site import BOOK, benefit_site
from tests.fixtures.databases import in_file, on_sqlite
from tests.fixtures.dying import kill_at
from tests.fixtures.fault_points import commits
from tests.fixtures.long_ago import rows_by_table
from tests.fixtures.user_deployment import ROOT
from tests.unit.builders import profile, ssn

REASON = "case 17 of the district court"


def placing(site):
    """Place a legal hold."""
    site.hired(1)
    return partial(hold, site.deployment.store, "acme", "1", REASON, ROOT, site.deployment.now)


def releasing(site):
    """Release a legal hold."""
    placing(site)()
    return partial(release_hold, site.deployment.store, "acme", "1", "the case is closed", ROOT, site.deployment.now)


def asking(site):
    """Ask again about a declined request."""
    store, now = site.deployment.store, site.deployment.now
    number = site.deployment.ask(profile(1))
    decline(store, "acme", [number], ROOT, now, DeclineCode.ERROR)
    return partial(ask_again, store, "acme", number, "a mistake", ROOT, now, IntakeRules())


def loading(site):
    """Load a census of one line."""
    site.hired(1)
    content = f"employee_number,ssn,plan,option,begin_date\n1,{ssn(1)},MED,EE,2024-03-01\n".encode()
    store, now = site.deployment.store, site.deployment.now
    digest = census.preview(store, "acme", content, BOOK, ROOT, now).digest
    return partial(census.load, store, "acme", content, digest, BOOK, ROOT, now)


ACTS = {
    "hold.place": placing,
    "hold.release": releasing,
    "decision.ask_again": asking,
    "coverage.load": loading,
}
DECIDED = commits(*ACTS)


@on_sqlite
@pytest.mark.usefixtures("quick_passwords")
@pytest.mark.parametrize("point", DECIDED)
def test_R1_a_killed_decision_is_whole_or_did_not_happen(tmp_path, point):
    with benefit_site(in_file(tmp_path), begun=False) as site:
        act = ACTS[point.partition(".commit.")[0]](site)
        before = rows_by_table(site.deployment.store)

        kill_at(point, act)

        invariants.hold(site.deployment.store, "acme")
        assert (rows_by_table(site.deployment.store) != before) is point.endswith("after")
