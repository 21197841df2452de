"""The shape of activities, apart from that of events, because people show it without the engine of benefits."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field

from bensync.api_shapes.base import Error, Shape, Subject, copied, subject
from bensync.benefits.values.activities import ActivitySource, ActivityState

if TYPE_CHECKING:
    from bensync.benefits.values import activities
    from bensync.errors import BensyncError
    from bensync.state.read.event_lists import ActivityLine
    from bensync.wording.visibility import Visibility


class Activity(Shape):
    """One activity: the trace of an approved change, on its way to an event."""

    activity: str = Field(description="the name that commands take, such as `p7/3`")
    site: str
    person: Subject
    number: int
    event_class: str
    event_date: date
    source: ActivitySource
    action: str
    reason: str
    final: bool
    state: ActivityState
    request: int | None


def activity(trace: activities.Activity, person: Subject, site: str) -> Activity:
    """Return one activity."""
    name = f"p{person.participant}/{trace.id}"
    return copied(Activity, trace, activity=name, site=site, person=person, number=trace.id, request=trace.request_id)


class RefusedActivity(Error):
    """An activity that was not changed, and why."""

    activity: str = Field(description="the name that commands take, such as `p7/3`")


def refused_activity(name: str, error: BensyncError) -> RefusedActivity:
    """Return an activity that was not changed, and why."""
    return RefusedActivity.model_validate({"activity": name, **error.as_json()})


def activity_entry(line: ActivityLine, site: str, visibility: Visibility | None = None) -> Activity:
    """Return one activity of a list."""
    return activity(line.activity, subject(line.who, visibility), site)
