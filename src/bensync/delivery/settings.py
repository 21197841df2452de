"""The settings of the adapters in this package. Loads none of their libraries, because every command reads these."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from bensync.delivery.host_keys import fingerprint_of

MEGABYTE = 1_000_000
SSH_PORT, SMTP_PORT, SMTPS_PORT = 22, 25, 465
"""The ports of an upload center and of a mail server that name none."""

HostKey = Annotated[str, AfterValidator(fingerprint_of)]
"""The SHA-256 fingerprint of a host key, in any form in which receivers send one."""

Address = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")]
"""A bare mail address, without a name."""

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def _normalise(text: str) -> str:
    fingerprint = "".join(text.split()).upper()
    if len(fingerprint) != 40 or not set(fingerprint) <= set("0123456789ABCDEF"):
        raise ValueError("a full fingerprint of 40 hexadecimal digits is wanted, as `gpg --fingerprint` prints it")
    return fingerprint


Fingerprint = Annotated[str, AfterValidator(_normalise)]
"""A full OpenPGP fingerprint: 40 hexadecimal digits, spaces and case do not matter."""


class SshSettings(BaseModel):
    """A server, and how to sign in there.

    Attributes:
        host: the server.
        port: its port.
        user: the name to sign in with.
        passphrase: the passphrase of the private key, if it has one.
        private_key: the text of the key itself, in OpenSSH or PEM form.
        host_keys: the SHA-256 fingerprints that are accepted, as ``ssh-keygen -l`` prints them, or lines of ``.pub``
            files; two while the receiver changes its key.
        timeout: seconds for each single operation.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    host: str = Field(min_length=1)
    port: int = Field(default=SSH_PORT, ge=1, le=65_535)
    user: str = Field(min_length=1)
    private_key: SecretStr
    passphrase: SecretStr | None = None
    host_keys: tuple[HostKey, ...] = Field(min_length=1)
    timeout: float = Field(default=30, gt=0)

    @property
    def place(self) -> str:
        """The server in words, for errors."""
        return f"{self.host}:{self.port}"


class SftpSettings(SshSettings):
    """One upload center.

    Attributes:
        directory: the folder there, relative to the folder that the sign-in leads to.
        publish: how a file gets its name there: "rename", "direct", "marker" or "blind".
        attempts: the number of attempts in all.
        give_up_after: seconds after which no further attempt begins.
    """

    type: Literal["sftp"] = "sftp"
    directory: str = "."
    publish: Literal["rename", "direct", "marker", "blind"] = "rename"
    attempts: int = Field(default=4, ge=1)
    give_up_after: float = Field(default=300, gt=0)


class FolderSettings(BaseModel):
    """A folder on this machine that stands in for an upload center.

    Attributes:
        directory: the folder.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    type: Literal["folder"] = "folder"
    directory: Path


class FolderInboxSettings(FolderSettings):
    """A folder on this machine where somebody else puts files.

    Attributes:
        publish: how a file gets its name there: "rename", "direct", "marker" or "blind".
    """

    publish: Literal["rename", "direct", "marker", "blind"] = "rename"


class GpgSettings(BaseModel):
    """The keys that a file is sealed with.

    Attributes:
        recipient: the fingerprint of the receiver's key, compared with the receiver over another channel.
        signer: the fingerprint of our own key, if the receiver wants signatures.
        gnupg_home: the GnuPG folder that holds these keys and nothing else.
        compress: ``fast`` costs little and helps on slow lines; ``none`` for fast ones.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    recipient: Fingerprint
    signer: Fingerprint | None = None
    gnupg_home: Path
    compress: Literal["fast", "none"] = "fast"


class OpenerSettings(BaseModel):
    """The keys that a received file is opened and verified with, and the limits for one file.

    Attributes:
        gnupg_home: the GnuPG folder with our secret key and the sender's public key.
        signer: the fingerprint of the sender's key, compared with the sender over another channel.
        largest: megabytes; a file that is larger, sealed or opened, is refused.
        cpu_seconds: processor time that opening one file may take.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    gnupg_home: Path
    signer: Fingerprint
    largest: int = Field(default=128, ge=1)
    cpu_seconds: int = Field(default=30, ge=1)


class MailSettings(BaseModel):
    """The mail server, and the recipients of notices.

    Attributes:
        host: the mail server.
        port: its port.
        user: the name to sign in with, if the server requires it.
        password: the password of that user.
        sender: the address the notices come from.
        admins: the addresses they go to.
        starttls: encrypt the connection after the greeting (usually port 587), with a certificate that this machine
            trusts; without it or ``tls``, credentials are sent to this machine itself only.
        tls: encrypt the connection from the first byte (usually port 465), with a certificate that this machine trusts.
        unencrypted: send notices in clear to a server on another machine; for a relay within a network of your own.
        timeout: seconds for each single step.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    host: str = Field(min_length=1)
    port: int = Field(default=SMTP_PORT, ge=1, le=65_535)
    sender: Address
    admins: tuple[Address, ...] = Field(min_length=1)
    starttls: bool = False
    tls: bool = False
    unencrypted: bool = False
    user: str | None = None
    password: SecretStr | None = None
    timeout: float = Field(default=15, gt=0)

    @model_validator(mode="after")
    def _keep_credentials_private(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together: give both or none")
        if self.starttls and self.tls:
            raise ValueError("starttls and tls exclude each other: tls is for servers that begin encrypted")
        if self.starttls or self.tls or self.host in LOOPBACK:
            return self
        if self.user is not None:
            raise ValueError("user and password are not sent without encryption: set starttls = true or tls = true")
        if not self.unencrypted:
            raise ValueError(
                "mail would leave this machine without encryption: set starttls = true or tls = true; or, for a relay"
                " within a network of your own, unencrypted = true"
            )
        return self
