"""Corrections in the benefits platform by an authorized person, audited with a reason. HR is not changed.

Employees may correct their own address and contacts, if their role was granted that (S1-10). Two people correct an SSN.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

import msgspec

from bensync.actions.authorization import (
    REINSTATEMENT,
    SSN_CORRECTION,
    TERMINATION,
    authorize,
    refuse,
    require_reason,
    require_second_person,
)
from bensync.actions.reveal import Notify
from bensync.benefits.engine.approval_activities import Approval, activities_of
from bensync.benefits.rulebook.rulebook import Rulebook, standard
from bensync.core.access import OWN_FIELDS, SSN_CORRECTIONS_A_DAY, Actor, Right
from bensync.core.changes import GONE, ChangeKind
from bensync.core.intake.proposals import IntakeRules, changes
from bensync.core.people import Employee, Participant, Profile, Standing, Status, last_hire
from bensync.core.ports import Notice
from bensync.core.requests import Caution
from bensync.core.values.plausibility import Verdict, broken_rules
from bensync.core.values.ssn import check_ssn
from bensync.errors import CONFIRM, CORRECT_SSN, DecisionError, Denied, run_command
from bensync.mappings.catalogue import FIELDS, Catalogue, FieldType, normaliser
from bensync.state.site_state import SiteState
from bensync.state.store import Store
from bensync.wording.cautions import unconfirmed

_SSN_REFUSED = "The SSN was not changed."
_DAY = timedelta(days=1)


def edit(
    store: Store,
    site: str,
    participant_id: int,
    fields: Mapping[str, str],
    reason: str,
    actor: Actor,
    now: datetime,
    *,
    catalogue: Catalogue = FIELDS,
    book: Rulebook | None = None,
    approvers: Collection[str] = (),
) -> None:
    """Set fields of a participant; an empty text clears one.

    Pending requests stay: an approval compares them again with the participant as they are then (A-44). Only fields of
    ``catalogue`` can be set, and no SSN: see `correct_ssn`. The triggers of ``book`` decide which activities the
    correction makes.

    Raises:
        Denied: they may not correct this person, or one of these fields.
        DecisionError: there is no such participant or field, a value is not of its type, or the reason is missing.
    """
    _authorize_edit(store, site, participant_id, fields, actor, now, approvers)
    reason = require_reason(reason)
    with store.write(site, "participant.edit") as state:
        before = _get(state, participant_id)
        values = _edited(before.profile, fields, catalogue)
        _refuse_impossible(values, fields, now.date())
        _save_values(state, before, values, book, reason, actor, now)


def correct_ssn(
    store: Store,
    site: str,
    participant_id: int,
    ssn: str,
    reason: str,
    actor: Actor,
    now: datetime,
    *,
    notify: Notify,
    book: Rulebook | None = None,
    approvers: Collection[str] = (),
) -> None:
    """Give a participant another SSN, after two people entered the same one within a day (decision 62).

    Whether somebody else has the number decides the answer only for the second person. Otherwise, anybody who may
    correct people could find out an SSN by trying numbers. Each attempt is audited, limited, and reported.

    Args:
        store: the state.
        site: the site.
        participant_id: the participant.
        ssn: the SSN, as typed.
        reason: for the audit trail.
        actor: who enters it.
        now: the time.
        notify: queues the notice to the administrators.
        book: the rulebook, whose triggers decide which activities the correction makes.
        approvers: who may correct people on the command line.

    Raises:
        Denied: they may not correct people or reveal SSNs, or tried too often in 24 hours.
        StepUpNeeded: they must enter a fresh code first.
        DecisionError: the number cannot be an SSN, there is no such participant, the reason is missing, a second person
            must enter the same, or, for the second person, another participant has the number.
    """
    authorize(store, site, actor, Right.CORRECT, now, approvers)
    right = Right.REVEAL if actor.may(Right.REVEAL, site) else Right.BREAK_GLASS
    authorize(store, site, actor, right, now)
    reason = require_reason(reason, _SSN_REFUSED)
    number = _typed_ssn(ssn)
    about = f"participant {participant_id}"
    try:
        with store.write(site, "ssn.correct") as state:
            employee_id = _get(state, participant_id).profile.employee_id
            entry = state.audit.record(actor.name, SSN_CORRECTION, about, now, reason=reason)
            _limit_ssns(state, actor, now)
            notify(state, _attempt_notice(site, entry, actor, employee_id), now)
            # The trail must not hold the number; a keyed MAC shows whether two people entered the same one.
            mac = state.vault.mac(number.encode(), b"ssn correction").hex()[:16]
    except Denied:
        # The transaction was rolled back, its entry with it, so the refusal is recorded in one of its own.
        refuse(store, site, actor, right, now, "too often in 24 hours")
        raise
    require_second_person(store, site, actor, SSN_CORRECTION, f"{about}, number {mac}", now)
    with store.write(site, "participant.edit") as state:
        before = _get(state, participant_id)
        # Two participants with one SSN would be one person for every later file.
        if state.vault.index(number) != before.key and state.participants.by_keys([state.vault.index(number)]):
            raise DecisionError(_SSN_REFUSED, "Another participant has it.", "Correct the other participant first.")
        _save_values(state, before, {**before.profile.values, "ssn": number}, book, reason, actor, now)


def terminate(
    store: Store,
    site: str,
    participant_id: int,
    on: date,
    reason: str,
    actor: Actor,
    now: datetime,
    *,
    confirmed: bool = False,
    rules: IntakeRules | None = None,
    book: Rulebook | None = None,
    approvers: Collection[str] = (),
) -> None:
    """Terminate a participant. If HR shows them as active, the next run opens a request (S0-19, A-18).

    If HR does not have them any more, nothing is left to decide: their issue is over, and no run asks again (A-88).

    Args:
        store: the state.
        site: the site.
        participant_id: the participant.
        on: the termination date.
        reason: for the audit trail.
        actor: who terminates.
        now: the time.
        confirmed: whether the actor accepted that it ends all benefits, as for an approval of a termination.
        rules: the settings of the site, which may ask for two people as for the approval of a termination.
        book: the rulebook, whose triggers decide which activities the termination makes.
        approvers: who may correct people on the command line.

    Raises:
        Denied: this actor may not correct people.
        DecisionError: there is no such participant, they are terminated already, the date cannot be true, the caution
            is not confirmed, the reason is missing, or a second person must do the same.
    """
    authorize(store, site, actor, Right.CORRECT, now, approvers)
    reason = require_reason(reason)
    if _takes_two(ChangeKind.TERMINATE, on, now.date(), rules):
        # Before the first of two people counts: what would be refused anyway needs no second one.
        with store.read(site) as state:
            _refuse_termination(_get(state, participant_id), on, now, confirmed=confirmed)
        require_second_person(store, site, actor, TERMINATION, f"participant {participant_id}, {on}", now)
    with store.write(site, "participant.terminate") as state:
        before = _get(state, participant_id)
        _refuse_termination(before, on, now, confirmed=confirmed)
        profile = msgspec.structs.replace(before.profile, status=Status.INACTIVE)
        after = msgspec.structs.replace(
            before, standing=Standing.TERMINATED, profile=profile, termination_date=on, version=before.version + 1
        )
        _save(state, TERMINATION, _Change(ChangeKind.TERMINATE, before, after, on), book, reason, actor, now)
        if not GONE.isdisjoint(state.issues.codes_of(before.employee_id)):
            state.issues.resolve_all([before.employee_id], now)
            state.baselines.mark_gone([before.employee_id])


def reinstate(
    store: Store,
    site: str,
    participant_id: int,
    reason: str,
    actor: Actor,
    now: datetime,
    *,
    rules: IntakeRules | None = None,
    book: Rulebook | None = None,
    approvers: Collection[str] = (),
) -> None:
    """Make a terminated participant active again; ended coverages stay ended.

    Raises:
        Denied: this actor may not correct people.
        DecisionError: there is no such participant, they are active, the reason is missing, or a second person must do
            the same.
    """
    authorize(store, site, actor, Right.CORRECT, now, approvers)
    reason = require_reason(reason)
    if _takes_two(ChangeKind.REACTIVATE, now.date(), now.date(), rules):
        with store.read(site) as state:
            _refuse_reinstatement(_get(state, participant_id))
        require_second_person(store, site, actor, REINSTATEMENT, f"participant {participant_id}", now)
    with store.write(site, "participant.reinstate") as state:
        before = _get(state, participant_id)
        _refuse_reinstatement(before)
        profile = msgspec.structs.replace(before.profile, status=Status.ACTIVE)
        after = msgspec.structs.replace(
            before, standing=Standing.ACTIVE, profile=profile, termination_date=None, version=before.version + 1
        )
        change = _Change(ChangeKind.REACTIVATE, before, after, now.date())
        _save(state, REINSTATEMENT, change, book, reason, actor, now)


def _authorize_edit(
    store: Store,
    site: str,
    participant_id: int,
    fields: Mapping[str, str],
    actor: Actor,
    now: datetime,
    approvers: Collection[str],
) -> None:
    # Only a person with the right to their own record alone takes the second branch; everybody else is refused by
    # `authorize`, which records it.
    if actor.may(Right.CORRECT, site) or not actor.may(Right.CORRECT_OWN, site):
        authorize(store, site, actor, Right.CORRECT, now, approvers)
        unseen = [name for name in fields if not actor.sees(name)]
    else:
        with store.read(site) as state:
            participant = state.participants.by_ids([participant_id]).get(participant_id)
        own = participant is not None and participant.profile.employee_id in actor.own
        unseen = [name for name in fields if not own or name not in OWN_FIELDS]
    if unseen:
        refuse(store, site, actor, Right.CORRECT, now, "not these fields, or not of this person")
        why = "Their role does not include these fields."
        raise Denied(f"The user {actor.name} may not set {', '.join(unseen)} here.", why, "Ask the Data Owner.")


def _get(state: SiteState, participant_id: int) -> Participant:
    participant = state.participants.by_ids([participant_id]).get(participant_id)
    if participant is None:
        raise DecisionError(
            f"There is no participant {participant_id}.",
            "This site has no participant with that number.",
            "See `bensync people list`.",
            remedy=run_command("people list"),
        )
    return participant


def _edited(profile: Profile, fields: Mapping[str, str], catalogue: Catalogue) -> dict[str, str]:
    values = dict(profile.values)
    for name, text in fields.items():
        if name not in catalogue:
            raise DecisionError(
                f"There is no field {name!r}.",
                "The catalogue has no field with this name.",
                "Check the spelling; docs/reference/fields.md lists the fields.",
            )
        if catalogue[name].type is FieldType.SSN:
            why = "Two people must enter the same SSN."
            fix = "Correct it in HR, on the participant's page, or with `bensync people correct-ssn`."
            raise DecisionError(_SSN_REFUSED, why, fix, remedy=CORRECT_SSN)
        try:
            value = normaliser(catalogue[name].type)(text)
        except ValueError as error:
            raise DecisionError(
                f"{name} was not changed.", f"The value {error}.", "Write it in its usual form."
            ) from None
        values.pop(name, None)
        if value is not None:
            values[name] = value
    ordered = {name: values[name] for name in catalogue if name in values}
    # Catalogue order, which fingerprints depend on; a field that the catalogue no longer has goes last.
    return ordered | values


def _refuse_impossible(values: Mapping[str, str], fields: Collection[str], today: date) -> None:
    """Refuse what would block an employee of HR, such as a birth date in the future (sync-rules 3.16)."""
    for rule in broken_rules(values, fields, today):
        if rule.verdict is Verdict.BLOCK:
            what = f"{', '.join(sorted({*rule.fields} & {*fields}))} was not changed."
            raise DecisionError(what, f"The date {rule.text}.", "Check the year.")


def _refuse_termination(before: Participant, on: date, now: datetime, *, confirmed: bool) -> None:
    """Refuse to end somebody twice, a date that cannot be true, and a caution that nobody accepted."""
    if before.standing is Standing.TERMINATED:
        raise _nothing(before.id, f"The participant is terminated since {before.termination_date}.")
    what, values = "The participant was not terminated.", {**before.profile.values, "termination_date": on.isoformat()}
    broken = broken_rules(values, ("termination_date",), now.date())
    rule_text = next((rule.text for rule in broken if rule.verdict is Verdict.BLOCK), "")
    if before.hire_date is not None and on < before.hire_date:
        rule_text = "is before the last hire date"
    if rule_text:
        raise DecisionError(what, f"The date {rule_text}.", "Check the date, and the hire date of the participant.")
    if not confirmed:
        why, fix = unconfirmed(Caution.ENDS_BENEFITS), "Check person and date, then add --confirm."
        raise DecisionError(what, why, fix, remedy=CONFIRM)


def _refuse_reinstatement(before: Participant) -> None:
    if before.standing is Standing.ACTIVE:
        raise _nothing(before.id, "The participant is already active.")


def _takes_two(kind: ChangeKind, on: date, today: date, rules: IntakeRules | None) -> bool:
    """Return whether two people must make a manual change, as they must approve a request for the same."""
    if rules is None:
        return False
    # A termination and a reactivation are of high risk wherever they come from (sync-rules 3.6.6).
    chosen, far_back = rules.second_approver, today - on > rules.second_approver_after
    return kind.lower() in chosen or "high_risk" in chosen or ("far_back" in chosen and far_back)


def _typed_ssn(text: str) -> str:
    """Return the nine digits of a typed SSN; the checks are those for the SSNs of HR.

    Raises:
        DecisionError: it cannot be an SSN.
    """
    try:
        value = normaliser(FieldType.SSN)(text)
    except ValueError:
        value = None
    issue = check_ssn(Employee("", {"ssn": value} if value is not None else {}, ()))
    if value is None or issue is not None:
        why = "It is not nine digits of a number that can exist."
        raise DecisionError(_SSN_REFUSED, why, "Enter the nine digits of the Social Security card.")
    return value


def _limit_ssns(state: SiteState, actor: Actor, now: datetime) -> None:
    """Refuse an attempt above the limit; the entry just written counts, so two at once cannot both pass."""
    if state.audit.count(actor.name, SSN_CORRECTION, now - _DAY) > SSN_CORRECTIONS_A_DAY:
        why = f"One person can enter at most {SSN_CORRECTIONS_A_DAY} in 24 hours."
        raise Denied(_SSN_REFUSED, why, "Correct it in HR, or ask another Data Owner.")


def _attempt_notice(site: str, entry: int, actor: Actor, employee_id: str) -> Notice:
    body = (
        f"{actor.name} entered an SSN for HR employee {employee_id} of {site}.\n"
        "It takes effect when a second person enters the same.\n"
        f"The reason is in the audit trail, entry {entry}: bensync audit show {entry}\n"
        "If this is not expected, disable the account: bensync users disable NAME\n"
    )
    return Notice(f"ssn-correction:{site}:{entry}", f"An SSN of {site} was entered manually", body)


def _save_values(
    state: SiteState,
    before: Participant,
    values: Mapping[str, str],
    book: Rulebook | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    profile = msgspec.structs.replace(before.profile, values=values)
    after = msgspec.structs.replace(
        before,
        key=state.vault.index(values["ssn"]),
        profile=profile,
        hire_date=last_hire(values),
        version=before.version + 1,
    )
    _save(state, "participant.edit", _Change(ChangeKind.UPDATE, before, after, now.date()), book, reason, actor, now)


class _Change(msgspec.Struct, frozen=True):
    """A manual change: its kind, the participant before and after it, and its effective date."""

    kind: ChangeKind
    before: Participant
    after: Participant
    on: date


def _save(
    state: SiteState, verb: str, change: _Change, book: Rulebook | None, reason: str, actor: Actor, now: datetime
) -> None:
    before, after = change.before, change.after
    # Manual changes make activities exactly like approved requests: benefits do not depend on the way a change came.
    changed_fields = changes(after.profile, before)
    approval = Approval(change.kind, before, after, changed_fields, change.on, now.date())
    state.participants.save(after, now)
    state.cases.add(before.id, None, activities_of(approval, book or standard()))
    state.event_runs.call(now)
    state.audit.record(actor.name, verb, f"participant {before.id}", now, reason=reason, changes=changed_fields)


def _nothing(participant_id: int, why: str) -> DecisionError:
    return DecisionError(f"Participant {participant_id} was not changed.", why, "Nothing needs to be done.")
