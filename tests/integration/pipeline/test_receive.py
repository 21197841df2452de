"""Files that another machine takes in: in order, once each, and whole (sync-rules 3.15)."""

from __future__ import annotations

import os
from datetime import date, timedelta

import msgspec

from bensync.core.changes import ChangeKind
from bensync.core.ports import PreflightFinding
from bensync.core.requests import RequestState
from bensync.core.runs import Outcome
from bensync.errors import DeliveryError, GuardTripped
from bensync.pipeline.receive import IntakeOptions, receive
from tests.e2e.intake.sides import JOB, asked_for, begun, everything, receiving, send
from tests.e2e.receiver import Receiver, forged, signing
from tests.e2e.world import World, person


def test_requests_are_the_same_whether_the_receiver_is_embedded_or_on_another_machine(both: Receiver) -> None:
    sender = begun(both)
    assert everything(both) == everything(sender)

    sender.company.update("1", city="Akron", homeEmail="")
    sender.company.terminate("2", sender.now.date())
    sender.company.hire(person(4), job=JOB)
    sender.sync()
    both.intake()
    assert sorted(kind for _, kind, *_ in asked_for(both.queue())) == [
        ChangeKind.NEW,
        ChangeKind.TERMINATE,
        ChangeKind.UPDATE,
    ]
    assert everything(both) == everything(sender)

    sender.next_day()
    sender.company.update("1", city="Dayton", homeEmail="person1@example.com")
    sender.company.update("4", city="Toledo")
    sender.sync()
    both.intake()
    closed = [*both.queue(RequestState.SUPERSEDED), *both.queue(RequestState.WITHDRAWN)]
    assert sorted((request.employee_id, request.closed_because) for request in closed) == [
        ("1", "withdrawn"),
        ("4", "replaced"),
    ]
    assert everything(both) == everything(sender)
    sender.approve([request.id for request in sender.queue()], confirmed=True)
    both.approve_all()

    sender.at(sender.now.date() + timedelta(days=10))
    sender.company.rehire("2", sender.now.date())
    sender.sync()
    both.intake()
    assert [request.kind for request in both.queue()] == [ChangeKind.REHIRE]
    sender.approve([sender.request().id], confirmed=True)
    both.approve_all()
    assert everything(both) == everything(sender)

    sender.next_day()
    sender.resync()
    assert both.intake().files[0].requests == 0
    assert both.queue() == sender.queue() == []
    assert all(str(request.delivery).startswith("ACME0001_") for request in both.queue(RequestState.APPROVED))


def test_a_corrected_row_of_the_past_is_a_correction_where_files_carry_dated_rows(acme: World, far: str) -> None:
    signing(acme, embedded=True, dated_rows=True)
    for receiver in receiving(acme, far, dated_rows=True):
        sender = begun(receiver)
        employee = sender.company.employee("1")
        assert employee is not None
        row = employee.tables["compensation"][0]
        sender.company.change_row("compensation", str(row.id), startDate=date(2020, 4, 1))
        sender.sync()

        receiver.intake()

        assert [request.kind for request in receiver.queue()] == [ChangeKind.CORRECTION]
        assert everything(receiver) == everything(sender)


def test_the_sender_opens_no_requests_where_somebody_else_receives(acme: World, far: str) -> None:
    signing(acme, embedded=False)
    for receiver in receiving(acme, far):
        sender = receiver.sender
        assert sender.queue() == []
        assert sender.participants() == {}
        assert receiver.intake().files[0].requests == 3
        receiver.approve_all()
        assert sender.sync().outcome is Outcome.NO_CHANGES

        sender.next_day()
        sender.company.terminate("1", sender.now.date())
        sender.sync()
        receiver.intake()

        assert sender.queue() == []
        assert [request.kind for request in receiver.queue()] == [ChangeKind.TERMINATE]
        subjects = [str(mail["Subject"]) for mail in sender.mailbox.messages]
        assert [subject for subject in subjects if subject.endswith("to be received")]
        assert [subject for subject in subjects if subject.endswith("received, 1 new request")]


def test_a_sender_without_a_register_refuses_the_snapshot(acme: World) -> None:
    signing(acme, embedded=False)
    acme.company.hire(person(1))
    acme.at(acme.now.date())

    error = acme.failure(acme.snapshot)

    assert isinstance(error, GuardTripped)
    assert "embedded = false" in error.why


def test_a_file_seen_before_changes_nothing_even_when_it_was_touched(there: Receiver) -> None:
    sender = begun(there)
    file = send(sender, city="Akron")
    there.intake()
    state = there.rows("select * from request")

    assert there.intake().files == ()
    os.utime(file, (1, 1))
    assert there.intake().files == ()
    assert there.intake(file, again=True).files == ()

    assert there.rows("select * from request") == state
    assert there.alerts() == []


def test_other_bytes_under_a_known_name_are_quarantined_and_hold_nobody_up(there: Receiver) -> None:
    sender = begun(there)
    file = send(sender, city="Akron")
    there.intake()
    first, later = file.read_bytes(), send(sender, city="Toledo")
    file.write_bytes(forged(file, sender))

    report = there.intake()

    assert [(taken.name, taken.state.value) for taken in report.files] == [
        (file.name, "QUARANTINED"),
        (later.name, "ACCEPTED"),
    ]
    assert "other bytes" in report.files[0].reason
    assert there.intake().files == ()
    assert there.alerts() == [f"[bensync] acme: {file.name} is quarantined"]
    file.write_bytes(first)
    assert there.intake().stopped is None


def test_nothing_behind_a_gap_is_applied_until_the_missing_file_has_come(there: Receiver) -> None:
    sender = begun(there)
    second, third = send(sender, city="Akron"), send(sender, city="Toledo")
    away = second.rename(sender.folder / second.name)

    for _ in range(2):
        error = there.stopped()
        assert "File 000002" in error.what
        assert third.name in error.why
    assert there.queue() == []
    assert there.alerts() == ["[bensync] acme: a file is missing"]

    away.rename(second)
    assert [taken.name for taken in there.intake().files] == [second.name, third.name]
    assert [request.profile.values["city"] for request in there.queue()] == ["Toledo"]


def test_an_intake_begins_with_a_full_file_and_with_no_other(there: Receiver) -> None:
    sender = there.sender
    sender.next_day()
    full = sender.files()[0]
    second, third = send(sender, city="Akron"), send(sender, city="Toledo")
    full.unlink()
    assert "no file to begin with" in there.stopped().what
    assert there.files() == []

    sender.resync()
    fifth = send(sender, city="Dayton")

    assert [(taken.sequence, taken.rows) for taken in there.intake().files] == [(4, 3), (5, 1)]
    assert sorted(request.employee_id for request in there.queue()) == ["1", "2", "3"]
    assert second.exists()
    assert third.exists()
    assert fifth.exists()


def test_a_lost_file_is_given_up_by_a_person_only_and_a_full_file_begins_anew(there: Receiver) -> None:
    sender = begun(there)
    lost = send(sender, city="Akron")
    lost.unlink()
    send(sender, homePhone="555-0100")
    assert "missing" in there.stopped().what
    assert "no file to begin with" in there.stopped(anew=True).what
    sender.resync()
    assert "missing" in there.stopped().what

    assert [taken.sequence for taken in there.intake(anew=True).files] == [4]

    (request,) = there.queue()
    assert {change.field for change in request.changes} == {"city", "home_phone"}
    assert there.rows("select actor, reason from audit where reason <> ''") == [("test", "begun anew")]
    assert there.intake().stopped is None


def test_an_upload_center_out_of_reach_is_reported_once_a_day(there: Receiver) -> None:
    away = there.inbox.rename(there.inbox.with_name("away"))
    for _ in range(3):
        assert isinstance(there.failure(), DeliveryError)
    assert there.alerts() == ["[bensync] acme: the upload center cannot be read"]

    away.rename(there.inbox)
    assert there.intake().files[0].requests == 3


def test_files_of_others_and_parts_of_files_are_left_alone(there: Receiver) -> None:
    for name in ("ACME0001_DELTA_000002.csv.gpg.part", "OTHER001_FULL_000001.csv.gpg", "notes.txt"):
        (there.inbox / name).write_bytes(b"x")
    (there.inbox / "ACME0001_DELTA_000003.csv.gpg").mkdir()

    assert [taken.sequence for taken in there.intake().files] == [1]
    assert there.intake().stopped is None


def test_two_intakes_at_once_take_a_file_in_once(there: Receiver) -> None:
    sender = begun(there)
    send(sender, city="Akron")
    tools = there.deployment.receiver_context("acme", there.deployment.store())

    class Slow:
        """Opens a file only after somebody else took it in."""

        def open(self, content: bytes) -> bytes:
            assert [taken.requests for taken in there.intake().files] == [1]
            return tools.opener.open(content)

        def check(self) -> list[PreflightFinding]:
            return []

    late = receive(msgspec.structs.replace(tools, opener=Slow()), IntakeOptions("late"), lambda: sender.now)

    assert [taken.state.value for taken in late.files] == ["ACCEPTED"]
    assert late.stopped is None
    assert there.files() == [(1, "ACCEPTED"), (2, "ACCEPTED")]
    assert len(there.queue()) == 1
    tools.store.close()
