"""What the core promises, as comparisons of the files, the queue, the register and HR; people are named by number."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence

from bensync.actions.decisions import Decision
from bensync.core.changes import UNSEEN, ChangeKind, Issue, IssueCode, field_changes
from bensync.core.intake.declines import Declines, without_declined
from bensync.core.people import Participant, Profile, Standing, Status, decode_profile
from bensync.core.requests import Origin, Request, RequestState
from bensync.core.runs import Outcome, RunKind
from bensync.state.sync.baselines import SENT_PROFILE
from tests.property.small_world import BOTH, SITE, SmallWorld

ROUNDS = 8
"""Runs with decisions between them after which nothing may be left to do."""


class Promises:
    """The promises to one world, checked around each act.

    Attributes:
        edited: SSNs whose participant was changed in the benefits platform: HR need not agree until a full resync.
    """

    def __init__(self, world: SmallWorld) -> None:
        self.world = world
        self.edited: set[str] = set()
        self._done: list[Decision] = []
        self._register = world.register()
        self._audited = self._audit()
        self.check()

    def decided(self, decisions: Sequence[Decision]) -> None:
        """Take note of what became of decisions."""
        self._done += [decision for decision in decisions if decision.done]

    @contextlib.contextmanager
    def by_nobody(self) -> Iterator[None]:
        """An act that only looks."""
        before = self._on_disk()
        yield
        assert self._on_disk() == before, "looking wrote to the database"

    @contextlib.contextmanager
    def by_a_run(self) -> Iterator[None]:
        """A run may do anything but move the register."""
        yield
        self._audited = self._audit()
        assert self._moved() == {}, f"a run moved participants {sorted(self._moved())}"
        self.check()

    @contextlib.contextmanager
    def by_decisions(self, *, as_ssn_correction: bool = False) -> Iterator[None]:
        """Decisions move one participant each at most, and each leaves an audit entry."""
        self._done = []
        yield
        audited = self._audit()
        assert audited - self._audited == len(self._done), "decisions and audit entries do not match"
        moved = self._moved()
        assert len(moved) <= len(self._done), f"participants {sorted(moved)} moved by {len(self._done)} decisions"
        for number, participant in moved.items():
            self._assert_ended_by_hr(number, participant)
        if not as_ssn_correction:
            self._assert_as_shown(moved)
        self._take_note(audited)

    @contextlib.contextmanager
    def by_an_edit(self, steps: int = 0) -> Iterator[None]:
        """An edit in the benefits platform moves one participant by one version, with an audit entry, or does nothing.

        Args:
            steps: the audit entries that asking for the edit leaves, whatever becomes of it.
        """
        yield
        audited, moved = self._audit(), self._moved()
        assert audited - self._audited - steps == len(moved) <= 1
        for number, participant in moved.items():
            before = self._register[number]
            assert participant.version == before.version + 1
            self.edited |= {before.profile.values["ssn"], participant.profile.values["ssn"]}
        self._take_note(audited)

    def check(self) -> None:
        """What holds at any time."""
        queue = self.world.queue()
        assert _twice(request.key for request in queue) == [], "a person has two pending requests"
        assert _twice(request.employee_id for request in queue) == [], "an HR employee has two pending requests"
        live = [employee for employee, state in self._baselines() if state == "LIVE"]
        assert _twice(live) == [], "an HR employee has two live baselines"
        if not self._in_flight():
            self._assert_sent()
            for request in queue:
                self._assert_newest(request)

    def finish(self) -> None:
        """The weather clears, and all dated rows come due: no change is lost, and then there is quiet."""
        world = self.world
        world.recover()
        world.pass_time(days=7)
        self.settle()
        self._assert_sent_everything()
        declined = {
            item.profile.values["ssn"] for item in _last_decisions(world) if item.state is RequestState.DECLINED
        }
        self._assert_in_step(but=declined | self.edited)
        if len(world.company):
            world.allowing(RunKind.RESYNC, BOTH)
            self.settle()
            never_added = {
                item.profile.values["ssn"]
                for item in _last_decisions(world)
                if item.state is RequestState.DECLINED and item.kind is ChangeKind.NEW
            }
            self._assert_in_step(but=never_added)
        self._assert_secret()

    def settle(self) -> None:
        """Run, allow and approve until there is nothing to do.

        One quiet run is not enough: an SSN is free for somebody else only after the run that saw its owner deleted.
        """
        quiet = 0
        for _ in range(ROUNDS):
            queue = self.world.queue()
            self.world.approve([request.id for request in queue], confirmed=True)
            self.world.pass_time(minutes=1)
            report = self.world.allowing(RunKind.DAILY)
            self._take_note(self._audit())
            self.check()
            still = report.outcome is Outcome.NO_CHANGES and not queue and not self.world.queue()
            quiet = quiet + 1 if still else 0
            if quiet == 2:
                return
        raise AssertionError(f"no quiet after {ROUNDS} rounds: {[_named(request) for request in self.world.queue()]}")

    def _assert_sent(self) -> None:
        """The files, read in order, give the live baselines."""
        vault = self.world.store.vault(SITE)
        last_sent = {}
        columns = ("sealed_profile", *SENT_PROFILE.bound)
        for sealed, *bound in self.world.rows(f"select {', '.join(columns)} from baseline where state != 'RETIRED'"):
            profile = decode_profile(vault.unseal(sealed, SENT_PROFILE.place, *bound))
            last_sent[profile.values["ssn"]] = profile
        files = self.world.benefits.last_sent
        differing = {
            (last_sent.get(ssn) or files[ssn]).employee_id
            for ssn in last_sent.keys() | files.keys()
            if last_sent.get(ssn) != files.get(ssn)
        }
        assert differing == set(), f"baseline and files differ for employees {sorted(differing)}"

    def _assert_newest(self, request: Request) -> None:
        """A request from a row proposes what was sent last."""
        if request.origin is Origin.ROW:
            last_sent = self.world.benefits.last_sent.get(request.profile.values["ssn"])
            assert last_sent == request.in_hr, f"{_named(request)} is not what was sent last"

    def _assert_as_shown(self, moved: dict[int, Participant]) -> None:
        """What was approved is what happened: the fields that the request showed, from and to what it showed (sync-rules 3.7.2)."""
        shown = {
            request.key: {change for change in request.changes if change.field not in {"status", "employee_id"}}
            for request in self.world.requests()
            if request.id in {decision.request_id for decision in self._done}
        }
        for number, participant in moved.items():
            before = self._register.get(number)
            happened = field_changes(before.profile.values if before else {}, participant.profile.values)
            assert set(happened) == shown[participant.key], f"participant {number} moved in another way than was shown"

    def _assert_ended_by_hr(self, number: int, participant: Participant) -> None:
        before = self._register.get(number)
        if participant.standing is Standing.TERMINATED and (before is None or before.standing is Standing.ACTIVE):
            last_sent = self.world.benefits.last_words[participant.profile.values["ssn"]]
            assert last_sent.status is Status.INACTIVE, f"participant {number} was ended though no row says so"

    def _assert_sent_everything(self) -> None:
        last_sent, kept = self.world.benefits.last_sent, self._kept_back()
        former = self._spoken_for()
        for employee, profile in self.world.trusted().items():
            if employee not in kept and employee not in former:
                assert last_sent.get(profile.values["ssn"]) == profile, (
                    f"employee {employee} was not sent as HR has them"
                )
        living = {employee.id for employee in self.world.company} | self._absent()
        for employee, state in self._baselines():
            if state == "LIVE":
                assert employee in living, f"employee {employee} is gone, and the baseline does not know"
        for employee, code in kept.items():
            assert self._holds_back(employee, code), f"nothing holds employee {employee} back for {code} any more"

    def _assert_in_step(self, but: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        """The register equals HR, but for the values that were declined and that HR has not changed since."""
        others = self._kept_back().keys() | self._spoken_for()
        people = {item.profile.values["ssn"]: item for item in self.world.register().values()}
        for employee, profile in self.world.trusted().items():
            if employee in others or profile.values["ssn"] in but:
                continue
            actual = people.get(profile.values["ssn"])
            assert actual is not None, f"employee {employee} is no participant"
            wanted = without_declined(profile, actual, self._declines(actual.key))
            assert actual.employee_id == wanted.employee_id, f"employee {employee} is {actual.employee_id} here"
            assert actual.profile.values == wanted.values, f"employee {employee} has other values here"
            active = actual.standing is Standing.ACTIVE
            assert active == (wanted.status is Status.ACTIVE), f"employee {employee} has another status here"

    def _declines(self, key: bytes) -> Declines:
        with self.world.store.read(SITE) as work:
            return work.declined.by_keys([key]).get(key, Declines())

    def _assert_secret(self) -> None:
        content = b"".join(file.read_bytes() for file in self.world.store.folder.iterdir())
        for ssn in self.world.benefits.last_words:
            dashed = f"{ssn[:3]}-{ssn[3:5]}-{ssn[5:]}"
            assert ssn.encode() not in content and dashed.encode() not in content, "the database holds a plain SSN"

    def _holds_back(self, employee: str, code: IssueCode) -> bool:
        seen = self.world.read()
        actual = seen.get(employee)
        if isinstance(actual, Issue):
            return actual.code is code
        if code is not IssueCode.SSN_DUPLICATE or actual is None:
            return False
        ssn = actual.values["ssn"]
        others = {who for who, other in seen.items() if isinstance(other, Profile) and other.values["ssn"] == ssn}
        owner = self.world.benefits.last_sent.get(ssn)
        owned = owner is not None and owner.employee_id in self._kept_back()
        return owned or others != {employee}

    def _kept_back(self) -> dict[str, IssueCode]:
        """Open issues by employee; who is gone holds nobody up."""
        rows = self.world.rows("select employee_id, code from issue where resolved_at is null")
        return {employee: IssueCode(code) for employee, code in rows if code not in UNSEEN}

    def _spoken_for(self) -> set[str]:
        """Former records: inactive, not sent under another SSN, and another record speaks for theirs (decision 66).

        Who speaks was sent with the SSN, and has it still, or is held back and repeated as last sent.
        """
        trusted, last_sent, kept = self.world.trusted(), self.world.benefits.last_sent, self._kept_back()
        sent = {profile.employee_id for profile in last_sent.values()}
        speakers = {
            ssn
            for ssn, profile in last_sent.items()
            for who in [profile.employee_id]
            if who in kept or (who in trusted and trusted[who].values["ssn"] == ssn)
        }
        return {
            employee
            for employee, profile in trusted.items()
            if profile.status is Status.INACTIVE and employee not in sent and profile.values["ssn"] in speakers
        }

    def _absent(self) -> set[str]:
        rows = self.world.rows(
            f"select employee_id from issue where resolved_at is null and code = '{IssueCode.ABSENT}'"
        )
        return {employee for (employee,) in rows}

    def _baselines(self) -> list[tuple[str, str]]:
        return self.world.rows("select employee_id, state from baseline")

    def _in_flight(self) -> bool:
        return bool(self.world.rows("select id from delivery where state in ('PREPARED', 'PUBLISHING')"))

    def _audit(self) -> int:
        return int(self.world.rows("select count(*) from audit")[0][0])

    def _moved(self) -> dict[int, Participant]:
        now = self.world.register()
        assert now.keys() >= self._register.keys(), "a participant vanished"
        return {number: item for number, item in now.items() if self._register.get(number) != item}

    def _take_note(self, audited: int) -> None:
        self._audited, self._register = audited, self.world.register()

    def _on_disk(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in self.world.store.folder.iterdir() if "-shm" not in file.name}


def _last_decisions(world: SmallWorld) -> list[Request]:
    decided = {RequestState.APPROVED, RequestState.DECLINED}
    return list({item.key: item for item in world.requests() if item.state in decided}.values())


def _twice(items: Iterator[object] | Sequence[object]) -> list[object]:
    return [item for item, count in Counter(items).items() if count > 1]


def _named(request: Request) -> str:
    return f"request {request.id} ({request.kind}, {request.origin}) about employee {request.employee_id}"
