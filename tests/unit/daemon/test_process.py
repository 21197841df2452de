"""The timer of the parent, when the clock was put back by a day and the next tick is a day away."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from bensync.daemon import process
from bensync.daemon.scheduler import Liveness


def test_a_clock_that_was_put_back_does_not_stop_the_ticks(monkeypatch):
    monkeypatch.setattr(process, "_WAKE", 0.02)
    parent = process.DaemonProcess.__new__(process.DaemonProcess)
    parent._web = None
    parent._pulse, parent._stopping, parent._again = Liveness(), threading.Event(), threading.Event()
    ticked = threading.Event()
    scheduler = process._scheduler()
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    scheduler.add_job(ticked.set, "interval", id="tick", seconds=60, next_run_time=tomorrow)
    scheduler.start()
    waiting = threading.Thread(target=parent._wait, args=(scheduler, 0.1))
    waiting.start()
    try:
        assert ticked.wait(60)
    finally:
        parent._stopping.set()
        waiting.join(60)
        scheduler.shutdown()
