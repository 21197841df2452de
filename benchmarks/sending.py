"""The lower bound of sealing and sending: `gpg -z 1`, then OpenSSH's `sftp` with a rename, driven by a shell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

NAME = "gpg, then sftp"


def gpg_then_sftp(plain: Path, folder: Path, recipient: str, home: Path, center: Any) -> list[str]:
    """The command that does it.

    Args:
        plain: the file to seal.
        folder: where the sealed file, the batch and the key may lie.
        recipient: the key to seal for, in the GnuPG home ``home``.
        center: the upload center, with ``host``, ``port``, ``user``, ``client_key`` and ``root``.
    """
    key = folder / "lower_bound_key"
    key.touch(0o600)
    key.write_text(center.client_key)
    (folder / "batch").write_text(
        f"put {folder}/theirs {center.root}/theirs.part\n-rm {center.root}/theirs\n"
        f"rename {center.root}/theirs.part {center.root}/theirs\n"
    )
    gpg = f"gpg --homedir {home} --batch --yes --trust-model always -z 1 --compress-algo zip -r {recipient}"
    sftp = f"sftp -q -P {center.port} -i {key} -o StrictHostKeyChecking=no -o UserKnownHostsFile={folder}/known"
    sftp += f" -c aes128-gcm@openssh.com -b {folder}/batch {center.user}@{center.host}"
    return ["bash", "-c", f"{gpg} -o {folder}/theirs -e < {plain} && {sftp}"]
