"""The tutorial, done by bash line by line in an empty folder; what it promises to show is compared with what is shown."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial" / "first-sync.md"
STEP = re.compile(
    r"(?:<!-- exit (?P<code>\d+) -->\n)?```bash\n(?P<script>.*?)```\n(?:\n```text\n(?P<shown>.*?)```\n)?", re.DOTALL
)
PATIENCE = 240.0  # seconds for the whole tutorial


class Step(msgspec.Struct, frozen=True):
    """One block for the shell, how its last command ends, and the lines that the page shows of its output."""

    script: str
    code: int
    shown: tuple[str, ...]


def steps() -> list[Step]:
    matches = STEP.finditer(TUTORIAL.read_text(encoding="utf-8"))
    return [
        Step(match["script"], int(match["code"] or 0), tuple((match["shown"] or "").splitlines())) for match in matches
    ]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path, for the agent of gpg puts a socket into it."""
    place = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    yield place
    subprocess.run(["gpgconf", "--homedir", str(place / "gnupg"), "--kill", "all"], capture_output=True, timeout=30)
    shutil.rmtree(place, ignore_errors=True)


def acted_out(folder: Path, tutorial: list[Step]) -> list[tuple[int, str]]:
    """The exit code and the output of every step, all in one shell, as the reader has it."""
    script = "".join(f'{step.script}echo "@@@ $?"\n' for step in tutorial)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    outer = {name: value for name, value in os.environ.items() if not name.startswith("BENSYNC_")}
    shell = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**outer, "PATH": path, "COLUMNS": "200", "LC_ALL": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )
    parts = re.split(r"^@@@ (\d+)\n", shell.stdout, flags=re.MULTILINE)
    return [(int(code), output) for output, code in zip(parts[::2], parts[1::2], strict=False)]


def shows(output: str, line: str) -> bool:
    """Whether a line of the output reads like this one: white space and what stands for ``...`` do not matter."""
    pattern = ".*".join(re.escape(" ".join(part.split())) for part in line.split("..."))
    words = [" ".join(text.split()) for text in output.splitlines()]
    wanted = line.split()
    return any(re.search(pattern, text) or _in_order(wanted, text.split()) for text in words)


def _in_order(wanted: list[str], shown: list[str]) -> bool:
    """Whether all words stand there in this order; a table may hold more columns than the page shows."""
    rest = iter(shown)
    return "..." not in wanted and all(word in rest for word in wanted)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_step_of_the_tutorial_works_and_shows_what_the_page_says(folder):
    tutorial = steps()
    done = acted_out(folder, tutorial)
    assert len(done) == len(tutorial), done[-1:]
    for step, (code, output) in zip(tutorial, done, strict=True):
        assert code == step.code, f"{step.script}\n{output}"
        missing = [line for line in step.shown if not shows(output, line)]
        assert not missing, f"{step.script}\n{output}"
    assert sorted(path.name for path in (folder / "inbox").iterdir()) == [
        "ACME0001_DELTA_000002.csv.gpg",
        "ACME0001_DELTA_000003.csv.gpg",
        "ACME0001_FULL_000001.csv.gpg",
    ]


def test_the_tutorial_has_steps_and_promises():
    tutorial = steps()
    assert len(tutorial) >= 10
    assert sum(bool(step.shown) for step in tutorial) >= 8
    assert not shows("risk LOW", "risk HIGH")
    assert shows("T,2,ab12", "T,2,...")
