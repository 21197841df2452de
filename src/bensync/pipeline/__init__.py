"""The order of work: gather, plan, carry out. Knows the ports, and no hand behind them."""

from bensync.pipeline.alerting import send_notices
from bensync.pipeline.carry_out import settle
from bensync.pipeline.context import MANUAL, SCHEDULE, Order, Progress, Reception, Tools
from bensync.pipeline.events import EventsOrder, EventsReport, begin_events, follow_up, work_off_events
from bensync.pipeline.passive import Sought, seek
from bensync.pipeline.receive import Asked, Intake, receive
from bensync.pipeline.runs import Report, confirm, recover, rehearse, retry, run

__all__ = [
    "MANUAL",
    "SCHEDULE",
    "Asked",
    "EventsOrder",
    "EventsReport",
    "Intake",
    "Order",
    "Progress",
    "Reception",
    "Report",
    "Sought",
    "Tools",
    "begin_events",
    "confirm",
    "follow_up",
    "receive",
    "recover",
    "rehearse",
    "retry",
    "run",
    "seek",
    "send_notices",
    "settle",
    "work_off_events",
]
