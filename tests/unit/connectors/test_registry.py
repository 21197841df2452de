"""Connectors are found by name and loaded only when named."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from bensync.connectors import registry
from bensync.connectors.bamboohr import BambooHR
from bensync.connectors.csvfile import CsvFile
from bensync.errors import ConfigError


def plug_in(monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    point = EntryPoint("mine", target, registry.GROUP)
    monkeypatch.setattr(registry, "_installed", lambda: EntryPoints([point]))


def test_our_own_connectors_are_registered_the_same_way():
    assert {"bamboohr", "csvfile"} <= set(registry.names())
    assert registry.load("bamboohr") is BambooHR
    assert registry.load("csvfile") is CsvFile


def test_an_unknown_name_is_refused_with_the_installed_ones():
    with pytest.raises(ConfigError) as caught:
        registry.load("workday")
    assert "workday" in caught.value.what
    assert "bamboohr, csvfile" in caught.value.why


@pytest.mark.parametrize("target", ["no.such.module:Thing", "json:no_such_name"])
def test_a_plug_in_that_cannot_be_imported_is_a_fault_of_the_configuration(monkeypatch, target):
    plug_in(monkeypatch, target)
    with pytest.raises(ConfigError, match="cannot be loaded"):
        registry.load("mine")


@pytest.mark.parametrize("target", ["json:loads", "json:JSONDecoder", "json"])
def test_a_plug_in_that_is_no_connector_is_refused(monkeypatch, target):
    plug_in(monkeypatch, target)
    with pytest.raises(ConfigError, match="not usable"):
        registry.load("mine")


def test_listing_the_names_imports_no_connector():
    program = "import sys; from bensync.connectors.registry import names; names(); print('httpx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"
