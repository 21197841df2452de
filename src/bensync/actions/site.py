"""The actions of a person at one site, for every interface: command line, pages, and API.

An interface parses what it gets, calls an action, and renders the result. Rights, cautions, reasons, and second persons
are checked here and below.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime

import msgspec

from bensync.actions import approvals, corrections
from bensync.actions import reveal as reveals
from bensync.actions.asking_again import ask_again
from bensync.actions.authorization import authorize, require_reason
from bensync.actions.benefits import case_edits, census
from bensync.actions.benefits.case_edits import CaseEdit
from bensync.actions.benefits.outlooks import RequestOutlook, request_outlook
from bensync.actions.decisions import Decision
from bensync.actions.departed import holds, retention
from bensync.actions.departed.release import release
from bensync.benefits.census.report import CensusReport
from bensync.benefits.engine.run import CaseResult
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.core.access import Actor, Right
from bensync.core.intake.proposals import IntakeRules
from bensync.core.ports import Notice
from bensync.core.requests import DeclineCode, Request
from bensync.errors import DecisionError
from bensync.mappings.catalogue import Catalogue
from bensync.retention.kinds import Periods
from bensync.retention.plan import RetentionPlan
from bensync.state.site_state import SiteState
from bensync.state.store import Store


class SiteRules(msgspec.Struct, frozen=True):
    """The configuration of a site that actions depend on.

    Values that come from a file are functions, so that an action that does not need one works if it cannot be read.

    Attributes:
        intake: how requests are compared and which of them take two people.
        rulebook: the rulebook; the standard one where the site has none.
        catalogue: the fields that can be corrected.
        channels: the names of the channels that notices go to.
        approvers: who may decide on the command line; empty for everybody who can run the command (A-47).
        benefits: whether the site processes benefit events.
        periods: how long each kind of data is kept.
    """

    intake: IntakeRules
    rulebook: Callable[[], Rulebook]
    catalogue: Callable[[], Catalogue]
    channels: Callable[[], Collection[str]]
    approvers: Collection[str] = ()
    benefits: bool = False
    periods: Periods = Periods()


class SiteActions:
    """The actions of one person at one site.

    Args:
        store: the state.
        site: the site.
        rules: what its configuration says.
        actor: who acts.
        clock: returns the current time.
    """

    def __init__(self, store: Store, site: str, rules: SiteRules, actor: Actor, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._site = site
        self._rules = rules
        self._actor = actor
        self._clock = clock

    def approve(
        self,
        numbers: Sequence[int],
        *,
        confirmed: bool = False,
        as_ssn_correction: bool = False,
        voiding: bool = False,
        only: Collection[str] | None = None,
        code: DeclineCode = DeclineCode.ERROR,
    ) -> list[Decision]:
        """Approve requests one by one; see `bensync.actions.approvals.approve`."""
        return approvals.approve(
            self._store,
            self._site,
            numbers,
            self._actor,
            self._clock(),
            self._rules.intake,
            confirmed=confirmed,
            as_ssn_correction=as_ssn_correction,
            voiding=voiding,
            only=only,
            code=code,
            book=self._rules.rulebook(),
            approvers=self._rules.approvers,
        )

    def decline(self, numbers: Sequence[int], code: DeclineCode, note: str = "") -> list[Decision]:
        """Decline requests; see `bensync.actions.approvals.decline`."""
        approvers = self._rules.approvers
        return approvals.decline(
            self._store, self._site, numbers, self._actor, self._clock(), code, note, approvers=approvers
        )

    def ask_again(self, number: int, reason: str, fields: Collection[str] | None = None) -> Decision:
        """Open a request for what a decision declined; see `bensync.actions.asking_again.ask_again`."""
        return ask_again(
            self._store,
            self._site,
            number,
            reason,
            self._actor,
            self._clock(),
            self._rules.intake,
            fields=fields,
            approvers=self._rules.approvers,
        )

    def correct(self, participant_id: int, fields: Mapping[str, str], reason: str) -> None:
        """Set fields of a participant; see `bensync.actions.corrections.edit`."""
        corrections.edit(
            self._store,
            self._site,
            participant_id,
            fields,
            reason,
            self._actor,
            self._clock(),
            catalogue=self._rules.catalogue(),
            book=self._rules.rulebook(),
            approvers=self._rules.approvers,
        )

    def correct_ssn(self, participant_id: int, ssn: str, reason: str) -> None:
        """Give a participant another SSN, as the first or second of two people; see `corrections.correct_ssn`."""
        corrections.correct_ssn(
            self._store,
            self._site,
            participant_id,
            ssn,
            reason,
            self._actor,
            self._clock(),
            notify=self._notifier(),
            book=self._rules.rulebook(),
            approvers=self._rules.approvers,
        )

    def terminate(self, participant_id: int, on: date, reason: str, *, confirmed: bool = False) -> None:
        """End a participant; see `bensync.actions.corrections.terminate`."""
        corrections.terminate(
            self._store,
            self._site,
            participant_id,
            on,
            reason,
            self._actor,
            self._clock(),
            rules=self._rules.intake,
            book=self._rules.rulebook(),
            confirmed=confirmed,
            approvers=self._rules.approvers,
        )

    def reinstate(self, participant_id: int, reason: str) -> None:
        """Make a terminated participant active again; see `bensync.actions.corrections.reinstate`."""
        corrections.reinstate(
            self._store,
            self._site,
            participant_id,
            reason,
            self._actor,
            self._clock(),
            rules=self._rules.intake,
            book=self._rules.rulebook(),
            approvers=self._rules.approvers,
        )

    def release(self, employee_id: str, reason: str, *, confirmed: bool = False) -> None:
        """Release an employee who is gone from HR; see `bensync.actions.departed.release.release`."""
        release(
            self._store,
            self._site,
            employee_id,
            reason,
            self._actor,
            self._clock(),
            confirmed=confirmed,
            approvers=self._rules.approvers,
        )

    def hold(self, employee_id: str, reason: str) -> None:
        """Place a legal hold on an HR employee; see `bensync.actions.departed.holds.hold`."""
        holds.hold(self._store, self._site, employee_id, reason, self._actor, self._clock())

    def release_hold(self, employee_id: str, reason: str) -> None:
        """Release the legal hold of an HR employee; see `bensync.actions.departed.holds.release_hold`."""
        holds.release_hold(self._store, self._site, employee_id, reason, self._actor, self._clock())

    def preview_retention(self) -> RetentionPlan:
        """Return what a retention run would delete today; see `bensync.actions.departed.retention.preview`."""
        rules = self._rules
        return retention.preview(
            self._store, self._site, rules.periods, self._actor, self._clock(), benefits=rules.benefits
        )

    def apply_retention(self, fingerprint: str, reason: str) -> retention.RetentionApplied:
        """Delete what a preview showed; see `bensync.actions.departed.retention.apply`."""
        takes_two = "retention" in self._rules.intake.second_approver
        return retention.apply(
            self._store,
            self._site,
            self._rules.periods,
            fingerprint,
            reason,
            self._actor,
            self._clock(),
            takes_two=takes_two,
            benefits=self._rules.benefits,
        )

    def change_case(
        self, participant_id: int, edit: CaseEdit, *, reason: str = "", confirmed: bool = False
    ) -> CaseResult:
        """Alter the case of a participant; see `bensync.actions.benefits.case_edits.change`."""
        return case_edits.change(
            self._store,
            self._site,
            participant_id,
            edit,
            self._rules.rulebook(),
            self._actor,
            now=self._clock(),
            reason=reason,
            confirmed=confirmed,
            approvers=self._rules.approvers,
        )

    def preview_case(self, participant_id: int, edit: CaseEdit) -> CaseResult:
        """Return what the next run would do after an edit; see `bensync.actions.benefits.case_edits.preview`."""
        return case_edits.preview(
            self._store,
            self._site,
            participant_id,
            edit,
            self._rules.rulebook(),
            self._actor,
            now=self._clock(),
            approvers=self._rules.approvers,
        )

    def preview_census(self, content: bytes) -> CensusReport:
        """Return what loading a census of present coverage would do; see `bensync.actions.benefits.census.preview`."""
        self._require_benefits()
        return census.preview(
            self._store,
            self._site,
            content,
            self._rules.rulebook(),
            self._actor,
            self._clock(),
            approvers=self._rules.approvers,
        )

    def load_census(self, content: bytes, allowed: str) -> CensusReport:
        """Load a census of present coverage; see `bensync.actions.benefits.census.load`."""
        self._require_benefits()
        return census.load(
            self._store,
            self._site,
            content,
            allowed,
            self._rules.rulebook(),
            self._actor,
            self._clock(),
            approvers=self._rules.approvers,
        )

    def _require_benefits(self) -> None:
        if not self._rules.benefits:
            raise DecisionError(
                "No census was read.",
                f"The site {self._site} has no rulebook, which says which plans there are.",
                "Name one as `benefits` of the site. docs/how-to/write-a-rulebook.md says how to write it.",
            )

    def foresee(self, state: SiteState, request: Request) -> RequestOutlook | None:
        """Return what approving a request would do to coverage; None where nobody can say, or this person may not see.

        Args:
            state: the site, as it is being read.
            request: a request of it.

        Raises:
            ConfigError: the rulebook cannot be used.
        """
        sees = self._actor.may(Right.DECIDE, self._site) or self._actor.may(Right.SEE_PEOPLE, self._site)
        if not self._rules.benefits or not sees:
            return None
        return request_outlook(state, request, self._rules.rulebook(), self._clock().date())

    def reveal(self, subject: reveals.Subject, reason: str) -> str:
        """Return the nine digits of an SSN; see `bensync.actions.reveal.reveal`."""
        return reveals.reveal(self._store, self._site, subject, self._actor, reason, self._clock(), self._notifier())

    def reject_plan(self, fingerprint: str, reason: str) -> None:
        """Record that a person reviewed the held changes of a plan and rejected them; they stay held.

        Raises:
            Denied: this actor may not decide here.
            DecisionError: the reason is missing.
        """
        now = self._clock()
        authorize(self._store, self._site, self._actor, Right.DECIDE, now, self._rules.approvers)
        reason = require_reason(reason, "Nothing was rejected.")
        with self._store.write(self._site, "plan.reject") as state:
            state.audit.record(self._actor.name, REJECT_PLAN, f"plan {fingerprint}", now, reason=reason)

    def _notifier(self) -> reveals.Notify:
        # Before the transaction: if the channels cannot be read, the action is refused and its notice is not lost.
        channels = self._rules.channels()

        def notify(state: SiteState, notice: Notice, now: datetime) -> None:
            state.notices.add(notice, now, channels)

        return notify


REJECT_PLAN = "plan.reject"
"""The verb in the audit trail."""
