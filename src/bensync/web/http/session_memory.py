"""What is remembered of a session between two of its pages: what was just done, and what was searched for.

It lives in memory, so that no name ever stands in an address or on disk; a restart forgets it, and that is all.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

import msgspec

K = TypeVar("K")
V = TypeVar("V")

_SESSIONS, _FORMS = 2000, 5000


class FlashMessage(msgspec.Struct, frozen=True):
    """One thing to be told on the next page; ``link`` leads to more of it."""

    text: str
    tone: str = "good"
    link: str = ""
    link_text: str = ""


class _Memory(msgspec.Struct):
    notes: list[FlashMessage] = []
    searches: dict[str, str] = {}


class _LruDict(Generic[K, V]):
    """As many of the newest entries as there is room for."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: OrderedDict[K, V] = OrderedDict()

    def setdefault(self, key: K, make: Callable[[], V]) -> tuple[V, bool]:
        """The entry, and whether it was there already."""
        known = key in self._entries
        if not known:
            self._entries[key] = make()
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)
        self._entries.move_to_end(key)
        return self._entries[key], known

    def pop(self, key: K) -> None:
        """Forget an entry."""
        self._entries.pop(key, None)


class SessionMemory:
    """The pockets of all sessions; a session is known by a hash of its id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pockets: _LruDict[bytes, _Memory] = _LruDict(_SESSIONS)

    def tell(self, session_id: str, note: FlashMessage) -> None:
        """Keep something to be told on the next page."""
        with self._lock:
            self._of(session_id).notes.append(note)

    def told(self, session_id: str) -> list[FlashMessage]:
        """What is to be told now; it is told once."""
        with self._lock:
            pocket = self._of(session_id)
            notes, pocket.notes = pocket.notes, []
            return notes

    def search(self, session_id: str, where: str, text: str) -> None:
        """Remember what was searched for in a list."""
        with self._lock:
            self._of(session_id).searches[where] = text

    def searched(self, session_id: str, where: str) -> str:
        """What was searched for in a list; empty when it is not known any more."""
        with self._lock:
            return self._of(session_id).searches.get(where, "")

    def empty(self, session_id: str) -> None:
        """Forget a session."""
        with self._lock:
            self._pockets.pop(_digest(session_id))

    def _of(self, session_id: str) -> _Memory:
        return self._pockets.setdefault(_digest(session_id), _Memory)[0]


class Idempotency(Generic[V]):
    """Answers a form that is sent twice as it was answered the first time, and does nothing again.

    What makes it safe across restarts and processes is below: decisions are claimed by a conditional update.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: _LruDict[tuple[bytes, str], Future[V]] = _LruDict(_FORMS)

    def answer(self, session_id: str, key: str, act: Callable[[], V]) -> V:
        """The answer to the form with this key; others that come with it meanwhile wait for it."""
        place = (_digest(session_id), key)
        with self._lock:
            waiting, known = self._answers.setdefault(place, Future)
        if known:
            return waiting.result()
        try:
            waiting.set_result(act())
        except BaseException as error:
            with self._lock:
                self._answers.pop(place)
            waiting.set_exception(error)
            raise
        return waiting.result()


def _digest(session_id: str) -> bytes:
    return hashlib.sha256(session_id.encode()).digest()
