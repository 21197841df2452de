"""Fixtures that several folders share: real servers and programs on loopback."""

from __future__ import annotations

import dataclasses
import logging
import os
import secrets
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch
from zlib import crc32

import hypothesis
import pytest
import structlog
from argon2 import PasswordHasher

from bensync import log
from bensync.actions import credentials
from bensync.demo.mailbox import Mailbox
from bensync.demo.upload_center import UploadCenter
from tests.fixtures import engines
from tests.fixtures.databases import SORTS, in_file
from tests.fixtures.gnupg import Correspondence, correspondence
from tests.fixtures.memory import use_memory
from tests.fixtures.openssh import OpenSsh, openssh
from tests.fixtures.postgres import Postgres, postgres
from tests.fixtures.web import WebServer, web_server

LONG = os.environ.get("BENSYNC_LONG") == "1"
TESTS = Path(__file__).parent
ABOUT_THE_DATABASE = (TESTS / "integration" / "state", TESTS / "property")
"""Tests that run on both sorts of database. In all others it only remembers: each runs on one by day, on both in `make long`."""

ABOUT_CONNECTIONS = (TESTS / "integration" / "state" / "db", TESTS / "integration" / "state" / "upkeep")
"""Tests in which each transaction opens a connection of its own, as in the product; and those marked `connections`."""

# A loaded machine is slow, and a slow example is no fault of the code. The usual suite draws the same examples in every
# run, so that a failure is never a matter of luck; the long one draws new ones.
hypothesis.settings.register_profile(
    "bensync", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], derandomize=not LONG
)
hypothesis.settings.load_profile("bensync")

pytest.register_assert_rewrite("bensync.testing.couriers", "bensync.testing.profiles", "bensync.testing.connectors")


@pytest.fixture(autouse=True)
def fresh_log() -> None:
    """Take back how a command of an earlier test set the logs up: its stream is closed by now, and its levels hide lines."""
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    for handler in [handler for handler in logging.root.handlers if isinstance(handler, log._Library)]:
        logging.root.removeHandler(handler)
    for name in ("apscheduler", "py.warnings", *log._SILENCED):
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture(autouse=True)
def _connections(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep connections open until the end of the test, unless it is about them."""
    near = any(request.path.is_relative_to(folder) for folder in ABOUT_CONNECTIONS)
    with engines.pools(wanted=not near and request.node.get_closest_marker("connections") is None):
        yield


@pytest.fixture(scope="module")
def quick_passwords() -> Iterator[PasswordHasher]:
    """For tests that are about something else: a true hash takes 46 MiB and more time than most of what they do.

    Yields what makes true ones.
    """
    true = credentials._hasher
    with patch.object(credentials, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)):
        credentials._nobodys.cache_clear()
        yield true
    credentials._nobodys.cache_clear()


@pytest.fixture(scope="session")
def keys() -> Iterator[Correspondence]:
    """A receiver and a sender with exchanged keys; nobody changes them."""
    with correspondence() as both:
        yield both


@pytest.fixture(scope="session")
def shared_sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    """A real OpenSSH server that all tests of a process use; nobody changes or ends it."""
    folder = tmp_path_factory.mktemp("sshd")
    with openssh(folder / "sshd", folder, shared=True) as server:
        yield server


@pytest.fixture
def sshd(shared_sshd: OpenSsh, tmp_path: Path) -> OpenSsh:
    """The shared OpenSSH server; files land in an empty folder of the test."""
    root = tmp_path / "incoming"
    root.mkdir()
    return dataclasses.replace(shared_sshd, root=root)


@pytest.fixture
def own_sshd(tmp_path: Path) -> Iterator[OpenSsh]:
    """A real OpenSSH server of the test alone, for one that reads its log or changes its keys."""
    root = tmp_path / "incoming"
    root.mkdir()
    with openssh(tmp_path / "sshd", root) as server:
        yield server


@pytest.fixture(scope="session")
def database_server() -> Iterator[Postgres]:
    """A real PostgreSQL server; everybody takes a database of their own on it."""
    with postgres() as server:
        yield server


@pytest.fixture
def postgresql(database_server: Postgres) -> Iterator[str]:
    """The address of a PostgreSQL database with empty tables."""
    with database_server.database(f"t{secrets.token_hex(8)}") as url:
        yield url


def pytest_configure(config: pytest.Config) -> None:
    """Prepare what all processes of a run share; the day of the sample stays the same if the run passes midnight."""
    engines.share()
    use_memory()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # So it is where a shell runs pytest in the background; commands would inherit it, and could not be interrupted.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.setdefault("BENSYNC_SAMPLE", str(datetime.now(UTC).toordinal()))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not in today's sample, and put slow tests first, so that no processor waits for one at the end."""
    if not LONG:
        leave_out(config, items)
    # The order of the rest stays as it is: neighbors share servers.
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the cases of a test marked `sampled(n)` that are not in today's sample of one in n.

    Each day takes the next sample, so that n days run every case; cases marked `every_day` always run. `make long` runs
    all of them.
    """
    sample = int(os.environ["BENSYNC_SAMPLE"])
    numbers: Counter[str] = Counter()
    left_out = []
    for item in items:
        mark = item.get_closest_marker("sampled")
        if mark is None or item.get_closest_marker("every_day"):
            continue
        test = item.nodeid.partition("[")[0]
        if (numbers[test] + sample) % mark.args[0]:
            left_out.append(item)
        numbers[test] += 1
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        dropped = set(left_out)
        items[:] = [item for item in items if item not in dropped]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for a database runs on some sorts of it: those that the mark `databases` names, if there is one."""
    chosen = any("database" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if "database" in metafunc.fixturenames and not chosen:
        mark = metafunc.definition.get_closest_marker("databases")
        metafunc.parametrize("database", mark.args if mark else sorts_for(metafunc.definition), indirect=True)


def sorts_for(test: pytest.FunctionDefinition) -> Sequence[str]:
    """Return both sorts of database, or the one that the name of the test chooses, so that each sort proves half of them."""
    if LONG or any(test.path.is_relative_to(folder) for folder in ABOUT_THE_DATABASE):
        return SORTS
    return (SORTS[crc32(test.originalname.encode()) % len(SORTS)],)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with its tables and nothing in them."""
    address: str = in_file(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgresql")
    return address


@pytest.fixture
def upload_center(tmp_path: Path) -> Iterator[UploadCenter]:
    """The upload center of the demo with an empty folder."""
    root = tmp_path / "center"
    root.mkdir()
    with UploadCenter(root) as center:
        yield center


@pytest.fixture
def web() -> Iterator[WebServer]:
    """A web server that keeps what it is asked."""
    with web_server() as server:
        yield server


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server that keeps what it gets."""
    with Mailbox() as box:
        yield box
