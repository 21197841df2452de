"""Everything around bensync in processes of its own: HR, keys, an upload center; and a configuration for it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bensync.demo.company.company import API_KEY
from bensync.demo.keys import Keyring
from bensync.state.db.vault import new_state_key

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))

from tests.fixtures.openssh import openssh  # noqa: E402  # the tests are no installed package

PATIENCE = 60
"""Seconds to wait for an answer of the stage."""


@dataclass(frozen=True)
class Stage:
    """HR, and two databases: one whose queue fills up, one where everybody is approved.

    Attributes:
        folder: where all of it lies; configurations, databases and files that arrive are in it.
        keyring: keys of both sides, so that what was sent can be opened here.
        recipient: the key that files are sealed for.
        center: where files arrive, and how to sign in there.
    """

    folder: Path
    hr: str
    queueing: Path
    settled: Path
    courier: str
    keyring: Keyring
    recipient: str
    center: Any

    def company(self, path: str, method: str = "GET") -> dict[str, Any]:
        """Ask or stir the company: ``stats``, ``churn?percent=1``."""
        request = urllib.request.Request(f"{self.hr}/_company/{path}", method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            answered: dict[str, Any] = json.load(answer)
        return answered


@contextlib.contextmanager
def stage(employees: int, *, frozen: bool = False) -> Iterator[Stage]:
    """Set everything up; all of it is gone afterwards. For ``frozen`` see :func:`human_resources`."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bensync-benchmark-")))
        hr = stack.enter_context(human_resources(employees, frozen=frozen))
        keyring = stack.enter_context(Keyring())
        center, courier = stack.enter_context(_upload_center(folder))
        recipient = keyring.create("Benchmark")
        for name, text in (("state", new_state_key()), ("api", API_KEY), ("sftp", center.client_key)):
            key = folder / f"{name}.key"
            key.touch(0o600)
            key.write_text(text)
        configs = {}
        for name in ("queueing", "settled"):
            directory = folder / "incoming" / name
            directory.mkdir()
            configs[name] = folder / f"{name}.toml"
            seen = str(directory) if courier == "OpenSSH" else name
            configs[name].write_text(_configuration(folder, name, hr, recipient, keyring.home, center, seen))
        yield Stage(folder, hr, courier=courier, keyring=keyring, recipient=recipient, center=center, **configs)


@contextlib.contextmanager
def human_resources(employees: int, *, frozen: bool = False) -> Iterator[str]:
    """HR in a process of its own: the demo's fake, or the answers it wrote down once, which cost nothing to serve."""
    script = [str(HERE / "frozen_hr.py")] if frozen else ["-m", "bensync.demo.bamboohr", "--employees"]
    command = [sys.executable, *script, str(employees)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = process.stdout.readline().strip() if process.stdout else ""
            if not address:
                raise SystemExit("the fake BambooHR did not start")
            yield address.removesuffix("/api/v1")
        finally:
            process.terminate()


@contextlib.contextmanager
def _upload_center(folder: Path) -> Iterator[tuple[Any, str]]:
    root = folder / "incoming"
    root.mkdir()
    with contextlib.ExitStack() as stack:
        try:
            center = stack.enter_context(openssh(folder / "sshd", root))
        except (RuntimeError, FileNotFoundError):
            pass  # no sshd, or no ssh-keygen: the demo's own upload center stands in
        else:
            yield center, "OpenSSH"
            return
        command = [sys.executable, str(HERE / "upload_center.py"), str(root)]
        process = stack.enter_context(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        if process.stdin is None or process.stdout is None:
            raise SystemExit("the upload center did not start")
        with process.stdin:
            yield SimpleNamespace(**json.loads(process.stdout.readline())), "asyncssh"


def _configuration(folder: Path, name: str, hr: str, recipient: str, home: Path, center: Any, directory: str) -> str:
    return f"""
[state]
url = "sqlite:///{folder}/{name}.db"
key = "file:{folder}/state.key"
[sites.acme]
id = "ACME0001"
[sites.acme.source]
type = "bamboohr"
company = "acme"
history_days = 1
api_key = "file:{folder}/api.key"
base_url = "{hr}/api/v1"
[sites.acme.status]
active = ["Active", "Leave"]
inactive = ["Terminated"]
[sites.acme.feed]
recipient = "{recipient}"
gnupg_home = "{home}"
[sites.acme.upload_center]
type = "sftp"
host = "{center.host}"
port = {center.port}
user = "{center.user}"
private_key = "file:{folder}/sftp.key"
host_keys = ["{center.host_key}"]
directory = "{directory}"
"""
