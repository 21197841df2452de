"""The contract of a connector, as tests: subclass `SourceContract` and override the fixture ``world``.

::

    class MyWorld:  # a SourceWorld: the connector before a small company that the test knows completely
        def __init__(self, folder):
            self.source = MyConnector(MySettings(folder=folder))
            self.wanted = FieldSelection(("firstName", "ssn"), {"jobs": ("date", "title")})
            self.people = {"1": Record("1", {"firstName": "Ada", "ssn": None}, {"jobs": []}), ...}

        def touch(self, person):
            ...  # write to the HR system behind the connector, and leave self.people as it is
            return Record(person, ...)

    class TestMyConnector(SourceContract):
        @pytest.fixture
        def world(self, tmp_path):
            return MyWorld(tmp_path)

Each test gets a new world. The tests read the company in full, from a watermark, and employees by id, and compare the
records with ``people``; they ask for names that do not exist; and they run the preflight.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec
import pytest

from bensync.core.ports import FieldSelection, Pull, Record, Source
from bensync.errors import SourceError

NOWHERE = "bensync no such field"


class SourceWorld(Protocol):
    """A source with at least five people whose records the test knows completely, and a way to change one of them.

    Attributes:
        source: the connector under test.
        wanted: at least two fields and one table with two columns.
        people: the records that a full read must return before any `touch`, by employee id. At least one value is None,
            at least one person has two rows or more in a table, and at least one has none.
    """

    source: Source
    wanted: FieldSelection
    people: Mapping[str, Record]

    def touch(self, person: str) -> Record:
        """Change one wanted field of a person in the HR system; return the record that a read must return from then on.

        Do not update `people`: the tests compare the returned record with the old one there, to see that a wanted field
        really changed and that all other people are still read as before.
        """
        ...


def collect(pull: Pull) -> dict[str, Record]:
    """Return the records of all pages by id; fail if a person comes twice or a page is empty."""
    records: dict[str, Record] = {}
    for page in pull.pages:
        assert isinstance(page, list), "a page is a list"
        assert page, "a page without anybody is not given"
        for record in page:
            assert record.id not in records, f"employee {record.id} came twice"
            records[record.id] = record
    return records


class SourceContract:
    """The promises of :class:`bensync.core.ports.Source`; give a fixture ``world``."""

    def test_the_world_is_rich_enough_to_prove_anything(self, world: SourceWorld) -> None:
        people = world.people.values()
        numbers = [len(rows) for record in people for rows in record.tables.values()]
        assert len(world.people) >= 5
        assert any(value is None for record in people for value in record.fields.values())
        assert max(numbers) >= 2
        assert min(numbers) == 0

    def test_everybody_is_read_once_with_exactly_what_is_known_of_them(self, world: SourceWorld) -> None:
        records = collect(world.source.pull(world.wanted, None))
        assert records.keys() == world.people.keys()
        for person, record in world.people.items():
            assert records[person] == record, f"employee {person} reads differently"

    def test_an_unchanged_person_is_left_out_and_only_a_changed_record_has_other_bytes(
        self, world: SourceWorld
    ) -> None:
        first = _said(world)
        if first:  # a source need not call `is_unchanged`; it is only slower then
            assert first.keys() == world.people.keys()
            assert _said(world) == first
            person = next(iter(world.people))
            world.touch(person)
            assert {who for who, record in _said(world).items() if record != first[who]} == {person}
            everybody = msgspec.structs.replace(world.wanted, is_unchanged=lambda _person, _record: True)
            assert collect(world.source.pull(everybody, None)) == {}

    def test_a_record_has_the_wanted_names_and_holds_text_or_nothing(self, world: SourceWorld) -> None:
        for record in collect(world.source.pull(world.wanted, None)).values():
            assert isinstance(record.id, str)
            assert tuple(record.fields) == world.wanted.fields
            assert record.tables.keys() == world.wanted.tables.keys()
            rows = [row for table in record.tables.values() for row in table]
            cells: list[object] = [*record.fields.values(), *(cell for row in rows for cell in row.values())]
            # Empty is None, never "": otherwise one change of form would look like a change of every value.
            assert all(cell is None or (isinstance(cell, str) and cell) for cell in cells)
            for name, columns in world.wanted.tables.items():
                assert all(set(columns) <= row.keys() <= {*columns, "id"} for row in record.tables[name])

    def test_pages_are_read_lazily_and_the_total_is_true_where_it_is_known(self, world: SourceWorld) -> None:
        pull = world.source.pull(world.wanted, None)
        assert iter(pull.pages) is pull.pages  # an iterator, not a list: a large company need not fit into memory
        assert pull.total in {None, len(collect(pull))}

    def test_reading_twice_gives_the_same(self, world: SourceWorld) -> None:
        first, second = (collect(world.source.pull(world.wanted, None)) for _ in range(2))
        assert first == second

    def test_a_full_read_names_nobody_deleted_and_gives_a_mark(self, world: SourceWorld) -> None:
        pull = world.source.pull(world.wanted, None)
        assert pull.deleted == ()
        assert pull.watermark

    def test_a_read_of_everybody_says_so_with_and_without_a_mark(self, world: SourceWorld) -> None:
        assert world.source.pull(world.wanted, None).everybody
        again = world.source.pull(world.wanted, _mark(world), everybody=True)
        assert again.everybody
        assert collect(again).keys() == world.people.keys()

    def test_a_person_who_changed_is_named(self, world: SourceWorld) -> None:
        mark = _mark(world)
        person = min(world.people)
        world.touch(person)
        pull = world.source.pull(world.wanted, mark)
        assert pull.everybody or person in pull.named

    def test_the_mark_is_taken_back_and_only_people_of_this_source_come(self, world: SourceWorld) -> None:
        records = collect(world.source.pull(world.wanted, _mark(world)))
        assert records.items() <= dict(world.people).items()

    def test_who_changed_after_the_mark_is_read_as_they_are_now(self, world: SourceWorld) -> None:
        mark = _mark(world)
        person = min(world.people)
        expected = world.touch(person)
        assert expected != world.people[person], "touching a person must change a wanted field"
        assert collect(world.source.pull(world.wanted, mark))[person] == expected

    def test_people_named_besides_are_read_although_nothing_changed(self, world: SourceWorld) -> None:
        first, *_, last = sorted(world.people)
        records = collect(world.source.pull(world.wanted, _mark(world), frozenset({first, last})))
        assert records[first] == world.people[first]
        assert records[last] == world.people[last]

    def test_people_named_besides_do_not_come_twice_when_they_changed(self, world: SourceWorld) -> None:
        mark = _mark(world)
        person = max(world.people)
        expected = world.touch(person)
        assert collect(world.source.pull(world.wanted, mark, frozenset({person})))[person] == expected

    def test_a_person_named_besides_who_is_unknown_is_left_out(self, world: SourceWorld) -> None:
        unknown = str(10**9 + 7)  # digits, as the ids of most sources are, but more than any test company has
        assert unknown not in collect(world.source.pull(world.wanted, _mark(world), frozenset({unknown})))

    def test_a_field_that_the_source_does_not_know_is_refused(self, world: SourceWorld) -> None:
        _assert_refused(world.source, FieldSelection((*world.wanted.fields, NOWHERE), world.wanted.tables))

    def test_a_table_that_the_source_does_not_know_is_refused(self, world: SourceWorld) -> None:
        _assert_refused(world.source, FieldSelection(world.wanted.fields, {**world.wanted.tables, NOWHERE: ("date",)}))

    def test_a_column_that_the_source_does_not_know_is_refused(self, world: SourceWorld) -> None:
        name, columns = next(iter(world.wanted.tables.items()))
        _assert_refused(
            world.source, FieldSelection(world.wanted.fields, {**world.wanted.tables, name: (*columns, NOWHERE)})
        )

    def test_every_wanted_field_and_column_has_a_route_for_its_changes(self, world: SourceWorld) -> None:
        columns = {f"{table}.{column}" for table, each in world.wanted.tables.items() for column in each}
        assert world.source.routes(world.wanted).keys() == {*world.wanted.fields, *columns}

    def test_the_preflight_of_a_healthy_source_finds_nothing_wrong(self, world: SourceWorld) -> None:
        findings = tuple(world.source.check(world.wanted))
        assert findings
        assert [finding for finding in findings if not finding.ok] == []

    def test_the_preflight_names_what_is_missing_and_raises_nothing(self, world: SourceWorld) -> None:
        name, columns = next(iter(world.wanted.tables.items()))
        wanted = FieldSelection((NOWHERE,), {name: (*columns, NOWHERE), NOWHERE: ("date",)})
        wrong = [finding for finding in world.source.check(wanted) if not finding.ok]
        assert len(wrong) == 3
        assert all(NOWHERE in finding.subject and finding.fix for finding in wrong)

    def test_the_preflight_shows_no_value_of_anybody(self, world: SourceWorld) -> None:
        text = msgspec.json.encode(tuple(world.source.check(world.wanted))).decode()
        values = {value for record in world.people.values() for value in record.fields.values() if value}
        # Short values, such as "Yes" or "12", also occur in the words of a finding.
        assert [value for value in values if len(value) > 4 and value in text] == []


def _mark(world: SourceWorld) -> str:
    mark = world.source.pull(world.wanted, None).watermark
    assert mark is not None
    return mark


def _assert_refused(source: Source, wanted: FieldSelection) -> None:
    with pytest.raises(SourceError) as caught:
        collect(source.pull(wanted, None))
    assert caught.value.fix


def _said(world: SourceWorld) -> dict[str, bytes]:
    """Return the bytes that the source shows of each person before anybody reads them."""
    said: dict[str, bytes] = {}

    def note(person: str, record: bytes) -> bool:
        assert person not in said, f"employee {person} was asked about twice"
        said[person] = record
        return False

    collect(world.source.pull(msgspec.structs.replace(world.wanted, is_unchanged=note), None))
    return said
