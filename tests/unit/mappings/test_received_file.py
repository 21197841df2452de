"""A file as its receiver reads it: by its own columns, and whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from bensync.core.people import DatedRow, Profile, Status
from bensync.mappings import feed, received_file
from bensync.mappings.feed import Unreadable

SYNCED = ("ssn", "first_name", "birth_date", "city", "t_shirt")
HEADER = feed.Header("benetrac-1", "ACME0001", "DELTA", 2, datetime(2026, 6, 2, tzinfo=UTC), date(2026, 6, 2), "ab")


def someone(number: int, **values: str) -> Profile:
    """One person."""
    existing = {"ssn": f"20010100{number}", "first_name": "Ada", "birth_date": "1984-02-29", "t_shirt": "XL", **values}
    return Profile(str(number), Status.ACTIVE, date(2020, 3, 2), existing)


PEOPLE = (someone(1), someone(2, city="Akron"))
DATED = Profile(
    "1", Status.ACTIVE, date(2020, 3, 2), PEOPLE[0].values, (DatedRow("job", date(2020, 3, 2), {"a": "b"}),)
)


def written(*people: Profile, dated_rows: bool = False) -> bytes:
    """A file with these people."""
    return b"".join(feed.render(feed.load("benetrac", SYNCED, dated_rows=dated_rows), HEADER, people))


def fixed(content: bytes) -> bytes:
    """The same with a trailer that fits."""
    body, _, trailer = content.rpartition(b"\r\nT,")
    count = trailer.split(b",")[0]
    return body + b"\r\nT," + count + b"," + hashlib.sha256(body + b"\r\n").hexdigest().encode() + b"\r\n"


@pytest.mark.parametrize(("people", "dated_rows"), [(PEOPLE, False), ((DATED,), True), ((), False), ((), True)])
def test_a_file_is_read_without_the_mapping_that_wrote_it(people: tuple[Profile, ...], dated_rows: bool) -> None:
    parsed = received_file.read("benetrac", written(*people, dated_rows=dated_rows), dated_rows=dated_rows)

    assert parsed.header == HEADER
    assert parsed.profiles == people


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda content: b"", "lacks its header"),
        (lambda content: b"\xff\xfe" + content, "lacks its header"),
        (lambda content: content.replace(b"C,EMPLOYEE_ID", b"C,EMPLOYER_ID"), "another layout"),
        (lambda content: fixed(content.replace(b",CITY,", b",SPOUSE_NAME,")), "another layout"),
        (lambda content: fixed(content.replace(b",CITY,", b",city,")), "another layout"),
        (lambda content: fixed(content.replace(b",CITY,", b",SSN,")), "another layout"),
        (lambda content: fixed(content.replace(b"H,benetrac-1", b"H,benetrac-2")), "another layout"),
        (lambda content: content.replace(b"Akron", b"Salem"), "count or hash"),
        (lambda content: fixed(content).replace(b"\r\nT,2,", b"\r\nT,3,"), "count or hash"),
        (lambda content: content.replace(b"\r\nT,", b"\r\nX,"), "trailer"),
        (lambda content: content[: len(content) // 2], "trailer|broken"),
        (lambda content: fixed(content.replace(b"200101002", b"200101001")), "Two rows have the same SSN."),
        (lambda content: fixed(content.replace(b"200101002", b"")), "no SSN"),
        (lambda content: fixed(content.replace(b"200101002", b"666101002")), "no SSN"),
        (lambda content: fixed(content.replace(b"\r\nE,2,", b"\r\nE,1,")), "Two rows have the same employee."),
        (lambda content: fixed(content.replace(b"\r\nE,2,", b"\r\nE,512446789,")), "a form that is refused"),
        (lambda content: fixed(content.replace(b"\r\nE,2,", b"\r\nE,2\x1b[0m,")), "a form that is refused"),
        (lambda content: fixed(content.replace(b"Akron", "Akr\u202eon".encode())), "a form that is refused"),
        (lambda content: fixed(content.replace(b"1984-02-29", b"1984-02-30")), "A date is not valid."),
        (lambda content: fixed(content.replace(b"ACTIVE,2020-03-02", b"ACTIVE,2020-13-02")), "broken"),
        (lambda content: fixed(content.replace(b",ACTIVE,", b",ABSENT,")), "broken"),
        (lambda content: fixed(content.replace(b"\r\nE,2,", b"\r\nZ,2,")), "no place"),
    ],
)
def test_a_doubtful_file_is_refused_without_telling_what_it_holds(spoil: Callable[[bytes], bytes], why: str) -> None:
    content = spoil(written(*PEOPLE))
    assert content != written(*PEOPLE)

    with pytest.raises(Unreadable, match=why) as caught:
        received_file.read("benetrac", content, dated_rows=False)

    assert not [secret for secret in ("200101", "1984", "Ada", "Akron", "Salem") if secret in str(caught.value)]


@pytest.mark.parametrize(("people", "agreed"), [((DATED,), False), (PEOPLE, True)])
def test_dated_rows_against_the_agreement_are_refused(people: tuple[Profile, ...], agreed: bool) -> None:
    with pytest.raises(Unreadable, match="dated_rows"):
        received_file.read("benetrac", written(*people, dated_rows=not agreed), dated_rows=agreed)


def test_A_90_texts_of_a_file_get_one_spelling_and_a_cell_of_blanks_is_no_value() -> None:
    odd = someone(1, first_name="Jose\u0301\u00a0Maria ", city="\u2003", t_shirt=" XL")
    rows = (DatedRow("job", date(2020, 3, 2), {"job_title": "Cafe\u0301\u00a0owner"}),)
    content = written(replace(odd, rows=rows), dated_rows=True)

    (read,) = received_file.read("benetrac", content, dated_rows=True).profiles

    assert (read.values["first_name"], read.values["t_shirt"]) == ("Jos\u00e9 Maria", "XL")
    assert "city" not in read.values
    assert read.rows == (DatedRow("job", date(2020, 3, 2), {"job_title": "Caf\u00e9 owner"}),)


@pytest.mark.parametrize(
    "row",
    [
        DatedRow("job", date(2020, 3, 2), {"job_title": "Cl\u200berk"}),
        DatedRow("job", date(2020, 3, 2), {"job\u202e": "Clerk"}),
        DatedRow("jo\u200bb", date(2020, 3, 2), {"job_title": "Clerk"}),
    ],
)
def test_A_90_an_invisible_character_in_a_dated_row_refuses_the_file(row: DatedRow) -> None:
    content = written(replace(someone(1), rows=(row,)), dated_rows=True)
    with pytest.raises(Unreadable, match="a form that is refused"):
        received_file.read("benetrac", content, dated_rows=True)
