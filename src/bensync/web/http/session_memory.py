"""The memory of a session between two of its pages: messages, the text that was searched for, and a sealed file.

It is kept in memory, so that no name is ever part of an address or on disk. A restart forgets it without harm.
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

_SESSIONS, _FORMS, _FILES = 2000, 5000, 20


class FlashMessage(msgspec.Struct, frozen=True):
    """One message for the next page; ``link`` leads to details."""

    text: str
    tone: str = "good"
    link: str = ""
    link_text: str = ""


class _Memory(msgspec.Struct):
    messages: list[FlashMessage] = []
    searches: dict[str, str] = {}


class _LruDict(Generic[K, V]):
    """The most recently used entries, up to a limit."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: OrderedDict[K, V] = OrderedDict()

    def setdefault(self, key: K, make: Callable[[], V]) -> tuple[V, bool]:
        """Return the entry, and whether it existed already."""
        existed = key in self._entries
        if not existed:
            self._entries[key] = make()
            # A flood of sign-in pages makes a session id each; their memory must not grow with it.
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)
        self._entries.move_to_end(key)
        return self._entries[key], existed

    def pop(self, key: K) -> None:
        """Forget an entry."""
        self._entries.pop(key, None)

    def get(self, key: K) -> V | None:
        """Return the entry; None where there is none."""
        return self._entries.get(key)


class SessionMemory:
    """The memory of all sessions; a session is identified by a hash of its id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._memories: _LruDict[bytes, _Memory] = _LruDict(_SESSIONS)
        self._files: _LruDict[bytes, bytes] = _LruDict(_FILES)

    def add_message(self, session_id: str, message: FlashMessage) -> None:
        """Keep a message for the next page."""
        with self._lock:
            self._of(session_id).messages.append(message)

    def take_messages(self, session_id: str) -> list[FlashMessage]:
        """Return the messages for this page, and forget them."""
        with self._lock:
            memory = self._of(session_id)
            messages, memory.messages = memory.messages, []
            return messages

    def search(self, session_id: str, where: str, text: str) -> None:
        """Remember the text that was searched for in a list."""
        with self._lock:
            self._of(session_id).searches[where] = text

    def searched(self, session_id: str, where: str) -> str:
        """Return the text that was searched for in a list; empty where it is forgotten."""
        with self._lock:
            return self._of(session_id).searches.get(where, "")

    def keep_file(self, session_id: str, sealed: bytes) -> None:
        """Keep a sealed file between its preview and its confirmation, in place of the one before.

        Files are large, so only those of the last few sessions are kept.
        """
        with self._lock:
            self._files.pop(_digest(session_id))
            self._files.setdefault(_digest(session_id), lambda: sealed)

    def kept_file(self, session_id: str) -> bytes:
        """Return the sealed file of a session; empty where it is forgotten."""
        with self._lock:
            return self._files.get(_digest(session_id)) or b""

    def empty(self, session_id: str) -> None:
        """Forget a session."""
        with self._lock:
            self._memories.pop(_digest(session_id))
            self._files.pop(_digest(session_id))

    def _of(self, session_id: str) -> _Memory:
        return self._memories.setdefault(_digest(session_id), _Memory)[0]


class Idempotency(Generic[V]):
    """Answers a form that is sent twice with the first answer, and does nothing the second time.

    Across restarts and processes the database protects against double decisions, by a conditional update.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: _LruDict[tuple[bytes, str], Future[V]] = _LruDict(_FORMS)

    def answer(self, session_id: str, key: str, act: Callable[[], V]) -> V:
        """Return the answer to the form with this key; forms with the same key wait for it."""
        entry = (_digest(session_id), key)
        with self._lock:
            waiting, existed = self._answers.setdefault(entry, Future)
        # Outside the lock: the first form may take seconds, and forms of other sessions must not wait for it.
        if existed:
            return waiting.result()
        try:
            waiting.set_result(act())
        except BaseException as error:
            with self._lock:
                # A refusal is not kept: the visitor corrects the field and sends the same form again, with the same
                # key.
                self._answers.pop(entry)
            waiting.set_exception(error)
            raise
        return waiting.result()


def _digest(session_id: str) -> bytes:
    # A dump of this memory must not hold anything that opens a session.
    return hashlib.sha256(session_id.encode()).digest()
