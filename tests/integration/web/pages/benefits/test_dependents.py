"""The page of dependents and beneficiaries, and who is covered at each election."""

from __future__ import annotations

from bensync.benefits.values.dependents import dependents_on
from bensync.benefits.values.enrollments import coverage_on
from bensync.core.access import Role
from tests.fixtures.pages import Pages, Visitor
from tests.integration.web.benefit_pages import SITE, WHY, case_of, hired, run, text

ROBIN = {
    "relationship": "spouse",
    "first_name": "Robin",
    "last_name": "Moss",
    "birth_date": "1988-03-01",
    "gender": "female",
    "ssn": "200-11-2345",
    "smoker": "yes",
    "on": "2026-05-01",
    **WHY,
}
ANA = {
    "relationship": "child",
    "first_name": "Ana",
    "last_name": "Moss",
    "birth_date": "2018-03-04",
    "gender": "unspecified",
    "on": "2026-05-01",
    **WHY,
}


def with_family(web_pages: Pages, owner: Visitor):
    """Somebody whose hire is prepared, with a spouse and a child on the list."""
    someone = web_pages.deployment.approved(hired())
    run(web_pages)
    list_url = f"{SITE}/people/{someone.id}/dependents"
    for fields in (ROBIN, ANA):
        owner.get(list_url)
        assert owner.post(list_url, fields).status_code == 303
    return someone, list_url


def today(web_pages: Pages):
    return web_pages.deployment.now.date()


def test_S3_173_a_family_is_entered_on_the_page_with_a_masked_ssn(web_pages, owner):
    someone, list_url = with_family(web_pages, owner)
    shown = text(owner.get(list_url))
    assert "Robin Moss" in shown
    assert "***-**-2345" in shown
    assert "Mar 1, 1988" in shown
    assert "200-11-2345" not in shown
    trail = text(owner.get(f"{SITE}/audit")).lower()
    assert trail.count("added a dependent or beneficiary") == 2
    assert "Ana Moss child, born Mar 4, 2018" in text(owner.get(f"{SITE}/people/{someone.id}"))


def test_a_change_keeps_the_ssn_and_what_held_before_and_a_drop_lists_them_apart(web_pages, owner):
    someone, list_url = with_family(web_pages, owner)
    owner.get(list_url)
    moved = {**ROBIN, "ssn": "", "last_name": "Lake", "on": today(web_pages).isoformat(), "city": "Dayton"}
    del moved["smoker"]
    assert owner.post(f"{list_url}/1", moved).status_code == 303
    before, robin = (
        dependents_on(case_of(web_pages, someone.id).dependents, on)[0]
        for on in (today(web_pages).replace(day=1, month=5), today(web_pages))
    )
    assert (before.last_name, robin.last_name, robin.ssn, robin.smoker, robin.address.city) == (
        "Moss",
        "Lake",
        "200112345",
        False,
        "Dayton",
    )
    owner.get(list_url)
    assert owner.post(f"{list_url}/1/drop", {"why": "boredom", "on": "2026-06-01", **WHY}).status_code == 404
    assert owner.post(f"{list_url}/1/drop", {"why": "divorce", "on": "2026-06-01", **WHY}).status_code == 303
    assert "No dependents any more Robin Lake No. 1, since Jun 1, 2026: divorce" in text(owner.get(list_url))


def test_a_wrong_entry_is_refused_in_words(web_pages, owner):
    someone, list_url = with_family(web_pages, owner)
    owner.get(list_url)
    refused = text(owner.post(list_url, {**ANA, "first_name": "Bo", "birth_date": "2099-01-01"}))
    assert "the birth date lies after today" in refused
    assert "2099" not in refused
    assert len(case_of(web_pages, someone.id).dependents) == 2


def test_S3_173_an_election_on_the_page_names_who_is_covered_and_who_is_paid(web_pages, owner):
    someone, _ = with_family(web_pages, owner)
    event = f"{SITE}/people/{someone.id}/events/1"
    assert "Dependents covered by this election" in text(owner.get(event))
    form = {
        "choice.medical": "PPO/FAM",
        "covers.medical": "yes",
        "cover.medical.2": "yes",
        "choice.life": "LIFE/1X",
        "pays.life": "yes",
        "share.life.1": "90%",
        "share.life.2": "",
        "kind.life.1": "primary",
    }
    owner.post(f"{event}/elections", form)
    shown = text(owner.get(event))
    assert "the shares of the beneficiaries do not sum to 100 percent" in shown
    assert "Medical: covers Ana Moss → covers Robin Moss and Ana Moss" in shown
    assert owner.post(f"{event}/elections", {**form, "share.life.1": "many"}).status_code == 409

    owner.get(event)
    assert owner.post(f"{event}/enroll-all").status_code == 409
    owner.get(event)
    assert owner.post(f"{event}/enroll-all", {"confirmed": "yes"}).status_code == 303
    run(web_pages)
    rows = case_of(web_pages, someone.id).enrollments
    medical, life = (coverage_on(rows, kind, today(web_pages)).terms for kind in ("medical", "life"))
    assert medical.dependents == (1, 2)
    assert [share.percent for share in life.beneficiaries] == [50, 50]


def test_beneficiaries_of_a_coverage_are_set_on_the_page(web_pages, owner):
    someone, list_url = with_family(web_pages, owner)
    event = f"{SITE}/people/{someone.id}/events/1"
    owner.get(event)
    owner.post(f"{event}/elections", {"choice.life": "LIFE/1X"})
    run(web_pages)
    assert "No beneficiaries yet" in text(owner.get(list_url))
    form = {"plan_type": "life", "share.life.1": "100", "share.life.2": "100", "kind.life.2": "contingent"}
    path = f"{SITE}/people/{someone.id}/beneficiaries"
    assert owner.post(path, {**form, "on": today(web_pages).isoformat(), **WHY}).status_code == 303
    assert "Robin Moss 100%, then Ana Moss 100%" in text(owner.get(list_url))


def test_a_role_without_the_right_changes_nobody(web_pages, owner):
    someone, list_url = with_family(web_pages, owner)
    auditor = web_pages.as_role(Role.AUDITOR)
    assert auditor.post(list_url, ANA).status_code == 403
    assert owner.get(f"{SITE}/people/99/dependents").status_code == 404
    assert len(case_of(web_pages, someone.id).dependents) == 2
