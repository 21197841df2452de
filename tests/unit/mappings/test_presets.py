"""Presets that ship: whole, found by name, and read once."""

from __future__ import annotations

import itertools

import pytest

from bensync.mappings import presets
from bensync.mappings.catalogue import FIELDS
from bensync.mappings.source import load


def test_every_preset_of_a_source_is_whole_and_names_known_fields_only():
    for name in set(presets.names()) - set(presets.layouts()):
        mapping = load(name, {})
        named = [*mapping.fields, *itertools.chain.from_iterable(table.fields for table in mapping.tables.values())]
        assert set(named) <= set(FIELDS)
        assert len(named) == len(set(named)), "each field has one home"


def test_a_preset_that_does_not_ship_is_not_loaded():
    with pytest.raises(KeyError):
        load("nowhere", {})


def test_the_layouts_are_the_presets_that_name_the_columns_of_a_file():
    assert presets.layouts() == ("benetrac",)
