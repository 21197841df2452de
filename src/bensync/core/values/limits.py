"""The limits and defaults that several modules share, each written once; a limit of one module stands in it."""

from __future__ import annotations

PAGE_SIZE = 50
"""Entries of a list: on one page, in one answer of the API, and on a terminal without `--limit`."""
HIGHEST_PAGE = 100_000
"""The greatest number of a page that an address may name."""
LARGEST_NUMBER = 2_147_483_647
"""The greatest number of a row: an INTEGER of PostgreSQL holds no greater one."""

SHORTEST_REASON = 5
"""The fewest letters of a reason for the audit trail."""
SHORTEST_REVEAL_REASON = 10
"""The fewest letters of the reason for revealing an SSN; it needs two words as well."""
LONGEST_REASON = 300
LONGEST_NOTE = 2000
"""The most letters of the note of a declined request."""

LONGEST_NAME = 64
"""The most letters of a user's name, and of an employee id in a form."""
LONGEST_CODE = 64
"""The most letters of a one-time or recovery code as people type them, with spaces and dashes."""
LONGEST_SEARCH = 100
"""The most letters of a text that is searched for."""
LARGEST_CENSUS = 64_000_000
"""The most bytes of a census of present coverage: some 500,000 lines."""
