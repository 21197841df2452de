"""What the documents show is what happens: the demo of the README, and the example of the file."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import tempfile

import pytest

from bensync.mappings import feed, presets
from bensync.mappings.catalogue import FIELDS
from tests.architecture.checks.pages import text_of


def test_the_demo_shows_what_the_readme_says():
    promised = re.search(r"<!-- demo -->\n```text\n(.*?)```", text_of("README.md"), re.DOTALL)[1].splitlines()
    # A short path, because GnuPG puts sockets into the folder.
    with tempfile.TemporaryDirectory(prefix="d-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        outcome = subprocess.run(
            [sys.executable, "-m", "bensync", "demo", "--folder", f"{folder}/d"],
            env={**os.environ, "COLUMNS": "400"},
            capture_output=True,
            text=True,
            timeout=240,
        )
    assert outcome.returncode == 0, outcome.stderr
    shown = " ".join(_counted(outcome.stdout).split())
    place = 0
    for line in promised:
        place = shown.find(_counted(" ".join(line.split())), place)
        assert place >= 0, f"{line!r} is not shown, or in another order"


def _counted(text: str) -> str:
    """Return the text with every request number replaced: their order is not fixed."""
    return re.sub(r"Request \d+", "Request N", text)


def example(name: str, language: str) -> str:
    page = text_of("docs/reference/file-format.md")
    return re.search(rf"<!-- {name} -->\n```{language}\n(.*?)```", page, re.DOTALL)[1]


def test_the_example_of_the_file_can_be_read_back_and_written_the_same(tmp_path):
    content = example("example", "csv").replace("\n", "\r\n").encode()
    names = next(csv.reader([example("example", "csv").splitlines()[1]]))[5:]
    columns = presets.load("benetrac")["columns"]
    fields = tuple(name for name in FIELDS if columns.get(name, name.upper()) in names)
    layout = feed.load("benetrac", fields, dated_rows=True)
    parsed = feed.parse(layout, content)
    assert b"".join(feed.render(layout, parsed.header, parsed.profiles)) == content
    assert len(parsed.profiles) == 2


@pytest.mark.parametrize("cut", [False, True])
def test_the_check_of_the_file_finds_a_file_that_was_cut(tmp_path, cut):
    lines = example("example", "csv").splitlines()
    kept = [line for line in lines if not (cut and line.startswith("E,102"))]
    (tmp_path / "plain.csv").write_bytes("".join(f"{line}\r\n" for line in kept).encode())
    outcome = subprocess.run(
        [sys.executable, "-c", example("check", "python")], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert (outcome.returncode == 0) is not cut
    assert ("2 employees, whole" in outcome.stdout) is not cut
