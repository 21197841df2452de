"""Protect the memory of a process: no core file, no debugger, and no reading of /proc by others of the same user.

Memory cannot be wiped in Python; what must not stay is read in a child process that ends (see `turn`).
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys

_PR_SET_DUMPABLE = 4
_OPEN = "BENSYNC_OPEN_MEMORY"
"""With ``BENSYNC_TEST=1``: leaves the memory readable, for the test that looks for SSNs in it."""


def harden() -> None:
    """Protect this process; call it before anything secret is read."""
    # The hard limit as well, so that a child process cannot raise it again.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if os.environ.get("BENSYNC_TEST") == "1" and os.environ.get(_OPEN) == "1":
        return
    if sys.platform == "linux":
        # The kernel resets this flag with each new program, so every process of ours sets it for itself.
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
