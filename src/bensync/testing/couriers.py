"""The contract of a courier, as tests: subclass `CourierContract`, override the ``place`` fixture, run pytest.

It must not know how a courier works, only what it promises (sync-rules 3.11).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import pytest

from bensync.core.ports import Courier, Parcel
from bensync.errors import DeliveryError

NAME = "demo-20260105-000001.csv.pgp"
SEALED = bytes(range(256)) * 4_000
"""About a megabyte in place of a sealed file."""


class Place(Protocol):
    """A place of delivery that a test can look into and change behind the courier's back."""

    courier: Courier

    def files(self) -> dict[str, bytes]:
        """All files that lie there now."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Put a file there, past the courier."""
        ...


def parcel(content: bytes = SEALED, *, name: str = NAME, publishing: bool = False) -> Parcel:
    """A parcel with this content, in chunks of uneven size."""

    def chunks() -> Iterator[bytes]:
        yield content[:1]
        for start in range(1, len(content), 100_003):
            yield content[start : start + 100_003]

    return Parcel(name, len(content), chunks, publishing)


def refusal(deliver: Callable[[], object]) -> DeliveryError:
    """The error that this delivery ends with; it tells all three lines."""
    with pytest.raises(DeliveryError) as caught:
        deliver()
    error = caught.value
    assert error.what
    assert error.why
    assert error.mend
    return error


class Intent:
    """Counts how often the intent was written down, and what lay at the place at that moment."""

    def __init__(self, place: Place) -> None:
        self.seen: list[dict[str, bytes]] = []
        self._place = place

    def __call__(self) -> None:
        """Write the intent down."""
        self.seen.append(self._place.files())


class CourierContract:
    """What every courier promises."""

    @pytest.fixture
    def place(self) -> Place:
        """The place under test; override it."""
        pytest.fail("a subclass of CourierContract must override the fixture `place`")

    def test_a_parcel_arrives_whole_under_its_name_and_nothing_else_is_left(self, place: Place) -> None:
        intent = Intent(place)
        assert place.courier.deliver(parcel(), intent) == 1
        assert place.files() == {NAME: SEALED}

    def test_the_intent_is_written_once_after_the_upload_and_before_the_final_name(self, place: Place) -> None:
        intent = Intent(place)
        place.courier.deliver(parcel(), intent)
        assert len(intent.seen) == 1
        assert NAME not in intent.seen[0]
        assert list(intent.seen[0].values()) == [SEALED]

    def test_an_empty_parcel_arrives(self, place: Place) -> None:
        assert place.courier.deliver(parcel(b""), Intent(place)) == 1
        assert place.files() == {NAME: b""}

    @pytest.mark.parametrize("content", [SEALED, b"other"])
    def test_a_file_that_is_not_ours_is_never_overwritten(self, place: Place, content: bytes) -> None:
        place.put(NAME, content)
        intent = Intent(place)
        error = refusal(lambda: place.courier.deliver(parcel(), intent))
        assert not error.retry
        assert "already there" in error.why
        assert place.files() == {NAME: content}
        assert intent.seen == []

    def test_a_name_taken_between_look_and_rename_is_not_overwritten(self, place: Place) -> None:
        error = refusal(lambda: place.courier.deliver(parcel(), lambda: place.put(NAME, b"other")))
        assert not error.retry
        assert "unknown" in error.what
        assert place.files() == {NAME: b"other", f"{NAME}.part": SEALED}

    def test_A_54_a_parcel_that_arrived_before_is_not_sent_again(self, place: Place) -> None:
        place.put(NAME, SEALED)
        intent = Intent(place)
        assert place.courier.deliver(parcel(publishing=True), intent) == 0
        assert place.files() == {NAME: SEALED}
        assert intent.seen == []

    def test_A_55_what_a_killed_attempt_left_behind_is_replaced(self, place: Place) -> None:
        place.put(f"{NAME}.part", SEALED[:1000] * 2_000)
        assert place.courier.deliver(parcel(), Intent(place)) == 1
        assert place.files() == {NAME: SEALED}

    def test_A_55_an_intent_with_only_the_temporary_file_sends_the_same_bytes(self, place: Place) -> None:
        place.put(f"{NAME}.part", SEALED)
        intent = Intent(place)
        assert place.courier.deliver(parcel(publishing=True), intent) == 1
        assert place.files() == {NAME: SEALED}
        assert intent.seen == []

    def test_A_56_an_intent_with_neither_name_there_waits_for_a_person(self, place: Place) -> None:
        error = refusal(lambda: place.courier.deliver(parcel(publishing=True), Intent(place)))
        assert not error.retry
        assert "unknown" in error.what
        assert place.files() == {}

    def test_a_file_of_our_name_with_another_size_waits_for_a_person(self, place: Place) -> None:
        place.put(NAME, SEALED[:-1])
        error = refusal(lambda: place.courier.deliver(parcel(publishing=True), Intent(place)))
        assert not error.retry
        assert "unknown" in error.what
        assert place.files() == {NAME: SEALED[:-1]}

    def test_trouble_with_writing_the_intent_down_passes_untouched_and_nothing_is_published(self, place: Place) -> None:
        def fail() -> None:
            raise OSError("the database is gone")

        with pytest.raises(OSError, match="the database is gone") as caught:
            place.courier.deliver(parcel(), fail)
        assert not isinstance(caught.value, DeliveryError)
        assert place.files() == {}

    def test_trouble_with_reading_the_parcel_passes_untouched_and_nothing_is_published(self, place: Place) -> None:
        def chunks() -> Iterator[bytes]:
            yield SEALED[:1000]
            raise OSError("the spool is gone")

        with pytest.raises(OSError, match="the spool is gone"):
            place.courier.deliver(Parcel(NAME, len(SEALED), chunks, publishing=False), Intent(place))
        assert place.files() == {}

    def test_a_parcel_that_is_shorter_than_it_says_is_not_published(self, place: Place) -> None:
        short = Parcel(NAME, len(SEALED) + 1, parcel().chunks, publishing=False)
        intent = Intent(place)
        refusal(lambda: place.courier.deliver(short, intent))
        assert place.files() == {}
        assert intent.seen == []

    @pytest.mark.parametrize("name", ["", ".", "..", "../out.pgp", "a/b.pgp", "a\\b.pgp", "a\nb.pgp"])
    def test_a_name_that_leads_elsewhere_is_refused(self, place: Place, name: str) -> None:
        refusal(lambda: place.courier.deliver(parcel(name=name), Intent(place)))
        assert place.files() == {}

    def test_the_preflight_is_well_and_leaves_nothing(self, place: Place) -> None:
        findings = list(place.courier.check())
        assert findings
        assert all(finding.ok for finding in findings)
        assert place.files() == {}
