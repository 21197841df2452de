"""bensync.toml + BENSYNC_* -> one frozen Settings. Knows no hand: their tables come as models from `wiring`."""

from bensync.config.files import DEFAULT_PATH, Files, folder, located, of_site, read_toml
from bensync.config.reading import AdapterSettings, compose, refusal, refused_sites, validate
from bensync.config.references import Reference, resolve, resolved
from bensync.config.settings import (
    AlertSettings,
    Codes,
    Custom,
    Daemon,
    GuardLimits,
    Receiver,
    ScheduleSettings,
    Settings,
    SettingsTable,
    Site,
    SiteSettings,
    State,
    StatusSettings,
    Web,
)

__all__ = [
    "DEFAULT_PATH",
    "AdapterSettings",
    "AlertSettings",
    "Codes",
    "Custom",
    "Daemon",
    "Files",
    "GuardLimits",
    "Receiver",
    "Reference",
    "ScheduleSettings",
    "Settings",
    "SettingsTable",
    "Site",
    "SiteSettings",
    "State",
    "StatusSettings",
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
