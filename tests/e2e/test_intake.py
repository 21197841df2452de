"""The receiver on another machine takes files in whole and in order, or not at all (sync-rules 3.15)."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bensync.cli import main
from bensync.core.model import (
    Kind,
    Request,
    RequestState,
)
from bensync.core.ports import Finding
from bensync.core.runs import Outcome
from bensync.demo.keys import Keyring
from bensync.errors import ConfigError, DeliveryError, GuardTripped
from bensync.mappings import feed
from bensync.pipeline import Asked, receive
from bensync.wiring import Deployment
from tests.e2e.disaster import RECEIVING, TROUBLED, strike
from tests.e2e.parent import OneRound
from tests.e2e.receiver import Receiver, forged, sealed, signing, ssns
from tests.e2e.world import World, person
from tests.fixtures.databases import in_file, on_sqlite
from tests.fixtures.invariants import hold
from tests.fixtures.postgres import Postgres

JOB = {"jobTitle": "Clerk", "department": "Office"}


@pytest.fixture
def far(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of the receiver's own database, of the sort that the sender has."""
    if database.startswith("sqlite"):
        (tmp_path / "receiver").mkdir()
        yield in_file(tmp_path / "receiver")
    else:
        server: Postgres = request.getfixturevalue("database_server")
        with server.database(f"r{secrets.token_hex(8)}") as url:
            yield url


@pytest.fixture
def there(acme: World, far: str) -> Iterator[Receiver]:
    """A receiver; the sender has told of three people in a FULL file that nobody took in yet."""
    signing(acme, embedded=True)
    yield from receiving(acme, far)


@pytest.fixture(params=[False, True], ids=["without dated rows", "with dated rows"])
def both(acme: World, far: str, request: pytest.FixtureRequest) -> Iterator[Receiver]:
    """The same, for files with and without dated rows."""
    signing(acme, embedded=True, dated_rows=request.param)
    yield from receiving(acme, far, dated_rows=request.param)


def receiving(here: World, far: str, *, dated_rows: bool = False) -> Iterator[Receiver]:
    """Hire three people, send them, and set a receiver up."""
    for number in (1, 2, 3):
        here.company.hire(person(number), job=JOB, pay={"rate": "50000.00 USD"})
    here.at(here.now.date())
    here.resync()
    receiver = Receiver(here, here.folder / "receiver", far, dated_rows)
    yield receiver
    receiver.store.close()


def begun(receiver: Receiver) -> World:
    """Both sides in step, on the day after."""
    assert receiver.intake().stopped is None
    receiver.approve_all()
    here = receiver.sender
    here.approve([request.id for request in here.queue()], confirmed=True)
    here.next_day()
    return here


def told(requests: list[Request]) -> list[Any]:
    """What requests ask for, whoever opened them."""
    return sorted(
        (
            request.employee_id,
            request.kind,
            request.state,
            request.risk,
            request.warnings,
            request.effective_date,
            request.origin,
            request.basis_version,
            request.delivery,
            request.closed_because,
            sorted((change.field, change.old or "", change.new or "") for change in request.changes),
        )
        for request in requests
    )


def everything(side: World | Receiver) -> list[Any]:
    """Every request that a side ever opened."""
    return [entry for state in RequestState for entry in told(side.queue(state))]


def send(here: World, **fields: str) -> Path:
    """Change somebody in HR, and send it; returns the new file."""
    before = set(here.files())
    here.company.update("1", **fields)
    here.sync()
    here.next_day()
    (new,) = set(here.files()) - before
    return new


def test_requests_are_the_same_whether_the_receiver_is_embedded_or_on_another_machine(both: Receiver) -> None:
    here = begun(both)
    assert everything(both) == everything(here)

    here.company.update("1", city="Akron", homeEmail="")
    here.company.terminate("2", here.now.date())
    here.company.hire(person(4), job=JOB)
    here.sync()
    both.intake()
    assert sorted(kind for _, kind, *_ in told(both.queue())) == [Kind.NEW, Kind.TERMINATE, Kind.UPDATE]
    assert everything(both) == everything(here)

    here.next_day()
    here.company.update("1", city="Dayton", homeEmail="person1@example.com")
    here.company.update("4", city="Toledo")
    here.sync()
    both.intake()
    closed = both.queue(RequestState.SUPERSEDED)
    assert sorted((request.employee_id, request.closed_because) for request in closed) == [
        ("1", "reverted"),
        ("4", "replaced"),
    ]
    assert everything(both) == everything(here)
    here.approve([request.id for request in here.queue()], confirmed=True)
    both.approve_all()

    here.at(here.now.date() + timedelta(days=10))
    here.company.rehire("2", here.now.date())
    here.sync()
    both.intake()
    assert [request.kind for request in both.queue()] == [Kind.REHIRE]
    here.approve([here.request().id], confirmed=True)
    both.approve_all()
    assert everything(both) == everything(here)

    here.next_day()
    here.resync()
    assert both.intake().files[0].requests == 0
    assert both.queue() == here.queue() == []
    assert all(str(request.delivery).startswith("ACME0001_") for request in both.queue(RequestState.APPROVED))


def test_a_corrected_row_of_the_past_is_a_correction_where_files_tell_dated_rows(acme: World, far: str) -> None:
    signing(acme, embedded=True, dated_rows=True)
    for receiver in receiving(acme, far, dated_rows=True):
        here = begun(receiver)
        employee = here.company.employee("1")
        assert employee is not None
        row = employee.tables["compensation"][0]
        here.company.change_row("compensation", str(row.id), startDate=date(2020, 4, 1))
        here.sync()

        receiver.intake()

        assert [request.kind for request in receiver.queue()] == [Kind.CORRECTION]
        assert everything(receiver) == everything(here)


def test_the_sender_opens_no_requests_where_somebody_else_receives(acme: World, far: str) -> None:
    signing(acme, embedded=False)
    for receiver in receiving(acme, far):
        here = receiver.sender
        assert here.queue() == []
        assert here.participants() == {}
        assert receiver.intake().files[0].requests == 3
        receiver.approve_all()
        assert here.sync().outcome is Outcome.NO_CHANGES

        here.next_day()
        here.company.terminate("1", here.now.date())
        here.sync()
        receiver.intake()

        assert here.queue() == []
        assert [request.kind for request in receiver.queue()] == [Kind.TERMINATE]
        subjects = [str(mail["Subject"]) for mail in here.mailbox.messages]
        assert [subject for subject in subjects if subject.endswith("to be received")]
        assert [subject for subject in subjects if subject.endswith("received, 1 new request")]


def test_a_sender_without_a_register_refuses_the_snapshot(acme: World) -> None:
    signing(acme, embedded=False)
    acme.company.hire(person(1))
    acme.at(acme.now.date())

    error = acme.failure(acme.snapshot)

    assert isinstance(error, GuardTripped)
    assert "embedded = false" in error.why


def test_a_file_seen_before_changes_nothing_even_when_it_was_touched(there: Receiver) -> None:
    here = begun(there)
    file = send(here, city="Akron")
    there.intake()
    state = there.rows("select * from request")

    assert there.intake().files == ()
    os.utime(file, (1, 1))
    assert there.intake().files == ()
    assert there.intake(file, again=True).files == ()

    assert there.rows("select * from request") == state
    assert there.alerts() == []


def test_other_bytes_under_a_known_name_are_quarantined_and_hold_nobody_up(there: Receiver) -> None:
    here = begun(there)
    file = send(here, city="Akron")
    there.intake()
    first, later = file.read_bytes(), send(here, city="Toledo")
    file.write_bytes(forged(file, here))

    found = there.intake()

    assert [(taken.name, taken.state.value) for taken in found.files] == [
        (file.name, "QUARANTINED"),
        (later.name, "ACCEPTED"),
    ]
    assert "other bytes" in found.files[0].reason
    assert there.intake().files == ()
    assert there.alerts() == [f"[bensync] acme: {file.name} is quarantined"]
    file.write_bytes(first)
    assert there.intake().stopped is None


def test_nothing_behind_a_gap_is_applied_until_the_missing_file_has_come(there: Receiver) -> None:
    here = begun(there)
    second, third = send(here, city="Akron"), send(here, city="Toledo")
    away = second.rename(here.folder / second.name)

    for _ in range(2):
        error = there.stopped()
        assert "File 000002" in error.what
        assert third.name in error.why
    assert there.queue() == []
    assert there.alerts() == ["[bensync] acme: a file is missing"]

    away.rename(second)
    assert [taken.name for taken in there.intake().files] == [second.name, third.name]
    assert [request.profile.values["city"] for request in there.queue()] == ["Toledo"]


def test_an_intake_begins_with_a_full_file_and_with_no_other(there: Receiver) -> None:
    here = there.sender
    here.next_day()
    full = here.files()[0]
    second, third = send(here, city="Akron"), send(here, city="Toledo")
    full.unlink()
    assert "no file to begin with" in there.stopped().what
    assert there.files() == []

    here.resync()
    fifth = send(here, city="Dayton")

    assert [(taken.sequence, taken.rows) for taken in there.intake().files] == [(4, 3), (5, 1)]
    assert sorted(request.employee_id for request in there.queue()) == ["1", "2", "3"]
    assert second.exists()
    assert third.exists()
    assert fifth.exists()


def test_a_lost_file_is_given_up_by_a_person_only_and_a_full_file_begins_anew(there: Receiver) -> None:
    here = begun(there)
    lost = send(here, city="Akron")
    lost.unlink()
    send(here, homePhone="555-0100")
    assert "missing" in there.stopped().what
    assert "no file to begin with" in there.stopped(anew=True).what
    here.resync()
    assert "missing" in there.stopped().what

    assert [taken.sequence for taken in there.intake(anew=True).files] == [4]

    (request,) = there.queue()
    assert {change.field for change in request.changes} == {"city", "home_phone"}
    assert there.rows("select actor, reason from audit where reason <> ''") == [("test", "begun anew")]
    assert there.intake().stopped is None


Spoiling = Callable[[World, Path], bytes]


def flipped(here: World, file: Path) -> bytes:
    """One bit changed in the middle."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    return bytes(content)


def edited(here: World, file: Path, old: bytes, new: bytes) -> bytes:
    """Another text inside, signed by the sender; the trailer does not know."""
    plain = here.keys.receiver.decrypt(file.read_bytes())
    assert old in plain
    return sealed(plain.replace(old, new), here)


def rewritten(here: World, file: Path, change: Callable[[Any], Any]) -> bytes:
    """Other people inside, with a good trailer, signed by the sender."""
    opened = feed.parse(here.tools.layout, here.keys.receiver.decrypt(file.read_bytes()))
    lines = feed.render(here.tools.layout, opened.header, change(opened.profiles))
    return sealed(b"".join(lines), here)


def unsigned(here: World, file: Path) -> bytes:
    """The right content, sealed for the receiver by anybody."""
    return sealed(here.keys.receiver.decrypt(file.read_bytes()), here, None, "--yes")


SPOILT: dict[str, tuple[Spoiling, str]] = {
    "tampered": (flipped, "cannot be opened"),
    "cut short": (lambda here, file: file.read_bytes()[:-100], "cannot be opened"),
    "unsigned": (unsigned, "it is not signed"),
    "a changed line": (lambda here, file: edited(here, file, b"Akron", b"Salem"), "count or hash"),
    "another layout version": (lambda here, file: forged(file, here, layout="benetrac-9"), "another layout"),
    "another site": (lambda here, file: forged(file, here, site="OTHER001"), "another site"),
    "another kind": (lambda here, file: forged(file, here, kind="FULL"), "inside it is FULL"),
    "another predecessor": (lambda here, file: forged(file, here, previous="0" * 64), "another file than the last"),
    "an SSN twice": (
        lambda here, file: rewritten(here, file, lambda people: [*people, *people]),
        "an SSN comes twice",
    ),
    "a bomb": (lambda here, file: sealed(bytes(20_000_000), here), "grows beyond 1 megabytes"),
}


@pytest.mark.parametrize("fault", SPOILT)
def test_a_file_that_fails_a_check_is_quarantined_whole_until_the_right_one_is_there(
    there: Receiver, fault: str
) -> None:
    spoil, why = SPOILT[fault]
    here = begun(there)
    there.configure(largest="1")
    file = send(here, city="Akron")
    send(here, homePhone="555-0100")
    right = file.read_bytes()
    file.write_bytes(spoil(here, file))

    first = there.intake()

    assert [taken.state.value for taken in first.files] == ["QUARANTINED"]
    assert why in first.files[0].reason
    assert first.stopped is not None
    assert there.intake().files == ()
    assert there.stopped(again=True).what == f"{file.name} is quarantined"
    assert there.queue() == []
    assert there.alerts() == [f"[bensync] acme: {file.name} is quarantined"]

    file.write_bytes(right)
    os.utime(file, (1, 1))
    assert [taken.sequence for taken in there.intake().files] == [2, 3]
    assert there.files() == [(1, "ACCEPTED"), (2, "QUARANTINED"), (2, "ACCEPTED"), (3, "ACCEPTED")]
    assert [request.profile.values["city"] for request in there.queue()] == ["Akron"]


@pytest.mark.parametrize("known", [True, False])
def test_a_file_of_another_signer_is_quarantined_whether_we_know_that_key_or_not(there: Receiver, known: bool) -> None:
    here = begun(there)
    file = send(here, city="Akron")
    receiver = here.keys.receiver
    with Keyring() as stranger, Keyring() as ours:
        key = stranger.create("Somebody")
        stranger.take(receiver.export(here.keys.recipient))
        file.write_bytes(forged(file, here, stranger))
        secret = receiver._gpg("--export-secret-keys", here.keys.recipient)
        for imported in (secret, receiver.export(here.keys.signer), *([stranger.export(key)] if known else [])):
            ours.take(imported)
        there.configure(gnupg_home=f'"{ours.home}"')

        reason = there.intake().files[0].reason

    assert ("another key than the pinned one" if known else "a key that we do not know") in reason
    assert there.queue() == []


def test_files_that_changed_places_are_not_applied(there: Receiver) -> None:
    here = begun(there)
    second, third = send(here, city="Akron"), send(here, city="Toledo")
    one, other = second.read_bytes(), third.read_bytes()
    second.write_bytes(other)
    third.write_bytes(one)

    assert "inside it is DELTA 000003" in there.intake().files[0].reason
    assert there.queue() == []


def test_a_sealed_file_that_is_too_large_is_not_even_fetched(there: Receiver) -> None:
    here = begun(there)
    file = send(here, city="Akron")
    file.write_bytes(os.urandom(1_000_001))
    there.configure(largest="1")

    (taken,) = there.intake().files

    assert "1000001 bytes" in taken.reason
    assert taken.sha256 == ""


def test_a_missing_key_of_ours_quarantines_nothing(there: Receiver) -> None:
    with Keyring() as empty:
        there.configure(gnupg_home=f'"{empty.home}"')
        assert isinstance(there.failure(), DeliveryError)
    assert there.files() == []

    there.configure(gnupg_home=f'"{there.sender.keys.receiver.home}"')
    assert there.intake().stopped is None


def test_an_upload_center_out_of_reach_is_told_once_a_day(there: Receiver) -> None:
    away = there.inbox.rename(there.inbox.with_name("away"))
    for _ in range(3):
        assert isinstance(there.failure(), DeliveryError)
    assert there.alerts() == ["[bensync] acme: the upload center cannot be read"]

    away.rename(there.inbox)
    assert there.intake().files[0].requests == 3


def test_files_of_others_and_parts_of_files_are_left_alone(there: Receiver) -> None:
    for name in ("ACME0001_DELTA_000002.csv.gpg.part", "OTHER001_FULL_000001.csv.gpg", "notes.txt"):
        (there.inbox / name).write_bytes(b"x")
    (there.inbox / "ACME0001_DELTA_000003.csv.gpg").mkdir()

    assert [taken.sequence for taken in there.intake().files] == [1]
    assert there.intake().stopped is None


def test_two_intakes_at_once_take_a_file_in_once(there: Receiver) -> None:
    here = begun(there)
    send(here, city="Akron")
    tools = there.deployment.reception("acme", there.deployment.store())

    class Slow:
        """Opens a file only after somebody else took it in."""

        def open(self, content: bytes) -> bytes:
            assert [taken.requests for taken in there.intake().files] == [1]
            return tools.opener.open(content)

        def check(self) -> list[Finding]:
            return []

    late = receive(msgspec.structs.replace(tools, opener=Slow()), Asked("late"), lambda: here.now)

    assert [taken.state.value for taken in late.files] == ["ACCEPTED"]
    assert late.stopped is None
    assert there.files() == [(1, "ACCEPTED"), (2, "ACCEPTED")]
    assert len(there.queue()) == 1
    tools.store.close()


@on_sqlite
@pytest.mark.parametrize("point", RECEIVING)
def test_a_killed_intake_leaves_nothing_and_takes_the_whole_file_again(there: Receiver, point: str) -> None:
    here = begun(there)
    send(here, city="Akron")
    strike(here, "receive", point, config=there.config)

    there.intake()

    assert there.files() == [(1, "ACCEPTED"), (2, "ACCEPTED")]
    assert len(there.queue()) == 1
    assert there.intake().files == ()


def spoilt(there: Receiver) -> Callable[[], object]:
    """A file came with one bit changed; the right one comes later."""
    file = send(there.sender, city="Akron")
    right = file.read_bytes()
    file.write_bytes(flipped(there.sender, file))
    return lambda: file.write_bytes(right)


def behind_a_gap(there: Receiver) -> Callable[[], object]:
    """A file is missing; it comes later."""
    missing = send(there.sender, city="Akron")
    send(there.sender, city="Toledo")
    away = missing.rename(there.folder / missing.name)
    return lambda: away.rename(missing)


def out_of_reach(there: Receiver) -> Callable[[], object]:
    """The folder is not there; it comes back."""
    away = there.inbox.rename(there.inbox.with_name("away"))
    return lambda: away.rename(there.inbox)


def in_reach_again(there: Receiver) -> Callable[[], object]:
    """The folder was not there, and is back."""
    back = out_of_reach(there)
    assert isinstance(there.failure(), DeliveryError)
    back()
    return lambda: None


def touched(there: Receiver) -> Callable[[], object]:
    """A file that was taken in is put there once more, with the same bytes."""
    os.utime(there.sender.files()[0], (1, 1))
    return lambda: None


TROUBLE: dict[str, Callable[[Receiver], Callable[[], object]]] = {
    "receipt.refuse": spoilt,
    "receipt.wait": behind_a_gap,
    "receipt.fail": out_of_reach,
    "receipt.end": in_reach_again,
    "receipt.seen": touched,
}
"""What leads to each transaction of an intake that takes nothing in; returns what makes it good."""


@on_sqlite
@pytest.mark.parametrize("point", TROUBLED)
def test_an_intake_killed_in_trouble_tells_of_it_once_and_ends_well_when_it_is_over(
    there: Receiver, point: str
) -> None:
    here = begun(there)
    make_good = TROUBLE[point.partition(".commit.")[0]](there)

    strike(here, "receive", point, config=there.config)

    hold(there.store, "acme")
    with contextlib.suppress(DeliveryError):
        there.intake()
    make_good()
    assert there.intake(again=True).stopped is None
    assert {number for number, state in there.files() if state == "ACCEPTED"} == set(range(1, len(here.files()) + 1))
    assert len(there.alerts()) == len(set(there.alerts()))
    hold(there.store, "acme")


def test_nothing_is_in_clear_on_the_disk_of_the_receiver(there: Receiver, capfd: pytest.CaptureFixture[str]) -> None:
    begun(there)
    with there.store.look("acme") as work:
        known = work.register.by_ids(range(1, 10)).values()
    numbers = [participant.profile.values["ssn"] for participant in known]
    assert len(numbers) == 3

    for path in there.folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not [number for number in numbers if number.encode() in content], path
        assert b"Elm Street" not in content
    for mail in there.sender.mailbox.messages:
        assert ssns(mail.get_content()) == []
    printed = capfd.readouterr()
    assert ssns(printed.out + printed.err) == []


def test_the_daemon_takes_files_in_every_few_minutes(there: Receiver) -> None:
    here = there.sender
    daemon = OneRound(there, alone=True)
    daemon.tick()
    assert len(there.queue()) == 3

    here.next_day()
    send(here, city="Akron")
    daemon.tick()

    assert there.files() == [(1, "ACCEPTED"), (2, "ACCEPTED")]
    assert there.rows("select count(*) from run") == [(0,)]
    assert len([mail for mail in here.mailbox.messages if " received, " in str(mail["Subject"])]) == 2


def test_a_folder_may_be_the_inbox(there: Receiver) -> None:
    text = there.config.read_text().partition("[sites.acme.intake]")[0]
    keys = there.sender.keys
    there.config.write_text(
        f'{text}[sites.acme.intake]\ntype = "folder"\ndirectory = "{there.inbox}"\n'
        f'gnupg_home = "{keys.receiver.home}"\nsigner = "{keys.signer}"\n'
    )
    there.deployment = Deployment(there.config)

    assert there.intake().files[0].requests == 3


class Terminal:
    """The command line of the receiver."""

    def __init__(self, receiver: Receiver, capture: Any) -> None:
        self._config = str(receiver.config)
        self._capture = capture

    def say(self, *words: str) -> tuple[int, str]:
        """One command in this process: its exit code, and all it printed."""
        self._capture.readouterr()
        code = main(["--config", self._config, *words])
        out, err = self._capture.readouterr()
        assert ssns(out + err) == []
        return code, out + err

    def json(self, *words: str) -> tuple[int, Any]:
        """The same with --json."""
        self._capture.readouterr()
        code = main(["--config", self._config, "--json", *words])
        return code, json.loads(self._capture.readouterr().out)


@pytest.fixture
def terminal(there: Receiver, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """A terminal over there."""
    return Terminal(there, capsys)


def test_the_command_takes_in_lists_and_shows_whose_file_it_was(there: Receiver, terminal: Terminal) -> None:
    code, found = terminal.json("intake")
    assert code == 0
    assert [(file["state"], file["requests"]) for file in found["intake"]["files"]] == [("ACCEPTED", 3)]
    assert found["intake"]["stopped"] is None

    _, queue = terminal.json("requests", "list")
    assert {request["delivery"] for request in queue["requests"]} == {"ACME0001_FULL_000001"}
    assert "ACME0001_FULL_000001" in terminal.say("received")[1]
    assert "nothing new" in terminal.say("intake")[1]
    code, status = terminal.json("status")
    assert (code, status["sites"][0]["next_run"]) == (0, None)
    assert "files are received" in terminal.say("status")[1]


def test_the_command_ends_with_12_where_a_file_is_quarantined_or_missing(there: Receiver, terminal: Terminal) -> None:
    file = there.sender.files()[0]
    right = file.read_bytes()
    file.write_bytes(right[:-50])
    code, said = terminal.say("intake")
    assert (code, "is quarantined" in said, "mend" in said) == (12, True, True)
    code, found = terminal.json("intake")
    assert (code, found["intake"]["stopped"]["kind"]) == (12, "GuardTripped")

    handed = there.folder / file.name
    handed.write_bytes(right)
    assert terminal.say("intake", str(handed))[0] == 0
    assert len(there.queue()) == 3


def test_the_command_says_which_named_file_is_none_of_this_site(there: Receiver, terminal: Terminal) -> None:
    strange = there.folder / "OTHER001_FULL_000001.csv.gpg"
    strange.write_bytes(b"x")

    assert terminal.json("intake", str(strange)) == (
        12,
        {"intake": {"site": "acme", "files": [], "stopped": None, "strangers": [strange.name]}},
    )
    assert terminal.say("intake", str(there.folder / "nothing.csv.gpg"))[0] == DeliveryError.code


def test_each_side_says_clearly_that_the_other_ones_commands_are_not_its_own(
    there: Receiver, terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = terminal.say("sync")
    assert (code, "only receives" in said, "bensync intake" in said) == (ConfigError.code, True, True)
    assert terminal.say("check")[0] == 0

    assert main(["--config", str(there.sender.config), "intake"]) == ConfigError.code
    assert "receives no files" in capsys.readouterr().err


def test_a_site_cannot_send_and_receive_at_once(there: Receiver) -> None:
    text = there.config.read_text()
    there.config.write_text(f'{text}[sites.acme.status]\nactive = ["A"]\ninactive = ["B"]\n')
    with pytest.raises(ConfigError) as caught:
        Deployment(there.config)
    assert "sites.acme: a site with an intake table only receives; take out status" in caught.value.why

    there.config.write_text(text.replace("signer = ", "signatory = "))
    with pytest.raises(ConfigError) as caught:
        Deployment(there.config)
    assert "sites.acme.intake.sftp.signer: Field required" in caught.value.why
