"""An upload center in memory, reached by the product's own hand-over; its weather breaks any of its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from bensync.core.ports import OutgoingFile, PreflightFinding, TransferJournal
from bensync.delivery.rename_transfer import RenameTransfer
from bensync.errors import DeliveryError


class UploadWeather(StrEnum):
    """What the next transfer meets."""

    FAIR = "fair"
    CLOSED = "the upload center is closed"
    CUT_SHORT = "only a part of the file is kept"
    NO_RENAME = "the rename is refused for a passing reason"
    LOST_ANSWER = "the answer to the rename is lost, and the line with it"


class Veil:
    """A cipher that only makes bytes unreadable at a glance, so that plain text in the database would show."""

    _table = bytes(byte ^ 0x5A for byte in range(256))

    def seal(self, plain: Iterable[bytes]) -> Iterator[bytes]:
        """Every byte in another guise."""
        return (part.translate(self._table) for part in plain)

    def lift(self, sealed: bytes) -> bytes:
        """The bytes behind it."""
        return sealed.translate(self._table)

    def check(self) -> Iterable[PreflightFinding]:
        """Nothing to find."""
        return ()


class UploadSide:
    """A folder at the place of delivery, and the `Courier` to it.

    Args:
        power: raises where the process that holds the line is gone: it tidies nothing up either.
    """

    place = "the upload center"

    def __init__(self, power: Callable[[], None]) -> None:
        self._power = power
        self.files: dict[str, bytes] = {}
        self.weather = UploadWeather.FAIR
        self._cut_off = False

    @property
    def arrived(self) -> dict[str, bytes]:
        """The files under their final names, in the order in which they came."""
        return {name: content for name, content in self.files.items() if not name.endswith(".part")}

    def deliver(self, outgoing_file: OutgoingFile, journal: TransferJournal) -> int:
        """One attempt."""
        self._cut_off = self.weather is UploadWeather.CLOSED
        transfer = RenameTransfer(outgoing_file, journal)
        transfer.attempt(self)
        return transfer.tries

    def names(self) -> list[str]:
        """The names of all files."""
        self._cut_off = self.weather is UploadWeather.CLOSED
        self._answer()
        return list(self.files)

    def check(self) -> Iterable[PreflightFinding]:
        """Nothing to find."""
        return ()

    def size(self, name: str) -> int | None:
        """The size of a file, None when it is not there."""
        self._answer()
        content = self.files.get(name)
        return None if content is None else len(content)

    def write(self, name: str, chunks: Iterator[bytes]) -> None:
        """Write a file, or only its first bytes."""
        self._answer()
        content = b"".join(chunks)
        self.files[name] = content[:7] if self.weather is UploadWeather.CUT_SHORT else content

    def publish(self, part: str, name: str) -> None:
        """Rename without overwriting."""
        self._answer()
        if self.weather is UploadWeather.NO_RENAME:
            raise DeliveryError("The upload center is busy", "the weather", "wait", retry=True)
        if name in self.files:
            raise DeliveryError(f"{name} is there already", "a rename never overwrites", "look at it")
        self.files[name] = self.files.pop(part)
        self._cut_off = self.weather is UploadWeather.LOST_ANSWER
        self._answer()

    def remove(self, name: str) -> None:
        """Remove a file."""
        self._answer()
        if self.files.pop(name, None) is None:
            raise DeliveryError(f"{name} is not there", "it is gone", "Nothing needs to be done.")

    def _answer(self) -> None:
        self._power()
        if self._cut_off:
            raise DeliveryError("The upload center does not answer", "the weather", "wait", retry=True)
