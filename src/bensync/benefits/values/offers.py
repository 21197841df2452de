"""Offers and elections: what one prepared event lets a participant choose, ends or updates, as frozen values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from bensync.benefits.values.election_details import ElectionDetails
from bensync.benefits.values.enrollments import Allocation, Terms


class CoverageOutcome(StrEnum):
    """The effect of an event on the present coverage of a plan type."""

    # S3-112 defines it.

    YES = "YES"
    NO = "NO"
    ONLY = "ONLY"
    """It will be ended."""
    FUTURE = "FUTURE"
    """It has not begun, and will be ended."""


class JobResult(StrEnum):
    """What one job adds to a sum over several jobs."""

    # S3-140 defines it.

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    NOT_EVALUATED = "not evaluated"


class FactTest(msgspec.Struct, frozen=True, omit_defaults=True):
    """One test of a rule of eligibility, with the value that the person had (S3-139).

    Attributes:
        field: the fact.
        passed: whether the value passes.
        value: the value; None for a blank one.
        alternative: whether one passed test of several is enough.
        one_of, none_of, starts_with, at_least, below, present: what the test wants, as in the rulebook.
        since: the day of the dated row that the value is from; None where HR keeps no date.
        jobs: of a sum, the field of each job and whether it counts.
    """

    field: str
    passed: bool
    value: str | None = None
    alternative: bool = False
    one_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    starts_with: tuple[str, ...] = ()
    at_least: Decimal | None = None
    below: Decimal | None = None
    present: bool | None = None
    since: date | None = None
    jobs: tuple[tuple[str, JobResult], ...] = ()

    @property
    def address(self) -> str:
        """Return `home` or `work` for a test of an address, else nothing."""
        if self.field in _HOME:
            return "home"
        return "work" if self.field in _WORK else ""


_HOME = frozenset({"postal_code", "state", "country", "city"})
_WORK = frozenset({"location_postal_code", "location_state", "location_country"})


class EligibilityFinding(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether a program, a plan of it or an option of the plan fits, and why.

    Attributes:
        program, plan, option: what was checked; an empty option stands for the plan, an empty plan for the program.
        against: the names of the facts that rule it out; it fits if there are none.
        tests: every test, passed or not; empty in findings of versions that kept names alone.
    """

    program: str
    plan: str
    against: tuple[str, ...]
    option: str = ""
    tests: tuple[FactTest, ...] = ()

    @property
    def geographic(self) -> bool:
        """Return whether an address decides; any other rule is a standard one (S3-139)."""
        return any(test.address for test in self.tests)


class Option(msgspec.Struct, frozen=True, omit_defaults=True):
    """One priced option that a person is eligible for; ``history_only`` cannot be chosen through this event.

    ``terms`` are what is granted without proof; ``proven``, where proof grants more, is what it grants.
    """

    terms: Terms
    begin: date
    deduction_begin: date
    proof: bool = False
    history_only: bool = False
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    proven: Terms | None = None


class Offer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The offer of one plan type: its options, and the default without an election.

    Attributes:
        held: what becomes of the present coverage.
        default: which of the options a final mark loads; None keeps what is there.
        auto_add: whether the default is loaded without anybody's mark (model K3).
        waivable: whether the present coverage may be waived through this event; ``waive_begin`` says from when.
        required: whether elections of the event must name the plan type (S3-164).
    """

    plan_type: str
    held: CoverageOutcome
    options: tuple[Option, ...]
    default: Terms | None = None
    auto_add: bool = False
    waivable: bool = True
    waive_begin: date | None = None
    required: bool = False

    @property
    def electable(self) -> bool:
        """Return whether anything can be elected."""
        return any(not option.history_only for option in self.options)

    def is_default(self, option: Option) -> bool:
        """Return whether an option is the default, apart from the dependents it covers."""
        default = self.default
        return default is not None and (option.terms.plan, option.terms.option) == (default.plan, default.option)


Elections = Mapping[str, Option | None]
"""Plan type -> the option that was validly chosen, or None where coverage was waived."""


class Ending(msgspec.Struct, frozen=True):
    """A coverage that ends, and its last day; ``waives`` where the event class cancels instead of ending (S4-10)."""

    plan_type: str
    terms: Terms
    last_day: date
    cobra: bool
    waives: bool = False


class Removal(msgspec.Struct, frozen=True):
    """A dependent who is not covered any more; ``cobra`` is the COBRA action code, empty where none arises."""

    dependent: int
    cobra: str = ""
    months: int = 0


class Update(msgspec.Struct, frozen=True):
    """A coverage that goes on with other figures, or without dependents who were dropped or became too old."""

    plan_type: str
    old: Terms
    new: Terms
    begin: date
    deduction_begin: date
    removals: tuple[Removal, ...] = ()


class Remark(msgspec.Struct, frozen=True):
    """One line of the report that is no posting: why something was left, skipped or refused. No personal data."""

    code: str
    event: int = 0
    plan_type: str = ""
    plan: str = ""
    detail: str = ""


class Prepared(msgspec.Struct, frozen=True, omit_defaults=True):
    """The meaning of an event for every plan type, before any election.

    ``faults`` say why it cannot be prepared; ``loss_of_all`` that every present coverage would end (S3-135). ``basis``
    names the data and rules that it follows from; empty in what earlier versions prepared.
    """

    offers: tuple[Offer, ...] = ()
    endings: tuple[Ending, ...] = ()
    updates: tuple[Update, ...] = ()
    remarks: tuple[Remark, ...] = ()
    faults: tuple[Remark, ...] = ()
    loss_of_all: bool = False
    basis: bytes = b""

    @property
    def electable(self) -> bool:
        """Return whether anything can be elected."""
        return any(offer.electable for offer in self.offers)

    @property
    def idle(self) -> bool:
        """Return whether the event can change nothing."""
        # A loss of all coverage can come without endings: no program is left, and no termination rule says when it
        # ends.
        return not (self.electable or self.endings or self.updates or self.loss_of_all)

    @property
    def needs_person(self) -> bool:
        """Return whether a person must elect or confirm before anything is posted."""
        # An offer with `auto_add` loads its default without anybody (model K3).
        return self.loss_of_all or any(offer.electable and not offer.auto_add for offer in self.offers)


class Choice(msgspec.Struct, frozen=True):
    """An election for one plan type; an empty plan waives. ``proof``: the required proof was received.

    ``dependents`` and ``beneficiaries`` are None where nobody named any: those of the present coverage stay.
    ``details`` are what its plan type takes besides.
    """

    plan_type: str
    plan: str = ""
    option: str = ""
    contribution: Decimal | None = None
    proof: bool = False
    dependents: tuple[int, ...] | None = None
    beneficiaries: tuple[Allocation, ...] | None = None
    details: ElectionDetails | None = None


DIFFERENCES = frozenset({"no_longer_offered", "newly_offered", "figures_changed", "default_changed", "ending_changed"})
"""The codes of remarks on what differs from the statement."""


def differences(statement: Prepared, anew: Prepared, event: int) -> tuple[Remark, ...]:
    """Return what differs between the offers of a statement and those of another day; no figure is named (S3-174).

    Args:
        statement: what was prepared when the person was asked.
        anew: what is prepared now.
        event: the number of the event.
    """
    return tuple(_differences(statement, anew, event))


def _differences(statement: Prepared, anew: Prepared, event: int) -> Iterator[Remark]:
    before = {offer.plan_type: offer for offer in statement.offers}
    now = {offer.plan_type: offer for offer in anew.offers}
    for kind in dict.fromkeys((*before, *now)):
        yield from _of_kind(kind, before.get(kind), now.get(kind), event)
    ends, ends_now = ({ending.plan_type: ending for ending in side.endings} for side in (statement, anew))
    for kind in dict.fromkeys((*ends, *ends_now)):
        if ends.get(kind) != ends_now.get(kind):
            yield Remark("ending_changed", event, kind, (ends.get(kind) or ends_now[kind]).terms.plan)


def _of_kind(kind: str, before: Offer | None, now: Offer | None, event: int) -> Iterator[Remark]:
    options, options_now = (_electable(offer) for offer in (before, now))
    for plan, option in dict.fromkeys((*options, *options_now)):
        old, new = options.get((plan, option)), options_now.get((plan, option))
        if new is None:
            yield Remark("no_longer_offered", event, kind, plan, option)
        elif old is None:
            yield Remark("newly_offered", event, kind, plan, option)
        elif old.terms != new.terms:
            yield Remark("figures_changed", event, kind, plan, option)
    defaults = [offer.default if offer is not None else None for offer in (before, now)]
    chosen = [(terms.plan, terms.option) if terms is not None else ("", "") for terms in defaults]
    if chosen[0] != chosen[1]:
        yield Remark("default_changed", event, kind, *chosen[1])


def _electable(offer: Offer | None) -> Mapping[tuple[str, str], Option]:
    options = offer.options if offer is not None else ()
    return {(option.terms.plan, option.terms.option): option for option in options if not option.history_only}
