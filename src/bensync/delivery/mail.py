"""Sends notices to the administrators by mail. No mail address may get into an error or a log."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import formatdate

import structlog

from bensync.core.ports import Notice, PreflightFinding
from bensync.delivery.settings import MailSettings
from bensync.errors import DeliveryError, reported
from bensync.fault_points import around

log = structlog.get_logger()


class Mail:
    """The notifier over SMTP."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    def send(self, notice: Notice, only: str = "") -> Sequence[str]:
        """Send one notice to all admins; the same key gives the same Message-ID, so that repeats can be folded.

        A server may refuse some of them, for now (greylisting) or for good; see `Notifier` about their names.
        """
        admins = [admin for admin in self._settings.admins if not only or _name(admin) == only]
        if not admins:  # this recipient was removed from the configuration since
            return ()
        with self._translated(only), self._session() as server, around("mail.send"):
            refused = server.send_message(self._compose(notice), to_addrs=admins)
        if refused:
            log.warning("mail.refused", key=notice.key, refused=len(refused), admins=len(admins))
        return [_name(admin) for admin in refused]

    def check(self) -> Iterable[PreflightFinding]:
        """Preflight: the mail server answers and accepts the sign-in; nothing is sent."""
        subject = f"mail server {self._place}"
        try:
            with self._translated(), self._session() as server:
                server.noop()
        except DeliveryError as error:
            return [PreflightFinding(subject, ok=False, detail=str(error), fix=error.fix)]
        return [PreflightFinding(subject, ok=True, detail="answers")]

    @property
    def _place(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    @property
    def _domain(self) -> str:
        return self._settings.sender.rpartition("@")[2]

    def _position(self, only: str) -> str:
        """Return which of the admins a name stands for: an address must not get into an error."""
        names = [_name(admin) for admin in self._settings.admins]
        return f"admin {names.index(only) + 1} of {len(names)}" if only in names else ""

    def _compose(self, notice: Notice) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.sender
        message["To"] = ", ".join(self._settings.admins)
        message["Subject"] = " ".join(notice.subject.split())  # EmailMessage refuses line breaks in a header
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{hashlib.sha256(notice.key.encode()).hexdigest()[:32]}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: out-of-office replies are not wanted
        message["X-Bensync-Key"] = " ".join(notice.key.split())
        message.set_content(notice.body, charset="utf-8")
        return message

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        settings = self._settings
        with around("mail.connect"):
            server = self._connect()
        try:
            if settings.starttls:
                server.starttls(context=ssl.create_default_context())
            if settings.user is not None and settings.password is not None:
                server.login(settings.user, settings.password.get_secret_value())
            yield server
        finally:
            _part(server)

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        if settings.tls:
            trust = ssl.create_default_context()
            return smtplib.SMTP_SSL(settings.host, settings.port, self._domain, timeout=settings.timeout, context=trust)
        return smtplib.SMTP(settings.host, settings.port, self._domain, settings.timeout)

    @contextmanager
    def _translated(self, only: str = "") -> Iterator[None]:
        """Turn the exceptions of smtplib into ours; those that repeat addresses are not kept as the cause."""
        what = f"No mail could be sent over {self._place}."
        try:
            yield
        except smtplib.SMTPRecipientsRefused as error:
            # A 4xx code is a passing refusal, such as greylisting of a first mail.
            passing = all(code < 500 for code, _ in error.recipients.values())
            code = max(code for code, _ in error.recipients.values())
            why = f"It refused {self._position(only) or 'all admins'} with code {code}."
            fix = "Check admins of [alerts]; a code of 4xx may pass, and bensync tries the notice again."
            raise DeliveryError(what, why, fix, retry=passing) from None
        except smtplib.SMTPAuthenticationError as error:
            why = f"It refused the sign-in with code {error.smtp_code}."
            raise DeliveryError(what, why, "Check user and password of [mail].") from None
        except smtplib.SMTPResponseException as error:
            passing = error.smtp_code < 500
            fix = "Check sender of [mail], and the log of the mail server."
            raise DeliveryError(what, f"It answered with code {error.smtp_code}.", fix, retry=passing) from None
        except (smtplib.SMTPNotSupportedError, ssl.SSLError) as error:
            fix = "Check starttls and tls of [mail], and that this machine trusts the server's certificate."
            raise DeliveryError(what, reported(error), fix) from error
        except (smtplib.SMTPException, OSError) as error:
            fix = "Check host and port of [mail], and that the mail server is up."
            raise DeliveryError(what, reported(error), fix, retry=True) from error


def _name(admin: str) -> str:
    """Return the name of a recipient in the database; it stays the same when others are added or removed."""
    return hashlib.sha256(admin.encode()).hexdigest()[:16]


def _part(server: smtplib.SMTP) -> None:
    """Close the connection; the mail was accepted or refused before, so an error here changes nothing."""
    with suppress(smtplib.SMTPException, OSError):
        server.quit()
    server.close()
