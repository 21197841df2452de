"""The receiver on another machine takes files in whole and in order, or not at all (sync-rules 3.15)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bensync.core.model import Kind, RequestState
from bensync.daemon import Daemon
from bensync.demo.keys import Keyring
from bensync.errors import ConfigError, DeliveryError, GuardTripped
from bensync.pipeline import Outcome_ as Outcome  # replaced below
