"""Real servers with commands of SFTP forbidden; what lies on them goes before each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bensync import fault_points
from tests.fixtures.openssh import OpenSsh
from tests.integration.delivery.servers import server_for


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    """An OpenSSH server that allows everything."""
    with server_for(tmp_path_factory.mktemp("lenient"), "") as server:
        yield server


@pytest.fixture(scope="module")
def unrenaming(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    """An OpenSSH server where nobody may rename."""
    with server_for(tmp_path_factory.mktemp("unrenaming"), "rename,posix-rename,hardlink,symlink") as server:
        yield server


@pytest.fixture(scope="module")
def blind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    """An OpenSSH server where nobody can see anything, nor change what is there."""
    forbidden = "stat,lstat,fstat,opendir,readdir,realpath,read,remove,rename,posix-rename,hardlink,symlink,statvfs"
    with server_for(tmp_path_factory.mktemp("blind"), forbidden) as server:
        yield server


@pytest.fixture(autouse=True)
def emptied(request: pytest.FixtureRequest) -> None:
    """The servers that live for the whole module begin each test with an empty folder."""
    for name in {"lenient", "unrenaming", "blind"} & set(request.fixturenames):
        for path in request.getfixturevalue(name).root.iterdir():
            path.unlink()


@pytest.fixture
def full_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Lets the disk be full at a named point."""

    def arm(point: str) -> None:
        monkeypatch.setenv(fault_points.VARIABLE, f"{point}=full")
        monkeypatch.setenv("BENSYNC_TEST", "1")
        fault_points.arm()

    yield arm
    monkeypatch.undo()
    fault_points.arm()
