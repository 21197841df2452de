"""BambooHR's ways of writing a value."""

from __future__ import annotations

import msgspec
import pytest

from bensync.connectors.bamboohr.value_formats import rows_of, text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("0000-00-00", None),
        (" ", " "),
        (" Ann ", " Ann "),
        ("12 APT", "12 APT"),
        ("75000 USD", "75000 USD"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-1, "-1"),
        (["a", None, "b", ""], "a, b"),
        ([], None),
        ({"value": "x"}, "x"),
        ({"value": None}, None),
        ({"currency": "CAD", "value": "27.00"}, "27.00 CAD"),
        ({"currency": "CAD", "value": 27}, "27.00 CAD"),
        ({"currency": "USD", "value": ""}, None),
        ({"currency": "USD", "value": None}, None),
        ({"other": 1}, '{"other":1}'),
    ],
)
def test_a_value_becomes_text_or_nothing(value, expected):
    assert text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("56.00 USD", "56.00 USD"),
        ("75000 USD", "75000.00 USD"),
        ("1,250.5 USD", "1250.50 USD"),
        ("23.4567 USD", "23.4567 USD"),
        ("23.4500 USD", "23.45 USD"),
        ("100000 USD", "100000.00 USD"),
        ("-5 USD", "-5.00 USD"),
        (" USD", None),
        ("USD", None),
        ("", None),
        ("56", "56.00"),
        (56, "56.00"),
        ("by agreement", "by agreement"),
        ("56.00 usd", "56.00 usd"),
        (", USD", ", USD"),
    ],
)
def test_an_amount_has_two_decimals_at_least_and_keeps_its_currency(value, expected):
    assert text(value, money=True) == expected


def test_a_fraction_stays_as_it_was_sent():
    sent = msgspec.json.Decoder(float_hook=str).decode(b"[37.50, 1e2]")
    assert [text(value) for value in sent] == ["37.50", "1e2"]


@pytest.mark.parametrize(
    ("answer", "count"), [(None, 0), ([], 0), ([[]], 0), ({"a": 1}, 1), ([{"a": 1}, [{"a": 2}, {"a": 3}]], 3)]
)
def test_rows_are_found_at_any_depth(answer, count):
    assert len(list(rows_of(answer))) == count
