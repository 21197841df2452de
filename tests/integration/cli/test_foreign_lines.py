"""Whatever fails in a library, people read three lines and programs read JSON: no line or traceback of the library."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from bensync.errors import ConfigError, DeliveryError, SourceError
from tests.fixtures.databases import on_sqlite
from tests.fixtures.office import Office
from tests.fixtures.openssh import OpenSsh, free_port, openssh
from tests.integration.delivery.servers import OTHER_KEY

pytestmark = on_sqlite

_OURS = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z \[\w+ *\] [a-z]+(\.[a-z_]+)+( |$)|(what|why|fix): |      \S")


def only_ours(text: str, *, as_json: bool) -> bool:
    """Whether each line is one of our logs or of our errors."""
    for line in text.splitlines():
        if as_json:
            assert {"event", "level", "timestamp"} <= json.loads(line).keys(), line
        else:
            assert _OURS.match(line), line
    return True


@contextlib.contextmanager
def speaking(first: bytes) -> Iterator[int]:
    """A port where something that is no SSH server answers, and then hangs up; yields its number."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.sendall(first)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(60)


def upload_to(office: Office, sshd: OpenSsh, **other: object) -> None:
    """Let the site upload by SFTP."""
    (office.folder / "sftp.key").write_text(str(other.pop("client_key", sshd.client_key)))
    values = {
        "type": "sftp",
        "host": sshd.host,
        "port": sshd.port,
        "user": sshd.user,
        "private_key": f"file:{office.folder}/sftp.key",
        "host_keys": [sshd.host_key],
        "directory": str(sshd.root),
        "attempts": 1,
        "timeout": 1,
        **other,
    }
    table = "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
    head = office.config.read_text().partition("[sites.acme.upload_center]\n")[0]
    office.config.write_text(f"{head}[sites.acme.upload_center]\n{table}")


def outdated(office: Office, sshd: OpenSsh, later: contextlib.ExitStack) -> None:
    root = office.folder / "old"
    root.mkdir()
    server = openssh(office.folder / "old-sshd", root, "KexAlgorithms diffie-hellman-group14-sha1")
    upload_to(office, later.enter_context(server))


def closed(office: Office, sshd: OpenSsh, later: contextlib.ExitStack) -> None:
    upload_to(office, sshd, port=free_port())


def impostor(office: Office, sshd: OpenSsh, later: contextlib.ExitStack) -> None:
    upload_to(office, sshd, host_keys=[OTHER_KEY])


def unknown_user(office: Office, sshd: OpenSsh, later: contextlib.ExitStack) -> None:
    upload_to(office, sshd, user="nobody-of-this-name")


def garbage(office: Office, sshd: OpenSsh, later: contextlib.ExitStack) -> None:
    upload_to(office, sshd, port=later.enter_context(speaking(b"HTTP/1.1 400 Bad Request\r\n\r\n")))


def half_a_handshake(office: Office, sshd: OpenSsh, later: contextlib.ExitStack) -> None:
    upload_to(office, sshd, port=later.enter_context(speaking(b"SSH-2.0-nothing\r\n\x00\x00\x00\x0c\x06\x14zzzz")))


def missing_recipient(office: Office, sshd: OpenSsh, later: contextlib.ExitStack) -> None:
    text = office.config.read_text()
    office.config.write_text(text.replace(office.keys.recipient, "0123456789ABCDEF0123456789ABCDEF01234567"))


def missing_keyring(office: Office, sshd: OpenSsh, later: contextlib.ExitStack) -> None:
    text = office.config.read_text()
    office.config.write_text(text.replace(str(office.keys.sender.home), str(office.folder / "nowhere")))


def silent_hr(office: Office, sshd: OpenSsh, later: contextlib.ExitStack) -> None:
    office.config.write_text(office.config.read_text().replace(office.url, f"http://127.0.0.1:{free_port()}"))


@pytest.mark.parametrize(
    "fail",
    [
        outdated,
        closed,
        impostor,
        unknown_user,
        garbage,
        half_a_handshake,
        missing_recipient,
        missing_keyring,
        silent_hr,
    ],
)
def test_no_line_of_a_library_reaches_a_person(
    begun: Office, sshd: OpenSsh, fail: Callable[[Office, OpenSsh, contextlib.ExitStack], None]
) -> None:
    begun.company.update(begun.actives[0], city="Elsewhere")
    with contextlib.ExitStack() as later:
        fail(begun, sshd, later)
        for words, as_json in ((("sync",), False), (("sync", "--json"), True)):
            with begun.started(*words) as process:
                _, err = process.communicate(timeout=120)
            assert process.returncode in {ConfigError.code, SourceError.code, DeliveryError.code}, err
            assert only_ours(err, as_json=as_json)
