"""Texts in one spelling, and characters that nobody sees (sync-rules 3.14)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bensync.core.values.texts import normalized, refuse_invisible, same_text, visible


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (None, None, True),
        ("Erie", "Erie", True),
        ("Mu\u0301n\u0303oz", "M\u00fa\u00f1oz", True),
        ("Mill\u00a0Road ", "Mill Road", True),
        ("Munoz", "M\u00fa\u00f1oz", False),
        (None, "Erie", False),
        ("Erie", None, False),
    ],
)
def test_A_90_texts_that_look_the_same_are_the_same(first, second, same):
    assert same_text(first, second) is same


@given(st.text())
def test_A_90_a_normalized_text_is_composed_and_stays_as_it_is(raw):
    text = normalized(raw)
    assert normalized(text) == text
    assert unicodedata.is_normalized("NFC", text)
    assert text == text.strip()


@given(st.text())
def test_A_90_a_text_that_is_not_refused_shows_every_character(raw):
    text = normalized(raw)
    try:
        refuse_invisible(text)
    except ValueError:
        return
    assert not {unicodedata.category(letter) for letter in text} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not any(letter.isspace() and letter != " " for letter in text)


@pytest.mark.parametrize("text", ["Erie", "\u674e", "Zo\u00eb", "n\u0303 alone: \u0303", "\u2764\ufe0f", "a b"])
def test_letters_marks_and_symbols_pass(text):
    refuse_invisible(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Erie\nOhio\t1", "Erie\nOhio\t1"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("a\u202eb\u200bc\x9bd\r", "a\ufffdb\ufffdc\ufffdd\ufffd"),
        ("M\u00fa\u00f1oz \u05d0", "M\u00fa\u00f1oz \u05d0"),
    ],
)
def test_characters_that_act_are_replaced_and_all_others_stay(text, shown):
    assert visible(text) == shown


@given(st.text())
def test_a_visible_text_has_the_same_length_and_stays_as_it_is(text):
    assert len(visible(text)) == len(text)
    assert visible(visible(text)) == visible(text)
