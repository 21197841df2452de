"""State moves if and only if the file was delivered (scenarios 4.7, and A-41)."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from bensync.core.runs import Outcome
from bensync.demo.keys import Keyring
from bensync.errors import BensyncError, BusyError, DatabaseOutdated, DeliveryError
from bensync.pipeline.runs import confirm, retry
from tests.e2e.disaster import strike
from tests.e2e.world import World, person

CITY = "Youngstown"


def test_A_57_an_outage_over_three_days_ends_in_one_file_with_the_net_change(staffed: World) -> None:
    away = staffed.center.root.with_name("away")
    staffed.center.root.rename(away)
    for day, city in enumerate(("Akron", "Toledo", CITY), start=1):
        staffed.company.update("1", city=city)
        staffed.company.update(str(1 + day % 2), homePhone=f"555-010{day}")
        assert isinstance(staffed.failure(staffed.sync), DeliveryError)
        assert isinstance(staffed.failure(staffed.sync), DeliveryError)
        assert sum("failed" in str(mail["Subject"]) for mail in staffed.mailbox.messages) == day
        staffed.next_day()
    away.rename(staffed.center.root)

    staffed.sync()

    assert [file.name for file in staffed.files()] == ["ACME0001_DELTA_000001.csv.gpg"]
    profiles = staffed.read(staffed.files()[0]).profiles
    assert sorted(profile.employee_id for profile in profiles) == ["1", "2"]
    assert next(profile for profile in profiles if profile.employee_id == "1").values["city"] == CITY


def test_A_57_a_change_taken_back_during_the_outage_leaves_no_gap_in_the_numbers(staffed: World) -> None:
    staffed.company.update("2", city="Akron")
    staffed.sync()
    away = staffed.center.root.with_name("away")
    staffed.center.root.rename(away)
    staffed.company.update("1", city="Akron")
    staffed.failure(staffed.sync)
    assert staffed.rows("select sequence, state from delivery") == [(1, "COMMITTED"), (2, "FAILED")]
    away.rename(staffed.center.root)
    staffed.next_day()
    staffed.company.update("1", city="Dayton")
    assert staffed.sync().outcome is Outcome.NO_CHANGES

    staffed.next_day()
    staffed.company.update("1", city=CITY)
    staffed.sync()

    assert [file.name for file in staffed.files()] == [f"ACME0001_DELTA_{number:06}.csv.gpg" for number in (1, 2)]


def test_a_delivery_that_replaces_a_failed_one_clears_what_that_one_left(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    strike(staffed, "daily", "sftp.write.after")
    (left,) = staffed.files()
    with staffed.store.write("acme", "test") as work:
        work.deliveries.fail(1, DeliveryError("the line broke", "for a test", "wait"))

    staffed.sync()

    assert not left.exists()
    assert [file.name for file in staffed.files()] == ["ACME0001_DELTA_000001.csv.gpg"]


def test_A_58_a_changed_host_key_stops_before_any_byte_leaves(staffed: World) -> None:
    other = "SHA256:" + "A" * 43
    center = staffed.center
    staffed.configure(
        upload_center=f'type = "sftp"\nhost = "{center.host}"\nport = {center.port}\nuser = "{center.user}"\n'
        f'private_key = "file:{staffed.folder}/sftp.key"\nhost_keys = ["{other}"]\ndirectory = "{center.root}"\n'
    )
    staffed.company.update("1", city="Akron")

    error = staffed.failure(staffed.sync)

    assert isinstance(error, DeliveryError)
    assert not error.retry
    assert "host key" in str(error).lower()
    assert staffed.files() == []
    assert staffed.queue() == []
    assert any("failed" in str(mail["Subject"]) for mail in staffed.mailbox.messages)


@pytest.mark.parametrize("key", ["expired", "missing"])
def test_A_59_a_wrong_or_expired_pgp_key_fails_before_any_transfer(staffed: World, key: str) -> None:
    with Keyring() as ring:
        fingerprint = "0" * 40 if key == "missing" else ring.create("Old", expire="30d", at="20240101T000000")
        staffed.configure(feed=f'recipient = "{fingerprint}"\ngnupg_home = "{ring.home}"\n')
        staffed.company.update("1", city=CITY)

        error = staffed.failure(staffed.sync)

        assert isinstance(error, DeliveryError)
        assert found_in_clear([*ring.home.rglob("*"), *staffed.folder.rglob("*")], CITY.encode()) == []
    assert staffed.files() == []
    assert staffed.rows("select state, size from delivery") == [("FAILED", 0)]
    assert staffed.rows("select state from run order by id desc limit 1") == [("FAILED",)]


def test_A_60_a_mail_server_that_is_down_undoes_nothing_and_gets_the_notice_later(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    port = staffed.mailbox.port
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        staffed.mailbox.port = closed.getsockname()[1]
        staffed.configure()
        staffed.sync()
    assert len(staffed.queue()) == 1
    assert staffed.rows("select attempts, sent_at from sending") == [(1, None)]

    staffed.mailbox.port = port
    staffed.configure()
    staffed.sync()

    assert len(staffed.mailbox.messages) == 1


def test_A_09_a_second_starter_sees_who_is_at_work_and_has_no_effect(staffed: World) -> None:
    with staffed.store.write("acme", "test") as work:
        work.runs.take_lease(staffed.now)

    error = staffed.failure(staffed.resync)

    assert isinstance(error, BusyError)
    assert "2026-06-02 04:00:00" in error.why
    assert staffed.rows("select count(*) from run where kind = 'RESYNC'") == [(0,)]


@pytest.mark.parametrize(("number", "error"), [(1, DatabaseOutdated), (2, DeliveryError)])
def test_a_file_of_the_same_name_at_the_upload_center_is_never_overwritten(
    staffed: World, number: int, error: type[BensyncError]
) -> None:
    for sent in range(1, number):
        staffed.company.update("2", city=f"Akron {sent}")
        staffed.sync()
    waiting = staffed.queue()
    foreign = staffed.center.root / f"ACME0001_DELTA_{number:06}.csv.gpg"
    foreign.write_bytes(b"somebody else's")
    staffed.company.update("1", city="Akron")

    assert isinstance(staffed.failure(staffed.sync), error)

    assert foreign.read_bytes() == b"somebody else's"
    assert staffed.queue() == waiting


def test_A_41_the_plain_ssn_is_nowhere_but_in_the_opened_file(
    staffed: World, capfd: pytest.CaptureFixture[str]
) -> None:
    staffed.company.hire(person(4, ssn="345-67-8901"))
    staffed.company.hire(person(5, ssn="666-67-8901"))
    staffed.sync()
    staffed.approve([request.id for request in staffed.queue()], confirmed=True)
    staffed.resync()

    assert staffed.read(staffed.files()[0]).profiles[0].values["ssn"] == "345678901"
    for plain in (b"345678901", b"345-67-8901", b"666678901", b"666-67-8901"):
        assert found_in_clear(staffed.folder.rglob("*"), plain) == []
        assert all(plain not in bytes(mail) for mail in staffed.mailbox.messages)
        printed = capfd.readouterr()
        assert plain.decode() not in printed.out + printed.err


def test_A_41_the_search_for_leaks_finds_a_planted_one(tmp_path: Path) -> None:
    (tmp_path / "leak.log").write_bytes(b"... 345678901 ...")

    assert found_in_clear(tmp_path.rglob("*"), b"345678901") == [tmp_path / "leak.log"]


def found_in_clear(paths: object, text: bytes) -> list[Path]:
    """The files that hold a text as it stands."""
    return [path for path in paths if path.is_file() and text in path.read_bytes()]  # type: ignore[attr-defined]


def test_A_56_a_file_that_vanished_after_the_intent_waits_for_a_person_and_is_never_sent_twice(
    staffed: World,
) -> None:
    staffed.company.update("1", city=CITY)
    strike(staffed, "daily", "sftp.rename.after")
    (swept,) = staffed.files()
    swept.unlink()

    error = staffed.failure(staffed.sync)

    assert isinstance(error, DeliveryError)
    assert "unknown" in error.what
    assert "deliveries confirm" in error.fix
    assert staffed.files() == []
    assert any("failed" in str(mail["Subject"]) for mail in staffed.mailbox.messages)

    confirm(staffed.tools, 1, "admin", lambda: staffed.now)

    assert staffed.files() == []
    assert [request.employee_id for request in staffed.queue()] == ["1"]
    assert staffed.sync().outcome is Outcome.NO_CHANGES


def test_a_delivery_that_did_not_arrive_is_sent_again_when_a_person_says_so(staffed: World) -> None:
    staffed.company.update("1", city=CITY)
    strike(staffed, "daily", "sftp.rename.after")
    (lost,) = staffed.files()
    content = lost.read_bytes()
    lost.unlink()
    staffed.failure(staffed.sync)

    retry(staffed.tools, 1, "admin", lambda: staffed.now)

    assert [file.read_bytes() for file in staffed.files()] == [content]
    assert len(staffed.queue()) == 1
    assert staffed.rows("select actor, verb from audit where verb like 'delivery.retry'") == [
        ("admin", "delivery.retry")
    ]


def test_only_a_delivery_in_doubt_can_be_confirmed(staffed: World) -> None:
    staffed.company.update("1", city=CITY)
    staffed.sync()

    error = staffed.failure(lambda: confirm(staffed.tools, 1, "admin", lambda: staffed.now))

    assert "not in trouble" in error.what
