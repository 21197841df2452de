"""Permissions: roles, their rights, the fields they see, and the limits of sign-in; one table, default deny.

How people prove who they are is not known here (decision 30).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from enum import StrEnum

import msgspec


class Role(StrEnum):
    """The role of a user on a site (S1-07); the auditor and the operator are additions of bensync."""

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
    """A permission on one site."""

    SEE_OVERVIEW = "see_overview"
    SEE_REQUESTS = "see_requests"
    DECIDE = "decide"
    SEE_PEOPLE = "see_people"
    CORRECT = "correct"
    EVENTS = "events"
    LOAD_COVERAGE = "load_coverage"
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
    HOLD = "hold"
    DELETE_RECORDS = "delete_records"
    ACT_AS = "act_as"


RIGHTS: Mapping[Right, str] = {
    Right.SEE_OVERVIEW: "view counts, syncs and files, without people",
    Right.SEE_REQUESTS: "view requests and data issues",
    Right.DECIDE: "approve and decline requests",
    Right.SEE_PEOPLE: "view participants",
    Right.CORRECT: "correct participants",
    Right.EVENTS: "work on benefit events, activities, coverage and COBRA records",
    Right.LOAD_COVERAGE: "load present coverage from a file",
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
    Right.HOLD: "place and release legal holds",
    Right.DELETE_RECORDS: "delete records whose retention period is over",
    Right.ACT_AS: "act under another name on the command line",
}
"""The rights, in words for people: a person can ..."""

STEP_UP = frozenset(
    {Right.REVEAL, Right.BREAK_GLASS, Right.RELEASE, Right.MANAGE_USERS, Right.KEYS, Right.HOLD, Right.DELETE_RECORDS}
)
"""Rights that need a code from the phone that is not older than `FRESH`."""

IDLE = timedelta(minutes=15)
"""A session that is unused for longer is over."""
ABSOLUTE = timedelta(hours=8)
"""The age at which a session ends, however busy it is."""
FRESH = timedelta(minutes=5)
"""How long a code counts for the rights of `STEP_UP`."""
BREAK_GLASS_A_DAY = 5
"""How many SSNs one person may reveal in 24 hours with the emergency right."""

ORDER_VARIABLE = "BENSYNC_ORDER"
"""The environment variable that proves to a process who started its run on the pages."""
SSN_CORRECTIONS_A_DAY = 5
"""How many SSNs one person may enter manually in 24 hours, as the first or the second of two people."""

OWN_FIELDS = frozenset(
    {"address1", "address2", "city", "state", "postal_code", "country"}
    | {"home_email", "home_phone", "mobile_phone", "work_email", "work_phone"}
)
"""The fields of their own record that `Right.CORRECT_OWN` lets an employee change (S1-10)."""

# Four wrong tries are typing errors and cost no wait. Nobody is locked out for good: an account could then be blocked
# by anybody who knows its name (decision 31).
_PATIENCE = 4
_FIRST_DELAY, _LONGEST_DELAY = timedelta(seconds=30), timedelta(minutes=15)
# Each of these rights is of no use without the right to see its object, so an added one brings that along.
_NEEDS = {
    Right.DECIDE: Right.SEE_REQUESTS,
    Right.CORRECT: Right.SEE_PEOPLE,
    Right.EVENTS: Right.SEE_PEOPLE,
    Right.LOAD_COVERAGE: Right.SEE_PEOPLE,
    Right.CORRECT_OWN: Right.SEE_OWN,
}


class Allowance(msgspec.Struct, frozen=True):
    """The permissions of a role.

    Attributes:
        label: its name on pages and lists.
        reach: the part of a site that it covers, in words.
        rights: the rights of everybody in this role.
        optional: the rights that a grant may add (S1-08, S1-09, S1-13).
        fields: the fields of other people that it sees; None for all of them (S1-11).
    """

    label: str
    reach: str
    rights: frozenset[Right]
    optional: frozenset[Right] = frozenset()
    fields: frozenset[str] | None = None


_NOTHING: frozenset[str] = frozenset()
# What the restricted roles see. Pay, the home address and private phone numbers are in none of these sets; the SSN is,
# because pages mask it for everybody (S1-22).
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
        | {Right.CORRECT, Right.EVENTS, Right.LOAD_COVERAGE, Right.REVEAL, Right.RELEASE}
        | {Right.SEE_AUDIT, Right.SEE_SIGN_INS, Right.VERIFY_AUDIT, Right.MANAGE_USERS, Right.KEYS}
        | {Right.HOLD, Right.DELETE_RECORDS},
    ),
    Role.SENIOR_USER: Allowance(
        "Authorized Senior User",
        "the whole site",
        _REVIEW
        | {Right.CORRECT, Right.EVENTS, Right.LOAD_COVERAGE, Right.BREAK_GLASS, Right.RELEASE}
        | {Right.SEE_AUDIT, Right.VERIFY_AUDIT, Right.HOLD},
    ),
    Role.HR_USER: Allowance(
        "HR user", "the whole site", _REVIEW, frozenset({Right.CORRECT, Right.EVENTS, Right.LOAD_COVERAGE})
    ),
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
        frozenset({Right.SEE_REQUESTS, Right.DECIDE, Right.SEE_PEOPLE})
        | {Right.CORRECT, Right.EVENTS, Right.LOAD_COVERAGE},
    ),
    # A carrier gets files and never signs in to the pages.
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
    # Runs the machine and its keys. Counts, syncs and files are enough for that; no page shows an operator a person.
    Role.OPERATOR: Allowance(
        "Operator",
        "granted sites, no personal data",
        frozenset({Right.SEE_OVERVIEW, Right.RUN, Right.SEE_SIGN_INS, Right.VERIFY_AUDIT, Right.KEYS}),
        fields=_NOTHING,
    ),
}
"""The rights of each role on the sites where it was granted; whatever this table does not name is denied."""


class Grant(msgspec.Struct, frozen=True):
    """A role that a user has on one site; ``employee_id`` names the own record and is set for employees only."""

    site: str
    role: Role
    employee_id: str = ""
    extras: frozenset[Right] = frozenset()

    def rights(self) -> frozenset[Right]:
        """Return the rights of the role, the optional ones that were added, and the rights that these depend on."""
        allowance = POLICY[self.role]
        # Grants are stored; the policy is code. The intersection takes the effect from an extra that the policy
        # dropped.
        had = allowance.rights | (self.extras & allowance.optional)
        return had | {_NEEDS[right] for right in had if right in _NEEDS}

    def text(self) -> str:
        """Return the role as the audit trail names it, such as ``employee +correct_own of record 7``."""
        extras = "".join(f" +{right}" for right in sorted(self.extras))
        own = f" of record {self.employee_id}" if self.employee_id else ""
        return f"{self.role}{extras}{own}"


class Actor(msgspec.Struct, frozen=True):
    """The person who acts on a site, with their rights.

    Attributes:
        name: the name in the audit trail.
        site: where the rights hold; None for every site, on the command line.
        rights: the rights themselves.
        own: employee ids of their own record.
        fields: the fields of other people that they see; None for every field.
        fresh: whether they entered a code within `FRESH`.
        signed_in: whether they have a session; otherwise they run a command on the machine.
        acts_as: the name that they act under on the command line, if it is not that of the system's user; ``name`` has
            both.
    """

    name: str
    site: str | None
    rights: frozenset[Right]
    own: frozenset[str] = frozenset()
    fields: frozenset[str] | None = _NOTHING
    fresh: bool = False
    signed_in: bool = True
    acts_as: str = ""

    def may(self, right: Right, site: str) -> bool:
        """Return whether they have a right on a site; `must_step_up` says whether it also needs a fresh code."""
        return right in self.rights and self.site in {None, site}

    def must_step_up(self, right: Right) -> bool:
        """Return whether they must enter a fresh code before they use this right."""
        return right in STEP_UP and not self.fresh

    def reaches(self, employee_id: str) -> bool:
        """Return whether they may see the record of an HR employee (S1-10)."""
        return Right.SEE_PEOPLE in self.rights or self._is_own(employee_id)

    def sees(self, field: str, employee_id: str = "") -> bool:
        """Return whether they see a field of an HR employee (S1-11); of their own record they see every field."""
        return self._is_own(employee_id) or self.fields is None or field in self.fields

    def _is_own(self, employee_id: str) -> bool:
        return Right.SEE_OWN in self.rights and employee_id in self.own


def command_line_actor(name: str, rights: frozenset[Right] = frozenset(Right), acts_as: str = "") -> Actor:
    """Return the actor for the command line, who sees every field.

    Args:
        name: the system's user.
        rights: their rights; every right by default.
        acts_as: another name that they act under; the audit trail shows both.
    """
    both = f"{acts_as} (by {name})" if acts_as else name
    return Actor(both, None, rights, fields=None, fresh=True, signed_in=False, acts_as=acts_as)


def is_same_person(name: str, other: str) -> bool:
    """Return whether two names of actors share a person: ``kim (by root)`` is kim, root, and ``lee (by root)``."""
    return not people_of(name).isdisjoint(people_of(other))


def people_of(name: str) -> frozenset[str]:
    """Return who stands behind the name of an actor, in lowercase: a user, or on the command line up to two."""
    return frozenset(part.rstrip(")") for part in name.casefold().split(" (by "))


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
        name: the name in the audit trail.
        grants: all their grants, on every site.
        site: the site of this action.
        fresh: whether they entered a code within `FRESH`.
        visible: the fields of roles for which the site overrides `POLICY` (S1-11).
    """
    grants_of_site = [grant for grant in grants if grant.site == site]
    rights = frozenset[Right]().union(*(grant.rights() for grant in grants_of_site))
    own = frozenset(grant.employee_id for grant in grants_of_site if grant.role is Role.EMPLOYEE and grant.employee_id)
    return Actor(name, site, rights, own, _seen({grant.role for grant in grants_of_site}, visible or {}), fresh)


def _seen(roles: Iterable[Role], visible: Mapping[Role, Collection[str]]) -> frozenset[str] | None:
    # The roles of one person add up, so None (every field) wins over any list.
    visible_fields = [frozenset(visible[role]) if role in visible else POLICY[role].fields for role in roles]
    return (
        None if None in visible_fields else _NOTHING.union(*(fields for fields in visible_fields if fields is not None))
    )


def delay_after(failures: int) -> timedelta:
    """Return how long the next try to sign in must wait after a number of failures in a row.

    From the fifth failure on the wait doubles each time, up to a quarter of an hour.
    """
    if failures <= _PATIENCE:
        return timedelta(0)
    # The exponent is capped because a script can fail thousands of times, and the shift comes before `min`.
    return min(_FIRST_DELAY * (1 << min(failures - _PATIENCE - 1, 10)), _LONGEST_DELAY)
