"""The log of what was sent: it notices an older database, survives a crash in the middle of a line, and repeats nothing."""

from __future__ import annotations

import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bensync import fault_points
from bensync.core.runs import Delivery, DeliveryKind, DeliveryState
from bensync.errors import GuardTripped, StateError
from bensync.state.sync.sent_log import SentLog

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bensync.db.sent"


@pytest.fixture
def log(path: Path) -> SentLog:
    return SentLog(path)


def delivery(sequence: int, sha256: str = "a" * 64, feed: str = "benetrac") -> Delivery:
    return Delivery(
        id=sequence,
        run_id=1,
        feed=feed,
        kind=DeliveryKind.DELTA,
        sequence=sequence,
        name=f"ACME0001_DELTA_{sequence:06}.csv.gpg",
        state=DeliveryState.UPLOADED,
        rows=1,
        size=10,
        sha256=sha256,
        part="",
        attempts=0,
        created_at=NOW,
    )


def test_a_first_file_is_never_refused(log, path):
    log.refuse_older("acme", delivery(7))
    assert not path.exists()


def test_files_in_order_are_noted_in_a_private_file(log, path):
    for sequence in (1, 2, 3):
        log.refuse_older("acme", delivery(sequence))
        log.note("acme", delivery(sequence), NOW)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().count("\n") == 3
    last = log.last("acme", "benetrac")
    assert last is not None
    assert (last.sequence, last.name, last.at) == (3, "ACME0001_DELTA_000003.csv.gpg", NOW)


def test_a_file_that_is_tried_again_is_noted_once(log, path):
    for _ in range(3):
        log.refuse_older("acme", delivery(1))
        log.note("acme", delivery(1), NOW)
    assert path.read_text().count("\n") == 1


@pytest.mark.parametrize(
    ("sequence", "sha256"), [(1, "a" * 64), (2, "b" * 64), (3, "b" * 64)], ids=["older", "before it", "other bytes"]
)
def test_an_older_database_is_noticed(log, sequence, sha256):
    for number in (1, 2, 3):
        log.note("acme", delivery(number), NOW)

    with pytest.raises(GuardTripped, match=r"\(older_state\)") as caught:
        log.refuse_older("acme", delivery(sequence, sha256))
    assert "ACME0001_DELTA_000003" in caught.value.why
    assert "caught-up" in caught.value.fix


def test_sites_and_feeds_have_numbers_of_their_own(log):
    log.note("acme", delivery(9), NOW)
    log.refuse_older("other", delivery(1))
    log.refuse_older("acme", delivery(1, feed="carrier"))


def test_a_file_that_never_arrived_gives_its_number_back(log, path):
    log.note("acme", delivery(1), NOW)
    log.take_back("acme", delivery(1), NOW)
    log.take_back("acme", delivery(1), NOW)
    assert path.read_text().count("\n") == 2, "once is enough"

    log.refuse_older("acme", delivery(1, "b" * 64))
    log.note("acme", delivery(1, "b" * 64), NOW)
    with pytest.raises(GuardTripped):
        log.refuse_older("acme", delivery(1, "c" * 64))


def test_only_the_last_file_can_be_taken_back(log):
    log.note("acme", delivery(1), NOW)
    log.note("acme", delivery(2), NOW)
    log.take_back("acme", delivery(1), NOW)
    with pytest.raises(GuardTripped):
        log.refuse_older("acme", delivery(1, "b" * 64))


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_line_that_a_crash_cut_off_is_as_if_it_never_was(log, path, cut):
    log.note("acme", delivery(1), NOW)
    log.note("acme", delivery(2), NOW)
    os.truncate(path, path.stat().st_size - cut)

    log.refuse_older("acme", delivery(2, "b" * 64))
    log.note("acme", delivery(2, "b" * 64), NOW)
    log.note("acme", delivery(3), NOW)

    assert path.read_text().count("\n") == 3
    with pytest.raises(GuardTripped):
        log.refuse_older("acme", delivery(2))


def test_a_log_that_is_damaged_stops_everything(log, path):
    log.note("acme", delivery(1), NOW)
    path.write_text("garbage\n" + path.read_text())
    with pytest.raises(StateError, match="is damaged"):
        log.refuse_older("acme", delivery(2))


def test_a_disk_that_is_full_is_reported_before_anything_is_published(log, monkeypatch):
    monkeypatch.setenv("BENSYNC_TEST", "1")
    monkeypatch.setenv("BENSYNC_FAULT", "sent_log.write.before=full")
    fault_points.arm()
    try:
        with pytest.raises(StateError, match="cannot be written"):
            log.note("acme", delivery(1), NOW)
    finally:
        monkeypatch.delenv("BENSYNC_FAULT")
        fault_points.arm()
    assert log.last("acme", "benetrac") is None


def test_sites_that_send_at_once_do_not_mix_their_lines(path):
    def send(site: str) -> None:
        log = SentLog(path)
        for number in range(1, 41):
            log.note(site, delivery(number), NOW)

    threads = [threading.Thread(target=send, args=(f"site{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    log = SentLog(path)
    assert path.read_text().count("\n") == 160
    assert [entry.sequence for number in range(4) if (entry := log.last(f"site{number}", "benetrac"))] == [40] * 4
