"""The settings for BambooHR, checked before anything is sent, because the API key goes to this address."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from bensync.connectors.network_addresses import is_loopback

DNS_LABEL = r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$"


class BambooHRSettings(BaseModel):
    """Where and how BambooHR is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    company: Annotated[
        str, Field(pattern=DNS_LABEL, description="the company's subdomain: `acme` of acme.bamboohr.com")
    ]
    api_key: Annotated[SecretStr, Field(min_length=1, description="API key of a user who sees all mapped fields")]
    base_url: Annotated[
        str | None, Field(description="another address up to and including `/v1`; the company's own when left out")
    ] = None
    gateway: Annotated[bool, Field(description="use the older address api.bamboohr.com/api/gateway.php")] = False
    batch: Annotated[int, Field(ge=1, le=1000, description="people per report request")] = 500
    overlap_minutes: Annotated[int, Field(ge=0, le=1440, description="how far before the watermark to read again")] = 5
    history_days: Annotated[
        int, Field(ge=1, description="how far back its list of changes is trusted; after a longer pause all are read")
    ] = 60
    timeout: Annotated[float, Field(gt=0, le=600, description="seconds to wait for the next byte")] = 60
    attempts: Annotated[int, Field(ge=1, le=20, description="tries of one request")] = 5
    give_up_after: Annotated[float, Field(gt=0, le=3600, description="seconds one request may take with waits")] = 300

    @field_validator("base_url")
    @classmethod
    def _is_safe(cls, address: str | None) -> str | None:
        if address is None:
            return None
        url = urlsplit(address)
        near = url.scheme == "http" and is_loopback(url.hostname or "")
        if not url.hostname or not (near or url.scheme == "https"):
            raise ValueError("must be an https address (http only for this machine)")
        if url.username or url.password or url.query or url.fragment:
            raise ValueError("must hold no user, key, query or fragment")
        return address.rstrip("/")

    @property
    def address(self) -> str:
        """The base address up to and including the version."""
        if self.base_url:
            return self.base_url
        if self.gateway:
            return f"https://api.bamboohr.com/api/gateway.php/{self.company}/v1"
        return f"https://{self.company}.bamboohr.com/api/v1"
