"""What helps against an error, for the reader at a browser and for the programs that use the JSON API.

The command line prints `BensyncError.fix` as it is. Commands and options help nobody on a page; a program sets fields.
"""

from __future__ import annotations

from collections.abc import Mapping

from bensync.core.values.limits import SHORTEST_REASON
from bensync.errors import BensyncError, Remedy, RemedyKind

_ASK_OPERATOR = "Ask your bensync operator. The command line shows more details."
_PAGES: Mapping[RemedyKind, str] = {
    RemedyKind.CONFIRM: "Read the caution and select its checkbox.",
    RemedyKind.GIVE_REASON: "Go back and enter a reason in a few words.",
    RemedyKind.SECOND_PERSON: "Ask another person to do exactly the same within a day.",
    RemedyKind.FRESH_CODE: "Go back and enter the current code from your authenticator app.",
    RemedyKind.SIGN_IN_AGAIN: "Sign in again.",
    RemedyKind.ASK_OWNER: "Ask the Data Owner of this site.",
    RemedyKind.RELOAD: "Reload the request.",
    RemedyKind.CORRECT_SSN: "Correct it in HR, or with Correct SSN on the page of the participant.",
    RemedyKind.NOTHING: "Nothing needs to be done.",
}
_LISTS: Mapping[str, str] = {
    "deliveries list": "See the list of files.",
    "events list": "See the list of events.",
    "issues list": "See the list of data issues.",
    "people list": "See the list of people.",
    "requests list": "See the list of requests.",
    "runs list": "See the list of runs.",
    "users list": "See the list of users.",
}
"""Commands that a page replaces."""
_API: Mapping[RemedyKind, str] = {
    RemedyKind.CONFIRM: "Read the caution, then send `confirmed: true`.",
    RemedyKind.GIVE_REASON: f"Send a `reason` of {SHORTEST_REASON} letters or more.",
    RemedyKind.SECOND_PERSON: "Send the same with the token of another user within a day.",
    RemedyKind.FRESH_CODE: "Do this on the pages. It needs a fresh code, which a token cannot give.",
    RemedyKind.SIGN_IN_AGAIN: "Use another token.",
    RemedyKind.ASK_OWNER: "Ask the Data Owner of this site.",
    RemedyKind.RELOAD: "Read the request again, then decide.",
    RemedyKind.CORRECT_SSN: "Correct it in HR, or on the pages.",
    RemedyKind.NOTHING: "Nothing needs to be done.",
}


def on_page(error: BensyncError) -> str:
    """Return what helps a visitor of the pages."""
    return _worded(error.remedy, _PAGES, _LISTS) or error.fix


def in_api(error: BensyncError) -> str:
    """Return what helps a program that uses the JSON API."""
    return _worded(error.remedy, _API, {}) or error.fix


def _worded(remedy: Remedy | None, words: Mapping[RemedyKind, str], lists: Mapping[str, str]) -> str:
    if remedy is None:
        return ""
    if remedy.kind is RemedyKind.SEE_REQUEST:
        return f"Request {remedy.request} shows the current difference."
    if remedy.kind is RemedyKind.RUN:
        # A command without a page is for operators: a visitor cannot run it.
        return lists.get(remedy.command, _ASK_OPERATOR)
    return words.get(remedy.kind, _ASK_OPERATOR)
