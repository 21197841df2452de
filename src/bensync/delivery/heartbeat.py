"""A heartbeat after each successful daily run, for an external monitor. Its failure undoes nothing.

The request cannot be turned against the network around us: it goes to public addresses by https, follows no redirect,
connects to the address that was checked, and reads nothing of the answer.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import quote

import httpx
import structlog
from pydantic import SecretStr

from bensync.core.ports import PreflightFinding
from bensync.errors import DeliveryError, reported
from bensync.fault_points import around

log = structlog.get_logger()

PATIENCE = 5.0
"""Seconds for each step of the request."""

_FIX = "Check alerts.heartbeat: it must be an https address on the internet, or plain http on this machine."
_WHAT = "The heartbeat was not sent."


class Heartbeat:
    """Calls one address.

    Args:
        address: the address; ``{site}`` in it is replaced by the name of the site.
        site: the name of the site.
    """

    def __init__(self, address: SecretStr, site: str) -> None:
        self._address = SecretStr(address.get_secret_value().replace("{site}", quote(site, safe="")))
        self._site = site

    def ping(self) -> None:
        """Send the heartbeat; a failure is only logged, and the monitor notices that it is missing."""
        try:
            self._call()
        except DeliveryError as error:
            log.warning("heartbeat.failed", site=self._site, why=error.why)

    def check(self) -> Iterable[PreflightFinding]:
        """Preflight: the address is allowed and has an IP address; nothing is sent."""
        try:
            _checked(self._url())
        except DeliveryError as error:
            return [PreflightFinding("heartbeat", ok=False, detail=str(error), fix=error.fix)]
        return [PreflightFinding("heartbeat", ok=True, detail="its address is allowed; it was not called")]

    def _call(self) -> None:
        url = self._url()
        address = _checked(url)
        # The connection goes to the address that was checked, and not to a second answer of the name server; the
        # certificate is still checked for the name.
        headers = {"Host": url.netloc.decode("ascii"), "User-Agent": "bensync"}
        extensions = {"sni_hostname": url.host}
        try:
            with (
                httpx.Client(timeout=PATIENCE, follow_redirects=False, trust_env=False) as client,
                around("heartbeat.ping"),
                client.stream(
                    "GET", url.copy_with(host=str(address)), headers=headers, extensions=extensions
                ) as answer,
            ):
                code = answer.status_code
        except (httpx.HTTPError, OSError) as error:
            # Neither text nor cause: a monitor's address is a secret, and httpx quotes it.
            raise DeliveryError(_WHAT, reported(error), _FIX, retry=True) from None
        if not 200 <= code < 300:
            raise DeliveryError(_WHAT, f"The answer was HTTP {code}.", _FIX, retry=True)

    def _url(self) -> httpx.URL:
        try:
            return httpx.URL(self._address.get_secret_value())
        except httpx.InvalidURL:
            raise DeliveryError(_WHAT, "Its address is not a web address.", _FIX) from None


def _checked(url: httpx.URL) -> IPv4Address | IPv6Address:
    """Return the IP address to connect to, after checking every address of the name.

    Raises:
        DeliveryError: one of them is not allowed.
    """
    if url.scheme not in {"http", "https"} or not url.host:
        raise DeliveryError(_WHAT, "Its address is not a web address.", _FIX)
    try:
        resolved = socket.getaddrinfo(url.host, url.port or url.scheme, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise DeliveryError(_WHAT, "Its address has no IP address.", _FIX, retry=True) from None
    addresses = [_unwrapped(ip_address(str(entry[4][0]).partition("%")[0])) for entry in resolved]
    allowed = all(address.is_loopback if url.scheme == "http" else _is_public(address) for address in addresses)
    if not allowed:
        why = "Plain http leaves this machine." if url.scheme == "http" else "Its address belongs to a private network."
        raise DeliveryError(_WHAT, why, _FIX)
    return addresses[0]


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, by its name or address alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 address wraps, else the address itself."""
    return getattr(address, "ipv4_mapped", None) or address


_TRANSLATED = (ip_network("2002::/16"), ip_network("64:ff9b::/96"))
"""Networks whose addresses lead to IPv4 addresses, including private ones."""


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not any(address in network for network in _TRANSLATED)
