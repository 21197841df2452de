"""Who may do what: roles, their rights, the fields they see, and the limits of signing in; one table, default deny.

It must not know how anybody proves who they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from enum import StrEnum

import msgspec


class Role(StrEnum):
    """What somebody is to a site (S1-07), with an auditor and an operator beside."""

    DATA_OWNER = "data_owner"
    SENIOR_USER = "senior_user"
    HR_USER = "hr_user"
    BROKER = "broker"
    ADMINISTRATOR = "administrator"
    CARRIER = "carrier"
    EMPLOYEE = "employee"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class Right(StrEnum):
    """One thing that somebody may do on a site."""

    SEE_OVERVIEW = "see_overview"
    SEE_REQUESTS = "see_requests"
    DECIDE = "decide"
    SEE_PEOPLE = "see_people"
    CORRECT = "correct"
    EVENTS = "events"
    SEE_OWN = "see_own"
    CORRECT_OWN = "correct_own"
    REVEAL = "reveal"
    BREAK_GLASS = "break_glass"
    RUN = "run"
    RELEASE = "release"
    SETTLE = "settle"
    SEE_AUDIT = "see_audit"
    SEE_SIGN_INS = "see_sign_ins"
    VERIFY_AUDIT = "verify_audit"
    MANAGE_USERS = "manage_users"
    KEYS = "keys"


RIGHTS: Mapping[Right, str] = {
    Right.SEE_OVERVIEW: "view counts, syncs and files, without people",
    Right.SEE_REQUESTS: "view requests and data issues",
    Right.DECIDE: "approve and decline requests",
    Right.SEE_PEOPLE: "view participants",
    Right.CORRECT: "correct participants",
    Right.EVENTS: "work on benefit events, activities, coverage and COBRA records",
    Right.SEE_OWN: "view their own record",
    Right.CORRECT_OWN: "correct their own record",
    Right.REVEAL: "reveal an SSN",
    Right.BREAK_GLASS: "reveal an SSN in an emergency, up to five a day",
    Right.RUN: "synchronize now",
    Right.RELEASE: "release held changes",
    Right.SETTLE: "resolve a file that needs attention",
    Right.SEE_AUDIT: "view the audit trail",
    Right.SEE_SIGN_INS: "view sign-ins, refused sign-ins, and changes of users and keys",
    Right.VERIFY_AUDIT: "verify the audit trail",
    Right.MANAGE_USERS: "add users and change their roles",
    Right.KEYS: "change keys and destinations",
}
"""The rights, in words for people: a person can ..."""

STEP_UP = frozenset({Right.REVEAL, Right.BREAK_GLASS, Right.RELEASE, Right.MANAGE_USERS, Right.KEYS})
"""Rights that want a fresh code, not older than `FRESH`."""

IDLE = timedelta(minutes=15)
"""A session that nobody used for so long is over."""
ABSOLUTE = timedelta(hours=8)
"""A session ends after so long, however busy it was."""
FRESH = timedelta(minutes=5)
"""How long a code counts for the rights of `STEP_UP`."""
BREAK_GLASS_A_DAY = 5
"""How many SSNs one person may see in 24 hours by breaking the glass."""

SHORTEST_REASON = 5
"""Letters that a reason for the audit trail has at least."""

OWN_FIELDS = frozenset(
    {"address1", "address2", "city", "state", "postal_code", "country"}
    | {"home_email", "home_phone", "mobile_phone", "work_email", "work_phone"}
)
"""What `Right.CORRECT_OWN` may change of the own record (S1-10)."""

_PATIENCE = 4
_FIRST_DELAY, _LONGEST_DELAY = timedelta(seconds=30), timedelta(minutes=15)
_NEEDS = {
    Right.DECIDE: Right.SEE_REQUESTS,
    Right.CORRECT: Right.SEE_PEOPLE,
    Right.EVENTS: Right.SEE_PEOPLE,
    Right.CORRECT_OWN: Right.SEE_OWN,
}


class Allowance(msgspec.Struct, frozen=True):
    """What a role allows.

    Attributes:
        label: its name for people.
        reach: what of a site it is about, for people.
        rights: what everybody in this role may do.
        optional: what a grant may add (S1-08, S1-09, S1-13).
        fields: the fields that it sees of others; None for all of them (S1-11).
    """

    label: str
    reach: str
    rights: frozenset[Right]
    optional: frozenset[Right] = frozenset()
    fields: frozenset[str] | None = None


_NOTHING: frozenset[str] = frozenset()
_WHO = frozenset({"ssn", "employee_number", "first_name", "middle_name", "last_name"})
_STATUS = frozenset(
    {"benetrac_status", "employment_status", "hire_date", "original_hire_date", "rehire_date", "termination_date"}
)
_WORK = frozenset({"employee_class", "full_part_time", "regular_temporary", "fte", "standard_hours", "job_title"})
_PLACE = frozenset({"company", "department", "division", "location", "union_code", "work_email", "work_phone"})
_REVIEW = frozenset({Right.SEE_OVERVIEW, Right.SEE_REQUESTS, Right.DECIDE, Right.SEE_PEOPLE, Right.RUN, Right.SETTLE})

POLICY: Mapping[Role, Allowance] = {
    Role.DATA_OWNER: Allowance(
        "Data Owner",
        "the whole site",
        _REVIEW
        | {Right.CORRECT, Right.EVENTS, Right.REVEAL, Right.RELEASE}
        | {Right.SEE_AUDIT, Right.SEE_SIGN_INS, Right.VERIFY_AUDIT, Right.MANAGE_USERS, Right.KEYS},
    ),
    Role.SENIOR_USER: Allowance(
        "Authorized Senior User",
        "the whole site",
        _REVIEW | {Right.CORRECT, Right.EVENTS, Right.BREAK_GLASS, Right.RELEASE, Right.SEE_AUDIT, Right.VERIFY_AUDIT},
    ),
    Role.HR_USER: Allowance("HR user", "the whole site", _REVIEW, frozenset({Right.CORRECT, Right.EVENTS})),
    Role.BROKER: Allowance(
        "Broker or consultant",
        "granted sites",
        frozenset({Right.SEE_OVERVIEW}),
        frozenset({Right.SEE_REQUESTS, Right.SEE_PEOPLE}),
        _WHO | _STATUS | _WORK | _PLACE | {"birth_date", "gender"},
    ),
    Role.ADMINISTRATOR: Allowance(
        "Outside administrator",
        "granted sites",
        frozenset({Right.SEE_OVERVIEW}),
        frozenset({Right.SEE_REQUESTS, Right.DECIDE, Right.SEE_PEOPLE, Right.CORRECT, Right.EVENTS}),
    ),
    Role.CARRIER: Allowance("Carrier", "its own feed", frozenset(), fields=_NOTHING),
    Role.EMPLOYEE: Allowance(
        "Employee", "their own record", frozenset({Right.SEE_OWN}), frozenset({Right.CORRECT_OWN}), _NOTHING
    ),
    Role.AUDITOR: Allowance(
        "Auditor",
        "granted sites",
        frozenset({Right.SEE_OVERVIEW, Right.SEE_REQUESTS, Right.SEE_AUDIT, Right.SEE_SIGN_INS, Right.VERIFY_AUDIT}),
        frozenset({Right.SEE_PEOPLE}),
        _WHO | _STATUS,
    ),
    Role.OPERATOR: Allowance(
        "Operator",
        "granted sites, no personal data",
        frozenset({Right.SEE_OVERVIEW, Right.RUN, Right.SEE_SIGN_INS, Right.VERIFY_AUDIT, Right.KEYS}),
        fields=_NOTHING,
    ),
}
"""Which role has which right on the sites it was granted; what stands nowhere here is denied."""


class Grant(msgspec.Struct, frozen=True):
    """A role that somebody was given on one site; the role of an employee names their own record."""

    site: str
    role: Role
    employee_id: str = ""
    extras: frozenset[Right] = frozenset()

    def rights(self) -> frozenset[Right]:
        """What the role allows, what was added of its optional rights, and what these rest on."""
        allowance = POLICY[self.role]
        had = allowance.rights | (self.extras & allowance.optional)
        return had | {_NEEDS[right] for right in had if right in _NEEDS}


class Actor(msgspec.Struct, frozen=True):
    """Who does something on a site, and with which rights.

    Attributes:
        name: for the records.
        site: where the rights hold; None for everywhere, on the command line.
        rights: what they may do.
        own: employee ids of their own record.
        fields: what they see of others; None for every field.
        fresh: whether they proved lately, by a code, that they are who they are.
        signed_in: whether a session stands behind them; else the user of the machine does.
    """

    name: str
    site: str | None
    rights: frozenset[Right]
    own: frozenset[str] = frozenset()
    fields: frozenset[str] | None = _NOTHING
    fresh: bool = False
    signed_in: bool = True

    def may(self, right: Right, site: str) -> bool:
        """Whether they have a right on a site; whether it wants a fresh code first is another question."""
        return right in self.rights and self.site in {None, site}

    def must_step_up(self, right: Right) -> bool:
        """Whether a fresh code is wanted before this right can be used."""
        return right in STEP_UP and not self.fresh

    def reaches(self, employee_id: str) -> bool:
        """Whether they may look at the record of an HR employee (S1-10)."""
        return Right.SEE_PEOPLE in self.rights or self._is_own(employee_id)

    def sees(self, field: str, employee_id: str = "") -> bool:
        """Whether they see a field of an HR employee (S1-11); the own record is seen whole."""
        return self._is_own(employee_id) or self.fields is None or field in self.fields

    def _is_own(self, employee_id: str) -> bool:
        return Right.SEE_OWN in self.rights and employee_id in self.own


def command_line_actor(name: str) -> Actor:
    """Return the actor for the command line, with every right: the machine's permissions decide who runs commands."""
    return Actor(name, None, frozenset(Right), fields=None, fresh=True, signed_in=False)


def actor_for(
    name: str,
    grants: Iterable[Grant],
    site: str,
    *,
    fresh: bool = False,
    visible: Mapping[Role, Collection[str]] | None = None,
) -> Actor:
    """Return the actor for a person on one site; without a grant there, they have no rights.

    Args:
        name: for the records.
        grants: all that they have.
        site: where they work.
        fresh: whether they showed a code lately.
        visible: the fields of roles where the site says otherwise than `POLICY` (S1-11).
    """
    grants_of_site = [grant for grant in grants if grant.site == site]
    rights = frozenset[Right]().union(*(grant.rights() for grant in grants_of_site))
    own = frozenset(grant.employee_id for grant in grants_of_site if grant.role is Role.EMPLOYEE and grant.employee_id)
    return Actor(name, site, rights, own, _seen({grant.role for grant in grants_of_site}, visible or {}), fresh)


def _seen(roles: Iterable[Role], visible: Mapping[Role, Collection[str]]) -> frozenset[str] | None:
    visible_fields = [frozenset(visible[role]) if role in visible else POLICY[role].fields for role in roles]
    return (
        None if None in visible_fields else _NOTHING.union(*(fields for fields in visible_fields if fields is not None))
    )


def delay_after(failures: int) -> timedelta:
    """How long the next try to sign in must wait after so many failures in a row: from the fifth on, twice as long
    each time, a quarter of an hour at most; nobody is ever shut out for good.
    """
    if failures <= _PATIENCE:
        return timedelta(0)
    return min(_FIRST_DELAY * (1 << min(failures - _PATIENCE - 1, 10)), _LONGEST_DELAY)
