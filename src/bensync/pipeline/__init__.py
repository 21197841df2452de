"""The order of work: gather, plan, carry out. Knows the ports, and no hand behind them."""

from bensync.pipeline.carry_out import settle
from bensync.pipeline.runs import Report, recover, rehearse, retry, run, send_notices
from bensync.pipeline.tools import Order, Progress, Tools

__all__ = ["Order", "Progress", "Report", "Tools", "recover", "rehearse", "retry", "run", "send_notices", "settle"]
