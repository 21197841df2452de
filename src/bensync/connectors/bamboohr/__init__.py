"""BambooHR as a source: reads people, their fields and their dated tables. It has no way to write anything."""

from bensync.connectors.bamboohr.settings import BambooHRSettings
from bensync.connectors.bamboohr.source import BambooHR

__all__ = ["BambooHR", "BambooHRSettings"]
