"""What the far end makes of the files: read one after the other, they say whom the benefits platform was sent, and with what."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from bensync.core.people import Profile
from bensync.mappings import feed
from tests.property.upload_center import Veil


class BenefitsSide:
    """A receiver that knows nothing but the files.

    Attributes:
        last_sent: SSN -> the profile that holds for it now.
        latest: the employees of the last file.
        last_words: SSN -> the profile that was sent last, also where the SSN moved on since.
    """

    def __init__(self, layout: feed.Layout, sent: Iterable[Profile] = ()) -> None:
        self._layout = layout
        self._read: dict[str, str] = {}
        self._previous = ""
        self.latest: frozenset[str] = frozenset()
        self.last_sent = {profile.values["ssn"]: profile for profile in sent}
        self.last_words = dict(self.last_sent)

    def receive(self, files: dict[str, bytes]) -> None:
        """Read what is new; check that nothing that was read ever changes, and that the numbers have no gap."""
        for name, content in files.items():
            digest = hashlib.sha256(content).hexdigest()
            if name in self._read:
                assert self._read[name] == digest, f"{name} changed after it had arrived"
                continue
            self._take(name, feed.parse(self._layout, Veil().lift(content)))
            self._read[name] = self._previous = digest

    def _take(self, name: str, file: feed.Parsed) -> None:
        header = file.header
        assert header.sequence == len(self._read) + 1, f"{name} is not the next number"
        assert name == f"{header.site}_{header.kind}_{header.sequence:06}.csv.gpg"
        assert header.previous == self._previous, f"{name} does not follow the file before it"
        rows = {profile.values["ssn"]: profile for profile in file.profiles}
        assert len(rows) == len(file.profiles), f"{name} names an SSN twice"
        people = {profile.employee_id for profile in file.profiles}
        assert len(people) == len(file.profiles), f"{name} names an employee twice"
        self.latest = frozenset(people)
        kept = {ssn: profile for ssn, profile in self.last_sent.items() if profile.employee_id not in people}
        self.last_sent = {**kept, **rows}
        self.last_words.update(rows)
