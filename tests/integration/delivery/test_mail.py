from __future__ import annotations

from pathlib import Path

import pydantic
import pytest

from bensync import fault_points
from bensync.core.ports import Notice
from bensync.delivery.mail import Mail, MailSettings
from bensync.demo.mailbox import Mailbox
from bensync.errors import DeliveryError
from tests.fixtures.openssh import free_port
from tests.fixtures.smtp import guarded_mailbox

NOTICE = Notice("run-7/delivered", "File delivered – 3 rows", "Grüße,\nthe file arrived.\n")
ADMINS = ("first@example.test", "second@example.test")


def settings(box: Mailbox, **other: object) -> MailSettings:
    values: dict[str, object] = {"host": box.host, "port": box.port, "sender": "bensync@example.test", "admins": ADMINS}
    return MailSettings.model_validate(values | other)


def failure(mail: Mail) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        mail.send(NOTICE)
    error = caught.value
    assert error.why
    assert error.fix
    shown = repr(error.as_json()) + repr(error.__cause__)
    assert "example.test" not in shown
    assert "sesame" not in shown
    return error


def test_a_notice_arrives_as_plain_text_for_all_admins(mailbox: Mailbox) -> None:
    Mail(settings(mailbox)).send(NOTICE)
    (message,) = mailbox.messages
    assert message["From"] == "bensync@example.test"
    assert message["To"] == "first@example.test, second@example.test"
    assert message["Subject"] == "File delivered – 3 rows"
    assert message["X-Bensync-Key"] == "run-7/delivered"
    assert message.get_content_type() == "text/plain"
    assert message.get_content_charset() == "utf-8"
    assert message.get_content().replace("\r\n", "\n") == NOTICE.body


def test_the_same_key_gives_the_same_message_id_and_another_key_another(mailbox: Mailbox) -> None:
    mail = Mail(settings(mailbox))
    mail.send(NOTICE)
    mail.send(NOTICE)
    mail.send(Notice("run-8/delivered", "s", "b"))
    first, second, third = (message["Message-ID"] for message in mailbox.messages)
    assert first == second != third


def test_line_breaks_in_subject_and_key_make_no_headers(mailbox: Mailbox) -> None:
    Mail(settings(mailbox)).send(Notice("key\nBcc: x@example.test", "one\r\nBcc: x@example.test", "body"))
    (message,) = mailbox.messages
    assert message["Bcc"] is None
    assert message["Subject"] == "one Bcc: x@example.test"


def test_mail_without_a_server_is_a_delivery_error_that_may_pass(mailbox: Mailbox) -> None:
    mail = Mail(settings(mailbox, port=free_port()))
    assert failure(mail).retry
    (finding,) = mail.check()
    assert not finding.ok
    assert finding.fix


def test_the_preflight_sends_nothing(mailbox: Mailbox) -> None:
    (finding,) = Mail(settings(mailbox)).check()
    assert finding.ok
    assert mailbox.messages == []


@pytest.mark.parametrize(("answer", "passes"), [("550 no such user", False), ("451 try later", True)])
def test_admins_who_are_all_refused_are_an_error_without_their_addresses(
    mailbox: Mailbox, answer: str, passes: bool
) -> None:
    refuse(mailbox, answer, *ADMINS)
    assert failure(Mail(settings(mailbox))).retry is passes
    assert mailbox.messages == []


def test_one_refused_admin_does_not_keep_the_notice_from_the_others(mailbox: Mailbox) -> None:
    mail = Mail(settings(mailbox))
    refuse(mailbox, "550 no such user", ADMINS[0])
    (name,) = mail.send(NOTICE)
    assert len(mailbox.messages) == 1
    assert "example.test" not in name

    refuse(mailbox, "550 no such user", ADMINS[1])
    assert mail.send(NOTICE, name) == []
    assert len(mailbox.messages) == 2
    assert {message["To"] for message in mailbox.messages} == {"first@example.test, second@example.test"}


def test_a_recipient_who_is_no_longer_configured_gets_nothing(mailbox: Mailbox) -> None:
    mail = Mail(settings(mailbox))
    refuse(mailbox, "450 later", ADMINS[0])
    (name,) = mail.send(NOTICE)
    refuse(mailbox, "")
    assert not Mail(settings(mailbox, admins=ADMINS[1:])).send(NOTICE, name)
    assert len(mailbox.messages) == 1


def test_starttls_and_sign_in_work_with_a_trusted_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with guarded_mailbox(tmp_path, "me", "sesame") as (box, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        good = settings(box, host="localhost", starttls=True, user="me", password="sesame")
        Mail(good).send(NOTICE)
        assert len(box.messages) == 1
        wrong = settings(box, host="localhost", starttls=True, user="me", password="sesame-2")
        assert not failure(Mail(wrong)).retry


def test_an_untrusted_certificate_stops_before_the_sign_in(tmp_path: Path) -> None:
    with guarded_mailbox(tmp_path, "me", "sesame") as (box, _):
        error = failure(Mail(settings(box, host="localhost", starttls=True, user="me", password="sesame")))
        assert not error.retry
        assert box.messages == []


def test_a_server_without_starttls_gets_nothing(mailbox: Mailbox) -> None:
    assert not failure(Mail(settings(mailbox, starttls=True))).retry
    assert mailbox.messages == []


def test_tls_from_the_first_byte_works_with_a_trusted_certificate_and_a_sign_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with guarded_mailbox(tmp_path, "me", "sesame", tls=True) as (box, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        good = settings(box, host="localhost", tls=True, user="me", password="sesame")
        Mail(good).send(NOTICE)
        assert len(box.messages) == 1
        assert next(iter(Mail(good).check())).ok
        assert not failure(Mail(settings(box, host="localhost", tls=True, user="me", password="sesame-2"))).retry


def test_tls_from_the_first_byte_stops_before_an_untrusted_certificate(tmp_path: Path) -> None:
    with guarded_mailbox(tmp_path, "me", "sesame", tls=True) as (box, _):
        assert not failure(Mail(settings(box, host="localhost", tls=True, user="me", password="sesame"))).retry
        assert box.messages == []


def test_tls_towards_a_server_without_it_sends_nothing(mailbox: Mailbox) -> None:
    failure(Mail(settings(mailbox, tls=True)))
    assert mailbox.messages == []


def test_a_server_that_shuts_down_is_a_trouble_that_may_pass(mailbox: Mailbox) -> None:
    refuse(mailbox, "421 shutting down", *ADMINS)
    assert failure(Mail(settings(mailbox))).retry


def test_a_goodbye_that_fails_does_not_send_a_mail_twice(mailbox: Mailbox) -> None:
    async def handle_QUIT(server, session, envelope):
        return "421 too busy for goodbyes"

    mailbox._controller.handler.handle_QUIT = handle_QUIT
    Mail(settings(mailbox)).send(NOTICE)
    assert len(mailbox.messages) == 1


def test_a_disk_that_is_full_is_an_error_of_ours(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENSYNC_TEST", "1")
    monkeypatch.setenv(fault_points.VARIABLE, "mail.send.before=full")
    fault_points.arm()
    try:
        failure(Mail(settings(mailbox)))
    finally:
        monkeypatch.undo()
        fault_points.arm()
    assert mailbox.messages == []


@pytest.mark.parametrize(
    "other",
    [
        {"host": "mail.example.test", "user": "me", "password": "sesame"},
        {"user": "me"},
        {"password": "sesame"},
        {"admins": ()},
        {"admins": ("no address",)},
        {"sender": "a@b.test\nBcc: c@d.test"},
        {"unknown": 1},
        {"tls": True, "starttls": True},
    ],
)
def test_settings_that_cannot_work_or_would_leak_are_refused(mailbox: Mailbox, other: dict[str, object]) -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        settings(mailbox, **other)
    assert "sesame" not in str(caught.value)


def refuse(box: Mailbox, answer: str, *addresses: str) -> None:
    async def handle_RCPT(server, session, envelope, address, options):
        if address in addresses:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    box._controller.handler.handle_RCPT = handle_RCPT
