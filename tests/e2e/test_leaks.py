"""10,000 planted SSNs through a whole story: none stands in clear on disk, in logs, mails or pages (S1-22)."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import pyotp
import pytest

from bensync.actions import tokens, users
from bensync.cli.app import main
from bensync.core.access import Grant, Role
from bensync.demo.company.company import Company
from bensync.demo.mailbox import Mailbox
from tests.e2e.parent import configure, started, until
from tests.e2e.receiver import Receiver, signing
from tests.e2e.test_daemon_with_web import served
from tests.e2e.world import World, world
from tests.fixtures.databases import in_file
from tests.fixtures.gnupg import Correspondence
from tests.fixtures.leaks import Search
from tests.fixtures.openssh import OpenSsh, free_port
from tests.fixtures.user_deployment import PASSWORD, ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PLANTED = 10_000
PEOPLE = 2_000
"""Those who have the whole story; all others are a crowd that is read, sealed and kept."""
LINK = re.compile(r'href="(/[^"#]*)"')
RANDOM = re.compile(r"\b[0-9a-f]{64}\b")
"""Tokens and heads: among so many hexadecimal digits nine in a row may happen to be anything."""
TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')
SHARED = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path("/var/crash"), Path.cwd(), Path.home())


def planted() -> list[str]:
    """SSNs that nothing but these people can be the reason of: no year, no time and no count begins like them."""
    return [
        f"{801 + number // 102:03}-{1 + number % 97:02}-{1009 + 83 * number % 8971:04}" for number in range(PLANTED)
    ]


@dataclass
class Story:
    """A deployment that lives, and all that it says."""

    employer: World
    there: Receiver
    said: Path
    capture: Any
    ssns: list[str]
    approved: str = ""
    reader: sqlite3.Connection | None = None
    pages: list[str] = field(default_factory=list)

    def run(self, *words: str, config: Path | None = None) -> int:
        """One command, whose words are kept."""
        code = main(["--config", str(config or self.employer.config), *words])
        out, err = self.capture.readouterr()
        with self.said.open("a") as kept:
            kept.write(out + err)
        return code


@pytest.fixture
def story(
    tmp_path: Path,
    keys: Correspondence,
    sshd: OpenSsh,
    mailbox: Mailbox,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Story]:
    """An employer whose people have planted SSNs, and a receiver; what is temporary lies among their files."""
    folder = tmp_path / "acme"
    (tmp_path / "temporary").mkdir()
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    company, ssns = Company.with_people(PEOPLE, now=now), planted()
    for employee, ssn in zip(company, ssns, strict=False):
        employee.fields["ssn"] = ssn
    with world(folder, keys, sshd, mailbox, company, in_file(folder)) as employer:
        employer.now = now
        signing(employer, embedded=True)
        said, receiving = tmp_path / "said.log", in_file(tmp_path / "receiver")
        said.touch()
        told_story = Story(employer, Receiver(employer, tmp_path / "receiver", receiving), said, capsys, ssns)
        yield told_story
        if told_story.reader is not None:
            told_story.reader.close()


def test_10_000_SSNs_are_in_clear_nowhere_after_a_whole_story(story: Story, tmp_path: Path) -> None:
    begun = {place: set(place.iterdir()) for place in SHARED if place.is_dir()}
    employer = story.employer

    for act in (crowd, live, visit, keep, rehearse, fall):
        act(story)
    search = Search(story.ssns)
    revealed = [page for page in story.pages if '<p class="ssn">' in page]
    assert [len(search.found(page.encode())) for page in revealed] == [1], (
        "seen for a reason, which stands in the trail"
    )
    for number, page in enumerate(page for page in story.pages if page not in revealed):
        (tmp_path / f"page-{number}.html").write_text(RANDOM.sub("", page))

    leaks = search.below([tmp_path, employer.keys.sender.home, employer.keys.receiver.home])
    new = [path for place, before in begun.items() for path in place.iterdir() if path not in before]
    leaks |= search.below(path for path in new if re.search(r"bensync|core|^tmp", path.name) and _is_ours(path))
    mails = [bytes(mail) for mail in employer.mailbox.messages] + [
        mail.get_content().encode() for mail in employer.mailbox.messages
    ]
    leaks["mails"] = search.found(b"\n".join(mails))
    assert {place: len(places) for place, places in leaks.items() if places} == {}
    assert len(story.pages) > 60
    assert len(mails) >= 4
    seen = {path.name for path in tmp_path.rglob("*")}
    assert {"bensync.db", "bensync.db-wal", "backup.db", "said.log"} <= seen
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) > 10_000_000

    control(story, search, tmp_path)


def crowd(story: Story) -> None:
    """Everybody else, at another employer: read, sealed and kept, all at once."""
    employer = story.employer
    many = Company.with_people(PLANTED - PEOPLE, now=employer.now)
    for employee, ssn in zip(many, story.ssns[PEOPLE:], strict=True):
        employee.fields["ssn"] = ssn
    folder = employer.folder.parent / "crowd"
    folder.mkdir()
    with world(folder, employer.keys, employer.center, employer.mailbox, many, in_file(folder)) as there:
        there.now = employer.now
        there.snapshot()
        assert there.rows("select count(*) from baseline") == [(PLANTED - PEOPLE,)]


def live(story: Story) -> None:
    """Everybody is sent, received, decided; people change, leave, come, and get other SSNs."""
    employer, there = story.employer, story.there
    story.reader = sqlite3.connect(employer.folder / "bensync.db")  # while somebody is connected, the WAL stays
    story.reader.execute("select count(*) from run").fetchall()
    employer.resync()
    there.intake()
    opened = employer.queue()
    waiting = [request.id for request in opened]
    assert len(waiting) == PEOPLE
    employer.approve(waiting[: PEOPLE // 10], confirmed=True)
    employer.decline(waiting[-3:])
    story.approved = opened[0].employee_id
    employer.now = employer.company.now = employer.now + timedelta(minutes=1)
    ids = [employee.id for employee in employer.company]
    spare = story.ssns[-1][:-4]
    for number, employee in enumerate(ids[:40]):
        employer.company.update(employee, city="Akron", ssn=f"899-{number + 10}-{7000 + number}")
    story.ssns += [f"899-{number + 10}-{7000 + number}" for number in range(40)]
    for number, broken in enumerate(("81-245-6093", f"{spare}12345", "not known: 899-55-7777")):
        employer.company.update(ids[50 + number], ssn=broken)
    employer.company.update(ids[60], ssn=story.ssns[61])  # two people, one SSN
    story.ssns.append("899-55-7777")


def visit(story: Story) -> None:
    """The daemon with its pages, as it is installed: a run, and somebody who looks at everything and makes mistakes."""
    employer, ssn = story.employer, story.ssns[7]
    owner = users.add(
        employer.store, "owner", PASSWORD, Grant("acme", Role.DATA_OWNER), ROOT, employer.now, issuer="test"
    )
    script = tokens.issue(employer.store, "owner", "script", timedelta(days=1), ROOT, employer.now)
    port, listen = free_port(), configure(employer)
    employer.config.write_text(f'[web]\nlisten = "127.0.0.1:{port}"\n{employer.config.read_text()}')
    address = f"http://127.0.0.1:{port}"
    with (
        started(employer, listen, "--with-web", anew=True) as running,
        httpx.Client(base_url=address, timeout=120) as browser,
    ):
        until(lambda: served(address), "the pages")
        until(lambda: employer.rows("select state from run where kind = 'DAILY'") == [("SUCCEEDED",)], "the daily run")
        fields = {"token": form(browser, "/sign-in"), "name": ssn, "password": ssn, "code": ssn, "next": f"/?q={ssn}"}
        story.pages.append(send(browser, "/sign-in", fields).text)
        code = pyotp.parse_uri(owner.totp_uri).now()
        fields = {"token": form(browser, "/sign-in"), "name": "owner", "password": PASSWORD, "code": code, "next": "/"}
        assert send(browser, "/sign-in", fields).status_code == 303
        read_all(story, browser)
        make_mistakes(story, browser, script, ssn)
        pages = running.pages()
        assert pages is not None
        pages.send_signal(signal.SIGABRT)
        until(lambda: running.events("pages.ended"), "the end of the pages")
        assert running.stop() == 0


def form(browser: httpx.Client, path: str) -> str:
    """The token of a page's forms."""
    match = TOKEN.search(browser.get(path, follow_redirects=True).text)
    assert match is not None, path
    return match[1]


def send(browser: httpx.Client, path: str, fields: dict[str, str]) -> httpx.Response:
    """Send a form."""
    return browser.post(path, data=fields, headers={"sec-fetch-site": "same-origin"})


def read_all(story: Story, browser: httpx.Client) -> None:
    """Every page that a link leads to, as far as there are not too many of a kind."""
    waiting, seen, kinds = ["/sites/acme", "/account", "/privacy"], set[str](), dict[str, int]()
    while waiting:
        path = waiting.pop(0).replace("&amp;", "&")
        kind = re.sub(r"\d+", "N", path)
        if path in seen or kinds.get(kind, 0) >= 4 or path.startswith("/static/"):
            continue
        seen.add(path)
        kinds[kind] = kinds.get(kind, 0) + 1
        answer = browser.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        story.pages.append(answer.text)
        waiting += LINK.findall(answer.text)


def make_mistakes(story: Story, browser: httpx.Client, script: str, ssn: str) -> None:
    """SSNs where none belongs: in addresses, searches, notes, reasons, bodies; the answers are read, too."""
    token = form(browser, "/account")
    site, plain = "/sites/acme", ssn.replace("-", "")
    number = story.employer.queue()[0].id
    asked = [
        browser.get(f"{site}/people/{plain}"),
        browser.get(f"{site}/requests?state={ssn}&bucket={plain}&page={plain}"),
        browser.get(f"/{ssn}/{plain}", headers={"user-agent": ssn, "referer": f"https://x/{ssn}"}),
        send(browser, f"{site}/people/search", {"token": token, "search": ssn}),
        send(browser, f"{site}/requests/{number}/decline", {"token": token, "reason": "OTHER", "note": f"see {ssn}"}),
        send(browser, f"{site}/requests/{number + 1}/decline", {"token": token, "reason": ssn}),
        send(browser, f"{site}/people/1/correct", {"token": token, "city": "Erie", "reason": f"letter about {ssn}"}),
        send(browser, f"{site}/people/1/terminate", {"token": token, "on": ssn, "reason": f"{plain} left"}),
        send(browser, f"{site}/people/1/ssn", {"token": token, "reason": f"carrier asks for {ssn}"}),
        send(browser, f"{site}/users", {"token": token, "name": plain, "password": ssn, "role": "hr_user"}),
    ]
    headers = {"authorization": f"Bearer {script}"}
    api = "/api/sites/acme"
    for path, body in {
        f"/requests/{number + 2}/decline": {"reason": ssn},
        f"/requests/{number + 3}/decline": {"reason": "OTHER", "note": f"it is {plain}"},
        "/people/2/correct": {"fields": {"ssn": ssn, "city": 5}, "reason": ssn},
        "/people/2/terminate": {"on": ssn, "reason": plain},
        "/requests/approve": {"ids": [plain, ssn]},
        "/runs": {"kind": ssn},
    }.items():
        asked.append(browser.post(api + path, json=body, headers={**headers, "idempotency-key": ssn}))
    asked += [
        browser.get(f"{api}/people?search={ssn}", headers=headers),
        browser.get(f"{api}/requests", headers=headers),
    ]
    asked.append(browser.get(api + "/status", headers={"authorization": f"Bearer {ssn}"}))
    for request in asked:
        assert request.status_code < 500, request
        story.pages.append(request.text + str(request.headers))


def keep(story: Story) -> None:
    """A backup, checks, and lists on the command line."""
    employer, backup = story.employer, story.employer.folder.parent / "backup.db"
    number = str(employer.queue()[0].id)
    for words in (
        ("backup", str(backup)),
        ("fsck", "--deep"),
        ("status",),
        ("--json", "people"),
        ("--json", "people", "show", story.approved),
        ("--json", "--verbose", "requests", "list"),
        ("requests", "show", number),
        ("--json", "issues"),
        ("--json", "audit"),
        ("explain", employer.queue()[0].employee_id),
        ("check",),
        ("plan", "--active"),
    ):
        assert story.run(*words) in {0, 3, 12}, words
    assert story.run("audit", "verify") == 0
    story.there.folder.joinpath("state.key").rename(story.there.folder / "lost.key")
    assert story.run("--verbose", "intake", config=story.there.config) == 10


def rehearse(story: Story) -> None:
    """Disasters on a copy of a smaller employer, whose people are planted, too."""
    employer = story.employer
    small = Company.with_people(60, now=datetime.now(UTC))
    for employee, ssn in zip(small, story.ssns[100:], strict=False):
        employee.fields["ssn"] = ssn
    folder = employer.folder.parent / "small"
    folder.mkdir()
    with world(folder, employer.keys, employer.center, employer.mailbox, small, in_file(folder)) as there:
        there.now = small.now
        there.snapshot()
        assert story.run("drill", "--report", str(folder / "drill.md"), config=there.config) == 0


def fall(story: Story) -> None:
    """A run with everybody in its memory is aborted where core files are welcome; nothing of it is kept."""
    employer = story.employer
    employer.company.now = datetime.now(UTC)
    employer.company.update("1", city="Toledo")
    command = [sys.executable, "-m", "bensync", "--config", str(employer.config), "sync"]
    with dying(command, employer.folder, BENSYNC_TEST="1", BENSYNC_FAULT="run.gathered=stop") as process:
        until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED, "the people in memory")
        process.send_signal(signal.SIGABRT)
        process.send_signal(signal.SIGCONT)
        assert process.wait(60) == -signal.SIGABRT
    assert not list(employer.folder.glob("core*"))


@contextlib.contextmanager
def dying(command: list[str], folder: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that may leave a core file of any size in a folder."""

    def welcome() -> None:
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    variables = {**os.environ, **environment}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=folder, env=variables, preexec_fn=welcome, **quiet) as process:  # noqa: PLW1509  # it only sets a limit
        try:
            yield process
        finally:
            process.kill()


def control(story: Story, search: Search, folder: Path) -> None:
    """The positive control: leaks in the same places, planted on purpose, are found."""
    ssn, plain = story.ssns[3], story.ssns[3].replace("-", "")
    database = story.employer.folder / "bensync.db"
    with story.employer.store.whole("test.leak") as connection:
        connection.exec_driver_sql("create table leak (text)")
        connection.exec_driver_sql("insert into leak values (?)", (ssn,))
    matches = search.below([database, database.with_name("bensync.db-wal")])
    assert [Path(file).name for file in matches] in (["bensync.db-wal"], ["bensync.db"]), matches
    with story.said.open("a") as log:
        log.write(f'{{"event": "x", "why": "{plain[::-1]}"}}\n')
    assert search.below([story.said]) == {str(story.said): {plain}}
    assert search.found(story.pages[0].replace("</body>", f"<!-- {ssn} --></body>").encode()) == {plain}
    assert database.exists()
    if Path("/proc/sys/kernel/core_pattern").read_text().strip() == "core" and _cores_are_welcome():
        ask = f"import os; held = '{ssn}'; os.abort()"
        with dying([sys.executable, "-c", ask], folder) as process:
            process.wait(60)
        assert any(Path(file).name.startswith("core") for file in search.below(folder.glob("core*")))


def _is_ours(path: Path) -> bool:
    """Whether a new entry of a shared folder may be the product's; folders of tests that run beside this one are not."""
    return path.is_file() and os.access(path, os.R_OK) and path.stat().st_uid == os.getuid()


def _cores_are_welcome() -> bool:
    return resource.getrlimit(resource.RLIMIT_CORE)[1] != 0
