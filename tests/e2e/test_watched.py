"""A refusal that a person reads on the command line is no alert; the same refusal of a timer is one (decision 81)."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from tests.e2e.world import World


def sync(employer: World, *, typed: bool) -> tuple[int, str]:
    """The code and the errors of `bensync sync`, typed at a terminal or started by a timer."""
    command = [sys.executable, "-m", "bensync", "--config", str(employer.config), "sync"]
    if not typed:
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        return outcome.returncode, outcome.stderr
    terminal, end = pty.openpty()
    with subprocess.Popen(command, stdin=end, stdout=end, stderr=end) as process:
        os.close(end)
        read = bytearray()
        # Linux ends the reading with an error once the other end is closed.
        try:
            while part := os.read(terminal, 4096):
                read += part
        except OSError:
            pass
    os.close(terminal)
    return process.returncode, read.decode()


def alerts(employer: World) -> list[str]:
    return [str(mail["Subject"]) for mail in employer.mailbox.messages]


@pytest.mark.parametrize("typed", [True, False])
def test_a_refused_sync_sends_an_alert_unless_a_person_typed_it(acme: World, *, typed: bool) -> None:
    code, text = sync(acme, typed=typed)

    assert code == 12
    assert "There is no baseline yet" in text
    assert len(alerts(acme)) == (0 if typed else 1)
    assert acme.rows("select state from run") == [("FAILED",)]


def test_an_outage_is_an_alert_even_for_the_person_who_typed_the_sync(staffed: World) -> None:
    staffed.company.update("2", city="Toledo")
    away = staffed.center.root.with_name("away")
    staffed.center.root.rename(away)

    code, _ = sync(staffed, typed=True)

    assert code != 0
    assert len(alerts(staffed)) == 1
