"""Logs: whoever names a person, the log does not."""

from __future__ import annotations

import json
import logging
from datetime import date

import pytest
import structlog

from bensync import log


@pytest.mark.parametrize("field", ["ssn", "birth_date", "first_name", "address1", "work_email", "note"])
def test_personal_fields_are_struck_out(field):
    assert log.strike_out(None, "info", {"event": "x", field: "secret"})[field] == "(personal)"


@pytest.mark.parametrize("text", ["123-45-6789", "123456789"])
def test_what_looks_like_an_ssn_is_struck_out_wherever_it_stands(text):
    assert log.strike_out(None, "info", {"event": f"read {text} twice"})["event"] == "read ***-**-**** twice"


def test_a_file_name_is_no_personal_field():
    assert log.strike_out(None, "info", {"event": "x", "file_name": "A_DELTA_000001"})["file_name"] == "A_DELTA_000001"


def test_a_traceback_holds_no_values(capsys):
    log.set_up(as_json=True, verbose=True)
    ssn = "123-45-6789"
    try:
        int(ssn[3:4])
    except ValueError:
        structlog.get_logger().exception("daemon.bug", site="acme")
    finally:
        structlog.reset_defaults()
    line = capsys.readouterr().err
    assert json.loads(line)["event"] == "daemon.bug"
    assert ssn not in line


@pytest.mark.parametrize("as_json", [True, False])
def test_what_looks_like_an_ssn_is_struck_out_of_the_text_of_an_exception(capsys, as_json):
    log.set_up(as_json=as_json, verbose=True)
    try:
        date.fromisoformat("123-45-6789")
    except ValueError:
        structlog.get_logger().exception("daemon.bug", site="acme")
    finally:
        structlog.reset_defaults()
    line = capsys.readouterr().err
    assert "***-**-****" in line
    assert "123-45-6789" not in line


def test_what_looks_like_an_ssn_is_struck_out_of_the_logs_of_libraries(capsys, monkeypatch):
    monkeypatch.setattr(logging.root, "handlers", [])
    log.set_up(as_json=True)
    structlog.reset_defaults()
    logging.getLogger("library").warning("bad value %s", "123-45-6789")
    assert capsys.readouterr().err == "WARNING library bad value ***-**-****\n"
