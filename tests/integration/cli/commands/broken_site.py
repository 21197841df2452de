"""A deployment in which the file of one site is broken."""

from __future__ import annotations

import json
import subprocess

from tests.fixtures.deployed import Deployed

BROKEN = "sites.d/bad.toml is not valid TOML."


def asked(deployed: Deployed, *words: str) -> dict[str, object]:
    answer: subprocess.CompletedProcess[str] = deployed.call(*words, "--json")
    shown: dict[str, object] = json.loads(answer.stdout)
    return shown
