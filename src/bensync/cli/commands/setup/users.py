"""Users of the web pages: who may sign in, and in which role on which site."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import segno
import typer
from rich.console import Console

from bensync import api_shapes
from bensync.actions import tokens as api_tokens
from bensync.actions import users as accounts
from bensync.actions.authorization import ACCOUNTS
from bensync.cli.commands.review import second_person
from bensync.cli.invocation import Actor, now
from bensync.cli.render.console import moment, table
from bensync.cli.session import session
from bensync.config.references import decoded
from bensync.core.access import Grant, Right, Role
from bensync.errors import ConfigError, reported
from bensync.state.access.accounts import Account
from bensync.state.store import Store

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name to sign in with.")]
RoleName = Annotated[str, typer.Option("--role", metavar="ROLE", help="The role; docs/reference/roles.md lists them.")]
May = Annotated[
    list[str] | None, typer.Option("--may", metavar="RIGHT", help="An optional right of the role; may be repeated.")
]
Own = Annotated[str, typer.Option("--employee", metavar="ID", help="The HR employee id, for the employee role.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file", metavar="FILE", help="The file with the password. Default: bensync prompts for it."
    ),
]

ISSUER = "bensync"


def add(
    ctx: typer.Context,
    name: Name,
    role: RoleName,
    may: May = None,
    employee: Own = "",
    password_file: PasswordFile = None,
    actor: Actor = None,
) -> None:
    """Add a user with a first role. The QR code is shown only once."""
    call = session(ctx)
    given = _grant(call.only_site(), role, may, employee)
    with call.store() as store:
        new = accounts.add(
            store,
            name,
            _password(password_file),
            given,
            session(ctx).actor(actor),
            now(),
            issuer=ISSUER,
            two=_two(ctx, given.site),
        )
    _answer(ctx, new)


def reset(ctx: typer.Context, name: Name, password_file: PasswordFile = None, actor: Actor = None) -> None:
    """Give a user a new password, QR code, and recovery codes."""
    with session(ctx).store() as store:
        new = accounts.reset(
            store, name, _password(password_file), session(ctx).actor(actor), now(), issuer=ISSUER, two=_careful(ctx)
        )
    _answer(ctx, new)


def list_users(ctx: typer.Context) -> None:
    """List the users and their roles."""
    call = session(ctx)
    with call.store() as store:
        listed = [account for account in accounts.everybody(store) if call.site is None or _on(account, call.site)]
        halves = second_person.waiting(call, store, ACCOUNTS)
    rows = [row for account in listed for row in _rows(account)]
    columns = ("Name", "Site", "Role", "Own record", "May also", "Account")

    def show(console: Console) -> None:
        table(console, "Users", columns, rows, wrap=("Name",))
        second_person.show(console, halves)

    call.answer(
        lambda: {
            "users": [api_shapes.users.user(account) for account in listed],
            "waiting": second_person.shape(halves),
        },
        show,
    )


def grant(
    ctx: typer.Context, name: Name, role: RoleName, may: May = None, employee: Own = "", actor: Actor = None
) -> None:
    """Give a user a role on a site. Their sessions end."""
    given = _grant(session(ctx).only_site(), role, may, employee)
    two = _two(ctx, given.site)
    _change(ctx, name, lambda store: accounts.grant(store, name, given, session(ctx).actor(actor), now(), two=two))


def revoke(ctx: typer.Context, name: Name, role: RoleName, actor: Actor = None) -> None:
    """Take a role on a site from a user. Their sessions end."""
    site, which = session(ctx).only_site(), _role(role)
    _change(ctx, name, lambda store: accounts.revoke(store, name, site, which, session(ctx).actor(actor), now()))


def disable(ctx: typer.Context, name: Name, actor: Actor = None) -> None:
    """Disable an account. Its sessions end at once."""
    _change(ctx, name, lambda store: accounts.disable(store, name, session(ctx).actor(actor), now()))


def enable(ctx: typer.Context, name: Name, actor: Actor = None) -> None:
    """Enable a disabled account, with the roles it had."""
    _change(ctx, name, lambda store: accounts.enable(store, name, session(ctx).actor(actor), now(), two=_careful(ctx)))


def token(
    ctx: typer.Context,
    name: Name,
    label: Annotated[str, typer.Option("--label", metavar="TEXT", help="The purpose, such as nightly-report.")],
    days: Annotated[
        int,
        typer.Option(
            "--days", metavar="N", min=1, max=api_tokens.LONGEST.days, help="The number of days before it expires."
        ),
    ] = 90,
    actor: Actor = None,
) -> None:
    """Create an API token for a user. It is shown only once."""
    with session(ctx).store() as store:
        # The database keeps only a hash, so this is the only moment at which the token can be shown.
        by = session(ctx).actor(actor)
        secret = api_tokens.issue(store, name, label, timedelta(days=days), by, now(), _careful(ctx))
    session(ctx).answer({"token": secret}, lambda console: console.print(secret, soft_wrap=True))


def tokens(ctx: typer.Context, name: Name) -> None:
    """List a user's API tokens and when each was last used."""
    with session(ctx).store() as store:
        api = api_tokens.tokens_of(store, name)
    rows = [(entry.label, moment(entry.created_at), moment(entry.expires_at), moment(entry.used_at)) for entry in api]
    columns = ("Label", "Created (UTC)", "Expires (UTC)", "Last used (UTC)")
    session(ctx).answer(
        lambda: {"tokens": [api_shapes.users.token(entry) for entry in api]},
        lambda console: table(console, f"Tokens of {name}", columns, rows),
    )


def revoke_token(ctx: typer.Context, name: Name, label: str, actor: Actor = None) -> None:
    """Revoke an API token at once."""
    with session(ctx).store() as store:
        api_tokens.revoke(store, name, label, session(ctx).actor(actor), now())
    session(ctx).answer({"revoked": label}, lambda console: console.print(f"The token {label} is revoked."))


def _two(ctx: typer.Context, site: str) -> bool:
    """Return whether a role needs two approvers on this site."""
    return session(ctx).deployment().settings.sites[site].grants_take_two


def _careful(ctx: typer.Context) -> list[str]:
    """Return the sites on which a role needs two approvers."""
    sites = session(ctx).deployment().settings.sites
    return [name for name, site in sites.items() if site.grants_take_two]


def _change(ctx: typer.Context, name: str, change: Callable[[Store], None]) -> None:
    call = session(ctx)
    with call.store() as store:
        change(store)
        (account,) = [each for each in accounts.everybody(store) if each.name == name.strip().lower()]
    columns = ("Name", "Site", "Role", "Own record", "May also", "Account")
    call.answer(
        lambda: {"user": api_shapes.users.user(account)},
        lambda console: table(console, "Done", columns, _rows(account), wrap=("Name",)),
    )


def _role(text: str) -> Role:
    return Role(_known(text, [role.value for role in Role], "--role"))


def _grant(site: str, role: str, may: list[str] | None, employee: str) -> Grant:
    rights = [right.value for right in Right]
    extras = frozenset(Right(_known(text, rights, "--may")) for text in may or ())
    return Grant(site, _role(role), employee, extras)


def _known(text: str, choices: list[str], option: str) -> str:
    plain = text.strip().lower().replace("-", "_")
    if plain not in choices:
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(choices)}.", param_hint=option)
    return plain


def _password(path: Path | None) -> str:
    if path is None:
        # Never an option: everybody on the machine can read the arguments of a process.
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    try:
        # Only the end of the line: spaces can be part of a password.
        return decoded(path.read_bytes()).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read.", reported(error), "Name a text file.") from error


def _answer(ctx: typer.Context, new: accounts.Enrolment) -> None:
    session(ctx).answer(lambda: {"user": api_shapes.users.new_user(new)}, lambda console: _show(console, new))


def _show(console: Console, new: accounts.Enrolment) -> None:
    drawn = io.StringIO()
    # Drawn on the terminal: a picture in a file would leave the second factor on the disk.
    segno.make_qr(new.totp_uri).terminal(drawn, compact=True)
    console.print(f"Scan this with an authenticator app for {new.name}. It is shown only once:")
    console.print(drawn.getvalue())
    console.print(new.totp_uri, soft_wrap=True)
    console.print("\nWrite these down. Each replaces a lost phone, once:")
    for code in new.recovery_codes:
        console.print(f"  {code}")


def _on(account: Account, site: str) -> bool:
    return any(given.site == site for given in account.grants)


def _rows(account: Account) -> list[tuple[object, ...]]:
    state = "not proven" if not account.proven else "disabled" if account.disabled_at else "enabled"
    rows: list[tuple[object, ...]] = [
        (account.name, given.site, given.role, given.employee_id, ", ".join(sorted(given.extras)), state)
        for given in account.grants
    ]
    return rows or [(account.name, "", "no role", "", "", state)]
