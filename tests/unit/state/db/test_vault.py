"""The vault: without its key nothing opens, and a value fits only its own place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bensync.errors import ConfigError, StateError
from bensync.state.db.vault import Seal, Vault, new_data_key, new_state_key

KEY = new_state_key()
INDEX, FINGERPRINT, MAC = new_data_key(), new_data_key(), new_data_key()


def vault(site: str = "acme", key: str = KEY) -> Vault:
    """A vault of one site."""
    return Vault(site, Seal(key), INDEX, FINGERPRINT, MAC)


@given(plain=st.binary(max_size=200), place=st.text(max_size=10), key=st.binary(max_size=16))
def test_what_was_sealed_opens_again(plain: bytes, place: str, key: bytes) -> None:
    sealed = vault().seal(plain, place, key, 7)

    assert vault().unseal(sealed, place, key, 7) == plain
    assert len(plain) < 4 or plain not in sealed


def test_the_same_value_is_never_sealed_alike() -> None:
    assert vault().seal(b"same", "profile") != vault().seal(b"same", "profile")


@pytest.mark.parametrize(
    ("site", "place", "bound"),
    [
        ("other", "baseline.profile", (b"k", 1)),
        ("acme", "baseline.note", (b"k", 1)),
        ("acme", "request.profile", (b"k", 1)),
        ("acme", "baseline.profile", (b"x", 1)),
        ("acme", "baseline.profile", (b"k", 2)),
        ("acme", "baseline.profile", (b"k", None)),
        ("acme", "baseline.profile", (b"k",)),
    ],
    ids=["another site", "column", "table", "person", "row", "no row", "fewer columns"],
)
def test_a_value_moved_to_another_place_does_not_open(site: str, place: str, bound: tuple[object, ...]) -> None:
    sealed = vault().seal(b"secret", "baseline.profile", b"k", 1)

    with pytest.raises(StateError, match="cannot be opened"):
        vault(site).unseal(sealed, place, *bound)


def test_a_damaged_value_does_not_open() -> None:
    sealed = bytearray(vault().seal(b"secret", "profile"))
    sealed[-1] ^= 1

    with pytest.raises(StateError):
        vault().unseal(bytes(sealed), "profile")


def test_another_state_key_opens_nothing() -> None:
    sealed = vault().seal(b"secret", "profile")

    with pytest.raises(StateError) as caught:
        vault(key=new_state_key()).unseal(sealed, "profile")
    assert "not the one of this database" in caught.value.why


def test_old_values_open_while_the_old_version_of_the_key_is_still_there() -> None:
    newer = new_state_key(version=2)
    old = vault().seal(b"secret", "profile")
    rotated = vault(key=f"{newer},{KEY}")

    assert rotated.unseal(old, "profile") == b"secret"
    assert rotated.seal(b"x", "profile")[0] == 2
    with pytest.raises(StateError) as caught:
        vault(key=newer).unseal(old, "profile")
    assert "version 1" in caught.value.why


@pytest.mark.parametrize("text", ["", "1:", "1:c2hvcnQ=", "x:AAAA", "0:" + "A" * 44, "256:" + "A" * 44, "secret"])
def test_a_key_of_another_form_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Seal(text)
    assert not text or text not in str(caught.value.as_json().values())


def test_the_index_is_stable_and_differs_from_site_to_site() -> None:
    assert vault().index("123456789") == vault().index("123456789")
    assert vault().index("123456789") != vault("other").index("123456789")
    assert vault().index("123456789") != vault().index("123456788")
    assert len(vault().index("123456789")) == 16


def test_the_fingerprint_needs_the_key() -> None:
    other = Vault("acme", Seal(KEY), INDEX, new_data_key(), MAC)

    assert vault().fingerprint(b"profile") == vault().fingerprint(b"profile")
    assert vault().fingerprint(b"profile") != other.fingerprint(b"profile")
