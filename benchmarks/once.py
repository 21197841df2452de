"""Runs one command and writes what it cost into a file: CPU, time, and KiB of its largest process. See measure.py.

A process of its own, and a small one: the peak of a child is never reported below that of the process that started it.
"""

import os
import sys
import time

begun = time.perf_counter()
child = os.fork()
if not child:
    try:
        os.execvp(sys.argv[2], sys.argv[2:])
    except OSError as error:
        print(error, file=sys.stderr)
        os._exit(127)
_, status, used = os.wait4(child, 0)
wall = time.perf_counter() - begun
with open(sys.argv[1], "w") as file:  # noqa: PTH123  # pathlib would be the half of this process
    file.write(f"{used.ru_utime + used.ru_stime} {wall} {used.ru_maxrss}")
sys.exit(os.waitstatus_to_exitcode(status) and 1)
