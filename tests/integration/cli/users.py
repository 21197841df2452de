"""Users whose password is in a file."""

from __future__ import annotations

from tests.fixtures.office import Office

PASSWORD = "quietly orange teapot"


def add(here: Office, name: str = "kim", role: str = "data_owner", *more: str):
    password = ("--password-file", str(here.folder / "password"))
    return here.json("users", "add", name, "--role", role, *password, *more)["user"]
