"""The error tree: one exit code per class, and three lines for people."""

from __future__ import annotations

import pytest

from bensync import errors

TREE = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.BensyncError)]


def test_each_class_has_its_exit_code():
    assert {kind.__name__: kind.code for kind in TREE} == {
        "BensyncError": 1,
        "ConfigError": 10,
        "SourceError": 11,
        "GuardTripped": 12,
        "DatabaseOutdated": 12,
        "DeliveryError": 13,
        "HostKeyRefused": 13,
        "DeliveryInDoubt": 13,
        "StateError": 14,
        "DecisionError": 15,
        "Denied": 15,
        "StepUpNeeded": 15,
        "SignInRefused": 15,
        "BusyError": 16,
    }


def test_no_exit_code_means_two_things():
    codes = [kind.code for kind in TREE if kind is errors.BensyncError or errors.BensyncError in kind.__bases__]
    codes += [errors.EXIT_DONE, errors.EXIT_USAGE, errors.EXIT_HELD, errors.EXIT_INTERRUPTED]
    assert len(set(codes)) == len(codes)
    assert all(0 <= code < 256 for code in codes)


@pytest.mark.parametrize(
    ("why", "shown"),
    [("The host is silent.", "HR cannot be read. The host is silent."), ("", "HR cannot be read.")],
)
def test_an_error_says_what_and_why(why, shown):
    assert str(errors.SourceError("HR cannot be read.", why)) == shown


def test_an_error_gives_scripts_all_it_knows():
    error = errors.DeliveryError("Not sent.", "The line broke.", "Try again.", retry=True)
    assert error.as_json() == {
        "code": 13,
        "kind": "DeliveryError",
        "what": "Not sent.",
        "why": "The line broke.",
        "fix": "Try again.",
        "remedy": "",
    }
    assert error.retry


def test_no_error_is_passing_unless_it_says_so():
    assert not errors.BensyncError("Not done").retry


@pytest.mark.parametrize(
    ("cause", "shown"),
    [
        (PermissionError(13, "Permission denied"), "The operating system reports: Permission denied."),
        (TimeoutError(), "The underlying error is TimeoutError."),
        (ValueError("078-05-1120"), "The underlying error is ValueError."),
    ],
)
def test_a_foreign_error_becomes_a_sentence_that_quotes_no_value(cause, shown):
    assert errors.reported(cause) == shown


def test_the_why_of_a_configuration_error_lists_its_problems():
    error = errors.ConfigError("It cannot be used.", fix="Fix it.", problems=["a: wrong.", "b: missing."])
    assert (error.why, error.problems) == ("a: wrong. b: missing.", ("a: wrong.", "b: missing."))
    assert errors.ConfigError("It cannot be used.", "The disk; the file.").problems == ()
