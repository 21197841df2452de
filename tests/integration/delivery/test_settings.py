"""Settings of the upload center: a host key must be pinned, and our key stays unread."""

from __future__ import annotations

import pydantic
import pytest

from bensync.delivery.sftp import SftpSettings


@pytest.mark.parametrize("pins", [(), ("MD5:00:11",), ("SHA256:short",)])
def test_settings_without_a_true_pin_are_refused_and_keep_the_key_to_themselves(pins: tuple[str, ...]) -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        SftpSettings(host="sftp.example.test", user="me", private_key=pydantic.SecretStr("secret-key"), host_keys=pins)
    assert "secret-key" not in str(caught.value)
