"""The technical safeguards of the HIPAA Security Rule (45 CFR 164.312), and where bensync meets each of them."""

from __future__ import annotations

import msgspec


class Safeguard(msgspec.Struct, frozen=True):
    """One standard or implementation specification.

    Attributes:
        citation: the paragraph of 45 CFR 164.312.
        name: its title.
        demand: whether it is a standard, or a required or addressable specification of one.
        met: what bensync does.
        places: the modules that do it, below ``src/bensync``.
        command: the command that shows or checks it.
        test: a file of tests that proves it.
        duty: what the organization must do besides.
    """

    citation: str
    name: str
    demand: str
    met: str
    places: tuple[str, ...]
    command: str
    test: str
    duty: str


SAFEGUARDS: tuple[Safeguard, ...] = (
    Safeguard(
        "(a)(1)",
        "Access control",
        "standard",
        "Roles with rights for each site; what no role names is denied. Commands have the rights of the system's user.",
        ("core/access.py", "actions/authorization.py", "cli/command_rights.py"),
        "bensync users list",
        "tests/unit/core/test_access.py",
        "Grant each person the least role, and review the roles every quarter.",
    ),
    Safeguard(
        "(a)(2)(i)",
        "Unique user identification",
        "required",
        "Each person has an account of their own; the audit trail names the actor of every entry, also behind sudo.",
        ("actions/users.py", "cli/system_user.py", "state/audit/entries.py"),
        "bensync audit list",
        "tests/integration/cli/test_actor.py",
        "Never share an account, a token, or a system user.",
    ),
    Safeguard(
        "(a)(2)(ii)",
        "Emergency access procedure",
        "required",
        "A senior user reveals up to five SSNs a day in an emergency, with a reason and a notice; backups"
        " restore the data.",
        ("actions/reveal.py", "state/upkeep/restore.py"),
        "bensync restore",
        "tests/integration/actions/test_reveal.py",
        "Name the senior users, keep backups and the state key in two places, and rehearse a restore.",
    ),
    Safeguard(
        "(a)(2)(iii)",
        "Automatic logoff",
        "addressable",
        "A session ends after 15 idle minutes and after 8 hours, on the server.",
        ("actions/sign_in.py", "state/access/sessions.py"),
        "bensync serve",
        "tests/integration/actions/test_sign_in.py",
        "Let workstations lock their screens.",
    ),
    Safeguard(
        "(a)(2)(iv)",
        "Encryption and decryption",
        "addressable",
        "AES-256-GCM for every value of a person in the database and its backups; OpenPGP for every file.",
        ("state/db/vault.py", "delivery/gpg.py"),
        "bensync keys status",
        "tests/integration/state/upkeep/test_key_rotation.py",
        "Keep the state key apart from the database, encrypt disks and swap, and rotate the key once a year.",
    ),
    Safeguard(
        "(b)",
        "Audit controls",
        "standard",
        "Each decision, reveal, sign-in and change of rights is an entry of a chain that cannot be changed unseen.",
        ("state/audit/chain.py", "state/audit/entries.py"),
        "bensync audit verify",
        "tests/integration/state/audit/test_chain.py",
        "Read the trail regularly, and keep its heads in another place (`audit_heads`).",
    ),
    Safeguard(
        "(c)(1)",
        "Integrity",
        "standard",
        "Guards, requests that a person decides, and transactions keep records from improper alteration and"
        " destruction;"
        " retention deletes only what a person reviewed.",
        ("core/guards.py", "actions/approvals.py", "actions/departed/retention.py"),
        "bensync fsck",
        "tests/integration/actions/departed/test_retention.py",
        "Review requests and retention previews before you confirm them.",
    ),
    Safeguard(
        "(c)(2)",
        "Mechanism to authenticate electronic protected health information",
        "addressable",
        "Each sealed value has a tag that is bound to its place; files have counts, hashes and numbers; `fsck"
        " --deep` opens"
        " everything.",
        ("state/upkeep/sealed.py", "state/upkeep/fsck.py"),
        "bensync fsck --deep",
        "tests/integration/state/upkeep/test_fsck.py",
        "Run `bensync fsck --deep` every month and after each restore.",
    ),
    Safeguard(
        "(d)",
        "Person or entity authentication",
        "standard",
        "Password and a code from the phone for each sign-in, a fresh code for sensitive actions; pinned host"
        " keys and PGP"
        " fingerprints for machines.",
        ("actions/credentials.py", "delivery/host_keys.py", "delivery/gpg.py"),
        "bensync check",
        "tests/integration/actions/test_credentials.py",
        "Compare fingerprints with the receiver over another channel.",
    ),
    Safeguard(
        "(e)(1)",
        "Transmission security",
        "standard",
        "TLS, SSH and OpenPGP on every way out; plain connections to other machines are refused.",
        ("delivery/ssh.py", "delivery/mail.py", "web/http/server.py", "connectors/http.py"),
        "bensync check",
        "tests/integration/delivery/test_sftp.py",
        "Give the pages a certificate, or a proxy that has one.",
    ),
    Safeguard(
        "(e)(2)(i)",
        "Integrity controls",
        "addressable",
        "A file names its rows, its hash and the file before it; a size that differs, or a file that is repeated"
        " or missing, is"
        " found.",
        ("mappings/received_file.py", "pipeline/receive.py"),
        "bensync received",
        "tests/unit/mappings/test_received_file.py",
        "Agree with the receiver on how gaps and refused files are reported.",
    ),
    Safeguard(
        "(e)(2)(ii)",
        "Encryption",
        "addressable",
        "Files are encrypted for the receiver before they leave, inside the encrypted line.",
        ("delivery/gpg.py", "delivery/transfer.py"),
        "bensync check",
        "tests/integration/delivery/test_gpg.py",
        "Renew the receiver's key before it expires; `bensync check` shows the day.",
    ),
)
"""The standards of 45 CFR 164.312 with their implementation specifications, in its order."""
