"""What safety costs: seals and proofs, the gate of a first load, and host keys that are not pinned.

Usage: python benchmarks/safety.py [PEOPLE ...]   (from the root, with the tests' packages)
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import select

from bensync import log
from bensync.actions.sign_in import authenticate
from bensync.core.access import Role
from bensync.core.changes import Candidate
from bensync.core.comparison.first_load import examine_first_load
from bensync.core.people import encode_profile
from bensync.delivery.settings import SftpSettings
from bensync.delivery.ssh import signed_in
from bensync.errors import HostKeyRefused
from bensync.state.access.row_proofs import RowProofs
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.db.vault import Seal, Vault, new_data_key, new_state_key
from bensync.state.schema.access import AccountRow
from tests.fixtures.openssh import openssh
from tests.fixtures.user_deployment import user_deployment
from tests.integration.delivery.servers import settings_for
from tests.unit.builders import profile

_TURNS = 3
_TYPES = ("ecdsa", "rsa")


def each(act: Callable[[], object], times: int) -> float:
    """Return the CPU microseconds of one call: the median of three turns."""
    turns = []
    for _ in range(_TURNS):
        begun = time.process_time()
        for _ in range(times):
            act()
        turns.append((time.process_time() - begun) / times * 1e6)
    return sorted(turns)[_TURNS // 2]


def seals() -> Iterator[str]:
    """One profile of the usual size."""
    vault = Vault("acme", Seal(new_state_key()), new_data_key(), new_data_key(), new_data_key())
    plain, key, fingerprint = b"x" * 700, b"k" * 16, b"f" * 16
    loose = vault.seal(plain, "")
    bound = vault.seal(plain, "sent", key, fingerprint, 7)
    yield f"seal, bound to the site only: {each(lambda: vault.seal(plain, ''), 50_000):.2f} µs"
    yield f"seal, bound to its row: {each(lambda: vault.seal(plain, 'sent', key, fingerprint, 7), 50_000):.2f} µs"
    yield f"open, bound to the site only: {each(lambda: vault.unseal(loose, ''), 50_000):.2f} µs"
    yield f"open, bound to its row: {each(lambda: vault.unseal(bound, 'sent', key, fingerprint, 7), 50_000):.2f} µs"


def proofs(folder: Path) -> Iterator[str]:
    """What every request of a page does first, with the proofs of session, account and roles."""
    with user_deployment(f"sqlite:///{folder}/proofs.db") as deployment:
        session = deployment.sign_in(deployment.add("kim", Role.DATA_OWNER))

        def ask() -> object:
            return authenticate(deployment.store, session, deployment.now)

        with deployment.store.read(DEPLOYMENT) as state:
            table = AccountRow.__table__
            row = state.transaction.connection.execute(select(table)).one()
            account_proofs = RowProofs(state.transaction, table)
            yield f"one proof: {each(lambda: account_proofs.fits(row), 5_000):.1f} µs"
        yield f"finding out who asks, three proofs included: {each(ask, 500):.0f} µs"


def gate(people: int) -> Iterator[str]:
    """The gate before the first file."""
    person = profile(1)
    encoded = encode_profile(person)
    candidates = [Candidate(str(n), n.to_bytes(16), b"f", encoded, person.status, None) for n in range(people)]
    names = tuple(person.values)
    filled = dict.fromkeys(names, people)

    def look() -> object:
        return examine_first_load(filled, names, names, candidates, people, date(2026, 6, 1))

    yield f"gate of a first load, {people:,} people: {each(look, 1) / people:.1f} µs each"


def host_keys(folder: Path) -> Iterator[str]:
    """Signing in to a server of three types of keys: the pinned one is the first, the last, or none of them."""
    (folder / "sshd").mkdir()
    files = {kind: folder / f"{kind}_key" for kind in _TYPES}
    for kind, file in files.items():
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(file)], check=True)
    more = "\n".join(f"HostKey {file}" for file in files.values())
    with openssh(folder / "sshd", folder, more) as server:
        shown = ["ssh-keygen", "-lf", f"{files['rsa']}.pub"]
        last = subprocess.run(shown, check=True, capture_output=True, text=True).stdout.split()[1]
        pins = {"the first": server.host_key, "the last": last, "none": "SHA256:" + "A" * 43}
        for which, pin in pins.items():
            settings = settings_for(server, host_keys=(pin,))
            sign_in(settings)
            begun, cpu = time.perf_counter(), time.process_time()
            for _ in range(5):
                sign_in(settings)
            wall, spent = (time.perf_counter() - begun) / 5 * 1000, (time.process_time() - cpu) / 5 * 1000
            yield f"signing in, pinned is {which} of its keys: {wall:.0f} ms, {spent:.0f} ms of CPU"


def sign_in(settings: SftpSettings) -> None:
    with contextlib.suppress(HostKeyRefused), signed_in(settings):
        return


def main(sizes: list[int]) -> None:
    log.set_up(as_json=False)
    print(f"{datetime.now(UTC):%Y-%m-%d}")
    with tempfile.TemporaryDirectory(prefix="bensync-safety-") as name:
        folder = Path(name)
        for part in (seals(), proofs(folder), *(gate(size) for size in sizes), host_keys(folder)):
            for line in part:
                print(line, flush=True)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [10_000, 100_000])
