"""Laws of the pure packages, on arbitrary people."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bensync.core.changes import BaselineState, ChangeKind, Issue
from bensync.core.comparison.diff import compare
from bensync.core.guards import Guards, Limit
from bensync.core.intake.proposals import apply, changes, classify, drift, drifted
from bensync.core.people import (
    DatedRow,
    Employee,
    Participant,
    Profile,
    Standing,
    Status,
    decode_profile,
    encode_profile,
)
from bensync.core.plan import refused
from bensync.core.ports import Record
from bensync.core.status import StatusOptions, project
from bensync.mappings import feed
from bensync.mappings.catalogue import FIELDS, FieldType, normaliser
from bensync.mappings.reader import Reader
from bensync.mappings.source import load
from tests.unit.builders import RULES, TODAY, baseline_of, candidate, deliver, key, plan, ssn

WIDE_OPEN = Guards(
    terminations=Limit(),
    terminations_always=Limit(),
    new_hires=Limit(),
    ssn_changes=Limit(),
    emptied=Limit(),
    one_field=Limit(),
    rows_in_error=Limit(),
)

days = st.dates(TODAY - timedelta(days=40), TODAY)
words = st.sampled_from(["Robin", "Sasha", "Zoë", 'O"Brien, Jr.', "=1+1", "x\r\ny"])
own_dates = st.fixed_dictionaries(
    {}, optional={name: days.map(date.isoformat) for name in ("hire_date", "rehire_date", "termination_date")}
)
own_texts = st.fixed_dictionaries(
    {}, optional={"first_name": words, "city": words, "state": st.sampled_from(["CA", "NV"]), "job_title": words}
)
dated = st.builds(
    DatedRow, st.sampled_from(["status", "job"]), days, st.dictionaries(st.sampled_from(["job_title", "grade"]), words)
)


@st.composite
def profiles(draw):
    """A person; few numbers and few SSNs, so that people meet."""
    texts = {"ssn": ssn(draw(st.integers(1, 8))), **draw(own_texts), **draw(own_dates)}
    return Profile(
        str(draw(st.integers(1, 8))),
        draw(st.sampled_from(Status)),
        draw(days),
        {name: texts[name] for name in FIELDS if name in texts},
        tuple(sorted(draw(st.lists(dated, max_size=3)), key=lambda row: (row.table, row.date))),
        draw(st.none() | days),
    )


people = st.lists(profiles(), max_size=8, unique_by=lambda person: person.employee_id)
baselines = st.lists(
    st.tuples(profiles(), st.sampled_from(BaselineState)),
    max_size=8,
    unique_by=(lambda entry: entry[0].values["ssn"], lambda entry: entry[0].employee_id),
).map(lambda entries: [baseline_of(person, state) for person, state in entries])


@st.composite
def participants(draw):
    """Somebody the benefits platform knows, with a standing of its own."""
    person = draw(profiles())
    standing = draw(st.sampled_from(Standing))
    ended = draw(st.none() | days) if standing is Standing.TERMINATED else None
    return Participant(5, key(person.values["ssn"]), standing, person, None, ended, draw(st.integers(1, 9)))


def approved(row: Profile, person: Participant | None) -> Participant:
    proposal = classify(row, person, None, TODAY, RULES)
    assert proposal is not None
    own = key(row.values["ssn"])
    return apply(proposal.kind, row, own, person, proposal.effective_date)


@given(profiles())
def test_comparing_with_oneself_finds_nothing(person):
    sent = baseline_of(person)
    assert compare(candidate(person), sent, sent, TODAY) is None


@given(profiles())
def test_a_profile_comes_back_from_its_bytes(person):
    assert decode_profile(encode_profile(person)) == person
    assert encode_profile(decode_profile(encode_profile(person))) == encode_profile(person)


@given(people, baselines)
def test_planning_again_after_the_delivery_sends_nothing(pulled, last_sent):
    pulled = [candidate(person) for person in pulled]
    first = plan(pulled, last_sent, guards=WIDE_OPEN)
    after = deliver(last_sent, first.sends)
    again = plan(pulled, after, guards=WIDE_OPEN)
    # Who was blocked may be free now that an SSN has moved; everybody who was sent stays quiet.
    sent = {change.candidate.employee_id for change in first.sends}
    assert sent.isdisjoint(change.candidate.employee_id for change in again.sends)
    assert sent <= set(again.unchanged)


@given(people, baselines, st.randoms(use_true_random=False))
def test_the_order_of_reading_does_not_matter(pulled, last_sent, chance: random.Random):
    pulled = [candidate(person) for person in pulled]
    shuffled = pulled.copy()
    chance.shuffle(shuffled)
    item, other = plan(pulled, last_sent), plan(shuffled, last_sent)
    assert (item.fingerprint, item.sends, item.held, item.alarms) == (
        other.fingerprint,
        other.sends,
        other.held,
        other.alarms,
    )
    assert set(item.issues) == set(other.issues)
    assert set(item.unchanged) == set(other.unchanged)
    assert item.due == other.due


@given(people, baselines, st.none() | st.frozensets(st.sampled_from(Status), min_size=1))
def test_everybody_who_was_read_is_accounted_for_exactly_once(pulled, last_sent, boxes):
    sync_plan = plan([candidate(person) for person in pulled], last_sent, boxes=boxes)
    groups = [
        [change.candidate.employee_id for change in sync_plan.sends],
        [entry.change.candidate.employee_id for entry in sync_plan.held],
        [issue.employee_id for issue in sync_plan.issues],
        sync_plan.unchanged,
        sync_plan.outside,
    ]
    assert sorted(name for group in groups for name in group) == sorted(person.employee_id for person in pulled)


@given(people, baselines)
def test_no_ssn_is_sent_twice(pulled, last_sent):
    sent = [change.candidate.key for change in plan([candidate(p) for p in pulled], last_sent, guards=WIDE_OPEN).sends]
    assert sent == sorted(set(sent))


@given(people, baselines, st.lists(st.integers(1, 8).map(str), max_size=8, unique=True))
def test_nobody_is_terminated_without_an_inactive_row_of_their_own(pulled, last_sent, deleted):
    rows = {person.employee_id: person for person in pulled}
    deleted = [name for name in deleted if name not in rows]
    sync_plan = plan([candidate(person) for person in pulled], last_sent, deleted=deleted, guards=WIDE_OPEN)
    for change in sync_plan.sends:
        if change.kind is ChangeKind.TERMINATE:
            assert rows[change.candidate.employee_id].status is Status.INACTIVE


@given(profiles(), participants())
def test_no_request_terminates_without_an_inactive_row(row, person):
    proposal = classify(row, person, None, TODAY, RULES)
    if proposal is not None:
        ends = any(change.field == "status" and change.new == Standing.TERMINATED for change in proposal.changes)
        assert (proposal.kind is ChangeKind.TERMINATE) is ends
        assert not ends or row.status is Status.INACTIVE


@given(people, baselines)
def test_released_by_its_own_name_a_plan_flows_whole(pulled, last_sent):
    pulled = [candidate(person) for person in pulled]
    none = Limit(0)
    strict = Guards(
        terminations=none, terminations_always=none, new_hires=none, ssn_changes=none, emptied=none, one_field=none,
        rows_in_error=none,
    )  # fmt: skip
    first = plan(pulled, last_sent, guards=strict)
    released = plan(pulled, last_sent, guards=strict, allowed=first.fingerprint)
    assert released.fingerprint == first.fingerprint
    assert (released.held, refused(released)) == ((), ())
    assert len(released.sends) == len(first.sends) + len(first.held)


@settings(max_examples=300)
@given(profiles(), st.none() | participants())
def test_once_approved_the_same_row_asks_for_nothing_more(row, person):
    assume(classify(row, person, None, TODAY, RULES) is not None)
    after = approved(row, person)
    assert classify(row, after, None, TODAY, RULES) is None
    assert changes(row, after) == ()


@given(profiles(), participants())
def test_a_drift_that_was_approved_drifts_no_more(last_sent, person):
    assume((last_sent.status is Status.ACTIVE) is not (person.standing is Standing.ACTIVE))
    profile = drifted(last_sent, person)
    asked = drift(profile, person, TODAY, RULES)
    after = apply(asked.kind, profile, person.key, person, asked.effective_date)
    assert (last_sent.status is Status.ACTIVE) is (after.standing is Standing.ACTIVE)
    assert {change.field for change in asked.changes} <= {"status", "termination_date"}


LAYOUT = feed.load("benetrac", tuple(FIELDS), dated_rows=True)
headers = st.builds(
    feed.Header,
    st.just("benetrac-1"),
    st.from_regex(r"[A-Z0-9]{2,20}", fullmatch=True),
    st.sampled_from(["DELTA", "FULL"]),
    st.integers(1, 999_999),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # zone beside it
    days,
    st.sampled_from(["", "ab" * 32]),
)
anything = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
last_sent = st.builds(
    Profile,
    anything,
    st.sampled_from(Status),
    st.dates(),
    st.dictionaries(st.sampled_from(list(FIELDS)), anything),
    st.lists(st.builds(DatedRow, anything, st.dates(), st.dictionaries(anything, anything)), max_size=3).map(tuple),
    st.none() | st.dates(),
)


@given(headers, st.lists(last_sent, max_size=5))
def test_a_file_says_exactly_what_was_put_into_it(header, rows):
    content = b"".join(feed.render(LAYOUT, header, rows))
    assert feed.parse(LAYOUT, content) == feed.Parsed(header, tuple(rows))
    assert b"".join(feed.render(LAYOUT, header, iter(rows))) == content


@given(headers, st.lists(last_sent, min_size=1, max_size=3), st.data())
def test_a_file_that_was_touched_is_refused_or_says_the_same(header, rows, data):
    content = b"".join(feed.render(LAYOUT, header, rows))
    place = data.draw(st.integers(0, len(content) - 1))
    touched = content[:place] + data.draw(st.binary(max_size=2)) + content[place + 1 :]
    try:
        parsed = feed.parse(LAYOUT, touched)
    except ValueError:
        return
    assert parsed == feed.Parsed(header, tuple(rows))


@given(st.binary())
def test_parsing_arbitrary_bytes_raises_nothing_but_its_own_error(content):
    try:
        feed.parse(LAYOUT, content)
    except ValueError:
        return
    raise AssertionError("random bytes are no file")


MAPPING = load("bamboohr", {"fte": "fte"})
READER = Reader(MAPPING)
cells = st.one_of(
    st.none(),
    st.text(),
    st.sampled_from(["1e999999999", "NaN", "0000-00-00", "2024-02-30", "2024-W01-1", "1 USD", "²", "\ud800", "Active"]),
    days.map(date.isoformat),
)


@st.composite
def records(draw):
    """Any answer at all: wanted fields and tables with any content, some of them absent."""
    wanted = MAPPING.wanted()
    fields = draw(st.fixed_dictionaries({}, optional=dict.fromkeys(wanted.fields, cells)))
    if draw(st.booleans()):
        fields = {**dict.fromkeys(wanted.fields), **fields}
    tables = {}
    for name, columns in wanted.tables.items():
        whole = st.fixed_dictionaries(dict.fromkeys(columns, cells), optional={"id": cells})
        tables[name] = draw(st.lists(whole, max_size=2))
    return Record(draw(st.text()), fields, tables)


@settings(max_examples=200)
@given(records())
def test_reading_raises_nothing_and_what_was_read_can_be_written_down(record):
    rulebook_read = READER.read(record)
    assert isinstance(rulebook_read, Employee | Issue)
    if isinstance(rulebook_read, Employee):
        assert list(rulebook_read.rows) == sorted(rulebook_read.rows, key=lambda row: (row.table, row.date))
        projected = project(rulebook_read, StatusOptions(frozenset({"Active"}), frozenset()), TODAY)
        if not isinstance(projected, Issue):
            assert decode_profile(encode_profile(projected[0])) == projected[0]


@given(st.sampled_from(FieldType), st.text() | st.decimals().map(str) | st.dates().map(str))
def test_normalising_twice_changes_nothing(kind, text):
    normalise = normaliser(kind)
    try:
        once = normalise(text)
    except ValueError:
        return
    assert once is None or (once and normalise(once) == once)


limits = st.builds(
    Limit,
    st.none() | st.integers(0, 10**6),
    st.none() | st.integers(0, 10_000).map(lambda hundredths: hundredths / 100),
).filter(lambda limit: limit != Limit())


@given(limits)
def test_a_limit_comes_back_from_its_text(limit):
    assert Limit.parse(str(limit)) == limit


@given(limits, st.integers(0, 500), st.integers(0, 500), st.integers(1, 100))
def test_more_people_never_turn_an_alarm_off(limit, count, of, counts_from):
    for passed in (limit.exceeded, limit.reached):
        assert not passed(count, of, counts_from) or passed(count + 1, of, counts_from)
    assert not limit.exceeded(count, of, counts_from) or limit.reached(count, of, counts_from)
