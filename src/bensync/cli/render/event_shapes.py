"""The JSON shapes of benefit events, activities, coverage and COBRA records; more keys may come, none goes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bensync.benefits.engine.run import CaseResult
    from bensync.benefits.values.cobra import Clocks, CobraRecord
    from bensync.benefits.values.enrollments import Assignment, Enrollment, Terms
    from bensync.benefits.values.events import Event
    from bensync.benefits.values.offers import Choice, EligibilityFinding, Offer, Option, Prepared, Remark
    from bensync.pipeline.events import EventRunReport
    from bensync.state.read.event_lists import (
        ActivityLine,
        CobraLine,
        CoverageLine,
        EventLine,
        RemarkLine,
        SearchLine,
        Summary,
        Who,
    )

Shape = dict[str, Any]


def who(found: Who) -> Shape:
    """Whom a line is about."""
    return {"participant": found.participant_id, "employee_id": found.employee_id, "name": found.name}


def event_line(line: EventLine, site: str) -> Shape:
    """One event of a list; ``event`` is what commands call it."""
    return {
        "event": f"p{line.who.participant_id}/{line.number}",
        "site": site,
        "person": who(line.who),
        "number": line.number,
        "class": line.event_class,
        "date": line.event_date,
        "priority": line.priority,
        "source": line.source,
        "status": line.status,
        "process": line.process,
        "indicator": line.indicator,
        "flags": list(line.flags),
        "final": line.final,
        "program": line.program,
        "loss_of_all": line.stops_short,
        "notified": line.notified,
        "entered": line.entered,
        "finished": line.finished,
    }


def event(found: Event, rows: Iterable[Enrollment], findings: Iterable[EligibilityFinding]) -> Shape:
    """What one event means, beside its line: offers, elections, endings, remarks, postings."""
    return {
        "action": found.action,
        "reason": found.reason,
        "schedule": found.schedule,
        "activities": list(found.activities),
        "prepared": _prepared(found.prepared) if found.prepared is not None else None,
        "choices": [_choice(one) for one in found.choices],
        "messages": [remark(one) for one in found.messages],
        "posted": [enrollment(row) for row in rows],
        "eligibility": [finding(one) for one in findings],
    }


def _prepared(found: Prepared) -> Shape:
    return {
        "loss_of_all": found.loss_of_all,
        "offers": [_offer(offer) for offer in found.offers],
        "endings": [
            {
                "plan_type": one.plan_type,
                **terms(one.terms),
                "last_day": one.last_day,
                "cobra": one.cobra,
                "waives": one.waives,
            }
            for one in found.endings
        ],
        "updates": [
            {"plan_type": one.plan_type, "old": terms(one.old), "new": terms(one.new), "begin": one.begin}
            for one in found.updates
        ],
        "remarks": [remark(one) for one in (*found.remarks, *found.faults)],
    }


def _offer(found: Offer) -> Shape:
    return {
        "plan_type": found.plan_type,
        "held": found.held,
        "options": [_option(one) for one in found.options],
        "default": terms(found.default) if found.default is not None else None,
        "auto_add": found.auto_add,
        "waivable": found.waivable,
    }


def _option(found: Option) -> Shape:
    return {
        **terms(found.terms),
        "begin": found.begin,
        "deduction_begin": found.deduction_begin,
        "proof": found.proof,
        "history_only": found.history_only,
        "minimum": money(found.minimum),
        "maximum": money(found.maximum),
    }


def _choice(found: Choice) -> Shape:
    return {
        "plan_type": found.plan_type,
        "plan": found.plan,
        "option": found.option,
        "contribution": money(found.contribution),
        "proof": found.proof,
    }


def terms(found: Terms) -> Shape:
    """What a coverage is; money as text, a month's."""
    return {
        "plan": found.plan,
        "option": found.option,
        "amount": money(found.amount),
        "employee": money(found.employee),
        "company": money(found.company),
        "contribution": money(found.contribution),
        "tax": found.tax,
        "account": found.account,
    }


def money(amount: Decimal | None) -> str | None:
    """An amount as text, so that no script rounds it."""
    return None if amount is None else f"{amount:f}"


def remark(found: Remark | RemarkLine) -> Shape:
    """Why something was left, skipped or refused."""
    return {
        "code": found.code,
        "event": found.event,
        "plan_type": found.plan_type,
        "plan": found.plan,
        "detail": found.detail,
    }


def finding(found: EligibilityFinding) -> Shape:
    """Whether a program, or a plan of it, fits, and the names of the facts that speak against it."""
    return {
        "program": found.program,
        "plan": found.plan,
        "fits": not found.against,
        "against": list(found.against),
    }


def enrollment(row: Enrollment) -> Shape:
    """One coverage row."""
    return {
        "number": row.number,
        "event": row.event,
        "plan_type": row.plan_type,
        "step": row.step,
        "coverage": row.coverage,
        "effective_date": row.effective_date,
        "deduction_begin": row.deduction_begin,
        "terms": terms(row.terms),
        "salary_override": money(row.salary_override),
        "reversed": row.reversed,
    }


def coverage_line(line: CoverageLine, site: str) -> Shape:
    """One coverage row of a list."""
    return {
        "site": site,
        "person": who(line.who),
        "number": line.number,
        "event": line.event,
        "plan_type": line.plan_type,
        "plan": line.plan,
        "option": line.option,
        "step": line.step,
        "coverage": line.coverage,
        "effective_date": line.effective_date,
        "deduction_begin": line.deduction_begin,
        "reversed": line.reversed,
    }


def assignment(row: Assignment) -> Shape:
    """The program from a day on."""
    return {
        "event": row.event,
        "program": row.program,
        "effective_date": row.effective_date,
        "reversed": row.reversed,
    }


def activity(line: ActivityLine, site: str) -> Shape:
    """One activity; ``activity`` is what commands call it."""
    found = line.activity
    return {
        "activity": f"p{line.who.participant_id}/{found.id}",
        "site": site,
        "person": who(line.who),
        "number": found.id,
        "class": found.event_class,
        "date": found.event_date,
        "source": found.source,
        "action": found.action,
        "reason": found.reason,
        "final": found.final,
        "state": found.state,
        "request": found.request_id,
    }


def cobra(record: CobraRecord, clocks: Clocks) -> Shape:
    """One COBRA record, and by when each step is due."""
    from bensync.benefits.values.cobra import deadlines

    return {
        "event": record.event,
        "event_date": record.event_date,
        "action": record.action,
        "occurrence_date": record.occurrence_date,
        "until": record.until,
        "state": record.state,
        "employment_record": record.employment_record,
        "steps": [{"step": one.step, "due": one.due, "done": one.done} for one in deadlines(record, clocks)],
    }


def cobra_line(line: CobraLine, clocks: Clocks, site: str) -> Shape:
    """One COBRA record of a list."""
    return {"site": site, "person": who(line.who), **cobra(line.record, clocks)}


def outcome(found: CaseResult) -> Shape:
    """What a change and the run after it do."""
    return {
        "reversed": [enrollment(row) for row in found.reversed],
        "posted": [enrollment(row) for row in found.posted],
        "cobra": [
            {"event": one.event, "state": one.state, "occurrence_date": one.occurrence_date} for one in found.cobra
        ],
        "carriers": list(found.carriers),
    }


def report(found: EventRunReport, site: str) -> Shape:
    """What a run of events did."""
    return {
        "id": found.run_id or None,
        "site": site,
        "counts": dict(found.counts),
        "remarks": dict(found.remarks),
        "carriers": list(found.carriers),
    }


def remark_line(line: RemarkLine) -> Shape:
    """One remark of a run, and whom it is about."""
    return {"person": who(line.who), **remark(line)}


def summary(found: Summary, site: str) -> Shape:
    """A run of events with its totals."""
    return {
        "id": found.run_id,
        "site": site,
        "as_of": found.as_of,
        "actor": found.actor,
        "state": found.state,
        "started_at": found.started_at,
        "ended_at": found.ended_at,
        "counts": dict(found.counts),
        "remarks": dict(found.remarks),
        "error": dict(found.error) or None,
    }


def search(line: SearchLine, site: str) -> Shape:
    """One search for passive events."""
    return {
        "site": site,
        "passive": line.passive,
        "first_day": line.first_day,
        "last_day": line.last_day,
        "found": line.found,
        "actor": line.actor,
        "at": line.at,
    }
