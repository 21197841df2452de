"""How a field's text is normalised, and which fields may never sync."""

from __future__ import annotations

import pytest

from bensync.mappings.catalogue import FIELDS, FieldType, forbidden, normaliser

DATE, MONEY, NUMBER, SSN = FieldType.DATE, FieldType.MONEY, FieldType.NUMBER, FieldType.SSN
TEXT, CODE = FieldType.TEXT, FieldType.CODE


@pytest.mark.parametrize("kind", FieldType)
@pytest.mark.parametrize("text", ["", " ", "   "])
def test_empty_text_is_no_value(kind, text):
    assert normaliser(kind)(text) is None


@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    [
        (TEXT, " Ann Marie ", "Ann Marie"),
        (TEXT, "Zoë 李", "Zoë 李"),
        (TEXT, "\tErie\r\n", "Erie"),
        (TEXT, "\u00a0\u2003Erie\u3000\x85\u2028", "Erie"),
        (TEXT, "a\u00a0b\u2009c", "a b c"),
        (TEXT, "Mu\u0301n\u0303oz", "M\u00fa\u00f1oz"),
        (CODE, "e\u0301\t", "\u00c9"),
        (CODE, "\u0390", "\u03aa\u0301"),
        (DATE, "2024-02-01\u00a0\t", "2024-02-01"),
        (MONEY, "\t3.00 USD\n", "3.00 USD"),
        (NUMBER, "\u00a040\n", "40"),
        (SSN, "\u00a0123-45-6789\t", "123456789"),
        (TEXT, 'He said "hi", twice', 'He said "hi", twice'),
        (CODE, " sw1a 1aa ", "SW1A 1AA"),
        (CODE, "90001-1234", "90001-1234"),
        (DATE, "2024-02-29", "2024-02-29"),
        (DATE, " 2024-02-01 ", "2024-02-01"),
        (DATE, "2024-W05-4", "2024-02-01"),
        (MONEY, "1234.5 USD", "1234.50 USD"),
        (MONEY, " 75000 USD ", "75000.00 USD"),
        (MONEY, "15.1250 USD", "15.125 USD"),
        (MONEY, "0 EUR", "0.00 EUR"),
        (MONEY, "-3 USD", "-3.00 USD"),
        (NUMBER, "40", "40"),
        (NUMBER, "40.00", "40"),
        (NUMBER, "100", "100"),
        (NUMBER, "0.50", "0.5"),
        (NUMBER, ".5", "0.5"),
        (NUMBER, "5.", "5"),
        (NUMBER, "+007", "7"),
        (NUMBER, "-0", "0"),
        (NUMBER, "-1.5", "-1.5"),
        (SSN, "123-45-6789", "123456789"),
        (SSN, " 123 45 6789 ", "123456789"),
        (SSN, "123456789", "123456789"),
        (SSN, "12-3", "123"),
        (SSN, "---", None),
    ],
)
def test_a_value_is_normalised(kind, raw, expected):
    assert normaliser(kind)(raw) == expected


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        *((DATE, text) for text in ("2023-02-29", "2024-13-01", "02/01/2024", "20240201", "2024-2-1", "0000-00-00")),
        *((DATE, text) for text in ("2024-02-01T00:00:00", "２０２４-02-01", "yesterday!")),
        *(
            (NUMBER, text)
            for text in ("forty", "NaN", "inf", "1e3", "1e9999999", "1_000", "1,5", ".", "+", "4 0", "٤٠")
        ),
        *((NUMBER, text) for text in ("1" * 13, "0." + "1" * 13)),
        *((MONEY, text) for text in ("1234.50", "USD", "1234.50 usd", "1234.50 US", "1234.50 USDX", "12 34 USD")),
        *((MONEY, text) for text in ("ten USD", "1234.50  USD", "1234.50 ÄÖÜ", "1e9 USD", "1,234.50 USD", "NaN USD")),
    ],
)
def test_text_of_another_type_is_refused_without_repeating_it(kind, raw):
    with pytest.raises(ValueError) as caught:
        normaliser(kind)(raw)
    assert raw not in str(caught.value)
    assert str(caught.value).startswith("is not ")


@pytest.mark.parametrize("kind", [TEXT, CODE])
@pytest.mark.parametrize(
    ("mark", "name"),
    [
        *((mark, "CONTROL CHARACTER") for mark in ("\x00", "\x1b", "\x7f", "\x85", "\x9f", "\ud800")),
        ("\t", "TAB"),
        ("\n", "LINE FEED"),
        ("\r", "CARRIAGE RETURN"),
        ("\u2028", "LINE SEPARATOR"),
        ("\u2029", "PARAGRAPH SEPARATOR"),
        ("\u00ad", "SOFT HYPHEN"),
        ("\u034f", "COMBINING GRAPHEME JOINER"),
        ("\u200b", "ZERO WIDTH SPACE"),
        ("\u200d", "ZERO WIDTH JOINER"),
        ("\u202e", "RIGHT-TO-LEFT OVERRIDE"),
        ("\u2066", "LEFT-TO-RIGHT ISOLATE"),
        ("\u3164", "HANGUL FILLER"),
        ("\ufeff", "ZERO WIDTH NO-BREAK SPACE"),
        ("\U000e0041", "TAG LATIN CAPITAL LETTER A"),
    ],
)
def test_A_90_a_character_that_nobody_sees_is_refused_by_its_name(kind, mark, name):
    with pytest.raises(ValueError) as caught:
        normaliser(kind)(f"Main{mark}Street")
    assert str(caught.value) == f"holds the invisible character U+{ord(mark):04X} {name}"


@pytest.mark.parametrize("kind", FieldType)
@pytest.mark.parametrize("raw", ["2024-02-01\u200b", "\u202d123-45-6789\u202c", "\ufeff40"])
def test_A_90_an_invisible_character_is_named_in_a_value_of_every_type(kind, raw):
    with pytest.raises(ValueError, match=r"holds the invisible character U\+"):
        normaliser(kind)(raw)


@pytest.mark.parametrize("kind", [DATE, MONEY, NUMBER])
def test_control_characters_inside_a_date_or_number_are_refused(kind):
    with pytest.raises(ValueError):
        normaliser(kind)("2024\n02-01")


@pytest.mark.parametrize("kind", FieldType)
@pytest.mark.parametrize(
    "raw", ["2024-02-01", "1234.567 USD", "40.10", "123-45-6789", " x ", "ß1", "\u0390", "\u0149", "e\u0301"]
)
def test_a_normalised_value_is_normalised_to_itself(kind, raw):
    normalise = normaliser(kind)
    try:
        once = normalise(raw)
    except ValueError:
        return
    assert once is not None
    assert normalise(once) == once


@pytest.mark.parametrize(
    "name",
    [
        "spouse_name",
        "dependent_ssn",
        "child_birth_date",
        "beneficiary",
        "domestic_partner",
        "spouseName",
        "hasSpouse",
        "employeeDependents",
        "Dependent SSN",
        "SPOUSE_SSN",
        "4.child",
    ],
)
def test_fields_about_dependents_and_spouses_are_forbidden(name):
    assert forbidden(name)


@pytest.mark.parametrize("name", [*FIELDS, "fairchild_office", "independent_contractor", "originalHireDate"])
def test_other_fields_are_not_forbidden(name):
    assert not forbidden(name)


def test_the_catalogue_names_each_field_as_its_key_and_hides_what_is_secret():
    assert all(field.name == name and field.label for name, field in FIELDS.items())
    assert {field.name for field in FIELDS.values() if field.secret} == {"ssn"}
    assert all(name.islower() and name.isidentifier() for name in FIELDS)
