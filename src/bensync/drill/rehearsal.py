"""Runs every scene of the drill, and judges what stopped the disaster."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from bensync.drill.scenes import Scene, SceneResult, scenes
from bensync.drill.stage import DrillRun, DrillStage
from bensync.wiring import Deployment


class DrillLine(msgspec.Struct, frozen=True):
    """The result of one scene.

    Attributes:
        caught_by: the error, the guard or the rule that stopped the disaster; else why it was not tried.
        alerts: the alerts that would have been raised.
    """

    fault: str
    verdict: SceneResult
    caught_by: str
    alerts: tuple[str, ...] = ()


class DrillReport(msgspec.Struct, frozen=True):
    """The drill of one site."""

    site: str
    at: datetime
    people: int
    lines: tuple[DrillLine, ...]

    @property
    def missed(self) -> int:
        """The number of disasters that nothing stopped."""
        return sum(line.verdict is SceneResult.MISSED for line in self.lines)


def rehearse(deployment: Deployment, site: str, now: datetime, progress: Callable[[str], None]) -> DrillReport:
    """Run every scene on a copy of one site, and return the report.

    Raises:
        BensyncError: no copy can be made, or HR cannot be read now.
    """
    # The folder is private and is removed at the end: it holds copies of the database and a file for each scene.
    with tempfile.TemporaryDirectory(prefix="bensync-drill-") as folder:
        stage = DrillStage(deployment, site, Path(folder), now)
        stage.prepare(progress)
        lines = []
        for scene in scenes():
            progress(scene.fault)
            trial = scene.play(stage)
            lines.append(_judged(scene, trial))
        return DrillReport(site, now, stage.people, tuple(lines))


def _judged(scene: Scene, trial: DrillRun | None) -> DrillLine:
    if trial is None:
        return DrillLine(scene.fault, SceneResult.NOT_TRIED, scene.why_not)
    # First: an error that names the right guard is worth nothing if a file left or somebody was terminated.
    harm = _harm(trial)
    if harm:
        return DrillLine(scene.fault, SceneResult.MISSED, harm, trial.alerts)
    if trial.settled:
        return DrillLine(scene.fault, SceneResult.CAUGHT, trial.said, trial.alerts)
    caught = _catcher(scene, trial)
    return DrillLine(
        scene.fault, SceneResult.CAUGHT if caught else SceneResult.MISSED, caught or "nothing stopped it", trial.alerts
    )


def _harm(trial: DrillRun) -> str:
    """Return the damage that was done: people moved, a file left, or the state contradicts itself; empty for none."""
    if trial.broken:
        return f"the state does not hold together: {trial.broken[0]}"
    if trial.active_after != trial.active_before:
        return f"{trial.active_before:,} people were active before it, {trial.active_after:,} after"
    if trial.error is not None and trial.arrived and not trial.settled:
        return "a file left although the run failed"
    return ""


def _catcher(scene: Scene, trial: DrillRun) -> str:
    """Return what stopped the disaster, if it is one of those that should have; else an empty text."""
    if trial.error is not None:
        text = str(trial.error)
        return f"{type(trial.error).__name__}: {text}" if any(word in text for word in scene.words) else ""
    if trial.plan is None:
        return ""
    named = [alarm for alarm in trial.plan.alarms if alarm.code in scene.words]
    if named:
        return "; ".join(f"{alarm.code}: {alarm.text}, held" for alarm in named)
    if trial.kept_back and not trial.plan.sends:
        return f"everybody is blocked by data issues: {', '.join(trial.kept_back)}"
    return ""
