"""The web server of the pages: whom it believes, and what it does not reveal."""

from __future__ import annotations

from fastapi import FastAPI

from bensync.config.settings import Web
from bensync.web.http.server import address_of, make_server


def test_forwarded_addresses_are_believed_from_a_proxy_on_this_machine_alone():
    assert not make_server(FastAPI(), Web()).config.proxy_headers
    config = make_server(FastAPI(), Web(behind_proxy=True)).config
    assert config.proxy_headers
    assert config.forwarded_allow_ips == "127.0.0.1,::1"


def test_the_server_names_neither_itself_nor_its_visitors():
    config = make_server(FastAPI(), Web()).config
    assert not config.server_header
    assert not config.access_log


def test_the_address_says_whether_the_pages_are_served_over_TLS(tmp_path):
    assert address_of(Web(listen="127.0.0.1:8480")) == "http://127.0.0.1:8480/"
    for name in ("pages.crt", "pages.key"):
        (tmp_path / name).touch()
    encrypted = Web(listen="0.0.0.0:8480", certificate=tmp_path / "pages.crt", certificate_key=tmp_path / "pages.key")
    assert address_of(encrypted) == "https://0.0.0.0:8480/"
