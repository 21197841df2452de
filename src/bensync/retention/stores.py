"""Every table, and every file that bensync writes or needs: what it holds about people, in which form, and how long."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from bensync.retention.kinds import Kind


class Form(StrEnum):
    """How a store holds protected data."""

    SEALED = "sealed"
    """Values are encrypted under the state key; employee ids, states, days and names of fields are in clear."""
    HASHED = "hashes and MACs"
    ENCRYPTED = "encrypted for the receiver"
    IDS = "employee ids, without values"
    SECRETS = "secrets"
    VALUES = "values in clear"
    NONE = "nothing about employees"


class ProtectedStore(msgspec.Struct, frozen=True):
    """One table or file.

    Attributes:
        name: the name of the table, or of the file for people.
        holds: what it is for.
        form: how it holds protected data.
        kinds: the kinds of retention that delete from it; none where it is kept, or where something else deletes it.
        until: how long it is kept, where no kind deletes from it.
    """

    name: str
    holds: str
    form: Form
    kinds: tuple[Kind, ...] = ()
    until: str = ""


_FORMER = (Kind.FORMER_PEOPLE,)
_IN_FORCE = "it is replaced by the next state"
_COUNTED = "kept: the number of a file is never used again"
_ACCESS = "kept: the audit trail names the account, and nobody else may get its name"

TABLES: tuple[ProtectedStore, ...] = (
    ProtectedStore("participant", "people as last approved", Form.SEALED, _FORMER),
    ProtectedStore("baseline", "people as last sent", Form.SEALED, _FORMER),
    ProtectedStore("request", "proposed changes and decisions", Form.SEALED, (Kind.REQUESTS, *_FORMER)),
    ProtectedStore("approval", "first approvals of two", Form.IDS, (Kind.REQUESTS, *_FORMER)),
    ProtectedStore("declined", "what was declined for a person", Form.SEALED, (Kind.REQUESTS, *_FORMER)),
    ProtectedStore("delivery_row", "rows of sent files", Form.SEALED, (Kind.SENT_ROWS, *_FORMER)),
    ProtectedStore("activity", "reasons for benefit events", Form.SEALED, _FORMER),
    ProtectedStore("event", "benefit events with elections", Form.SEALED, _FORMER),
    ProtectedStore("enrollment", "coverage", Form.SEALED, _FORMER),
    ProtectedStore("dependent", "dependents and beneficiaries", Form.SEALED, _FORMER),
    ProtectedStore("assignment", "benefit programs of people", Form.IDS, _FORMER),
    ProtectedStore("cobra", "COBRA records", Form.IDS, (Kind.COBRA, *_FORMER)),
    ProtectedStore("event_remark", "remarks of runs about people", Form.IDS, (Kind.RUNS, *_FORMER)),
    ProtectedStore("issue", "data issues", Form.IDS, (Kind.ISSUES, *_FORMER)),
    ProtectedStore("verdict", "why a run did not send somebody", Form.IDS, (Kind.RUNS, *_FORMER)),
    ProtectedStore("unchanged", "who had no changes in a run", Form.IDS, (Kind.RUNS,)),
    ProtectedStore("run", "runs with counts and alarms", Form.IDS, (Kind.RUNS,)),
    ProtectedStore("day", "days whose daily run is done", Form.NONE, (Kind.RUNS,)),
    ProtectedStore("notice", "texts of mails and alerts", Form.IDS, (Kind.NOTICES,)),
    ProtectedStore("sending", "the sending of each notice", Form.NONE, (Kind.NOTICES,)),
    ProtectedStore("passive_search", "searches for passive events", Form.IDS, (Kind.SEARCHES,)),
    ProtectedStore("delivery", "number, name, hash and state of each sent file", Form.HASHED, until=_COUNTED),
    ProtectedStore(
        "delivery_chunk",
        "the bytes of a file on its way",
        Form.ENCRYPTED,
        until="deleted when the file is confirmed or given up",
    ),
    ProtectedStore("received", "number, name and hash of each received file", Form.NONE, until=_COUNTED),
    ProtectedStore(
        "audit",
        "who did what, with values before and after",
        Form.SEALED,
        until="kept: 45 CFR 164.316(b)(2)(i) asks for six years, and a chain cannot lose an entry",
    ),
    ProtectedStore("audit_head", "the end of each audit trail", Form.HASHED, until=_IN_FORCE),
    ProtectedStore("legal_hold", "legal holds", Form.IDS, until="kept: it proves why records were not deleted"),
    ProtectedStore("alert", "alerts, one row for each cause", Form.IDS, until=_IN_FORCE),
    ProtectedStore("account", "user names, hashes of passwords, sealed TOTP secrets", Form.SECRETS, until=_ACCESS),
    ProtectedStore("role_grant", "roles of users", Form.IDS, until="deleted when a role is taken away"),
    ProtectedStore("recovery_code", "MACs of recovery codes", Form.HASHED, until="deleted when the codes are replaced"),
    ProtectedStore("token", "hashes of API tokens", Form.HASHED, until="deleted when a token is revoked"),
    ProtectedStore(
        "session", "hashes of session ids", Form.HASHED, until="deleted at a later sign-in, nine hours after it began"
    ),
    ProtectedStore(
        "attempt",
        "MACs of names and addresses",
        Form.HASHED,
        until="deleted at a later sign-in, a day after the last try",
    ),
    ProtectedStore("secret", "data keys, sealed with the state key", Form.SECRETS, until=_IN_FORCE),
    ProtectedStore("site", "watermark and last counts of a site", Form.NONE, until=_IN_FORCE),
    ProtectedStore("lease", "the process that works on a site", Form.NONE, until=_IN_FORCE),
    ProtectedStore("event_begin", "when benefit events of a site began", Form.NONE, until=_IN_FORCE),
    ProtectedStore("event_call", "whether a run of benefit events is due", Form.NONE, until=_IN_FORCE),
    ProtectedStore("event_checkpoint", "how far an interrupted run came", Form.NONE, until=_IN_FORCE),
)
"""Every table of the database."""

_YOURS = "you decide"

FILES: tuple[ProtectedStore, ...] = (
    ProtectedStore(
        "the SQLite file and the log beside it (`-wal`)",
        "all tables",
        Form.SEALED,
        until="as the rows; `apply` rewrites it",
    ),
    ProtectedStore("the log of sent files (`.sent`)", "number, name and hash of each file", Form.NONE, until=_COUNTED),
    ProtectedStore(
        "backups, and the copy that a restore sets aside", "all tables at one moment", Form.SEALED, until=_YOURS
    ),
    ProtectedStore("files at the upload center", "profiles of employees", Form.ENCRYPTED, until="the receiver decides"),
    ProtectedStore("the state key", "opens every sealed value", Form.SECRETS, until="until it is rotated and retired"),
    ProtectedStore("`gnupg_home`, SFTP keys, TLS keys", "keys of the file and of the line", Form.SECRETS, until=_YOURS),
    ProtectedStore("logs on standard output", "employee ids, counts, file names", Form.IDS, until=_YOURS),
    ProtectedStore(
        "mails and alerts that left", "employee ids, counts, file names", Form.IDS, until="the mail server decides"
    ),
    ProtectedStore("the report of `bensync drill`", "counts", Form.NONE, until=_YOURS),
    ProtectedStore(
        "the copy that `bensync drill` works on", "all tables at one moment", Form.SEALED, until="deleted at its end"
    ),
    ProtectedStore(
        "answers to API calls, pages, terminal output",
        "what the reader may see, SSNs masked",
        Form.VALUES,
        until=_YOURS,
    ),
    ProtectedStore(
        "memory of the pages",
        "searches, and answers to forms that were sent twice",
        Form.VALUES,
        until="the session ends",
    ),
    ProtectedStore("the queue of workers", "names of sites", Form.NONE, until="deleted when the job is done"),
    ProtectedStore("memory of a run", "profiles and SSNs", Form.VALUES, until="the process ends"),
)
"""Every other place that holds something: files, mails, and memory."""
