"""The door of the installed command and of `python -m bensync`."""

from __future__ import annotations

import sys

from bensync import cli
from bensync.daemon.hardening import harden


def main() -> int:
    """Run one command in a process whose memory nobody reads and no core file keeps; returns its exit code."""
    harden()
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
