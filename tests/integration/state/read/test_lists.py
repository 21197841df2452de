"""The lists for screens: right, of one site, masked, and with few statements however long they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from bensync.cli.system_user import system_user
from bensync.core.changes import ChangeKind
from bensync.core.people import Standing, masked_ssn
from bensync.core.requests import RequestState
from bensync.core.runs import Outcome, RunKind
from bensync.wiring import Deployment
from tests.fixtures.office import Office, office


@pytest.fixture
def acme(tmp_path, keys, capsys, database):
    with office(tmp_path, keys, capsys, database) as employer:
        assert employer.run("migrate").code == 0
        yield employer


@pytest.fixture
def store(acme: Office):
    store = Deployment(acme.config).store()
    yield store
    store.close()


@pytest.fixture
def filled_store(acme: Office, store):
    """Everybody was sent, and waits in the queue."""
    assert acme.run("resync", "--active", "--inactive", "--actor", "kim").code == 0
    return store


@pytest.mark.parametrize(
    ("ssn", "shown"),
    [
        ("123456789", "***-**-6789"),
        (None, None),
        ("", "***-**-****"),
        ("6789", "***-**-****"),
        ("12345678x", "***-**-****"),
    ],
)
def test_a_masked_ssn_shows_four_digits_at_most(ssn, shown):
    assert masked_ssn(ssn) == shown


def test_requests_are_masked_wherever_the_ssn_stands(acme, filled_store):
    with filled_store.read("acme") as work:
        views = work.lists.requests().items
        originals = work.requests.get(work.requests.pending_ids())
    assert len(views) == len(acme.company)
    for view in views:
        ssn = originals[view.id].profile.values["ssn"]
        assert view.person.ssn == masked_ssn(ssn)
        assert [change.new for change in view.changes if change.field == "ssn"] == [masked_ssn(ssn)]
        assert ssn not in repr(view)
        assert view.delivery == "ACME0001_FULL_000001"
        assert view.opened_at.tzinfo is not None


def test_lists_hold_the_newest_entries_in_order_and_know_how_many_there_are(acme, filled_store):
    with filled_store.read("acme") as work:
        everything = [view.id for view in work.lists.requests().items]
        listing = work.lists.requests(3)
    assert everything == sorted(everything)
    assert [view.id for view in listing.items] == everything[-3:]
    assert listing.total == len(everything)


def test_requests_are_filtered_by_state_and_kind(acme, filled_store):
    assert acme.run("requests", "decline", "1", "--reason", "OTHER", "--note", "not ours").code == 0
    with filled_store.read("acme") as work:
        views = work.lists
        assert [view.id for view in views.requests(state=RequestState.DECLINED).items] == [1]
        assert views.requests(state=RequestState.PENDING).total == len(acme.company) - 1
        assert views.requests(kind=ChangeKind.UPDATE).total == 0
        request = views.request(1)
        assert 1 not in [number for number, _ in views.waiting()]
        assert views.request(4711) is None
    assert (request.note, request.decline_code) == ("not ours", "OTHER")


def test_a_site_sees_its_own_and_nobody_elses(acme, filled_store):
    with filled_store.read("beta") as work:
        views = work.lists
        lists = (views.runs(), views.deliveries(), views.issues(), views.people(), views.requests(), views.audit())
        assert [listing.total for listing in lists] == [0] * 6
        assert views.run(1) is views.request(1) is views.person(1) is views.issue(1) is views.audit_entry(1) is None
        assert views.delivery_rows(1) == []
        status = views.status()
    assert (status.last_update, dict(status.pending), status.issues) == (None, {}, 0)


def test_the_status_shows_the_last_good_update_and_the_error_after_it(acme, filled_store):
    acme.company.weather.fail(times=20)
    assert acme.run("sync").code == 11
    with filled_store.read("acme") as work:
        status = work.lists.status()
    assert (status.last_update.kind, status.last_update.actor) == (RunKind.RESYNC, f"kim (by {system_user()})")
    assert status.last_update.boxes == ("active", "inactive")
    assert status.last_update.delivery == "ACME0001_FULL_000001.csv.gpg"
    assert status.last_error.error["kind"] == "SourceError"
    acme.company.weather.clear()
    assert acme.run("sync").code == 0
    with filled_store.read("acme") as work:
        status = work.lists.status()
    assert status.last_update.outcome is Outcome.NO_CHANGES
    assert status.last_error is None
    assert status.pending == {ChangeKind.NEW: len(acme.company)}


def test_people_are_shown_as_they_were_approved(acme, filled_store):
    assert acme.run("requests", "approve", "--all").code == 0
    with filled_store.read("acme") as work:
        active = work.lists.people(standing=Standing.ACTIVE)
        everybody = work.lists.people()
        detail = work.lists.person(active.items[0].id)
        assert work.lists.participants_of(active.items[0].employee_id) == [active.items[0].id]
        assert work.lists.pending_of(active.items[0].id) == []
    assert 0 < active.total < everybody.total == len(acme.company)
    assert detail.values["ssn"] == detail.person.ssn == active.items[0].ssn
    assert [trace.event_class for trace in detail.activities] == ["HIR"]
    source = acme.company.employee(detail.person.employee_id).fields
    assert detail.person.name == f"{source['firstName']} {source['lastName']}"
    gone = [person for person in everybody.items if person.status is Standing.TERMINATED]
    assert all(person.termination_date is not None for person in gone)


def test_a_snapshot_knows_when_people_left(acme, store):
    ended = {"benetracStatus": "Terminated"}.items()
    rows = {employee.id: acme.company.current(employee, "employmentStatus") for employee in acme.company}
    who = next(number for number, row in rows.items() if row and not ended <= row.columns.items())
    left = acme.company.today - timedelta(days=40)
    acme.company.terminate(who, on=left)
    assert acme.run("snapshot", "--yes").code == 0
    with store.read("acme") as work:
        (number,) = work.lists.participants_of(who)
        assert work.lists.person(number).person.termination_date == left


def test_an_audit_entry_shows_what_it_changed_with_the_ssn_masked(acme, filled_store):
    assert acme.run("requests", "approve", "1", "--confirm").code == 0
    with filled_store.read("acme") as work:
        brief = work.lists.audit().items[-1]
        whole = work.lists.audit_entry(brief.id)
    assert (brief.verb, brief.changes) == ("request.approve", ())
    (ssn,) = (change.new for change in whole.changes if change.field == "ssn")
    assert ssn.startswith("***-**-")


def test_issues_are_open_until_they_are_resolved(acme, filled_store):
    who = next(iter(acme.company)).id
    acme.company.now = datetime.now(UTC) + timedelta(seconds=1)
    ssn = acme.company.employee(who).fields["ssn"]
    acme.company.update(who, ssn="")
    assert acme.run("sync").code == 3
    with filled_store.read("acme") as work:
        (issue,) = work.lists.issues().items
    assert (issue.employee_id, issue.code, issue.resolved_at) == (who, "ssn_missing", None)
    acme.company.update(who, ssn=ssn)
    assert acme.run("sync").code == 0
    with filled_store.read("acme") as work:
        assert work.lists.issues().total == 0
        assert work.lists.issues(resolved=True).items[0].resolved_at is not None


def test_a_long_list_takes_no_more_statements_than_a_short_one(acme, filled_store):
    statements = []
    event.listen(filled_store._engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))

    def counted(limit):
        statements.clear()
        with filled_store.read("acme") as work:
            for listing in (work.lists.requests, work.lists.people, work.lists.runs, work.lists.audit):
                listing(limit)
        return len(statements)

    assert counted(None) > 0, "the keys of the database are read once"
    assert counted(1) == counted(None)
