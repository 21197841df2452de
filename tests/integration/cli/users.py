"""Users whose password is in a file."""

from __future__ import annotations

from tests.fixtures.office import Office

PASSWORD = "quietly orange teapot"


def add(acme: Office, name: str = "kim", role: str = "data_owner", *more: str):
    password = ("--password-file", str(acme.folder / "password"))
    return acme.json("users", "add", name, "--role", role, *password, *more)["user"]
