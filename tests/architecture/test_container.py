"""What the container image promises, read from its instructions; no engine is needed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def stages() -> list[list[tuple[str, str]]]:
    """The instructions of each stage: a list of (word, rest), continued lines joined."""
    text = "\n".join(line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#"))
    lines = [line.strip() for line in re.sub(r"\\\n\s*", " ", text).splitlines() if line.strip()]
    instructions: list[list[tuple[str, str]]] = []
    for line in lines:
        word, rest = line.split(maxsplit=1)
        if word == "FROM":
            instructions.append([])
        instructions[-1].append((word, rest))
    return instructions


def rests(stage: list[tuple[str, str]], word: str) -> list[str]:
    return [rest for instruction, rest in stage if instruction == word]


def test_the_last_word_belongs_to_a_plain_user(stages):
    words = [word for word, _ in stages[-1]]
    (user,) = rests(stages[-1], "USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert words.index("USER") > max(number for number, word in enumerate(words) if word in {"RUN", "COPY"})


def test_everything_from_the_index_is_hash_checked(stages):
    steps = [
        step for stage in stages for run in rests(stage, "RUN") for step in run.split("&&") if "pip install" in step
    ]
    assert len(steps) == 3
    assert all("--require-hashes" in step or "--no-index --no-deps" in step for step in steps)


def test_the_container_starts_the_daemon_and_is_asked_for_its_health(stages):
    assert [json.loads(rest) for rest in rests(stages[-1], "ENTRYPOINT")] == [["bensync"]]
    assert [json.loads(rest) for rest in rests(stages[-1], "CMD")] == [["daemon"]]
    (health,) = rests(stages[-1], "HEALTHCHECK")
    assert json.loads(health.split("CMD", 1)[1]) == ["bensync", "daemon", "--ping"]


def test_all_that_changes_lies_on_the_volume(stages):
    (volume,) = json.loads(rests(stages[-1], "VOLUME")[0])
    environment = dict(pair.split("=", 1) for rest in rests(stages[-1], "ENV") for pair in rest.split())
    assert environment["GNUPGHOME"].startswith(f"{volume}/")
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"
    assert rests(stages[-1], "WORKDIR") == [volume]


def test_whatever_is_copied_is_there_and_not_ignored(stages):
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copies = [rest for stage in stages for rest in rests(stage, "COPY") if "--from=" not in rest]
    sources = [source for copy in copies for source in copy.split()[:-1]]
    assert sorted(sources) == sorted(allowed)
    assert all((ROOT / source).exists() for source in sources)


def test_the_image_holds_gpg_and_no_installer_of_packages(stages):
    assert any("gnupg" in run for run in rests(stages[-1], "RUN"))
    assert any(run.rstrip().endswith("uninstall --yes pip") for run in rests(stages[0], "RUN"))
