"""A changed configuration leaves an entry in the deployment's trail: what changed, never a secret, once."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bensync import fault_points
from bensync.actions.config_audit import VERB
from bensync.cli.app import main
from bensync.core.access import Role
from bensync.core.changes import FieldChange
from bensync.daemon.process import load
from bensync.errors import StateError
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.read.lists import AuditView
from tests.fixtures.databases import in_file
from tests.fixtures.deployed import Deployed, deployed
from tests.fixtures.fault_points import commits
from tests.fixtures.pages import pages

NOTED = commits("configuration.note")
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def here(database: str, tmp_path: Path) -> Deployed:
    found = deployed(tmp_path / "here", database)
    answer = found.call("migrate")
    assert answer.returncode == 0, answer
    return found


def entries(here: Deployed) -> list[AuditView]:
    """All entries about the configuration, with what changed."""
    store = here.deployment.store()
    with store.read(DEPLOYMENT) as work:
        found = [work.lists.audit_entry(entry.id) for entry in work.lists.audit().items if entry.verb == VERB]
        assert work.audit.trail.verify().fault is None
    store.close()
    return [entry for entry in found if entry is not None]


def used(here: Deployed) -> list[FieldChange]:
    """Use it; what the newest entry says then."""
    deployment = here.deployment
    with contextlib.closing(deployment.store()) as store:
        deployment.note(store, "kim", "somebody", datetime.now(UTC))
    return list(entries(here)[-1].changes)


def change(file: Path, old: str, new: str) -> None:
    before = file.read_text()
    assert old in before
    file.write_text(before.replace(old, new, 1))


def test_the_auditor_reads_what_changed_and_not_what_concerns_others(tmp_path: Path, capsys: Capture) -> None:
    with pages(tmp_path, in_file(tmp_path)) as found:
        auditor = found.sign_in(found.deployment.add("lee", Role.AUDITOR))
        site = "[sites.acme]\n"
        assert main(["--config", str(found.config), "status"]) == 0
        found.config.write_text(found.config.read_text().replace(site, f'{site}approvers = ["kim"]\n'))
        assert main(["--config", str(found.config), "status"]) == 0
        capsys.readouterr()
        shown = auditor.get("/sites/acme/sign-ins?what=configuration.").text
        assert "1 setting changed" in shown
        assert auditor.get("/sites/acme/audit").status_code == 200
        assert auditor.get("/sites/acme").status_code == 200
        assert "<code>sites.acme.approvers</code>" in shown
        assert not re.search(r"<code>sites\.(?!acme)", shown)
        with found.deployment.store.read(DEPLOYMENT) as work:
            number = work.lists.audit().items[-1].id
        assert main(["--config", str(found.config), "audit", "show", str(number), "--deployment"]) == 0
        told = capsys.readouterr().out
    assert "sites.acme.approvers" in told
    assert "kim" in told


def test_the_first_use_notes_what_is_set_and_the_next_one_nothing(here: Deployed) -> None:
    assert here.call("status", LOGNAME="kim").returncode == 0
    told = {change.field: change.new for change in used(here)}
    assert told["sites.acme.id"] == "SITE0000"
    assert told["sites.acme.status.active"] == "Active"
    used(here)
    (entry,) = entries(here)
    assert (entry.actor, entry.reason) == ("kim", "used by `bensync status`")


def test_a_changed_limit_is_told_with_both_values_and_a_way_to_a_secret_with_none(here: Deployed) -> None:
    used(here)
    change(here.config, "[sites.acme.source]", '[sites.acme.guards]\nterminations = "9"\n[sites.acme.source]')
    assert used(here) == [FieldChange("sites.acme.guards.terminations", None, "9")]
    change(here.config, 'terminations = "9"', 'terminations = "12"')
    assert used(here) == [FieldChange("sites.acme.guards.terminations", "9", "12")]
    change(here.config, "env:NOBODY_ASKS", "env:ELSEWHERE")
    (told,) = used(here)
    assert told.field == "sites.acme.source.api_key"
    assert "ASKS" not in f"{told}"
    assert "ELSEWHERE" not in f"{told}"
    change(here.config, "env:ELSEWHERE", "env:NOBODY_ASKS")
    assert used(here) == [FieldChange(told.field, told.new, told.old)]


def test_a_site_in_a_file_of_its_own_comes_breaks_is_mended_and_goes(here: Deployed) -> None:
    used(here)
    text = here.config.read_text()
    main, _, other = text.partition("[sites.other]")
    here.config.write_text(main)
    assert used(here) == [FieldChange("sites.other", "SITE0001", None)]
    own = here.folder / "sites.d" / "other.one.toml"
    own.parent.mkdir()
    own.write_text(other.replace("[sites.other.", "["))
    assert FieldChange("sites.other/one.id", None, "SITE0001") in used(here)
    good = own.read_text()
    own.write_text("not TOML")
    (told,) = used(here)
    assert (told.field, told.old) == ("sites.other/one.file", None)
    own.write_text(good)
    assert used(here) == [FieldChange(told.field, told.new, None)]
    own.unlink()
    assert used(here) == [FieldChange("sites.other/one", "SITE0001", None)]


def test_another_rulebook_is_another_configuration(here: Deployed) -> None:
    (here.folder / "acme-rules.toml").write_text("# one\n")
    change(here.config, 'id = "SITE0000"', 'id = "SITE0000"\nbenefits = "acme-rules.toml"')
    assert {change.field for change in used(here)} >= {"sites.acme.benefits", "sites.acme.benefits.rulebook"}
    (here.folder / "acme-rules.toml").write_text("# two\n")
    assert [change.field for change in used(here)] == ["sites.acme.benefits.rulebook"]


def test_a_database_that_takes_no_entry_keeps_nobody_from_working(here: Deployed) -> None:
    def refuse() -> None:
        raise StateError("The database is read-only", "somebody made it so", "fix it")

    deployment = here.deployment
    with (
        contextlib.closing(deployment.store()) as store,
        fault_points.struck(fault_points.InjectedFault(NOTED[0], refuse)),
        capture_logs() as logs,
    ):
        deployment.note(store, "kim", "somebody", datetime.now(UTC))
    assert [line["event"] for line in logs] == ["configuration.not_noted"]
    assert not entries(here)


@pytest.mark.parametrize("point", NOTED)
def test_whoever_is_killed_while_noting_leaves_a_whole_trail_and_the_next_one_notes_it(
    here: Deployed, point: str
) -> None:
    used(here)
    change(here.config, "SITE0000", "SITE0009")
    here.killed(point, "status")
    assert len(entries(here)) == (2 if point.endswith("after") else 1)
    used(here)
    assert len(entries(here)) == 2
    assert [change.new for change in entries(here)[-1].changes] == ["SITE0009"]


def test_the_same_configuration_read_as_a_copy_is_the_same(here: Deployed) -> None:
    used(here)
    change(here.config, "SITE0000", "SITE0009")
    load(here.config, "worker").close()
    assert [(one.actor, one.reason.split(" of ")[0]) for one in entries(here)][1:] == [("worker", "used by the worker")]
    used(here)
    assert len(entries(here)) == 2
