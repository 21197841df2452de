"""The scripts behind the two commands, on machines that lack something."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Machine:
    """A folder of programs that stands for the PATH of a machine; what they are asked to do is written to a list."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls = folder / "calls"
        for name in ("tee", "chmod", "rm", "systemctl"):
            self.has(name, f'echo {name} "$@" >>{self.calls}')
        for name in ("sh", "env", "dirname", "cat"):
            (folder / name).symlink_to(shutil.which(name))

    def has(self, name: str, script: str) -> None:
        program = self.folder / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def has_apt(self, *, brings: str = "", fails: bool = False) -> None:
        outcome = "exit 100" if fails else f": >{self.folder / brings}; /bin/chmod 755 {self.folder / brings}"
        self.has(
            "apt-get",
            f'echo apt-get "$@" >>{self.calls}; case "$*" in *install*) {outcome if brings or fails else ":"} ;; esac',
        )

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        paths = {"PATH": str(self.folder)} | environment
        return subprocess.run(command, cwd=ROOT, env=paths, capture_output=True, text=True, timeout=60)

    def packages(self, *programs: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run("/bin/sh", str(ROOT / "scripts" / "debian-packages"), *programs, **environment)

    def asked(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def as_root(machine: Machine) -> None:
    machine.has("id", "echo 0")


def as_a_person(machine: Machine) -> None:
    machine.has("id", "echo 1000")


def test_nothing_is_asked_of_a_machine_that_has_it_all(machine):
    machine.has("gpg", ":")
    machine.has_apt()
    as_root(machine)
    assert machine.packages("gpg").returncode == 0
    assert machine.asked() == []


def test_root_gets_the_missing_package_and_no_service_is_started(machine):
    machine.has_apt(brings="gpg")
    as_root(machine)
    outcome = machine.packages("gpg")
    assert outcome.returncode == 0, outcome.stderr
    apt = [line for line in machine.asked() if line.startswith("apt-get")]
    assert apt[0].endswith(" update")
    assert apt[1].endswith(" install --yes --no-install-recommends gnupg")
    policy = "/usr/sbin/policy-rc.d"
    assert Path(policy).exists() or {f"tee {policy}", f"rm -f {policy}"} <= set(machine.asked())


def test_a_person_with_sudo_installs_through_it(machine):
    machine.has_apt(brings="gpg")
    machine.has("sudo", f'echo sudo >>{machine.calls}; [ "$1" != -n ] || shift; "$@"')
    machine.has("true", ":")
    as_a_person(machine)
    assert machine.packages("gpg").returncode == 0
    assert "sudo" in machine.asked()


@pytest.mark.parametrize("forbidden", [False, True])
def test_a_user_who_may_not_install_sees_the_command(machine, forbidden):
    machine.has_apt(brings="gpg")
    (as_root if forbidden else as_a_person)(machine)
    outcome = machine.packages("gpg", **({"BENSYNC_APT": "no"} if forbidden else {}))
    assert outcome.returncode == 1
    assert "apt-get install --no-install-recommends gnupg" in outcome.stderr
    assert machine.asked() == []


def test_a_machine_without_apt_shows_what_is_missing(machine):
    as_root(machine)
    outcome = machine.packages("gpg")
    assert outcome.returncode == 1
    assert "Missing on this machine: gpg" in outcome.stderr


@pytest.mark.parametrize("fails", [True, False])
def test_an_installation_without_effect_is_not_taken_for_success(machine, fails):
    machine.has_apt(fails=fails)
    as_root(machine)
    outcome = machine.packages("gpg")
    assert outcome.returncode == 1
    assert "Missing on this machine: gpg" in outcome.stderr


def test_an_unknown_program_is_a_mistake_of_ours(machine):
    as_root(machine)
    assert machine.packages("abacus").returncode == 2


def test_a_python_that_is_too_old_is_refused_in_one_line(machine, tmp_path):
    machine.has("python3", 'case "$1" in --version) echo Python 3.9.2 ;; *) exit 1 ;; esac')
    outcome = machine.run("/bin/sh", "scripts/environment", "python3", str(tmp_path / "venv"))
    assert outcome.returncode == 1
    assert outcome.stderr.splitlines()[0] == "Python 3.9.2 does not fit: Python 3.11 to 3.14 is needed."
    assert not (tmp_path / "venv").exists()


def test_a_python_without_venv_names_the_package_to_install(machine, tmp_path):
    machine.has("python3", f'case "$2" in *ensurepip*) exit 1 ;; esac; exec {sys.executable} "$@"')
    as_a_person(machine)
    machine.has_apt()
    outcome = machine.run("/bin/sh", "scripts/environment", "python3", str(tmp_path / "venv"))
    assert outcome.returncode == 1
    assert "apt-get install --no-install-recommends python3-venv" in outcome.stderr
