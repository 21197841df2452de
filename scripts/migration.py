"""Write the migration that brings a database to the tables as the classes declare them now.

Usage: python scripts/migration.py "how often an issue was seen"

The text becomes the name and the first line of the file. A new column that must not be empty gets the default of its
class in old rows. Read the result: values that must be computed need an UPDATE, which no comparison can guess.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations.ops import AddColumnOp, ModifyTableOps, UpgradeOps
from sqlalchemy import DefaultClause, create_engine
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from bensync.state.db.vault import new_state_key
from bensync.state.schema.all_tables import METADATA
from bensync.state.store import Store

VERSIONS = Path(__file__).parents[1] / "src" / "bensync" / "state" / "migrations" / "versions"
TEMPLATE = '''"""{title}"""

import sqlalchemy as sa
from alembic import op

revision = "{number:04}"
down_revision = "{before:04}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    {body}
'''


def steps() -> str:
    """Return the code that leads from the migrations of today to the tables of today; ``pass`` for none."""
    with tempfile.TemporaryDirectory(prefix="bensync-migration-") as folder:
        url = f"sqlite:///{folder}/state.db"
        store = Store(url, new_state_key())
        store.migrate()
        store.close()
        engine = create_engine(url)
        with engine.connect() as connection:
            changes = produce_migrations(MigrationContext.configure(connection), METADATA)
        engine.dispose()
    _fill_old_rows(changes.upgrade_ops)
    code = render_python_code(changes.upgrade_ops)
    # The comments of alembic stand around what it wrote, and a column of our own type is one of bytes here.
    lines = (line for line in code.splitlines() if not line.strip().startswith("#"))
    return re.sub(r"bensync\.state\.schema\.base\.Bytes\(\)", "sa.LargeBinary()", "\n".join(lines)).strip()


def _fill_old_rows(changes: UpgradeOps) -> None:
    """Give a new column that must not be empty the default of its class, for the rows that are there already."""
    for change in (change for table in changes.ops if isinstance(table, ModifyTableOps) for change in table.ops):
        if isinstance(change, AddColumnOp) and not change.column.nullable:
            default = change.column.default
            if not isinstance(default, ScalarElementColumnDefault):
                raise SystemExit(f"{change.column.name} has no default in its class: what do old rows hold?")
            value = int(default.arg) if isinstance(default.arg, bool) else default.arg
            change.column.server_default = DefaultClause(str(value))


def write(title: str) -> Path:
    """Write the next migration, and return its file."""
    before = max(int(file.name[:4]) for file in VERSIONS.glob("[0-9]*.py"))
    name = re.sub(r"\W+", "_", title.lower()).strip("_")
    path = VERSIONS / f"{before + 1:04}_{name}.py"
    sentence = f"{title[:1].upper()}{title[1:].rstrip('.')}."
    path.write_text(TEMPLATE.format(title=sentence, number=before + 1, before=before, body=steps()), "utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(path)], check=True)  # noqa: S603  # our own file
    return path


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].strip():
        raise SystemExit(__doc__)
    print(f"wrote {write(sys.argv[1])}")
