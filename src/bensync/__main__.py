"""The entry point of the installed command and of `python -m bensync`."""

from __future__ import annotations

import gc
import sys

from bensync.cli import app
from bensync.hardening import harden


def main() -> int:
    """Run one command in a process whose memory nobody reads and no core file keeps; returns its exit code."""
    harden()
    code = app.main()
    gc.freeze()  # what is left ends with the process; Python would first look through all of it for garbage
    return code


if __name__ == "__main__":
    sys.exit(main())
