"""Commands where no job queue is configured."""

from __future__ import annotations

from tests.fixtures.deployed import Deployed


def test_without_a_queue_nothing_is_deferred(deployed: Deployed) -> None:
    answer = deployed.call("--site", "north", "sync", "--defer")

    assert answer.returncode == 2
    assert "procrastinate" in answer.stderr
