"""bensync.toml + BENSYNC_* -> one frozen Settings. Knows no hand: their tables come as models from `wiring`."""

from bensync.config.reading import DEFAULT_PATH, FOLDER, Hands, compose, folder, located, read_toml, validate
from bensync.config.references import Reference, resolve, resolved
from bensync.config.settings import (
    Alerts,
    Codes,
    Custom,
    Daemon,
    Employer,
    GuardLimits,
    Receiver,
    Schedule,
    Settings,
    Site,
    State,
    Status,
    Table,
    Web,
)

__all__ = [
    "DEFAULT_PATH",
    "FOLDER",
    "Alerts",
    "Codes",
    "Custom",
    "Daemon",
    "Employer",
    "GuardLimits",
    "Hands",
    "Receiver",
    "Reference",
    "Schedule",
    "Settings",
    "Site",
    "State",
    "Status",
    "Table",
    "Web",
    "compose",
    "folder",
    "located",
    "read_toml",
    "resolve",
    "resolved",
    "validate",
]
