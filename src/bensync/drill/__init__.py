"""A drill: simulated disasters on a copy of a live site, and a dated report of which guard catches which.

HR is read once, as a run reads it. Nothing is sent, no mail leaves, and the live database is only copied.
"""

from bensync.drill.rehearsal import DrillReport, rehearse
from bensync.drill.scenes import SceneResult

__all__ = ["DrillReport", "SceneResult", "rehearse"]
