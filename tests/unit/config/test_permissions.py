"""Whether other accounts of the machine can read the secrets of a configuration, or change it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bensync.config.permissions import check_permissions
from bensync.wiring import Deployment
from tests.unit.config.example import GOOD, written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A configuration whose files are as they should be."""
    key, home = tmp_path / "state.key", tmp_path / "gnupg"
    key.write_text("1:AAAA", encoding="ascii")
    key.chmod(0o640)
    home.mkdir(mode=0o700)
    tmp_path.chmod(0o755)
    path = written(tmp_path, GOOD.replace("env:BENSYNC_STATE_KEY", f"file:{key}").replace('"gnupg"', f'"{home}"'))
    path.chmod(0o644)
    return path


def details(path: Path) -> list[tuple[bool, str, str]]:
    settings = Deployment(path).settings
    findings = check_permissions(path, "acme", settings.sites["acme"], settings.state)
    return [(finding.ok, finding.detail, finding.fix) for finding in findings]


def test_files_of_the_owner_alone_are_fine(path: Path) -> None:
    assert [ok for ok, _, _ in details(path)] == [True]


@pytest.mark.parametrize(
    ("name", "mode", "fix"),
    [
        ("state.key", 0o644, "chmod 600"),
        ("state.key", 0o660, "chmod 600"),
        ("bensync.toml", 0o666, "chmod o-w"),
        (".", 0o777, "chmod o-w"),
        ("gnupg", 0o755, "chmod 700"),
    ],
)
def test_a_file_that_other_accounts_can_read_or_change_is_refused(path: Path, name: str, mode: int, fix: str) -> None:
    file = path.parent / name
    file.chmod(mode)
    ((ok, detail, advice),) = details(path)
    assert not ok
    assert detail.startswith(str(file))
    assert advice == f"Run `{fix} {file}`."


def test_a_shared_folder_in_which_only_owners_replace_files_is_fine(path: Path) -> None:
    path.parent.chmod(0o1777)
    assert [ok for ok, _, _ in details(path)] == [True]


def test_a_file_that_is_missing_is_not_judged_here(path: Path) -> None:
    (path.parent / "state.key").unlink()
    assert [ok for ok, _, _ in details(path)] == [True]
