"""The order of work: gather, plan, carry out. Knows the ports, and no hand behind them."""

from bensync.pipeline.alerting import send_notices
from bensync.pipeline.carry_out import settle
from bensync.pipeline.context import MANUAL, SCHEDULE, Progress, ReceiverContext, RunOptions, SenderContext
from bensync.pipeline.events import EventRunOptions, EventRunReport, begin_events, follow_up, run_events
from bensync.pipeline.passive import SiteSearchResult, search_site
from bensync.pipeline.receive import IntakeOptions, IntakeReport, receive
from bensync.pipeline.runs import RunReport, confirm, recover, rehearse, retry, run

__all__ = [
    "MANUAL",
    "SCHEDULE",
    "EventRunOptions",
    "EventRunReport",
    "IntakeOptions",
    "IntakeReport",
    "Progress",
    "ReceiverContext",
    "RunOptions",
    "RunReport",
    "SenderContext",
    "SiteSearchResult",
    "begin_events",
    "confirm",
    "follow_up",
    "receive",
    "recover",
    "rehearse",
    "retry",
    "run",
    "run_events",
    "search_site",
    "send_notices",
    "settle",
]
