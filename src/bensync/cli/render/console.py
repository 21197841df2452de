"""How moments, counts and tables look on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from rich import box
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from bensync.errors import BensyncError
from bensync.state.db.transaction import DEPLOYMENT

STYLES = {
    "PENDING": "yellow",
    "HIGH": "bold red",
    "FAILED": "bold red",
    "INTERRUPTED": "bold red",
    "PUBLISHING": "yellow",
    "SUCCEEDED": "green",
    "COMMITTED": "green",
    "APPROVED": "green",
    "TERMINATED": "dim",
}
"""Words that stand out; where there is no colour, the words themselves say it."""


def moment(when: datetime | None) -> str:
    """Return a moment in UTC, to the minute."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M}" if when is not None else ""


def whose(site: str) -> str:
    """Return the name of a site, or `the deployment`."""
    return "the deployment" if site == DEPLOYMENT else site


def table(
    console: Console,
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    right: Sequence[str] = (),
    wrap: Sequence[str] = (),
) -> None:
    """Print a table.

    Args:
        console: where to.
        title: printed above it.
        columns: the titles of the columns.
        rows: the cells; None is an empty one.
        right: columns that hold numbers.
        wrap: columns whose text may continue in the next line; all others keep theirs in one.
    """
    sheet = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        alignment: JustifyMethod = "right" if name in right else "left"
        # Numbers and ids stay in one line, so that people can copy them and scripts can find them with grep.
        sheet.add_column(name, justify=alignment, overflow="fold", no_wrap=name not in wrap)
    for row in rows:
        texts = ["" if cell is None else str(cell) for cell in row]
        # As Text: a name or a reason with [brackets] in it is no markup of rich.
        sheet.add_row(*[Text(text, style=STYLES.get(text, "")) for text in texts])
    console.print(sheet)


def pairs(console: Console, title: str, rows: Iterable[tuple[str, object]]) -> None:
    """Print facts one under the other; those without a value are left out."""
    console.print(Text(title, style="bold"))
    sheet = Table.grid(padding=(0, 2))
    sheet.add_column(style="dim", no_wrap=True)
    sheet.add_column(overflow="fold")
    for name, value in rows:
        if value not in (None, ""):
            sheet.add_row(f"  {name}", Text(str(value), style=STYLES.get(str(value), "")))
    console.print(sheet)


def more(console: Console, shown: int, total: int) -> None:
    """Print how many entries a list left out."""
    if total > shown:
        console.print(f"{total - shown:,} more; --limit {total} shows all.")


def failure_printer(site: str, error: BensyncError) -> Callable[[Console], None]:
    """Return what prints how one of several sites failed."""

    def show(console: Console) -> None:
        pairs(console, f"{site}: failed", zip(("what", "why", "fix"), (error.what, error.why, error.fix), strict=True))

    return show
