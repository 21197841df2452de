"""Care for what bensync remembers: backup, restore, fsck, the state key, and catching up after a restore."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bensync import api_shapes
from bensync.actions.authorization import require_second_person
from bensync.cli.invocation import Actor, UsageError, now
from bensync.cli.render.console import table
from bensync.cli.session import CliSession, session
from bensync.core.ports import PreflightFinding
from bensync.errors import StateError
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.store import Store
from bensync.state.upkeep.backup import Backup
from bensync.state.upkeep.backup import backup as make
from bensync.state.upkeep.fsck import check, check_access, check_database, check_sent, sites
from bensync.state.upkeep.key_rotation import Rotated, Version, key_versions
from bensync.state.upkeep.key_rotation import retire as drop
from bensync.state.upkeep.key_rotation import rotate as go_on
from bensync.state.upkeep.restore import Restored
from bensync.state.upkeep.restore import restore as put_back
from bensync.state.upkeep.sealed import check_sealed
from bensync.wording.sync import count, size

if TYPE_CHECKING:  # loaded by the commands that answer with it
    from bensync.api_shapes.status import Finding

Place = Annotated[Path, typer.Argument(metavar="FILE")]

_TO_FINISH = timedelta(days=1)  # a rotation may want the new key put somewhere before it goes on


def backup(
    ctx: typer.Context,
    file: Place,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Copy the whole database into one file while runs continue.

    Its values stay encrypted, and the key is not in the file.
    """
    call = session(ctx)
    with call.store() as store:
        copy = make(store, file, force=force)
    call.answer(lambda: {"backup": api_shapes.status.backup(copy)}, lambda console: _show_backup(console, copy))
    # A copy of a damaged database is kept nevertheless, since it may be the last one; the exit code says so.
    if copy.broken:
        raise typer.Exit(StateError.code)


def restore(
    ctx: typer.Context,
    file: Place,
    yes: Annotated[bool, typer.Option("--yes", help="Replace all data in the database.")] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Even if the database has later data, or cannot be read. It is kept as a file."),
    ] = False,
    actor: Actor = None,
) -> None:
    """Replace the database with a backup.

    Nothing is sent afterwards until you record which files the receiver has (`bensync deliveries caught-up`).
    """
    call = session(ctx)
    if not yes:
        why = "A restore replaces all data in the database, for all sites."
        raise UsageError("Nothing was restored.", why, "Add --yes to replace it.")
    deployment = call.deployment()
    # A site whose own file is broken today will send again once it is fixed, without a person having looked.
    senders = [name for name in deployment.every() if name in deployment.broken or not deployment.receives(name)]
    with contextlib.closing(deployment.store()) as store:
        done = put_back(store, file, senders, actor=call.actor_name(actor), now=now(), force=force)
    call.answer(
        lambda: {"restore": api_shapes.status.restored(str(file), done)},
        lambda console: _show_restored(console, file, done),
    )


def fsck(
    ctx: typer.Context,
    deep: Annotated[bool, typer.Option("--deep", help="Also decrypt every value, and recompute its keys.")] = False,
) -> None:
    """Check the database for inconsistencies. Nothing is fixed."""
    call = session(ctx)
    deployment = call.deployment()
    chosen = deployment.every(call.site)
    with call.store() as store, store.whole() as connection:
        log = deployment.sent_log(store)
        findings: dict[str, list[PreflightFinding]] = {
            "": [*check_database(connection), *check_access(store.site(connection, DEPLOYMENT))]
        }
        # Sites that were removed from the configuration still have rows, which must be whole as well.
        for name in chosen if call.site else sorted({*chosen, *sites(connection)}):
            state = store.site(connection, name)
            findings[name] = list(check(state))
            # A site whose file is broken has no feed that could be compared.
            if log is not None and name in deployment.names() and not deployment.receives(name):
                findings[name].append(check_sent(state, log.last(name, deployment.feed(name))))
            findings[name] += check_sealed(state) if deep else ()
    lines = [api_shapes.status.finding(site, line) for site, listed in findings.items() for line in listed]
    well = all(line.ok for line in lines)
    call.answer({"ok": well, "findings": lines}, lambda console: _show_findings(console, lines))
    if not well:
        raise typer.Exit(StateError.code)


def show_keys(ctx: typer.Context) -> None:
    """List the versions of the state key and their use."""
    call = session(ctx)
    with call.store() as store:
        versions = key_versions(store)
    call.answer(
        lambda: {"keys": [api_shapes.status.key_version(version) for version in versions]},
        lambda console: _show_versions(console, versions),
    )


def rotate(ctx: typer.Context, actor: Actor = None) -> None:
    """Rotate the state key: seal everything with a new version.

    Run it again to finish a rotation that was interrupted. Runs may continue meanwhile.
    """
    call = session(ctx)
    with call.store() as store:
        # Before the first value is sealed anew: a rotation cannot be taken back halfway.
        _take_two(call, store, actor, "keys.rotate", "state key")
        done = go_on(store, call.deployment().state_key(), call.actor_name(actor), now)
    reference = call.deployment().settings.state.key.get_secret_value()
    call.answer(
        lambda: {"rotation": api_shapes.status.rotation(done)},
        lambda console: _show_rotated(console, done, reference),
    )


def retire(
    ctx: typer.Context,
    version: Annotated[int, typer.Argument(metavar="VERSION", help="The version; `bensync keys status` lists them.")],
    actor: Actor = None,
) -> None:
    """Remove an old version of the state key.

    It is refused while a value is still encrypted with that version.
    """
    call = session(ctx)
    key = call.deployment().state_key()
    with call.store() as store:
        _take_two(call, store, actor, "keys.retire", f"state key version {version}")
        drop(store, key, version, call.actor_name(actor), now())
    reference = call.deployment().settings.state.key.get_secret_value()
    done = (
        f"it was removed from {reference}"
        if key.file
        else f"remove the part that begins with {version}: from {reference}"
    )
    call.answer(
        lambda: {"retired": api_shapes.status.RetiredKey(version=version, by_hand=key.file is None)},
        lambda console: console.print(
            f"Nothing is encrypted with version {version}: {done}.\n"
            "Older backups need it: keep it with them, in another place.",
            soft_wrap=True,
        ),
    )


def _take_two(call: CliSession, store: Store, actor: str | None, act: str, subject: str) -> None:
    """Require a second person if any site does so for keys, which belong to the whole deployment."""
    if any("keys" in site.second_approver for site in call.deployment().settings.sites.values()):
        require_second_person(store, DEPLOYMENT, call.actor(actor), act, subject, now(), lasting=_TO_FINISH)


def _show_backup(console: Console, copy: Backup) -> None:
    rows = count(sum(copy.rows.values()), "row")
    console.print(f"{copy.file}: {count(len(copy.rows), 'table')}, {rows}, {size(copy.size)}.", soft_wrap=True)
    console.print(
        "Its values are encrypted with the state key, which is not in the file. Keep the key in another place."
    )
    if copy.broken:
        console.print("The database has inconsistencies, and so does its copy:")
        _show_findings(console, [api_shapes.status.finding("", line) for line in copy.broken])


def _show_restored(console: Console, file: Path, done: Restored) -> None:
    rows = count(sum(done.rows.values()), "row")
    console.print(f"Restored {rows} from {file} (schema {done.came_from}, now {done.schema}).", soft_wrap=True)
    if done.kept is not None:
        console.print(f"The previous database is kept as {done.kept}.", soft_wrap=True)
    if done.sites:
        console.print(
            f"Nothing is sent for {', '.join(done.sites)} until you ask the receiver which files it has, and run:"
        )
        console.print("  bensync --site SITE deliveries caught-up --last N --reason TEXT", soft_wrap=True)


def _show_findings(console: Console, lines: Iterable[Finding]) -> None:
    listed = list(lines)
    broken = [line for line in listed if not line.ok]
    if not broken:
        console.print(f"No problems: {count(len(listed), 'rule')} checked.")
        return
    rows = [(line.site, line.subject, line.detail) for line in broken]
    table(
        console,
        count(len(broken), "inconsistency", "inconsistencies"),
        ("Site", "What to look at", "Seen"),
        rows,
        wrap=("What to look at", "Seen"),
    )
    # Many findings share a fix; said once, it is read.
    for fix in dict.fromkeys(line.fix for line in broken):
        console.print(f"Fix: {fix}", soft_wrap=True)


def _show_versions(console: Console, versions: Iterable[Version]) -> None:
    def place(version: Version) -> str:
        return "encrypts" if version.newest else "decrypts" if version.held else "MISSING"

    rows = [(version.version, place(version), f"{version.values:,}") for version in versions]
    table(console, "The state key", ("Version", "Use", "Values"), rows, right=("Version", "Values"))


def _show_rotated(console: Console, done: Rotated, reference: str) -> None:
    if done.to_set:
        console.print(f"Set {reference} to this, restart all bensync processes, then run `bensync keys rotate` again:")
        console.print(done.to_set, soft_wrap=True)
        return
    console.print(f"{count(done.values, 'value')} encrypted again with version {done.version} of the state key.")
    console.print("Copy the key to your safe place. `bensync keys status` shows which old version can be retired.")
