"""A module's tests are where its name leads: `src/bensync/X/m.py` in `tests/unit/X/test_m.py` or `tests/integration/X`.

Stories through the real command are in `tests/e2e`, beside the files that this check counts.
"""

from __future__ import annotations

from pathlib import Path

from tests.architecture.checks.pages import MODULES, ROOT, SOURCE

LEAST = 80
"""Percent of the modules that have a test file of their name. It is raised with the share, and never lowered."""
CLOSE_BELOW = 4
"""Points by which the share may be above `LEAST` before `LEAST` must follow."""
EXCEPTIONS = {
    "demo/bamboohr/__main__.py": "starts the fake; test_control.py starts it as a process",
    "state/migrations/env.py": "is run by alembic alone; test_migrations.py and test_upgrade.py migrate",
    "state/schema/access.py": "declares tables; test_all_tables.py compares them with the migrations",
    "state/schema/base.py": "declares the base class of tables",
    "state/schema/benefits.py": "declares tables; test_all_tables.py compares them with the migrations",
    "state/schema/sync.py": "declares tables; test_all_tables.py compares them with the migrations",
    "testing/connectors.py": "is a suite of tests that ships; every connector's tests run it",
    "testing/couriers.py": "is a suite of tests that ships; every courier's tests run it",
    "testing/profiles.py": "is a suite of tests that ships; every courier's tests run it",
}


def modules() -> list[Path]:
    """Return the modules that must have a test of their name, below src/bensync."""
    paths = [
        path.relative_to(SOURCE) for path in MODULES if path.name != "__init__.py" and "versions" not in path.parts
    ]
    return [path for path in paths if path.as_posix() not in EXCEPTIONS]


def is_mirrored(module: Path) -> bool:
    """Return whether a module has a test file of its name in the mirrored place."""
    mirrored = module.with_name(f"test_{module.name}")
    return any((ROOT / "tests" / kind / mirrored).exists() for kind in ("unit", "integration"))


def test_most_modules_have_a_test_file_of_their_name():
    without = [module.as_posix() for module in modules() if not is_mirrored(module)]
    share = 100 - 100 * len(without) / len(modules())
    assert share >= LEAST, f"{share:.1f} % have one; these do not: {', '.join(without)}"
    assert share < LEAST + CLOSE_BELOW, f"{share:.1f} % have one: raise LEAST"


def test_an_exception_names_a_module_that_there_is():
    assert [name for name in EXCEPTIONS if not (SOURCE / name).exists()] == []
