"""BambooHR as a source: reads employees, their fields and their dated tables. It cannot write anything."""

from bensync.connectors.bamboohr.settings import BambooHRSettings
from bensync.connectors.bamboohr.source import BambooHR

__all__ = ["BambooHR", "BambooHRSettings"]
