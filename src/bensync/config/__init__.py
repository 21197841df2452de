"""bensync.toml + BENSYNC_* -> one frozen Settings. Knows no hand: their tables come as models from `wiring`."""

from bensync.config.files import DEFAULT_PATH, HOME, Files, folder, located, of_site, read_toml
from bensync.config.reading import Hands, compose, refusal, refused_sites, validate
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
    "HOME",
    "Alerts",
    "Codes",
    "Custom",
    "Daemon",
    "Employer",
    "Files",
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
    "of_site",
    "read_toml",
    "refusal",
    "refused_sites",
    "resolve",
    "resolved",
    "validate",
]
