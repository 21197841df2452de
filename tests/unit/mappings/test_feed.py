"""Profiles -> the bytes of a file, and back."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from bensync.core.people import DatedRow
from bensync.mappings.feed import Header, Layout, load, parse, render
from tests.unit.builders import TODAY, VALUES, day, profile, status_row

LAYOUT = load("benetrac", tuple(VALUES))
DATED = load("benetrac", tuple(VALUES), dated_rows=True)
HEADER = Header("benetrac-1", "ACME01", "DELTA", 12, datetime(2026, 6, 10, 4, 0, 5, tzinfo=UTC), TODAY, "ab" * 32)


def rendered(profiles, layout=LAYOUT, header=HEADER):
    return b"".join(render(layout, header, profiles))


def resealed(content):
    """The content with a trailer that fits it, so that another check must find what is wrong."""
    body = content[: content.rindex(b"\r\nT,") + 2]
    count = sum(line.startswith(b"E,") for line in body.split(b"\r\n"))
    return body + f"T,{count},{hashlib.sha256(body).hexdigest()}\r\n".encode()


def test_a_file_holds_header_columns_people_and_trailer():
    lines = rendered([profile(1, city='Spring "field", East'), profile(2, active=False)]).decode().split("\r\n")
    assert lines[0] == f"H,benetrac-1,ACME01,DELTA,12,2026-06-10T04:00:05Z,2026-06-10,{'ab' * 32}"
    assert lines[1].startswith("C,EMPLOYEE_ID,STATUS,STATUS_DATE,LEFT_DATE,SSN,FIRST_NAME,LAST_NAME,BIRTH_DATE,")
    assert lines[2].startswith("E,1,ACTIVE,2024-02-01,,123410001,Robin,Example,")
    assert '"Spring ""field"", East"' in lines[2]
    assert lines[3].startswith("E,2,INACTIVE,")
    body = "\r\n".join([*lines[:4], ""]).encode()
    assert lines[4:] == [f"T,2,{hashlib.sha256(body).hexdigest()}", ""]


def test_dated_rows_follow_their_person_where_the_recipient_wants_them():
    person = profile(1, rows=[status_row("2024-02-01"), DatedRow("job", day("2025-01-01"), {"job_title": "Clerk"})])
    assert b"\r\nD," not in rendered([person])
    content = rendered([person], DATED)
    assert b"\r\nD,1,status,2024-02-01,benetrac_status,Active\r\nD,1,job,2025-01-01,job_title,Clerk\r\n" in content
    assert parse(DATED, content).profiles == (person,)


def test_a_file_comes_back_whole():
    people = [
        profile(1, left="2024-01-15", last_name='O"Brien, Jr.'),
        profile(2, city=None),
        profile(3, active=False, first_name=" Zoë"),
    ]
    parsed = parse(LAYOUT, rendered(people))
    assert parsed.header == HEADER
    assert parsed.profiles == tuple(people)


def test_a_file_of_nobody_comes_back():
    assert parse(LAYOUT, rendered([])).profiles == ()


def test_a_long_file_comes_in_pages_and_is_the_same_whatever_its_pages():
    people = [profile(number) for number in range(1, 2502)]
    pages = list(render(LAYOUT, HEADER, iter(people)))
    assert len(pages) == 4, "the opening, two full pages, and the rest with the trailer"
    content = b"".join(pages)
    assert parse(LAYOUT, content).profiles == tuple(people)
    assert content == rendered(people)


def test_the_columns_of_a_layout_follow_the_preset_and_end_with_fields_that_it_does_not_list():
    layout = load("benetrac", ("fte", "city", "ssn", "grade"))
    assert layout.columns == (("ssn", "SSN"), ("city", "CITY"), ("fte", "FTE"), ("grade", "GRADE"))
    assert load("benetrac", ("ssn", "fte")).dated_rows is False


WHOLE = rendered([profile(1), profile(2)])
DATED_WHOLE = rendered([profile(1, rows=[status_row("2024-02-01")]), profile(2)], DATED)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b"", "lacks its header", id="empty"),
        pytest.param(b"\r\n\r\n\r\n", "lacks its header", id="blank lines"),
        pytest.param(WHOLE[WHOLE.index(b"\r\n") + 2 :], "lacks its header", id="no header"),
        pytest.param(WHOLE[: WHOLE.rindex(b"T,")], "lacks its header", id="no trailer: cut short"),
        pytest.param(WHOLE[:-40], "count or hash", id="a trailer cut short"),
        pytest.param(WHOLE + b"\r\n", "lacks its header", id="a line behind the trailer"),
        pytest.param(WHOLE.replace(b"Robin", b"Robyn", 1), "count or hash", id="another value"),
        pytest.param(WHOLE.replace(b"\r\nT,2,", b"\r\nT,3,"), "count or hash", id="another count"),
        pytest.param(WHOLE.replace(b"\r\n", b"\n"), "broken", id="other line ends"),
        pytest.param(WHOLE.replace(b"Robin", b"Rob\xffn"), "broken", id="no UTF-8"),
        pytest.param(resealed(WHOLE.replace(b"benetrac-1", b"benetrac-2")), "another layout", id="another version"),
        pytest.param(resealed(WHOLE.replace(b",CITY,", b",TOWN,")), "another layout", id="another column"),
        pytest.param(resealed(WHOLE.replace(b",DELTA,", b",DELTA,DELTA,")), "broken", id="a header too long"),
        pytest.param(resealed(WHOLE.replace(b",12,2026", b",twelve,2026")), "broken", id="no sequence"),
        pytest.param(resealed(WHOLE.replace(b"\r\nE,2,", b"\r\nX,2,")), "has no place", id="another line"),
        pytest.param(resealed(WHOLE.replace(b"\r\nE,2,", b"\r\n\r\nE,2,")), "cut short", id="a blank line"),
        pytest.param(resealed(WHOLE.replace(b"ACTIVE", b"AWAY")), "broken", id="another status"),
        pytest.param(resealed(WHOLE.replace(b",Robin,", b",")), "broken", id="too few columns"),
        pytest.param(resealed(WHOLE.replace(b",Robin,", b',"Ro"bin,')), "broken", id="broken quoting"),
        pytest.param(
            resealed(WHOLE.replace(b",Robin,", b',"Robin,')),
            "broken, or cut short",
            id="a quotation mark that never ends",
        ),
        pytest.param(resealed(DATED_WHOLE.replace(b"D,1,", b"D,2,")), "has no place", id="a row of another person"),
        pytest.param(resealed(DATED_WHOLE.replace(b"D,1,", b"D\r\nD,1,")), "cut short", id="an empty row"),
        pytest.param(resealed(DATED_WHOLE.replace(b",benetrac_status,", b",")), "broken", id="half a pair"),
    ],
)
def test_a_file_that_fails_any_check_is_refused_whole(content, why):
    layout = DATED if b"\r\nD" in content else LAYOUT
    with pytest.raises(ValueError, match=why):
        parse(layout, content)


def test_a_row_before_any_person_is_refused():
    opening = WHOLE[: WHOLE.index(b"\r\nE,") + 2]
    with pytest.raises(ValueError, match="has no place"):
        parse(LAYOUT, resealed(opening + b"D,1,status,2024-02-01\r\nT,"))


def test_a_trailer_in_the_text_of_a_person_does_not_end_the_file():
    people = [profile(1, address1="x\r\nT,0,y"), profile(2, address1="E,1")]
    assert parse(LAYOUT, rendered(people)).profiles == tuple(people)


def test_a_person_without_columns_is_broken_where_the_layout_has_none():
    bare = Layout("benetrac-1", ())
    content = rendered([profile(1)], bare)
    with pytest.raises(ValueError, match="cut short"):
        parse(bare, resealed(content.replace(b"E,1,ACTIVE,2024-02-01", b"E,1")))
