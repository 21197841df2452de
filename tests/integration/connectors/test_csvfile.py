"""CSV files as a source, on real files."""

from __future__ import annotations

import csv
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

from bensync.connectors.csvfile import CsvFile, CsvFileSettings
from bensync.core.ports import FieldSelection, Record
from bensync.errors import GuardTripped, SourceError
from bensync.testing.connectors import SourceContract, collect

WANTED = FieldSelection(("firstName", "lastName", "address2"), {"status": ("date", "benetracStatus")})
HEADER = ["employee_id", "firstName", "lastName", "address2", "unused"]
STATUS_HEADER = ["id", "employee_id", "date", "benetracStatus", "comment"]


def write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)


class FolderWorld:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows = [
            [str(n), f"Given{n}", 'O"Neil, Jr.\nZoë' if n == 3 else f" Family{n} ", "", "x"] for n in range(1, 8)
        ]
        self.status = [
            ["11", "1", "2020-01-01", "Active", "a"],
            ["12", "2", "2021-01-01", "Active", "b"],
            ["13", "1", "2022-01-01", "", "c"],
            ["14", "999", "2022-01-01", "Active", "of somebody unknown"],
        ]
        self.save()
        self.source = CsvFile(CsvFileSettings(folder=folder, tables={"status": "status.csv"}))
        self.wanted = WANTED
        self.people: Mapping[str, Record] = {row[0]: self.expect(row) for row in self.rows}

    def save(self) -> None:
        write(self.folder / "employees.csv", [HEADER, *self.rows])
        write(self.folder / "status.csv", [STATUS_HEADER, *self.status])

    def expect(self, row: list[str]) -> Record:
        rows = [
            {"date": date, "benetracStatus": status or None, "id": number}
            for number, person, date, status, _ in self.status
            if person == row[0]
        ]
        return Record(row[0], {"firstName": row[1], "lastName": row[2], "address2": row[3] or None}, {"status": rows})

    def touch(self, person: str) -> Record:
        row = next(row for row in self.rows if row[0] == person)
        row[3] = "Apt 4"
        self.save()
        return self.expect(row)


@pytest.fixture
def world(tmp_path: Path) -> FolderWorld:
    return FolderWorld(tmp_path)


class TestCsvFileKeepsTheContract(SourceContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> FolderWorld:
        return FolderWorld(tmp_path)


def read(
    world: FolderWorld, wanted: FieldSelection = WANTED, since: str | None = None, also: frozenset[str] = frozenset()
):
    return collect(world.source.pull(wanted, since, also))


def refused(world: FolderWorld) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read(world)
    error = caught.value
    assert error.fix
    chain = [error, error.__cause__, error.__context__]
    assert not any(secret in repr(link) + str(vars(error)) for link in chain for secret in ("Given", "Family"))
    return error


def test_unchanged_files_give_only_the_people_named_besides(world):
    mark = world.source.pull(WANTED, None).watermark
    assert mark.startswith("sha256:")
    assert read(world, since=mark) == {}
    assert read(world, since=mark, also=frozenset({"2", "404"})).keys() == {"2"}


def test_one_changed_file_gives_everybody_again(world):
    mark = world.source.pull(WANTED, None).watermark
    world.status[0][3] = "Terminated"
    world.save()
    assert read(world, since=mark).keys() == world.people.keys()


def test_A_84_a_missing_column_is_a_restricted_field_and_not_an_empty_one(world):
    write(world.folder / "employees.csv", [[name for name in HEADER if name != "lastName"], ["1", "a", "", "x"]])
    error = refused(world)
    assert error.what.startswith("field_restricted")
    assert "lastName" in error.why


def test_a_missing_column_of_a_table_is_a_restricted_field(world):
    write(world.folder / "status.csv", [["employee_id", "date"], ["1", "2020-01-01"]])
    assert refused(world).what.startswith("field_restricted")


def test_a_row_cut_off_in_the_middle_is_refused_with_its_line(world):
    path = world.folder / "employees.csv"
    path.write_bytes(path.read_bytes()[:-14])
    error = refused(world)
    assert "damaged at line" in error.what
    assert "columns" in error.why


def test_an_open_quotation_mark_at_the_end_is_refused(world):
    path = world.folder / "employees.csv"
    path.write_bytes(path.read_bytes() + b'8,"Given8')
    assert refused(world).why == "It is cut off or wrongly quoted."


def test_another_encoding_is_refused(world):
    path = world.folder / "employees.csv"
    path.write_bytes(path.read_bytes().decode("utf-8-sig").encode("latin-1"))
    assert "not encoded as utf-8-sig" in refused(world).why


@pytest.mark.parametrize("line", [2, 450, 900])
def test_A_97_one_bad_byte_is_reported_with_its_line(world, line):
    rows = [[str(n), f"Given{n}", f"Family{n}", "", "x"] for n in range(2, 1000)]
    write(world.folder / "employees.csv", [HEADER, *rows])
    path = world.folder / "employees.csv"
    path.write_bytes(path.read_bytes().replace(b"Family%d," % line, b"Mu\xf1oz,"))
    error = refused(world)
    assert error.what == f"employees.csv is damaged at line {line}."
    assert "byte" in error.why


def test_the_encoding_can_be_set(world):
    for path in world.folder.iterdir():
        path.write_bytes(path.read_bytes().decode("utf-8-sig").encode("cp1252"))
    source = CsvFile(CsvFileSettings(folder=world.folder, tables={"status": "status.csv"}, encoding="cp1252"))
    assert collect(source.pull(WANTED, None)) == world.people


def test_one_id_twice_is_refused(world):
    world.rows.append(list(world.rows[0]))
    world.save()
    assert "employee id 1 twice" in refused(world).what


@pytest.mark.parametrize("bad", ["1\x1b]0;x\x07", "1\nBcc: x", "12\u202e34", "512-44-6789", "512446789", "1 2"])
def test_an_id_that_acts_on_a_reader_or_could_be_an_ssn_is_refused_with_its_line_and_without_itself(world, bad):
    world.rows[1][0] = bad
    world.save()
    error = refused(world)
    assert re.search(r"line [34] or after", error.what)
    assert "The employee id" in error.why
    assert bad not in f"{error.what} {error.why} {error.fix}"


def test_an_empty_id_is_refused_with_its_line(world):
    write(world.folder / "employees.csv", [HEADER, ["1", "Given1", "b", "", ""], [" ", "Given2", "b", "", ""]])
    error = refused(world)
    assert "line 3" in error.what
    assert error.why == "The employee id is empty."


@pytest.mark.parametrize("blank", [["", "", "", "", ""], [" ", "\t", "\u00a0", "", ""], ["", ""], [""]])
def test_A_97_rows_without_a_single_value_are_skipped_wherever_they_stand(world, blank):
    write(world.folder / "employees.csv", [blank, HEADER, blank, *world.rows, blank, blank])
    write(world.folder / "status.csv", [STATUS_HEADER, *world.status, ["", "", "", "", ""]])
    assert read(world) == world.people


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_A_97_semicolons_and_tabs_may_separate_the_cells_of_either_file(world, delimiter, quoting):
    for name, rows in (("employees.csv", [HEADER, *world.rows]), ("status.csv", [STATUS_HEADER, *world.status])):
        with (world.folder / name).open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file, delimiter=delimiter, quoting=quoting).writerows(rows)
    assert read(world) == world.people


def test_a_heading_without_the_employee_id_names_the_separators_that_were_tried(world):
    with (world.folder / "employees.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter="|").writerows([HEADER, *world.rows])
    error = refused(world)
    assert error.what == "The heading of employees.csv has no column employee_id."
    assert "1 column(s) were found with commas, semicolons, tabs as separators" in error.why


@pytest.mark.parametrize("edge", [" ", "\u00a0", "\t", "\u200b", "\n", " \ufeff"])
def test_A_97_names_of_columns_are_trimmed(world, edge):
    header = [f"{edge}{name}{edge}" for name in HEADER]
    write(world.folder / "employees.csv", [header, *world.rows])
    assert read(world) == world.people


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(world, content):
    (world.folder / "employees.csv").write_bytes(content)
    refused(world)


def test_A_52_a_heading_alone_is_nobody_at_all_and_nothing_is_planned_on_it(world):
    write(world.folder / "employees.csv", [HEADER])
    with pytest.raises(GuardTripped, match="source_empty"):
        collect(world.source.pull(WANTED, None))


def test_two_columns_of_one_name_are_refused(world):
    write(world.folder / "employees.csv", [[*HEADER, "lastName"], ["1", "a", "b", "", "", "c"]])
    assert "two columns of one name" in refused(world).what


def test_a_missing_file_is_refused(world):
    (world.folder / "status.csv").unlink()
    assert "status.csv cannot be read" in refused(world).what


def test_files_that_change_while_they_are_read_are_refused_at_the_end(world):
    pull = world.source.pull(WANTED, None)
    world.touch("1")
    with pytest.raises(SourceError) as caught:
        collect(pull)
    assert caught.value.retry


def test_many_people_come_in_pages(world):
    world.rows = [[str(n), "a", "b", "", ""] for n in range(1, 1202)]
    world.save()
    assert [len(page) for page in world.source.pull(WANTED, None).pages] == [500, 500, 201]


def test_an_unknown_encoding_is_refused_by_the_settings():
    with pytest.raises(ValidationError, match="not an encoding"):
        CsvFileSettings(folder=Path(), encoding="utf-9")


def test_a_file_written_after_our_now_shows_that_our_clock_is_behind(world):
    assert world.source.pull(WANTED, None).clock is None
    ahead = time.time() + 7200
    os.utime(world.folder / "status.csv", (ahead, ahead))
    clock = world.source.pull(WANTED, None).clock
    assert clock is not None
    assert abs(clock.timestamp() - ahead) < 1
