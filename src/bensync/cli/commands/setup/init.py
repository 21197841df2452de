"""`bensync init`: a first configuration and a state key, from answers or options. It never overwrites anything."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bensync import api_shapes
from bensync.cli.commands.setup.template import EXAMPLE, render
from bensync.cli.invocation import Invocation, UsageError, invocation
from bensync.cli.options import taking
from bensync.delivery.settings import LOOPBACK, SMTP_PORT, SMTPS_PORT, SSH_PORT
from bensync.errors import ConfigError, reported
from bensync.state.db.vault import new_state_key
from bensync.state.store import Store

_QUESTIONS = {
    "site_id": "BeneTrac Site ID",
    "company": "BambooHR company (`acme` of acme.bamboohr.com)",
    "recipient": "PGP fingerprint of the receiver (40 hex digits)",
    "upload_host": "Host of the upload center",
    "upload_user": "User at the upload center",
    "host_key": "Fingerprint of its host key (SHA256:...)",
}
"""What is asked for where no option gives it."""
_SFTP_ONLY = ("upload_", "host_")


@dataclass(frozen=True, kw_only=True)
class InitOptions:
    """The values of a first configuration; None where one is not given."""

    yes: Annotated[bool, typer.Option("--yes", help="Do not prompt; missing values are marked FILL-IN.")] = False
    site_id: Annotated[str | None, typer.Option(metavar="ID", help="BeneTrac Site ID.")] = None
    company: Annotated[str | None, typer.Option(metavar="NAME", help="The company's BambooHR subdomain.")] = None
    base_url: Annotated[str | None, typer.Option(metavar="URL", help="A different BambooHR address.")] = None
    api_key: Annotated[
        str, typer.Option(metavar="REF", help="Where the API key is: env:NAME, file:/path, or keyring:service/user.")
    ] = "env:BAMBOOHR_API_KEY"
    active: Annotated[
        list[str] | None, typer.Option(metavar="OPTION", help="A status of active employees; may be repeated.")
    ] = None
    inactive: Annotated[
        list[str] | None, typer.Option(metavar="OPTION", help="A status of inactive employees; may be repeated.")
    ] = None
    recipient: Annotated[str | None, typer.Option(metavar="HEX", help="PGP fingerprint of the receiver.")] = None
    gnupg_home: Annotated[Path | None, typer.Option(metavar="DIR", help="The folder of the PGP keys.")] = None
    upload_host: Annotated[str | None, typer.Option(metavar="HOST", help="The host of the upload center.")] = None
    upload_port: Annotated[int, typer.Option(metavar="PORT", help="Its port.")] = SSH_PORT
    upload_user: Annotated[str | None, typer.Option(metavar="USER", help="The user to sign in as.")] = None
    upload_directory: Annotated[str, typer.Option(metavar="DIR", help="The folder on the upload center.")] = EXAMPLE[
        "upload_center"
    ]["directory"]
    private_key: Annotated[str | None, typer.Option(metavar="REF", help="Where the SSH key is.")] = None
    host_key: Annotated[
        list[str] | None, typer.Option(metavar="SHA256:...", help="The fingerprint of its host key; may be repeated.")
    ] = None
    upload_folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Deliver to a local folder instead, to rehearse.")
    ] = None
    mail_host: Annotated[str | None, typer.Option(metavar="HOST", help="The mail server for notices.")] = None
    mail_port: Annotated[int, typer.Option(metavar="PORT", help="Its port.")] = SMTP_PORT
    mail_sender: Annotated[str | None, typer.Option(metavar="ADDRESS", help="The sender of notices.")] = None
    mail_admin: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="The recipient of notices; may be repeated.")
    ] = None


@taking(InitOptions)
def init(ctx: typer.Context, options: InitOptions) -> None:
    """Write a commented configuration and a state key.

    bensync prompts for missing values, or takes them as options with --yes.
    """
    call = invocation(ctx)
    path = (call.config or Path(os.environ.get("BENSYNC_CONFIG") or "bensync.toml")).absolute()
    key, database = path.with_name("state.key"), path.with_name("bensync.db")
    # Before the first question, so that no answer is typed in vain.
    _refuse_to_overwrite(path, key, database)
    answers = _complete(call, _given(options), yes=options.yes)
    site = call.site or "main"
    state = {"url": f"sqlite:///{database}", "key": f"file:{key}"}
    _write(path, key, site, {"state": state, **_tables(options, answers, path.parent)})
    missing = [name for name, value in answers.items() if not value]
    call.answer(
        lambda: {
            "init": api_shapes.setup.NewConfiguration(
                config=str(path), state_key=str(key), site=site, to_fill_in=missing
            )
        },
        lambda console: _show_next(console, path, key, missing),
    )


def _given(options: InitOptions) -> dict[str, Any]:
    """Return the values that no configuration can do without, given or not."""
    needed = [name for name in _QUESTIONS if options.upload_folder is None or not name.startswith(_SFTP_ONLY)]
    return {name: getattr(options, name) for name in needed}


def _tables(options: InitOptions, answers: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the tables of the file by name, relative to the folder that it lies in."""
    gnupg_home = options.gnupg_home or folder / "gnupg"
    return {
        "mail": _mail(options),
        "id": answers["site_id"],
        "source": {
            "type": "bamboohr",
            "company": answers["company"],
            "api_key": options.api_key,
            "base_url": options.base_url,
        },
        "status": {
            "active": options.active or EXAMPLE["status"]["active"],
            "inactive": options.inactive or EXAMPLE["status"]["inactive"],
        },
        "feed": {"recipient": answers["recipient"], "gnupg_home": str(gnupg_home.absolute())},
        "upload_center": _upload_center(options, answers, folder),
    }


def _mail(options: InitOptions) -> dict[str, Any] | None:
    if not (options.mail_host or options.mail_sender or options.mail_admin):
        return None
    near = options.mail_host is None or options.mail_host in LOOPBACK
    return {
        "host": options.mail_host,
        "port": options.mail_port,
        # Off this machine, notices travel encrypted: from the first byte on the port for that, else after the greeting.
        "tls": not near and options.mail_port == SMTPS_PORT,
        "starttls": not near and options.mail_port != SMTPS_PORT,
        "sender": options.mail_sender,
        "admins": options.mail_admin,
    }


def _upload_center(options: InitOptions, answers: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    if options.upload_folder is not None:
        return {"type": "folder", "directory": str(options.upload_folder.absolute())}
    return {
        "type": "sftp",
        "host": answers["upload_host"],
        "port": options.upload_port,
        "user": answers["upload_user"],
        "private_key": options.private_key or f"file:{folder / 'sftp_key'}",
        "host_keys": answers["host_key"],
        "directory": options.upload_directory,
    }


def _refuse_to_overwrite(*paths: Path) -> None:
    for path in paths:
        if path.exists():
            why = "It may be in use, and a state key or its database cannot be created again."
            raise ConfigError(f"{path} already exists.", why, "Move it, or name another file with --config.")


def _complete(call: Invocation, given: Mapping[str, Any], *, yes: bool) -> dict[str, Any]:
    """Return the values: given, typed in, or None with --yes.

    Raises:
        UsageError: values are missing, and there is no one to type them in.
    """
    missing = [name for name, value in given.items() if not value]
    if yes or not missing:
        return dict(given)
    # A prompt would hang where nobody can answer it.
    if call.as_json or not sys.stdin.isatty():
        options = ", ".join("--" + name.replace("_", "-") for name in missing)
        raise UsageError(
            "bensync cannot prompt for the missing values.",
            f"These are missing: {options}.",
            "Add them, or add --yes and fill them in later.",
        )
    typed = {name: typer.prompt(_QUESTIONS[name], err=True) for name in missing}
    return {**given, **{name: [text] if name == "host_key" else text for name, text in typed.items()}}


def _write(path: Path, key: Path, site: str, values: Mapping[str, Any]) -> None:
    """Write the key first, because a database without its key is lost; then configuration and database."""
    secret = new_state_key()
    text = render(site, values)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for file, content in ((key, f"{secret}\n"), (path, text)):
            # Created private and new in one step: another process can neither read it in between nor have put a link
            # there.
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as sheet:
                sheet.write(content)
    except OSError as error:
        fix = "Fix its permissions, or choose another folder."
        raise ConfigError(f"{path.parent} cannot be written to.", reported(error), fix) from error
    store = Store(values["state"]["url"], secret)
    try:
        # The next command finds a database that works, under the key that was just written.
        store.migrate()
    finally:
        store.close()


def _show_next(console: Console, path: Path, key: Path, missing: list[str]) -> None:
    console.print(f"Written: {path}", soft_wrap=True)
    console.print(f"Written: {key} (the state key; keep a copy apart from the database)", soft_wrap=True)
    if missing:
        console.print(f"To fill in: {len(missing)} entries marked with FILL-IN.")
    at = "" if path == Path("bensync.toml").absolute() else f" --config {path}"
    console.print("Next:")
    for command, said in (
        ("check", "check everything"),
        ("plan --active --inactive", "see what would be sent"),
        ("resync --active --inactive", "send it, and queue every employee for review"),
    ):
        console.print(f"  bensync{at} {command}   # {said}", soft_wrap=True)
