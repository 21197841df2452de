"""The receiver's disk, its daemon, its inbox and its commands."""

from __future__ import annotations

import pytest

from bensync.cli.app import main
from bensync.errors import ConfigError, DeliveryError
from bensync.wiring import Deployment
from tests.e2e.intake.sides import Terminal, begun, send
from tests.e2e.parent import OneRound
from tests.e2e.receiver import Receiver, ssns


def test_nothing_is_in_clear_on_the_disk_of_the_receiver(there: Receiver, capfd: pytest.CaptureFixture[str]) -> None:
    begun(there)
    with there.store.read("acme") as work:
        participants = work.participants.by_ids(range(1, 10)).values()
    numbers = [participant.profile.values["ssn"] for participant in participants]
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
    sender = there.sender
    daemon = OneRound(there, alone=True)
    daemon.tick()
    assert len(there.queue()) == 3

    sender.next_day()
    send(sender, city="Akron")
    daemon.tick()

    assert there.files() == [(1, "ACCEPTED"), (2, "ACCEPTED")]
    assert there.rows("select count(*) from run") == [(0,)]
    assert len([mail for mail in sender.mailbox.messages if " received, " in str(mail["Subject"])]) == 2


def test_a_folder_may_be_the_inbox(there: Receiver) -> None:
    text = there.config.read_text().partition("[sites.acme.intake]")[0]
    keys = there.sender.keys
    there.config.write_text(
        f'{text}[sites.acme.intake]\ntype = "folder"\ndirectory = "{there.inbox}"\n'
        f'gnupg_home = "{keys.receiver.home}"\nsigner = "{keys.signer}"\n'
    )
    there.deployment = Deployment(there.config)

    assert there.intake().files[0].requests == 3


def test_the_command_takes_in_lists_and_shows_whose_file_it_was(there: Receiver, terminal: Terminal) -> None:
    code, answer = terminal.json("intake")
    assert code == 0
    assert [(file["state"], file["requests"]) for file in answer["intake"]["files"]] == [("ACCEPTED", 3)]
    assert answer["intake"]["stopped"] is None

    _, queue = terminal.json("requests", "list")
    assert {request["delivery"] for request in queue["requests"]} == {"ACME0001_FULL_000001"}
    assert "ACME0001_FULL_000001" in terminal.say("received")[1]
    assert "no new files" in terminal.say("intake")[1]
    code, status = terminal.json("status")
    assert (code, status["sites"][0]["next_run"]) == (0, None)
    assert "this site receives files" in terminal.say("status")[1]


def test_the_command_ends_with_12_where_a_file_is_quarantined_or_missing(there: Receiver, terminal: Terminal) -> None:
    file = there.sender.files()[0]
    right = file.read_bytes()
    file.write_bytes(right[:-50])
    code, said = terminal.say("intake")
    assert (code, "is quarantined" in said, "fix" in said) == (12, True, True)
    code, answer = terminal.json("intake")
    assert (code, answer["intake"]["stopped"]["kind"]) == (12, "GuardTripped")

    handed = there.folder / file.name
    handed.write_bytes(right)
    assert terminal.say("intake", str(handed))[0] == 0
    assert len(there.queue()) == 3


def test_the_command_says_which_named_file_is_none_of_this_site(there: Receiver, terminal: Terminal) -> None:
    foreign = there.folder / "OTHER001_FULL_000001.csv.gpg"
    foreign.write_bytes(b"x")

    assert terminal.json("intake", str(foreign)) == (
        12,
        {"intake": {"site": "acme", "files": [], "stopped": None, "strangers": [foreign.name]}},
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
