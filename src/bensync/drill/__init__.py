"""A rehearsal of disasters against a copy of the live configuration: which guard catches what, told as a dated report.

HR is read once, as a run reads it; nothing is sent, no mail leaves, and the live database is only copied.
"""

from bensync.drill.rehearsal import DrillReport, rehearse
from bensync.drill.scenes import SceneResult

__all__ = ["DrillReport", "SceneResult", "rehearse"]
