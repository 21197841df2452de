"""Settings of the upload center: a host key must be pinned, and our key stays unread."""

from __future__ import annotations

import contextlib
from typing import Any

import pydantic
import pytest

from bensync.delivery.settings import MailSettings
from bensync.delivery.sftp import SftpSettings


@pytest.mark.parametrize("pins", [(), ("MD5:00:11",), ("SHA256:short",)])
def test_settings_without_a_true_pin_are_refused_and_keep_the_key_to_themselves(pins: tuple[str, ...]) -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        SftpSettings(host="sftp.example.test", user="me", private_key=pydantic.SecretStr("secret-key"), host_keys=pins)
    assert "secret-key" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        pytest.param({"host": "127.0.0.1"}, False, id="this machine"),
        pytest.param({"host": "mail.example.com"}, True, id="another machine, in clear"),
        pytest.param({"host": "mail.example.com", "starttls": True}, False, id="encrypted after the greeting"),
        pytest.param({"host": "mail.example.com", "tls": True}, False, id="encrypted from the first byte"),
        pytest.param({"host": "mail.example.com", "unencrypted": True}, False, id="in clear on purpose"),
    ],
)
def test_mail_leaves_this_machine_encrypted_unless_somebody_says_otherwise(
    fields: dict[str, Any], refused: bool
) -> None:
    sender, admins = "bensync@example.com", ("benefits@example.com",)
    with pytest.raises(pydantic.ValidationError, match="without encryption") if refused else contextlib.nullcontext():
        MailSettings(sender=sender, admins=admins, **fields)
