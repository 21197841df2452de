"""The contracts of couriers that publish otherwise than by renaming: direct, marker, blind.

They must not know how a courier works, only what it promises.
"""

from __future__ import annotations

import pytest

from bensync.testing.couriers import (
    NAME,
    OTHER,
    PART,
    SEALED,
    CheckingCourier,
    CourierPlace,
    EveryCourier,
    Notes,
    SeeingCourier,
    doubt,
    outgoing_file,
    refused,
    unreadable,
)

DONE = f"{NAME}.done"


class DirectContract(SeeingCourier):
    """What a courier promises that writes straight under the final name."""

    STEPS = ("begin", "intend")

    def test_the_intent_is_written_once_before_anything_is_there(self, place: CourierPlace) -> None:
        notes = Notes(place)
        place.courier.deliver(outgoing_file(), notes)
        assert notes.parts == [NAME]
        assert notes.seen == {"begin": {}, "intend": {}}

    @pytest.mark.parametrize("part", ["", NAME])
    def test_A_54_a_file_that_arrived_before_is_not_sent_again(self, place: CourierPlace, part: str) -> None:
        place.put(NAME, SEALED)
        notes = Notes(place)
        assert place.courier.deliver(outgoing_file(part=part, publishing=True), notes) == 0
        assert place.files() == {NAME: SEALED}
        assert notes.steps == []

    @pytest.mark.parametrize("size", [0, 1, len(SEALED) - 1])
    def test_F23_a_smaller_file_of_ours_is_written_again_from_the_start(self, place: CourierPlace, size: int) -> None:
        place.put(NAME, bytes(size))
        notes = Notes(place)
        assert place.courier.deliver(outgoing_file(part=NAME, publishing=True), notes) == 1
        assert place.files() == {NAME: SEALED}
        assert notes.steps == []

    def test_F23_a_file_of_ours_is_written_again_when_a_person_says_so(self, place: CourierPlace) -> None:
        place.put(NAME, SEALED[:1000])
        notes = Notes(place)
        assert place.courier.deliver(outgoing_file(part=NAME), notes) == 1
        assert place.files() == {NAME: SEALED}
        assert notes.steps == ["begin", "intend"]

    def test_a_name_taken_between_look_and_opening_is_never_written_over(self, place: CourierPlace) -> None:
        notes = Notes(place, {"intend": lambda: place.put(NAME, OTHER)})
        doubt(lambda: place.courier.deliver(outgoing_file(), notes))
        assert notes.parts == [NAME, ""]
        doubt(lambda: place.courier.deliver(outgoing_file(part=notes.part, publishing=True), notes))
        refused(lambda: place.courier.deliver(outgoing_file(part=notes.part), notes))
        assert place.files() == {NAME: OTHER}


class MarkerContract(CheckingCourier):
    """What a courier promises that makes a marker beside a file that is whole."""

    def left(self, content: bytes) -> dict[str, bytes]:
        return {NAME: content, DONE: b""}

    def test_the_intent_is_written_once_after_the_upload_and_before_the_marker(self, place: CourierPlace) -> None:
        notes = Notes(place)
        place.courier.deliver(outgoing_file(), notes)
        assert notes.parts == [NAME]
        assert notes.seen == {"begin": {}, "uploaded": {NAME: SEALED}, "intend": {NAME: SEALED}}

    def test_a_marker_that_is_not_ours_is_refused_before_anything_is_written(self, place: CourierPlace) -> None:
        place.put(DONE, b"")
        notes = Notes(place)
        error = refused(lambda: place.courier.deliver(outgoing_file(part=NAME), notes))
        assert DONE in error.why
        assert place.files() == {DONE: b""}
        assert notes.steps == []

    @pytest.mark.parametrize("content", [b"", SEALED[:-1], SEALED])
    def test_F23_an_unmarked_file_of_ours_is_written_again(self, place: CourierPlace, content: bytes) -> None:
        place.put(NAME, content)
        notes = Notes(place)
        assert place.courier.deliver(outgoing_file(part=NAME), notes) == 1
        assert place.files() == {NAME: SEALED, DONE: b""}
        assert notes.steps == ["begin", "uploaded", "intend"]

    def test_F27_an_intent_with_the_whole_file_is_marked_and_uploads_nothing(self, place: CourierPlace) -> None:
        place.put(NAME, SEALED)
        notes = Notes(place)
        assert place.courier.deliver(unreadable(part=NAME, publishing=True), notes) == 1
        assert place.files() == {NAME: SEALED, DONE: b""}
        assert notes.steps == []

    @pytest.mark.parametrize("swept", [False, True])
    def test_A_54_a_file_that_was_marked_before_is_not_sent_again(self, place: CourierPlace, swept: bool) -> None:  # noqa: FBT001  # pytest gives it by name
        there = {DONE: b""} if swept else {NAME: SEALED, DONE: b""}
        for name, content in there.items():
            place.put(name, content)
        notes = Notes(place)
        assert place.courier.deliver(outgoing_file(part=NAME, publishing=True), notes) == 0
        assert place.files() == there
        assert notes.steps == []

    def test_a_name_taken_between_look_and_opening_is_never_written_over(self, place: CourierPlace) -> None:
        # Before the intent nothing is published, so this is a refusal and not a doubt.
        notes = Notes(place, {"begin": lambda: place.put(NAME, OTHER)})
        refused(lambda: place.courier.deliver(outgoing_file(), notes))
        assert notes.parts == [NAME, ""]
        refused(lambda: place.courier.deliver(outgoing_file(part=notes.part), notes))
        assert place.files() == {NAME: OTHER}

    def test_a_marker_made_by_somebody_in_between_counts(self, place: CourierPlace) -> None:
        assert place.courier.deliver(outgoing_file(), Notes(place, {"intend": lambda: place.put(DONE, b"")})) == 1
        assert place.files() == {NAME: SEALED, DONE: b""}


class BlindContract(EveryCourier):
    """What a courier promises that can see nothing of what lies there: never twice, and doubt instead of guesses."""

    STEPS = ("begin", "intend")

    def test_the_intent_is_written_once_before_anything_is_there(self, place: CourierPlace) -> None:
        notes = Notes(place)
        place.courier.deliver(outgoing_file(), notes)
        assert notes.seen == {"begin": {}, "intend": {}}

    @pytest.mark.parametrize("content", [b"", SEALED[:1000], SEALED])
    @pytest.mark.parametrize("part", ["", PART, NAME])
    def test_F28_after_the_intent_nothing_is_sent_whatever_lies_there(
        self, place: CourierPlace, content: bytes, part: str
    ) -> None:
        place.put(NAME, content)
        notes = Notes(place)
        doubt(lambda: place.courier.deliver(outgoing_file(part=part, publishing=True), notes))
        assert place.files() == {NAME: content}
        assert notes.steps == []

    @pytest.mark.parametrize("part", ["", NAME])
    @pytest.mark.parametrize("content", [SEALED, OTHER])
    def test_a_file_that_is_there_is_never_overwritten(self, place: CourierPlace, part: str, content: bytes) -> None:
        place.put(NAME, content)
        doubt(lambda: place.courier.deliver(outgoing_file(part=part), Notes(place)))
        assert place.files() == {NAME: content}
