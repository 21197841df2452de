"""Months in the life of one employer, in minutes: work every day, weather now and then, and nothing may drift (R10)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from random import Random

import msgspec
import psutil

from bensync.core.guards import Guards
from bensync.core.ports import Notice, PreflightFinding
from bensync.core.runs import DeliveryState, RunKind
from bensync.demo.company.company import Company
from bensync.demo.company.personnel import FakeEmployee
from bensync.demo.company.values import status
from bensync.errors import DeliveryError, DeliveryInDoubt, GuardTripped
from bensync.pipeline.context import SenderContext
from bensync.pipeline.runs import RunReport, confirm, retry
from tests.fixtures.invariants import hold
from tests.property.hr_system import HrWeather
from tests.property.promises import Promises
from tests.property.small_world import SITE, SmallWorld
from tests.property.upload_center import UploadWeather

DAYS = 30
"""Of a simulated month."""
CHURN = 0.01
"""Share of the people who change on a day."""
TRIES = 4
"""Runs on one day after which it must have gone well, a person's answer included."""


class Post:
    """A channel that keeps what it was given, unless it is down."""

    def __init__(self) -> None:
        self.down = False
        self.keys: set[str] = set()

    def send(self, notice: Notice, only: str = "") -> Sequence[str]:
        """See `Notifier`."""
        if self.down:
            raise DeliveryError("no mail could be sent", "the weather", "wait", retry=True)
        self.keys.add(notice.key)
        return ()

    def check(self) -> Iterable[PreflightFinding]:
        """Nothing to find."""
        return ()


class Month(msgspec.Struct, frozen=True):
    """What a month came to, as measured at its end.

    Attributes:
        runs: how many daily runs succeeded so far.
        faults: what went wrong, how often so far.
        memory: bytes that this process has in memory.
        handles: files that it holds open.
        database: bytes of the database.
    """

    runs: int
    faults: int
    memory: int
    handles: int
    database: int


class SoakWorld(SmallWorld):
    """The small world with a channel for notices."""

    def __init__(self, guards: Guards) -> None:
        super().__init__(guards)
        self.post = Post()

    @property
    def tools(self) -> SenderContext:
        """What a run works with."""
        return msgspec.structs.replace(super().tools, channels={"mail": self.post})


class Soak:
    """One employer, month by month.

    Args:
        people: how many there are at the beginning.
        faulty: share (0..1) of the days on which something goes wrong.
        seed: the same one gives the same months.
    """

    def __init__(self, people: int, faulty: float, seed: int) -> None:
        self._rng = Random(seed)
        self._people = people
        self._faulty = faulty
        self._hired = 0
        self.faults = 0
        self.world = SoakWorld(Guards())
        for _ in range(people):
            self._hire()
        self.world.snapshot()

    def month(self) -> Month:
        """Work through a month, then compare everything with everything."""
        for _ in range(DAYS):
            self.world.pass_time(days=1)
            self._work()
            self._run_today(faulty=self._rng.random() < self._faulty)
            self._decide()
        Promises(self.world).finish()
        self._look_closely()
        return self._measured()

    # HR

    def _work(self) -> None:
        company = self.world.company
        active = [item for item in company if status(company, item) == "Active"]
        for employee in self._rng.sample(active, max(1, round(len(active) * CHURN))):
            self.world.pass_time(seconds=1)
            self._rng.choice((self._move, self._move, self._raise, self._leave, self._return_later))(employee)
        if len(active) < self._people:
            self._fill_a_place(company)

    def _fill_a_place(self, company: Company) -> None:
        """Mostly by somebody who comes back, so that HR holds about as many people in the end as in the beginning."""
        left = [item for item in company if status(company, item) == "Inactive"]
        if left and self._rng.random() < 0.9:
            company.rehire(self._rng.choice(left).id, company.today)
        else:
            self._hire()

    def _hire(self) -> None:
        self._hired += 1
        number = self._hired
        fields = {
            "firstName": f"Person{number}",
            "lastName": "Example",
            "dateOfBirth": "1984-02-29",
            "gender": "Female",
            "address1": f"{number} Elm Street",
            "city": "Dayton",
            "state": "OH",
            "zipcode": "45402",
            "ssn": f"{100 + number // 9000:03}-{10 + number // 900 % 10:02}-{1000 + number % 900:04}",
            "homeEmail": f"person{number}@example.com",
            "hireDate": self.world.company.today.isoformat(),
        }
        self.world.company.hire(fields, job={"jobTitle": "Clerk"}, pay={"rate": "50000.00 USD"})

    def _move(self, employee: FakeEmployee) -> None:
        self.world.company.update(employee.id, address1=f"{self._rng.randint(1, 10**6)} Oak Street")

    def _raise(self, employee: FakeEmployee) -> None:
        pay = f"{self._rng.randint(40_000, 90_000)}.00 USD"
        self.world.company.add_row(
            employee.id, "compensation", startDate=self.world.company.today.isoformat(), rate=pay, reason="Merit"
        )

    def _leave(self, employee: FakeEmployee) -> None:
        self.world.company.terminate(employee.id, self.world.company.today)

    def _return_later(self, employee: FakeEmployee) -> None:
        """Lose the SSN and find it again some day: blocked meanwhile."""
        ssn = employee.fields.get("ssn")
        self.world.company.update(employee.id, ssn=None)
        self._run_today(faulty=False)
        self.world.pass_time(minutes=20)
        self.world.company.update(employee.id, ssn=ssn)

    # Runs

    def _run_today(self, *, faulty: bool) -> None:
        """The daily run, again until it went well."""
        world = self.world
        trouble = self._weather() if faulty else {}
        for _ in range(TRIES):
            outcome = world.suffer(self._daily, **trouble)
            self._sweep()
            world.post.down, trouble = False, {}
            if isinstance(outcome, RunReport):
                return
            world.pass_time(minutes=30)
            if isinstance(outcome, DeliveryInDoubt):
                self._answer()
        raise AssertionError(f"no run went well on {world.now.date()}: {outcome!r}")

    def _daily(self) -> RunReport:
        try:
            return self.world.daily()
        except GuardTripped:
            return self.world.allowing(RunKind.DAILY)

    def _weather(self) -> dict[str, object]:
        self.faults += 1
        kind = self._rng.randrange(4)
        if kind == 0:
            return {"hr": self._rng.choice([HrWeather.DOWN, HrWeather.HALF_WAY])}
        if kind == 1:
            return {"upload": self._rng.choice([item for item in UploadWeather if item is not UploadWeather.FAIR])}
        if kind == 2:
            return {"cut": (self._rng.randint(1, 14), self._rng.random() < 0.5)}
        self.world.post.down = True
        return {}

    def _sweep(self) -> None:
        """The receiver takes away what they have read, at any time."""
        for name in list(self.world.center.arrived):
            del self.world.center.files[name]

    def _answer(self) -> None:
        """A person looks at what the receiver has."""
        world = self.world
        with world.store.read(SITE) as work:
            doubtful = [actual for actual in work.deliveries.unsettled() if actual.state is DeliveryState.UNKNOWN]
        for delivery in doubtful:
            act = confirm if delivery.name in world.benefits._read else retry
            act(world.tools, delivery.id, "admin", lambda: world.now)
            world.benefits.receive(world.center.arrived)
            self._sweep()

    def _decide(self) -> None:
        queue = self.world.queue()
        if queue:
            self.world.approve([request.id for request in queue], confirmed=True)

    # The end of a month

    def _look_closely(self) -> None:
        world = self.world
        hold(world.store, SITE)
        with world.store.read(SITE) as work:
            left = [alert.name for alert in work.alerts.open()]
            unsent = work.notices.unsent()
        assert left == [], f"alerts that nothing is wrong with: {left}"
        assert unsent == [], "notices that never left"

    def _measured(self) -> Month:
        process = psutil.Process()
        (runs,) = self.world.rows("select count(*) from run where kind = 'DAILY' and state = 'SUCCEEDED'")[0]
        file = self.world.store.file
        assert file is not None
        return Month(runs, self.faults, process.memory_info().rss, process.num_fds(), file.stat().st_size)


def reported_alerts(soak: Soak) -> set[str]:
    """The kinds of alert that went out, and came to an end."""
    return {key.split(":")[2] for key in soak.world.post.keys if key.endswith(":over")}


def chosen_seed(default: int) -> int:
    """The seed that ``BENSYNC_SEED`` asks for; by chance in `make long`."""
    seed = os.environ.get("BENSYNC_SEED")
    if seed:
        return int(seed)
    return Random().randrange(10**9) if os.environ.get("BENSYNC_LONG") == "1" else default
