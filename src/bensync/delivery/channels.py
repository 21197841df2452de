"""Writes alerts to chats, pagers and webhooks, by apprise. It must not put an address into an error or a log.

An address holds a secret more often than not, so a channel is called by the reference that leads to it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import apprise
from pydantic import SecretStr

from bensync.core.ports import Notice, PreflightFinding
from bensync.delivery.heartbeat import is_loopback
from bensync.errors import DeliveryError
from bensync.faults import around

# What they log holds addresses, with all that is secret in them.
for _name in ("apprise", "requests", "urllib3"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

PATIENCE = 15.0
"""Seconds for one notice."""

_FIX = (
    "See that the reference holds an address as apprise knows them, and that the service is up; `bensync check` tells."
)


class Channel:
    """The notifier over one address.

    Args:
        name: the reference that the address came from; names it in errors.
        address: an address of apprise; `https://github.com/caronc/apprise/wiki` lists the services.
    """

    def __init__(self, name: str, address: SecretStr) -> None:
        self._name = name
        self._address = address

    def send(self, notice: Notice) -> None:
        """Send one notice as plain text, its key at the end so that repeats can be folded."""
        what = f"no notice could be sent over {self._name}"
        service = self._service(what)
        body = f"{notice.body.rstrip()}\n\n{notice.key}"
        try:
            with around("alerts.send"):
                outcome = service.notify(
                    body,
                    title=notice.subject,
                    notify_type=_kind(notice),
                    body_format=apprise.NotifyFormat.TEXT,
                    timeout=PATIENCE,
                )
        except (OSError, TypeError) as error:
            raise DeliveryError(what, type(error).__name__, _FIX, retry=True) from None
        if not outcome:
            why = f"the service refused it, or did not answer within {PATIENCE:.0f} seconds"
            raise DeliveryError(what, why, _FIX, retry=True)

    def check(self) -> Iterable[PreflightFinding]:
        """Preflight: the address is one of a service that we know; nothing is sent."""
        subject = f"alerts over {self._name}"
        try:
            (service,) = self._service(f"{subject} cannot be sent")
        except DeliveryError as error:
            return [PreflightFinding(subject, ok=False, detail=str(error), fix=error.fix)]
        return [
            PreflightFinding(
                subject, ok=True, detail=f"an address of {service.service_name}; whether it answers is not tried"
            )
        ]

    def _service(self, what: str) -> Any:
        """The service behind the address.

        Raises:
            DeliveryError: there is none, or the secret of the address would travel in clear.
        """
        asset = apprise.AppriseAsset(
            app_id="bensync", app_desc="", app_url="", http_redirects=False, interpret_emojis=False
        )
        services = apprise.Apprise(asset=asset)
        if not services.add(self._address.get_secret_value()) or len(services) != 1:
            raise DeliveryError(what, "its address is not one that apprise knows", _FIX)
        if _is_plain(services[0], self._address.get_secret_value()):
            fix = "Use the encrypted form of the service, such as jsons:// in place of json://."
            raise DeliveryError(what, "its address would send without encryption", fix)
        return services


def _is_plain(service: Any, address: str) -> bool:
    """Whether notices would leave this machine without encryption, as far as the kind of address tells."""
    scheme = address.partition("://")[0].lower()
    plain = service.protocol or ()
    kinds = (plain,) if isinstance(plain, str) else tuple(plain)
    return scheme in kinds and bool(service.secure_protocol) and not is_loopback(service.host or "")


def _kind(notice: Notice) -> apprise.NotifyType:
    if not notice.alert:
        return apprise.NotifyType.INFO
    return apprise.NotifyType.SUCCESS if notice.key.endswith(":over") else apprise.NotifyType.WARNING
