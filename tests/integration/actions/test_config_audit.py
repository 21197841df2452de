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
from bensync.cli.system_user import system_user
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
def installation(database: str, tmp_path: Path) -> Deployed:
    created = deployed(tmp_path / "installation", database)
    answer = created.call("migrate")
    assert answer.returncode == 0, answer
    return created


def entries(installation: Deployed) -> list[AuditView]:
    """All entries about the configuration, with what changed."""
    store = installation.deployment.store()
    with store.read(DEPLOYMENT) as work:
        noted = [work.lists.audit_entry(entry.id) for entry in work.lists.audit().items if entry.verb == VERB]
        assert work.audit.trail.verify().fault is None
    store.close()
    return [entry for entry in noted if entry is not None]


def used(installation: Deployed) -> list[FieldChange]:
    """Use it; what the newest entry says then."""
    deployment = installation.deployment
    with contextlib.closing(deployment.store()) as store:
        deployment.note(store, "kim", "somebody", datetime.now(UTC))
    return list(entries(installation)[-1].changes)


def change(file: Path, old: str, new: str) -> None:
    before = file.read_text()
    assert old in before
    file.write_text(before.replace(old, new, 1))


def test_the_auditor_reads_what_changed_and_not_what_concerns_others(tmp_path: Path, capsys: Capture) -> None:
    with pages(tmp_path, in_file(tmp_path)) as web_pages:
        auditor = web_pages.sign_in(web_pages.deployment.add("lee", Role.AUDITOR))
        site = "[sites.acme]\n"
        assert main(["--config", str(web_pages.config), "status"]) == 0
        web_pages.config.write_text(web_pages.config.read_text().replace(site, f'{site}approvers = ["kim"]\n'))
        assert main(["--config", str(web_pages.config), "status"]) == 0
        capsys.readouterr()
        shown = auditor.get("/sites/acme/sign-ins?what=configuration.").text
        assert "1 setting changed" in shown
        assert auditor.get("/sites/acme/audit").status_code == 200
        assert auditor.get("/sites/acme").status_code == 200
        assert "<code>sites.acme.approvers</code>" in shown
        assert not re.search(r"<code>sites\.(?!acme)", shown)
        with web_pages.deployment.store.read(DEPLOYMENT) as work:
            number = work.lists.audit().items[-1].id
        assert main(["--config", str(web_pages.config), "audit", "show", str(number), "--deployment"]) == 0
        printed = capsys.readouterr().out
    assert "sites.acme.approvers" in printed
    assert "kim" in printed


def test_the_first_use_notes_what_is_set_and_the_next_one_nothing(installation: Deployed) -> None:
    assert installation.call("status", LOGNAME="kim").returncode == 0
    noted = {change.field: change.new for change in used(installation)}
    assert noted["sites.acme.id"] == "SITE0000"
    assert noted["sites.acme.status.active"] == "Active"
    used(installation)
    (entry,) = entries(installation)
    assert (entry.actor, entry.reason) == (system_user(), "used by `bensync status`")


def test_a_changed_limit_is_noted_with_both_values_and_a_way_to_a_secret_with_none(installation: Deployed) -> None:
    used(installation)
    change(installation.config, "[sites.acme.source]", '[sites.acme.guards]\nterminations = "9"\n[sites.acme.source]')
    assert used(installation) == [FieldChange("sites.acme.guards.terminations", None, "9")]
    change(installation.config, 'terminations = "9"', 'terminations = "12"')
    assert used(installation) == [FieldChange("sites.acme.guards.terminations", "9", "12")]
    change(installation.config, "env:NOBODY_ASKS", "env:ELSEWHERE")
    (noted,) = used(installation)
    assert noted.field == "sites.acme.source.api_key"
    assert "ASKS" not in f"{noted}"
    assert "ELSEWHERE" not in f"{noted}"
    change(installation.config, "env:ELSEWHERE", "env:NOBODY_ASKS")
    assert used(installation) == [FieldChange(noted.field, noted.new, noted.old)]


def test_a_site_in_a_file_of_its_own_comes_breaks_is_fixed_and_goes(installation: Deployed) -> None:
    used(installation)
    text = installation.config.read_text()
    main, _, other = text.partition("[sites.other]")
    installation.config.write_text(main)
    assert used(installation) == [FieldChange("sites.other", "SITE0001", None)]
    own = installation.folder / "sites.d" / "other.one.toml"
    own.parent.mkdir()
    own.write_text(other.replace("[sites.other.", "["))
    assert FieldChange("sites.other/one.id", None, "SITE0001") in used(installation)
    good = own.read_text()
    own.write_text("not TOML")
    (change,) = used(installation)
    assert (change.field, change.old) == ("sites.other/one.file", None)
    own.write_text(good)
    assert used(installation) == [FieldChange(change.field, change.new, None)]
    own.unlink()
    assert used(installation) == [FieldChange("sites.other/one", "SITE0001", None)]


def test_another_rulebook_is_another_configuration(installation: Deployed) -> None:
    (installation.folder / "acme-rules.toml").write_text("# one\n")
    change(installation.config, 'id = "SITE0000"', 'id = "SITE0000"\nbenefits = "acme-rules.toml"')
    assert {change.field for change in used(installation)} >= {"sites.acme.benefits", "sites.acme.benefits.rulebook"}
    (installation.folder / "acme-rules.toml").write_text("# two\n")
    assert [change.field for change in used(installation)] == ["sites.acme.benefits.rulebook"]


def test_a_database_that_takes_no_entry_keeps_nobody_from_working(installation: Deployed) -> None:
    def refuse() -> None:
        raise StateError("The database is read-only", "somebody made it so", "fix it")

    deployment = installation.deployment
    with (
        contextlib.closing(deployment.store()) as store,
        fault_points.struck(fault_points.InjectedFault(NOTED[0], refuse)),
        capture_logs() as logs,
    ):
        deployment.note(store, "kim", "somebody", datetime.now(UTC))
    assert [line["event"] for line in logs] == ["configuration.not_noted"]
    assert not entries(installation)


@pytest.mark.parametrize("point", NOTED)
def test_a_process_killed_while_noting_leaves_a_whole_trail_and_the_next_one_notes_it(
    installation: Deployed, point: str
) -> None:
    used(installation)
    change(installation.config, "SITE0000", "SITE0009")
    installation.killed(point, "status")
    assert len(entries(installation)) == (2 if point.endswith("after") else 1)
    used(installation)
    assert len(entries(installation)) == 2
    assert [change.new for change in entries(installation)[-1].changes] == ["SITE0009"]


def test_the_same_configuration_read_as_a_copy_is_the_same(installation: Deployed) -> None:
    used(installation)
    change(installation.config, "SITE0000", "SITE0009")
    load(installation.config, "worker").close()
    assert [(entry.actor, entry.reason.split(" of ")[0]) for entry in entries(installation)][1:] == [
        ("worker", "used by the worker")
    ]
    used(installation)
    assert len(entries(installation)) == 2
