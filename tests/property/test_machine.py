"""The sync core as a state machine: HR edits, bad weather, runs and decisions in any order, over real pipeline and store.

After every step the promises of the core are compared with what the files, the queue, the register and HR say; at the
end the weather clears, and no change may be lost. `make long` walks forty times as far, and where chance leads.
"""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
import structlog
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from bensync.core.guards import Guards, Limit
from bensync.core.people import Status
from bensync.core.requests import RequestState, Risk, WarningCode
from bensync.core.runs import RunKind
from tests.property.hr_system import HrWeather
from tests.property.promises import Promises
from tests.property.small_world import BOTH, SSN_STEPS, SmallWorld
from tests.property.upload_center import UploadWeather

GUARDS = Guards(terminations=Limit(2), new_hires=Limit(3), ssn_changes=Limit(2), one_field=Limit(4))
"""Low enough for a handful of people to trip them."""

SSNS = [f"{210 + number}-10-{4000 + number}" for number in range(9)]
PERSON = {
    "lastName": "Example",
    "dateOfBirth": "1984-02-29",
    "gender": "Female",
    "address1": "1 Elm Street",
    "city": "Dayton",
    "state": "OH",
    "zipcode": "45402",
    "hireDate": "2020-03-02",
}

who = st.integers(0, 7)
ssns = st.integers(0, len(SSNS) - 1)
near = st.integers(-40, 6)
options = st.sampled_from(["Active", "Terminated", "Leave", "On Sabbatical", None])
values = st.sampled_from(["1 Elm Street", "2 Oak Street", "3 Pine Street"])
fields = st.sampled_from(["address1", "city", "homePhone"])
hr_weather = st.sampled_from(HrWeather)
upload_weather = st.sampled_from(UploadWeather)
boxes = st.sampled_from([BOTH, frozenset({Status.ACTIVE}), frozenset({Status.INACTIVE})])


class SyncMachine(RuleBasedStateMachine):
    """One employer. People are named by their employee id, SSNs by their place in the list above."""

    def __init__(self) -> None:
        super().__init__()
        self.world = SmallWorld(GUARDS)
        self.company = self.world.company

    @initialize(people=st.integers(1, 5), snapshot=st.booleans())
    def open_the_books(self, people: int, snapshot: bool) -> None:
        """Both sides in step: by a snapshot, or by a first resync that is approved."""
        for number in range(people):
            self.company.hire({**PERSON, "ssn": SSNS[number]}, job={"jobTitle": "Clerk"})
        if snapshot:
            self.world.snapshot()
        else:
            self.world.resync()
            self.world.approve([request.id for request in self.world.queue()])
        self.promises = Promises(self.world)
        self.world.pass_time(days=1)

    # HR

    def person(self, number: int) -> str | None:
        """Some living employee, a little later: no two edits come at one moment."""
        self.world.pass_time(minutes=1)
        living = [employee.id for employee in self.company]
        return living[number % len(living)] if living else None

    @rule(ssn=ssns, start=near, status=options)
    def hire(self, ssn, start, status):
        if len(self.company) < 8:
            self.world.pass_time(minutes=1)
            day = self.world.now.date() + timedelta(days=start)
            self.company.hire({**PERSON, "ssn": SSNS[ssn], "hireDate": day.isoformat()}, status=status)

    @rule(number=who, field=fields, value=values | st.none())
    def set_field(self, number, field, value):
        if item := self.person(number):
            self.company.update(item, **{field: value})

    @rule(number=who, ssn=st.none() | ssns)
    def change_ssn(self, number, ssn):
        if item := self.person(number):
            self.company.update(item, ssn=None if ssn is None else SSNS[ssn])

    @rule(number=who, other=who)
    def swap_ssns(self, number, other):
        item, two = self.person(number), self.person(other)
        if item and two:
            first, second = (self.company.employee(person).fields.get("ssn") for person in (item, two))
            self.company.update(item, ssn=second)
            self.company.update(two, ssn=first)

    @rule(number=who, start=near, option=options)
    def add_status_row(self, number, start, option):
        if item := self.person(number):
            day = self.world.now.date() + timedelta(days=start)
            self.company.add_row(item, "employmentStatus", date=day, employmentStatus="Other", benetracStatus=option)

    @rule(number=who, start=near)
    def terminate(self, number, start):
        if item := self.person(number):
            self.company.terminate(item, self.world.now.date() + timedelta(days=start))

    @rule(number=who, start=near)
    def rehire(self, number, start):
        if item := self.person(number):
            self.company.rehire(item, self.world.now.date() + timedelta(days=start))

    @rule(number=who, start=near, title=st.sampled_from(["Clerk", "Chief"]))
    def add_job_row(self, number, start, title):
        if item := self.person(number):
            self.company.add_row(item, "jobInfo", date=self.world.now.date() + timedelta(days=start), jobTitle=title)

    def row(self, number: int, place: int) -> tuple[str, str] | None:
        """Some dated row: its table and id."""
        item = self.person(number)
        tables = self.company.employee(item).tables if item else {}
        rows = [(table, str(row.id)) for table in tables for row in tables[table]]
        return rows[place % len(rows)] if rows else None

    @rule(number=who, place=who)
    def withdraw_row(self, number, place):
        if actual := self.row(number, place):
            self.company.remove_row(*actual)

    @rule(number=who, place=who, start=near)
    def redate_row(self, number, place, start):
        if actual := self.row(number, place):
            self.company.change_row(*actual, date=self.world.now.date() + timedelta(days=start))

    @rule(number=who, place=who, option=options)
    def correct_row(self, number, place, option):
        if actual := self.row(number, place):
            column = "benetracStatus" if actual[0] == "employmentStatus" else "jobTitle"
            self.company.change_row(*actual, **{column: option})

    @rule(number=who)
    def delete_employee(self, number):
        if item := self.person(number):
            self.company.delete(item)

    @rule(days=st.integers(1, 9))
    def days_pass(self, days):
        self.world.pass_time(days=days)

    # Runs

    @rule()
    def daily(self):
        with self.promises.by_a_run():
            self.world.suffer(self.world.daily)

    @rule()
    def daily_and_allow(self):
        with self.promises.by_a_run():
            self.world.suffer(lambda: self.world.allowing(RunKind.DAILY))

    @rule(hr=hr_weather, upload=upload_weather)
    def daily_in_bad_weather(self, hr, upload):
        with self.promises.by_a_run():
            self.world.suffer(self.world.daily, hr, upload)

    @rule(transaction=st.integers(1, 9), before_commit=st.booleans(), upload=upload_weather)
    def daily_until_the_power_fails(self, transaction, before_commit, upload):
        with self.promises.by_a_run():
            self.world.suffer(self.world.daily, HrWeather.FAIR, upload, (transaction, before_commit))

    @rule(boxes=boxes, hr=hr_weather, upload=upload_weather)
    def resync(self, boxes, hr, upload):
        with self.promises.by_a_run():
            self.world.suffer(lambda: self.world.resync(boxes), hr, upload)

    @rule(boxes=boxes)
    def resync_and_allow(self, boxes):
        with self.promises.by_a_run():
            self.world.suffer(lambda: self.world.allowing(RunKind.RESYNC, boxes))

    @rule(boxes=st.none() | boxes)
    def plan(self, boxes):
        kind = RunKind.DAILY if boxes is None else RunKind.RESYNC
        with self.promises.by_nobody():
            self.world.suffer(lambda: self.world.rehearse(kind, boxes))

    @rule()
    def restart(self):
        with self.promises.by_a_run():
            self.world.suffer(self.world.recover)

    # Decisions

    @rule()
    def approve_all_low_risk(self):
        queue = self.world.queue()
        with self.promises.by_decisions():
            decisions = self.world.approve([request.id for request in queue])
            self.promises.decided(decisions)
        risky = {request.id for request in queue if request.risk is Risk.HIGH}
        assert risky.isdisjoint(decision.request_id for decision in decisions if decision.done)

    @rule(place=who, confirmed=st.booleans())
    def approve_one(self, place, confirmed):
        if queue := self.world.queue():
            with self.promises.by_decisions():
                number = queue[place % len(queue)].id
                self.promises.decided(self.world.approve([number], confirmed=confirmed))

    @rule(place=who)
    def approve_as_ssn_correction(self, place):
        queue = [request for request in self.world.queue() if WarningCode.POSSIBLE_DUPLICATE in request.warnings]
        if queue:
            with self.promises.by_decisions(as_ssn_correction=True):
                number = queue[place % len(queue)].id
                decisions = self.world.approve([number], confirmed=True, as_ssn_correction=True)
                self.promises.decided(decisions)

    @rule(place=who)
    def decline(self, place):
        if queue := self.world.queue():
            with self.promises.by_decisions():
                self.promises.decided(self.world.decline([queue[place % len(queue)].id]))

    @rule(place=st.integers(0, 30))
    def decide_what_is_decided(self, place):
        over = [request for request in self.world.requests() if request.state is not RequestState.PENDING]
        if over:
            with self.promises.by_nobody():
                item = over[place % len(over)]
                decisions = [*self.world.approve([item.id], confirmed=True), *self.world.decline([item.id])]
                assert not any(decision.done for decision in decisions)

    def participant(self, place: int) -> int | None:
        """Some participant."""
        people = sorted(self.world.register())
        return people[place % len(people)] if people else None

    @rule(place=who, field=st.sampled_from(["address1", "city"]), value=values)
    def edit_here(self, place, field, value):
        if person := self.participant(place):
            with self.promises.by_an_edit():
                self.world.edit(person, **{field: value})

    @rule(place=who, ssn=ssns)
    def change_ssn_here(self, place, ssn):
        if person := self.participant(place):
            with self.promises.by_an_edit(steps=SSN_STEPS):
                self.world.suffer(lambda: self.world.edit(person, ssn=SSNS[ssn]))

    @rule(place=who, back=st.integers(0, 30))
    def terminate_here(self, place, back):
        if person := self.participant(place):
            with self.promises.by_an_edit():
                self.world.suffer(
                    lambda: self.world.terminate_here(person, self.world.now.date() - timedelta(days=back))
                )

    @rule(place=who)
    def reinstate_here(self, place):
        if person := self.participant(place):
            with self.promises.by_an_edit():
                self.world.suffer(lambda: self.world.reinstate(person))

    def teardown(self):
        self.promises.finish()


LONG = os.environ.get("BENSYNC_LONG") == "1"
WALK = settings(
    max_examples=2000 if LONG else 25,
    stateful_step_count=50,
    deadline=None,
    print_blob=True,
    derandomize=False,
    database=None,
    suppress_health_check=list(HealthCheck),
)


pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200 if LONG else 900)]
"""A failure is made small before it is shown, which takes its time."""


@pytest.fixture(autouse=True)
def _quiet():
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
    yield
    structlog.reset_defaults()


class FirstWalk(SyncMachine):
    """Walks the same way each time, so that a change is judged and not chance; `long` goes where chance leads."""


class SecondWalk(SyncMachine):
    """Another way, so that two processes can share the work."""


if not LONG:
    FirstWalk, SecondWalk = seed(1)(FirstWalk), seed(2)(SecondWalk)


class TestOneEmployer(FirstWalk.TestCase):
    """Half of the steps."""

    settings = WALK


class TestAnotherEmployer(SecondWalk.TestCase):
    """The other half."""

    settings = WALK
