"""No effect on the world dodges the crash matrix: each stands between two fault points, or in the list of exceptions."""

from __future__ import annotations

import ast
import re
from collections import Counter

import pytest

from tests.fixtures.fault_points import called, calls, effects, modules, points

EXCEPTIONS = {
    "cli/commands/setup/init.py:_write:os.open": "`init` is asked by a person who sees what became of it; it overwrites nothing",
    "cli/commands/setup/init.py:_write:os.fdopen": "the same file",
    "cli/commands/setup/init.py:_write:sheet.write": "the same file",
    "cli/commands/upkeep/drill.py:drill:report.write_text": "the report of a rehearsal, which nothing is built on",
    "daemon/health.py:answers:connection.request": "the daemon asks for its own health, which changes nothing",
    "daemon/health.py:do_GET:self.wfile.write": "an answer to a question, which changes nothing",
    "daemon/config_snapshot.py:ConfigSnapshot:os.fdopen": "a file in memory that ends with the process",
    "drill/sources.py:do_GET:self.wfile.write": "a false HR within a rehearsal",
    "cli/commands/upkeep/maintenance.py:backup:api_shapes.status.backup": "makes the JSON of a copy that is complete",
    "drill/stage.py:_fresh_copy:shutil.copyfile": "a copy within a rehearsal, thrown away with it",
    "log.py:write:raw.write": "a line of a log, which nothing is built on",
    "web/http/context.py::request.stream": "reads the body that a visitor sends, which changes nothing",
    "web/http/server.py:send_400_response:self.transport.write": "the refusal of bytes that are no request",
    "pipeline/alerting.py:alert_without_database:mark.touch": "an empty mark after the message, between the points of its channel",
    "state/upkeep/backup.py:backup:os.open": "an empty draft; the next backup removes it",
    "state/db/disk.py:discard:Path": "removes drafts that nothing is built on",
    "state/db/disk.py:remove_drafts:file.unlink": "the same",
    "state/db/engine.py:create_file:Path": "an empty file where there is no database yet",
    "state/upkeep/restore.py:_staged:part.touch": "an empty draft; the next restore removes it",
}
"""Effects without points of their own, and why they need none."""


def test_R1_every_effect_stands_between_two_fault_points() -> None:
    bare = {effect.name: f"{effect.place}:{effect.line}: {effect.what}" for effect in effects() if not effect.guarded}

    assert {where: bare[where] for where in bare.keys() - EXCEPTIONS.keys()} == {}, "give them `with around(...)`"
    assert sorted(EXCEPTIONS.keys() - bare.keys()) == [], "these exceptions are not needed any more"


def test_the_list_of_effects_knows_what_the_product_does() -> None:
    kinds = {effect.what for effect in effects()}

    assert kinds >= {
        *(
            "a commit",
            "a copy of the database",
            "opening for writing",
            "writing",
            "a sync to disk",
            "a rename",
            "a link",
        ),
        *("removing a file", "an HTTP request", "a connection", "sending a mail", "sending a notice", "starting gpg"),
        *("asking the upload center", "removing at the upload center", "starting a program"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "def save(path):\n    with path.open('wb') as file:\n        pass",
        "def save(path):\n    path.open(mode='a')",
        "def save(path, mode):\n    path.open(mode)",
        "def save(path):\n    os.open(path, os.O_RDWR | os.O_CREAT)",
        "def save(part, path):\n    part.replace(path)",
        "def save(part, path):\n    point('save.before')\n    os.rename(part, path)",
        "def save(part, path):\n    os.rename(part, path)\n    point('save.after')",
        "def save(part, path):\n    with around('save'):\n        pass\n    os.rename(part, path)",
        "def save(begun):\n    with around('save'):\n        def later():\n            begun.commit()",
        (
            "def send(part, path):\n    with around('send'):\n        _send(part, path)\n"
            "def more(part, path):\n    _send(part, path)\ndef _send(part, path):\n    os.rename(part, path)"
        ),
        "def send(self):\n    self._sftp.posix_rename('a', 'b')",
        "def send(http):\n    httpx.request('GET', 'https://example.com')",
        "def start():\n    subprocess.run(['true'])",
        "class Line:\n    def __init__(self):\n        socket.create_connection(('127.0.0.1', 1))",
    ],
)
def test_an_effect_without_its_points_is_found(text: str) -> None:
    faults = effects([("module.py", ast.parse(text))])

    assert [effect.guarded for effect in faults] == [False]


@pytest.mark.parametrize(
    "text",
    [
        "def save(begun):\n    with around('save'):\n        begun.commit()",
        "def save(part, path):\n    with noted(), around('save'), part.open('wb'):\n        pass",
        "def save(part, path):\n    point('save.before')\n    os.rename(part, path)\n    point('save.after')",
        "def send(part, path):\n    with around('send'):\n        _send(part, path)\ndef _send(part, path):\n    os.rename(part, path)",
        "def go():\n    with around('go'):\n        Line()\nclass Line:\n    def __init__(self):\n        socket.create_connection(1)",
    ],
)
def test_an_effect_between_its_points_is_not_complained_of(text: str) -> None:
    faults = effects([("module.py", ast.parse(text))])

    assert [effect.guarded for effect in faults] == [True]


def test_a_writing_transaction_is_never_committed_by_its_end_alone() -> None:
    silent = []
    for place, module in modules():
        for function in (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)):
            inside = list(calls(function))
            opens = any(called(call) in {"transaction", "_begin"} and _writes(call) for call in inside)
            commits = any(called(call) in {"commit", "rollback"} and not call.args for call in inside)
            if opens and not commits:
                silent.append(f"{place}:{function.name}")

    assert silent == ["state/store.py:_begin"], "commit within `with around(...)`; `_begin` leaves it to who calls it"


def _writes(call: ast.Call) -> bool:
    (name,) = [word.value for word in call.keywords if word.arg == "write"] or [None]
    return name is not None and not (isinstance(name, ast.Constant) and name.value is False)


def test_names_of_points_are_dotted_lower_case_and_belong_to_one_module_each() -> None:
    modules_by_point: dict[str, set[str]] = {}
    for place, module in modules():
        for call in calls(module):
            for name in points(call) if called(call) != "work" else ():
                modules_by_point.setdefault(name, set()).add(place)

    assert [name for name in modules_by_point if not re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", name)] == []
    shared = {name: sorted(places) for name, places in modules_by_point.items() if len(places) > 1}
    assert shared == SHARED


SHARED = {
    "gpg.keys.after": ["delivery/decryptor.py", "delivery/gpg.py"],
    "gpg.keys.before": ["delivery/decryptor.py", "delivery/gpg.py"],
}
"""The same question to gpg, asked for sealing and for opening."""


def test_two_transactions_of_one_module_have_two_names() -> None:
    twice = [
        (place, step)
        for place, module in modules()
        for step, often in Counter(_step(call) for call in calls(module) if called(call) == "work").items()
        if step and often > 1
    ]

    assert twice == []


def _step(call: ast.Call) -> str:
    names = [word.value for word in call.args if isinstance(word, ast.Constant) and isinstance(word.value, str)]
    return names[-1] if names else ""
