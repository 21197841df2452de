"""Rotation of the state key on real databases: nothing is ever unreadable, whichever process works or is killed."""

from __future__ import annotations

import contextlib
import shutil
import stat
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import update

from bensync.core.access import Role
from bensync.errors import ConfigError, StateError
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.db.vault import Seal, new_state_key, with_new_version, without_version
from bensync.state.schema.sync import BaselineRow
from bensync.state.store import Store
from bensync.state.sync.baselines import SENT_PROFILE
from bensync.state.upkeep import key_rotation
from bensync.state.upkeep.backup import backup
from bensync.state.upkeep.key_rotation import StateKey, key_versions, retire, rotate
from bensync.state.upkeep.sealed import Sealed, sealed_tables, versions
from tests.fixtures.deployed import Deployed, deployed
from tests.fixtures.fault_points import commits, sides
from tests.fixtures.filled import NOW, decide, deliver, fill, someone
from tests.fixtures.invariants import hold
from tests.fixtures.user_deployment import Person, UserDeployment, user_deployment

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def key(tmp_path: Path) -> StateKey:
    """A state key in a file."""
    file = tmp_path / "state.key"
    file.touch(0o640)
    file.write_text(f"{new_state_key()}\n")
    return StateKey(lambda: file.read_text().strip(), file)


@pytest.fixture
def store(database: str, key: StateKey) -> Iterator[Store]:
    """A store with a past."""
    with opened(database, key) as opened_store:
        opened_store.migrate()
        fill(opened_store, "acme", "other")
        yield opened_store


def opened(url: str, key: StateKey) -> contextlib.closing[Store]:
    return contextlib.closing(Store(url, key.read(), key.read))


def turn(store: Store, key: StateKey) -> int:
    return rotate(store, key, "me", lambda: NOW).version


def used(store: Store) -> Counter[int]:
    with store.whole() as connection:
        return versions(connection)


def test_everything_is_sealed_anew_and_stays_readable(store, key, database):
    before = used(store)
    assert set(before) == {1}

    done = rotate(store, key, "me", lambda: NOW)

    assert done.version == 2
    assert done.to_set == ""
    assert used(store)[1] == 0
    assert used(store)[2] >= before[1]
    assert [part.partition(":")[0] for part in key.read().split(",")] == ["2", "1"]
    for site in ("acme", "other"):
        hold(store, site)
        with store.read(site) as work:
            assert (work.lists.audit().items[-1].verb, work.lists.audit().items[-1].object) == (
                "keys.rotate",
                "state key version 2",
            )
    with opened(database, key) as fresh:
        hold(fresh, "acme")


def test_index_and_fingerprint_stay_what_they_are(store, key):
    with store.read("acme") as work:
        before = someone(work, 1)
    turn(store, key)
    with store.read("acme") as work:
        assert (someone(work, 1).key, someone(work, 1).fingerprint) == (before.key, before.fingerprint)
        assert work.baselines.known([someone(work, 1)])


def test_the_file_of_the_key_keeps_its_mode_and_is_never_half_written(store, key):
    turn(store, key)
    assert stat.S_IMODE(key.file.stat().st_mode) == 0o640
    assert key.read().count(":") == 2
    assert not list(key.file.parent.glob(".state.key.*"))


def test_the_file_may_be_a_link(store, key, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(key.file)
    turn(store, StateKey(key.read, link))
    assert link.is_symlink()
    assert key.read().startswith("2:")


def test_a_key_file_that_cannot_be_written_changes_nothing(store, key, tmp_path):
    gone = tmp_path / "gone" / "state.key"
    with pytest.raises(ConfigError, match="cannot be written"):
        turn(store, StateKey(key.read, gone))
    assert set(used(store)) == {1}
    hold(store, "acme")


def test_a_process_at_work_meanwhile_seals_with_the_new_version_from_then_on(store, key, database):
    """A daemon has its store open for days, and never heard of the new version."""
    with opened(database, key) as daemon:
        hold(daemon, "acme")
        turn(store, key)
        deliver(daemon, "acme", [50, 51])
        decide(daemon, "acme")
        assert used(store)[1] == 0
        retire(store, key, 1, "me", NOW)
        deliver(daemon, "acme", [52])
        hold(daemon, "acme")
        hold(store, "acme")


def test_work_goes_on_while_everything_is_sealed_anew(store, key, database):
    failures: list[BaseException] = []
    over = threading.Event()

    def work() -> None:
        try:
            with opened(database, key) as daemon:
                for number in range(100, 130):
                    deliver(daemon, "acme", [number])
                    with daemon.read("acme") as look:
                        (baseline,) = look.baselines.known([someone(look, number, "elsewhere")]).values()
                        assert baseline.encoded
        except BaseException as error:  # noqa: BLE001  # handed to the test
            failures.append(error)
        finally:
            over.set()

    worker = threading.Thread(target=work)
    worker.start()
    turns = 0
    while not over.is_set() and turns < 200:
        turn(store, key)
        turns += 1
    worker.join(60)

    assert not failures
    assert turns > 0
    turn(store, key)
    assert len([version for version, count in used(store).items() if count]) == 1
    hold(store, "acme")


def test_a_rotation_that_was_begun_is_finished_before_another_begins(store, key):
    key.file.write_text(with_new_version(key.read()))
    deliver(store, "acme", [60])

    assert turn(store, key) == 2
    assert used(store)[1] == 0
    assert turn(store, key) == 3


def test_several_at_once_all_end_well_with_versions_of_their_own_or_the_same(store, key, database):
    def one(_: int) -> int:
        with opened(database, key) as another:
            return turn(another, key)

    with ThreadPoolExecutor(3) as pool:
        rotations = list(pool.map(one, range(3)))

    held = Seal(key.read()).versions
    assert set(rotations) | {1} == set(held)
    assert set(used(store)) == {held[0]}
    with opened(database, key) as fresh:
        hold(fresh, "acme")


def test_a_rotation_that_is_overtaken_by_the_next_one_is_done(store, key, database, monkeypatch):
    passed: list[str] = []

    def overtaken(at_work: Store, sealed: Sealed, newest: int) -> Iterator[int]:
        if at_work is store:
            passed.append(sealed.table.name)
            if len(passed) == len(sealed_tables()) + 1:  # all was sealed anew, and is looked over once more
                with opened(database, key) as another:
                    assert turn(another, key) == 3
        yield from reseal(at_work, sealed, newest)

    reseal = key_rotation._reseal
    monkeypatch.setattr(key_rotation, "_reseal", overtaken)

    assert turn(store, key) == 2

    assert set(used(store)) == {3}
    hold(store, "acme")


def test_a_key_that_is_no_file_is_reported_and_set_manually(database, store, key):
    rotated = rotate(store, StateKey(key.read), "me", lambda: NOW)

    assert (rotated.version, rotated.values) == (2, 0)
    assert rotated.to_set.endswith(key.read())
    assert set(used(store)) == {1}, "nothing is sealed with a key that nobody has set"

    key.file.write_text(rotated.to_set)
    with opened(database, key) as restarted:
        done = rotate(restarted, StateKey(key.read), "me", lambda: NOW)
        assert done.to_set == ""
        assert used(restarted)[1] == 0
        hold(restarted, "acme")


def test_a_process_not_restarted_after_a_key_was_set_manually_stops_and_seals_nothing(database, store, key):
    text = with_new_version(key.read())
    with contextlib.closing(Store(database, key.read())) as old:
        hold(old, "acme")
        rotate(store, StateKey(lambda: text), "me", lambda: NOW)
        with pytest.raises(StateError, match="cannot be opened") as caught:
            deliver(old, "acme", [70])
        assert "version 2" in caught.value.why


def test_a_version_is_dropped_only_when_nothing_is_sealed_with_it(store, key):
    assert [(v.version, v.held, v.newest, v.values > 0) for v in key_versions(store)] == [(1, True, True, True)]
    turn(store, key)
    assert [(v.version, v.held, v.newest, v.values > 0) for v in key_versions(store)] == [
        (2, True, True, True),
        (1, True, False, False),
    ]
    for version, why in ((2, "the version that seals"), (9, "The key has 2, 1")):
        with pytest.raises(StateError) as caught:
            retire(store, key, version, "me", NOW)
        assert why in caught.value.why

    with store.whole("test") as connection:
        row = connection.execute(BaselineRow.__table__.select().limit(1)).one()
        vault = store.site(connection, row.site).vault
        opened_value = SENT_PROFILE.open(vault, row)
        store.seal.use(without_version(key.read(), 2))
        stale = {"sealed_profile": SENT_PROFILE.seal(vault, opened_value, row._asdict())}
        store.seal.use(key.read())
        connection.execute(update(BaselineRow.__table__).where(BaselineRow.__table__.c.id == row.id).values(stale))
    with pytest.raises(StateError) as caught:
        retire(store, key, 1, "me", NOW)
    assert "1 value is sealed with it" in caught.value.why

    assert turn(store, key) == 2
    retire(store, key, 1, "me", NOW)
    assert Seal(key.read()).versions == (2,)
    hold(store, "acme")


def test_a_backup_made_before_needs_the_old_version_and_says_so(store, key, tmp_path):
    backup(store, tmp_path / "copy")
    turn(store, key)
    hold(store.beside(tmp_path / "copy"), "acme")
    retire(store, key, 1, "me", NOW)
    fresh = Store(f"sqlite:///{tmp_path}/copy", key.read())
    with pytest.raises(StateError) as caught:
        fresh.check()
    assert "version 1 of the state key" in caught.value.why


ROTATED = [
    *sides("keys.write"),
    *commits("keys.begin", "keys.end"),
    *("keys.reseal.commit.before=kill@2", "keys.reseal.commit.after=kill@3", "keys.reseal.commit.before=kill@5"),
]


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """A deployment with more people than are sealed anew at once, to be copied by each test."""
    deployment = deployed(tmp_path_factory.mktemp("crowded"))
    with contextlib.closing(deployment.deployment.store()) as store:
        store.migrate()
        fill(store, "acme", "other", people=300)
    return deployment


@pytest.mark.parametrize("point", ROTATED)
def test_F49_a_killed_rotation_leaves_everything_readable_and_is_finished_by_the_next(crowded, tmp_path, point):
    deployment = deployed(tmp_path)
    for name in ("bensync.db", "state.key"):
        shutil.copy(crowded.folder / name, deployment.folder / name)
    with contextlib.closing(deployment.deployment.store()) as daemon:
        deployment.killed(point, "keys", "rotate")

        hold(daemon, "acme")
        with contextlib.closing(deployment.deployment.store()) as fresh:
            hold(fresh, "other")
        deliver(daemon, "acme", [1000])
        again = deployment.call("keys", "rotate")
        assert again.returncode == 0, again
        assert len(used(daemon)) == 1
        hold(daemon, "acme")
        hold(daemon, "other")
    assert not list(tmp_path.glob(".state.key.*"))


RETIRED = [*sides("keys.write"), *commits("keys.retire")]


@pytest.mark.parametrize("point", RETIRED)
def test_F49_a_killed_retirement_leaves_everything_readable(tmp_path, point):
    deployment = deployed(tmp_path)
    with contextlib.closing(deployment.deployment.store()) as daemon:
        daemon.migrate()
        fill(daemon, "acme")
        assert deployment.call("keys", "rotate").returncode == 0
        old = Seal(deployment.key.read_text().strip()).versions[-1]

        deployment.killed(point, "keys", "retire", str(old))

        hold(daemon, "acme")
        dropped = old not in Seal(deployment.key.read_text().strip()).versions
        assert dropped == (point != "keys.write.before")
        if not dropped:
            assert deployment.call("keys", "retire", str(old)).returncode == 0
        assert old not in Seal(deployment.key.read_text().strip()).versions
        hold(daemon, "acme")


@pytest.fixture
def deployment(database):
    with user_deployment(database) as deployment:
        yield deployment


@pytest.fixture
def kim(deployment: UserDeployment) -> Person:
    return deployment.add("kim", Role.DATA_OWNER)


def test_a_rotated_state_key_leaves_everybody_their_codes_and_the_trail_whole(deployment, kim, tmp_path):
    file = tmp_path / "state.key"
    file.write_text(deployment.key)
    rotated = key_rotation.rotate(
        deployment.store, key_rotation.StateKey(file.read_text, file), "root", lambda: deployment.now
    )

    assert (
        rotated.version,
        {version.version for version in key_rotation.key_versions(deployment.store) if version.values},
    ) == (
        2,
        {2},
    )
    assert deployment.user(deployment.sign_in(kim))
    for site in (DEPLOYMENT, "acme"):
        with deployment.store.read(site) as work:
            assert work.audit.trail.verify().fault is None
