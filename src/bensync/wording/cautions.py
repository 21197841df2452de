"""The statements that a person confirms before a risky request is approved (S0-21, S0-26)."""

from __future__ import annotations

from collections.abc import Mapping

from bensync.core.requests import Caution

_STATEMENTS: Mapping[Caution, str] = {
    Caution.ENDS_BENEFITS: (
        "I understand that this ends all benefits of {name}, that bensync notifies no carrier, and that a person must "
        "notify each carrier that bensync lists."
    ),
    Caution.ENDS_NO_COVERAGE: (
        "I understand that {name} becomes terminated, that bensync ends no coverage and notifies no carrier, and that "
        "a person must do both."
    ),
    Caution.REACTIVATES: "I understand that this reactivates {name} and that ended coverage stays ended.",
    Caution.POSSIBLE_DUPLICATE: "I have compared both records and know whether they are the same person.",
    Caution.IDENTITY_CHANGED: "I have compared names and birth dates. This SSN belongs to this person.",
    Caution.DECLINED_BEFORE: "I know that an earlier request to add {name} was declined, and I have checked why.",
    Caution.TOUCHES_EVENT: "I have read the effect on the benefit events of {name}.",
    Caution.FAR_BACK: "I have checked how far back this change of {name} reaches, and that the date is right.",
    Caution.IMPLAUSIBLE: "I have checked the values that the warnings name. They are right for {name}.",
}


def statement(caution: Caution | None, name: str = "this person") -> str:
    """Return the statement to confirm; empty for none.

    Args:
        caution: what it is about.
        name: the name of the person; an error leaves it out, because it holds no personal data.
    """
    return _STATEMENTS[caution].format(name=name) if caution is not None else ""


def unconfirmed(caution: Caution | None) -> str:
    """Return why a request was not approved: nobody confirmed the statement."""
    return f"The caution is not confirmed: {statement(caution)}"
