"""Sends alerts to chats, pagers and webhooks with apprise. No address may get into an error or a log.

Most addresses contain a secret, so errors name a channel by the reference to its address.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import apprise
from pydantic import SecretStr

from bensync.core.ports import Notice, PreflightFinding
from bensync.delivery.heartbeat import is_loopback
from bensync.errors import DeliveryError, reported
from bensync.fault_points import around

PATIENCE = 15.0
"""Seconds for one notice."""

_FIX = (
    "Make sure that the reference holds an address that apprise knows, and that the service is up; run `bensync check`."
)


class Channel:
    """Sends notices to one address.

    Args:
        name: the reference to the address, which stands for it in errors.
        address: an apprise address; `https://github.com/caronc/apprise/wiki` lists the services.
    """

    def __init__(self, name: str, address: SecretStr) -> None:
        self._name = name
        self._address = address

    def send(self, notice: Notice, only: str = "") -> Sequence[str]:
        """Send one notice as plain text, its key at the end so that repeats can be folded; see `Notifier`."""
        del only  # one address, one recipient
        what = f"No notice could be sent over {self._name}."
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
            # Neither the text nor the cause is kept: both may quote the address.
            raise DeliveryError(what, reported(error), _FIX, retry=True) from None
        if not outcome:
            why = f"The service refused it, or did not answer within {PATIENCE:.0f} seconds."
            raise DeliveryError(what, why, _FIX, retry=True)
        return ()

    def check(self) -> Iterable[PreflightFinding]:
        """Preflight: the address belongs to a service that apprise knows; nothing is sent."""
        subject = f"alerts over {self._name}"
        try:
            (service,) = self._service(f"{subject} cannot be sent.")
        except DeliveryError as error:
            return [PreflightFinding(subject, ok=False, detail=str(error), fix=error.fix)]
        return [
            PreflightFinding(
                subject, ok=True, detail=f"an address of {service.service_name}; whether it answers is not tried"
            )
        ]

    def _service(self, what: str) -> Any:
        """Return the service behind the address.

        Raises:
            DeliveryError: apprise knows no such service, or the address would be used without encryption.
        """
        # No redirects: one would carry the secret in the address to another server.
        asset = apprise.AppriseAsset(
            app_id="bensync", app_desc="", app_url="", http_redirects=False, interpret_emojis=False
        )
        services = apprise.Apprise(asset=asset)
        if not services.add(self._address.get_secret_value()) or len(services) != 1:
            raise DeliveryError(what, "Its address is not one that apprise knows.", _FIX)
        service = services[0]
        if not service.verify_certificate:
            fix = "Take verify=no out of the address, and let this machine trust the certificate of the service."
            raise DeliveryError(what, "Its address switches off the check of the server's certificate.", fix)
        if service.redirects:
            fix = "Take redirect=yes out of the address, and write the address that the service leads to."
            raise DeliveryError(what, "Its address would follow the server to another host.", fix)
        if not service.host and not service.secure_protocol:
            fix = "Use a mail server, a chat or a webhook: every account of a machine may read its log."
            raise DeliveryError(what, "Its address writes into a log of this machine.", fix)
        if _is_plain(service, self._address.get_secret_value()):
            fix = "Use the encrypted form of the service, such as jsons:// in place of json://."
            raise DeliveryError(what, "Its address would send without encryption.", fix)
        return services


def _is_plain(service: Any, address: str) -> bool:
    """Return whether the kind of address means that notices leave this machine without encryption."""
    scheme = address.partition("://")[0].lower()
    plain = service.protocol or ()
    kinds = (plain,) if isinstance(plain, str) else tuple(plain)
    return scheme in kinds and not is_loopback(service.host or "")


def _kind(notice: Notice) -> apprise.NotifyType:
    if not notice.alert:
        return apprise.NotifyType.INFO
    return apprise.NotifyType.SUCCESS if notice.key.endswith(":over") else apprise.NotifyType.WARNING
