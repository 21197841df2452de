"""Files that fail a check: quarantined whole, reported once, and taken in once the right one is there."""

from __future__ import annotations

import os

import pytest

from bensync.demo.keys import Keyring
from bensync.errors import DeliveryError
from tests.e2e.intake.sides import Spoiling, begun, edited, flipped, rewritten, send, unsigned
from tests.e2e.receiver import Receiver, forged, sealed
from tests.fixtures.databases import on_sqlite

SPOILT: dict[str, tuple[Spoiling, str]] = {
    "tampered": (flipped, "cannot be opened"),
    "cut short": (lambda sender, file: file.read_bytes()[:-100], "cannot be opened"),
    "unsigned": (unsigned, "It is not signed."),
    "a changed line": (lambda sender, file: edited(sender, file, b"Akron", b"Salem"), "count or hash"),
    "another layout version": (lambda sender, file: forged(file, sender, layout="benetrac-9"), "another layout"),
    "another site": (lambda sender, file: forged(file, sender, site="OTHER001"), "another site"),
    "another kind": (lambda sender, file: forged(file, sender, kind="FULL"), "Inside it is FULL"),
    "another predecessor": (lambda sender, file: forged(file, sender, previous="0" * 64), "another file than the last"),
    "an SSN twice": (
        lambda sender, file: rewritten(sender, file, lambda people: [*people, *people]),
        "Two rows have the same SSN.",
    ),
    "a bomb": (lambda sender, file: sealed(bytes(20_000_000), sender), "grows beyond 1 megabytes"),
}


@pytest.mark.sampled(2)
@on_sqlite
@pytest.mark.parametrize("fault", SPOILT)
def test_a_file_that_fails_a_check_is_quarantined_whole_until_the_right_one_is_there(
    there: Receiver, fault: str
) -> None:
    spoil, why = SPOILT[fault]
    sender = begun(there)
    there.configure(largest="1")
    file = send(sender, city="Akron")
    send(sender, homePhone="555-0100")
    right = file.read_bytes()
    file.write_bytes(spoil(sender, file))

    first = there.intake()

    assert [taken.state.value for taken in first.files] == ["QUARANTINED"]
    assert why in first.files[0].reason
    assert first.stopped is not None
    assert there.intake().files == ()
    assert there.stopped(again=True).what == f"{file.name} is quarantined."
    assert there.queue() == []
    assert there.alerts() == [f"[bensync] acme: {file.name} is quarantined"]

    file.write_bytes(right)
    os.utime(file, (1, 1))
    assert [taken.sequence for taken in there.intake().files] == [2, 3]
    assert there.files() == [(1, "ACCEPTED"), (2, "QUARANTINED"), (2, "ACCEPTED"), (3, "ACCEPTED")]
    assert [request.profile.values["city"] for request in there.queue()] == ["Akron"]


@pytest.mark.parametrize("is_imported", [True, False])
def test_a_file_of_another_signer_is_quarantined_whether_we_know_that_key_or_not(
    there: Receiver, is_imported: bool
) -> None:
    sender = begun(there)
    file = send(sender, city="Akron")
    receiver = sender.keys.receiver
    with Keyring() as stranger, Keyring() as ours:
        key = stranger.create("Somebody")
        stranger.take(receiver.export(sender.keys.recipient))
        file.write_bytes(forged(file, sender, stranger))
        secret = receiver._gpg("--export-secret-keys", sender.keys.recipient)
        for imported in (secret, receiver.export(sender.keys.signer), *([stranger.export(key)] if is_imported else [])):
            ours.take(imported)
        there.configure(gnupg_home=f'"{ours.home}"')

        reason = there.intake().files[0].reason

    assert ("another key than the pinned one" if is_imported else "a key that we do not know") in reason
    assert there.queue() == []


def test_files_that_changed_places_are_not_applied(there: Receiver) -> None:
    sender = begun(there)
    second, third = send(sender, city="Akron"), send(sender, city="Toledo")
    earlier, other = second.read_bytes(), third.read_bytes()
    second.write_bytes(other)
    third.write_bytes(earlier)

    assert "Inside it is DELTA 000003" in there.intake().files[0].reason
    assert there.queue() == []


def test_a_sealed_file_that_is_too_large_is_not_even_fetched(there: Receiver) -> None:
    sender = begun(there)
    file = send(sender, city="Akron")
    file.write_bytes(os.urandom(1_000_001))
    there.configure(largest="1")

    (taken,) = there.intake().files

    assert "1000001 bytes" in taken.reason
    assert taken.sha256 == ""


def test_a_missing_key_of_ours_quarantines_nothing(there: Receiver) -> None:
    with Keyring() as empty:
        there.configure(gnupg_home=f'"{empty.home}"')
        assert isinstance(there.failure(), DeliveryError)
    assert there.files() == []

    there.configure(gnupg_home=f'"{there.sender.keys.receiver.home}"')
    assert there.intake().stopped is None
