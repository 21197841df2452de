"""An SFTP upload center on this machine, for demos and tests, which stores the files in a given folder.

The folder must not contain symbolic links, which would lead out of it.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncssh

_PATIENCE = 10.0  # seconds for starting and for stopping


class Jail(asyncssh.SFTPServer):
    """The files of one connection; plain rename refuses an existing name, as OpenSSH does."""

    root = Path()

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes]) -> None:
        super().__init__(channel, chroot=str(self.root).encode())


class UploadCenter:
    """An SFTP server with one user, who signs in with a key.

    Attributes:
        host: where it listens.
        port: where it listens, from the start on.
        user: the only user.
        client_key: the text of the user's private key.
        host_key: the fingerprint to pin, ``SHA256:...``.
        root: the folder of the files.

    Args:
        root: the folder of the files.
        user: the only user.
        port: the port; 0 for a free one.
        jail: the behavior of the server, which a test may change.
    """

    def __init__(self, root: Path, *, user: str = "benefits", port: int = 0, jail: type[Jail] = Jail) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self.user = user
        self.root = root
        client = asyncssh.generate_private_key("ssh-ed25519")
        self.client_key = client.export_private_key().decode()
        self._server_key = asyncssh.generate_private_key("ssh-ed25519")
        self.host_key = self._server_key.get_fingerprint()
        self._known = asyncssh.import_authorized_keys(
            f"no-port-forwarding,no-pty {client.export_public_key().decode()}"
        )
        self._jail = type("Jail", (jail,), {"root": root})
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._acceptor: asyncssh.SSHAcceptor | None = None

    def __enter__(self) -> Self:
        """Start listening."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="upload-center", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(_PATIENCE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the open connections, and stop."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result(_PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()

    async def _listen(self) -> None:
        self._acceptor = await asyncssh.listen(
            self.host,
            self.port,
            server_factory=lambda: _Doorkeeper(self.user, self._known, self._connections),
            server_host_keys=[self._server_key],
            sftp_factory=self._jail,
            allow_scp=False,
            agent_forwarding=False,
            x11_forwarding=False,
        )
        self.port = self._acceptor.get_port()

    async def _hang_up(self) -> None:
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_closed()
        for connection in tuple(self._connections):
            connection.abort()
            await connection.wait_closed()
        # A task that was cut off may need another turn of the loop to end.
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        if rest:
            await asyncio.wait(rest, timeout=1)


class _Doorkeeper(asyncssh.SSHServer):
    """Accepts one user, with one key."""

    def __init__(
        self, user: str, authorized: asyncssh.SSHAuthorizedKeys, connections: set[asyncssh.SSHServerConnection]
    ) -> None:
        self._user = user
        self._known = authorized
        self._connections = connections

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        # Without keys set here, nobody gets in; without the answer "yes, sign-in is needed", everybody would.
        if username == self._user:
            self._connection.set_authorized_keys(self._known)
        return True

    def password_auth_supported(self) -> bool:
        return False
