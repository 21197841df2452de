"""The configuration that `bensync init` writes."""

from __future__ import annotations

import tomllib
from datetime import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from bensync.cli.commands.setup.template import EXAMPLE, FILL_IN, fields, render, tables, written
from bensync.delivery.gpg import GpgSettings


def test_the_values_come_back_as_they_were_given():
    raw = tomllib.loads(render("acme", EXAMPLE))
    site = raw["sites"]["acme"]
    assert raw["state"] == EXAMPLE["state"]
    assert site["id"] == EXAMPLE["id"]
    for table in ("source", "status", "feed", "upload_center"):
        assert site[table] == EXAMPLE[table]


def test_a_name_with_odd_characters_is_quoted():
    assert list(tomllib.loads(render('a.b "c"', EXAMPLE))["sites"]) == ['a.b "c"']


def test_what_is_missing_is_marked():
    raw = tomllib.loads(render("acme", {**EXAMPLE, "id": None}))
    assert raw["sites"]["acme"]["id"] == FILL_IN


def test_without_mail_the_table_is_a_comment():
    text = render("acme", {**EXAMPLE, "mail": None})
    assert "mail" not in tomllib.loads(text)
    assert "# [mail]" in text


def test_commented_entries_are_defaults_that_may_be_uncommented():
    text = render("acme", {**EXAMPLE, "mail": None})
    guards = text.partition("[sites.acme.guards]")[2].partition("\n")[2].partition("\n[")[0]
    uncommented = tomllib.loads("\n".join(line.removeprefix("# ") for line in guards.splitlines()))
    assert uncommented["terminations"] == "3 and 5%"


def test_no_line_is_too_long_for_an_editor():
    assert max(map(len, render("acme", EXAMPLE).splitlines())) <= 120


def test_an_entry_without_a_description_is_described_by_the_docstring():
    meanings = {name: meaning for name, _, meaning in fields(GpgSettings)}
    assert meanings["gnupg_home"] == "the GnuPG folder that holds these keys and nothing else"


def test_every_hand_has_its_table():
    assert {"source.bamboohr", "source.csvfile", "upload_center.sftp", "upload_center.folder", "mail"} <= set(tables())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (4, "4"),
        (time(4), '"04:00"'),
        (Path("x/y"), '"x/y"'),
        (("a", "b"), '["a", "b"]'),
        (SecretStr("env:KEY"), '"env:KEY"'),
        ({}, "{}"),
    ],
)
def test_values_are_written_as_toml(value, text):
    assert written(value) == text
    assert tomllib.loads(f"x = {text}")
