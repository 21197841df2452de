"""The effect of an approval on coverage, in sentences (S0-26). Amounts are only for roles that can see pay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from bensync.benefits.engine.outlook import Disturbance, Outlook, Shift
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.cobra import CobraRecord
from bensync.benefits.values.enrollments import Terms
from bensync.benefits.values.events import Event, Flag
from bensync.benefits.values.offers import Update
from bensync.wording import benefits, sync


class OutlookSentence(msgspec.Struct, frozen=True):
    """One effect, and the tone that shows how serious it is."""

    text: str
    tone: str = ""


class OutlookSentences:
    """Writes the effects of an outlook as sentences.

    Args:
        book: the rulebook of the employer.
        figures: whether amounts and contributions are included.
    """

    def __init__(self, book: Rulebook, *, figures: bool) -> None:
        self._book = book
        self._figures = figures

    def sentences(self, outlook: Outlook) -> Sequence[OutlookSentence]:
        """Return the effects, most urgent first."""
        return (
            *(self._stop(event) for event in outlook.stops),
            *self.shifts(outlook.shifts),
            *self._queued(outlook),
            *self.cobra(outlook.cobra),
            *(
                OutlookSentence(
                    f"COBRA does not start. Without this change, it would start on {sync.day(record.occurrence_date)}."
                )
                for record in outlook.spared
            ),
            *self._offers(outlook),
            *(self._disturbed(disturbance) for disturbance in outlook.disturbed),
            *self._remarks(outlook),
            *self._carriers(outlook.carriers),
        )

    def shifts(self, shifts: Sequence[Shift]) -> Iterator[OutlookSentence]:
        """Return the coverages that end, then those that change, then those that start."""
        yield from (self._end(shift) for shift in shifts if shift.after is None)
        yield from (self._change(shift) for shift in shifts if shift.before is not None and shift.after is not None)
        yield from (self._begin(shift) for shift in shifts if shift.before is None)

    def cobra(self, records: Iterable[CobraRecord]) -> Iterator[OutlookSentence]:
        """Return the COBRA records that open."""
        yield from (
            OutlookSentence(f"COBRA starts on {sync.day(record.occurrence_date)}.", "warn") for record in records
        )

    def update(self, update: Update) -> str:
        """Return the new amounts of a coverage that continues, as its event prepared them."""
        # By the sentence of a shift, so that the page of the event and the outlook of the request say the same.
        return self._change(Shift(update.plan_type, update.begin, None, update.old, update.new)).text

    def _end(self, shift: Shift) -> OutlookSentence:
        name = self._name(shift, shift.before)
        if shift.unbegun:
            return OutlookSentence(f"{name} does not start on {sync.day(shift.begin)}.", "bad")
        earlier = f" instead of {sync.day(shift.until)}" if shift.until is not None else ""
        return OutlookSentence(f"{name} ends. The last day is {sync.day(shift.last_day)}{earlier}.", "bad")

    def _begin(self, shift: Shift) -> OutlookSentence:
        until = f" and ends on {sync.day(shift.until)}" if shift.until is not None else ""
        return OutlookSentence(f"{self._name(shift, shift.after)} starts on {sync.day(shift.begin)}{until}.", "good")

    def _change(self, shift: Shift) -> OutlookSentence:
        old, new = shift.before or Terms("", ""), shift.after or Terms("", "")
        on = sync.day(shift.begin)
        if (old.plan, old.option) != (new.plan, new.option):
            return OutlookSentence(f"{self._name(shift, old)} changes to {self._name(shift, new)} on {on}.", "info")
        figures = self._figures_of(old, new) if self._figures else ""
        return OutlookSentence(f"{self._name(shift, new)} continues with new amounts from {on}{figures}.", "info")

    def _figures_of(self, old: Terms, new: Terms) -> str:
        """Return the first amount that differs, in the order in which people look for it."""
        named = (
            ("amount", "insured"),
            ("employee", "per month for the employee"),
            ("company", "per month for the company"),
        )
        for name, text in named:
            was, becomes = getattr(old, name), getattr(new, name)
            if was != becomes and becomes is not None:
                return f": ${becomes:,} {text}" + (f" instead of ${was:,}" if was is not None else "")
        return ""

    def _name(self, shift: Shift, terms: Terms | None) -> str:
        return benefits.coverage(self._book, shift.plan_type, terms or Terms("", ""))

    def _stop(self, event: Event) -> OutlookSentence:
        title = benefits.event_title(self._book, event)
        return OutlookSentence(f"{title} would end all coverage. It ends nothing until somebody marks it final.", "bad")

    def _queued(self, outlook: Outlook) -> Iterator[OutlookSentence]:
        """Yield the events that wait for another one; those marked final have a remark of their own."""
        # Otherwise the same wait would be said twice, in other words.
        remarked = {remark.event for remark in outlook.remarks if remark.code == "waits_behind"}
        for event in outlook.queued:
            if event.number not in remarked:
                title = benefits.event_title(self._book, event)
                yield OutlookSentence(
                    f"{title} waits until the event in process is finished. Its effect is known then.", "info"
                )

    def _offers(self, outlook: Outlook) -> Iterator[OutlookSentence]:
        # Grouped by event, in the order of the engine, so that one event is one sentence.
        for number in dict.fromkeys(event.number for event, _ in outlook.offers):
            offers = [offer for event, offer in outlook.offers if event.number == number]
            kinds = sync.listed([benefits.plan_type(offer.plan_type) for offer in offers], 6)
            first = min(option.begin for offer in offers for option in offer.options if not option.history_only)
            yield OutlookSentence(
                f"The participant can choose {kinds}, from {sync.day(first)} at the earliest.", "info"
            )

    def _disturbed(self, disturbance: Disturbance) -> OutlookSentence:
        name = f"{benefits.event_title(self._book, disturbance.event)} (event {disturbance.event.number})"
        posted = sync.count(len(disturbance.rows), "coverage row")
        if disturbance.disconnects:
            voiding = f" Voiding it would reverse {posted}." if disturbance.rows else ""
            return OutlookSentence(f"{name} loses the row that it is based on and can only be voided.{voiding}", "bad")
        flags = sync.listed([benefits.FLAGS[flag][0].lower() for flag in Flag if flag in disturbance.flags])
        kept = f" Its {posted} stay{'s' if len(disturbance.rows) == 1 else ''} in force." if disturbance.rows else ""
        return OutlookSentence(f"{name} needs review: {flags}.{kept}", "warn")

    def _remarks(self, outlook: Outlook) -> Iterator[OutlookSentence]:
        stopped = {event.number for event in outlook.stops}
        for remark in outlook.remarks:
            # The stop is already the first sentence.
            if remark.code != "loss_of_all" or remark.event not in stopped:
                yield OutlookSentence(benefits.refusal(remark, self._book), benefits.remark(remark.code)[2])

    def _carriers(self, codes: Sequence[str]) -> Iterator[OutlookSentence]:
        if codes:
            yield OutlookSentence(
                f"Carriers to notify: {sync.listed([benefits.carrier(self._book, code) for code in codes], 6)}."
            )
