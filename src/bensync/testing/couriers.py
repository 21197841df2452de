"""The contract of a courier, as tests: subclass `CourierContract`, override the ``place`` fixture, run pytest.

It must not know how a courier works, only what it promises (sync-rules 3.11). Couriers that publish otherwise than by
renaming keep one of the contracts in `bensync.testing.profiles`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import pytest

from bensync.core.ports import Courier, OutgoingFile
from bensync.errors import DeliveryError, DeliveryInDoubt

NAME = "demo-20260105-000001.csv.pgp"
PART = f"{NAME}.0a1b2c3d.part"
"""A temporary name that an earlier session recorded."""
SEALED = bytes(range(256)) * 4_000
"""About a megabyte in place of a sealed file."""
OTHER = b"other"
"""What somebody else put there."""


class CourierPlace(Protocol):
    """A place of delivery that a test can read and change without the courier."""

    courier: Courier

    def files(self) -> dict[str, bytes]:
        """Return all files that are there now, by name."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Put a file there, past the courier."""
        ...


class SweptPlace(CourierPlace, Protocol):
    """A place where the receiver removes a file as soon as it is published."""

    def taken(self) -> list[bytes]:
        """Return the contents of the files that the receiver has taken so far."""
        ...


def outgoing_file(
    content: bytes = SEALED, *, name: str = NAME, part: str = "", publishing: bool = False
) -> OutgoingFile:
    """Return an outgoing file with this content, in chunks of uneven size."""

    def chunks() -> Iterator[bytes]:
        # No size that a buffer or an SFTP request has, so that no boundary of a chunk falls on one of theirs.
        yield content[:1]
        for start in range(1, len(content), 100_003):
            yield content[start : start + 100_003]

    return OutgoingFile(name, len(content), chunks, part, publishing)


def unreadable(*, part: str = "", publishing: bool = False) -> OutgoingFile:
    """Return an outgoing file that cannot be read beyond its first bytes."""

    def chunks() -> Iterator[bytes]:
        yield SEALED[:1000]
        raise OSError("the spool is gone")

    return OutgoingFile(NAME, len(SEALED), chunks, part, publishing)


def refusal(deliver: Callable[[], object]) -> DeliveryError:
    """Return the error that this delivery ends with; it has all three lines."""
    with pytest.raises(DeliveryError) as caught:
        deliver()
    error = caught.value
    assert error.what
    assert error.why
    assert error.fix
    return error


def doubt(deliver: Callable[[], object]) -> DeliveryError:
    """Return the error of a delivery that waits for a person."""
    error = refusal(deliver)
    assert isinstance(error, DeliveryInDoubt)
    assert not error.retry
    assert "unknown" in error.what
    return error


def refused(deliver: Callable[[], object]) -> DeliveryError:
    """Return the error of a delivery that certainly did not happen, and that a retry cannot fix."""
    error = refusal(deliver)
    assert not isinstance(error, DeliveryInDoubt)
    assert not error.retry
    return error


class Notes:
    """A transfer journal that remembers each step and which files were there at that moment.

    Args:
        place: where to look.
        then: called at a step; what it raises passes to the courier.
    """

    def __init__(self, place: CourierPlace, then: Mapping[str, Callable[[], object]] | None = None) -> None:
        self.steps: list[str] = []
        self.parts: list[str] = []
        self.seen: dict[str, dict[str, bytes]] = {}
        self._place = place
        self._then = then or {}

    @property
    def part(self) -> str:
        """The temporary name recorded last."""
        return self.parts[-1] if self.parts else ""

    def begin(self, part: str) -> None:
        """See `TransferJournal`."""
        self.parts.append(part)
        self._note("begin")

    def uploaded(self) -> None:
        """See `TransferJournal`."""
        self._note("uploaded")

    def intend(self) -> None:
        """See `TransferJournal`."""
        self._note("intend")

    def _note(self, step: str) -> None:
        # What lies there at this moment is what a crash right now would leave behind.
        self.steps.append(step)
        self.seen[step] = self._place.files()
        self._then.get(step, lambda: None)()


def fail() -> None:
    """Raise as a journal that cannot be written."""
    raise OSError("the database is gone")


class EveryCourier:
    """What every courier promises, however it publishes."""

    STEPS: tuple[str, ...] = ("begin", "uploaded", "intend")
    """The steps in the journal, in this order."""

    def left(self, content: bytes) -> dict[str, bytes]:
        """Return the files there after a delivery."""
        return {NAME: content}

    @pytest.fixture
    def place(self) -> CourierPlace:
        """The place under test; override it."""
        pytest.fail("a subclass of a courier's contract must override the fixture `place`")

    def test_a_file_arrives_whole_under_its_name_and_nothing_else_is_left(self, place: CourierPlace) -> None:
        notes = Notes(place)
        assert place.courier.deliver(outgoing_file(), notes) == 1
        assert place.files() == self.left(SEALED)
        assert tuple(notes.steps) == self.STEPS

    def test_an_empty_file_arrives(self, place: CourierPlace) -> None:
        assert place.courier.deliver(outgoing_file(b""), Notes(place)) == 1
        assert place.files() == self.left(b"")

    def test_trouble_with_noting_the_beginning_passes_untouched_and_nothing_is_left(self, place: CourierPlace) -> None:
        notes = Notes(place, {"begin": fail})
        with pytest.raises(OSError, match="the database is gone"):
            place.courier.deliver(outgoing_file(), notes)
        assert place.files() == {}
        assert notes.steps == ["begin"]

    def test_trouble_with_writing_the_intent_down_passes_untouched_and_nothing_is_published(
        self, place: CourierPlace
    ) -> None:
        notes = Notes(place, {"intend": fail})
        with pytest.raises(OSError, match="the database is gone"):
            place.courier.deliver(outgoing_file(), notes)
        assert notes.steps.count("intend") == 1
        assert not self.left(SEALED).items() <= place.files().items()

    def test_an_intent_that_was_not_written_down_lets_the_next_session_deliver(self, place: CourierPlace) -> None:
        notes = Notes(place, {"intend": fail})
        with pytest.raises(OSError, match="the database is gone"):
            place.courier.deliver(outgoing_file(), notes)
        assert place.courier.deliver(outgoing_file(part=notes.part), Notes(place)) == 1
        assert place.files() == self.left(SEALED)

    def test_trouble_with_reading_the_file_passes_untouched_and_nothing_is_left(self, place: CourierPlace) -> None:
        notes = Notes(place)
        with pytest.raises(OSError, match="the spool is gone"):
            place.courier.deliver(unreadable(), notes)
        assert place.files() == {}
        assert "intend" not in notes.steps

    def test_a_file_that_is_shorter_than_it_says_is_not_published(self, place: CourierPlace) -> None:
        short = OutgoingFile(NAME, len(SEALED) + 1, outgoing_file().chunks, part="", publishing=False)
        notes = Notes(place)
        refusal(lambda: place.courier.deliver(short, notes))
        assert place.files() == {}
        assert "intend" not in notes.steps

    def test_A_56_an_intent_with_nothing_there_waits_for_a_person(self, place: CourierPlace) -> None:
        notes = Notes(place)
        doubt(lambda: place.courier.deliver(outgoing_file(publishing=True), notes))
        doubt(lambda: place.courier.deliver(outgoing_file(publishing=True, part=NAME), notes))
        doubt(lambda: place.courier.deliver(outgoing_file(publishing=True, part=PART), notes))
        assert place.files() == {}
        assert notes.steps == []

    @pytest.mark.parametrize("name", ["", ".", "..", "../out.pgp", "a/b.pgp", "a\\b.pgp", "a\nb.pgp"])
    def test_a_name_that_leads_elsewhere_is_refused(self, place: CourierPlace, name: str) -> None:
        notes = Notes(place)
        refused(lambda: place.courier.deliver(outgoing_file(name=name), notes))
        if name:
            refused(lambda: place.courier.deliver(outgoing_file(part=name), notes))
        assert place.files() == {}
        assert notes.steps == []

    def test_the_preflight_is_well_and_leaves_nothing(self, place: CourierPlace) -> None:
        findings = list(place.courier.check())
        assert findings
        assert all(finding.ok for finding in findings)
        assert place.files() == {}


class SeeingCourier(EveryCourier):
    """What a courier promises that can see what lies at the place."""

    @pytest.mark.parametrize("content", [SEALED, OTHER])
    def test_a_file_that_is_not_ours_is_never_overwritten(self, place: CourierPlace, content: bytes) -> None:
        place.put(NAME, content)
        notes = Notes(place)
        error = refused(lambda: place.courier.deliver(outgoing_file(), notes))
        assert "already there" in error.why
        assert place.files() == {NAME: content}
        assert notes.steps == []

    @pytest.mark.parametrize("part", ["", PART, NAME])
    def test_F28_a_file_of_our_name_with_more_bytes_waits_for_a_person(self, place: CourierPlace, part: str) -> None:
        place.put(NAME, SEALED + b"!")
        notes = Notes(place)
        doubt(lambda: place.courier.deliver(outgoing_file(part=part, publishing=True), notes))
        assert place.files() == {NAME: SEALED + b"!"}
        assert notes.steps == []

    @pytest.mark.parametrize("part", ["", PART])
    def test_F28_a_smaller_file_that_is_not_known_as_ours_waits_for_a_person(
        self, place: CourierPlace, part: str
    ) -> None:
        place.put(NAME, SEALED[:-1])
        notes = Notes(place)
        doubt(lambda: place.courier.deliver(outgoing_file(part=part, publishing=True), notes))
        assert place.files() == {NAME: SEALED[:-1]}
        assert notes.steps == []


class CheckingCourier(SeeingCourier):
    """What a courier promises that sees the whole file before it counts for the receiver."""

    def test_trouble_with_noting_the_upload_passes_untouched_and_nothing_is_left(self, place: CourierPlace) -> None:
        notes = Notes(place, {"uploaded": fail})
        with pytest.raises(OSError, match="the database is gone"):
            place.courier.deliver(outgoing_file(), notes)
        assert place.files() == {}
        assert notes.steps == ["begin", "uploaded"]

    def test_F26_an_intent_whose_answer_was_lost_is_settled_without_a_person(self, place: CourierPlace) -> None:
        notes = Notes(place, {"intend": fail})
        with pytest.raises(OSError, match="the database is gone"):
            place.courier.deliver(outgoing_file(), notes)
        # The second file cannot be read: what was uploaded before must be enough.
        assert place.courier.deliver(unreadable(part=notes.part, publishing=True), Notes(place)) == 1
        assert place.files() == self.left(SEALED)


class CourierContract(CheckingCourier):
    """What a courier promises that uploads under a temporary name and renames."""

    def test_the_intent_is_written_once_after_the_upload_and_before_the_final_name(self, place: CourierPlace) -> None:
        notes = Notes(place)
        place.courier.deliver(outgoing_file(), notes)
        assert notes.seen == {"begin": {}, "uploaded": {notes.part: SEALED}, "intend": {notes.part: SEALED}}

    def test_F23_every_upload_has_a_temporary_name_of_its_own(self, place: CourierPlace) -> None:
        names = set()
        for number in range(3):
            notes = Notes(place)
            place.courier.deliver(outgoing_file(name=f"{number}-{NAME}"), notes)
            (part,) = notes.parts
            names.add(part.removeprefix(f"{number}-{NAME}"))
        assert len(names) == 3
        assert all(re.fullmatch(r"\.[0-9a-f]{8}\.part", name) for name in names)

    @pytest.mark.parametrize("content", [b"", SEALED[:1000] * 2_000, SEALED])
    def test_A_55_what_a_killed_session_left_behind_is_removed(self, place: CourierPlace, content: bytes) -> None:
        place.put(PART, content)
        notes = Notes(place)
        assert place.courier.deliver(outgoing_file(part=PART), notes) == 1
        assert place.files() == {NAME: SEALED}
        assert notes.part != PART

    def test_A_55_what_was_left_behind_and_is_gone_by_now_is_not_missed(self, place: CourierPlace) -> None:
        assert place.courier.deliver(outgoing_file(part=PART), Notes(place)) == 1
        assert place.files() == {NAME: SEALED}

    def test_A_54_a_file_that_arrived_before_is_not_sent_again(self, place: CourierPlace) -> None:
        place.put(NAME, SEALED)
        notes = Notes(place)
        assert place.courier.deliver(outgoing_file(part=PART, publishing=True), notes) == 0
        assert place.files() == {NAME: SEALED}
        assert notes.steps == []

    def test_F28_a_file_under_both_names_is_delivered_and_the_temporary_one_removed(self, place: CourierPlace) -> None:
        place.put(NAME, SEALED)
        place.put(PART, SEALED)
        assert place.courier.deliver(outgoing_file(part=PART, publishing=True), Notes(place)) == 0
        assert place.files() == {NAME: SEALED}

    def test_F27_an_intent_with_the_whole_temporary_file_renames_it_and_uploads_nothing(
        self, place: CourierPlace
    ) -> None:
        place.put(PART, SEALED)
        notes = Notes(place)
        assert place.courier.deliver(unreadable(part=PART, publishing=True), notes) == 1
        assert place.files() == {NAME: SEALED}
        assert notes.steps == []

    @pytest.mark.parametrize("content", [b"", SEALED[:-1], SEALED + b"!"])
    def test_F27_an_intent_with_a_temporary_file_of_another_size_waits_for_a_person(
        self, place: CourierPlace, content: bytes
    ) -> None:
        place.put(PART, content)
        notes = Notes(place)
        doubt(lambda: place.courier.deliver(outgoing_file(part=PART, publishing=True), notes))
        assert place.files() == {PART: content}
        assert notes.steps == []

    def test_a_name_taken_between_look_and_rename_is_not_overwritten(self, place: CourierPlace) -> None:
        notes = Notes(place, {"intend": lambda: place.put(NAME, OTHER)})
        doubt(lambda: place.courier.deliver(outgoing_file(), notes))
        assert place.files() == {NAME: OTHER, notes.part: SEALED}


class SweptContract:
    """What every courier promises where the receiver takes files away at once; override ``place``."""

    @pytest.fixture
    def place(self) -> SweptPlace:
        """The place under test; override it."""
        pytest.fail("a subclass of SweptContract must override the fixture `place`")

    def test_a_receiver_who_takes_the_file_at_once_has_it_once(self, place: SweptPlace) -> None:
        # Neither doubt nor a second upload, although the file is gone when the courier looks again.
        assert place.courier.deliver(outgoing_file(), Notes(place)) == 1
        assert place.taken() == [SEALED]
        assert NAME not in place.files()

    def test_F30_a_file_that_may_have_been_taken_is_not_sent_again(self, place: SweptPlace) -> None:
        notes = Notes(place)
        place.courier.deliver(outgoing_file(), notes)
        assert place.taken() == [SEALED]
        again = outgoing_file(part=notes.part, publishing=True)
        if any(name.endswith(".done") for name in place.files()):  # the receiver may leave the marker
            assert place.courier.deliver(again, Notes(place)) == 0
        else:
            doubt(lambda: place.courier.deliver(again, Notes(place)))
        assert place.taken() == [SEALED]
