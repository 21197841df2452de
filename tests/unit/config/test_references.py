"""Secrets by reference: looked up only when they are needed, never in the file."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from bensync.config.references import resolve
from bensync.errors import ConfigError
from bensync.wiring import Deployment
from tests.unit.config.example import GOOD, refused, written


def test_a_literal_secret_is_refused_and_not_repeated(tmp_path):
    error = refused(tmp_path, GOOD.replace("env:BENSYNC_STATE_KEY", "1:c2VjcmV0"))

    assert "state.key" in error.why
    assert "c2VjcmV0" not in str(error.as_json())


def test_a_secret_is_looked_up_only_when_it_is_needed(tmp_path, monkeypatch):
    monkeypatch.delenv("BENSYNC_STATE_KEY", raising=False)
    deployment = Deployment(written(tmp_path, GOOD))

    with pytest.raises(ConfigError, match="BENSYNC_STATE_KEY"):
        deployment.store()


def test_a_secret_comes_from_the_environment_or_a_file(tmp_path, monkeypatch):
    monkeypatch.setenv("SOME_SECRET", " hush\n")
    (tmp_path / "secret").write_text("quiet\n")

    assert resolve(SecretStr("env:SOME_SECRET")) == "hush"
    assert resolve(SecretStr(f"file:{tmp_path}/secret")) == "quiet"
    with pytest.raises(ConfigError, match="cannot be read"):
        resolve(SecretStr(f"file:{tmp_path}/none"))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("quiet\r\n".encode("utf-8-sig"), id="UTF-8 with a byte order mark"),
        pytest.param("quiet\r\n".encode("utf-16"), id="UTF-16, as a shell of Windows writes it"),
        pytest.param(b"\xfe\xff" + "quiet".encode("utf-16-be"), id="UTF-16 in the other byte order"),
    ],
)
def test_a_secret_may_have_a_byte_order_mark(tmp_path, content):
    (tmp_path / "secret").write_bytes(content)
    assert resolve(SecretStr(f"file:{tmp_path}/secret")) == "quiet"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("quiet".encode("utf-16-le"), id="UTF-16 without its mark"),
        pytest.param(b"\xff\xfeq", id="half a letter"),
        pytest.param("gr\u00fcn".encode("cp1252"), id="another code page"),
    ],
)
def test_a_secret_that_is_no_plain_text_is_named_and_not_repeated(tmp_path, content):
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        resolve(SecretStr(f"file:{tmp_path}/secret"))
    assert caught.value.what == f"The secret file:{tmp_path}/secret cannot be read."
    assert caught.value.why == "The file is not plain text in UTF-8."
    assert caught.value.__cause__ is None
