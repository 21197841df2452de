"""A rehearsal of disasters against a copy of the live configuration: which guard catches what, told as a dated report.

HR is read once, as a run reads it; nothing is sent, no mail leaves, and the live database is only copied.
"""

from bensync.drill.rehearsal import Report, rehearse
from bensync.drill.scenes import Verdict

__all__ = ["Report", "Verdict", "rehearse"]
