"""Logs: nobody is named in a log, whichever code logs."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import structlog

from bensync import log


@pytest.mark.parametrize("field", ["ssn", "birth_date", "first_name", "address1", "work_email", "note"])
def test_personal_fields_are_struck_out(field):
    assert log.strike_out(None, "info", {"event": "x", field: "secret"})[field] == "(personal)"


@pytest.mark.parametrize(
    "text", ["123-45-6789", "123456789", "123 45 6789", "123\u00a045\u00a06789", "123.45.6789", "123\u201045\u20106789"]
)
def test_what_looks_like_an_ssn_is_struck_out_wherever_it_stands(text):
    assert log.strike_out(None, "info", {"event": f"read {text} twice"})["event"] == "read ***-**-**** twice"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(["read 123-45-6789"], ["read ***-**-****"], id="list"),
        pytest.param(
            {"row": {"first_name": "Ada", "size": 4}}, {"row": {"first_name": "(personal)", "size": 4}}, id="keys"
        ),
        pytest.param({"123-45-6789": None}, {"***-**-****": None}, id="an SSN as a key"),
        pytest.param(ValueError("no 123-45-6789"), "no ***-**-****", id="exception"),
        pytest.param(b"123456789", "***-**-****", id="bytes"),
        pytest.param(1234567890123, 1234567890123, id="a number"),
    ],
)
def test_nested_values_are_struck_out_too(value, expected):
    assert log.strike_out(None, "info", {"event": "x", "detail": value})["detail"] == expected


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


@pytest.fixture
def lines(capsys, monkeypatch):
    """Set logs up as a process does, and return what they wrote, each line as its values."""
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging.root, "level", logging.root.level)
    log.set_up(as_json=True, verbose=True)
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)


def test_what_looks_like_an_ssn_is_struck_out_of_the_logs_of_libraries(lines):
    logging.getLogger("library").warning("bad value %s", "123-45-6789")
    (line,) = lines()
    assert (line["event"], line["library"], line["text"]) == ("library.message", "library", "bad value ***-**-****")


def test_the_traceback_of_a_library_becomes_the_kind_and_the_place_of_its_exception_in_one_line(lines):
    try:
        date.fromisoformat("someone")
    except ValueError:
        logging.getLogger("library").exception("it broke:\nat two lines")
    (line,) = lines()
    assert (line["level"], line["error"], line["text"]) == ("error", "ValueError", "it broke: at two lines")
    assert line["place"].startswith("test_log.py:")
    assert "someone" not in json.dumps(line)


def test_a_library_whose_placeholders_do_not_fit_logs_its_text_and_no_traceback(lines, monkeypatch):
    monkeypatch.setattr(logging.root, "handlers", logging.root.handlers[:1])  # those of pytest fail at such a record
    placeholders = "%d of %d"
    logging.getLogger("library").warning(placeholders, 1)
    assert [line["text"] for line in lines()] == ["%d of %d"]


@pytest.mark.parametrize("library", ["paramiko.transport", "gnupg", "procrastinate.worker", "psycopg.pool", "urllib3"])
def test_a_library_whose_failures_reach_us_as_exceptions_logs_nothing(lines, library):
    logging.getLogger(library).critical("https://user:secret@example.com")
    assert lines() == []


def test_setting_logs_up_twice_writes_each_line_once(lines):
    log.set_up(as_json=True)
    logging.getLogger("library").warning("once")
    assert len(lines()) == 1


_FAILING = """
import threading, warnings
from bensync import log

class Broken:
    def __del__(self):
        raise ValueError("123-45-6789")

log.set_up(as_json=True)
warnings.warn("a developer must see this")
thread = threading.Thread(target=lambda: int("123-45-6789"), name="reader")
thread.start()
thread.join()
Broken()
"""


def test_a_thread_that_fails_and_a_destructor_that_raises_print_no_traceback():
    done = subprocess.run([sys.executable, "-c", _FAILING], capture_output=True, text=True, check=True)
    (line,) = map(json.loads, done.stderr.splitlines())
    assert (line["event"], line["thread"], line["error"]) == ("thread.failed", "reader", "ValueError")


def test_a_log_that_cannot_be_written_ends_nothing():
    script = "from bensync import log; import structlog; log.set_up(as_json=True); structlog.get_logger().error('x')"
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([sys.executable, "-c", script], stderr=full, check=False)
    assert done.returncode == 0
