"""The demo's upload center as a process, where there is no sshd; prints how to sign in, ends with its input."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bensync.demo.upload_center import UploadCenter

with UploadCenter(Path(sys.argv[1])) as center:
    names = ("host", "port", "user", "host_key", "client_key")
    print(json.dumps({name: getattr(center, name) for name in names}), flush=True)
    sys.stdin.read()
