"""Care for what bensync remembers: backup, restore, fsck, the state key, and catching up after a restore."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bensync.actions.authorization import require_second_person
from bensync.cli.invocation import Actor, UsageError, actor_name, now
from bensync.cli.render.console import count, size, table
from bensync.cli.session import CliSession, session
from bensync.core.access import command_line_actor
from bensync.core.ports import PreflightFinding
from bensync.errors import StateError
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.store import Store
from bensync.state.upkeep.backup import Backup
from bensync.state.upkeep.backup import backup as make
from bensync.state.upkeep.fsck import check, check_database, check_sent, sites
from bensync.state.upkeep.key_rotation import Rotated, Version, key_versions
from bensync.state.upkeep.key_rotation import retire as drop
from bensync.state.upkeep.key_rotation import rotate as go_on
from bensync.state.upkeep.restore import Restored
from bensync.state.upkeep.restore import restore as put_back
from bensync.state.upkeep.sealed import check_sealed

Place = Annotated[Path, typer.Argument(metavar="FILE")]

_TO_FINISH = timedelta(days=1)  # a rotation may want the new key put somewhere before it goes on


def backup(
    ctx: typer.Context,
    file: Place,
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name.")] = False,
) -> None:
    """Copy the whole database into one file while runs continue."""
    here = session(ctx)
    with here.store() as store:
        made = make(store, file, force=force)
    shape = {
        "file": str(made.file),
        "schema": made.schema,
        "tables": len(made.rows),
        "rows": dict(made.rows),
        "size": made.size,
        "broken": [_line("", line) for line in made.broken],
    }
    here.answer({"backup": shape}, lambda console: _show_backup(console, made))
    if made.broken:
        raise typer.Exit(StateError.code)


def restore(
    ctx: typer.Context,
    file: Place,
    yes: Annotated[bool, typer.Option("--yes", help="Replace everything that the database holds.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Even if it has later data, or cannot be read; it is kept as a file.")
    ] = False,
    actor: Actor = None,
) -> None:
    """Replace the database with a backup."""
    here = session(ctx)
    if not yes:
        why = "a restore replaces everything that the database holds, for all sites"
        raise UsageError("Nothing was restored", why, "say --yes if that is what you want")
    deployment = here.deployment()
    # A site whose own file is broken today will send again once it is fixed, without a person having looked.
    senders = [name for name in deployment.every() if name in deployment.broken or not deployment.receives(name)]
    with contextlib.closing(deployment.store()) as store:
        done = put_back(store, file, senders, actor=actor_name(actor), now=now(), force=force)
    shape = {
        "file": str(file),
        "schema": done.schema,
        "came_from": done.came_from,
        "rows": dict(done.rows),
        "kept": str(done.kept) if done.kept else None,
        "sites": list(done.sites),
    }
    here.answer({"restore": shape}, lambda console: _show_restored(console, file, done))


def fsck(
    ctx: typer.Context,
    deep: Annotated[
        bool, typer.Option("--deep", help="Open every sealed value too, and reckon its keys again.")
    ] = False,
) -> None:
    """Check the database for inconsistencies. Nothing is fixed."""
    here = session(ctx)
    deployment = here.deployment()
    chosen = deployment.every(here.site)
    with here.store() as store, store.whole() as connection:
        log = deployment.sent_log(store)
        found: dict[str, list[PreflightFinding]] = {"": list(check_database(connection))}
        for name in chosen if here.site else sorted({*chosen, *sites(connection)}):
            work = store.site(connection, name)
            found[name] = list(check(work))
            if log is not None and name in deployment.names() and not deployment.receives(name):
                found[name].append(check_sent(work, log.last(name, deployment.feed(name))))
            found[name] += check_sealed(work) if deep else ()
    lines = [_line(site, line) for site, listed in found.items() for line in listed]
    well = all(line["ok"] for line in lines)
    here.answer({"ok": well, "findings": lines}, lambda console: _show_findings(console, lines))
    if not well:
        raise typer.Exit(StateError.code)


def show_keys(ctx: typer.Context) -> None:
    """List the versions of the state key and their use."""
    here = session(ctx)
    with here.store() as store:
        found = key_versions(store)
    shape = [{"version": v.version, "held": v.held, "newest": v.newest, "values": v.values} for v in found]
    here.answer({"keys": shape}, lambda console: _show_versions(console, found))


def rotate(ctx: typer.Context, actor: Actor = None) -> None:
    """Rotate the state key: seal everything with a new version."""
    here = session(ctx)
    with here.store() as store:
        _take_two(here, store, actor, "keys.rotate", "state key")
        done = go_on(store, here.deployment().state_key(), actor_name(actor), now)
    shape = {"version": done.version, "values": done.values, "to_set": done.to_set or None}
    reference = here.deployment().settings.state.key.get_secret_value()
    here.answer({"rotation": shape}, lambda console: _show_rotated(console, done, reference))


def retire(
    ctx: typer.Context,
    version: Annotated[int, typer.Argument(metavar="VERSION", help="As `bensync keys status` lists it.")],
    actor: Actor = None,
) -> None:
    """Remove an old version of the state key."""
    here = session(ctx)
    key = here.deployment().state_key()
    with here.store() as store:
        _take_two(here, store, actor, "keys.retire", f"state key version {version}")
        drop(store, key, version, actor_name(actor), now())
    reference = here.deployment().settings.state.key.get_secret_value()
    done = (
        f"{reference} holds it no more" if key.file else f"take the part that begins with {version}: out of {reference}"
    )
    here.answer(
        {"retired": {"version": version, "by_hand": key.file is None}},
        lambda console: console.print(
            f"Nothing is sealed with version {version}: {done}.\n"
            "Backups that were made before need it: keep it with them, apart from here.",
            soft_wrap=True,
        ),
    )


def _take_two(here: CliSession, store: Store, actor: str | None, act: str, subject: str) -> None:
    """Keys are the whole deployment's: two people change them as soon as one of its sites says so."""
    if any("keys" in site.second_approver for site in here.deployment().settings.sites.values()):
        require_second_person(
            store, DEPLOYMENT, command_line_actor(actor_name(actor)), act, subject, now(), lasting=_TO_FINISH
        )


def _line(site: str, line: PreflightFinding) -> dict[str, Any]:
    return {"site": site or None, "subject": line.subject, "ok": line.ok, "detail": line.detail, "fix": line.fix}


def _show_backup(console: Console, made: Backup) -> None:

    rows = count(sum(made.rows.values()), "row")
    console.print(f"{made.file}: {count(len(made.rows), 'table')}, {rows}, {size(made.size)}.", soft_wrap=True)
    console.print("Its values are sealed with the state key, which is not in it: keep that apart, and keep it.")
    if made.broken:
        console.print("Not everything holds in the database, so neither in its copy:")
        _show_findings(console, [_line("", line) for line in made.broken])


def _show_restored(console: Console, file: Path, done: Restored) -> None:

    rows = count(sum(done.rows.values()), "row")
    console.print(f"Restored {rows} from {file} (schema {done.came_from}, now {done.schema}).", soft_wrap=True)
    if done.kept is not None:
        console.print(f"What was there is kept as {done.kept}.", soft_wrap=True)
    if done.sites:
        console.print(f"Nothing is sent for {', '.join(done.sites)} before you have asked the receiver, and said:")
        console.print("  bensync --site SITE deliveries caught-up --last N --reason TEXT", soft_wrap=True)


def _show_findings(console: Console, lines: Iterable[Mapping[str, Any]]) -> None:

    listed = list(lines)
    broken = [line for line in listed if not line["ok"]]
    if not broken:
        console.print(f"All is well: {count(len(listed), 'thing')} looked at.")
        return
    rows = [(line["site"], line["subject"], line["detail"]) for line in broken]
    table(console, f"{count(len(broken), 'thing')} not as it must be", ("Site", "What to look at", "Seen"), rows)
    for fix in dict.fromkeys(line["fix"] for line in broken):
        console.print(f"Fix: {fix}.", soft_wrap=True)


def _show_versions(console: Console, found: Iterable[Version]) -> None:

    def place(version: Version) -> str:
        return "seals" if version.newest else "opens" if version.held else "MISSING"

    rows = [(version.version, place(version), f"{version.values:,}") for version in found]
    table(console, "The state key", ("Version", "Use", "Values"), rows, right=("Version", "Values"))


def _show_rotated(console: Console, done: Rotated, reference: str) -> None:

    if done.to_set:
        console.print(f"Set {reference} to this, restart whatever works here, then run `bensync keys rotate` again:")
        console.print(done.to_set, soft_wrap=True)
        return
    console.print(f"{count(done.values, 'value')} sealed anew with version {done.version} of the state key.")
    console.print("Copy the key to where you keep it; `bensync keys status` tells which old version can be retired.")
